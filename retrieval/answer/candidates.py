"""The passages that are compared for a question, with their dense and lexical scores for each of its variants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.answer.follow_up import Scores
from retrieval.index.snapshot import Snapshot

Rows = NDArray[np.int64]
"""Numbers of passages in a snapshot."""

_ROUNDING = 1e-6
"""Deviations of cosines and of BM25 are of the order of 0.1 and 1; one this small comes of a single passage."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which articles and passages may be found; None for all."""

    articles: NDArray[np.bool_] | None = None
    """A mask over the snapshot's articles."""
    passages: Rows | None = None
    """Those articles' passages, ascending."""

    @property
    def empty(self) -> bool:
        """Whether nothing can be found."""
        return self.passages is not None and not len(self.passages)


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
    near_context: NDArray[np.bool_]
    """Which of them are the nearest to what was said before, if anything was."""
    variants: Sequence[VariantScores]
    """Their scores for the question as typed and, in a conversation, with history and with the passage quoted last."""


@dataclass(frozen=True, slots=True)
class _LexicalScores:
    """BM25 of every passage, and its mean and deviation over them."""

    scores: Scores
    mean: float
    deviation: float

    @classmethod
    def of(cls, scores: Scores) -> _LexicalScores:
        return cls(scores, float(scores.mean()), float(scores.std()))


def candidates(
    snapshot: Snapshot,
    texts: Sequence[str],
    vectors: Sequence[Scores],
    said: Scores | None,
    scope: Scope,
    *,
    depth: int,
    near: int,
) -> Candidates:
    """The best passages by either ranking for every variant, and those nearest to what was said before.

    Args:
        snapshot: the articles.
        texts: the question's variants, as typed first.
        vectors: theirs, of shape (dimension,) each.
        said: the vector of what was said before; None without a context.
        scope: what may be found.
        depth: passages that each ranking puts forward; fusing cannot lift one that neither has.
        near: passages nearest to what was said before.
    """
    lexical = [_LexicalScores.of(snapshot.lexical.scores(text)) for text in texts]
    nearest = [snapshot.dense.nearest(vector, depth, scope.passages) for vector in vectors]
    highest = [_highest(each.scores, depth, scope.passages, each.mean + 2 * each.deviation) for each in lexical]
    near_context = nearest[0] if said is None else snapshot.dense.nearest(said, near, scope.passages)
    found = np.concatenate([*nearest, *highest, near_context]).tolist()
    rows = np.array(sorted(set(found)), np.int64)  # np.unique would import numpy.ma, 25 ms at the first question
    variants = [_scored(snapshot, vector, each, rows) for vector, each in zip(vectors, lexical, strict=True)]
    return Candidates(rows, np.isin(rows, near_context), variants)


def _scored(snapshot: Snapshot, vector: Scores, lexical: _LexicalScores, rows: Rows) -> VariantScores:
    dense = snapshot.dense.cosines(vector, rows)
    dense_z = _z(dense, *snapshot.dense.moments(vector))
    return VariantScores(
        dense, lexical.scores[rows], dense_z, _z(lexical.scores[rows], lexical.mean, lexical.deviation)
    )


def _highest(scores: Scores, k: int, allowed: Rows | None, likely: float) -> Rows:
    """The rows with the ``k`` highest scores, among ``allowed`` if given; quick where that many are over ``likely``."""
    pool = np.flatnonzero(scores > likely) if allowed is None else allowed[scores[allowed] > likely]
    if len(pool) < k:
        pool = np.arange(len(scores)) if allowed is None else allowed
    return pool[np.argpartition(-scores[pool], k - 1)[:k]] if len(pool) > k else pool


def _z(scores: NDArray[np.float32], mean: float, deviation: float) -> NDArray[np.float32]:
    """Scores in deviations from the mean. A corpus whose passages all score alike tells nothing: zeros."""
    return (scores - np.float32(mean)) / np.float32(deviation) if deviation > _ROUNDING else np.zeros_like(scores)
