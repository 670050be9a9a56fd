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
    looks = _Looks(_styles(document), _levels(document), Numbers.of(document), document.part, _notes(document))
    text = "\n\n".join(filter(None, _blocks(document.element.body, looks)))
    title = squeezed(document.core_properties.title)
    return [ExtractedArticle(text, {"title": title} if title else {}, notes=notes)]


@dataclass(frozen=True, slots=True)
class _Looks:
    """What a paragraph's looks depend on besides itself."""

    styles: Mapping[str, str]
    levels: Mapping[str, int]
    """Of headings, by the ids of their styles."""
    numbers: Numbers
    part: Part
    """Holds the charts."""
    notes: Mapping[tuple[str, str], _Element]
    """Footnotes and endnotes, by their kinds and ids."""
    in_cell: bool = False
    """Whether it stands in a table, where there are no headings."""


def _styles(document: Document) -> dict[str, str]:
    """The names of the styles, by their ids."""
    from docx.opc.constants import RELATIONSHIP_TYPE

    # To a file without styles python-docx would add its own, out of a file.
    if all(link.reltype != RELATIONSHIP_TYPE.STYLES for link in document.part.rels.values()):
        return {}
    return {style.style_id: style.name or "" for style in document.styles}


def _levels(document: Document) -> dict[str, int]:
    """The levels of headings by the ids of their styles, of which one may be based on another."""
    if not (names := _styles(document)):
        return {}
    styles = {one.get(f"{_W}styleId") or "": one for one in document.styles.element.iter(f"{_W}style")}
    found: dict[str, int] = {}
    for style_id in styles:
        each, seen = style_id, set[str]()
        while each in styles and each not in seen:
            seen.add(each)
            outline = _value(styles[each].find(f"{_W}pPr"), "outlineLvl")
            heading = _HEADING_STYLE.match(names.get(each, ""))
            if heading and (heading[1] or each == style_id):  # an author's style is based on that of titles
                found[style_id] = int(heading[1] or 1)
            elif outline in _OUTLINE:
                found[style_id] = int(outline) + 1
            elif not outline:
                each = _value(styles[each], "basedOn")
                continue
            break
    return found


def _notes(document: Document) -> dict[tuple[str, str], _Element]:
    """Footnotes and endnotes; not the lines that part them from the text."""
    from docx.oxml import parse_xml

    found: dict[tuple[str, str], _Element] = {}
    for link in document.part.rels.values():
        kind = link.reltype.rpartition("/")[2].removesuffix("s")
        if kind in {"footnote", "endnote"} and not link.is_external:
            for note in parse_xml(link.target_part.blob).findall(_W + kind):
                if note.get(f"{_W}type", "normal") == "normal":
                    found[kind, note.get(f"{_W}id") or ""] = note
    return found


def _notes_on(paragraph: _Element, looks: _Looks) -> Iterator[_Element]:
    """The notes that a paragraph has marks of."""
    for kind in ("footnote", "endnote") if looks.notes and not looks.in_cell else ():
        for mark in paragraph.iter(f"{_W}{kind}Reference"):
            note = looks.notes.get((kind, mark.get(f"{_W}id") or ""))
            if note is not None and next(mark.iterancestors(f"{_W}del", f"{_W}{kind}"), None) is None:
                yield note


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
            for note in _notes_on(child, looks):
                yield from _blocks(note, looks)
        elif child.tag == f"{_W}tbl":
            yield from _rows(child, looks)
        elif not _is_contents(child):  # a content control, an insertion, a wrapper of any other kind
            yield from _blocks(child, looks)


def _shown(parent: _Element) -> Iterator[_Element]:
    """The children that are shown; of alternatives the first that holds words."""
    for child in parent:
        if not isinstance(child.tag, str) or child.tag in _UNSEEN:
            continue
        if child.tag == f"{_W}sdt" and child.find(f"{_W}sdtPr/{_W}showingPlcHdr") is not None:
            continue  # what Word asks for, not what somebody wrote
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
    if _CONTENTS_STYLE.match(style):
        return ""
    outline = _value(properties, "outlineLvl")
    heading = _HEADING_STYLE.match(style)
    level = int(heading[1] or 1) if heading else looks.levels.get(style_id, 0)
    level = int(outline) + 1 if outline in _OUTLINE else level
    if level and not looks.in_cell:
        number = f"{number} " if number and number != BULLET else ""
        return f"{'#' * min(6, level)} {number}{squeezed(words)}"
    if number is None and style.lower().startswith("list"):
        number = BULLET
    return no_headings(f"{number} {words}" if number else words)


_CONTENTS_STYLE = re.compile(r"(?:toc(?: ?\d| heading)|table of figures)$", re.IGNORECASE)

_OUTLINE = frozenset("012345678")
"""Levels of headings, from 0; 9 is the text."""


def _is_contents(control: _Element) -> bool:
    """Whether a content control holds a table of contents."""
    gallery = control.find(f"{_W}sdtPr/{_W}docPartObj/{_W}docPartGallery")
    return gallery is not None and gallery.get(f"{_W}val") == "Table of Contents"


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
            said = squeezed(" ".join(block.removeprefix("- ") for block in _blocks(cell, replace(looks, in_cell=True))))
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
    **dict.fromkeys((f"{_W}tab", f"{_W}ptab"), " "),
    f"{_W}noBreakHyphen": "-",
}


_SYMBOLS = {
    **dict(zip("abgdezhqiklmnxoprstufcyw", "αβγδεζηθικλμνξοπρστυφχψω", strict=True)),
    **dict(zip("GDQLXPSFYW", "ΓΔΘΛΞΠΣΦΨΩ", strict=True)),
    **dict(zip("\xb0\xb1\xa3\xb3\xb4\xb8\xb9\xbb\xa5\xae\xac\xb7\xd6", "°±≤≥×÷≠≈∞→←•√", strict=True)),
}
"""The signs of the font Symbol by their places in it."""


def _symbol(sign: _Element) -> str:
    """A sign out of a font of signs; nothing where the font is another than Symbol."""
    code = sign.get(f"{_W}char") or ""
    known = sign.get(f"{_W}font") == "Symbol" and re.fullmatch("[0-9a-fA-F]{4}", code)
    return _SYMBOLS.get(chr(int(code, 16) & 0xFF), "") if known else ""


def _words(parent: _Element) -> str:
    """The words of a paragraph or of any part of one, without those of text boxes."""
    return "".join(_word_parts(parent))


def _word_parts(parent: _Element) -> Iterable[str]:
    for child in _shown(parent):
        if child.tag in {f"{_W}t", f"{MATH}t"}:
            yield child.text or ""
        elif child.tag in _SIGNS:
            yield _SIGNS[child.tag]
        elif child.tag == f"{_W}sym":
            yield _symbol(child)
        elif child.tag in FORMULAS:
            yield FORMULAS[child.tag](child, _words)
        elif child.tag == f"{_W}r" and _value(child.find(f"{_W}rPr"), "vertAlign") == "superscript":
            yield raised(_words(child)) if not _is_hidden(child) else ""
        elif child.tag != f"{_W}txbxContent" and not (child.tag == f"{_W}r" and _is_hidden(child)):
            yield from _word_parts(child)


def _is_hidden(run: _Element) -> bool:
    hidden = run.find(f"{_W}rPr/{_W}vanish")
    return hidden is not None and hidden.get(f"{_W}val") not in {"0", "false", "off"}
