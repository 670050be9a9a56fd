"""Fitting the follow-up gate, over evidence whose law is known."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from retrieval.answer.follow_ups.follow_up import FollowUpEvidence, FollowUpGate
from retrieval.answer.follow_ups.likelihood import ContextLikelihood
from retrieval.answer.search import Hit
from retrieval.text.passages import Passage
from tests.retrieval.examples import article_of
from training import follow_up


def test_the_fit_finds_the_weights_that_made_the_samples(tmp_path: Path) -> None:
    law = FollowUpGate(intercept=-1.0, cosine=4.0, shared_terms=2.0, score_gap=-1.0, few_terms=0.5)
    draw = np.random.default_rng(3)
    found = []
    for number in range(6000):
        evidence = FollowUpEvidence(draw.random(), draw.random(), 2 * draw.random(), few_terms=draw.random() < 0.5)
        goes_on = draw.random() < law.estimate(evidence).probability
        found.append(follow_up.Sample(evidence, goes_on, 1.0, number % 2 == 0))

    gate = follow_up.fit(found)

    for name in ("intercept", "cosine", "shared_terms", "score_gap", "few_terms"):
        assert getattr(gate, name) == pytest.approx(getattr(law, name), abs=0.5)
    figures = follow_up.measured(gate, found)
    assert figures["turns"] == 3000
    assert figures["auroc"] > 0.7
    (tmp_path / "gate.json").write_text(json.dumps(follow_up.as_file(gate, figures)))
    assert FollowUpGate.load(tmp_path / "gate.json") == gate


def hit_of(id: str, as_typed: float, in_context: float) -> Hit:
    passage = Passage(article_of("It is.", id=id), 0, 6)
    return Hit(passage, 0.0, 0.0, 0.0, 0.0, 0.0, ContextLikelihood(as_typed, in_context, 0.0))


def test_rankings_disagree_by_the_distance_of_reciprocal_ranks() -> None:
    hits = [hit_of("a", -1.0, -3.0), hit_of("b", -2.0, -2.0), hit_of("c", -3.0, -1.0)]

    assert follow_up.disagreement(hits, "a") == pytest.approx(1 - 1 / 3)
    assert follow_up.disagreement(hits, "b") == 0.0
    assert follow_up.disagreement(hits, "elsewhere") == 0.0
