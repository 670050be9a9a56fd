"""What a terminal shows, and what it may obey instead of showing."""

from __future__ import annotations

import io
import unicodedata

from hypothesis import strategies as st
from rich.console import Console, RenderableType

DIRECTIONS = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
anything = st.text(st.characters(codec=None, exclude_categories=()), min_size=1)


def shown(
    thing: RenderableType, width: int = 80, *, terminal: bool = False, encoding: str = "utf-8", crop: bool = True
) -> str:
    """What a console prints of it; a terminal has colours."""
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="replace")
    console = Console(
        file=file, width=width, force_terminal=terminal, color_system="standard" if terminal else None, markup=False
    )
    console.print(thing, crop=crop)
    file.seek(0)
    return file.read()


def dangerous(text: str) -> set[str]:
    """The characters of ``text`` that a terminal may obey instead of showing."""
    return {char for char in text if unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} or char in DIRECTIONS} - {
        "\n"
    }
