"""``python -m training.calibrate``: fit how sure an answer is, and write it beside the reader's weights.

Questions of several kinds are asked of the engine, and from the evidence that it gives for its first quote the
probability that this answers is fitted: the product of two logistic regressions, of which one tells foreign questions
and the other near misses (``Calibration``). Fitted on:

- near misses: those of SQuAD 2.0's training set that the second network's training holds out, with the questions that
  they were made of (``near_misses.held_out``), about articles all of which are indexed;
- foreign questions: SQuAD 1.1's about the articles of the training half, of which every other is indexed;
- searches: QED's, likewise;
- questions for yes or no that statements of these articles are turned into, likewise.

What it is worth is measured on others: the articles of the other half, and ClapNQ's searches; and on the sets fitted
on crosswise, where each half of the articles is judged by what the other half taught.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from retrieval.answer.reading.span_reader import SpanReader
from retrieval.engine import THRESHOLD
from retrieval.evaluation.datasets import Dataset, Question, load
from retrieval.evaluation.metrics import auroc, calibration_error, indexed, mark, spread
from retrieval.models.runtimes import encoder_named
from training.near_misses import SEED, held_out
from training.sources import Sources
from training.statements import yes_no_questions

TOPIC = ("cosine", "coverage", "margin", "unnamed", "yes_no")
"""The evidence for a question being about what the articles are about. What reads like an answer is on the topic too.
To a question for yes or no nothing reads like one, hence the last."""
ANSWER = ("answerable", "names", "yes_no", "contradicted")
"""The evidence for an answer, on the topic. Cosine and coverage say nothing of it: near misses have plenty of both."""
EVIDENCE = ("margin", "answerable", "cosine", "coverage", "names", "unnamed", "yes_no", "contradicted")
"""What is kept of ``evidence.gather``."""
AGAINST = ("names",)
"""Evidence that never speaks for an answer; none but ``yes_no`` speaks against one otherwise."""
FIXED = {"contradicted": -5.0, "unnamed": -4.0}
"""Weights that are not fitted. Of contradictions no set has enough. Names that no article has are in foreign questions
that are far from the articles anyway; what is to be told is one in a question that is near ("does it run on X?").
Both are rare where the quote answers, so they weigh a lot."""
NEAR = "near misses"
COUNTS = {NEAR: 2.0, "yes or no": 0.3}
"""How much sets count that do not count 1: near misses more, of which there is one set while others have foreign
questions; questions made of statements less, since their words are the articles' own."""
SMALL = 1e-3
"""What the square of a weight costs, in deviations of its evidence."""
LOST = 0.07
"""What share of the answerable ones among near misses the threshold may decline."""
CURVE = (0.05, 0.1, 0.15, 0.2, 0.25, THRESHOLD, 0.3, 0.4, 0.5, 0.6)
"""Thresholds for which it is told what they decline."""

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Asking:
    """Questions to ask, with what is indexed for them."""

    name: str
    dataset: Dataset
    """Its articles are indexed; its questions may be about others."""
    fitted: bool


@dataclass(frozen=True, slots=True)
class Samples:
    """Questions that were asked, one a row."""

    name: str
    fitted: bool
    table: Floats
    """(questions, evidence), in the order of ``EVIDENCE``."""
    answerable: Flags
    right: Flags
    """Whether the first quote holds an answer."""
    half: Flags
    """Whether a question's article is of the one half, for judging crosswise."""


@dataclass(frozen=True, slots=True)
class Fit:
    """Two logistic regressions whose product is the confidence; weights are in the order of their evidence."""

    topic_intercept: float
    topic: Floats
    intercept: float
    weights: Floats

    def confidence(self, table: Floats) -> Floats:
        """Probabilities for the rows of a table."""
        topic = _sigmoid(self.topic_intercept + table[:, _columns(TOPIC)] @ self.topic)
        found: Floats = topic * _sigmoid(self.intercept + table[:, _columns(ANSWER)] @ self.weights)
        return found

    def as_json(self) -> dict[str, Any]:
        """As ``Calibration`` reads it."""
        return _part(self.intercept, ANSWER, self.weights) | {"topic": _part(self.topic_intercept, TOPIC, self.topic)}


def _part(intercept: float, names: Sequence[str], weights: Floats) -> dict[str, Any]:
    named = zip(names, weights.tolist(), strict=True)
    return {"intercept": round(float(intercept), 4), "weights": {name: round(value, 4) for name, value in named}}


def _columns(names: Sequence[str]) -> list[int]:
    return [EVIDENCE.index(name) for name in names]


def _sigmoid(logits: Floats) -> Floats:
    found: Floats = 1 / (1 + np.exp(-np.clip(logits, -60, 60)))
    return found


# --- asking --------------------------------------------------------------------------------------------------


def askings(asked: argparse.Namespace) -> Iterator[Asking]:
    """What the command asks."""
    halves = json.loads(asked.titles.read_text("utf-8"))
    train, report = ({title.replace("_", " ") for title in halves[half]} for half in ("train", "report"))
    near, foreign, searches = load(asked.near_misses), load(asked.squad), load(asked.searches)
    yield Asking(NEAR, _held_out(asked.squad_train, asked.unanswerable), fitted=True)
    yield Asking("foreign", _every_other(_about(foreign, train)), fitted=True)
    yield Asking("searches", _every_other(searches), fitted=True)
    yield Asking("yes or no", _every_other(yes_no_questions(_about(foreign, train))), fitted=True)
    yield Asking("near misses, other articles", _about(near, report), fitted=False)
    others = {article.title for article in foreign.articles} - train
    yield Asking("foreign, other articles", _every_other(_about(foreign, others)), fitted=False)
    if asked.report:
        yield Asking("other searches", _together([load(path) for path in asked.report]), fitted=False)


def _held_out(squad: Path, unanswerable: Path) -> Dataset:
    """Near misses that the second network was not trained on, with what they were made of, about whole articles."""
    sources = Sources()
    sources.add_squad(squad)
    sources.add_lines(unanswerable)
    pairs, titles = held_out(sources, SEED)
    articles = {article.title: article for article in load(squad).articles if article.title in titles}
    questions = [
        Question(pair.question, (pair.text[slice(*pair.place)],) if pair.place else (), articles[pair.title].id, None)
        for pair in pairs
        if pair.title in articles
    ]
    return Dataset(tuple(articles.values()), tuple(questions))


def _about(dataset: Dataset, titles: Iterable[str]) -> Dataset:
    """The articles of these titles and the questions about them."""
    articles = tuple(article for article in dataset.articles if article.title in set(titles))
    ids = {article.id for article in articles}
    return Dataset(articles, tuple(question for question in dataset.questions if question.article in ids))


def _every_other(dataset: Dataset) -> Dataset:
    """All questions over every other article."""
    return Dataset(dataset.articles[::2], dataset.questions)


def _together(datasets: Sequence[Dataset]) -> Dataset:
    """Several data sets' articles and questions as one's."""
    articles, questions = [], []
    for number, dataset in enumerate(datasets):
        ids = {article.id: f"{number}-{article.id}" for article in dataset.articles}
        articles += [replace(each, id=ids[each.id], path=ids[each.id]) for each in dataset.articles]
        questions += [replace(each, article=each.article and ids[each.article]) for each in dataset.questions]
    return Dataset(tuple(articles), tuple(questions))


def ask(asking: Asking, questions: int, reader: SpanReader) -> Samples:
    """Ask ``questions`` of them, spread over all."""
    known = {article.id: number for number, article in enumerate(asking.dataset.articles)}
    chosen = spread(asking.dataset.questions, questions)
    rows, answerable, right, half = [], [], [], []
    of_article: dict[str, bool] = {}
    encoder = encoder_named()
    with indexed(Dataset(asking.dataset.articles, ()), encoder, reader=reader, threshold=0.5) as (engine, _):
        for question in track(chosen, asking.name, console=Console(stderr=True)):
            answer = engine.ask(question.text)
            own = question.article in known
            rows.append([answer.evidence.get(name, 0.0) for name in EVIDENCE])
            answerable.append(own and bool(question.answers))
            right.append(own and mark(question, answer, 0.0).first_quote)
            # Articles take turns, those that are indexed and those that are not apart.
            seen = sum((each in known) == own for each in of_article)
            half.append(of_article.setdefault(question.article or "", seen % 2 == 0))
    return Samples(
        asking.name, asking.fitted, np.array(rows), np.array(answerable, bool), np.array(right, bool), np.array(half)
    )


def save(path: Path, several: Sequence[Samples]) -> None:
    """Keep what was asked, so that it need not be asked again."""
    parts = {f"{each.name}/{field}": getattr(each, field) for each in several for field in _ARRAYS}
    fitted = np.array([each.name for each in several if each.fitted])
    np.savez_compressed(path, names=np.array([each.name for each in several]), fitted=fitted, **parts)


def kept(path: Path) -> list[Samples]:
    """What ``save`` kept."""
    with np.load(path) as file:
        fitted = set(file["fitted"].tolist())
        return [
            Samples(name, name in fitted, *(file[f"{name}/{field}"] for field in _ARRAYS))
            for name in file["names"].tolist()
        ]


_ARRAYS = ("table", "answerable", "right", "half")


# --- fitting -------------------------------------------------------------------------------------------------


def calibrated(several: Sequence[Samples]) -> dict[str, Any]:
    """What ``calibration.json`` says: intercept, weights and threshold, and what they are worth on each set."""
    learnt = [each for each in several if each.fitted]
    fit = fitted(learnt)
    near = next(each for each in learnt if each.name == NEAR)
    crosswise = _crosswise(learnt)
    sure = {each.name: crosswise[each.name] if each.fitted else fit.confidence(each.table) for each in several}
    threshold = float(np.quantile(sure[near.name][near.answerable], LOST))
    return {
        **fit.as_json(),
        "threshold": round(threshold, 3),
        "measured": {
            each.name: {"crosswise": each.fitted} | _measured(sure[each.name], each, threshold) for each in several
        },
    }


def fitted(several: Sequence[Samples]) -> Fit:
    """The likeliest fit, from evidence to whether the first quote answers. Weights are found in deviations."""
    from scipy.optimize import minimize

    table = np.concatenate([each.table for each in several])
    right = np.concatenate([each.right for each in several]).astype(float)
    counts = np.concatenate([_counts(each) for each in several])
    mean, deviation = table.mean(0), table.std(0)
    deviation[deviation == 0] = 1.0
    scaled = (table - mean) / deviation
    topics = len(TOPIC)

    def loss(of: Floats) -> float:
        sure = np.clip(_put_together(of, topics).confidence(scaled), 1e-9, 1 - 1e-9)
        wrong = -(counts @ (right * np.log(sure) + (1 - right) * np.log(1 - sure))) / counts.sum()
        return float(wrong + SMALL * (of[2:] ** 2).sum())

    bounds = [(None, None)] * 2 + [_bounds(name, deviation[EVIDENCE.index(name)]) for name in (*TOPIC, *ANSWER)]
    start = np.r_[2.0, 1.0, [-0.2 if bound[1] == 0 else 0.5 for bound in bounds[2:]]]
    best = _put_together(minimize(loss, start, method="L-BFGS-B", bounds=bounds).x, topics)
    about, answer = _columns(TOPIC), _columns(ANSWER)
    topic, weights = best.topic / deviation[about], best.weights / deviation[answer]
    return Fit(best.topic_intercept - topic @ mean[about], topic, best.intercept - weights @ mean[answer], weights)


def _bounds(name: str, deviation: float) -> tuple[float | None, float | None]:
    """Between which a weight, in deviations of its evidence, may lie."""
    if name in FIXED:
        return (FIXED[name] * deviation,) * 2
    if name in AGAINST:
        return None, 0
    return (None, None) if name == "yes_no" else (0, None)


def _put_together(numbers: Floats, topics: int) -> Fit:
    return Fit(float(numbers[0]), numbers[2 : 2 + topics], float(numbers[1]), numbers[2 + topics :])


def _counts(samples: Samples) -> Floats:
    """What each question counts: a set as much as another, and in it those that have an answer as the others."""
    share = samples.answerable.mean()
    weight = np.where(samples.answerable, 0.5 / max(share, 1e-9), 0.5 / max(1 - share, 1e-9)) / len(samples.answerable)
    counts: Floats = weight * COUNTS.get(samples.name, 1.0)
    return counts


def _crosswise(several: Sequence[Samples]) -> dict[str, Floats]:
    """Of each set's questions the confidence that what was fitted on the other half of all sets' articles gives."""
    fits = {half: fitted([_only(each, each.half == half) for each in several]) for half in (True, False)}
    return {
        each.name: np.where(each.half, fits[False].confidence(each.table), fits[True].confidence(each.table))
        for each in several
    }


def _only(samples: Samples, rows: Flags) -> Samples:
    return Samples(samples.name, samples.fitted, *(getattr(samples, field)[rows] for field in _ARRAYS))


def _measured(sure: Floats, asked: Samples, threshold: float) -> dict[str, Any]:
    yes, no = sure[asked.answerable], sure[~asked.answerable]
    return {
        "questions": len(sure),
        "answerable": len(yes),
        "first_quote": round(float(asked.right[asked.answerable].mean()), 4),
        "auroc": _rounded(auroc(yes.tolist(), no.tolist())),
        "expected_calibration_error": _rounded(calibration_error(sure.tolist(), asked.right.tolist())),
        "declined": [
            {"threshold": each, "unanswerable": _share(no < each), "answerable": _share(yes < each)}
            for each in sorted({*CURVE, round(threshold, 3)})
        ],
    }


def _share(of: Flags) -> float | None:
    return round(float(of.mean()), 4) if len(of) else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


# --- the command ---------------------------------------------------------------------------------------------


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training.calibrate", description=main.__doc__)
    parser.add_argument("squad", type=Path, help="SQuAD 1.1's dev-v1.1.json, plain or .gz")
    parser.add_argument("near_misses", type=Path, help="SQuAD 2.0's dev-v2.0.json, to report on")
    parser.add_argument("searches", type=Path, help="QED's qed-dev.jsonlines")
    parser.add_argument("titles", type=Path, help="JSON: titles of the articles to fit on, train, and others, report")
    parser.add_argument("squad_train", type=Path, help="what training.judge was given: SQuAD 1.1's train-v1.1.json")
    parser.add_argument("unanswerable", type=Path, help="and the near misses with the questions they were made of")
    parser.add_argument("--report", type=Path, nargs="*", default=[], help="ClapNQ's files, to report on")
    parser.add_argument("--out", type=Path, default=Path("data/reader"))
    parser.add_argument("--questions", type=int, default=600, help="asked of each set, spread over it")
    parser.add_argument("--evidence", type=Path, help="an .npz that keeps what was asked, set by set, for fitting anew")
    return parser


def main() -> None:
    """Fit and write ``calibration.json``."""
    asked = _options().parse_args()
    several = kept(asked.evidence) if asked.evidence and asked.evidence.is_file() else []
    reader = SpanReader(asked.out)
    for each in askings(asked):
        if each.name not in {known.name for known in several}:
            several.append(ask(each, asked.questions, reader))
            if asked.evidence:
                save(asked.evidence, several)
    written = calibrated(several)
    files = [asked.squad, asked.near_misses, asked.searches, asked.squad_train, asked.unanswerable, *asked.report]
    written["data"] = f"{', '.join(path.name for path in files)}; {asked.questions} questions of each set at most"
    written["fitted"] = datetime.now(UTC).date().isoformat()
    (asked.out / "calibration.json").write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(written, indent=2))


if __name__ == "__main__":
    main()
