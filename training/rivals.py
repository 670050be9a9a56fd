"""Wrong passages by words: those that BM25 ranks best for a question without their holding its answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from retrieval.index.lexical import LexicalIndex
from retrieval.models.threads import in_threads, thread_count
from training.pack import holds_any

RIVALS = 6
"""Of each question."""

_TOGETHER = 256
"""Questions whose wrong passages a thread looks for at once."""


def rivals(
    questions: Sequence[str],
    answers: Sequence[Sequence[str]],
    texts: Sequence[str],
    progress: Callable[[int], None] = lambda _: None,
) -> NDArray[np.int32]:
    """Each question's wrong passages among ``texts``, best first, shape (questions, ``RIVALS``); -1 for no more.

    ``answers`` are each question's; ``progress`` is told how many questions are done.
    """
    bm25 = LexicalIndex.build(texts)
    lowered = [text.lower() for text in texts]
    parts = [range(start, min(start + _TOGETHER, len(questions))) for start in range(0, len(questions), _TOGETHER)]

    def rank(part: range) -> NDArray[np.int32]:
        return np.stack([_ranked(bm25.scores(questions[each]), answers[each], lowered) for each in part])

    found = []
    for rows in in_threads(rank, parts, thread_count()):
        found.append(rows)
        progress(_TOGETHER * len(found))
    return np.concatenate(found)


def _ranked(scores: NDArray[np.float32], answers: Sequence[str], lowered: Sequence[str]) -> NDArray[np.int32]:
    best = np.argpartition(-scores, min(3 * RIVALS, len(scores) - 1))[: 3 * RIVALS]
    ranked = best[np.argsort(-scores[best])]
    wrong = [number for number in ranked.tolist() if not holds_any(lowered[number], answers)][:RIVALS]
    return np.array(wrong + [-1] * (RIVALS - len(wrong)), dtype=np.int32)
