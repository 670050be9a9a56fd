"""Tables of articles, as spreadsheets and databases export them: a row an article."""

from __future__ import annotations

import csv
from io import StringIO

from retrieval.articles.formats.decoding import decode
from retrieval.articles.formats.records import article_of, fields_of, text_field
from retrieval.articles.formats.values import Extracted
from retrieval.errors import ArticleUnreadable

_BETWEEN = ",;\t|"
"""What may stand between columns; the first row tells which does."""


def read_table(name: str, content: bytes) -> list[Extracted]:
    """An article a row, whose columns are named by the first row; ``text`` is one of them."""
    text = decode(name, content)
    csv.field_size_limit(len(text) + 1)
    try:
        between = max(_BETWEEN, key=lambda mark: len(next(csv.reader(StringIO(text), delimiter=mark), [])))
        table = csv.DictReader(StringIO(text), delimiter=between)
        columns = fields_of(dict.fromkeys(table.fieldnames or (), "named"))
        if columns and not text_field(columns):
            raise ArticleUnreadable(name, 'none of its columns is named "text"')
        return [article_of(fields_of(row), number) for number, row in enumerate(table, 1)]
    except csv.Error as error:
        raise ArticleUnreadable(name, f"it is no table: {error}") from error
