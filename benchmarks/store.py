"""``python -m benchmarks.store``: an index in a store (Milvus) against the same in a folder.

``answers DATA`` asks a data set's questions of both; ``size DATA`` fills one with passages of made-up words and
vectors, as ``benchmarks.scale`` does, and says what that takes; ``weigh DATA`` says what a passage takes there.
Without ``--index milvus://…`` the store is a temporary folder of milvus-lite, which is pure Python: its times are no
server's.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from benchmarks.adapters.protocol import resident_mib
from benchmarks.scale import (
    LIKENESS,
    PASSAGES,
    DrawnEncoder,
    KnownQuestions,
    drawn_files,
    near,
    real_vectors,
)
from retrieval.answer.reading.span_reader import reader_named
from retrieval.answer.search import Searcher
from retrieval.engine import THRESHOLD, Engine
from retrieval.evaluation.datasets import Dataset, load
from retrieval.evaluation.metrics import Outcome, indexed, outcomes, spread, summarise
from retrieval.index.address import StoreAddress, Where, where
from retrieval.index.carrying import CarryingEncoder
from retrieval.index.milvus.connection import Connection
from retrieval.index.places import place_of
from retrieval.index.snapshot import open_latest
from retrieval.index.updating import Report, update
from retrieval.models.runtimes import encoder_named

_TOLD = 250
"""Questions after which figures are printed."""

_ASKED = 60
"""Questions that are asked of a large store; the first ten are not counted."""


def answers(asked: argparse.Namespace, store: Where, work: Path) -> None:
    """Ask an index in a folder and one in a store the same questions in turn; print figures of both as they come."""
    dataset, encoder, reader = load(asked.data), encoder_named(), reader_named("trained")
    questions = spread(dataset.questions, asked.limit)
    folder = work / "index"
    with indexed(dataset, encoder, reader=reader, threshold=THRESHOLD, index=folder) as (ours, report):
        carrying = CarryingEncoder(encoder, open_latest(folder))
        with indexed(dataset, carrying, reader=reader, threshold=THRESHOLD, index=store) as (theirs, _):
            # In another order, so that what has been asked is a fair sample at any time.
            questions = [questions[number] for number in np.random.default_rng(7).permutation(len(questions))]
            heard: dict[str, list[Outcome]] = {"folder": [], "store": []}
            for both in zip(outcomes(ours, questions), outcomes(theirs, questions), strict=True):
                for name, outcome in zip(heard, both, strict=True):
                    heard[name].append(outcome)
                if len(heard["store"]) % _TOLD == 0 or len(heard["store"]) == len(questions):
                    for (name, so_far), engine in zip(heard.items(), (ours, theirs), strict=True):
                        print(f"{name}: {_summed_up(so_far, engine, report)}", flush=True)


def _summed_up(heard: Sequence[Outcome], engine: Engine, report: Report) -> str:
    figures = summarise([each.marks for each in heard], articles=len(engine.index.articles), report=report)
    quotes = [quote for outcome in heard for quote in outcome.answer.quotes]
    texts = {id: engine.index.article(id).text for id in {quote.article.id for quote in quotes}}
    verbatim = sum(quote.text in texts[quote.article.id] for quote in quotes)
    return (
        f"{figures.questions} questions, {figures.passages} passages, hit@1 {figures.hit_at_1:.4f}, "
        f"hit@10 {figures.hit_at_10:.4f}, first quote {figures.first_quote:.4f}, "
        f"quotes verbatim {verbatim} of {len(quotes)}, p50 {figures.p50_ms:.0f} ms, p95 {figures.p95_ms:.0f} ms"
    )


def size(asked: argparse.Namespace, store: Where, work: Path) -> None:
    """Fill a store with made-up passages, and print what that, opening, questions and an added article take."""
    whole = load(asked.data)
    dataset = Dataset(whole.articles[:12], whole.questions)
    encoder = DrawnEncoder(real_vectors(dataset))
    words = np.array([word for article in dataset.articles for word in article.text.split()])
    articles, chance = work / "articles", np.random.default_rng(3)
    articles.mkdir()
    for number, lines in enumerate(drawn_files(asked.passages // PASSAGES, words, chance)):
        (articles / f"{number:05}.jsonl").write_text(lines, encoding="utf-8")
    started = time.perf_counter()
    report = update(articles, store, encoder)
    figures = {"passages": report.passages, "index_s": time.perf_counter() - started}
    if isinstance(folder := getattr(store, "folder", None), Path):
        figures["disk_mb"] = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
    print(json.dumps(figures), flush=True)
    started = time.perf_counter()
    opened = place_of(store).open()
    figures |= {"open_s": time.perf_counter() - started}
    questions = [question.text for question in spread(whole.questions, _ASKED)]
    figures |= _asked(questions, Searcher(opened, KnownQuestions(_vectors(questions, encoder, chance))))
    (articles / "added.jsonl").write_text(next(drawn_files(1, words, chance)), encoding="utf-8")
    started = time.perf_counter()
    update(articles, store, encoder)
    print(json.dumps(figures | {"add_s": time.perf_counter() - started, "resident_mib": resident_mib()}))


def weigh(asked: argparse.Namespace, store: Where, _work: Path) -> None:
    """Put a data set's articles into a store, with made-up vectors, and print the bytes of each kind a passage."""
    chance = np.random.default_rng(5)
    drawn = chance.standard_normal((1_000, 384), dtype=np.float32)
    with indexed(load(asked.data), DrawnEncoder(drawn), threshold=THRESHOLD, index=store) as (_, report):
        pass
    assert isinstance(store, StoreAddress)  # noqa: S101 - a temporary one, or as --index says
    connection, passages = Connection(store), report.passages
    rows = list(connection.every("passages_1", "id >= 0", ["id", "words"]))
    sizes = {"vector": 4.0 * 384, "terms": sum(8 * len(row["words"]) for row in rows) / passages}
    for name, kind in (("text", "texts"), ("files, terms' use, moments", "records")):
        sizes[name] = sum(len(row["data"]) for row in connection.every(kind, "version > 0", ["data"])) / passages
    print(json.dumps({"passages": passages} | sizes))


def _vectors(
    questions: Sequence[str], encoder: DrawnEncoder, chance: np.random.Generator
) -> dict[str, NDArray[np.float32]]:
    drawn = near(encoder.encode_document(questions), LIKENESS, chance)
    return dict(zip(questions, drawn, strict=True))


def _asked(questions: Sequence[str], searcher: Searcher) -> dict[str, float]:
    times = []
    for question in questions:
        started = time.perf_counter()
        searcher.search(question)
        times.append((time.perf_counter() - started) * 1e3)
    times = sorted(times[10:])
    return {"p50_ms": times[len(times) // 2], "p95_ms": times[int(0.95 * len(times))]}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.store", description=__doc__)
    parser.add_argument("what", choices=("answers", "size", "weigh"))
    parser.add_argument("data", type=Path, help="a data set that quoth eval reads, such as SQuAD's")
    parser.add_argument(
        "--index", help="the store, as QUOTH_INDEX has it; a temporary folder of milvus-lite without it"
    )
    parser.add_argument("--limit", type=int, help="questions that are asked; all without it")
    parser.add_argument("--passages", type=int, default=100_000)
    asked = parser.parse_args()
    with TemporaryDirectory(prefix="quoth-store-") as name:
        work = Path(name)
        store = where(asked.index or str(work / "store.db"))
        {"answers": answers, "size": size, "weigh": weigh}[asked.what](asked, store, work)


if __name__ == "__main__":
    main()
