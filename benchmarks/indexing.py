"""``python -m benchmarks.indexing DATA``: how near indexing comes to encoding alone, and what answering costs besides.

The texts of a data set's passages are encoded by sentence-transformers as it comes, in the number type that Quoth
uses, and indexed by Quoth, in turn; then questions are answered and, in turn, only encoded; and last they are answered
64 at once and, in turn, one after the other.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

from retrieval.answer.reading.span_reader import reader_named
from retrieval.engine import THRESHOLD, Engine
from retrieval.evaluation.datasets import Dataset, load
from retrieval.evaluation.metrics import indexed, spread
from retrieval.models.encoder import Encoder, SentenceTransformerEncoder
from retrieval.models.runtimes import encoder_named

_TOGETHER = 64


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.indexing", description=main.__doc__)
    parser.add_argument("data", type=Path, help="a data set that quoth eval reads")
    parser.add_argument("--articles", type=int, default=12, help="of the data set, from its beginning")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--reader", default="none", help="that answers, as QUOTH_READER takes it")
    asked = parser.parse_args()
    whole = load(asked.data)
    articles = whole.articles[: asked.articles]
    ids = {article.id for article in articles}
    dataset = Dataset(articles, tuple(question for question in whole.questions if question.article in ids))
    encoder, model = encoder_named(), SentenceTransformerEncoder().load()
    ratios = []
    for number in range(asked.rounds):
        reader = reader_named(asked.reader)
        with indexed(dataset, encoder, reader=reader, threshold=THRESHOLD) as (engine, report):
            passages = engine.index.passages_at(range(report.passages))
            texts = [f"{passage.article.title}. {passage.text}" for passage in passages]
            started = time.perf_counter()
            model.encode(texts)
            bare_s = time.perf_counter() - started
            ratios.append(bare_s / report.elapsed_s)
            print(
                f"round {number + 1}: {len(texts)} passages, encode alone {len(texts) / bare_s:.1f} a second, "
                f"index {len(texts) / report.elapsed_s:.1f} a second, ratio {ratios[-1]:.2f}"
            )
            if number == asked.rounds - 1:
                _answering(engine, encoder, [question.text for question in spread(dataset.questions, 200)])
                _together(engine, [question.text for question in spread(dataset.questions, 4 * _TOGETHER)])
    print(f"indexing reaches {statistics.median(ratios):.0%} of encoding alone (median of {asked.rounds})")


def _answering(engine: Engine, encoder: Encoder, questions: list[str]) -> None:
    """Time answers and bare encodings of the same questions in turn."""
    engine.ask(questions[0])
    answers, encodings = [], []
    for question in questions:
        started = time.perf_counter()
        encoder.encode_query([question])
        encoded = time.perf_counter()
        engine.ask(question)
        answers.append(time.perf_counter() - encoded)
        encodings.append(encoded - started)
    outside = [answer - encoding for answer, encoding in zip(answers, encodings, strict=True)]
    print(
        f"a warm answer: p50 {statistics.median(answers) * 1e3:.1f} ms, "
        f"{statistics.median(answers) / statistics.median(encodings):.2f} times one encode of the question; "
        f"outside the encoder p50 {statistics.median(outside) * 1e3:.2f} ms"
    )


def _together(engine: Engine, questions: list[str]) -> None:
    """Time answers to questions that come together and, in turn, one by one."""
    engine.ask_all(questions[:_TOGETHER])
    ratios, per_second = [], []
    for start in range(0, len(questions), _TOGETHER):
        some = questions[start : start + _TOGETHER]
        started = time.perf_counter()
        for question in some:
            engine.ask(question)
        between = time.perf_counter()
        engine.ask_all(some)
        together_s = time.perf_counter() - between
        ratios.append((between - started) / together_s)
        per_second.append(len(some) / together_s)
    print(
        f"{_TOGETHER} questions at once: {statistics.median(per_second):.1f} answers a second, "
        f"{statistics.median(ratios):.2f} times as many as one after the other"
    )


if __name__ == "__main__":
    main()
