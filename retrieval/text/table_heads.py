"""The row over a table that names its columns, in an article's text, where a row is a paragraph: "Auk | 9 | 2019"."""

from __future__ import annotations

from itertools import takewhile

from retrieval.articles.formats.tables import names_columns

BETWEEN_CELLS = " | "
"""In a row of a table, as its text has it."""
_FAR = 50_000
"""Code points above a place in which the first row of its table is looked for."""
_SEEN = 20
"""Rows that are looked at to see whether the first names the columns."""


def table_head(text: str, place: int) -> str | None:
    """The row that names the columns for the row at a place of ``text``; None for none, and for that row itself."""
    blank = text.rfind("\n\n", 0, place + 1)
    start = blank + 2 if blank >= 0 else 0
    if not _is_row(text[start : start + _FAR].split("\n\n", 1)[0]):
        return None
    begin = max(0, start - _FAR)
    paragraphs = text[begin : max(begin, start - 2)].split("\n\n")
    above = list(takewhile(_is_row, reversed(paragraphs)))[::-1]
    if not above or (begin and len(above) == len(paragraphs)):
        return None
    rows = [*above, *takewhile(_is_row, text[start : start + _FAR].split("\n\n"))][:_SEEN]
    return above[0] if names_columns([row.split(BETWEEN_CELLS) for row in rows]) else None


def _is_row(paragraph: str) -> bool:
    return BETWEEN_CELLS in paragraph
