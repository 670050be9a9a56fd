"""Spreadsheets (.xlsx, .xls, .ods): a row an article where a column is named as a text is, or else all as tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, time
from io import BytesIO
from itertools import chain, count
from pathlib import PurePath

from python_calamine import CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum, load_workbook

from retrieval.articles.formats.packed import LOCKED, locked, open_package
from retrieval.articles.formats.records import article_of, fields_of, text_field
from retrieval.articles.formats.tables import check_size, names_columns, table_lines
from retrieval.articles.formats.values import Extracted, ExtractedArticle, no_headings, squeezed, titled
from retrieval.errors import ArticleUnreadable

Rows = Sequence[Sequence[str]]


def read_spreadsheet(name: str, content: bytes) -> list[Extracted]:
    """The articles in rows of the sheets that are shown or, where no first row names a text, one of their tables."""
    if locked(content):
        raise ArticleUnreadable(name, LOCKED)
    if content.startswith(b"PK"):
        open_package(name, content).close()  # refuses what unpacks to too much
    try:
        with load_workbook(BytesIO(content)) as book:
            sheets = dict(_sheets(book))
    except PasswordError as error:
        raise ArticleUnreadable(name, LOCKED) from error
    numbers = count(1)
    articles = [_articles(rows, numbers) for rows in sheets.values()]
    if any(articles):
        return list(chain.from_iterable(articles))
    check_size(name, sum(map(len, sheets.values())))
    return [ExtractedArticle("\n\n".join(_tables(sheets)), {"title": titled(PurePath(name).stem)})]


def _sheets(book: CalamineWorkbook) -> Iterator[tuple[str, Rows]]:
    """The sheets that are shown and have words, by name, each without its empty rows."""
    for known in book.sheets_metadata:
        if known.visible is SheetVisibleEnum.Visible and known.typ is SheetTypeEnum.WorkSheet:
            rows = [[_words(cell) for cell in row] for row in book.get_sheet_by_name(known.name).iter_rows()]
            if filled := [row for row in rows if any(row)]:
                yield known.name, filled


def _articles(rows: Rows, numbers: Iterator[int]) -> list[Extracted]:
    """An article a row, whose columns the first one names; none where none of these is a text's."""
    names, *below = rows
    if not text_field(fields_of(dict.fromkeys(names, "named"))):
        return []
    return [article_of(fields_of(dict(zip(names, row, strict=False))), next(numbers)) for row in below]


def _tables(sheets: dict[str, Rows]) -> Iterator[str]:
    """The rows of all sheets, each sheet under its name where there are several."""
    for name, rows in sheets.items():
        if len(sheets) > 1:
            yield f"# {squeezed(name)}"
        table = [list(map(squeezed, row)) for row in rows]
        yield from map(no_headings, table_lines(table, named=names_columns(table)))


def _words(cell: object) -> str:
    """What a cell says, as programs show it where it has no form of its own."""
    match cell:
        case float():
            return f"{cell:.15g}"  # as programs show it: of more digits the last are the machine's
        case datetime():
            return str(cell.date()) if cell.time() == time() else cell.isoformat(" ", "minutes")
        case time():
            return cell.isoformat("minutes")
        case bool():
            return str(cell).upper()
    return str(cell).replace("\0", "").strip()  # zeros where a letter of an old file was read as two
