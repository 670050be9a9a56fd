"""What a reader of one file format returns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

HEADING = re.compile(r"^(#{1,6}) +(?!\|)(\S.*)$", re.MULTILINE)
"""A heading's line in an article's text; "# | Item | Price" is a row of a table."""


def no_headings(text: str) -> str:
    """Code, or other text without headings: a line that looks like one, such as a comment, is set in by a space."""
    return HEADING.sub(r" \g<0>", text) if "#" in text else text


@dataclass(frozen=True, slots=True)
class ExtractedArticle:
    """One article as its file holds it: text, and metadata under our names (title, source, published, url)."""

    text: str
    metadata: Mapping[str, str]
    number: int | None = None
    """Its place in the file, from 1, where a file may hold several."""
    notes: tuple[str, ...] = ()
    """What of the file could not be used, each as in "its page 2 is damaged"."""
    pages: tuple[int, ...] = ()
    """Offsets in the text at which its pages, or slides, begin, from the first on; one without words begins where the
    next does. None where the format knows no pages."""
    scanned: tuple[int, ...] = ()
    """The numbers, from 1, of those of its pages that were read by OCR."""


@dataclass(frozen=True, slots=True)
class UnreadableArticle:
    """Why the article in one place of a file that may hold several cannot be read."""

    number: int
    reason: str


Extracted = ExtractedArticle | UnreadableArticle


_RAISED = str.maketrans("0123456789+-\u2212", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")


def raised(number: str) -> str:
    """A number that is set higher than its line, as a power is, in characters that say so."""
    return number.translate(_RAISED)


def squeezed(text: str | None) -> str:
    """``text`` with each run of white space as one space."""
    return " ".join((text or "").split())


def titled(stem: str) -> str:
    """A title made of a file's name without its suffix: "crane_prices" is "crane prices"."""
    return squeezed(re.sub(r"[-_]+", " ", stem))
