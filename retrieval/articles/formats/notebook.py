"""Jupyter notebooks (.ipynb): what is written in their cells, Markdown and code, without what the code gave."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePath

from retrieval.articles.formats.decoding import decode, unix_lines
from retrieval.articles.formats.markdown import plain_markdown
from retrieval.articles.formats.metadata import front_matter
from retrieval.articles.formats.values import HEADING, ExtractedArticle, no_headings, titled
from retrieval.errors import ArticleUnreadable

_HIGHEST, _DEEPEST = 1, 6
"""Levels of headings."""


def read_notebook(name: str, content: bytes) -> list[ExtractedArticle]:
    """A notebook: the front matter of its first cell, as Quarto has it, and the words and the code of all cells."""
    try:
        document = json.loads(decode(name, content))
    except ValueError as error:
        raise ArticleUnreadable(name, "it is not valid JSON") from error
    cells = _cells(document)
    if cells is None:
        raise ArticleUnreadable(name, "it is damaged or no IPYNB file")
    known = ExtractedArticle("", {})
    if cells and cells[0].get("cell_type") in ("markdown", "raw"):
        known = front_matter(name, _source(cells[0]))
        cells[0]["source"] = known.text
    text = "\n\n".join(part for cell in cells for part in _parts(cell) if part)
    # Its first line is often code, which is no title.
    heading = HEADING.search(text)
    title = heading[2] if heading else titled(PurePath(name).stem)
    return [replace(known, text=text, metadata={"title": title, **known.metadata})]


def _cells(document: object) -> list[dict[str, object]] | None:
    """The cells of a notebook, of an old one those of its only worksheet; None where a document is none."""
    if not isinstance(document, dict):
        return None
    sheets = document.get("worksheets", [document])
    found = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)] if isinstance(sheets, list) else []
    cells = [cell for each in found if isinstance(each, list) for cell in each]
    is_notebook = "nbformat" in document and all(isinstance(each, list) for each in found)
    return [cell for cell in cells if isinstance(cell, dict)] if is_notebook else None


def _parts(cell: dict[str, object]) -> Iterator[str]:
    """The paragraphs of a cell; none of a raw one, which is for other programs, or of outputs but those in Markdown."""
    source = _source(cell)
    match cell.get("cell_type"):
        case "markdown":
            yield plain_markdown(source)
        case "heading":
            yield plain_markdown(f"{'#' * _level(cell)} {' '.join(source.split())}")
        case "code":
            yield no_headings(source.strip("\n").rstrip())
            yield from map(plain_markdown, _written_outputs(cell))


def _source(cell: dict[str, object]) -> str:
    return _text(cell.get("source", cell.get("input")))


def _text(value: object) -> str:
    """A text, which stands in a notebook as a whole or line by line."""
    lines = value if isinstance(value, list) else [value]
    return unix_lines("".join(line for line in lines if isinstance(line, str)))


def _level(cell: dict[str, object]) -> int:
    level = cell.get("level")
    return min(max(level, _HIGHEST), _DEEPEST) if isinstance(level, int) else _HIGHEST


def _written_outputs(cell: dict[str, object]) -> Iterator[str]:
    outputs = cell.get("outputs")
    for output in outputs if isinstance(outputs, list) else ():
        shown = output.get("data") if isinstance(output, dict) else None
        if isinstance(shown, dict):
            yield _text(shown.get("text/markdown"))
