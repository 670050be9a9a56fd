"""Paragraphs of articles for windows of any width: without the line ends by which a file wraps them."""

from __future__ import annotations

import re

_WRAPPED_LINE = re.compile(r"(?<!\n)\n(?![\n#•*-]|\d+[.)])")
"""A line end inside a paragraph: not at a blank line, nor before a heading or an item of a list."""
_CODE = re.compile(r"\S[ \t]{2,}\S|^[ \t]{2,}\S|[{}=\\$<>;]|(?:^|\s)(?:--?[a-zA-Z]|[~.]*/[\w.])|^\S+\(|:$")
"""What a line of a program, of settings or of a shell has, and one of prose seldom."""


def unwrapped(text: str) -> str:
    """``text``, of the same length, with spaces for the line ends inside its paragraphs; lines of code stay lines."""

    def seen(found: re.Match[str]) -> str:
        at, behind = found.span()
        end = text.find("\n", behind)
        lines = text[text.rfind("\n", 0, at) + 1 : at], text[behind : end if end >= 0 else len(text)]
        return "\n" if all(map(_CODE.search, lines)) else " "

    return _WRAPPED_LINE.sub(seen, text)
