"""Rich text files (.rtf): their words, by striprtf, without what the writer hid or deleted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from retrieval.articles.formats.values import ExtractedArticle, no_headings, raised, squeezed
from retrieval.errors import ArticleUnreadable

_GROUP = re.compile(r"[^{}]+")

_HIDDEN = re.compile(r"(?<!\\)\\(?:v|deleted)1?(?![a-z0-9-])")

_SHOWN = re.compile(r"\\(?:v0|deleted0|plain|pard)(?![a-z0-9])")
"""Marks from which on a group is hidden (or deleted, with changes tracked), and from which on it is shown again."""

_HIGH = re.compile(r"(?<!\\)\\super1?(?![a-z0-9-])[^{}]*?(?=[{}]|\\(?:super|nosupersub|plain|pard)(?![a-z])|\Z)")
"""What is set higher than its line, up to where that ends."""

_CONTROL = re.compile(r"(\\(?:[a-z]+-?\d*|'[0-9a-f]{2}|.))|([^\\]+)", re.DOTALL)
"""A mark of the format, or words."""

_LINE_BREAK = re.compile(r"(?<!\\)\\line(?![a-z0-9-]) ?")

_LINE = "\ue000"
"""Stands for a break of a line inside of a paragraph."""

_CODE_PAGE = re.compile(r"\\ansicpg\d{1,5}")

_MAC_FONT = re.compile(r"(?<=\\fcharset)(7[89]|8[0-9])(?!\d)")

_WINDOWS_FONT = {"78": "128", "79": "136", "80": "129", "82": "177", "85": "134", "88": "222"}
"""For encodings of old Macs that Python does not know: those of Windows that are nearest."""

_HEAD = 2**16
"""Characters in which a file says what it is about."""


def read_rich_text(name: str, content: bytes) -> list[ExtractedArticle]:
    """A rich text file: its paragraphs and rows of tables, and the title, author and day that it keeps."""
    written = content.decode("latin-1")
    if not written.lstrip().startswith("{\\rtf"):
        raise ArticleUnreadable(name, "it is damaged or no RTF file")
    head = written[:_HEAD]
    known = {"title": _property(head, "title"), "source": _property(head, "author"), "published": _created(head)}
    written = _HIGH.sub(_raised, written)
    shown = _LINE_BREAK.sub(_LINE, _GROUP.sub(_without_hidden, written))
    text = "\n\n".join(filter(None, _paragraphs(_words(shown))))
    return [ExtractedArticle(text, {key: value for key, value in known.items() if value})]


def _without_hidden(group: re.Match[str]) -> str:
    """What stands between two braces, with what is hidden there marked as a thing that no reader has to know."""
    text = group[0]
    hidden = _HIDDEN.search(text)
    if hidden is None or _SHOWN.search(text, hidden.end()):
        return text
    return f"{text[: hidden.start()]}\\*{text[hidden.end() :]}"


def _raised(high: re.Match[str]) -> str:
    """What is set higher than its line, with numbers in characters that say so."""
    return _CONTROL.sub(lambda part: part[1] or raised(part[2]), high[0])


def _words(written: str) -> str:
    """What rich text says, with characters that are written as two halves put together.

    striprtf would write a link's address behind its words, and takes very long to look for one: the space keeps it from
    that.
    """
    from striprtf.striprtf import rtf_to_text

    written = _MAC_FONT.sub(lambda found: _WINDOWS_FONT.get(found[1], "0"), written)
    said: str = rtf_to_text(written.replace("\\fldinst{", "\\fldinst {"), errors="replace")
    return said.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _paragraphs(said: str) -> Iterator[str]:
    for paragraph in said.split("\n"):
        if paragraph.rstrip().endswith("|"):  # a row of a table: striprtf ends every cell so
            yield " | ".join(filter(None, map(squeezed, paragraph.split("|"))))
        else:
            yield no_headings("\n".join(filter(None, map(squeezed, paragraph.split(_LINE)))))


def _property(head: str, what: str) -> str:
    """What a file says of itself, among its properties."""
    info = head.find("{\\info")
    pattern = rf"\{{\\{what}(?![a-z])\s?((?:[^{{}}\\]|\\.){{0,1000}})\}}"
    found = re.compile(pattern, re.DOTALL).search(head, max(info, 0))
    if info < 0 or not found:
        return ""
    page = _CODE_PAGE.search(head)
    return squeezed(_words(f"{{\\rtf1\\ansi{page[0] if page else ''} {found[1]}}}"))


def _created(head: str) -> str:
    """The day on which it was written, or nothing."""
    found = re.search(r"\{\\creatim\\yr(\d{4})\\mo(\d{1,2})\\dy(\d{1,2})", head)
    try:
        return date(*map(int, found.groups())).isoformat() if found else ""
    except ValueError:
        return ""
