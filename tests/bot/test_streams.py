"""Standard streams that are closed, full, or read by nobody."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from retrieval.index.updating import update
from tests.bot.conftest import Outcome
from tests.bot.forks import CLOSED, NOBODY_READS, Forks, forking
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


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    with forking() as forks:
        yield forks


def test_a_question_is_answered_whatever_else_is_closed(forks: Forks) -> None:
    status, out, errors = started(f"{ASK} <&- 2>&-")
    other = forks.run(*shlex.split(ASK), stderr=CLOSED)

    assert (status, other.status, errors) == (0, 0, "")
    assert "Abe met Vladimir Putin" in out
    assert "Abe met Vladimir Putin" in other.out


NO_OUTPUT = "quoth: Standard output is closed: leave it open, or send it to a file or to /dev/null.\n"


def test_without_standard_output_one_sentence_says_so() -> None:
    assert started(f"{ASK} --json >&-") == (2, "", NO_OUTPUT)


@pytest.mark.parametrize("command", ["index", "doctor"])
def test_other_commands_say_so_too(command: str, forks: Forks) -> None:
    assert forks.run(command, stdout=CLOSED) == Outcome(2, "", NO_OUTPUT)


def test_without_standard_input_one_sentence_says_so() -> None:
    status, out, errors = started("ask <&-")

    assert (status, out, errors.count("\n")) == (2, "", 1)
    assert errors.startswith("quoth: Standard input is closed")


@pytest.mark.parametrize("command", ["chat", "articles add -"])
def test_whatever_else_reads_it_says_so_too(command: str, forks: Forks) -> None:
    said = forks.run(*command.split(), stdin=CLOSED)

    assert (said.status, said.out, said.err.count("\n")) == (2, "", 1)
    assert said.err.startswith("quoth: Standard input is closed")


def test_with_every_stream_closed_the_status_tells() -> None:
    assert started("index <&- >&- 2>&-") == (2, "", "")


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_a_reader_that_goes_away_ends_it_quietly(form: list[str], forks: Forks) -> None:
    assert forks.run("articles", *form, stdout=NOBODY_READS) == Outcome(141, "", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk that is always full")
def test_a_full_disk_under_standard_output_is_one_sentence(forks: Forks) -> None:
    said = forks.run("articles", "--json", stdout="/dev/full")

    assert (said.status, said.err.count("\n")) == (2, 1)
    assert said.err.startswith("quoth: The system refused (No space left on device)")
