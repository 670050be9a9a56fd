"""What Discord's clients make of a message's text, as far as tests need it: written from its help pages."""

from __future__ import annotations

import re
from dataclasses import dataclass

ESCAPED = "\0"
"""Stands for a character that a backslash made plain."""

ACTIVE = {
    "mention": re.compile(r"<@[!&]?\d+>|<#\d+>|@everyone|@here|</|<id:"),
    "emoji": re.compile(r"<a?:\w+:\d+>|:\w+:"),
    "timestamp": re.compile(r"<t:"),
    "link": re.compile(r"https?://\S|steam://|discord(?:app)?\.(?:gg|com)", re.IGNORECASE),
    "masked link": re.compile(r"\[[^\]]*\]\("),
    "code": re.compile(r"`"),
    "spoiler": re.compile(r"\|\|"),
    "strike": re.compile(r"~~"),
    "emphasis": re.compile(r"\*|_"),
    "heading": re.compile(r"^\s*#{1,3} ", re.MULTILINE),
    "small print": re.compile(r"^\s*-# ", re.MULTILINE),
    "list": re.compile(r"^\s*(?:[-+*]|\d+[.)]) ", re.MULTILINE),
    "quotation": re.compile(r"^\s*>", re.MULTILINE),
    "dangling escape": re.compile(r"\\"),
}
HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f"
    "\u115f\u1160\u3164\uffa0\ufeff\ud800-\udfff\U000e0000-\U000e007f]"
)


@dataclass(frozen=True, slots=True)
class Seen:
    """A text as a reader sees it, and what its markup is made of."""

    text: str
    """Without escapes and without the marks of bold."""
    raw: str
    """With ``ESCAPED`` for each escaped character, and without the marks of bold."""
    bold: tuple[str, ...]

    @property
    def active(self) -> set[str]:
        """The kinds of markup that take effect."""
        return {kind for kind, pattern in ACTIVE.items() if pattern.search(self.raw)}


def read(markdown: str) -> Seen:
    """Undo escapes and bold, from left to right as Discord's parser does."""
    text, raw, bold = "", "", [""]
    inside = False
    for part in re.findall(r"\\[^0-9A-Za-z\s]|\*\*|[\s\S]", markdown):
        if part == "**":
            inside = not inside
            bold += [] if inside else [""]
            continue
        plain = part[1:] if len(part) > 1 else part
        text += plain
        raw += ESCAPED if len(part) > 1 else part
        if inside:
            bold[-1] += plain
    assert not inside, f"bold is never closed: {markdown!r}"
    assert all(bold[:-1]), f"bold of nothing: {markdown!r}"
    return Seen(text, raw, tuple(bold[:-1]))


def unquoted(markdown: str) -> str:
    """A quotation's lines without what makes them one."""
    lines = markdown.split("\n")
    assert all(line.startswith("> ") for line in lines), markdown
    return "\n".join(line[2:] for line in lines)
