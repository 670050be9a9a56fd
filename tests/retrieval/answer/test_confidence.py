"""Calibration: the evidence for an answer to a probability."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.answer.confidence import Calibration
from retrieval.errors import ReaderUnavailable


def test_calibration_is_logistic_regression_over_the_evidence_that_it_names() -> None:
    calibration = Calibration(-1.0, {"cosine": 2.0, "gap": 1.0})

    assert calibration.probability({"cosine": 0.5, "coverage": 9.0}) == 0.5
    assert calibration.probability({"cosine": 0.5, "gap": 1.0}) == pytest.approx(0.7310585786)


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_a_probability_is_one_whatever_the_evidence(cosine: float, gap: float) -> None:
    assert 0.0 <= Calibration(-10.0, {"cosine": 13.0, "gap": 5.0}).probability({"cosine": cosine, "gap": gap}) <= 1.0


def test_calibration_reads_what_was_fitted(tmp_path: Path) -> None:
    (tmp_path / "calibration.json").write_text(json.dumps({"intercept": -3, "weights": {"reading": 1.5}}))

    assert Calibration.load(tmp_path / "calibration.json") == Calibration(-3.0, {"reading": 1.5})


def test_what_is_off_the_topic_is_no_answer_however_well_it_reads(tmp_path: Path) -> None:
    topic = {"intercept": -5, "weights": {"cosine": 10}}
    (tmp_path / "calibration.json").write_text(json.dumps({"intercept": 0, "weights": {"margin": 1.0}, "topic": topic}))

    calibration = Calibration.load(tmp_path / "calibration.json")

    assert calibration.probability({"margin": 60.0, "cosine": 0.5}) == pytest.approx(0.5)
    assert calibration.probability({"margin": 0.0, "cosine": 0.5}) == pytest.approx(0.25)
    assert calibration.probability({"margin": 60.0, "cosine": 0.0}) < 0.01
    assert calibration.probability({"margin": 60.0, "cosine": 0.0}, on_topic=True) > 0.99


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"intercept": 1}', '{"intercept": "x", "weights": {}}'])
def test_calibration_that_is_none_is_unavailable(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "calibration.json"
    if content is not None:
        path.write_text(content)

    with pytest.raises(ReaderUnavailable) as caught:
        Calibration.load(path)
    assert (caught.value.name, caught.value.reason) == (
        str(path),
        "calibration.json is missing or not what calibration writes",
    )
