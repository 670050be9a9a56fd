"""Word files (.docx): headings, paragraphs, lists and tables."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import TYPE_CHECKING

from retrieval.errors import ArticleUnreadable

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import Table
    from docx.text.paragraph import Paragraph
from retrieval.articles.formats.values import ExtractedArticle, squeezed

_MAX_UNPACKED = 128 * 2**20

_MAX_PARTS = 10_000
"""Of a Word file, which is a zip file: bytes once unpacked, and files in it."""


def read_word(name: str, content: bytes) -> list[ExtractedArticle]:
    """A Word file: headings, paragraphs, lists and tables, and the properties that Word keeps."""
    import docx
    from docx.table import Table

    check_zip(name, content)
    document = docx.Document(BytesIO(content))
    styles = _styles(document)
    blocks: list[str] = []
    for item in document.iter_inner_content():
        blocks.extend(_table_rows(item) if isinstance(item, Table) else _word_paragraph(item, styles))
    title = squeezed(document.core_properties.title)
    return [ExtractedArticle("\n\n".join(blocks), {"title": title} if title else {})]


def check_zip(name: str, content: bytes) -> None:
    """Refuse a zip file that unpacks to more than any article; no more than it declares is unpacked."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        parts = archive.infolist()
    if len(parts) > _MAX_PARTS or sum(part.file_size for part in parts) > _MAX_UNPACKED:
        raise ArticleUnreadable(name, f"it unpacks to more than {_MAX_UNPACKED // 2**20} MiB or too many parts")
    if any(part.flag_bits & 1 for part in parts):
        raise ArticleUnreadable(name, "it is encrypted; save a copy without the password")


_HEADING_STYLE = re.compile(r"(?:heading ?([1-9])|title)$", re.IGNORECASE)
"""Word stores the names of its own styles in English, whatever language it speaks."""


def _styles(document: Document) -> dict[str, str]:
    """The names of the styles, by their ids."""
    from docx.opc.constants import RELATIONSHIP_TYPE

    # To a file without styles python-docx would add its own, out of a file.
    if all(link.reltype != RELATIONSHIP_TYPE.STYLES for link in document.part.rels.values()):
        return {}
    return {style.style_id: style.name or "" for style in document.styles}


def _word_paragraph(paragraph: Paragraph, styles: Mapping[str, str]) -> Iterator[str]:
    lines = [squeezed(line) for line in paragraph.text.split("\n")]
    words = "\n".join(filter(None, lines))
    if not words:
        return
    id = paragraph._p.style or ""  # noqa: SLF001 - python-docx has no public name for what is there and no more
    style = styles.get(id, id)
    if heading := _HEADING_STYLE.match(style):
        yield f"{'#' * min(6, int(heading[1] or 1))} {squeezed(words)}"
        return
    properties = paragraph._p.pPr  # noqa: SLF001 - nor for numbering
    listed = style.lower().startswith("list") or (properties is not None and properties.numPr is not None)
    yield f"- {words}" if listed else words


def _table_rows(table: Table) -> Iterator[str]:
    """A table's rows, each with its cells apart; a cell that spans columns is told once."""
    for row in table.rows:
        cells: dict[int, str] = {id(cell._tc): squeezed(cell.text) for cell in row.cells}  # noqa: SLF001 - likewise
        if any(cells.values()):
            yield " | ".join(filter(None, cells.values()))
