"""How likely a question is a follow-up: a logistic regression, the gate between its two meanings.

What it weighs is ``FollowUpEvidence``; its weights are in ``follow_up.json``, which ``python -m training.follow_up``
fits. What becomes of its log odds is in ``likelihood``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.answer.confidence import sigmoid

Scores = NDArray[np.float32]

GATE_FILE = Path(__file__).with_name("follow_up.json")

_ENOUGH_PASSAGES = 60
"""Passages from which on it means something that a question's best ones lie elsewhere."""

_USUAL_GAP = 1.5
"""What stands for the gap where there are fewer."""

_BEST = 3
"""Passages whose mean score is compared."""


@dataclass(frozen=True, slots=True)
class FollowUpEvidence:
    """What speaks for, or against, a question's going on from what was said before it."""

    cosine: float
    """Of the question as typed with what was said."""
    shared_terms: float
    """What part of the question, by the weights of its terms, was said: 0 to 1; 0 without a content term."""
    score_gap: float
    """What ``score_gap`` finds."""
    few_terms: bool
    """Whether the question has at most one content term."""


@dataclass(frozen=True, slots=True)
class FollowUpEstimate:
    """How likely a question is a follow-up, before anything is read, and why."""

    evidence: FollowUpEvidence
    log_odds: float

    @property
    def probability(self) -> float:
        """Between 0 and 1."""
        return sigmoid(self.log_odds)


@dataclass(frozen=True, slots=True)
class FollowUpGate:
    """Logistic regression from the evidence to the log odds that a question is a follow-up; a weight a field."""

    intercept: float
    cosine: float
    shared_terms: float
    score_gap: float
    few_terms: float

    @classmethod
    def load(cls, path: Path = GATE_FILE) -> FollowUpGate:
        """Read what ``python -m training.follow_up`` wrote."""
        fitted = json.loads(path.read_text("utf-8"))
        return cls(intercept=fitted["intercept"], **fitted["weights"])

    def estimate(self, evidence: FollowUpEvidence) -> FollowUpEstimate:
        """How likely it is that a question with this evidence is a follow-up."""
        log_odds = (
            self.intercept
            + self.cosine * evidence.cosine
            + self.shared_terms * evidence.shared_terms
            + self.score_gap * evidence.score_gap
            + self.few_terms * evidence.few_terms
        )
        return FollowUpEstimate(evidence, log_odds)


@lru_cache(maxsize=1)
def shipped_gate() -> FollowUpGate:
    """The gate that comes with Quoth."""
    return FollowUpGate.load()


def score_gap(scores: Scores, near_context: NDArray[np.bool_]) -> float:
    """By how much a question's best passages near what was said score less than its best anywhere.

    Args:
        scores: fused, of the question as typed, shape (candidates,).
        near_context: which of the candidates are the nearest to what was said.
    """
    if len(scores) < _ENOUGH_PASSAGES:
        return _USUAL_GAP
    anywhere, near = np.sort(scores)[-_BEST:], np.sort(scores[near_context])[-_BEST:]
    return float(anywhere.mean() - near.mean())
