"""Hybrid search: a question to hits, by a weighted sum of dense and lexical scores, with filters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from retrieval.encoder import Encoder
from retrieval.passages import Passage
from retrieval.snapshot import Snapshot

DENSE_WEIGHT = 0.7
"""Of the fused score; the rest is BM25's. Both are z-scores over the corpus, so the weights compare like with like."""

_CANDIDATES = 100
"""How many passages each of the two rankings puts forward; fusing cannot lift one that neither has."""

_ROUNDING = 1e-6
"""Deviations of cosines and of BM25 are of the order of 0.1 and 1; one this small comes of a single passage."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which articles may answer; the defaults let all."""

    articles: frozenset[str] = frozenset()
    """Ids; empty for any."""
    source: str | None = None
    """The source's name, whatever its letter case."""
    after: date | None = None
    """Published on this day or later. Articles without a date pass no filter on dates."""
    before: date | None = None
    """Published on this day or earlier."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that a question found, with each stage's score."""

    passage: Passage
    score: float
    """Fused: the weighted sum of the two z-scores."""
    dense: float
    """Cosine between question and passage."""
    lexical: float
    """BM25."""
    dense_z: float
    lexical_z: float


class Searcher:
    """Searches one snapshot."""

    def __init__(self, snapshot: Snapshot, encoder: Encoder) -> None:
        self.snapshot = snapshot
        self._encoder = encoder

    def search(self, question: str, k: int = 10, filters: Filters | None = None) -> list[Hit]:
        """The ``k`` best passages for ``question``, best first; fewer when the filters leave fewer.

        Raises:
            ArticleUnknown: a filter names an article that is not there.
        """
        return self.search_all([question], k, filters)[0]

    def search_all(self, questions: Sequence[str], k: int = 10, filters: Filters | None = None) -> list[list[Hit]]:
        """What ``search`` finds for each of ``questions``, which are encoded together."""
        among = self._among(filters or Filters())
        allowed = None if among is None else self.snapshot.passages_of(among)
        if allowed is not None and not len(allowed):
            return [[] for _ in questions]
        queries = self._encoder.encode_query(questions)
        return [
            self._ranked(question, query, k, among, allowed) for question, query in zip(questions, queries, strict=True)
        ]

    def _ranked(
        self,
        question: str,
        query: NDArray[np.float32],
        k: int,
        among: NDArray[np.bool_] | None,
        allowed: NDArray[np.int64] | None,
    ) -> list[Hit]:
        """The ``k`` best passages for a question and its vector, best first."""
        lexical = self.snapshot.lexical.scores(question)
        mean, deviation = float(lexical.mean()), float(lexical.std())
        near = self.snapshot.dense.nearest(query, max(k, _CANDIDATES), allowed)
        ids = np.union1d(near, _highest(lexical, max(k, _CANDIDATES), allowed, mean + 2 * deviation))
        dense = self.snapshot.dense.cosines(query, ids)
        dense_z = _z(dense, *self.snapshot.dense.moments(query))
        lexical_z = _z(lexical[ids], mean, deviation)
        fused = DENSE_WEIGHT * dense_z + (1 - DENSE_WEIGHT) * lexical_z
        best = np.lexsort((ids, -fused))[:k]
        return [
            Hit(
                passage=self.snapshot.passage(int(ids[i]), among),
                score=float(fused[i]),
                dense=float(dense[i]),
                lexical=float(lexical[ids[i]]),
                dense_z=float(dense_z[i]),
                lexical_z=float(lexical_z[i]),
            )
            for i in best
        ]

    def _among(self, filters: Filters) -> NDArray[np.bool_] | None:
        """A mask of the articles that the filters let through; None for all."""
        if filters == Filters():
            return None
        named = {self.snapshot.number_of(id) for id in filters.articles}
        source = filters.source.casefold() if filters.source else None
        return np.array(
            [
                (not named or number in named)
                and (source is None or (article.source or "").casefold() == source)
                and (filters.after is None or (article.published is not None and article.published >= filters.after))
                and (filters.before is None or (article.published is not None and article.published <= filters.before))
                for number, article in enumerate(self.snapshot.articles)
            ]
        )


def _highest(
    scores: NDArray[np.float32], k: int, allowed: NDArray[np.int64] | None, likely: float
) -> NDArray[np.int64]:
    """The ids with the ``k`` highest scores, among ``allowed`` if given; quick where that many are over ``likely``."""
    pool = np.flatnonzero(scores > likely) if allowed is None else allowed[scores[allowed] > likely]
    if len(pool) < k:
        pool = np.arange(len(scores)) if allowed is None else allowed
    return pool[np.argpartition(-scores[pool], k - 1)[:k]] if len(pool) > k else pool


def _z(scores: NDArray[np.float32], mean: float, deviation: float) -> NDArray[np.float32]:
    """Scores in deviations from the mean. A corpus whose passages all score alike tells nothing: zeros."""
    return (scores - np.float32(mean)) / np.float32(deviation) if deviation > _ROUNDING else np.zeros_like(scores)
