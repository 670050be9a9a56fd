"""Passages ranked by BM25: of few every one is scored, of many those that may be among the best."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from retrieval.text.terms import terms

if TYPE_CHECKING:
    from retrieval.index.lexical import LexicalIndex

EVERY = 100_000
"""Up to so many passages every one is scored. Of more about so many are the sample that says how scores spread."""

_ROUNDING = 1e-5
"""Sums of the same scores in another order differ by less than this part of them."""

_Number = TypeVar("_Number", bound=np.number[Any])

_SPREAD_OUT = 16
"""To look a row up among others takes about as long as to add up so many of these."""

Scores = NDArray[np.float32]
Rows = NDArray[np.int64]


class ByWords(Protocol):
    """The BM25 of a question over all passages."""

    mean: float
    deviation: float

    def at(self, rows: Rows) -> Scores:
        """The scores of some passages."""
        ...

    def highest(self, k: int, allowed: Rows | None) -> Rows:
        """At most ``k`` passages with the highest scores, in any order, among those ``allowed`` if given."""
        ...


class EveryScore:
    """A score for every passage."""

    def __init__(self, scores: Scores) -> None:
        self._scores = scores
        self.mean, self.deviation = float(scores.mean()), float(scores.std())

    def at(self, rows: Rows) -> Scores:
        """The scores of some passages."""
        scores: Scores = self._scores[rows]
        return scores

    def highest(self, k: int, allowed: Rows | None) -> Rows:
        """The ``k`` highest; quick where that many are far above the mean."""
        scores, likely = self._scores, self.mean + 2 * self.deviation
        pool = np.flatnonzero(scores > likely) if allowed is None else allowed[scores[allowed] > likely]
        if len(pool) < k:
            pool = np.arange(len(scores)) if allowed is None else allowed
        return _best(pool, scores[pool], k)


@dataclass(frozen=True, slots=True)
class _Spread:
    """How a term's scores spread over all passages."""

    highest: float
    total: float
    squares: float
    places: NDArray[np.integer]
    """The places in the sample of those that have the term."""
    weights: Scores
    """Their scores."""

    def variance(self, passages: int) -> float:
        return self.squares / passages - (self.total / passages) ** 2


class Ranking:
    """Ranks the passages of one index; what it learns of a term is kept."""

    def __init__(self, lexical: LexicalIndex) -> None:
        self.lexical = lexical
        self.stride = ceil(len(lexical) / EVERY)
        self._spreads: dict[str, _Spread] = {}

    def of(self, question: str) -> ByWords:
        """The scores of a question."""
        return SomeScores(self, question) if self.stride > 1 else EveryScore(self.lexical.scores(question))

    @cached_property
    def _sampled(self) -> dict[int, tuple[NDArray[np.integer], NDArray[np.int64]]]:
        """Of each segment, by where it starts, its rows in the sample, ascending, and their places in that."""
        rows = self.lexical.rows(np.arange(0, len(self.lexical), self.stride))
        order = np.argsort(rows)
        sampled = {}
        for part in self.lexical.parts():
            own = order[slice(*np.searchsorted(rows, (part.start, part.stop), sorter=order))]
            sampled[part.start] = (rows[own] - part.start).astype(np.uint32), own
        return sampled

    def spread(self, term: str) -> _Spread:
        """How the scores of a term spread that some passage has."""
        if term not in self._spreads:
            self._spreads[term] = self._spread(term)
        return self._spreads[term]

    def _spread(self, term: str) -> _Spread:
        highest, total, squares = 0.0, 0.0, 0.0
        places, sampled = [], []
        for part, rows, weights in self.lexical.weights_of(term):
            scores = weights
            if not self.lexical.is_whole(part):
                scores = weights[self.lexical.numbers(part.start, rows) >= 0]
            highest = max(highest, float(scores.max(initial=0)))
            total += float(scores.sum())
            squares += float(scores @ scores)
            sample, own = self._sampled[part.start]
            if len(rows) > _SPREAD_OUT * len(sample):
                own_weights = looked_up(rows, weights, sample)
                having = np.flatnonzero(own_weights)
                places.append(own[having])
                sampled.append(own_weights[having])
            else:
                place = np.minimum(np.searchsorted(sample, rows), len(sample) - 1)
                having = np.flatnonzero(sample[place] == rows)
                places.append(own[place[having]])
                sampled.append(weights[having])
        return _Spread(highest, total, squares, np.concatenate(places), np.concatenate(sampled))


class SomeScores:
    """Scores where they are asked for, and of the passages that may be among the highest.

    A term that nearly all passages have lifts none of them much. So passages are looked for that have the other terms,
    and only of these all terms are added up (MaxScore: Turtle and Flood 1995). What the highest have at least, and how
    scores spread, a sample says: every so many-th passage. The highest are exactly those that scoring all would give.
    """

    def __init__(self, ranking: Ranking, question: str) -> None:
        lexical = ranking.lexical
        self._ranking, self._lexical, self._question = ranking, lexical, question
        counts = Counter(term for term in terms(question) if lexical.weights_of(term))
        # The weightiest first.
        self._terms = sorted(counts.items(), key=lambda each: -each[1] * ranking.spread(each[0]).highest)
        passages = len(lexical)
        self._sample = np.zeros(ceil(passages / ranking.stride), dtype=np.float64)
        self.mean, variance = 0.0, 0.0
        for term, times in self._terms:
            spread = ranking.spread(term)
            self._sample[spread.places] += times * spread.weights
            self.mean += times * spread.total / passages
            variance += times**2 * (spread.variance(passages) - _variance(spread.weights, len(self._sample)))
        # Each term's own variance is known; how terms go together is the sample's.
        self.deviation = float(max(variance + self._sample.var(), 0.0)) ** 0.5

    def at(self, rows: Rows) -> Scores:
        """The scores of some passages."""
        return self._lexical.at(self._question, rows)

    def highest(self, k: int, allowed: Rows | None) -> Rows:
        """The ``k`` highest above nothing."""
        if allowed is not None and len(allowed) <= EVERY:
            return _best(allowed, self.at(allowed), k)
        mask = None
        if allowed is not None:
            mask = np.zeros(len(self._lexical), dtype=bool)
            mask[allowed] = True
        least = self._likely_least(k, mask)
        found, scores = self._above(least, mask)
        if least and np.count_nonzero(scores >= least) < k:
            found, scores = self._above(0.0, mask)
        return _best(found, scores, k)

    def _likely_least(self, k: int, mask: NDArray[np.bool_] | None) -> float:
        """A score that more than ``k`` passages have almost certainly, by the sample."""
        sample = self._sample if mask is None else self._sample[mask[:: self._ranking.stride]]
        expected = k / self._ranking.stride
        place = ceil(expected + 3 * expected**0.5 + 3)
        return float(np.partition(sample, -place)[-place]) if len(sample) > place else 0.0

    def _above(self, least: float, mask: NDArray[np.bool_] | None) -> tuple[Rows, Scores]:
        """All passages with at least this score, or more than none, and few others; and their scores."""
        if not self._terms:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        tops = [times * self._ranking.spread(term).highest for term, times in self._terms]
        # Without the first terms a passage cannot have more than the others together.
        others = [sum(tops[number + 1 :]) for number in range(len(tops))]
        least *= 1 - _ROUNDING
        first = next((number for number, rest in enumerate(others) if rest < least), len(tops) - 1) + 1
        parts = [self._above_in(part, least, others, first, mask) for part in self._lexical.parts()]
        return np.concatenate([found for found, _ in parts]), np.concatenate([scores for _, scores in parts])

    def _above_in(
        self, part: slice, least: float, others: Sequence[float], first: int, mask: NDArray[np.bool_] | None
    ) -> tuple[Rows, Scores]:
        """The same of one segment; some passages are found by the ``first`` terms."""
        scores = np.zeros(part.stop - part.start, dtype=np.float32)
        weighty = [*self._weights_in(part, slice(first))]
        for rows, weights in weighty:
            np.add.at(scores, rows, weights)
        found = _over(max(least - others[first - 1], 0.0), scores, [rows for rows, _ in weighty])
        numbers = self._lexical.numbers(part.start, found)
        found = found[(numbers >= 0) & (mask[numbers] if mask is not None else True)]
        sums = scores[found]
        for rest, (rows, weights) in zip(others[first:], self._weights_in(part, slice(first, None)), strict=True):
            if len(rows) < _SPREAD_OUT * len(found):
                scores[found] = sums
                np.add.at(scores, rows, weights)
                sums = scores[found]
            else:
                sums += looked_up(rows, weights, found)
            left = sums > least - rest
            found, sums = found[left], sums[left]
        return self._lexical.numbers(part.start, found).astype(np.int64), sums

    def _weights_in(self, part: slice, some: slice) -> Iterator[tuple[NDArray[np.integer], Scores]]:
        """The postings of some of the terms in a segment, and what they add to a score."""
        for term, times in self._terms[some]:
            there = [(rows, weights) for place, rows, weights in self._lexical.weights_of(term) if place == part]
            rows, weights = there[0] if there else (np.empty(0, np.uint32), np.empty(0, np.float32))
            yield rows, weights if times == 1 else times * weights


def looked_up(rows: NDArray[np.integer], values: NDArray[_Number], asked: NDArray[np.integer]) -> NDArray[_Number]:
    """What some rows have as ``values``; those that are not among ``rows``, which ascend, have 0."""
    if not len(rows):
        return np.zeros(len(asked), dtype=values.dtype)
    asked = asked.astype(rows.dtype)  # another type would have all rows converted
    places = np.minimum(np.searchsorted(rows, asked), len(rows) - 1)
    found: NDArray[_Number] = values[places] * (rows[places] == asked)
    return found


def _over(least: float, scores: Scores, having: Sequence[NDArray[np.integer]]) -> Rows:
    """The rows, ascending, with a score above ``least``; only those have any that are among some others."""
    if 2 * sum(map(len, having)) > len(scores):
        return np.flatnonzero(scores > least)
    found = np.sort(np.concatenate([rows[scores[rows] > least] for rows in having])).astype(np.int64)
    return found[np.append(True, np.diff(found) > 0)] if len(found) else found


def _variance(weights: Scores, passages: int) -> float:
    """That of the scores of so many passages of which some have ``weights`` and the others 0."""
    exact = weights.astype(np.float64)
    return float(np.square(exact).sum() / passages - (exact.sum() / passages) ** 2)


def _best(rows: Rows, scores: Scores, k: int) -> Rows:
    return rows[np.argpartition(-scores, k - 1)[:k]] if len(rows) > k else rows
