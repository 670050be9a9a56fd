"""The lines of print on a page of a PDF file, in the order in which a person reads them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
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
    is_row: bool = False
    """Whether it is a row of a table, with its cells apart."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """What is drawn at once: words, or a part of one."""

    text: str
    left: float
    height: float
    size: float

    @property
    def right(self) -> float:
        """Where it about ends: most letters are half as wide as high."""
        words = self.text.strip()
        return self.left + self.size * (0.5 * len(words) - 0.22 * len(_NARROW.findall(words)))


_NARROW = re.compile("[fijlrtI.,:;!'|() ]")

_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}

_PRINTED = {**_LIGATURES, 0x00: None, 0x2010: "-"}
"""What looks like other characters and is found by no search for these."""

_TEX_LIGATURES = {
    **dict(zip(range(0x0B, 0x10), ("ff", "fi", "fl", "ffi", "ffl"), strict=True)),
    **dict(zip(range(0x1B, 0x20), ("ff", "fi", "fl", "ffi", "ffl"), strict=True)),
}
"""Control characters that come out of TeX's fonts where these do not say what their letters are."""


_SOFT_HYPHEN = re.compile("\xad\\s*(?!\\s*$)")
"""Where a word may be broken; at the end of a line it is."""

_Drawn = list[_Piece]
"""A line as it is drawn, across all columns."""


def page_lines(page: PageObject, number: int) -> list[Line]:
    """The lines of a page in the order in which they are drawn, or column by column where a line crosses columns."""
    drawn = list(_side_by_side(_drawn_lines(page)))
    columns = _columns(drawn)
    ordered = list(_by_column(drawn, columns)) if columns else drawn
    rows = _rows(ordered)
    return [line for pieces in ordered for line in _line(pieces, number, rows.get(id(pieces)))]


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


def _side_by_side(lines: Iterable[_Drawn]) -> Iterator[_Drawn]:
    """The lines, with those that are drawn one by one on the same height, each to the right of the other, as one."""
    row: _Drawn = []
    for line in lines:
        words = _wordy(line)
        if row and words and _goes_on(_wordy(row)[-1], words[0]):
            row += [replace(words[0], text=" "), *line]
        elif words:
            yield from [row] if row else []
            row = line
    yield from [row] if row else []


def _goes_on(one: _Piece, two: _Piece) -> bool:
    narrowest = one.left + 0.3 * one.size * len(one.text.strip())
    return abs(one.height - two.height) < 1 and two.left > narrowest


def _line(pieces: _Drawn, page: int, cells: Sequence[_Drawn] | None = None) -> Iterator[Line]:
    """The pieces of a line as one, or of a row the cells of a table; nothing where they hold nothing."""
    parts = ("".join(piece.text for piece in cell) for cell in cells or [pieces])
    apart = " | " if len(cells or ()) > 2 else " "  # noqa: PLR2004 - a name and its value are read across
    words = apart.join(squeezed(_SOFT_HYPHEN.sub("", part).translate(_PRINTED)) for part in parts)
    if words:
        first = next((piece for piece in pieces if piece.text.strip()), pieces[0])
        yield Line(words, first.height, first.size, page, is_row=bool(cells))


# --- tables --------------------------------------------------------------------------------------------------

_LABEL = re.compile(r"[^\w\s]|\(?\w{1,3}[.)]|\d{1,2}(?:\.\d{1,2})+\.?")
"""What stands before an item of a list."""

_DOTS = re.compile(r"(?:[._\u00b7\u2026] ?){2,}")
"""What leads the eye in a table of contents."""

_CELL_GAP = 1.0
"""In sizes of print: words in a line are closer."""


def _rows(lines: Sequence[_Drawn]) -> dict[int, list[_Drawn]]:
    """The cells of the lines that are rows of tables, by these: two or more in turn that have cells in one place."""
    found: dict[int, list[_Drawn]] = {}
    split = [(id(line), _cells(line)) for line in lines]
    for (one, cells), (two, others) in pairwise(split):
        begun = [cell[0].left for cell in cells[1:]]
        if any(abs(cell[0].left - left) < 3 for cell in others[1:] for left in begun):  # noqa: PLR2004 - points
            found |= {one: cells, two: others}
    return found


def _cells(line: _Drawn) -> list[_Drawn]:
    """The pieces of a line, parted where there are gaps; none of what is a list's item behind its label."""
    cells: list[_Drawn] = []
    last: _Piece | None = None
    for piece in line:
        if cells and (not piece.text.strip() or (last and piece.left - last.right < _CELL_GAP * piece.size)):
            cells[-1].append(piece)
        elif piece.text.strip():
            cells.append([piece])
        last = piece if piece.text.strip() else last
    said = ["".join(piece.text for piece in cell).strip() for cell in cells]
    number = len(cells) == 2 and said[0].isdecimal()  # noqa: PLR2004 - a footnote, or an item without a full stop
    is_item = bool(cells) and (number or _LABEL.fullmatch(said[0]))
    return [] if is_item or any(map(_DOTS.fullmatch, said)) else cells


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
