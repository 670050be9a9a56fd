"""OpenDocument texts (.odt), as LibreOffice writes them: headings, paragraphs, lists and tables."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from retrieval.articles.formats.open_document_numbers import ListNumbers
from retrieval.articles.formats.packed import open_package, xml_of
from retrieval.articles.formats.values import ExtractedArticle, no_headings, raised, squeezed
from retrieval.errors import ArticleUnreadable

if TYPE_CHECKING:
    from zipfile import ZipFile

    from lxml.etree import _Element

_OASIS = "{urn:oasis:names:tc:opendocument:xmlns:"

_TEXT, _TABLE, _DRAW = f"{_OASIS}text:1.0}}", f"{_OASIS}table:1.0}}", f"{_OASIS}drawing:1.0}}"

_STYLE, _OFFICE, _META = f"{_OASIS}style:1.0}}", f"{_OASIS}office:1.0}}", f"{_OASIS}meta:1.0}}"

_DC = "{http://purl.org/dc/elements/1.1/}"

_SVG = f"{_OASIS}svg-compatible:1.0}}"

_LINK = "{http://www.w3.org/1999/xlink}href"

_UNSEEN = {
    *(_TEXT + name for name in ("tracked-changes", "note-citation", "hidden-text", "hidden-paragraph", "ruby-text")),
    *(f"{_OFFICE}annotation", f"{_OFFICE}forms", f"{_SVG}title", f"{_SVG}desc"),
}
"""Elements of which nothing is shown: deleted words, marks of notes, comments."""

_PARAGRAPHS = {f"{_TEXT}p", f"{_TEXT}h"}

_APART = {f"{_TEXT}note-body", f"{_DRAW}text-box"}
"""What hangs on a paragraph and stands in paragraphs of its own."""


def read_open_document(name: str, content: bytes) -> list[ExtractedArticle]:
    """An OpenDocument text: what it shows; its title, author and day of making."""
    with open_package(name, content) as archive:
        parts = set(archive.namelist())
        if "content.xml" not in parts:
            raise ArticleUnreadable(name, "it is damaged or no ODT file")
        root = xml_of(archive.read("content.xml"))
        body = root.find(f"{_OFFICE}body/{_OFFICE}text")
        if body is None:
            raise ArticleUnreadable(name, "it is no text but an OpenDocument file of another kind")
        shared = [xml_of(archive.read("styles.xml"))] if "styles.xml" in parts else []
        numbers = ListNumbers.of([*shared, root])
        text = "\n\n".join(filter(None, _Reader.of(root, archive, numbers).blocks(body)))
        known = dict(_known(xml_of(archive.read("meta.xml")))) if "meta.xml" in parts else {}
    return [ExtractedArticle(text, known)]


def _known(meta: _Element) -> Iterator[tuple[str, str]]:
    """What a document says of itself, under our names."""
    names = {
        "title": (f"{_DC}title",),
        "source": (f"{_META}initial-creator", f"{_DC}creator"),
        "published": (f"{_META}creation-date",),
    }
    for ours, theirs in names.items():
        said = (squeezed(found.text) for tag in theirs for found in meta.iter(tag))
        if value := next(filter(None, said), ""):
            yield ours, value


def _is_high(looks: _Element) -> bool:
    place = looks.get(f"{_STYLE}text-position") or ""
    return place.startswith("super") or place[:1] in set("123456789")


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads what is shown of a document's elements."""

    archive: ZipFile
    """Holds the formulas, which are documents of their own."""
    titles: frozenset[str]
    hidden: frozenset[str]
    high: frozenset[str]
    """Names of the styles of titles, of what is hidden and of what is set higher than its line."""
    numbers: ListNumbers

    @classmethod
    def of(cls, root: _Element, archive: ZipFile, numbers: ListNumbers) -> _Reader:
        """A reader that knows a document's own styles."""
        styles = list(root.iter(f"{_STYLE}style"))
        titles = [one for one in styles if one.get(f"{_STYLE}parent-style-name") == "Title"]
        hidden = [
            one
            for one in styles
            if any(part.get(f"{_TEXT}display") == "none" for part in one.iter(f"{_STYLE}text-properties"))
        ]
        high = [one for one in styles if any(map(_is_high, one.iter(f"{_STYLE}text-properties")))]
        named = [frozenset(one.get(f"{_STYLE}name") or "" for one in chosen) for chosen in (titles, hidden, high)]
        return cls(archive, named[0] | {"Title"}, named[1], named[2], numbers)

    def blocks(self, parent: _Element, style: str = "", level: int = 0) -> Iterator[str]:
        """Paragraphs and rows of tables, as they stand in the file; in a list of this style, so many levels deep."""
        for child in self._shown(parent):
            if child.tag in _PARAGRAPHS:
                yield self._paragraph(child)
                for apart in self._apart(child):
                    yield from self.blocks(apart)
            elif child.tag == f"{_TABLE}table":
                yield from self._rows(child)
            elif child.tag == f"{_TEXT}list":
                own = child.get(f"{_TEXT}style-name") or style
                if not level:
                    self.numbers.begin(own, child)
                for item in self._shown(child):
                    yield from self._item(item, own, level + 1)
            else:
                yield from self.blocks(child, style, level)

    def _item(self, item: _Element, style: str, level: int) -> Iterator[str]:
        """The blocks of an item of a list, of which the first stands behind its number or mark."""
        blocks = self.blocks(item, style, level)
        first = next(self._shown(item), None)
        # An item that begins with another list is only there to hold it.
        if first is not None and first.tag in _PARAGRAPHS and item.tag == f"{_TEXT}list-item":
            mark = self.numbers.mark(style, level, item)
            words = next(blocks)
            yield words if words.startswith("#") or not words else mark + words.lstrip()
        yield from blocks

    def _shown(self, parent: _Element) -> Iterator[_Element]:
        for child in parent:
            if self._is_shown(child):
                yield child

    def _apart(self, parent: _Element) -> Iterator[_Element]:
        """The notes and text boxes that hang on a paragraph, not those inside of another."""
        for child in self._shown(parent):
            if child.tag in _APART:
                yield child
            else:
                yield from self._apart(child)

    def _paragraph(self, paragraph: _Element) -> str:
        lines = "".join(self._words(paragraph)).split("\n")
        words = "\n".join(filter(None, map(squeezed, lines)))
        level = paragraph.get(f"{_TEXT}outline-level") or "1" if paragraph.tag == f"{_TEXT}h" else ""
        if paragraph.get(f"{_TEXT}style-name") in self.titles:
            level = "1"
        if words and level:
            return f"{'#' * min(6, int(level) if level.isdecimal() else 1)} {squeezed(words)}"
        return no_headings(words) if words else ""

    def _words(self, parent: _Element) -> Iterator[str]:
        """The words of a paragraph, or of a part of one, without those that stand apart."""
        yield parent.text or ""
        for child in parent:
            if child.tag in {f"{_TEXT}s", f"{_TEXT}tab"}:
                yield " "
            elif child.tag == f"{_TEXT}line-break":
                yield "\n"
            elif child.tag == f"{_DRAW}object":
                yield self._formula(child.get(_LINK) or "")
            elif child.tag not in _APART and self._is_shown(child):
                high = child.get(f"{_TEXT}style-name") in self.high
                yield from [raised("".join(self._words(child)))] if high else self._words(child)
            yield child.tail or ""

    def _is_shown(self, child: _Element) -> bool:
        kept = isinstance(child.tag, str) and child.tag not in _UNSEEN
        return kept and child.get(f"{_TEXT}style-name") not in self.hidden

    def _rows(self, table: _Element) -> Iterator[str]:
        """A table's rows, each with its cells apart; of a table of one column, what its cells hold."""
        for row in self._inside(table, "table-row"):
            cells = list(self._inside(row, "table-cell"))
            if len(cells) == 1:
                yield from self.blocks(cells[0])
            else:
                said = (squeezed(" ".join(block.removeprefix("- ") for block in self.blocks(cell))) for cell in cells)
                yield " | ".join(filter(None, said))

    def _inside(self, parent: _Element, name: str) -> Iterator[_Element]:
        """The rows of a table or the cells of a row, in groups too."""
        for child in self._shown(parent):
            if child.tag == _TABLE + name:
                yield child
            elif child.tag in {f"{_TABLE}table-{group}" for group in ("header-rows", "row-group", "rows")}:
                yield from self._inside(child, name)

    def _formula(self, link: str) -> str:
        """A formula as it was typed, else its letters."""
        place = posixpath.join(posixpath.normpath(link), "content.xml")
        if place not in self.archive.namelist():
            return ""
        formula = xml_of(self.archive.read(place))
        if not str(formula.tag).endswith("}math"):
            return ""
        notes = list(formula.iter("{*}annotation"))
        return f" {squeezed(''.join((notes[0] if notes else formula).itertext()))} "
