"""Tables as lines of text, a row a line, and which of them have a first row that names the columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from retrieval.errors import ArticleUnreadable

_LONGEST_NAME = 60
"""Characters of a column's name; what is longer is text, and would stand in every row."""
_MOST_ROWS = 20_000
_NAME_AND_VALUE = 2
_ROWS = 2
"""Rows, at least, below a first one that nothing marks as a head."""
_FIGURE = re.compile(r"[\W\d_]*\d[\W\d_]*")
_NO_NAME = re.compile(rf"\A(?!(?:1[89]|20)\d\d\Z){_FIGURE.pattern}\Z|: ")
"""A number, a price or a date, but no year, which names a column as well as a word does; or a value behind its name."""


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
    if named and are_names(first) and any(len(cells) == len(first) for cells in below):
        names = [name.rstrip(": ") if any(map(str.isalnum, name)) else "" for name in first]  # "#" says nothing
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
    if len(alike) < _ROWS or not are_names(first) or any(map(_NO_NAME.search, first)):
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
    """How many rows at the head of a table have one filled cell of several."""
    return next((n for n, cells in enumerate(rows) if len(cells) == 1 or sum(map(bool, cells)) != 1), len(rows))


def are_names(cells: Sequence[str]) -> bool:
    """Whether a row's cells can name columns: two or more, none a text, and none empty but that in the corner."""
    return len(cells) > 1 and all(cells[1:]) and max(map(len, cells)) <= _LONGEST_NAME


def row_line(cells: Sequence[str], names: Sequence[str]) -> str:
    """A row as a line, its cells behind these names if there are as many; a row of one filled cell goes without."""
    filled = [cell for cell in cells if cell]
    if len(cells) != len(names) or len(filled) == 1:
        return " | ".join(filled)
    return " | ".join(f"{name}: {cell}" if name else cell for name, cell in zip(names, cells, strict=True) if cell)
