"""The engine: a question in, an answer of verbatim quotes out."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

from retrieval.answer.answer import Answer
from retrieval.answer.arranging import ArrangingWeights, by_time, complete, distinct
from retrieval.answer.follow_up import IN_CONTEXT, Context, looks_like_follow_up, named, rerank
from retrieval.answer.overlap_reader import OverlapReader
from retrieval.answer.quotes import Quote, choose, worthwhile
from retrieval.answer.reader import Asked, Reader, Reading, total_score, whole_sentences
from retrieval.answer.search import Filters, Hit, Searcher
from retrieval.answer.spelling import Mended, Speller
from retrieval.articles.article import ArticleInfo
from retrieval.errors import QuestionEmpty, QuestionTooLong
from retrieval.index.changes import Freshness, Stale
from retrieval.index.snapshot import Snapshot
from retrieval.models.encoder import Encoder
from retrieval.text.sentences import Span
from retrieval.text.terms import content_terms, coverage

MAX_QUESTION = 2_000
"""Code points. The encoder reads about half of that; nobody types more."""

THRESHOLD = 0.21
"""Confidence from which an answer is given: about what calibration proposes (``data/reader/calibration.json``)."""

_HITS = 14
"""Passages found, and in a talk up to as many more. Reading more than ten of them finds the words for one question in
two hundred more."""

_SURELY = 0.9
"""Part of a passage's likelihood that makes it surely owed to the talk, or to the question as typed. Reading only the
rest for both saves a third of the readings, and ranks CAsT's turns as well."""


class Engine:
    """Answers questions from one snapshot of the articles.

    Any number of threads may ask at once.

    Args:
        snapshot: the articles as they were indexed.
        encoder: the one that they were indexed with.
        articles: their folder, for telling of quotes from files that have changed since; None for not telling.
        reader: what finds the words that answer.
        threshold: the confidence from which an answer is given.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        encoder: Encoder,
        *,
        articles: Path | None = None,
        reader: Reader | None = None,
        threshold: float = THRESHOLD,
    ) -> None:
        self.snapshot = snapshot
        self._searcher = Searcher(snapshot, encoder)
        self._freshness = Freshness(articles, snapshot) if articles else None
        self._speller = Speller(snapshot)
        self._reader = reader or OverlapReader()
        self._threshold = threshold
        self._arranging = ArrangingWeights()

    def ask(
        self,
        question: str,
        filters: Filters | None = None,
        top: int = 3,
        *,
        weak: bool = False,
        context: Context | None = None,
    ) -> Answer:
        """Answer ``question`` with at most ``top`` quotes from the articles that ``filters`` let through.

        Quotes that fall far behind the first are left out unless ``weak`` asks for them too. The question may go on
        from a ``context``; whether it does is for ``Searcher.search`` to tell, and for the reader.

        Raises:
            QuestionEmpty, QuestionTooLong: it is no question.
            ArticleUnknown: a filter names an article that is not there.
        """
        return self.ask_all([question], filters, top, weak=weak, contexts=[context])[0]

    def ask_all(
        self,
        questions: Sequence[str],
        filters: Filters | None = None,
        top: int = 3,
        *,
        weak: bool = False,
        contexts: Sequence[Context | None] | None = None,
    ) -> list[Answer]:
        """Answer each of ``questions`` as ``ask`` does. They are encoded and read together, which takes less time.

        Raises:
            QuestionEmpty, QuestionTooLong, ArticleUnknown: as ``ask`` does; then none is answered.
        """
        if not questions:
            return []
        started = time.perf_counter()
        contexts = contexts or [None] * len(questions)
        mended = [self._speller.mended(checked(question)) for question in questions]
        found = self._searcher.search_all([each.text for each in mended], _HITS, filters, contexts, ample=True)
        forms = [
            self._forms(each.text, hits, context) for each, hits, context in zip(mended, found, contexts, strict=True)
        ]
        readings = iter(self._reader.read([asked for several in forms for asked in several]))
        answers = [
            self._answer(each, hits, context, [(asked, next(readings)) for asked in several], top, weak=weak)
            for each, hits, context, several in zip(mended, found, contexts, forms, strict=True)
        ]
        elapsed_ms = (time.perf_counter() - started) * 1e3 / len(questions)
        return [
            replace(answer, question=question, elapsed_ms=elapsed_ms)
            for question, answer in zip(questions, answers, strict=True)
        ]

    def _forms(self, question: str, hits: Sequence[Hit], context: Context | None) -> list[Asked]:
        """The question as typed, or with what it goes on from; both where a reader is to tell which is meant.

        What is surely owed to one of them is read for that one only. To such a reader it does not count which words a
        sentence shares: the talk's are all around it.
        """
        weights = self.snapshot.lexical.weights
        if context is None or not hits:
            return [Asked(question, hits, weights(question))]
        form = named(question, context) if looks_like_follow_up(question) else question
        if not self._reader.compares:
            form = form if hits[0].posterior >= IN_CONTEXT else question
            return [Asked(form, hits, weights(form))]
        if form == question or not content_terms(question):
            return [Asked(form, hits, {})]
        alone = [hit for hit in hits if hit.posterior < _SURELY]
        within = [hit for hit in hits if hit.posterior > 1 - _SURELY]
        return [Asked(each, some, {}) for each, some in ((question, alone), (form, within)) if some]

    def _answer(
        self,
        mended: Mended,
        hits: Sequence[Hit],
        context: Context | None,
        read: Sequence[tuple[Asked, Sequence[Reading]]],
        top: int,
        *,
        weak: bool,
    ) -> Answer:
        """Choose what to quote of what was read."""
        readings = _better([found for _, found in read])
        best = max(readings, key=total_score, default=None)
        asked = next((asked for asked, found in read if any(each is best for each in found)), read[0][0])
        goes_on = looks_like_follow_up(mended.text) and (
            asked.question != mended.text or (best is not None and best.hit.posterior >= IN_CONTEXT)
        )
        every = complete(choose(readings, max(top, 2)))
        told = distinct(every if weak else worthwhile(every))
        shown = by_time(told, mended.text, self._arranging)[:top]
        quotes = tuple(replace(quote, stale=self.stale(quote.article)) for quote in shown)
        evidence = self._evidence((mended.text, asked.question), every)
        confidence = self._reader.calibration.probability(evidence) if evidence else 0.0
        return Answer(
            question=mended.text,
            answered=bool(quotes) and confidence >= self._threshold,
            confidence=confidence,
            quotes=quotes,
            hits=tuple(_reranked(hits, [found for _, found in read], compares=self._reader.compares)[:_HITS]),
            evidence=evidence,
            context=context if goes_on else None,
            read_as=asked.question,
            slips=mended.slips,
        )

    def stale(self, article: ArticleInfo) -> Stale | None:
        """What became of the file of one of the snapshot's articles since it was indexed, if anything."""
        return self._freshness.stale(article.path) if self._freshness else None

    def _evidence(self, forms: Sequence[str], quotes: Sequence[Quote]) -> dict[str, float]:
        """What speaks for the first quote.

        ``reading`` is what the reader gave it, ``cosine`` how near its passage is, ``coverage`` what part of the
        question's rare words are there, the mean over its ``forms``, for the words that a talk lends it are there
        anyway; and ``gap`` how far ahead it is of the next quote.
        """
        if not quotes:
            return {}
        best, *others = quotes
        passage = best.hit.passage
        text = f"{passage.article.title} {passage.text}"
        covered = sum(coverage(self.snapshot.lexical.weights(form), text) for form in forms) / len(forms)
        return {
            "reading": best.score - best.hit.score,
            "cosine": best.hit.dense,
            "coverage": covered,
            "gap": best.score - others[0].score if others else 0.0,
        }


def _better(found: Sequence[Sequence[Reading]]) -> list[Reading]:
    """What was read in several forms of a question: of each sentence the better reading."""
    if len(found) == 1:
        return list(found[0])
    best: dict[tuple[int, Span], Reading] = {}
    for reading in chain.from_iterable(found):
        sentence = id(reading.hit), whole_sentences(reading.hit.passage.article.text, reading.span)
        best[sentence] = max(best.get(sentence, reading), reading, key=total_score)
    return list(best.values())


def _reranked(hits: Sequence[Hit], found: Sequence[Sequence[Reading]], *, compares: bool) -> list[Hit]:
    """Hits by the best that was read in them, and behind them those that were not read.

    Of a question that may go on from a talk ``found`` has what was read for each of its forms, as typed first. A reader
    whose scores tell which form a passage answers has a say in each form's order; see ``placed``.
    """
    forms = [_best_in(hits, readings) for readings in found]
    talks = [hit.talk for hit in hits if hit.talk]
    if talks and compares:
        # What was not read is taken for no better than the worst that was.
        least = [min((score for score in scores if score > -math.inf), default=0.0) for scores in forms]
        alone, within = ([max(score, least[form]) for score in forms[form]] for form in (0, -1))
        return [hits[number] for number in rerank(talks, alone, within)]
    best = [hit.score + max(scores) for hit, *scores in zip(hits, *forms, strict=True)]
    return [hits[number] for number in sorted(range(len(hits)), key=lambda number: -best[number])]


def _best_in(hits: Sequence[Hit], readings: Iterable[Reading]) -> list[float]:
    """Of each hit the best score of what was read in it; -inf for none."""
    best = dict.fromkeys(map(id, hits), -math.inf)
    for reading in readings:
        best[id(reading.hit)] = max(best[id(reading.hit)], reading.score)
    return [best[id(hit)] for hit in hits]


def checked(question: str) -> str:
    """The question on one line, if it is one; raises ``QuestionEmpty`` or ``QuestionTooLong``."""
    if len(question) > MAX_QUESTION:
        raise QuestionTooLong(len(question), MAX_QUESTION)
    if not re.search(r"\w", question):
        raise QuestionEmpty
    # Bytes that are no text reach a command line as lone surrogates, which no tokenizer takes.
    return " ".join(question.encode(errors="replace").decode().split())
