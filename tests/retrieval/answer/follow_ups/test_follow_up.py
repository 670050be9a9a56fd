"""How likely a question is a follow-up."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from retrieval.answer.follow_ups.follow_up import FollowUpEvidence, FollowUpGate, score_gap, shipped_gate

EVIDENCE = FollowUpEvidence(cosine=0.3, shared_terms=0.0, score_gap=1.5, few_terms=True)


@pytest.mark.parametrize(
    "likelier",
    [
        replace(EVIDENCE, cosine=0.6),
        replace(EVIDENCE, shared_terms=0.5),
        replace(EVIDENCE, score_gap=0.0),
    ],
)
def test_what_is_near_to_what_was_said_is_likelier_a_follow_up(likelier: FollowUpEvidence) -> None:
    estimate = shipped_gate().estimate(EVIDENCE)

    assert shipped_gate().estimate(likelier).log_odds > estimate.log_odds
    assert shipped_gate().estimate(replace(EVIDENCE, few_terms=False)).log_odds < estimate.log_odds
    assert 0 < estimate.probability < 1
    assert estimate.evidence == EVIDENCE


def test_the_gate_is_logistic_regression_with_weights_from_a_file(tmp_path: Path) -> None:
    weights = {"cosine": 2.0, "shared_terms": 3.0, "score_gap": -1.0, "few_terms": 0.25}
    (tmp_path / "gate.json").write_text(json.dumps({"intercept": 1.0, "weights": weights, "fitted_on": "a talk"}))

    gate = FollowUpGate.load(tmp_path / "gate.json")

    assert gate.estimate(FollowUpEvidence(0.5, 0.5, 2.0, few_terms=True)).log_odds == 1 + 1 + 1.5 - 2 + 0.25


def test_the_gap_is_between_the_best_anywhere_and_the_best_near_what_was_said() -> None:
    scores = np.arange(100, dtype=np.float32)
    near = np.isin(scores, [3, 4, 5, 50])

    assert score_gap(scores, near) == pytest.approx(98 - (4 + 5 + 50) / 3)
    assert score_gap(scores[:20], near[:20]) == 1.5  # too few to tell anything
