"""What stands at the top and the foot of a PDF file's pages and is no part of the text: running heads, page numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from retrieval.articles.formats.pdf_lines import Line

_PAGE_NUMBER = re.compile(r"(?:page\s+)?[-–—\s]*\d{1,4}(?:\s*(?:/|of)\s*\d{1,4})?[-–—\s]*", re.IGNORECASE)

_MARGIN_LINES = 3
"""No more lines than these are taken off a page's top or foot, however alike pages are."""


def without_margins(pages: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """Pages without page numbers, and without what stands at the top or the foot of several of them.

    Words at an end of most pages go. Running heads change from left to right pages and from chapter to chapter, so two
    pages are enough for words that stand in the same place, in the same size, away from the text.
    """
    pages = [_top_and_foot_outermost(page) for page in pages]
    ends = Counter(words for page in pages for words in {_numberless(line) for line in [*page[:2], *page[-2:]]})
    usual = {words for words, times in ends.items() if times > max(1, len(pages) / 2)}
    apart = Counter(key for page in pages for key in _places_apart(page))
    kept = []
    for page in pages:
        lines = list(page)
        for end in (0, -1) * _MARGIN_LINES:
            if lines and (
                _PAGE_NUMBER.fullmatch(lines[end].text)
                or _numberless(lines[end]) in usual
                or (_is_apart(lines, end) and apart[_place(lines[end])] > 1)
            ):
                lines.pop(end)
        kept.append(lines)
    return kept


def _top_and_foot_outermost(page: Sequence[Line]) -> list[Line]:
    """A page's lines with those that stand apart at its top and foot first and last, whenever they were drawn."""
    if len(page) <= 2 * _MARGIN_LINES:
        return list(page)
    ordered = sorted(page, key=lambda line: -line.height)
    head, foot = _until_gap(ordered), _until_gap(ordered[::-1])
    outer = {*map(id, head), *map(id, foot)}
    return [*head, *(line for line in page if id(line) not in outer), *foot[::-1]]


def _until_gap(lines: Sequence[Line]) -> list[Line]:
    """The first of some lines, as far as a gap parts them from the others; none without one."""
    for number, (one, two) in enumerate(pairwise(lines[:_MARGIN_LINES]), 1):
        if abs(one.height - two.height) > 1.6 * max(one.size, two.size):
            return list(lines[:number])
    return []


def _places_apart(page: Sequence[Line]) -> set[tuple[str, int, int]]:
    """The places of the outermost lines of a page, one after the other, as long as they stand apart."""
    lines, found = list(page), set()
    for end in (0, -1) * (_MARGIN_LINES - 1):
        if _is_apart(lines, end):
            found.add(_place(lines.pop(end)))
    return found


def _is_apart(page: Sequence[Line], end: int) -> bool:
    """Whether a page's first or last line stands away from the next one."""
    if len(page) < 2:  # noqa: PLR2004 - there is no next one
        return False
    line, neighbour = (page[0], page[1]) if end == 0 else (page[-1], page[-2])
    return abs(line.height - neighbour.height) > 1.6 * max(line.size, neighbour.size)


def _numberless(line: Line) -> str:
    return re.sub(r"\d+|\b[ivxlc]+\b", "0", line.text)


def _place(line: Line) -> tuple[str, int, int]:
    """What is the same of a running head on two pages: its words but for numbers, its height and its size."""
    return _numberless(line), round(line.height / 3), round(line.size)
