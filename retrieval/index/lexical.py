"""Lexical index: BM25 over stemmed words."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from retrieval.index.by_words import Ranking, looked_up
from retrieval.index.order import Order
from retrieval.index.postings import Postings, Rows
from retrieval.text.terms import stop_terms, terms

_LOOKED_THROUGH = 4_096
"""Passages that are looked through first for those that have a common term."""

K1, B = 1.2, 0.75
"""BM25's parameters, at the values that Lucene has."""

Scores = NDArray[np.float32]


class LexicalIndex:
    """Okapi BM25 with Lucene's idf (Robertson and Zaragoza 2009; Lù 2024, https://arxiv.org/abs/2407.03618).

    A term's scores are computed from its postings when it is asked for first, and kept: all together they take four
    bytes a posting.

    Args:
        parts: the postings of one segment behind the other.
        order: which of their passages there are, and their numbers; None where those of one segment are all.
    """

    def __init__(self, parts: Sequence[Postings], order: Order | None = None) -> None:
        self._parts = parts
        self._order = order
        lengths = np.concatenate([part.lengths for part in parts])
        mean = (lengths if order is None else lengths[order.rows]).mean()
        self._norm = (K1 * (1 - B + B * lengths / max(mean, 1e-9))).astype(np.float32)
        self._frequencies: dict[str, int] = {}
        self._weighted: dict[str, list[tuple[slice, Rows, Scores]]] = {}

    @classmethod
    def build(cls, passages: Iterable[str]) -> LexicalIndex:
        """Index the texts of passages."""
        return cls([Postings.build(passages)])

    def __len__(self) -> int:
        return len(self._norm if self._order is None else self._order.rows)

    def scores(self, question: str) -> Scores:
        """BM25 score of every passage, shape (passages,)."""
        scores = np.zeros(len(self._norm), dtype=np.float32)
        for term in terms(question):
            for part, rows, weights in self.weights_of(term):
                np.add.at(scores[part], rows, weights)
        return scores if self._order is None else self._order.taken(scores)

    def at(self, question: str, passages: NDArray[np.int64]) -> Scores:
        """BM25 score of some passages; the same as ``scores`` has, without those of all others."""
        places = self.rows(passages)
        scores = np.zeros(len(places), dtype=np.float32)
        for term in terms(question):
            for part, rows, weights in self.weights_of(term):
                own = np.flatnonzero((places >= part.start) & (places < part.stop))
                scores[own] += looked_up(rows, weights, places[own] - part.start)
        return scores

    @cached_property
    def ranking(self) -> Ranking:
        """Finds the passages with the highest scores."""
        return Ranking(self)

    def parts(self) -> list[slice]:
        """Where the segments' rows are, all counted one behind the other."""
        return [slice(start, start + len(part)) for start, part in self._starts()]

    def rows(self, passages: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where passages are in the rows of all segments, counted one behind the other."""
        return passages if self._order is None else self._order.rows[passages]

    def is_whole(self, part: slice) -> bool:
        """Whether all passages of a segment are there."""
        return part.start in self._whole

    def numbers(self, start: int, rows: NDArray[np.integer]) -> NDArray[np.integer]:
        """The passages in some rows of the segment that begins at ``start``; negative for those no longer there."""
        return rows if self._order is None else self._order.numbers[start:][rows]

    def weights_of(self, term: str) -> list[tuple[slice, Rows, Scores]]:
        """The score of each posting of a term: by segment, where that is, its passages, and their scores."""
        if term in self._weighted:
            return self._weighted[term]
        weight = np.float32(idf(self.frequency(term), len(self)))
        weighted = []
        for start, part in self._starts():
            rows, counts = part.of(term)
            if len(rows):
                place = slice(start, start + len(part))
                scores: Scores = self._norm[place][rows]
                scores += counts
                np.divide(counts, scores, out=scores)
                scores *= weight
                weighted.append((place, rows, scores))
        if weighted:  # of words that no passage has there is no end
            self._weighted[term] = weighted
        return weighted

    def _starts(self) -> Iterator[tuple[int, Postings]]:
        """Each segment behind the number of passages before it."""
        return zip(accumulate(map(len, self._parts), initial=0), self._parts, strict=False)

    def weights(self, question: str, *, beside: int = 0) -> dict[str, float]:
        """Each term of ``question`` but stop words, with its share of the sum of their idf.

        A term in no passage counts as the rarest. A question of nothing but stop words keeps them. With ``beside`` it
        is as if there were so many passages more, without any of them: of four passages, terms that all have would
        else count nothing, and one that none has would outweigh the rest.
        """
        return shares(question, self.frequency, len(self) + beside)

    @cached_property
    def vocabulary(self) -> Collection[str]:
        """Every term."""
        if self._order is None:
            return self._parts[0].vocabulary.keys()
        words: dict[str, None] = {}
        for start, part in self._starts():
            there = self._order.numbers[start : start + len(part)] >= 0
            words.update(dict.fromkeys(part.vocabulary if there.all() else part.words_of(there)))
        return words.keys()

    def having(self, term: str) -> NDArray[np.integer]:
        """The passages that have a term, in order."""
        if self._order is None:
            return self._parts[0].of(term)[0]
        found = [self._order.numbers[start + part.of(term)[0].astype(np.int64)] for start, part in self._starts()]
        numbers = np.concatenate(found)
        return np.sort(numbers[numbers >= 0])

    def sharing(self, terms: Collection[str], least: int, most: int = 500) -> NDArray[np.int64]:
        """The passages that have at least so many of the terms; of very many those with the most."""
        having = [self.having(term) for term in terms]
        if len(having) < least:
            return np.empty(0, dtype=np.int64)
        counts = np.bincount(np.concatenate(having).astype(np.int64), minlength=len(self))
        rows = np.flatnonzero(counts >= least)
        return rows if len(rows) <= most else rows[np.argsort(-counts[rows], kind="stable")[:most]]

    def frequency(self, term: str) -> int:
        """How many passages have a term."""
        if term not in self._frequencies:
            count = sum(self._living(start, part.of(term)[0]) for start, part in self._starts())
            if not count:  # of words that no passage has there is no end
                return 0
            self._frequencies[term] = count
        return self._frequencies[term]

    def _living(self, start: int, rows: Rows) -> int:
        """How many of some rows of a segment are passages that are there."""
        return len(rows) if start in self._whole else int(np.count_nonzero(self.numbers(start, rows) >= 0))

    @cached_property
    def _whole(self) -> frozenset[int]:
        """The segments of which all passages are there, by where they start."""
        order = self._order
        return frozenset(part.start for part in self.parts() if order is None or (order.numbers[part] >= 0).all())

    def first_having(self, term: str, most: int) -> NDArray[np.integer]:
        """At least the first ``most`` passages that have a term, in order, if there are so many."""
        few, frequency = _LOOKED_THROUGH, self.frequency(term)
        while frequency * few > most * len(self) * 2 and few < len(self):
            passages = np.arange(few)
            places = self.rows(passages)
            having = np.zeros(few, dtype=bool)
            for start, part in self._starts():
                own = np.flatnonzero((places >= start) & (places < start + len(part)))
                rows, counts = part.of(term)
                having[own] = looked_up(rows, counts, places[own] - start) > 0
            if np.count_nonzero(having) >= most:
                return passages[having]
            few *= 8
        return self.having(term)


def shares(question: str, frequency: Callable[[str], int], passages: int) -> dict[str, float]:
    """Each term of ``question`` but stop words, with its share of the sum of their idf; see ``Terms.weights``."""
    found = set(terms(question))
    counted = {term: idf(frequency(term), passages) for term in found - stop_terms() or found}
    return {term: value / sum(counted.values()) for term, value in counted.items()}


def idf(frequency: int, passages: int) -> float:
    """Lucene's inverse document frequency of a term that so many of the passages have."""
    return float(np.log1p((passages - frequency + 0.5) / (frequency + 0.5)))
