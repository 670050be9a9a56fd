"""Tables in text, as spreadsheets and databases export them: a row an article, or else row by row."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from io import StringIO
from itertools import islice
from pathlib import PurePath

from retrieval.articles.formats.decoding import decode
from retrieval.articles.formats.records import article_of, fields_of, text_field
from retrieval.articles.formats.tables import check_size, table_lines, title_rows
from retrieval.articles.formats.values import Extracted, ExtractedArticle, no_headings, squeezed, titled
from retrieval.errors import ArticleUnreadable

_BETWEEN = ",;\t|"
"""What may stand between columns: that by which the most rows are as wide as each other."""
_LOOKED_AT = 50
"""Rows that tell which."""


def read_table(name: str, content: bytes) -> list[Extracted]:
    """An article a row, whose columns are named by the first row; row by row where none of these is a text's."""
    text = decode(name, content)
    csv.field_size_limit(len(text) + 1)
    try:
        rows = list(_rows(text, max(_BETWEEN, key=lambda mark: _alike(text, mark))))
    except csv.Error as error:
        raise ArticleUnreadable(name, f"it is no table: {error}") from error
    names, *below = rows[title_rows(rows) :] or [[]]
    columns = fields_of(dict.fromkeys(names, "named"))
    if columns and not text_field(columns):
        return [_row_by_row(name, rows)]
    return [article_of(fields_of(dict(zip(names, row, strict=False))), number) for number, row in enumerate(below, 1)]


def _rows(text: str, between: str) -> Iterator[list[str]]:
    """The rows that are not empty."""
    return filter(any, csv.reader(StringIO(text), delimiter=between))


def _alike(text: str, between: str) -> tuple[int, int]:
    """How many rows have the same number of columns, more than one, and what that is."""
    widths = Counter(map(len, islice(_rows(text, between), _LOOKED_AT)))
    return max(((rows, width) for width, rows in widths.items() if width > 1), default=(0, 0))


def _row_by_row(name: str, table: Sequence[Sequence[str]]) -> ExtractedArticle:
    check_size(name, len(table))
    lines = map(no_headings, table_lines([list(map(squeezed, row)) for row in table], named=True))
    return ExtractedArticle("\n\n".join(filter(None, lines)), {"title": titled(PurePath(name).stem)})
