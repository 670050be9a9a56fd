"""Tables in text, as spreadsheets and databases export them: a row an article, or else row by row."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from pathlib import PurePath

from retrieval.articles.formats.decoding import decode
from retrieval.articles.formats.records import article_of, fields_of, text_field
from retrieval.articles.formats.tables import check_size, table_lines
from retrieval.articles.formats.values import Extracted, ExtractedArticle, no_headings, squeezed, titled
from retrieval.errors import ArticleUnreadable

_BETWEEN = ",;\t|"
"""What may stand between columns; the first row tells which does."""


def read_table(name: str, content: bytes) -> list[Extracted]:
    """An article a row, whose columns are named by the first row; row by row where none of these is a text's."""
    text = decode(name, content)
    csv.field_size_limit(len(text) + 1)
    try:
        between = max(_BETWEEN, key=lambda mark: len(next(csv.reader(StringIO(text), delimiter=mark), [])))
        table = csv.DictReader(StringIO(text), delimiter=between)
        columns = fields_of(dict.fromkeys(table.fieldnames or (), "named"))
        if columns and not text_field(columns):
            return [_row_by_row(name, csv.reader(StringIO(text), delimiter=between))]
        return [article_of(fields_of(row), number) for number, row in enumerate(table, 1)]
    except csv.Error as error:
        raise ArticleUnreadable(name, f"it is no table: {error}") from error


def _row_by_row(name: str, table: Iterable[Sequence[str]]) -> ExtractedArticle:
    rows = [list(map(squeezed, row)) for row in table if any(map(str.strip, row))]
    check_size(name, len(rows))
    lines = map(no_headings, table_lines(rows, named=True))
    return ExtractedArticle("\n\n".join(lines), {"title": titled(PurePath(name).stem)})
