"""The chat as a person meets it, typed and piped; and what is shown while something takes long."""

from __future__ import annotations

import io
import itertools
import os
import pty
import re
import select
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.history import FileHistory
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput
from rich.console import Console

from bot.terminal import chat as terminal
from retrieval.engine import Engine
from retrieval.index.updating import open_up_to_date
from tests.bot.conftest import BrokenEncoder, Quoth
from tests.fakes import FakeEncoder

ROOT = Path(__file__).parents[3]
QUESTION = "who met Putin in Sochi?"


def piped(quoth: Quoth, *lines: str, options: tuple[str, ...] = ()) -> tuple[str, str]:
    """Standard output and error of a chat on a pipe over an index that is up to date."""
    quoth("index")
    said = quoth("chat", *options, stdin="".join(f"{line}\n" for line in lines).encode())
    assert said.status == 0
    return said.out, said.err


def test_lines_that_are_there_come_together_and_none_is_waited_for() -> None:
    reading, writing = os.pipe()
    with open(reading, "rb") as stdin, open(writing, "wb", buffering=0) as program:  # noqa: PTH123 - descriptors
        batches = terminal.together(stdin)
        program.write(b"one\ntwo\nthr")
        assert next(batches) == [b"one", b"two"]
        program.write(b"ee\nfour")
        assert next(batches) == [b"three"]
        program.close()
        assert list(batches) == [[b"four"]]


def test_a_long_file_comes_in_batches() -> None:
    batches = list(terminal.together(io.BytesIO(b"who?\n" * 100)))

    assert list(map(len, batches)) == [64, 36]


# --- on a pipe -----------------------------------------------------------------------------------------------

pytestmark = pytest.mark.usefixtures("library")


def test_a_piped_chat_prints_answers_and_nothing_else(quoth: Quoth) -> None:
    out, err = piped(quoth, QUESTION, "", "which planet has purple rings?")

    assert out.startswith("│ Shinzo Abe met Vladimir Putin in Sochi on May 6.\n")
    assert "\n\nThe articles do not say.\n" in out
    assert "\x1b" not in out
    assert terminal.PROMPT not in out
    assert err == ""


def test_leaving_ends_the_chat_at_once(quoth: Quoth) -> None:
    for word in ("/quit", "exit", " QUIT "):
        assert piped(quoth, word, QUESTION) == ("", "")


def test_more_shows_quotes_that_were_not_shown(quoth: Quoth) -> None:
    out, _ = piped(quoth, "Sochi meeting", "/more", "/more", "/more", "/more", options=("--top", "1"))

    first, second, *_, last = out.strip().split("\n\n")
    assert first.splitlines()[0] != second.splitlines()[0]
    assert "\n  2  Abe and Putin meet" in second
    assert last == "There is nothing more."


def test_context_shows_the_paragraph(quoth: Quoth) -> None:
    out, _ = piped(quoth, QUESTION, "/context", "/context 9", "/context one")

    answers = out.strip().split("\n\n")
    assert any(answer.startswith("│ Shinzo Abe met") and "three hours" in answer for answer in answers)
    assert [answer for answer in answers if answer.startswith("Say which")][:2]


def test_sources_name_the_articles_quoted(quoth: Quoth) -> None:
    out, _ = piped(quoth, QUESTION, "/sources")

    assert out.endswith("1  Abe and Putin meet · TASS · 6 May 2016 · https://example.org/sochi · sochi.md\n\n")


@pytest.mark.parametrize("command", ["/more", "/context", "/sources"])
def test_commands_about_an_answer_need_one(command: str, quoth: Quoth) -> None:
    assert piped(quoth, command)[0] == "Ask a question first.\n\n"


def test_an_unknown_command_names_the_nearest(quoth: Quoth) -> None:
    out, _ = piped(quoth, "/contxt", "/\x1b[2J")

    assert out.startswith("There is no /contxt. Did you mean /context? /help lists the commands.\n")
    assert "\x1b" not in out


def test_help_lists_every_command(quoth: Quoth) -> None:
    out, _ = piped(quoth, "/help")

    assert all(command in out for command in terminal.COMMANDS)


def test_a_bad_question_does_not_end_the_chat(quoth: Quoth) -> None:
    out, err = piped(quoth, "?!", QUESTION)

    assert err == "The question is empty: ask it in words.\n"
    assert "Shinzo Abe met" in out


def test_a_filter_that_leaves_nothing_says_so(quoth: Quoth) -> None:
    out, err = piped(quoth, QUESTION, "/context", "/more", options=("--source", "Reuters"))

    assert "No article is left by the filter (only from Reuters)" in err
    assert out == "The articles do not say.\n\nNo quote was shown.\n\nThere is nothing more.\n\n"


def test_explaining_goes_on_through_the_chat(quoth: Quoth) -> None:
    assert "asked for (" in piped(quoth, QUESTION, options=("--explain",))[0]


def test_in_a_chat_answering_need_not_wait_long_for_another_thread(quoth: Quoth) -> None:
    piped(quoth, QUESTION)

    assert sys.getswitchinterval() < 0.001


def test_an_unknown_article_is_refused_at_the_start(quoth: Quoth) -> None:
    said = quoth("chat", "--article", "whale.txt", stdin=b"who?\n")

    assert said.status == 2
    assert "did you mean whales.txt?" in said.err


def test_bytes_that_are_no_text_do_not_end_the_chat(quoth: Quoth) -> None:
    said = quoth("chat", stdin=b"\xff\xfe\n" + QUESTION.encode())

    assert said.status == 0
    assert "Shinzo Abe met" in said.out


def test_an_interrupted_answer_is_abandoned(quoth: Quoth, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Engine.ask
    interrupts = iter([True, False])

    def interrupted(*arguments: object, **options: object) -> object:
        if next(interrupts):
            raise KeyboardInterrupt
        return asked(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Engine, "ask", interrupted)

    out, err = piped(quoth, QUESTION, QUESTION)

    assert err == "Abandoned.\n"
    assert out.startswith("\n│ Shinzo Abe met")


# --- on a terminal -------------------------------------------------------------------------------------------


@pytest.fixture
def keys() -> Iterator[PipeInput]:
    """A keyboard."""
    with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
        yield pipe


def test_a_typed_chat_opens_with_the_articles_and_the_filter(quoth: Quoth, keys: PipeInput) -> None:
    quoth("index")
    keys.send_text(f"{QUESTION}\r/quit\r")

    said = quoth("chat", "--after", "2016-01-01", terminal=True)

    text = " ".join(re.sub(r"\x1b\[[\d;]*m", "", said.out).split())
    assert "3 articles, the newest of 1 February 2020. Quoting only of 1 January 2016 or later. Ask a" in text
    assert said.out.count("Quoting only") == 1
    assert "\x1b[1;36mSochi\x1b[0m" in said.out


def test_without_colour_the_words_that_answer_are_still_bold(
    quoth: Quoth, keys: PipeInput, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    quoth("index")
    keys.send_text(f"{QUESTION}\r\x04")

    said = quoth("chat", terminal=True)

    assert "\x1b[1mSochi\x1b[0m" in said.out
    assert "36m" not in said.out


@pytest.mark.parametrize(
    ("typed", "lines"),
    [
        ("one\rtwo\r\x04", ["one", "two"]),
        ("wrong\x03right\r\x04", ["right"]),
        ("one\r\x03two\r", ["one"]),
        ("/so\t\r\x04", ["/sources"]),
    ],
    ids=["ctrl-d-leaves", "ctrl-c-clears-the-line", "ctrl-c-on-an-empty-line-leaves", "tab-completes"],
)
def test_keys_do_what_people_expect(typed: str, lines: list[str], keys: PipeInput, tmp_path: Path) -> None:
    keys.send_text(typed)

    assert list(terminal.typed(tmp_path / "history", terminal.console(stderr=True))) == lines


def test_what_was_typed_is_remembered_and_private(keys: PipeInput, tmp_path: Path) -> None:
    history = tmp_path / "state" / "history"
    keys.send_text("first\r\x04")

    assert list(terminal.typed(history, terminal.console(stderr=True))) == ["first"]
    assert history.stat().st_mode & 0o777 == 0o600
    assert list(FileHistory(history).load_history_strings()) == ["first"]


def test_a_history_that_cannot_be_kept_is_no_obstacle(
    keys: PipeInput, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    keys.send_text("one\r\x04")

    assert list(terminal.typed(tmp_path / "file" / "history", terminal.console(stderr=True))) == ["one"]
    assert "This chat will not be remembered" in capsys.readouterr().err


def test_the_first_question_waits_for_the_model(quoth: Quoth, keys: PipeInput, monkeypatch: pytest.MonkeyPatch) -> None:
    quoth("index")
    loaded = threading.Event()

    def load() -> None:
        time.sleep(0.2)
        loaded.set()

    thread = threading.Thread(target=load)

    def ask(*_: object, **__: object) -> None:
        assert loaded.is_set()
        raise KeyboardInterrupt

    def slowly(_: object) -> threading.Thread:
        thread.start()
        return thread

    monkeypatch.setattr(terminal, "warm_up", slowly)
    monkeypatch.setattr(Engine, "ask", ask)
    keys.send_text(f"{QUESTION}\r\x04")

    assert "Abandoned." in quoth("chat", terminal=True).err


def test_a_model_that_fails_to_load_is_left_to_the_first_question(library: Path, tmp_path: Path) -> None:
    snapshot, _ = open_up_to_date(library, tmp_path / "index", FakeEncoder())

    terminal.warm_up(Engine(snapshot, BrokenEncoder())).join()
    terminal.warm_up(Engine(snapshot, FakeEncoder())).join()


LEAVES_AT_ONCE = """
import threading, time
from bot.terminal import chat as terminal
from retrieval.models.threads import in_threads

class Slow:
    def ask(self, question):
        while threading.main_thread().is_alive():
            time.sleep(0.01)
        print(list(in_threads(str, [1, 2], 2)))

terminal.warm_up(Slow())
"""


def test_whoever_leaves_while_models_are_loaded_leaves_cleanly() -> None:
    left = subprocess.run(
        [sys.executable, "-c", LEAVES_AT_ONCE], check=False, cwd=ROOT, capture_output=True, timeout=60
    )

    assert (left.returncode, left.stderr) == (0, b"")


# --- waiting -------------------------------------------------------------------------------------------------


def screen() -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=100, color_system=None)


def test_a_bar_shows_the_stage_while_an_index_is_built() -> None:
    console = screen()

    with terminal.progress(console) as told:
        told("waiting", 0, 0)
        told("reading", 64, 200)
        told("encoding", 0, 7)
        told("encoding", 7, 7)

    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert "Encoding passages" in text
    assert "7/7" in text


def test_the_bar_shows_passages_a_second_and_the_time_left() -> None:
    seconds = itertools.count()
    console = Console(
        file=io.StringIO(), force_terminal=True, width=100, color_system=None, get_time=lambda: float(next(seconds))
    )
    with terminal.progress(console) as told:
        for done in range(0, 60, 10):
            told("encoding", done, 1000)

    assert isinstance(console.file, io.StringIO)
    assert re.search(r"50/1000 +[\d.]+/s +\d\d:\d\d", console.file.getvalue())


def test_nothing_is_drawn_on_a_pipe_while_waiting() -> None:
    console = Console(file=io.StringIO())

    with terminal.progress(console) as told, terminal.waiting(console, "Loading"):
        told("encoding", 1, 2)

    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue() == ""


def test_a_spinner_turns_on_a_terminal_while_waiting() -> None:
    console = screen()

    with terminal.waiting(console, "Loading the model"):
        pass

    assert isinstance(console.file, io.StringIO)
    assert "Loading the model" in console.file.getvalue()


# --- all of it, on a real terminal with the real model -------------------------------------------------------


def test_a_person_asks_and_leaves(tmp_path: Path) -> None:
    keyboard, screen_end = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "chat", "--articles", "data/articles", "--index", str(tmp_path / "index")],
        cwd=ROOT,
        stdin=screen_end,
        stdout=screen_end,
        stderr=screen_end,
        env=os.environ | {"TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"},
    )
    os.close(screen_end)
    try:
        assert "or type /help." in shown_until(keyboard, READY)
        os.write(keyboard, b"who met in Sochi?\r")
        answer = shown_until(keyboard, READY)
        assert "Vladimir Putin" in answer
        assert "28 November 2016" in answer
        os.write(keyboard, b"\x04")
        shown_until(keyboard, None)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()
        os.close(keyboard)


READY = "\x1b[?2004h"
"""What prompt_toolkit sends when it begins to listen."""


def shown_until(keyboard: int, mark: str | None) -> str:
    """What appears on the screen until ``mark`` does, or until the program ends; as one line, without colours."""
    seen = b""
    while mark is None or mark.encode() not in seen:
        assert select.select([keyboard], [], [], 60)[0], seen
        try:
            chunk = os.read(keyboard, 4096)
        except OSError:  # so Linux says that the program has ended
            chunk = b""
        if not chunk:
            assert mark is None, seen
            break
        seen += chunk
    return " ".join(re.sub(r"\x1b\[[?\d;]*[A-Za-z]|│", " ", seen.decode("utf-8", "replace")).split())


# --- a talk --------------------------------------------------------------------------------------------------


def test_a_talk_goes_on_changes_its_subject_and_is_cut(quoth: Quoth) -> None:
    out, _ = piped(
        quoth, "hi", QUESTION, "when was that?", "more", "where does it say that?", "what do blue whales eat?",
        "thanks", "/new", "when was that?", "who met Putni in Sochi?", options=("--top", "1")
    )  # fmt: skip

    hello, first, that, *_ = out.split("\n\n")
    assert hello.startswith("Hello. Ask me about “")
    assert first.startswith("│ Shinzo Abe met Vladimir Putin")
    assert that.startswith("(about: Putin, Sochi)")
    assert "krill" in out
    assert "You are welcome." in out
    after = out.partition("A new subject, then.")[2]
    assert "about:" not in after
    assert "(reading Putni as Putin)\n" in after


def test_a_change_of_subject_is_answered_as_if_it_were_the_first(quoth: Quoth) -> None:
    alone, _ = piped(quoth, "who wrote Hamlet?")
    after, _ = piped(quoth, QUESTION, "who wrote Hamlet?")

    assert alone.startswith("The articles do not say.")
    assert "The articles do not say." in after
    assert "about:" not in after


def test_explaining_tells_what_a_question_goes_on_from(quoth: Quoth) -> None:
    out, _ = piped(quoth, QUESTION, "when was that?", options=("--explain",))

    assert "read as: when was that? (Putin, Sochi)" in out
    assert f"first asked: {QUESTION}" in out
