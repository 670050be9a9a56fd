"""The lines of print on a page of a PDF file, in the order in which a person reads them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import mean
from typing import TYPE_CHECKING

from retrieval.articles.formats.values import squeezed

if TYPE_CHECKING:
    from pypdf import PageObject


@dataclass(frozen=True, slots=True)
class Line:
    """A line of print."""

    text: str
    height: float
    """Of its base line above the page's foot."""
    size: float
    """Of its first letter."""
    page: int = 1
    """The number of its page."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """What is drawn at once: words, or a part of one."""

    text: str
    left: float
    height: float
    size: float

    @property
    def right(self) -> float:
        """Where it about ends: letters are half as wide as high."""
        return self.left + 0.5 * self.size * len(self.text.strip())


_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}

_PRINTED = {**_LIGATURES, 0x00: None, 0x2010: "-"}
"""What looks like other characters and is found by no search for these."""

_TEX_LIGATURES = {
    **dict(zip(range(0x0B, 0x10), ("ff", "fi", "fl", "ffi", "ffl"), strict=True)),
    **dict(zip(range(0x1B, 0x20), ("ff", "fi", "fl", "ffi", "ffl"), strict=True)),
}
"""Control characters that come out of TeX's fonts where these do not say what their letters are."""


_SOFT_HYPHEN = re.compile("\xad\\s*")

_Drawn = list[_Piece]
"""A line as it is drawn, across all columns."""


def page_lines(page: PageObject, number: int) -> list[Line]:
    """The lines of a page in the order in which they are drawn, or column by column where a line crosses columns."""
    drawn = list(_drawn_lines(page))
    columns = _columns(drawn)
    ordered = list(_by_column(drawn, columns)) if columns else drawn
    return [line for pieces in ordered for line in _line(pieces, number)]


def _drawn_lines(page: PageObject) -> Iterator[_Drawn]:
    pieces: list[_Piece] = []

    def note(text: str, cm: Sequence[float], tm: Sequence[float], _font: object, size: float) -> None:
        left = tm[4] * cm[0] + tm[5] * cm[2] + cm[4]
        height = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
        pieces.append(_Piece(text.translate(_TEX_LIGATURES), left, height, size * abs(tm[3] * cm[3])))

    page.extract_text(visitor_text=note)
    line: _Drawn = []
    for piece in pieces:
        first, *others = piece.text.split("\n")
        line.append(_Piece(first, piece.left, piece.height, piece.size))
        for other in others:
            yield line
            line = [_Piece(other, piece.left, piece.height, piece.size)]
    yield line


def _line(pieces: _Drawn, page: int) -> Iterator[Line]:
    """The pieces of a line as one; nothing where they hold nothing."""
    words = squeezed(_SOFT_HYPHEN.sub("", "".join(piece.text for piece in pieces)).translate(_PRINTED))
    if words:
        first = next((piece for piece in pieces if piece.text.strip()), pieces[0])
        yield Line(words, first.height, first.size, page)


# --- columns -------------------------------------------------------------------------------------------------

_MIN_LINES = 4
"""So many lines must begin a column in the same place."""

_MIN_WORDS = 3
"""Words that a column's lines hold on average: those of a table hold fewer."""


def _columns(drawn: Sequence[_Drawn]) -> list[float]:
    """Where columns begin that lines are drawn across; none on other pages.

    A column begins in one place on many lines, behind a gap, and its lines go on from one to the next.
    """
    begun: dict[int, list[str]] = {}
    for line in drawn:
        for before, after in pairwise(_wordy(line)):
            if after.left - before.right > 1.2 * after.size:
                begun.setdefault(round(after.left), []).append(after.text.strip())
    lefts = [
        left
        for left, texts in begun.items()
        if len(texts) >= _MIN_LINES
        and mean(len(text.split()) for text in texts) >= _MIN_WORDS
        and sum(text[0].islower() for text in texts) >= len(texts) / 3
    ]
    if not lefts:
        return []
    starts = Counter(round(words[0].left) for line in drawn if len(words := _wordy(line)) > 1)
    return sorted({starts.most_common(1)[0][0], *lefts})


def _wordy(line: _Drawn) -> list[_Piece]:
    return [piece for piece in line if piece.text.strip()]


def _by_column(drawn: Sequence[_Drawn], columns: Sequence[float]) -> Iterator[_Drawn]:
    """Lines with those that are drawn across columns taken apart and put one column behind the other."""
    held: dict[float, list[_Drawn]] = {left: [] for left in columns}
    for line in drawn:
        words = _wordy(line)
        crosses = len({_column_of(piece, columns) for piece in words}) > 1
        inside = words and any(held.values()) and _begins(words[0], columns)
        if not words:
            continue
        if crosses or inside:
            for left in columns:
                if part := [piece for piece in words if _column_of(piece, columns) == left]:
                    held[left].append(part)
            continue
        yield from _released(held)
        yield line
    yield from _released(held)


def _column_of(piece: _Piece, columns: Sequence[float]) -> float:
    return max((left for left in columns if left <= piece.left + 2), default=columns[0])


def _begins(piece: _Piece, columns: Sequence[float]) -> bool:
    """Whether a piece begins where a column does, and ends before the next one."""
    here = _column_of(piece, columns)
    following = min((left for left in columns if left > here), default=float("inf"))
    return abs(piece.left - here) < 2 and piece.right < following + piece.size  # noqa: PLR2004 - points


def _released(held: dict[float, list[_Drawn]]) -> Iterator[_Drawn]:
    for lines in held.values():
        yield from lines
        lines.clear()
