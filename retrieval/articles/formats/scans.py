"""Pages that are pictures of print: drawn here by PDFium, read by whatever OCR program somebody has set up.

The program runs outside of the confined process, which can start none. What it says of a page are lines and where they
stand; they become the same kind of lines as those of other pages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from math import sqrt
from statistics import median
from typing import Any

from retrieval.articles.formats.pdf_lines import Line

DOTS_PER_INCH = 300

_POINTS_PER_INCH = 72

_MAX_DOTS = 20_000_000
"""Of a picture: a page of A4 has 8.7 million, one of a poster is drawn coarser."""

_BODY, _LARGE = 10.0, 14.0
"""Sizes of print that are given to a page's lines: what OCR measures differs from line to line of one size."""

_MUCH_HIGHER = 1.35
"""How much higher than most lines of a page those of a heading are."""


class PictureUnread(Exception):
    """A page's picture could not be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Printed:
    """A line of print in a picture; places in dots from the top."""

    text: str
    paragraph: int
    """Lines with the same number belong together."""
    top: int
    height: int


Recognise = Callable[[bytes], Sequence[Printed]]
"""Reads a picture (a grey PGM file); raises ``PictureUnread``."""

_recogniser: ContextVar[Recognise | None] = ContextVar("recogniser", default=None)


@contextmanager
def recognising(recogniser: Recognise | None) -> Iterator[None]:
    """Have pages without words read by ``recogniser`` while this is open, in this thread."""
    token = _recogniser.set(recogniser)
    try:
        yield
    finally:
        _recogniser.reset(token)


def can_be_read() -> bool:
    """Whether somebody reads pictures."""
    return _recogniser.get() is not None


def can_draw() -> bool:
    """Whether what draws pages is installed; loads all of it, as later nothing can be opened."""
    try:
        import pypdfium2
    except ImportError:
        return False
    pypdfium2.PdfDocument.new().new_page(10, 10).render(grayscale=True)
    return True


class Scans:
    """The pages of a PDF file as pictures, each drawn when it is asked for."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._document: Any = None

    def lines(self, number: int) -> list[Line]:
        """The lines of print on the page with this number, from 1.

        Raises:
            PictureUnread: nobody reads pictures, or this one could not be drawn or read.
        """
        recogniser = _recogniser.get()
        if recogniser is None:
            raise PictureUnread("nothing reads pictures")
        picture, height = self._draw(number)
        return list(_lines(recogniser(picture), number, height))

    def _draw(self, number: int) -> tuple[bytes, float]:
        """A page as a grey PGM file, and how many points one of its dots is."""
        try:
            import pypdfium2
        except ImportError as error:
            raise PictureUnread("pypdfium2 is not installed; it comes with quoth[ocr]") from error
        try:
            self._document = self._document or pypdfium2.PdfDocument(self._content)
            page = self._document[number - 1]
            width, height = page.get_size()
            scale = min(DOTS_PER_INCH / _POINTS_PER_INCH, sqrt(_MAX_DOTS / max(1.0, width * height)))
            bitmap = page.render(scale=scale, grayscale=True)
            rows = bytes(bitmap.buffer)
            page.close()
        except pypdfium2.PdfiumError as error:
            raise PictureUnread("it cannot be drawn") from error
        if bitmap.stride != bitmap.width:
            starts = range(0, bitmap.stride * bitmap.height, bitmap.stride)
            rows = b"".join(rows[start : start + bitmap.width] for start in starts)
        return b"P5 %d %d 255\n" % (bitmap.width, bitmap.height) + rows, 1 / scale


def _lines(printed: Sequence[Printed], number: int, points: float) -> Iterator[Line]:
    """A page's lines, with gaps between them that tell its paragraphs apart; a dot is so many ``points``."""
    if not printed:
        return
    usual = median(line.height for line in printed)
    low = {line.paragraph for line in printed if line.height <= _MUCH_HIGHER * usual}
    foot = max(line.top + line.height for line in printed)
    before: Printed | None = None
    at = 0.0
    for line in printed:
        size = _BODY if line.paragraph in low else _LARGE
        down = (line.top - before.top) * points if before else -1.0
        if before is None or down <= 0:  # the page's or a column's first
            at = (foot - line.top) * points
        elif line.paragraph == before.paragraph:
            at -= 1.2 * size
        else:
            at -= max(down, 2.2 * size)
        before = line
        yield Line(line.text, at, size, number)
