"""PowerPoint files (.pptx): the words of each slide and the speaker's notes below it, a page a slide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import TYPE_CHECKING

from retrieval.articles.formats.charts import charts
from retrieval.articles.formats.decoding import without_soft_hyphens
from retrieval.articles.formats.metadata import is_made_up
from retrieval.articles.formats.numerals import numbered, whole
from retrieval.articles.formats.packed import office_file, xml_of
from retrieval.articles.formats.values import ExtractedArticle, raised, squeezed

if TYPE_CHECKING:
    from lxml.etree import _Element
    from pptx.slide import Slide

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"

_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"

_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"

_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"

_ON_EVERY_SLIDE = frozenset({"dt", "ftr", "hdr", "sldNum"})
"""Kinds of place for the day, the footer, the header and the number."""

_GAP = "\n\n"


def read_slides(name: str, content: bytes) -> list[ExtractedArticle]:
    """A presentation: what its slides show, hidden ones left out; the title and the author that it names."""
    import pptx

    content, notes = office_file(name, content, "PowerPoint", ".ppt", ".pptx")
    presentation = pptx.Presentation(BytesIO(content))
    text = ""
    pages: list[int] = []
    for slide in presentation.slides:
        words = without_soft_hyphens(_GAP.join(filter(None, _slide_blocks(slide))))
        gap = _GAP if text and words else ""
        pages.append(len(text) + len(_GAP) if text else 0)
        text += gap + words
    properties = presentation.core_properties
    title = squeezed(properties.title)
    known = {"title": "" if is_made_up(title) else title, "source": squeezed(properties.author)}
    found = {key: value for key, value in known.items() if value}
    return [ExtractedArticle(text, found, notes=notes, pages=tuple(min(page, len(text)) for page in pages))]


def _slide_blocks(slide: Slide) -> Iterator[str]:
    """The title, the other words and the notes of a slide."""
    if slide._element.get("show") == "0":  # noqa: SLF001 - the library has no name for it
        return
    shapes = list(_shapes(slide.shapes._spTree))  # noqa: SLF001 - groups, and what the library leaves out, too
    titles = [shape for shape in shapes if _place(shape) in {"title", "ctrTitle"}]
    for shape in titles:
        yield from (f"# {squeezed(words)}" for words in _paragraphs(shape) if words)
    for shape in shapes:
        if shape not in titles:
            yield from _rows(shape) if shape.tag == f"{_A}tbl" else _paragraphs(shape)
    yield from charts(slide.shapes._spTree, slide.part)  # noqa: SLF001
    for link in slide.part.rels.values():
        if link.reltype.endswith("/diagramData") and not link.is_external:
            yield from _paragraphs(xml_of(link.target_part.blob))
    if slide.has_notes_slide and (notes := slide.notes_slide.notes_text_frame) is not None:
        yield from _paragraphs(notes._txBody)  # noqa: SLF001


def _shapes(parent: _Element) -> Iterator[_Element]:
    """The shapes with words and the tables of a slide, in groups too, without what stands on every slide."""
    for child in parent:
        if child.tag == f"{_P}sp":
            if _place(child) not in _ON_EVERY_SLIDE:
                yield child
        elif child.tag == f"{_P}graphicFrame":
            yield from child.iter(f"{_A}tbl")
        elif isinstance(child.tag, str) and child.tag != _FALLBACK:
            yield from _shapes(child)


def _place(shape: _Element) -> str:
    """Which of the layout's places a shape fills: "title", "body", or nothing."""
    place = shape.find(f"{_P}nvSpPr/{_P}nvPr/{_P}ph")
    return (place.get("type") or "body") if place is not None else ""


def _rows(table: _Element) -> Iterator[str]:
    for row in table.iter(f"{_A}tr"):
        yield " | ".join(filter(None, (squeezed(" ".join(_paragraphs(cell))) for cell in row.iter(f"{_A}tc"))))


def _paragraphs(parent: _Element) -> Iterable[str]:
    counts: dict[int, int] = {}
    for paragraph in parent.iter(f"{_A}p"):
        lines = "".join(_words(paragraph)).split("\n")
        words = "\n".join(filter(None, map(squeezed, lines)))
        yield _number(paragraph, counts) + words if words else ""


def _number(paragraph: _Element, counts: dict[int, int]) -> str:
    """The number that is shown before a paragraph, if it is one of a numbered list; ``counts`` has those before it."""
    said = paragraph.find(f"{_A}pPr")
    level = whole(said.get("lvl")) if said is not None else 0
    listed = said.find(f"{_A}buAutoNum") if said is not None else None
    for ended in [each for each in counts if each > level or (each == level and listed is None)]:
        del counts[ended]
    if listed is None:
        return ""
    counts[level] = counts[level] + 1 if level in counts else whole(listed.get("startAt"), 1)
    looks = listed.get("type", "")
    kind = next((kind for name, kind in _KINDS.items() if looks.startswith(name)), "1")
    before, after = ("(" if "Both" in looks else ""), (")" if "Paren" in looks else "." if "Period" in looks else "")
    return f"{before}{numbered(counts[level], kind)}{after} "


_KINDS = {"alphaLc": "a", "alphaUc": "A", "romanLc": "i", "romanUc": "I"}
"""How numbers look, by what their looks' names begin with."""


def _words(parent: _Element) -> Iterator[str]:
    for child in parent:
        if child.tag in {f"{_A}t", f"{_M}t"}:
            yield child.text or ""
        elif child.tag == f"{_A}br":
            yield "\n"
        elif child.tag == f"{_A}r" and _is_raised(child):
            yield raised("".join(_words(child)))
        elif isinstance(child.tag, str) and child.tag != _FALLBACK:
            yield from _words(child)


def _is_raised(run: _Element) -> bool:
    """Whether a run is set higher than its line; how much is in thousandths of a percent."""
    looks = run.find(f"{_A}rPr")
    raised_by = looks.get("baseline", "0") if looks is not None else "0"
    return raised_by.rstrip("%").isdecimal() and int(raised_by.rstrip("%")) > 0
