"""Lines as a person types them or another program writes them."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from prompt_toolkit.history import FileHistory

from bot.terminal import prompt
from bot.terminal.chat import COMMANDS
from bot.terminal.console import console

if TYPE_CHECKING:
    from prompt_toolkit.input import PipeInput


def test_lines_that_are_there_come_together_and_none_is_waited_for() -> None:
    reading, writing = os.pipe()
    with open(reading, "rb") as stdin, open(writing, "wb", buffering=0) as program:  # noqa: PTH123 - descriptors
        batches = prompt.batches(stdin)
        program.write(b"one\ntwo\nthr")
        assert next(batches) == [b"one", b"two"]
        program.write(b"ee\nfour")
        assert next(batches) == [b"three"]
        program.close()
        assert list(batches) == [[b"four"]]


def test_a_long_file_comes_in_batches() -> None:
    batches = list(prompt.batches(io.BytesIO(b"who?\n" * 100)))

    assert list(map(len, batches)) == [64, 36]


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

    assert list(prompt.typed(tmp_path / "history", COMMANDS, console(stderr=True))) == lines


def test_what_was_typed_is_remembered_and_private(keys: PipeInput, tmp_path: Path) -> None:
    history = tmp_path / "state" / "history"
    keys.send_text("first\r\x04")

    assert list(prompt.typed(history, COMMANDS, console(stderr=True))) == ["first"]
    assert history.stat().st_mode & 0o777 == 0o600
    assert list(FileHistory(history).load_history_strings()) == ["first"]


def test_a_history_that_cannot_be_kept_is_no_obstacle(
    keys: PipeInput, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    keys.send_text("one\r\x04")

    assert list(prompt.typed(tmp_path / "file" / "history", COMMANDS, console(stderr=True))) == ["one"]
    assert "This chat will not be remembered" in capsys.readouterr().err
