"""``make scale DATA=FILE``: what opening, asking and adding an article cost with ever more passages.

There is no model in it: a passage's vector is drawn near those of real passages (between two of them, and off by some
noise), a question's near that of a passage. Texts are real words drawn as often as they occur, questions are real ones.
All else is what Quoth does: the articles are files, ``update`` indexes them, and another process opens and searches.
With ``--uncut`` nothing looks for the ends of sentences: paragraphs are taken for passages, which they are here anyway.
With ``--keep`` a run goes on from what one before has left: its articles, and its index, which then is not built again.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from benchmarks.adapters.protocol import resident_mib
from retrieval.answer.search import Searcher
from retrieval.evaluation.datasets import Dataset, load
from retrieval.evaluation.metrics import spread
from retrieval.index.moments import chunks
from retrieval.index.snapshot import Snapshot, open_latest, published
from retrieval.index.updating import update
from retrieval.models.encoder import Vectors
from retrieval.models.runtimes import encoder_named
from retrieval.text.passages import cut
from retrieval.text.sentences import Span

HERE = Path(__file__).parent
WORDS, PASSAGES, _ARTICLES = 80, 10, 1000
"""Words a passage, passages an article, articles a file."""
LIKENESS = 0.65
"""Cosine of a question to the passage that it is drawn near."""
QUESTIONS = 200
_BATCH = 65_536
_REAL = "real.npy"
"""Where the vectors that others are drawn near are kept for other processes."""

COLUMNS = {
    "passages": "passages",
    "index_s": "to index without the model, s",
    "index_cpu_s": "of a processor",
    "index_mib": "in memory at most, MiB",
    "disk_mb": "on disk, MB",
    "open_s": "to open, s",
    "open_cpu_s": "of a processor",
    "p50_ms": "search without the model, p50 ms",
    "p95_ms": "p95 ms",
    "recall": "recall@10 of the dense part",
    "resident_mib": "resident after 200 questions, MiB",
    "add_s": "to add one article, s",
    "add_cpu_s": "of a processor",
    "add_cold_s": "in a new process, s",
    "add_cold_cpu_s": "of a processor",
    "added_p50_ms": "search then, p50 ms",
    "added_p95_ms": "p95 ms",
}


class DrawnEncoder:
    """Gives the n-th text that it is shown the n-th of vectors drawn near real ones."""

    name = "drawn"
    fingerprint = "drawn:1"

    def __init__(self, real: Vectors) -> None:
        self.real = real
        self._chance = np.random.default_rng(7)
        self.dimension = real.shape[1]

    def load(self) -> None:
        """There is no model."""

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        """Never asked: questions bring their vectors with them."""
        return self.encode_document(texts)

    def encode_document(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors:  # noqa: ARG002
        """Vectors between two real ones, shape (texts, dimension)."""
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        for start in range(0, len(texts), _BATCH):
            count = len(vectors[start : start + _BATCH])
            some, others = self._chance.integers(len(self.real), size=(2, count))
            share = self._chance.uniform(0.5, 1.0, (count, 1)).astype(np.float32)
            between = share * self.real[some] + (1 - share) * self.real[others]
            vectors[start : start + count] = near(between, 0.8, self._chance)
        return vectors


class KnownQuestions:
    """Gives questions the vectors drawn for them."""

    name, fingerprint = DrawnEncoder.name, DrawnEncoder.fingerprint

    def __init__(self, vectors: dict[str, Vectors]) -> None:
        self._vectors = vectors
        self.dimension = len(next(iter(vectors.values())))

    def load(self) -> None:
        """There is no model."""

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        """Vectors of known questions."""
        return np.stack([self._vectors[text] for text in texts])

    def encode_document(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors:
        """Never asked."""
        raise NotImplementedError


def near(vectors: Vectors, likeness: float, chance: np.random.Generator) -> Vectors:
    """Unit vectors with about this cosine to ``vectors``."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    noise = chance.standard_normal(vectors.shape, dtype=np.float32)
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    mixed = likeness * unit + (1 - likeness**2) ** 0.5 * noise
    drawn: Vectors = mixed / np.linalg.norm(mixed, axis=1, keepdims=True)
    return drawn


def main() -> None:
    """Measure each size, print a row for it, and write the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=main.__doc__)
    parser.add_argument("data", type=Path, help="a data set that quoth eval reads, such as SQuAD's")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000, 1_000_000])
    parser.add_argument("--articles", type=int, default=12, help="of the data set, to draw near")
    parser.add_argument(
        "--uncut", action="store_true", help="take paragraphs for passages, which saves most of the time"
    )
    parser.add_argument("--keep", type=Path, help="a folder to work in and to leave, for a single size")
    parser.add_argument("--out", type=Path, default=HERE / "scale.json")
    asked = parser.parse_args()
    if asked.uncut:
        patch("retrieval.index.filling.cut", paragraphs).start()
    whole = load(asked.data)
    dataset = Dataset(whole.articles[: asked.articles], whole.questions)
    kept = asked.keep / _REAL if asked.keep else None
    real = np.load(kept) if kept and kept.exists() else real_vectors(dataset)
    words = np.array([word for article in dataset.articles for word in article.text.split()])
    questions = [question.text for question in spread(whole.questions, QUESTIONS)]
    rows = []
    for size in asked.sizes:
        with nullcontext(asked.keep) if asked.keep else TemporaryDirectory(prefix="quoth-scale-") as work:
            rows.append(measure(size, DrawnEncoder(real), words, questions, Path(work)))
        print(json.dumps(rows[-1]), flush=True)
        asked.out.write_text(json.dumps(rows), encoding="utf-8")
    print(as_markdown(rows))


def real_vectors(dataset: Dataset) -> Vectors:
    """Vectors of a data set's passages."""
    texts = [
        f"{article.title}. {article.text[slice(*span)]}" for article in dataset.articles for span in cut(article.text)
    ]
    return encoder_named().encode_document(texts)


def measure(
    size: int, encoder: DrawnEncoder, words: NDArray[np.str_], questions: Sequence[str], work: Path
) -> dict[str, float]:
    """One row of figures; of an index that was there already without what it took to build."""
    articles, index = work / "articles", work / "index"
    write_articles(articles, size // PASSAGES, words)
    figures = {} if published(index) else build(articles, index, encoder)
    chance = np.random.default_rng(4 if figures else time.time_ns())
    snapshot = open_latest(index)
    figures |= {"passages": snapshot.passages, "disk_mb": snapshot.bytes / 1e6}
    drawn = near(snapshot.dense.at(chance.integers(snapshot.passages, size=len(questions))), LIKENESS, chance)
    figures["recall"] = recall_of(snapshot, drawn)
    del snapshot
    np.savez(work / "questions.npz", texts=np.array(questions), vectors=drawn)
    np.save(work / _REAL, encoder.real)
    figures |= _in_a_process("serve", work)
    print(json.dumps(figures), flush=True)
    for cold in ("", "cold_"):
        new = articles / f"added-{cold}{time.time_ns()}.jsonl"
        new.write_text(next(drawn_files(1, words, chance)), encoding="utf-8")
        took = _in_a_process("add_cold", work) if cold else add(articles, index, encoder)
        figures |= {f"add_{cold}s": took["s"], f"add_{cold}cpu_s": took["cpu_s"]}
    then = _in_a_process("serve", work)
    return figures | {f"added_{name}": then[name] for name in ("p50_ms", "p95_ms")}


def write_articles(folder: Path, articles: int, words: NDArray[np.str_]) -> None:
    """Write so many articles into the folder ``articles``, unless it has them."""
    folder.mkdir(parents=True, exist_ok=True)
    if len(list(folder.iterdir())) < ceil(articles / _ARTICLES):
        for number, lines in enumerate(drawn_files(articles, words, np.random.default_rng(3))):
            (folder / f"{number:05}.jsonl").write_text(lines, encoding="utf-8")


def build(articles: Path, index: Path, encoder: DrawnEncoder) -> dict[str, float]:
    """What it takes to index the articles."""
    took = add(articles, index, encoder)
    mebibytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"index_s": took["s"], "index_cpu_s": took["cpu_s"], "index_mib": mebibytes}


def paragraphs(text: str) -> list[Span]:
    """The places of a text's paragraphs."""
    spans, start = [], 0
    for part in text.split("\n\n"):
        spans.append(Span(start, start + len(part)))
        start += len(part) + 2
    return spans


def recall_of(snapshot: Snapshot, drawn: Vectors) -> float:
    """What part of the ten vectors nearest to each of those ``drawn`` the index finds."""
    exact = nearest_of_all(snapshot, drawn, 10)
    found = [snapshot.dense.nearest(each, 10) for each in drawn]
    return float(sum(len(np.intersect1d(*pair)) for pair in zip(exact, found, strict=True)) / exact.size)


def nearest_of_all(snapshot: Snapshot, drawn: Vectors, most: int) -> NDArray[np.int64]:
    """The passages nearest to each of those ``drawn``, all compared, some at a time; shape (drawn, most)."""
    best = np.zeros((len(drawn), 0), dtype=np.int64)
    cosines = np.zeros((len(drawn), 0), dtype=np.float32)
    for rows in chunks(np.arange(snapshot.passages)):
        cosines = np.hstack([cosines, drawn @ snapshot.dense.at(rows).T])
        best = np.hstack([best, np.broadcast_to(rows, (len(drawn), len(rows)))])
        top = np.argpartition(-cosines, most - 1, axis=1)[:, :most]
        cosines, best = np.take_along_axis(cosines, top, axis=1), np.take_along_axis(best, top, axis=1)
    return best


def add(articles: Path, index: Path, encoder: DrawnEncoder) -> dict[str, float]:
    """What an update takes."""
    started, busy = time.perf_counter(), time.process_time()
    update(articles, index, encoder)
    return {"s": time.perf_counter() - started, "cpu_s": time.process_time() - busy}


def _in_a_process(task: str, work: Path) -> dict[str, float]:
    """What ``serve`` or ``add_cold`` measures, in a process that has nothing in memory yet."""
    opened = subprocess.run(
        [sys.executable, "-c", f"from benchmarks.scale import {task}; {task}({str(work)!r})"],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(HERE.parent)},
    )
    figures: dict[str, float] = json.loads(opened.stdout)
    return figures


def drawn_files(articles: int, words: NDArray[np.str_], chance: np.random.Generator) -> Iterator[str]:
    """JSON lines of so many articles, a file of them at a time."""
    for start in range(0, articles, _ARTICLES):
        count = min(_ARTICLES, articles - start)
        drawn = words[chance.integers(len(words), size=(count, PASSAGES, WORDS))].tolist()
        yield "".join(
            json.dumps({"title": " ".join(article[0][:6]), "text": "\n\n".join(map(" ".join, article))}) + "\n"
            for article in drawn
        )


def serve(work: str) -> None:
    """Open the index in ``work``, ask its questions and print what that took; run as a process of its own."""
    with np.load(Path(work, "questions.npz")) as known:
        questions = dict(zip(known["texts"].tolist(), known["vectors"], strict=True))
    started, busy = time.perf_counter(), time.process_time()
    snapshot = open_latest(Path(work, "index"))
    open_s, open_cpu_s = time.perf_counter() - started, time.process_time() - busy
    searcher = Searcher(snapshot, KnownQuestions(questions))
    times: list[float] = []
    for question in questions:
        started = time.perf_counter()
        searcher.search(question)
        times.append((time.perf_counter() - started) * 1e3)
    times = sorted(times[10:])  # the first ones fill the page cache
    figures: dict[str, Any] = {
        "open_s": open_s,
        "open_cpu_s": open_cpu_s,
        "p50_ms": times[len(times) // 2],
        "p95_ms": times[int(0.95 * len(times))],
        "resident_mib": resident_mib(),
    }
    print(json.dumps(figures))


def add_cold(work: str) -> None:
    """Bring the index in ``work`` up to date and print what that took; run as a process of its own."""
    folder = Path(work)
    print(json.dumps(add(folder / "articles", folder / "index", DrawnEncoder(np.load(folder / _REAL)))))


def as_markdown(rows: Sequence[dict[str, float]]) -> str:
    """The rows as a table; what was not measured is left out."""
    lines = ["| " + " | ".join(COLUMNS.values()) + " |", "|" + "---:|" * len(COLUMNS)]
    for row in rows:
        cells = [_cell(column, row[column]) if column in row else "" for column in COLUMNS]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(column: str, figure: float) -> str:
    return f"{figure:,.0f}" if column == "passages" or column.endswith(("_mb", "_mib")) else f"{figure:.3g}"


if __name__ == "__main__":
    main()
