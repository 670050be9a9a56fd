"""Paragraphs that a file wraps are one for a window of any width, and commands stay on their lines."""

from __future__ import annotations

import pytest

from bot.unwrapping import unwrapped

PROSE = [
    ("The ferry stopped\nin Harn.\n\nIt rained.", "The ferry stopped in Harn.\n\nIt rained."),
    ("Bring:\n- a coat\n- a map", "Bring:\n- a coat\n- a map"),
    ("Cafés and/or bars close\nat ten; others do not.", "Cafés and/or bars close at ten; others do not."),
]
CODE = [
    "sudo systemctl --now stop ferry\nsudo cp -a /var/lib/ferry /media",
    "tar -xf ferry.tar\ncd ./ferry\n./configure --prefix=/opt",
    "ports:\n  - 8096:8096/tcp\n  - 7359:7359/udp",
    "harn.example    CAA 0 issue\nelve.example    CAA 0 issue",
    "def sail(ferry):\n    ferry.cast_off()",
]


@pytest.mark.parametrize(("text", "seen"), PROSE)
def test_line_ends_inside_a_paragraph_are_spaces(text: str, seen: str) -> None:
    assert unwrapped(text) == seen


@pytest.mark.parametrize("text", CODE)
def test_commands_and_settings_stay_on_their_lines(text: str) -> None:
    assert unwrapped(text) == text
