"""How wide what is printed may be."""

from __future__ import annotations

import io
import os
import shutil
import sys
from typing import TYPE_CHECKING

from bot.terminal.console import console

if TYPE_CHECKING:
    import pytest


class Terminal(io.StringIO):
    """A stream that is a terminal's."""

    def isatty(self) -> bool:
        return True


def test_a_dumb_terminal_is_as_wide_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.setattr(shutil, "get_terminal_size", lambda *_, **__: os.terminal_size((60, 24)))
    monkeypatch.setenv("TERM", "dumb")

    assert console().width == 60
