"""``python -m benchmarks.serving DATA``: answering while new snapshots are published.

A loop asks 50 questions a second, without a reader; then it goes on while an article is changed and a snapshot
published, twenty times: by another process, as ``quoth index`` does, or ``--within`` the one that serves, as
``quoth discord`` does when it watches the folder. The serving process follows as ``quoth discord`` does.
"""

from __future__ import annotations

import argparse
import multiprocessing
import tempfile
import threading
import time
from collections.abc import Callable
from multiprocessing.context import SpawnProcess
from pathlib import Path
from threading import Barrier, Thread

import numpy as np

from retrieval.answering import Answer, Engine
from retrieval.datasets import Dataset, load
from retrieval.encoder import SentenceTransformerEncoder
from retrieval.indexing import open_up_to_date, update
from retrieval.live import Follower

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
    encoder = SentenceTransformerEncoder()
    snapshot, _ = open_up_to_date(articles, index, encoder)
    serving = [Engine(snapshot, encoder)]
    serving[0].ask("Are you warm?")
    publisher, ready = _publisher(articles, index, asked)
    with Follower(index, snapshot, lambda newer: serving.append(Engine(newer, encoder))):
        publisher.start()
        ready.wait()
        end = time.monotonic() + max(10.0, asked.snapshots * asked.every)
        calm = _ask(dataset, serving, lambda: time.monotonic() < end)
        ready.wait()
        busy = _ask(dataset, serving, publisher.is_alive)
        publisher.join()
    for title, times in (("calm", calm), ("publishing", busy)):
        p50, p95, most = np.percentile(times, (50, 95, 100))
        print(f"{title}: {len(times)} questions, p50 {p50:.1f} ms, p95 {p95:.1f} ms, at most {most:.1f} ms")
    print(f"{asked.snapshots} published, {len(serving) - 1} taken up, none failed, none mixed", flush=True)
    return float(np.percentile(busy, 95) / np.percentile(calm, 95))


def _publisher(articles: Path, index: Path, asked: argparse.Namespace) -> tuple[Thread | SpawnProcess, Barrier]:
    """What publishes, to be started, and what it waits at: once when ready, and once for the word to begin."""
    steps = (articles, index, asked.snapshots, asked.every)
    if asked.within:
        within = threading.Barrier(2)
        return Thread(target=_publish, args=(*steps, within)), within
    spawned = multiprocessing.get_context("spawn")
    between = spawned.Barrier(2)
    return spawned.Process(target=_publish, args=(*steps, between)), between


def _publish(articles: Path, index: Path, snapshots: int, every: float, ready: Barrier) -> None:
    """Change one article and publish, again and again."""
    encoder = SentenceTransformerEncoder()
    encoder.load()
    ready.wait()
    ready.wait()
    for number in range(snapshots):
        started = time.monotonic()
        text = f"The count\n\nThe count stands at {number} since {time.time():.0f}.\n"
        (articles / "count.txt").write_text(text, encoding="utf-8")
        update(articles, index, encoder)
        time.sleep(max(0.0, started + every - time.monotonic()))


def _ask(dataset: Dataset, serving: list[Engine], go_on: Callable[[], bool]) -> list[float]:
    """Milliseconds of each question, asked of the newest engine, while ``go_on``."""
    times: list[float] = []
    due = time.perf_counter()
    while go_on():
        question = dataset.questions[len(times) * 7 % len(dataset.questions)].text
        engine, started = serving[-1], time.perf_counter()
        _check(engine, engine.ask(question))
        times.append((time.perf_counter() - started) * 1e3)
        due = max(due + PERIOD_S, time.perf_counter())
        time.sleep(max(0.0, due - time.perf_counter()))
    return times


def _check(engine: Engine, answer: Answer) -> None:
    """Every quote must be of the very snapshot that was asked."""
    for quote in answer.quotes:
        if quote.text not in engine.snapshot.article(quote.article.id).text:
            raise AssertionError(f"{quote.article.id} is mixed")


if __name__ == "__main__":
    main()
