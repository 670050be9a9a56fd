"""Numbers as lists write them: in letters and in Roman numerals."""

from __future__ import annotations

from collections.abc import Callable, Mapping

_ROMAN = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl")),
    *((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)

MOST = 10_000
"""A higher number is a mistake; in letters or Roman numerals it would be very long."""


def whole(said: str | None, otherwise: int = 0) -> int:
    """A number as a file gives it, of five digits at most, or another where it gives none."""
    return int(said) if said and said.isdecimal() and len(said) < 6 else otherwise  # noqa: PLR2004 - digits


def roman(number: int) -> str:
    """A positive number in small Roman numerals."""
    letters_ = ""
    for value, sign in _ROMAN:
        letters_ += sign * (number // value)
        number %= value
    return letters_


def letters(number: int) -> str:
    """A positive number in small letters: a to z, then aa, ab."""
    written = ""
    while number:
        number, last = divmod(number - 1, 26)
        written = chr(ord("a") + last) + written
    return written


_WRITERS: Mapping[str, Callable[[int], str]] = {
    "a": letters,
    "A": lambda number: letters(number).upper(),
    "i": roman,
    "I": lambda number: roman(number).upper(),
}


def numbered(number: int, kind: str) -> str:
    """A number as a list of a kind writes it (``a``, ``A``, ``i``, ``I``, else digits), as HTML and ODF name them."""
    return _WRITERS[kind](number) if kind in _WRITERS and 0 < number <= MOST else str(number)
