"""PDF files: paragraphs and headings from the lines on their pages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from typing import TYPE_CHECKING

from retrieval.errors import ArticleUnreadable

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader
from retrieval.articles.formats.values import ExtractedArticle, squeezed

_MAX_PAGES = 5_000


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of print."""

    text: str
    height: float
    """Of its base line above the page's foot."""
    size: float
    """Of its first letter."""


_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}

_PRINTED = {**_LIGATURES, 0x00: None, 0x2010: "-"}
"""What looks like other characters and is found by no search for these."""

_SOFT_HYPHEN = re.compile("\xad\\s*")

_PROGRAM_TITLE = re.compile(r"microsoft \w+ - |untitled|.*\.(?:docx?|indd|odt|pdf|pptx?|rtf|tex)$", re.IGNORECASE)

_BULLET = re.compile(r"[•◦▪●∙‣\uf0a7\uf0b7] *")

_PAGE_NUMBER = re.compile(r"(?:page\s+)?[-–—\s]*\d{1,4}(?:\s*(?:/|of)\s*\d{1,4})?[-–—\s]*", re.IGNORECASE)

_ENDS_SENTENCE = re.compile(r"[.!?:;\u2026\u3002\uff01\uff1f][\"'”’»)\]]*$")

_KEEPS_HYPHEN = re.compile(r"\b(?:(?:twen|thir|for|fif|six|seven|eigh|nine)ty|ex|half|non|self|well)-$", re.IGNORECASE)

_MAX_HEADING = 150


def read_pdf(name: str, content: bytes) -> list[ExtractedArticle]:
    """A PDF file: its paragraphs and headings, and the title in its properties."""
    from pypdf import PdfReader

    reader = PdfReader(BytesIO(content))
    if reader.is_encrypted and not reader.decrypt(""):
        raise ArticleUnreadable(name, "it is encrypted; save a copy without the password")
    if len(reader.pages) > _MAX_PAGES:
        raise ArticleUnreadable(name, f"it has more than {_MAX_PAGES:,} pages")
    pages = _without_margins([list(_page_lines(page)) for page in reader.pages])
    text = "\n\n".join(_pdf_blocks(pages))
    if not text:
        raise ArticleUnreadable(name, "it holds no text, perhaps only pictures of pages")
    title = _pdf_title(reader)
    return [ExtractedArticle(text, {"title": title} if title else {})]


def _pdf_title(reader: PdfReader) -> str | None:
    """The title that the file gives itself, unless a program made it up from a file's name."""
    title = reader.metadata.title if reader.metadata else None
    return title if isinstance(title, str) and not _PROGRAM_TITLE.match(title.strip()) else None


def _page_lines(page: PageObject) -> Iterator[_Line]:
    """The lines of a page, in the order in which they are drawn."""
    pieces: list[tuple[str, float, float]] = []

    def note(text: str, cm: Sequence[float], tm: Sequence[float], _font: object, size: float) -> None:
        height = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
        pieces.append((text, height, size * abs(tm[3] * cm[3])))

    page.extract_text(visitor_text=note)
    words, place = "", (0.0, 0.0)
    for text, *where in [*pieces, ("\n", 0.0, 0.0)]:
        for number, part in enumerate(text.split("\n")):
            if number and (line := squeezed(_SOFT_HYPHEN.sub("", words).translate(_PRINTED))):
                yield _Line(line, *place)
            words = part if number else words + part
            if part.strip() and words == part:
                place = (where[0], where[1])


def _without_margins(pages: Sequence[Sequence[_Line]]) -> list[list[_Line]]:
    """Pages without page numbers, and without what stands at the top or the foot of most of them."""
    ends = Counter(words for page in pages for words in {_numberless(line) for line in [*page[:2], *page[-2:]]})
    repeated = {words for words, times in ends.items() if times > max(1, len(pages) / 2)}
    kept = []
    for page in pages:
        lines = list(page)
        for end in (0, -1):
            while lines and (_PAGE_NUMBER.fullmatch(lines[end].text) or _numberless(lines[end]) in repeated):
                lines.pop(end)
        kept.append(lines)
    return kept


def _numberless(line: _Line) -> str:
    return re.sub(r"\d+", "0", line.text)


def _pdf_blocks(pages: Sequence[Sequence[_Line]]) -> Iterator[str]:
    """Paragraphs and headings, told by spacing, size of print and where lines end."""
    lines = [line for page in pages for line in page]
    sizes = Counter[int]()
    for line in lines:
        sizes[round(line.size)] += len(line.text)
    body = max(sizes, key=lambda size: sizes[size], default=0)
    larger = sorted((size for size in sizes if size > body * 1.1), reverse=True)
    gaps = sorted(gap for page in pages for one, two in pairwise(page) if (gap := one.height - two.height) > 0)
    # Not the middle one: a page of short paragraphs has as many gaps between paragraphs as inside them.
    leading = gaps[len(gaps) // 5] if gaps else 0.0
    width = max((len(line.text) for line in lines), default=0)
    for block in _grouped(lines, lambda one, two: _parted(one, two, leading, width)):
        words = _joined(line.text for line in block)
        size = round(block[0].size)
        if size in larger and len(words) <= _MAX_HEADING:
            yield f"{'#' * min(3, larger.index(size) + 1)} {words}"
        else:
            yield _BULLET.sub("- ", words, count=1) if _BULLET.match(words) else words


def _grouped(lines: Iterable[_Line], parted: Callable[[_Line, _Line], bool]) -> Iterator[list[_Line]]:
    block: list[_Line] = []
    for line in lines:
        if block and parted(block[-1], line):
            yield block
            block = []
        block.append(line)
    if block:
        yield block


def _parted(one: _Line, two: _Line, leading: float, width: int) -> bool:
    """Whether a paragraph ends between two lines."""
    if abs(one.size - two.size) > 0.08 * max(one.size, two.size) or _BULLET.match(two.text):
        return True
    gap = one.height - two.height
    ends = bool(_ENDS_SENTENCE.search(one.text))
    if gap < 0:  # the next column or page: the paragraph may go on there
        return ends or not two.text[0].islower()
    # Headings are set with larger leading than the text, so the size of print is the other measure.
    return gap > max(1.35 * leading, 1.5 * one.size) or (ends and len(one.text) < 0.75 * width)


def _joined(lines: Iterable[str]) -> str:
    """Lines as one, with words that were broken at a line's end put together."""
    whole = ""
    for line in lines:
        if re.search(r"\w-$", whole) and line[0].islower():
            whole = (whole if _KEEPS_HYPHEN.search(whole) else whole[:-1]) + line
        else:
            whole = f"{whole} {line}" if whole else line
    return whole
