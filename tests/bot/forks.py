"""Command lines of ``quoth`` in processes of their own: forks of one that has imported what they need."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bot.conftest import Outcome

ROOT = Path(__file__).parents[2]

_PROGRAM = """
import gc, json, os, sys
import markdown_it, scipy.sparse
from bot import assembly, cli, contract
from bot.terminal import ask, chat, doctor
from retrieval import engine
from retrieval.answer.reading import overlap_reader
from retrieval.index import updating
from tests.fakes import FakeEncoder

assembly.build_encoder = lambda _: FakeEncoder()
assembly.build_reader = lambda _: None

def runs(arguments, folder, environment, streams):
    os.chdir(folder)
    os.environ.update(environment)
    reading, unread = os.pipe()
    os.close(reading)
    opened = [unread if place == "nobody reads" else place and os.open(place, os.O_RDWR) for place in streams]
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if opened[number]:
            os.dup2(opened[number], number)
            setattr(sys, name, open(number, "w" if number else "r", closefd=False))
        else:
            os.close(number)
            setattr(sys, name, None)
    sys.exit(cli.main(arguments))

gc.freeze()  # else a fork that looks for garbage would copy it all
for line in sys.stdin:
    if not (child := os.fork()):
        runs(**json.loads(line))
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""

CLOSED = ""
NOBODY_READS = "nobody reads"


class Forks:
    """Runs command lines with a fake model, and with standard streams that lead where a test says."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(
        self, *arguments: str, stdin: str = os.devnull, stdout: str | None = None, stderr: str | None = None
    ) -> Outcome:
        """What a command line left behind, run where this process is and with its settings.

        A stream is the path of a file, ``CLOSED`` or ``NOBODY_READS``; by default what is written comes back.
        """
        out, err = Path("stdout"), Path("stderr")
        for file in (out, err):
            file.write_bytes(b"")
        streams = stdin, str(out) if stdout is None else stdout, str(err) if stderr is None else stderr
        environment = {name: value for name, value in os.environ.items() if name.startswith("QUOTH_")}
        told = {"arguments": arguments, "folder": str(Path.cwd()), "environment": environment, "streams": streams}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(told) + "\n")
        self._process.stdin.flush()
        status = int(self._process.stdout.readline())
        return Outcome(status, out.read_text("utf-8"), err.read_text("utf-8"))


@contextmanager
def forking() -> Iterator[Forks]:
    """What forks, while in the context."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}  # a fork has none of its threads
    with subprocess.Popen(
        [sys.executable, "-c", _PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        yield Forks(process)
