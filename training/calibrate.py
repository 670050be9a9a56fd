"""``python -m training.calibrate SQUAD_DEV``: fit how sure an answer is, and write it beside the reader's weights.

Half of the articles are indexed. Questions about these may be answered, questions about the others cannot be. On the
questions about every other article, of both kinds, a logistic regression is fitted from the evidence that the engine
gives to whether the articles answer at all, and a second from what that says to whether the first quote does (Platt
1999): so the probability is that of a right quote, and declining is as good as the evidence allows. What both are
worth is measured on the rest, and crosswise on all: there each half's questions are judged by what the other half
taught. Two articles about one thing, of which one is indexed, are enough to tip a half.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from retrieval.answer.span_reader import SpanReader
from retrieval.evaluation.datasets import Dataset, load
from retrieval.evaluation.metrics import calibration_error, indexed, mark, spread
from retrieval.models.encoder import SentenceTransformerEncoder

EVIDENCE = ("reading", "cosine", "coverage")
"""The gap to the next quote, the fused score and BM25 add nothing to these."""
FOREIGN_DECLINED = 0.96
"""What share of the questions that cannot be answered the threshold is to decline, on the half fitted on."""
CURVE = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6)
"""Thresholds for which it is told what they decline."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One question asked."""

    evidence: tuple[float, ...]
    own: bool
    """Whether its article is in the index."""
    right: bool
    """Whether the first quote holds an answer."""
    fitted: bool
    """Whether it belongs to the half that is fitted on."""


def samples(dataset: Dataset, questions: int, reader: SpanReader) -> Iterator[Sample]:
    """Ask ``questions`` of the data set with half of its articles in the index."""
    ids = [article.id for article in dataset.articles]
    known = Dataset(dataset.articles[::2], ())
    half = {article.id for article in known.articles}
    fitted = set(ids[::4]) | set(ids[1::4])
    with indexed(known, SentenceTransformerEncoder(), reader=reader, threshold=0.5) as (engine, _):
        for question in track(spread(dataset.questions, questions), "Asking", console=Console(stderr=True)):
            answer = engine.ask(question.text)
            own = question.article in half
            right = own and mark(question, answer, 0.0).first_quote
            evidence = tuple(answer.evidence[name] for name in EVIDENCE)
            yield Sample(evidence, own, right, question.article in fitted)


def fit(asked: list[Sample]) -> dict[str, Any]:
    """Intercept, weights and threshold from one half, and what they are worth on the other; and either way round."""
    table = np.array([sample.evidence for sample in asked])
    own = np.array([sample.own for sample in asked])
    right = np.array([sample.right for sample in asked])
    ours = np.array([sample.fitted for sample in asked])
    intercept, weights = _weighed(table[ours], own[ours], right[ours])
    other_intercept, other_weights = _weighed(table[~ours], own[~ours], right[~ours])
    sure = _sigmoid(intercept + table @ weights)
    crosswise = np.where(ours, _sigmoid(other_intercept + table @ other_weights), sure)
    threshold = float(np.quantile(sure[ours & ~own], FOREIGN_DECLINED))
    return {
        "intercept": round(intercept, 4),
        "weights": {name: round(float(weight), 4) for name, weight in zip(EVIDENCE, weights, strict=True)},
        "threshold": round(threshold, 3),
        "measured": _measured(sure[~ours], own[~ours], right[~ours], threshold),
        "measured_crosswise": _measured(crosswise, own, right, threshold),
        "declined_crosswise": [{"threshold": each} | _declined(crosswise, own, each) for each in CURVE],
    }


def _weighed(
    table: NDArray[np.float64], own: NDArray[np.bool_], right: NDArray[np.bool_]
) -> tuple[float, NDArray[np.float64]]:
    """Intercept and weights of the log odds that the first quote answers."""
    intercept, weights = _logistic(table, own)
    offset, (slope,) = _logistic((intercept + table @ weights)[:, None], right)
    return offset + slope * intercept, slope * weights


def _measured(
    sure: NDArray[np.float64], own: NDArray[np.bool_], right: NDArray[np.bool_], threshold: float
) -> dict[str, Any]:
    declined = _declined(sure, own, threshold)
    return {
        "questions": len(sure),
        "auroc_own_against_foreign": round(float(roc_auc_score(own, sure)), 4),
        "auroc_right_against_all_else": round(float(roc_auc_score(right, sure)), 4),
        "foreign_declined": declined["foreign"],
        "own_declined": declined["own"],
        "expected_calibration_error": round(calibration_error(sure.tolist(), right.tolist()) or 0.0, 4),
    }


def _declined(sure: NDArray[np.float64], own: NDArray[np.bool_], threshold: float) -> dict[str, float]:
    """What part of the questions of either kind has less than the threshold."""
    return {
        "foreign": round(float((sure[~own] < threshold).mean()), 4),
        "own": round(float((sure[own] < threshold).mean()), 4),
    }


def _sigmoid(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-logits))


def _logistic(table: NDArray[np.float64], true: NDArray[np.bool_]) -> tuple[float, NDArray[np.float64]]:
    """Intercept and weights of the logistic regression from the columns of ``table`` to what is ``true``."""
    regression = LogisticRegression(C=10.0, max_iter=1000).fit(table, true)
    return float(regression.intercept_[0]), regression.coef_[0]


def main() -> None:
    """Fit and write ``calibration.json``."""
    parser = argparse.ArgumentParser(prog="python -m training.calibrate", description=main.__doc__)
    parser.add_argument("squad", type=Path, help="SQuAD 1.1's dev-v1.1.json, plain or .gz")
    parser.add_argument("--out", type=Path, default=Path("data/reader"))
    parser.add_argument("--questions", type=int, default=3000, help="asked, spread over the file")
    asked = parser.parse_args()
    fitted = fit(list(samples(load(asked.squad), asked.questions, SpanReader(asked.out))))
    fitted["data"] = f"{asked.squad.name}, {asked.questions} questions; CC BY-SA 4.0"
    fitted["fitted"] = datetime.now(UTC).date().isoformat()
    (asked.out / "calibration.json").write_text(json.dumps(fitted, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(fitted, indent=2))


if __name__ == "__main__":
    main()
