"""Tables as lines of text, a row a line, and which of them have a first row that names the columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import starmap

from retrieval.errors import ArticleUnreadable

_LONGEST_NAME = 100
"""Characters of a column's name, which may be a question that many were asked; what is longer is text."""
_MOST_ROWS = 20_000
_NAME_AND_VALUE = 2
_ROWS = 2
"""Rows, at least, below a first one that nothing marks as a head."""
_FIGURE = re.compile(r"[\W\d_]*\d[\W\d_]*")
_YEAR = re.compile(r"(?:1[89]|20)\d\d")


def table_lines(rows: Iterable[Sequence[str]], *, named: bool) -> Iterator[str]:
    """Each row of a table of data as a line: "Ticket: Student | Price: 7 euros", where the first row names the columns.

    So a row says by itself what it says, however many of its cells are empty. Rows of other lengths, of a single cell,
    and of tables whose columns have no names are their cells alone: "Student | 7 euros". A title may stand in rows
    above the names.
    """
    table = list(rows)
    above = title_rows(table)
    yield from (row_line(cells, ()) for cells in table[:above])
    first, *below = table[above:] or [()]
    if named and are_names(first, below):
        names = [_spoken(name) for name in first]
        yield from (row_line(cells, names) for cells in below)
    else:
        yield from (row_line(cells, ()) for cells in (first, *below))


def names_columns(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row of a table, of which no mark says so, looks like names of columns.

    Its cells are words or years, of which none stands again in its column; only the corner may be empty. Two columns
    may as well be a name and a value in each row ("Phone | 0471"), so there figures below a word have to tell.
    """
    first, *below = rows[title_rows(rows) :] or [()]
    alike = [row for row in below if len(row) == len(first)]
    if len(alike) < _ROWS or not are_names(first, alike):
        return False
    columns = list(zip(first, *alike, strict=True))
    if any(name in cells for name, *cells in columns):
        return False
    return len(first) > _NAME_AND_VALUE or all(map(_FIGURE.fullmatch, columns[-1][1:]))


def check_size(name: str, rows: int) -> None:
    """Raise ``ArticleUnreadable`` for a table of data rather than of words, which nobody wants to wait for."""
    if rows > _MOST_ROWS:
        raise ArticleUnreadable(
            name, f'it has {rows:,} rows, and no column named "text"; of such a table at most {_MOST_ROWS:,} are read'
        )


def title_rows(rows: Sequence[Sequence[str]]) -> int:
    """How many rows at the head of a table are titles or notes, of one cell where a row further down has several."""
    return next((number for number, cells in enumerate(rows) if sum(map(bool, cells)) > 1), 0)


def are_names(cells: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether a row's cells can name the columns below: two or more, no text, no value, and only the corner empty."""
    alike = [row for row in below if len(row) == len(cells)]
    if not alike or len(cells) < 2 or not all(cells[1:]) or max(map(len, cells)) > _LONGEST_NAME:  # noqa: PLR2004
        return False
    return not any(starmap(_is_value, zip(cells, *alike, strict=True)))


def _is_value(cell: str, *below: str) -> bool:
    """Whether a cell is a number, price or date, or a value behind its name; a year names a column of other figures."""
    if _YEAR.fullmatch(cell):
        return any(map(_YEAR.fullmatch, below))
    return bool(_FIGURE.fullmatch(cell)) or ": " in cell


def _spoken(name: str) -> str:
    """A column's name in words, "end date" for "end_date"; of "#" nothing."""
    return name.rstrip(": ").replace("_", " ") if any(map(str.isalnum, name)) else ""


def row_line(cells: Sequence[str], names: Sequence[str]) -> str:
    """A row as a line, its cells behind these names if there are as many; a row of one filled cell goes without."""
    filled = [cell for cell in cells if cell]
    if len(cells) != len(names) or len(filled) == 1:
        return " | ".join(filled)
    return " | ".join(f"{name}: {cell}" if name else cell for name, cell in zip(names, cells, strict=True) if cell)
