"""Mean and covariance of vectors, from which follow a query's mean cosine and deviation over the whole corpus."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from retrieval.models.encoder import Vectors

CHUNK = 65_536
"""Vectors that are unpacked at once: 100 MB of float32."""

Scores = NDArray[np.float32]


class Moments(NamedTuple):
    """Mean and standard deviation of scores."""

    mean: float
    deviation: float


@dataclass(frozen=True, slots=True)
class VectorMoments:
    """Mean and covariance of all vectors of a corpus.

    From them follow the mean and standard deviation of a query's cosines over it, q.m and sqrt(q.C.q), without any
    score.
    """

    mean: Scores
    """Of shape (dimension,)."""
    covariance: Scores
    """Of shape (dimension, dimension)."""

    @classmethod
    def of(cls, vectors: Vectors) -> VectorMoments:
        """Those of the rows, a chunk at a time."""
        mean = vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
        products = np.zeros((vectors.shape[1], vectors.shape[1]), dtype=np.float64)
        for part in chunks(np.arange(len(vectors))):
            centred = vectors[part] - mean
            products += centred.T @ centred
        return cls(mean, (products / len(vectors)).astype(np.float32))

    @classmethod
    def unpacked(cls, mean: Scores, half: NDArray[np.float16]) -> VectorMoments:
        """What ``half`` and the mean say."""
        covariance = np.empty((len(mean), len(mean)), dtype=np.float32)
        upper = np.triu_indices(len(mean))
        covariance[upper] = covariance.T[upper] = half
        return cls(mean, covariance)

    @property
    def half(self) -> NDArray[np.float16]:
        """The upper triangle of the covariance, which is symmetric, row by row in float16."""
        return self.covariance[np.triu_indices(len(self.mean))].astype(np.float16)

    def joined(self, own: int, other: VectorMoments, others: int) -> VectorMoments:
        """Those of two corpora together, which have ``own`` and ``others`` vectors (Chan et al. 1979)."""
        share = others / (own + others)
        apart = other.mean - self.mean
        covariance = (1 - share) * self.covariance + share * other.covariance
        covariance += share * (1 - share) * np.outer(apart, apart)
        return VectorMoments((self.mean + share * apart).astype(np.float32), covariance.astype(np.float32))

    def without(self, own: int, other: VectorMoments, others: int) -> VectorMoments:
        """Those of ``own`` vectors without ``others`` of them, which have the moments ``other``; zeros for none."""
        left = own - others
        if not left:
            return VectorMoments(np.zeros_like(self.mean), np.zeros_like(self.covariance))
        mean = (own * self.mean - others * other.mean) / left
        apart = other.mean - mean
        covariance = (own * self.covariance - others * other.covariance) / left
        covariance -= (others / own) * np.outer(apart, apart)
        return VectorMoments(mean.astype(np.float32), covariance.astype(np.float32))

    def of_query(self, query: Scores) -> Moments:
        """Mean and standard deviation of the query's cosines over the whole corpus."""
        variance = float(query @ self.covariance @ query)
        return Moments(float(query @ self.mean), max(variance, 0.0) ** 0.5)


def chunks(rows: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """The rows in parts of ``CHUNK`` at most."""
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]
