"""From settings to the engine's parts."""

from __future__ import annotations

import pytest

from bot import assembly, settings
from tests.bot.conftest import Quoth


@pytest.mark.usefixtures("library")
def test_the_device_that_is_set_reaches_the_encoder_and_the_reader(
    quoth: Quoth, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUOTH_DEVICE", "meta")
    monkeypatch.setenv("QUOTH_READER", "trained")
    named: list[tuple[str, str | None]] = []
    monkeypatch.setattr(
        "retrieval.answer.reading.span_reader.reader_named", lambda name, device=None: named.append((name, device))
    )

    assert quoth("ask", "who met Putin in Sochi?").status == 0
    assert named == [("trained", "meta")]
    monkeypatch.undo()
    assert assembly.build_encoder(settings.load(device="meta"))._device == "meta"  # type: ignore[attr-defined]
