"""Dense search over several segments: the nearest of each, compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from retrieval.index.dense import DenseIndex, Ids, Scores
from retrieval.index.moments import Moments, VectorMoments
from retrieval.index.order import Order
from retrieval.models.encoder import Vectors


class DenseSegments:
    """Passages' vectors in segments, searched as if they were in one index.

    Args:
        parts: the index of one segment behind the other.
        order: which of their passages there are, and their numbers.
    """

    def __init__(self, parts: Sequence[DenseIndex], order: Order) -> None:
        self._parts = parts
        self._order = order
        self._moments = self._joined()

    def __len__(self) -> int:
        return len(self._order.rows)

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._parts[0].dimension

    def vectors(self) -> Vectors:
        """Every vector, shape (passages, dimension)."""
        vectors: Vectors = np.concatenate([part.vectors() for part in self._parts])[self._order.rows]
        return vectors

    def nearest(self, query: Scores, k: int, allowed: Ids | None = None) -> Ids:
        """Ids of the ``k`` passages nearest to ``query`` (dimension,), best first, among ``allowed`` ids if given."""
        found = []
        for start, part in self._starts():
            there = self._order.numbers[start : start + len(part)]
            if allowed is None:
                found.append(_nearest_left(part, there, query, k))
            else:
                rows = self._order.rows[allowed]
                rows = np.sort(rows[(rows >= start) & (rows < start + len(part))]) - start
                found.append(there[part.nearest(query, k, rows) if len(rows) else rows].astype(np.int64))
        ids = np.sort(np.concatenate(found))
        return ids[np.argsort(-self.cosines(query, ids), kind="stable")[:k]]

    def vector(self, row: int) -> Scores:
        """The vector of a passage, shape (dimension,)."""
        vector: Scores = self.at(np.array([row]))[0]
        return vector

    def cosines(self, query: Scores, ids: Ids) -> Scores:
        """Cosine of ``query`` with each of the passages ``ids``."""
        cosines: Scores = self.at(ids) @ query
        return cosines

    def at(self, ids: Ids) -> Vectors:
        """The vectors of the passages ``ids``, shape (ids, dimension)."""
        rows = self._order.rows[ids]
        vectors = np.empty((len(rows), self.dimension), dtype=np.float32)
        for start, part in self._starts():
            own = (rows >= start) & (rows < start + len(part))
            if own.any():
                vectors[own] = part.at(rows[own] - start)
        return vectors

    def moments(self, query: Scores) -> Moments:
        """Mean and standard deviation of the query's cosines over the whole corpus."""
        return self._moments.of_query(query)

    def _starts(self) -> Iterator[tuple[int, DenseIndex]]:
        """Each segment behind the number of rows before it."""
        return zip(accumulate(map(len, self._parts), initial=0), self._parts, strict=False)

    def _joined(self) -> VectorMoments:
        """Mean and covariance over the passages that are there."""
        joined: VectorMoments | None = None
        counted = 0
        for start, part in self._starts():
            there = self._order.numbers[start : start + len(part)] >= 0
            if own := int(there.sum()):
                moments = part.moments_of(there)
                joined = joined.joined(counted, moments, own) if joined else moments
                counted += own
        return joined or self._parts[0].moments_of(np.ones(len(self._parts[0]), dtype=bool))


def _nearest_left(part: DenseIndex, numbers: NDArray[np.int32], query: Scores, k: int) -> Ids:
    """The numbers of the ``k`` nearest rows of a segment among those whose number is not negative."""
    asked = k
    while True:
        found = part.nearest(query, asked)
        left = numbers[found]
        left = left[left >= 0]
        if len(left) >= k or len(found) < asked or asked >= len(part):
            return left[:k].astype(np.int64)
        asked *= 2
