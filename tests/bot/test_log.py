"""The log of what runs for long."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from bot import log, settings

if TYPE_CHECKING:
    import pytest


def test_a_name_that_is_no_setting_is_told_at_the_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(root, "level", root.level)
    monkeypatch.setenv("QUOTH_DISCORD_GUILD", "2")
    monkeypatch.setenv("QUOTH_QQQ", "2")

    log.configure(settings.load(), "")

    lines = capsys.readouterr().err.splitlines()
    told = "There is no setting QUOTH_DISCORD_GUILD: did you mean QUOTH_DISCORD_GUILDS?"
    assert any("WARNING" in line and line.endswith(told) for line in lines)
    assert any("INFO" in line and "QUOTH_QQQ is no setting of Quoth's" in line for line in lines)
