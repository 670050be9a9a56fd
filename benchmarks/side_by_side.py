"""``make bench DATA=FILE``: Quoth beside what a user would pick instead, in one run on one machine, in turn.

Every system gets the same passages (a data set's paragraphs) and the same encoder folder, and runs in an environment
of its own, as one of ``adapters``. Quoth's reader is off, as the others have none. Written to ``benchmarks``:
``side_by_side.md`` (the table), ``side_by_side.svg`` (the plot) and, for whoever wants to look closer,
``side_by_side.json`` (what was measured, not kept in the repository).

With ``--keep FOLDER`` the indexes and figures stay there, and a run that was stopped, or that ``--minutes`` ended, goes
on from them the next time.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
import venv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, Self, cast

from retrieval.evaluation.datasets import Dataset, load
from retrieval.evaluation.metrics import spread
from retrieval.models.bundled import bundled_folder
from retrieval.models.loading import native_number_type

HERE = Path(__file__).parent
SYSTEMS = ("quoth", "floor", "llamaindex", "txtai", "haystack")
_TOLD = (
    "faiss-cpu",
    "bm25s",
    "haystack-ai",
    "llama-index-core",
    "onnxruntime",
    "sentence-transformers",
    "torch",
    "txtai",
)
_WARMING, _BLOCK, _PARTS = 5, 10, 2
"""Questions that are not counted, questions that one system gets before it is the next one's turn, and into how many
parts all are cut, after each of which a run may stop."""

COLUMNS = {
    "index_s": "seconds to index",
    "p50_ms": "warm question, p50 ms",
    "p95_ms": "p95 ms",
    "peak_mib": "peak memory, MiB",
    "start_s": "start to first answer, s",
    "disk_mb": "on disk, MB",
    "hit_at_1": "hit@1",
    "hit_at_10": "hit@10",
}


@dataclass(slots=True)
class Measured:
    """What was measured of one system."""

    index_s: list[float] = field(default_factory=list)
    start_s: list[float] = field(default_factory=list)
    index_cpu_s: list[float] = field(default_factory=list)
    """Of all cores; tells more than ``index_s`` on a machine that has other things to do."""
    question_ms: list[float] = field(default_factory=list)
    ranks: list[int | None] = field(default_factory=list)
    """Of the question's own passage, from 1; None where it is not among those found."""
    peak_mib: float = 0.0
    disk_mb: float = 0.0

    @property
    def row(self) -> dict[str, float]:
        """One figure for each of ``COLUMNS``: medians over the rounds."""
        times = sorted(self.question_ms)
        return {
            "index_s": statistics.median(self.index_s),
            "p50_ms": statistics.median(times),
            "p95_ms": times[int(0.95 * (len(times) - 1))],
            "peak_mib": self.peak_mib,
            "start_s": statistics.median(self.start_s),
            "disk_mb": self.disk_mb,
            "hit_at_1": sum(rank == 1 for rank in self.ranks) / len(self.ranks),
            "hit_at_10": sum(rank is not None for rank in self.ranks) / len(self.ranks),
        }


@dataclass(frozen=True, slots=True)
class Task:
    """What every system is given."""

    passages: Sequence[Mapping[str, str]]
    questions: Sequence[tuple[str, str]]
    """Each with its passage's id."""

    @classmethod
    def of(cls, dataset: Dataset, passages: int | None, questions: int) -> Task:
        """The first ``passages`` paragraphs that questions were asked of, and questions about these."""
        texts = {article.id: article for article in dataset.articles}
        marked = {(each.article, each.paragraph) for each in dataset.questions if each.article and each.paragraph}
        places = sorted((article, paragraph) for article, paragraph in marked if article and paragraph)[:passages]
        ids = {place: f"p{number}" for number, place in enumerate(places)}
        asked = [
            (each.text, ids[each.article, each.paragraph])
            for each in dataset.questions
            if each.answers and each.article and each.paragraph and (each.article, each.paragraph) in ids
        ]
        return cls(
            [
                {"id": id, "title": texts[article].title, "text": texts[article].text[slice(*paragraph)]}
                for (article, paragraph), id in ids.items()
            ],
            spread(asked, questions),
        )


Step = tuple[str, int, str]
"""What is done (``index``, ``start`` or ``ask``), the round or part, and the system."""


class Run:
    """A run's figures, kept in a folder, so that a run that stops can go on."""

    def __init__(self, folder: Path, task: Task, rounds: int) -> None:
        self.folder = folder
        self.task = task
        self.measured = {name: Measured() for name in SYSTEMS}
        asked = [("ask", part, "all") for part in range(_PARTS)]
        each = [(number, name) for number in range(rounds) for name in _rotated(SYSTEMS, number)]
        self.left: list[Step] = [*(("index", *it) for it in each), *(("start", *it) for it in each), *asked]
        self.loads: list[float] = []
        """How many processes wanted a core, on the mean of a minute, after each step."""
        self._file = folder / "measured.json"
        self._about = {"passages": len(task.passages), "questions": len(task.questions), "rounds": rounds}
        if self._file.exists():
            self._resume(json.loads(self._file.read_text("utf-8")))

    def _resume(self, kept: Mapping[str, Any]) -> None:
        if kept["about"] != self._about:
            raise SystemExit(f"{self.folder} holds another run: {kept['about']}")
        self.measured = {name: Measured(**fields) for name, fields in kept["measured"].items()}
        self.left = [tuple(step) for step in kept["left"]]
        self.loads = kept["loads"]

    def done(self, step: Step) -> None:
        """Note that a step is done."""
        self.left.remove(step)
        self.loads.append(os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0)
        measured = {name: asdict(each) for name, each in self.measured.items()}
        kept = {"about": self._about, "measured": measured, "left": self.left, "loads": self.loads}
        self._file.write_text(json.dumps(kept), encoding="utf-8")


class Server:
    """An adapter that answers, as a process of its own."""

    def __init__(self, command: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=_quiet()
        )
        self._questions = cast("IO[str]", self._process.stdin)
        self._answers = cast("IO[str]", self._process.stdout)

    def ask(self, question: str) -> dict[str, Any]:
        """Ids, milliseconds and memory, as ``adapters/protocol.py`` has it."""
        self._questions.write(json.dumps({"question": question}) + "\n")
        self._questions.flush()
        answer: dict[str, Any] = json.loads(self._answers.readline())
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.side_by_side", description=main.__doc__)
    parser.add_argument("data", type=Path, help="a data set that quoth eval reads, such as SQuAD's")
    parser.add_argument("--passages", type=int, help="only the first so many")
    parser.add_argument("--questions", type=int, default=1000, help="spread evenly over the data set")
    parser.add_argument("--rounds", type=int, default=3, help="of indexing and of starting")
    parser.add_argument("--environments", type=Path, default=HERE / "environments", help="where the peers live")
    parser.add_argument("--out", type=Path, default=HERE, help="the folder for table, plot and raw figures")
    parser.add_argument("--keep", type=Path, help="a folder to go on from, and to leave what was done in")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin nothing after so long")
    asked = parser.parse_args()
    end = time.monotonic() + 60 * asked.minutes
    task = Task.of(load(asked.data), asked.passages, asked.questions)
    pythons = {name: _environment(name, asked.environments) for name in SYSTEMS}
    with ExitStack() as stack:
        folder = asked.keep or Path(stack.enter_context(TemporaryDirectory(prefix="quoth-bench-")))
        folder.mkdir(parents=True, exist_ok=True)
        run = Run(folder, task, asked.rounds)
        measure(run, pythons, end)
    if run.left:
        print(f"{len(run.left)} steps are left: run this again")
        return
    versions = {name: _versions(python) for name, python in pythons.items()}
    print(_write(run, versions, asked.out, asked.rounds, _environment("plot", asked.environments)))


def _write(run: Run, versions: Mapping[str, Sequence[str]], out: Path, rounds: int, plotter: str) -> str:
    """Write table, plot and raw figures into ``out``; returns the table."""
    size = f"{len(run.task.passages):,} passages, {len(run.task.questions):,} questions, {rounds} rounds"
    conditions = f"{size}; {_machine()}; load average {min(run.loads):.1f} to {max(run.loads):.1f}"
    rows = {name: each.row for name, each in run.measured.items()}
    measured = {name: asdict(each) for name, each in run.measured.items()}
    raw = {"conditions": conditions, "versions": versions, "rows": rows, "measured": measured}
    (out / "side_by_side.json").write_text(json.dumps(raw), encoding="utf-8")
    table = as_markdown(rows, conditions, versions)
    (out / "side_by_side.md").write_text(table, encoding="utf-8")
    subprocess.run([plotter, HERE / "plot.py", out / "side_by_side.json", out / "side_by_side.svg"], check=True)
    return table


def measure(run: Run, pythons: Mapping[str, str], end: float) -> None:
    """Index, start and ask every system in turn, so that whatever else the machine does meets them all alike.

    Nothing is begun after ``end``, of the monotonic clock.
    """
    encoder = str(bundled_folder())
    passages = run.folder / "passages.jsonl"
    passages.write_text("".join(json.dumps(each) + "\n" for each in run.task.passages), encoding="utf-8")

    def command(name: str, what: str, *arguments: object) -> list[str]:
        return [pythons[name], str(HERE / "adapters" / f"on_{name}.py"), what, encoder, *map(str, arguments)]

    def serving(name: str) -> Server:
        return Server(command(name, "serve", run.folder / name))

    for step in list(run.left):
        if time.monotonic() > end:
            return
        what, number, name = step
        if what == "index":
            shutil.rmtree(run.folder / name, ignore_errors=True)
            (run.folder / name).mkdir()
            _index(command(name, "index", passages, run.folder / name), run.folder / name, run.measured[name])
        elif what == "start":
            started = time.perf_counter()
            with serving(name) as server:
                server.ask(run.task.questions[0][0])
                run.measured[name].start_s.append(time.perf_counter() - started)
        else:
            size = ceil(len(run.task.questions) / _PARTS)
            with ExitStack() as stack:
                servers = {name: stack.enter_context(serving(name)) for name in SYSTEMS}
                _ask_all(servers, run.task.questions[number * size :][:size], run.measured)
        run.done(step)
        _said(f"{what} {number + 1} {name}: {len(run.left)} steps are left")


def _index(command: Sequence[str], folder: Path, measured: Measured) -> None:
    took = subprocess.run(command, check=True, capture_output=True, text=True, env=_quiet())
    told = json.loads(took.stdout)
    measured.index_s.append(told["seconds"])
    measured.index_cpu_s.append(told["cpu_s"])
    measured.disk_mb = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


def _ask_all(
    servers: Mapping[str, Server], questions: Sequence[tuple[str, str]], measured: Mapping[str, Measured]
) -> None:
    for server in servers.values():
        for question, _ in questions[:_WARMING]:
            server.ask(question)
    for number, start in enumerate(range(0, len(questions), _BLOCK)):
        for name in _rotated(SYSTEMS, number):
            for question, passage in questions[start : start + _BLOCK]:
                answer = servers[name].ask(question)
                ids = answer["ids"]
                measured[name].question_ms.append(answer["ms"])
                measured[name].ranks.append(ids.index(passage) + 1 if passage in ids else None)
                measured[name].peak_mib = max(measured[name].peak_mib, answer["peak_mib"])


def as_markdown(rows: Mapping[str, Mapping[str, float]], conditions: str, versions: Mapping[str, Sequence[str]]) -> str:
    """The table; the best of each column but for the floor's in bold."""
    lines = [
        "# Quoth beside others",
        "",
        f"Made by `make bench`: {conditions}.",
        "",
        "| | " + " | ".join(COLUMNS.values()) + " |",
        "|---|" + "---:|" * len(COLUMNS),
    ]
    best = {
        column: (max if column.startswith("hit") else min)(row[column] for name, row in rows.items() if name != "floor")
        for column in COLUMNS
    }
    for name, row in rows.items():
        cells = [_cell(column, row[column], bold=name != "floor" and row[column] == best[column]) for column in COLUMNS]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    lines += [
        "",
        "Bold is the best but for the floor's. Seconds to index count from the process's start, and so does the first",
        "answer. The floor is bare sentence-transformers, faiss and bm25s (`adapters/on_floor.py`).",
        "",
    ]
    lines += [f"- {name}: {', '.join(each)}" for name, each in versions.items()]
    return "\n".join(lines) + "\n"


def _cell(column: str, value: float, *, bold: bool) -> str:
    text = f"{value:.3f}".lstrip("0") if column.startswith("hit") else f"{value:.1f}"
    return f"**{text}**" if bold else text


def _rotated(names: Sequence[str], by: int) -> Sequence[str]:
    return [*names[by % len(names) :], *names[: by % len(names)]]


def _said(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _quiet() -> dict[str, str]:
    """No system looks anything up in the network, and Quoth's packages are found."""
    offline = {"HF_HUB_OFFLINE": "1", "HAYSTACK_TELEMETRY_ENABLED": "False", "TOKENIZERS_PARALLELISM": "false"}
    return os.environ | offline | {"PYTHONPATH": str(HERE.parent)}


def _environment(name: str, folder: Path) -> str:
    """The Python of a system's own environment, made and filled with its pinned packages if it is not there."""
    if name == "quoth":
        return sys.executable
    home = folder / name
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not (home / "installed").exists():
        _said(f"Installing {name} into {home}, once")
        venv.create(home, with_pip=True, clear=True)
        wanted = HERE / "requirements" / f"{name}.txt"
        subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", wanted], check=True)
        (home / "installed").touch()
    return str(python)


def _versions(python: str) -> list[str]:
    listed = subprocess.run(
        [python, "-m", "pip", "list", "--format=json", "--disable-pip-version-check"],
        check=True,
        capture_output=True,
        text=True,
    )
    packages = {each["name"].lower(): each["version"] for each in json.loads(listed.stdout)}
    return [f"{name} {packages[name]}" for name in _TOLD if name in packages]


def _machine() -> str:
    """What the figures depend on."""
    model = next(_cpu_models(), platform.processor() or platform.machine())
    number_type = str(native_number_type("cpu")).removeprefix("torch.")
    return (
        f"{os.cpu_count()} cores of {model}, {platform.system()}, Python {platform.python_version()}; "
        f"Quoth encodes in {number_type} here, the others in float32"
    )


def _cpu_models() -> Iterator[str]:
    path = Path("/proc/cpuinfo")
    if path.exists():
        for line in path.read_text("utf-8").splitlines():
            if line.startswith("model name"):
                yield line.partition(":")[2].strip()


if __name__ == "__main__":
    main()
