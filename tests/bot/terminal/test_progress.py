"""What is shown while something takes long, and models loaded meanwhile."""

from __future__ import annotations

import io
import itertools
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console

from bot.terminal import progress
from retrieval.engine import Engine
from retrieval.index.updating import open_up_to_date
from tests.bot.conftest import BrokenEncoder
from tests.fakes import FakeEncoder

ROOT = Path(__file__).parents[3]


def test_a_model_that_fails_to_load_is_left_to_the_first_question(library: Path, tmp_path: Path) -> None:
    snapshot, _ = open_up_to_date(library, tmp_path / "index", FakeEncoder())

    progress.warm_up(Engine(snapshot, BrokenEncoder())).join()
    progress.warm_up(Engine(snapshot, FakeEncoder())).join()


LEAVES_AT_ONCE = """
import threading
from bot.terminal import progress
from retrieval.models.threads import in_threads

class Slow:
    def ask(self, question):
        threading.main_thread().join()
        print(list(in_threads(str, [1, 2], 2)))

progress.warm_up(Slow())
"""


def test_whoever_leaves_while_models_are_loaded_leaves_cleanly() -> None:
    left = subprocess.run([sys.executable, "-c", LEAVES_AT_ONCE], check=False, cwd=ROOT, capture_output=True)

    assert (left.returncode, left.stderr) == (0, b"")


def screen() -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=100, color_system=None)


def test_a_bar_shows_the_stage_while_an_index_is_built() -> None:
    console = screen()

    with progress.progress(console) as told:
        told("waiting", 0, 0)
        told("reading", 64, 200)
        told("pages", 16, 300)
        told("reading", 128, 200)
        told("pages", 16, 500)
        told("encoding", 0, 7)
        told("encoding", 7, 7)

    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert "16/500" in text
    assert "Encoding passages" in text
    assert "7/7" in text


def test_the_bar_shows_passages_a_second_and_the_time_left() -> None:
    seconds = itertools.count()
    console = Console(
        file=io.StringIO(), force_terminal=True, width=100, color_system=None, get_time=lambda: float(next(seconds))
    )
    with progress.progress(console) as told:
        for done in range(0, 60, 10):
            told("encoding", done, 1000)

    assert isinstance(console.file, io.StringIO)
    assert re.search(r"50/1000 +[\d.]+/s +\d\d:\d\d", console.file.getvalue())


def test_on_a_narrow_terminal_the_numbers_are_whole() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=40, color_system=None)

    with progress.progress(console) as told:
        told("encoding", 1_000, 40_000)

    assert isinstance(console.file, io.StringIO)
    assert "Encoding passages  1000/40000" in console.file.getvalue()


def test_nothing_is_drawn_on_a_pipe_while_waiting() -> None:
    console = Console(file=io.StringIO())

    with progress.progress(console) as told, progress.waiting(console, "Loading"):
        told("encoding", 1, 2)

    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue() == ""


def test_a_spinner_turns_on_a_terminal_while_waiting() -> None:
    console = screen()

    with progress.waiting(console, "Loading the model"):
        pass

    assert isinstance(console.file, io.StringIO)
    assert "Loading the model" in console.file.getvalue()
