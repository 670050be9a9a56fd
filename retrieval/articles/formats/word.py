"""Word files (.docx): what Word shows of them, as headings, paragraphs, lists and tables.

python-docx opens the package; its paragraphs leave out tracked insertions, content controls, fields, text boxes and
formulas, so the text is read off the elements themselves. Tracked deletions and hidden text are not shown, so not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from typing import TYPE_CHECKING

from retrieval.articles.formats.charts import charts
from retrieval.articles.formats.packed import office_file
from retrieval.articles.formats.values import ExtractedArticle, no_headings, raised, squeezed
from retrieval.articles.formats.word_formulas import FORMULAS, MATH
from retrieval.articles.formats.word_numbers import BULLET, Numbers

if TYPE_CHECKING:
    from docx.document import Document
    from docx.opc.part import Part
    from lxml.etree import _Element


def read_word(name: str, content: bytes) -> list[ExtractedArticle]:
    """A Word file: headings, paragraphs, lists and tables, and the properties that Word keeps."""
    import docx

    content, notes = office_file(name, content, "Word", ".doc", ".docx")
    document = docx.Document(BytesIO(content))
    looks = _Looks(_styles(document), Numbers.of(document), document.part)
    text = "\n\n".join(filter(None, _blocks(document.element.body, looks)))
    title = squeezed(document.core_properties.title)
    return [ExtractedArticle(text, {"title": title} if title else {}, notes=notes)]


@dataclass(frozen=True, slots=True)
class _Looks:
    """What a paragraph's looks depend on besides itself."""

    styles: Mapping[str, str]
    numbers: Numbers
    part: Part
    """Holds the charts."""


def _styles(document: Document) -> dict[str, str]:
    """The names of the styles, by their ids."""
    from docx.opc.constants import RELATIONSHIP_TYPE

    # To a file without styles python-docx would add its own, out of a file.
    if all(link.reltype != RELATIONSHIP_TYPE.STYLES for link in document.part.rels.values()):
        return {}
    return {style.style_id: style.name or "" for style in document.styles}


# --- paragraphs and tables -----------------------------------------------------------------------------------

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"

_ALTERNATIVES = "{http://schemas.openxmlformats.org/markup-compatibility/2006}AlternateContent"

_HEADING_STYLE = re.compile(r"(?:heading ?([1-9])|title)$", re.IGNORECASE)
"""Word stores the names of its own styles in English, whatever language it speaks."""

_UNSEEN = {
    *(_W + name for name in ("del", "moveFrom", "delText", "instrText", "rPr", "pPr", "rt", "sdtPr", "tblPr", "tcPr")),
    *(MATH + name for name in ("rPr", "ctrlPr", "deg")),
}
"""Elements of which nothing is shown: deleted, moved away, or about the looks of something."""


def _blocks(parent: _Element, looks: _Looks) -> Iterator[str]:
    """Paragraphs and rows of tables, in the order in which they stand in the file."""
    for child in _shown(parent):
        if child.tag == f"{_W}p":
            yield _paragraph(child, looks)
            yield from charts(child, looks.part)
            for box in _text_boxes(child):
                yield from _blocks(box, looks)
        elif child.tag == f"{_W}tbl":
            yield from _rows(child, looks)
        else:  # a content control, an insertion, a wrapper of any other kind
            yield from _blocks(child, looks)


def _shown(parent: _Element) -> Iterator[_Element]:
    """The children that are shown; of alternatives the first that holds words."""
    for child in parent:
        if not isinstance(child.tag, str) or child.tag in _UNSEEN:
            continue
        if child.tag == _ALTERNATIVES:
            yield next((one for one in child if next(one.iter(f"{_W}t", f"{MATH}t"), None) is not None), child)
        else:
            yield child


def _text_boxes(parent: _Element) -> Iterator[_Element]:
    """The text boxes that hang on a paragraph, not those inside of another."""
    for child in _shown(parent):
        if child.tag == f"{_W}txbxContent":
            yield child
        else:
            yield from _text_boxes(child)


def _paragraph(paragraph: _Element, looks: _Looks) -> str:
    lines = [squeezed(line) for line in _words(paragraph).split("\n")]
    words = "\n".join(filter(None, lines))
    properties = paragraph.find(f"{_W}pPr")
    style_id = _value(properties, "pStyle")
    style = looks.styles.get(style_id, style_id)
    number = looks.numbers.mark(properties, style_id)  # an empty paragraph is counted too
    if not words:
        return ""
    if heading := _HEADING_STYLE.match(style):
        number = f"{number} " if number and number != BULLET else ""
        return f"{'#' * min(6, int(heading[1] or 1))} {number}{squeezed(words)}"
    if number is None and style.lower().startswith("list"):
        number = BULLET
    return no_headings(f"{number} {words}" if number else words)


def _value(properties: _Element | None, name: str) -> str:
    """The value of one of the properties, or nothing."""
    found = properties.find(_W + name) if properties is not None else None
    return (found.get(f"{_W}val") or "") if found is not None else ""


def _rows(table: _Element, looks: _Looks) -> Iterator[str]:
    """A table's rows, each with its cells apart; of a table of one column, what its cells hold."""
    above: dict[int, str] = {}
    for row in _wrapped(table, "tr"):
        if row.find(f"{_W}trPr/{_W}del") is not None:
            continue
        cells = list(_wrapped(row, "tc"))
        if len(cells) == 1:
            yield from _blocks(cells[0], looks)
            continue
        words: list[str] = []
        column = 0
        for cell in cells:
            properties = cell.find(f"{_W}tcPr")
            merged = properties is not None and (mark := properties.find(f"{_W}vMerge")) is not None
            continued = merged and mark.get(f"{_W}val") != "restart"
            said = squeezed(" ".join(block.removeprefix("- ") for block in _blocks(cell, replace(looks, styles={}))))
            above[column] = above.get(column, said) if continued else said
            words.append(above[column])
            span = _value(properties, "gridSpan")
            column += int(span) if span.isdecimal() else 1
        yield " | ".join(filter(None, words))


def _wrapped(parent: _Element, name: str) -> Iterator[_Element]:
    """The rows of a table or the cells of a row, in content controls too."""
    for child in _shown(parent):
        if child.tag == _W + name:
            yield child
        elif child.tag not in {f"{_W}tr", f"{_W}tc", f"{_W}trPr"}:
            yield from _wrapped(child, name)


# --- words ---------------------------------------------------------------------------------------------------

_SIGNS = {
    **dict.fromkeys((f"{_W}br", f"{_W}cr"), "\n"),
    f"{_W}tab": " ",
    f"{_W}noBreakHyphen": "-",
}


def _words(parent: _Element) -> str:
    """The words of a paragraph or of any part of one, without those of text boxes."""
    return "".join(_word_parts(parent))


def _word_parts(parent: _Element) -> Iterable[str]:
    for child in _shown(parent):
        if child.tag in {f"{_W}t", f"{MATH}t"}:
            yield child.text or ""
        elif child.tag in _SIGNS:
            yield _SIGNS[child.tag]
        elif child.tag in FORMULAS:
            yield FORMULAS[child.tag](child, _words)
        elif child.tag == f"{_W}r" and _value(child.find(f"{_W}rPr"), "vertAlign") == "superscript":
            yield raised(_words(child)) if not _is_hidden(child) else ""
        elif child.tag != f"{_W}txbxContent" and not (child.tag == f"{_W}r" and _is_hidden(child)):
            yield from _word_parts(child)


def _is_hidden(run: _Element) -> bool:
    hidden = run.find(f"{_W}rPr/{_W}vanish")
    return hidden is not None and hidden.get(f"{_W}val") not in {"0", "false", "off"}
