"""An index in a store, as it is searched: one version of it, whatever is written meanwhile."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from retrieval.articles.article import Article, ArticleInfo, Skipped
from retrieval.index.candidates import (
    EVERYTHING,
    Asked,
    Candidates,
    Mask,
    Rows,
    Scope,
    Scores,
    VariantScores,
    standardised,
)
from retrieval.index.catalogue import Catalogue, sharing
from retrieval.index.lexical import idf
from retrieval.index.milvus.connection import Connection
from retrieval.index.milvus.records import Kept, Text
from retrieval.index.milvus.state import State
from retrieval.index.milvus.statistics import Statistics, Words, number, words_of
from retrieval.index.milvus.texts import IN_A_TEXT, Texts, passages_of
from retrieval.index.sources import RULES, Source, all_skipped
from retrieval.text.passages import Passage

_HAVING = 32
"""Passages with a term that are looked at for the best of them."""

_SHARING = 200
"""Passages that are looked at for those that share terms."""

_DECISIVE = 1000.0
"""A weight above all that a question's other terms can add up to."""


class StoreIndex:
    """One version of an index in a store. Articles are listed in memory; texts and vectors stay in the store."""

    def __init__(self, connection: Connection, texts: Texts, state: State) -> None:
        self.state = state
        self._connection = connection
        self._texts = texts
        self._kept: Sequence[Kept] = list(state.articles)
        keys = [each.text for each in self._kept]
        infos = [each.info for each in self._kept]
        self._catalogue = Catalogue(infos, sharing(keys, range(len(keys))), lambda: (info.id for info in infos))
        self._first = {text: place for place, text in reversed([*enumerate(keys)])}
        self.sources: Mapping[str, Source] = {path: file.source for path, file in state.files.items() if file.source}
        self._parts = {each.text: each.parts for each in self._kept}
        gone = {each.text for old in state.superseded for each in old.record.articles}
        self._hidden = sorted(gone - self._parts.keys())

    # --- what it is ----------------------------------------------------------------------------------------------

    @property
    def version(self) -> str:
        """What tells it from others in the same place."""
        return self.state.head.label

    @property
    def place(self) -> str:
        """Where it is, for a person."""
        return f"version {self.state.head.version} in {self._connection.address}"

    @property
    def built_at(self) -> datetime:
        """When the update that made it began to look at the articles."""
        return datetime.fromisoformat(self.state.head.built_at)

    @property
    def encoder(self) -> str:
        """The name of the encoder that it was made with."""
        return self.state.head.encoder

    @property
    def fingerprint(self) -> str:
        """Of that encoder."""
        return self.state.head.fingerprint

    @property
    def by_rules_in_force(self) -> bool:
        """Whether files were read and texts cut as this version of Quoth does it."""
        return dict(self.state.head.rules) == RULES

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """Files and articles that could not be read."""
        return all_skipped(self.sources.values(), self.state.refused)

    @property
    def passages(self) -> int:
        """How many passages there are."""
        return self.state.statistics.passages

    # --- articles ------------------------------------------------------------------------------------------------

    @property
    def articles(self) -> Sequence[ArticleInfo]:
        """Every article without its text, in the order of their files and of their places there."""
        return self._catalogue.articles

    @cached_property
    def days(self) -> NDArray[np.int32]:
        """When each article was published, as a day's number; 0 where that is not known."""
        days = [each.published.toordinal() if each.published else 0 for each in self.articles]
        return np.array(days, dtype=np.int32)

    @property
    def duplicates(self) -> list[tuple[str, ...]]:
        """Ids of articles that share one text; the passages are those of the first."""
        return self._catalogue.duplicates

    def number_of(self, id: str) -> int:
        """The place of an article in ``articles``, whatever Unicode's form of its id; raises ``ArticleUnknown``."""
        return self._catalogue.number_of(id)

    def article(self, id: str) -> Article:
        """The article with this id.

        Raises:
            ArticleUnknown: there is none; the error names ids that look alike.
            IndexUnreachable: the store does not answer.
        """
        place = self.number_of(id)
        return self._article(place, self._read([self._kept[place].text]))

    def _read(self, texts: Collection[int]) -> dict[int, Text]:
        return self._texts.get(self.state.head.generation, {text: self._parts[text] for text in texts})

    def _article(self, place: int, texts: Mapping[int, Text]) -> Article:
        kept = self._kept[place]
        copies = self._catalogue.copies_of(place)
        text = texts[kept.text].text
        return Article(**kept.info.known, text=text, copies=copies, pages=kept.pages, scanned=kept.scanned)

    # --- search --------------------------------------------------------------------------------------------------

    @property
    def terms(self) -> Statistics:
        """How common each term is."""
        return self.state.statistics

    def scope(self, articles: Mask) -> Scope:
        """What to search so that only those articles are found for which a mask over ``articles`` is true."""
        allowed = {self._kept[place].text for place in np.flatnonzero(articles).tolist()}
        return Scope(articles, np.array(sorted(allowed), dtype=np.int64))

    def candidates(self, asked: Asked, scope: Scope = EVERYTHING) -> Candidates:
        """The passages to compare for a question: the best by meaning and by words, with both scores."""
        which = self._which(scope)
        vectors = [*asked.vectors, *([] if asked.said is None else [asked.said])]
        nearest = self._nearest("dense", [vector.tolist() for vector in vectors], asked.depth, which)
        weighed = [self.terms.asked(text) for text in asked.texts]
        highest = self._nearest("words", [words_of(each) for each in weighed if each], asked.depth, which)
        near_context = nearest[0] if asked.said is None else nearest.pop()[: asked.near]
        found = sorted({*chain(*nearest, *highest, near_context)})
        dense, words = self._vectors(found)
        rows = np.array(sorted(dense), dtype=np.int64)
        variants = [
            self._scored(vector, each, rows, dense, words) for vector, each in zip(asked.vectors, weighed, strict=True)
        ]
        return Candidates(rows, np.isin(rows, near_context), variants)

    def _scored(
        self,
        vector: Scores,
        weighed: Mapping[str, float],
        rows: Rows,
        dense: Mapping[int, Scores],
        words: Mapping[int, Words],
    ) -> VariantScores:
        """The candidates' scores for a variant, by their vectors."""
        matrix = np.array([dense[row] for row in rows.tolist()], dtype=np.float32).reshape(len(rows), len(vector))
        cosines: Scores = matrix @ vector
        scores = _products(weighed, [words[row] for row in rows.tolist()])
        spread = self.state.spread
        cosines_z = standardised(cosines, *(spread.moments.of_query(vector) if spread else (0.0, 0.0)))
        return VariantScores(cosines, scores, cosines_z, standardised(scores, *self.terms.moments(weighed)))

    def _which(self, scope: Scope) -> str:
        """An expression for the passages of this version that are in a scope."""
        newest = f"text <= {self.state.head.last_text}"
        if scope.allowed is None:
            return f"{newest} and text not in {self._hidden}" if self._hidden else newest
        allowed: list[int] = scope.allowed.tolist()
        if 2 * len(allowed) <= len(self._parts):
            return f"text in {allowed}"
        without = sorted((self._parts.keys() - set(allowed)) | set(self._hidden))
        return f"{newest} and text not in {without}" if without else newest

    def _nearest(self, field: str, vectors: Sequence[object], most: int, which: str) -> list[list[int]]:
        """For each vector the numbers of the best passages of this version."""
        found = self._connection.nearest(passages_of(self.state.head.generation), field, vectors, most, which)
        return [[row for row in some if row // IN_A_TEXT in self._parts] for some in found]

    def _vectors(self, rows: Sequence[int]) -> tuple[dict[int, Scores], dict[int, Words]]:
        """The passages' dense and sparse vectors, by number."""
        collection = passages_of(self.state.head.generation)
        found = self._connection.get(collection, rows, ["id", "dense", "words"]) if rows else []
        dense = {int(row["id"]): np.asarray(row["dense"], dtype=np.float32) for row in found}
        return dense, {int(row["id"]): row["words"] for row in found}

    def passages_at(self, rows: Sequence[int], scope: Scope = EVERYTHING) -> list[Passage]:
        """The passages with these numbers.

        Where several articles have a passage's text, it belongs to the first of them that is in the scope.
        """
        places = [divmod(row, IN_A_TEXT) for row in rows]
        texts = self._read({text for text, _ in places})
        owners = {text: self._catalogue.among(self._first[text], scope.articles) for text in texts}
        articles = {text: self._article(owner, texts) for text, owner in owners.items()}
        return [Passage(articles[text], *texts[text].spans[place]) for text, place in places]

    def having(self, term: str, most: int) -> Sequence[Passage]:
        """At most so many passages that have a term."""
        if not self.terms.frequency(term):
            return ()
        (found,) = self._nearest("words", [{number(term): 1.0}], most, self._which(EVERYTHING))
        return self.passages_at(found)

    def articles_having(self, terms: Collection[str], most: int) -> list[Article]:
        """At most so many articles that have these terms: those whose passages have the most of them."""
        texts = {each.text for each in self._kept}
        if terms:
            weighed = {term: idf(having, self.passages) for term in terms if (having := self.terms.frequency(term))}
            if len(weighed) < len(terms):
                return []
            (found,) = self._nearest("words", [words_of(weighed)], min(most, _SHARING), self._which(EVERYTHING))
            texts = {row // IN_A_TEXT for row in found}
        places = [place for place, kept in enumerate(self._kept) if kept.text in texts][:most]
        read = self._read({self._kept[place].text for place in places})
        return [self._article(place, read) for place in places]

    def alike(
        self, passage: Passage, terms: Collection[str], articles: Mask, *, least: int, near: float, most: int
    ) -> list[Passage]:
        """The passages of some articles that are nearest to one of the index's, of those with the most of the terms."""
        weighed = {term: 1.0 for term in terms if self.terms.frequency(term)}
        if len(weighed) < least:
            return []
        wanted = words_of(weighed)
        (found,) = self._nearest("words", [wanted], _SHARING, self._which(EVERYTHING))
        rows = [row for row in found if articles[self._first[row // IN_A_TEXT]]]
        if not rows:
            return []
        own = self._row_of(passage)
        dense, words = self._vectors([own, *rows])
        cosines = {row: float(dense[row] @ dense[own]) for row in rows if len(words[row].keys() & wanted) >= least}
        best = sorted(cosines, key=lambda row: -cosines[row])[:most]
        return self.passages_at([row for row in best if cosines[row] >= near])

    def _row_of(self, passage: Passage) -> int:
        """The number of one of the passages."""
        text = self._kept[self.number_of(passage.article.id)].text
        return text * IN_A_TEXT + list(self._read([text])[text].spans).index((passage.start, passage.end))

    def best_scores(self, question: str, terms: Sequence[str]) -> list[float]:
        """For each of the terms, which passages have: the highest BM25 of the question in a passage that has it.

        The store is asked for passages that are good for the question and have the term; the best may be missed.
        """
        weighed = self.terms.asked(question)
        wanted = [words_of(weighed | {term: _DECISIVE}) for term in terms]
        found = self._nearest("words", wanted, _HAVING, self._which(EVERYTHING))
        words = self._vectors(sorted({*chain(*found)}))[1]
        return [
            float(max(_products(weighed, [words[row] for row in some if row in words]), default=0.0)) for some in found
        ]


def _products(weighed: Mapping[str, float], passages: Sequence[Words]) -> NDArray[np.float32]:
    """Inner products of a question's terms and passages' sparse vectors."""
    asked = words_of(weighed) if weighed else {}
    return np.array(
        [sum(weight * words.get(term, 0.0) for term, weight in asked.items()) for words in passages], dtype=np.float32
    )
