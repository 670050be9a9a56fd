"""PDF files: paragraphs and headings from the lines on their pages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from retrieval.errors import ArticleUnreadable

if TYPE_CHECKING:
    from pypdf import PdfReader
from retrieval.articles.formats.metadata import is_made_up
from retrieval.articles.formats.pdf_lines import Line
from retrieval.articles.formats.pdf_margins import without_margins
from retrieval.articles.formats.pdf_pages import Pages
from retrieval.articles.formats.values import ExtractedArticle

_MAX_PAGES = 50_000
"""A file of the largest size holds some 14,000 dense pages; time limits what a hostile one can make of more."""

_LEADER = re.compile(r"\s*(?:(?:\.\s?){5,}|[_·•]{5,}|…{3,}|(?:· ){5,})\s*(?=\S{1,6}$)")
"""The dots or the line of a table of contents, before a page's number."""

_BULLET = re.compile(r"[•◦▪●∙‣\uf0a7\uf0b7] *")

_ENDS_SENTENCE = re.compile(r"[.!?:;\u2026\u3002\uff01\uff1f][\"'”’»)\]]*$")

_KEEPS_HYPHEN = re.compile(r"\b(?:(?:twen|thir|for|fif|six|seven|eigh|nine)ty|half|self|vice|well)-$", re.IGNORECASE)


_SMALL_WORD = re.compile(r"(?:and|by|de|in|la|of|on|sur|the|to|up|upon)-\w")
"""What stands between two hyphens, as in "state-of-the-art"."""

_TWO_VOWELS = re.compile(r"(?:re|pre|de)-e|co-o|anti-i|semi-i")
"""A prefix before its own vowel, as in "re-elected"."""

_COMPOUND = re.compile(
    r"(?:[^\W\d_]|\d+)-|\w{3,}-(?:based|driven|free|known|level|oriented|related|scale|specific|term)$"
)
"""What is two words wherever it is broken: "e-mail", "10-year", "long-term"."""

_HYPHEN_ENDS = re.compile(r"\w[-–—]$")

_LONGEST_WORD = 60
"""Of a line, what is looked at for a word at its end: looking at all that stands before takes a minute in a book."""

_INSTEAD_OF_REST = re.compile(r"(?:and|or|to|und|oder|bis|et|ou)\b")
"""What follows a hyphen that stands for the rest of a word, as in "two- and three-storeyed"."""

_MAX_HEADING = 150


def read_pdf(name: str, content: bytes) -> list[ExtractedArticle]:
    """A PDF file: its paragraphs and headings, and the title in its properties."""
    reader = _opened(content)
    if reader.is_encrypted and not reader.decrypt(""):
        raise ArticleUnreadable(name, "it is encrypted; save a copy without the password")
    if len(reader.pages) > _MAX_PAGES:
        raise ArticleUnreadable(name, f"it has more than {_MAX_PAGES:,} pages")
    found = Pages.of(reader, content)
    text, pages = _text_of(_pdf_blocks(without_margins(found.read)), len(reader.pages))
    if not text:
        raise ArticleUnreadable(name, found.notes[0] if found.notes else NO_TEXT)
    title = _pdf_title(reader)
    known = {"title": title} if title else {}
    return [ExtractedArticle(text, known, notes=tuple(found.notes), pages=pages, scanned=tuple(found.scanned))]


def _opened(content: bytes) -> PdfReader:
    """A file; one whose end is missing by the catalog in it, from which all of its pages can be found."""
    from pypdf import PdfReader
    from pypdf.errors import PdfReadError

    try:
        return PdfReader(BytesIO(content))
    except PdfReadError:
        catalogs = _CATALOG.findall(content)
        if not catalogs:
            raise
        end = b"\ntrailer\n<</Root %b %b R>>\nstartxref\n0\n%%%%EOF\n" % catalogs[-1]
        return PdfReader(BytesIO(content + end))


_CATALOG = re.compile(rb"\b(\d{1,9}) (\d{1,5}) obj\s*<<[^>]{0,2000}?/Type\s*/Catalog\b")


NO_TEXT = "it holds no text, perhaps only pictures of pages; the settings can have tesseract read these"


def _pdf_title(reader: PdfReader) -> str | None:
    """The title that the file gives itself, unless a program made it up from a file's name."""
    try:
        title = reader.metadata.title if reader.metadata else None
    except Exception:  # noqa: BLE001 - of a damaged entry pypdf says whatever went wrong first, and the text is whole
        return None
    return title if isinstance(title, str) and not is_made_up(title) else None


@dataclass(frozen=True, slots=True)
class _Block:
    """A paragraph or a heading."""

    text: str
    pages: Mapping[int, int]
    """By the number of each page that it stands on: where that page's words begin in it."""


def _text_of(blocks: Iterable[_Block], count: int) -> tuple[str, tuple[int, ...]]:
    """The blocks as one text, and where in it each of ``count`` pages begins: one without words where the next does."""
    texts: list[str] = []
    begun: dict[int, int] = {}
    at = 0
    for block in blocks:
        for number, offset in block.pages.items():
            begun.setdefault(number, at + offset)
        texts.append(block.text)
        at += len(block.text) + len(_GAP)
    text = _GAP.join(texts)
    pages = [len(text)] * count
    for number in range(count, 0, -1):
        pages[number - 1] = begun.get(number, pages[number] if number < count else len(text))
    return text, tuple(pages)


_GAP = "\n\n"


def _pdf_blocks(pages: Sequence[Sequence[Line]]) -> Iterator[_Block]:
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
    known = {word.lower() for line in lines for word in re.findall(r"\w+(?:-\w+)*", line.text)}
    closer = {id(line) for page in pages for line in _set_closer(page)}

    def parted(one: Line, two: Line) -> bool:
        return id(two) in closer or _parted(one, two, leading, width)

    for block in _quotations_behind(_with_notes_behind(pages, body, parted), closer):
        parts = _joined((line.text for line in block), known)
        words = _LEADER.sub(" … ", "".join(parts))
        size = round(block[0].size)
        if size in larger and len(words) <= _MAX_HEADING:
            words = f"{'#' * min(3, larger.index(size) + 1)} {words}"
        elif _BULLET.match(words):
            words = _BULLET.sub("- ", words, count=1)
        yield _Block(words, _pages_in(block, parts, len(words)))


_NOTE = re.compile(r"(?:\d{1,3}|[*†‡§]|\[\d{1,3}\]|\(\d{1,3}\))[.)]?\s?\S")
"""How a footnote begins."""

_Parted = Callable[[Line, Line], bool]


def _with_notes_behind(pages: Sequence[Sequence[Line]], body: int, parted: _Parted) -> Iterator[list[Line]]:
    """The lines in blocks; the footnotes of a page stand behind the paragraph that goes on from it."""
    split = [_without_notes(page, body) for page in pages]
    notes = {page[0].page: page for _, page in split if page}
    for block in _grouped((line for page, _ in split for line in page), parted):
        for number in [number for number in notes if number < block[0].page]:
            yield from _grouped(notes.pop(number), parted)
        yield block
    for page in notes.values():
        yield from _grouped(page, parted)


def _without_notes(page: Sequence[Line], body: int) -> tuple[Sequence[Line], Sequence[Line]]:
    """A page's lines, and of these the footnotes: a run of small print at its foot that begins as notes do."""
    first = len(page)
    while first > 0 and round(page[first - 1].size) < body:
        first -= 1
    begun = next((place for place in range(first, len(page)) if _NOTE.match(page[place].text)), len(page))
    return (page[:begun], page[begun:]) if begun > 0 else (page, ())


_CLOSER = 1.5
"""How much wider double-spaced lines are set than those of a quotation between them."""


def _set_closer(page: Sequence[Line]) -> Iterator[Line]:
    """The first lines of quotations: set as far from the lines before as these are, and closer to those behind."""
    gaps = [one.height - two.height for one, two in pairwise(page)]
    for place, (before, here, behind, further) in enumerate(zip(gaps, gaps[1:], gaps[2:], gaps[3:], strict=False), 2):
        if abs(before - here) < 1 and abs(behind - further) < 1 and 0 < _CLOSER * behind < here:
            yield page[place]


def _quotations_behind(blocks: Iterable[list[Line]], closer: Container[int]) -> Iterator[list[Line]]:
    """The blocks, with a quotation that stands inside of a sentence behind the paragraph that it is in."""
    held: list[list[Line]] = []
    for block in blocks:
        if len(held) == 2 and block[0].text[0].islower():  # noqa: PLR2004 - the paragraph and the quotation
            held[0] += block
            continue
        quotation = len(held) == 1 and id(block[0]) in closer and not _ENDS_SENTENCE.search(held[0][-1].text)
        if not quotation:
            yield from held
            held = []
        held.append(block)
    yield from held


def _pages_in(block: Sequence[Line], parts: Sequence[str], length: int) -> dict[int, int]:
    """Where the words of each page begin in a block of these parts, a line each, that came to have a ``length``."""
    grown = length - sum(map(len, parts))  # by a mark at its beginning
    ends = accumulate(map(len, parts), initial=0)
    begun: dict[int, int] = {}
    for line, before in zip(block, ends, strict=False):
        begun.setdefault(line.page, max(0, before + grown) if before else 0)
    return begun


def _grouped(lines: Iterable[Line], parted: Callable[[Line, Line], bool]) -> Iterator[list[Line]]:
    block: list[Line] = []
    for line in lines:
        if block and parted(block[-1], line):
            yield block
            block = []
        block.append(line)
    if block:
        yield block


_MAX_LEADING = 3.0
"""From one line to the next inside of a paragraph, in sizes of print."""


_NUMBERED = re.compile(r"(?:\d{1,2}(?:\.\d{1,2}){1,3}\.?|\d{1,2}[.)]|[a-z]\)|\([a-z0-9]\))\s+[^\W\d_]")
"""How a numbered item or heading begins."""


def _is_heading(one: str, two: str) -> bool:
    """Whether a short numbered line is a heading: it ends no sentence, and the next line begins one."""
    return not _ENDS_SENTENCE.search(one) and len(one.split()) <= _HEADING_WORDS and two[:1].isupper()


_HEADING_WORDS = 8


def _parted(one: Line, two: Line, leading: float, width: int) -> bool:
    """Whether a paragraph ends between two lines."""
    if _LEADER.search(one.text) or _LEADER.search(two.text) or one.is_row or two.is_row:
        return True
    short = len(one.text) < 0.75 * width
    ends = bool(_ENDS_SENTENCE.search(one.text))
    begins = (short or ends) and _NUMBERED.match(two.text)
    if begins or (short and _NUMBERED.match(one.text) and _is_heading(one.text, two.text)):
        return True
    if abs(one.size - two.size) > 0.08 * max(one.size, two.size) or _BULLET.match(two.text):
        return True
    gap = one.height - two.height
    if gap <= 0:  # the next column or page: the paragraph may go on there
        return ends or not two.text[0].islower()
    runs_on = not ends and not short and gap < _MAX_LEADING * one.size
    if runs_on and not _BULLET.match(one.text):  # double-spaced beside what is set closer
        return False
    # Headings are set with larger leading than the text, so the size of print is the other measure.
    return gap > max(1.35 * leading, 1.5 * one.size) or (ends and short)


def _joined(lines: Iterable[str], known: Container[str] = frozenset()) -> list[str]:
    """Lines as parts of one text, with words that were broken at a line's end put together.

    Whether a hyphen is part of a word the ``known`` words of the document tell, where the word occurs in them.
    """
    parts: list[str] = []
    for line in lines:
        if parts and parts[-1].endswith(_BROKEN):
            parts[-1] = parts[-1][:-1]
        elif parts and _HYPHEN_ENDS.search(before := parts[-1][-_LONGEST_WORD:]) and _goes_on(line):
            if _is_broken(before, line, known):
                parts[-1] = parts[-1][:-1]
        elif parts:
            parts[-1] += " "
        parts.append(line)
    if parts and parts[-1].endswith(_BROKEN):
        parts[-1] = parts[-1][:-1]
    return parts


_BROKEN = "\N{SOFT HYPHEN}"
"""At a line's end: the word goes on in the next one."""


def _goes_on(line: str) -> bool:
    return line[0].isalnum() and not _INSTEAD_OF_REST.match(line)


def _is_broken(before: str, after: str, known: Container[str]) -> bool:
    """Whether the hyphen at the end of ``before`` only says that the word goes on in the next line."""
    if not before.endswith("-") or not after[0].islower():
        return False
    first, second = re.split(r"\W", before[:-1])[-1].lower(), re.split(r"\W", after, maxsplit=1)[0].lower()
    if f"{first}-{second}" in known or _SMALL_WORD.match(after):
        return False
    if first + second in known:
        return True
    word = f"{first}-{second}"
    return not (_KEEPS_HYPHEN.search(before) or _TWO_VOWELS.match(word) or _COMPOUND.match(word))
