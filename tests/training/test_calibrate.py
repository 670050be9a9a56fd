"""How sure an answer is, fitted to what was right."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from retrieval.articles.article import Article
from retrieval.evaluation.datasets import Dataset
from training.calibrate import AGAINST, EVIDENCE, FIXED, Samples, calibrated, kept, save
from training.statements import yes_no_questions

TELLING = "answerable"


def samples(name: str, seed: int, *, fitted: bool) -> Samples:
    """Questions of which one piece of evidence tells whether they have an answer, and the others nothing."""
    dice = np.random.default_rng(seed)
    answerable = np.arange(400) % 2 == 0
    table = dice.normal(size=(400, len(EVIDENCE)))
    table[:, [EVIDENCE.index(name) for name in FIXED]] = 0
    table[:, EVIDENCE.index(TELLING)] += np.where(answerable, 2.0, -2.0)
    right = answerable & (dice.random(400) < 0.9)
    return Samples(name, fitted, table, answerable, right, np.arange(400) % 4 < 2)


def test_what_tells_right_from_wrong_gets_the_weight() -> None:
    found = calibrated([samples("near misses", 5, fitted=True), samples("others", 6, fitted=False)])

    weights = found["weights"]
    assert weights[TELLING] > 5 * max(abs(weights[name]) for name in weights if name not in (TELLING, *FIXED))
    assert 0 < found["threshold"] < 1
    for name, crosswise in (("near misses", True), ("others", False)):
        measured = found["measured"][name]
        assert (measured["questions"], measured["crosswise"]) == (400, crosswise)
        assert measured["auroc"] > 0.98
        assert measured["expected_calibration_error"] < 0.1
        declined = [each["unanswerable"] for each in measured["declined"]]
        assert declined == sorted(declined)


def test_evidence_never_counts_against_what_it_means() -> None:
    misleading = samples("others", 6, fitted=True)
    for name, sign in (("names", 1.0), ("coverage", -1.0)):
        misleading.table[:, EVIDENCE.index(name)] += np.where(misleading.right, sign, -sign)

    found = calibrated([samples("near misses", 5, fitted=True), misleading])

    assert all(found["weights"][name] <= 0 for name in AGAINST)
    assert found["topic"]["weights"]["coverage"] >= 0


def test_evidence_that_the_sets_have_too_little_of_weighs_what_is_set() -> None:
    near = samples("near misses", 5, fitted=True)
    near.table[:7, EVIDENCE.index("contradicted")] = 1.0

    for each in (near, samples("near misses", 5, fitted=True)):
        assert calibrated([each])["weights"]["contradicted"] == FIXED["contradicted"]


def test_about_as_many_answerable_near_misses_are_lost_at_the_threshold_as_it_is_to_lose() -> None:
    found = calibrated([samples("near misses", 5, fitted=True)])

    at = next(each for each in found["measured"]["near misses"]["declined"] if each["threshold"] == found["threshold"])
    assert at["answerable"] == pytest.approx(0.07, abs=0.01)


def test_what_was_asked_is_kept(tmp_path: Path) -> None:
    asked = [samples("near misses", 5, fitted=True), samples("others", 6, fitted=False)]

    save(tmp_path / "kept.npz", asked)
    again = kept(tmp_path / "kept.npz")

    assert [(each.name, each.fitted) for each in again] == [("near misses", True), ("others", False)]
    assert calibrated(again) == calibrated(asked)


def test_statements_become_questions_for_yes_or_no() -> None:
    text = (
        "The old bridge was built of oak in 1388. It has been gone for long. "
        "Basel is a city on the Rhine, in Switzerland."
    )
    article = Article("a.txt", "Bridge", source=None, published=None, url=None, path="a.txt", text=text)

    questions = yes_no_questions(Dataset((article,), ())).questions

    assert [question.text for question in questions] == [
        "Was the old bridge built of oak in 1388?",
        "Is Basel a city on the Rhine?",
    ]
    assert questions[0].answers == ("The old bridge was built of oak in 1388.",)
