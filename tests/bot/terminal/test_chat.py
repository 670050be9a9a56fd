"""The chat as a person meets it, typed and piped."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import threading
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.terminal import chat, progress, prompt
from bot.terminal.chat import COMMANDS
from retrieval.engine import Engine
from tests.bot.conftest import Quoth

if TYPE_CHECKING:
    from prompt_toolkit.input import PipeInput

ROOT = Path(__file__).parents[3]
QUESTION = "who met Putin in Sochi?"


def piped(quoth: Quoth, *lines: str, options: tuple[str, ...] = ()) -> tuple[str, str]:
    """Standard output and error of a chat on a pipe over an index that is up to date."""
    quoth("index")
    said = quoth("chat", *options, stdin="".join(f"{line}\n" for line in lines).encode())
    assert said.status == 0
    return said.out, said.err


pytestmark = pytest.mark.usefixtures("library")


def test_a_piped_chat_prints_answers_and_nothing_else(quoth: Quoth) -> None:
    out, err = piped(quoth, QUESTION, "", "which planet has purple rings?")

    assert out.startswith("│ Shinzo Abe met Vladimir Putin in Sochi on May 6.\n")
    assert "\n\nThe articles do not say.\n" in out
    assert "\x1b" not in out
    assert prompt.PROMPT not in out
    assert err == ""


def test_leaving_ends_the_chat_at_once(quoth: Quoth) -> None:
    for word in ("/quit", "exit", " QUIT ", "/Quit now"):
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


def test_a_command_may_be_in_capitals(quoth: Quoth) -> None:
    out, _ = piped(quoth, "/NEW", "/Help")

    assert out.startswith("A new subject, then.\n")
    assert all(command in out for command in COMMANDS)


def test_of_a_single_quote_no_range_is_named(quoth: Quoth) -> None:
    out, _ = piped(quoth, QUESTION, "/context 2", options=("--top", "1"))

    assert out.endswith("\nSay which quote: /context 1.\n\n")


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


def test_where_no_command_is_near_none_is_named(quoth: Quoth) -> None:
    assert piped(quoth, "/")[0] == "There is no /. /help lists the commands.\n\n"


def test_help_lists_every_command(quoth: Quoth) -> None:
    out, _ = piped(quoth, "/help")

    assert all(command in out for command in COMMANDS)


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


def test_the_first_question_waits_for_the_model(quoth: Quoth, keys: PipeInput, monkeypatch: pytest.MonkeyPatch) -> None:
    quoth("index")
    going = threading.Event()
    thread = threading.Thread(target=going.wait)

    def warm_up(_: object) -> threading.Thread:
        thread.start()
        return thread

    def waiting(*_: object) -> AbstractContextManager[object]:
        going.set()  # the model is loaded once somebody waits for it
        return nullcontext()

    def ask(*_: object, **__: object) -> None:
        assert not thread.is_alive()
        raise KeyboardInterrupt

    monkeypatch.setattr(progress, "warm_up", warm_up)
    monkeypatch.setattr(chat, "waiting", waiting)
    monkeypatch.setattr(Engine, "ask", ask)
    keys.send_text(f"{QUESTION}\r\x04")

    assert "Abandoned." in quoth("chat", terminal=True).err
    assert going.is_set()


@pytest.mark.timeout(600)
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
        assert process.wait() == 0
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
        select.select([keyboard], [], [])
        try:
            chunk = os.read(keyboard, 4096)
        except OSError:  # so Linux says that the program has ended
            chunk = b""
        if not chunk:
            assert mark is None, seen
            break
        seen += chunk
    return " ".join(re.sub(r"\x1b\[[?\d;]*[A-Za-z]|│", " ", seen.decode("utf-8", "replace")).split())


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
    assert "\na follow-up: its best answer lies with what was said before\n" in out
    assert "follow-up" not in piped(quoth, QUESTION, options=("--explain",))[0]


def test_explaining_tells_why_a_question_goes_on_from_nothing(quoth: Quoth) -> None:
    out, _ = piped(quoth, QUESTION, "who wrote Hamlet?", options=("--explain",))

    assert "\nno follow-up: " in out
