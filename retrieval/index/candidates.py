"""The passages that are compared for a question, with their dense and lexical scores for each of its variants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.index.by_words import ByWords
from retrieval.index.dense import DenseIndex
from retrieval.index.dense_segments import DenseSegments
from retrieval.index.lexical import LexicalIndex

Rows = NDArray[np.int64]
"""Numbers by which an index knows its passages."""

Scores = NDArray[np.float32]

Mask = NDArray[np.bool_]

_ROUNDING = 1e-6
"""Deviations of cosines and of BM25 are of the order of 0.1 and 1; one this small comes of a single passage."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which articles may be found, and where an index has them; None for all."""

    articles: Mask | None = None
    """A mask over the index's articles."""
    allowed: Rows | None = None
    """What of them is searched, ascending, in numbers that mean something to the index only."""

    @property
    def empty(self) -> bool:
        """Whether nothing can be found."""
        return self.allowed is not None and not len(self.allowed)


EVERYTHING = Scope()


@dataclass(frozen=True, slots=True)
class Asked:
    """What passages are compared with: a question in its variants."""

    texts: Sequence[str]
    """The question as typed and, in a conversation, with history and with the passage quoted last."""
    vectors: Sequence[Scores]
    """Theirs, of shape (dimension,) each."""
    said: Scores | None = None
    """The vector of what was said before; None without a context."""
    depth: int = 100
    """Passages that each ranking puts forward; fusing cannot lift one that neither has."""
    near: int = 10
    """Passages nearest to what was said before."""


@dataclass(frozen=True, slots=True)
class VariantScores:
    """The candidates' scores for one variant of a question, each of shape (candidates,)."""

    dense: Scores
    """Cosines."""
    lexical: Scores
    """BM25."""
    dense_z: Scores
    """The same in standard deviations from the mean over the corpus; so is ``lexical_z``."""
    lexical_z: Scores

    def fused(self, dense_weight: float) -> Scores:
        """The weighted sum of the two z-scores."""
        fused: Scores = dense_weight * self.dense_z + (1 - dense_weight) * self.lexical_z
        return fused


@dataclass(frozen=True, slots=True)
class Candidates:
    """What is compared for one question."""

    rows: Rows
    """The passages, ascending."""
    near_context: Mask
    """Which of them are the nearest to what was said before, if anything was."""
    variants: Sequence[VariantScores]
    """Their scores for the question as typed and, in a conversation, with history and with the passage quoted last."""


def compare(dense: DenseIndex | DenseSegments, lexical: LexicalIndex, asked: Asked, allowed: Rows | None) -> Candidates:
    """The best passages by either ranking for every variant, and those nearest to what was said before.

    ``allowed`` are the passages that may be found; None for all.
    """
    by_words = [lexical.ranking.of(text) for text in asked.texts]
    nearest = [dense.nearest(vector, asked.depth, allowed) for vector in asked.vectors]
    highest = [each.highest(asked.depth, allowed) for each in by_words]
    near_context = [] if asked.said is None else dense.nearest(asked.said, asked.near, allowed).tolist()
    found = [*np.concatenate([*nearest, *highest]).tolist(), *near_context]
    rows = np.array(sorted(set(found)), np.int64)  # np.unique would import numpy.ma, 25 ms at the first question
    variants = [_scored(dense, vector, each, rows) for vector, each in zip(asked.vectors, by_words, strict=True)]
    near = np.isin(rows, near_context) if near_context else np.zeros(len(rows), dtype=bool)
    return Candidates(rows, near, variants)


def _scored(dense: DenseIndex | DenseSegments, vector: Scores, lexical: ByWords, rows: Rows) -> VariantScores:
    cosines, scores = dense.cosines(vector, rows), lexical.at(rows)
    cosines_z = standardised(cosines, *dense.moments(vector))
    return VariantScores(cosines, scores, cosines_z, standardised(scores, lexical.mean, lexical.deviation))


def standardised(scores: Scores, mean: float, deviation: float) -> Scores:
    """Scores in deviations from the mean. A corpus whose passages all score alike tells nothing: zeros."""
    return (scores - np.float32(mean)) / np.float32(deviation) if deviation > _ROUNDING else np.zeros_like(scores)
