"""``python -m benchmarks.runtimes DATA``: answers by ONNX Runtime, as they come, beside the same networks on PyTorch.

Both answer every question from one index, in turn, each first as often as the other. What it prints of PyTorch is what
``quoth eval`` would, were encoder and reader run by it in the number type that is fastest on this processor. It prints
figures of the questions so far after every thousand, since all of a data set take an hour.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean, median
from unittest.mock import patch

from retrieval.answer.reading import span_reader
from retrieval.answer.reading.span_reader import SpanReader
from retrieval.engine import Engine
from retrieval.evaluation import datasets, metrics
from retrieval.evaluation.metrics import Figures, Marks
from retrieval.index.updating import Report
from retrieval.models.encoder import SentenceTransformerEncoder
from retrieval.models.runtimes import encoder_named
from retrieval.models.span_model import SpanModel
from retrieval.models.token_scores import SpanScorer

_WARM = 5
"""Questions asked first, which do not count."""
_TOLD = 1_000
"""Questions after which figures are printed."""

_RATES = {
    "first quote": "first_quote",
    "one of three": "first_three",
    "hit@1": "hit_at_1",
    "exact match": "span_em",
    "F1": "span_f1",
    "AUROC": "auroc",
    "calibration error": "calibration_error",
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.runtimes", description=main.__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--limit", type=int, help="questions, spread evenly")
    parser.add_argument("--index", type=Path, help="where the index is kept for the next run")
    asked = parser.parse_args()
    dataset = datasets.load(asked.data)
    questions = metrics.spread(dataset.questions, asked.limit)
    index = asked.index.absolute() if asked.index else None
    with metrics.indexed(dataset, encoder_named(), reader=SpanReader(), threshold=0.2, index=index) as (engine, report):
        engines = {
            "PyTorch": Engine(engine.index, SentenceTransformerEncoder(device="cpu"), reader=_reader_on_torch()),
            "ONNX Runtime": engine,
        }
        for marks in _asked(engines, questions):
            _print(marks, report)


def _reader_on_torch() -> SpanReader:
    def on_torch(weights: Path, *_: object, **__: object) -> SpanScorer:
        return SpanModel.trained(weights, "cpu")

    reader = SpanReader()
    with patch.object(span_reader, "trained_span_model", on_torch):
        reader.load()
    return reader


def _asked(engines: Mapping[str, Engine], questions: Sequence[datasets.Question]) -> Iterator[dict[str, list[Marks]]]:
    """How good each engine's answers were so far, and how long they took."""
    marks: dict[str, list[Marks]] = {name: [] for name in engines}
    order = list(engines)
    for number, question in enumerate((*questions[:_WARM], *questions), 1 - _WARM):
        order.reverse()
        for name in order:
            (outcome,) = metrics.outcomes(engines[name], [question])
            marks[name].append(outcome.marks)
        if number > 0 and (number % _TOLD == 0 or number == len(questions)):
            yield {name: each[_WARM:] for name, each in marks.items()}


def _print(marks: Mapping[str, Sequence[Marks]], report: Report) -> None:
    """Each figure for every engine."""
    figures = {name: metrics.summarise(each, articles=0, report=report) for name, each in marks.items()}
    print(f"{len(next(iter(marks.values())))} questions", *figures, sep="\t", flush=True)
    for name, field in (("p50, ms", "p50_ms"), ("p95, ms", "p95_ms")):
        values = [getattr(each, field) for each in figures.values()]
        print(name, *(f"{value:.1f}" for value in values), f"{values[-1] / values[0]:.2f} times", sep="\t")
    first, *_, last = ([mark.elapsed_ms for mark in each] for each in marks.values())
    print("mean, ms", f"{fmean(first):.1f}", f"{fmean(last):.1f}", f"{fmean(last) / fmean(first):.2f} times", sep="\t")
    ratios = [mine / its for mine, its in zip(last, first, strict=True)]
    print("of one question", "1", f"{median(ratios):.2f} times, the median", sep="\t")
    for name, field in _RATES.items():
        _line(name, [getattr(each, field) for each in figures.values()])
    for number, declining in enumerate(next(iter(figures.values())).thresholds):
        for kind in ("unanswerable", "answerable"):
            _line(f"{kind} declined at {declining.confidence}", _declined(figures, number, kind))


def _declined(figures: Mapping[str, Figures], number: int, kind: str) -> list[float | None]:
    return [getattr(each.thresholds[number], kind) for each in figures.values()]


def _line(name: str, values: Sequence[float | None]) -> None:
    if None not in values:
        print(name, *(f"{value:.4f}" for value in values), sep="\t")


if __name__ == "__main__":
    main()
