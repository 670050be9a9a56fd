"""``python -m benchmarks.serving DATA``: answering while new snapshots are published.

A loop asks 50 questions a second, without a reader; then it goes on while an article is changed and a snapshot
published, twenty times: by another process, as ``quoth index --watch`` does, or ``--within`` the one that serves, as a
bot does that watches the folder. The serving process takes each up as ``quoth chat`` does. Both have the real encoder.
"""

from __future__ import annotations

import argparse
import multiprocessing
import tempfile
import time
from collections.abc import Callable
from functools import cache
from multiprocessing.pool import ThreadPool
from pathlib import Path

import numpy as np

from retrieval.answer.answer import Answer
from retrieval.engine import Engine
from retrieval.evaluation.datasets import Dataset, load
from retrieval.index.protocol import Index
from retrieval.index.updating import open_up_to_date, update
from retrieval.index.watching import Follower, answer_promptly, make_way
from retrieval.models.encoder import Encoder
from retrieval.models.runtimes import encoder_named

PERIOD_S = 1 / 50


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving", description=main.__doc__)
    parser.add_argument("data", type=Path, help="a data set that quoth eval reads")
    parser.add_argument("--snapshots", type=int, default=20)
    parser.add_argument("--every", type=float, default=1.0, metavar="SECONDS", help="how often one is published")
    parser.add_argument("--within", action="store_true", help="publish from a thread of the serving process")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    answer_promptly()
    dataset = load(asked.data)
    with tempfile.TemporaryDirectory(prefix="quoth-serving-") as name:
        articles, index = Path(name, "articles"), Path(name, "index")
        articles.mkdir()
        for article in dataset.articles:
            (articles / f"{article.id}.txt").write_text(f"{article.title}\n\n{article.text}\n", encoding="utf-8")
        ratios = [_round(dataset, articles, index, asked) for _ in range(asked.rounds)]
    print(f"p95 while publishing is {np.median(ratios):.2f} times the calm one (median of {asked.rounds})")


def _round(dataset: Dataset, articles: Path, index: Path, asked: argparse.Namespace) -> float:
    """Ask in calm for as long as publishing takes at least, then while it goes on; print both, return p95's ratio."""
    snapshot, _ = open_up_to_date(articles, index, _encoder())
    serving = [Engine(snapshot, _encoder())]
    taken_up: list[str] = []

    def swap(newer: Index) -> None:
        serving[0] = Engine(newer, _encoder())
        taken_up.append(newer.version)

    pool = ThreadPool(1) if asked.within else multiprocessing.get_context("spawn").Pool(1, make_way)
    with pool, Follower(index, snapshot, swap):
        pool.apply(_load)
        end = time.monotonic() + max(10.0, asked.snapshots * asked.every)
        calm = _ask(dataset, serving, lambda: time.monotonic() < end)
        publishing = pool.apply_async(_publish, (articles, index, asked.snapshots, asked.every))
        busy = _ask(dataset, serving, lambda: not publishing.ready())
        published = publishing.get()
    for title, times in (("calm", calm), ("publishing", busy)):
        p50, p95, most = np.percentile(times, (50, 95, 100))
        print(f"{title}: {len(times)} questions, p50 {p50:.1f} ms, p95 {p95:.1f} ms, at most {most:.1f} ms")
    print(f"{published} published, {len(taken_up)} taken up; no question failed, no answer was mixed", flush=True)
    return float(np.percentile(busy, 95) / np.percentile(calm, 95))


@cache
def _encoder() -> Encoder:
    """This process's encoder, loaded."""
    encoder = encoder_named()
    encoder.encode_query(["Are you warm?"])
    return encoder


def _load() -> None:
    """Have the encoder of the process that publishes in memory."""
    _encoder()


def _publish(articles: Path, index: Path, snapshots: int, every: float) -> int:
    """Change one article and publish, again and again; how often it did."""
    built = 0
    for number in range(snapshots):
        started = time.monotonic()
        text = f"The count\n\nThe count stands at {number} since {time.time():.0f}.\n"
        (articles / "count.txt").write_text(text, encoding="utf-8")
        built += update(articles, index, _encoder()).built
        time.sleep(max(0.0, started + every - time.monotonic()))
    return built


def _ask(dataset: Dataset, serving: list[Engine], go_on: Callable[[], bool]) -> list[float]:
    """Milliseconds of each question, asked of the engine that serves, while ``go_on``."""
    times: list[float] = []
    due = time.perf_counter()
    while go_on():
        question = dataset.questions[len(times) * 7 % len(dataset.questions)].text
        engine, started = serving[0], time.perf_counter()
        _check(engine, engine.ask(question))
        times.append((time.perf_counter() - started) * 1e3)
        due = max(due + PERIOD_S, time.perf_counter())
        time.sleep(max(0.0, due - time.perf_counter()))
    return times


def _check(engine: Engine, answer: Answer) -> None:
    """Every quote must be of the very snapshot that was asked."""
    for quote in answer.quotes:
        if quote.text not in engine.index.article(quote.article.id).text:
            raise AssertionError(f"{quote.article.id} is mixed")


if __name__ == "__main__":
    main()
