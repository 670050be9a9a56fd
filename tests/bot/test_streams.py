"""Standard streams that whoever starts Quoth has closed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from retrieval.index.updating import update
from tests.fakes import FakeEncoder

ROOT = Path(__file__).parents[2]

PROGRAM = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from bot import assembly, cli
from tests.fakes import FakeEncoder
assembly.build_encoder = lambda _: FakeEncoder()
assembly.build_reader = lambda _: None
sys.exit(cli.main())
"""
ASK = 'ask "who met Putin in Sochi?"'


@pytest.fixture(autouse=True)
def indexed(library: Path) -> None:
    """The index is there, so that each command is about its streams alone."""
    update(library, library.parent / "index", FakeEncoder())


def started(arguments: str) -> tuple[int, str, str]:
    """Exit status, output and errors of a command line that a shell starts."""
    done = subprocess.run(  # noqa: S602 - closing a stream is the shell's business
        f"{sys.executable} -c '{PROGRAM.replace(chr(39), chr(34))}' {arguments}",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("closed", ["2>&-", "<&- 2>&-"])
def test_a_question_is_answered_whatever_else_is_closed(closed: str) -> None:
    status, out, errors = started(f"{ASK} {closed}")

    assert (status, "Abe met Vladimir Putin" in out) == (0, True)
    assert "Traceback" not in errors


@pytest.mark.parametrize("command", [f"{ASK} --json", "index", "doctor"])
def test_without_standard_output_one_sentence_says_so(command: str) -> None:
    status, out, errors = started(f"{command} >&-")

    assert (status, out) == (2, "")
    assert errors == "quoth: Standard output is closed: leave it open, or send it to a file or to /dev/null.\n"


@pytest.mark.parametrize("command", ["ask", "chat", "articles add -"])
def test_without_standard_input_one_sentence_says_so(command: str) -> None:
    status, out, errors = started(f"{command} <&-")

    assert (status, out) == (2, "")
    assert errors.startswith("quoth: Standard input is closed")
    assert errors.count("\n") == 1


def test_with_every_stream_closed_the_status_tells() -> None:
    assert started("index <&- >&- 2>&-") == (2, "", "")
