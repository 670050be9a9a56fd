"""The row over a table that names its columns, in an article's text, where a row is a paragraph: "Auk | 9 | 2019"."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from retrieval.articles.formats.tables import names_columns

_BETWEEN = " | "
_FAR = 50_000
"""Code points above a place in which the first row of its table is looked for."""
_SEEN = 20
"""Rows that are looked at to see whether the first names the columns."""


def table_head(text: str, place: int) -> str | None:
    """The row that names the columns for the row at a place of ``text``; None for none, and for that row itself."""
    start, end = _paragraph(text, place)
    if _BETWEEN not in text[start:end]:
        return None
    first = start
    while first > max(0, start - _FAR) and _BETWEEN in text[slice(*_paragraph(text, first - 2))]:
        first = _paragraph(text, first - 2)[0]
    rows = [row.split(_BETWEEN) for row in _rows(text, first)]
    return _BETWEEN.join(rows[0]) if first < start and names_columns(rows) else None


def _rows(text: str, first: int) -> Iterator[str]:
    for paragraph in islice(text[first : first + _FAR].split("\n\n"), _SEEN):
        if _BETWEEN not in paragraph:
            return
        yield paragraph


def _paragraph(text: str, place: int) -> tuple[int, int]:
    """Where the paragraph at a place begins and ends, which blank lines set apart."""
    before, behind = text.rfind("\n\n", 0, place + 1), text.find("\n\n", place)
    return before + 2 if before >= 0 else 0, behind if behind >= 0 else len(text)
