"""``python -m benchmarks.memory DATA``: how the memory of a process grows that answers question after question.

Two threads ask, as the Discord bot's do. After a warm-up it prints how much is resident at each step: the process's
own memory, of which the allocator holds some without using it, and pages of files (libraries, the index, the encoder's
embeddings), which come in as they are first used and which the system may drop. The warm-up asks about the first
articles only, so that pages of the others' come in afterwards. At the end it prints by how much each has grown, and
what Python's own objects (``--trace``) make of it.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import tempfile
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from retrieval.errors import QuothError
from retrieval.models.threads import few_arenas, trim_heap

if TYPE_CHECKING:
    from retrieval.engine import Engine

_STEPS = 13
"""How often memory is looked at."""


@dataclass(frozen=True, slots=True)
class _Resident:
    """MiB that this process takes."""

    own: float
    """Its heap, stacks and the like (``RssAnon``): nobody else has them, and they cannot be dropped."""
    files: float
    """Pages of files that it has mapped (``RssFile``): the system may drop them, and reads them again."""

    def __str__(self) -> str:
        return f"{self.own + self.files:.0f} MiB, {self.own:.0f} own and {self.files:.0f} of files"


class _Counts(ctypes.Structure):
    """What glibc's ``mallinfo2`` tells of its heaps: ten sizes in bytes, the ninth of which is what nobody uses."""

    _fields_ = [(f"field{number}", ctypes.c_size_t) for number in range(10)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=main.__doc__)
    parser.add_argument("data", type=Path, help="a data set that quoth eval reads")
    parser.add_argument("--articles", type=int, default=12, help="how many of its articles are asked about")
    parser.add_argument("--questions", type=int, default=1300)
    parser.add_argument("--warm-up", type=int, default=100)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--arenas", action="store_true", help="leave the allocator its many heaps")
    parser.add_argument("--untrimmed", action="store_true", help="leave it what nobody uses, which the bot does not")
    parser.add_argument("--trace", action="store_true", help="what Python allocates, by line; slow")
    asked = parser.parse_args()
    if not asked.arenas:
        few_arenas()  # before numpy is imported
    from retrieval.engine import Engine
    from retrieval.evaluation.datasets import load

    dataset = load(asked.data)
    chosen = dataset.articles[: asked.articles]
    ids = {article.id for article in chosen}
    questions = [question.text for question in dataset.questions if question.article in ids]
    with tempfile.TemporaryDirectory(prefix="quoth-memory-") as name:
        folder = Path(name, "articles")
        folder.mkdir()
        for article in chosen:
            (folder / f"{article.id}.txt").write_text(f"{article.title}\n\n{article.text}\n", encoding="utf-8")
        engine = Engine.open(folder)
        _watch(engine, questions, asked)


def _watch(engine: Engine, questions: list[str], asked: argparse.Namespace) -> None:
    """Ask and print."""
    step = max(1, asked.questions // _STEPS)
    with ThreadPoolExecutor(asked.threads) as pool:
        ask = partial(_ask, engine, trim=not asked.untrimmed)
        list(pool.map(ask, questions[: asked.warm_up]))
        before, started = _resident(), time.monotonic()
        print(f"after a warm-up of {asked.warm_up}: {before}", flush=True)
        if asked.trace:
            tracemalloc.start(10)
        at_first = tracemalloc.take_snapshot() if asked.trace else None
        for done in range(0, asked.questions, step):
            several = [questions[(asked.warm_up + done + number) * 7 % len(questions)] for number in range(step)]
            list(pool.map(ask, several))
            took = (time.monotonic() - started) * 1e3 / (done + step)
            print(f"{done + step}: {_resident()}; {_idle():.0f} idle; {took:.0f} ms each", flush=True)
        if at_first:
            for line in tracemalloc.take_snapshot().compare_to(at_first, "lineno")[:15]:
                print(line)
    after = _resident()
    print(f"grown by {_Resident(after.own - before.own, after.files - before.files)}")


def _ask(engine: Engine, text: str, *, trim: bool) -> None:
    try:
        engine.ask(text)
    except QuothError as error:
        print(error)
    if trim:
        trim_heap()


def _resident() -> _Resident:
    """What this process takes now, as Linux counts it."""
    gc.collect()
    lines = (line.split() for line in Path("/proc/self/status").read_text("utf-8").splitlines())
    kib = {words[0]: int(words[1]) for words in lines if words and words[0] in {"RssAnon:", "RssFile:", "RssShmem:"}}
    return _Resident((kib["RssAnon:"] + kib["RssShmem:"]) / 1024, kib["RssFile:"] / 1024)


def _idle() -> float:
    """MiB that glibc's allocator keeps though nothing uses them; those it has given back to the system count too."""
    mallinfo = ctypes.CDLL(None).mallinfo2
    mallinfo.restype = _Counts
    return int(mallinfo().field8) / 2**20


if __name__ == "__main__":
    main()
