"""The pages of a PDF file that can be read, and what is to be said of the others."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from retrieval.articles.formats.pdf_lines import Line, page_lines
from retrieval.articles.formats.progress import tell
from retrieval.articles.formats.scans import PictureUnread, Scans, can_be_read

if TYPE_CHECKING:
    from pypdf import PdfReader

_TOLD_EVERY = 16
"""Pages, each of which takes some hundredths of a second; OCR takes seconds, and every page of it is told."""

_NAMED_PAGES = 5
"""So many of the pages that were left out are named."""

_UNREADABLE = re.compile(r"(?:/[a-zA-Z]{1,3}\d{1,5}\s*){4,}|[\x00-\x08\x0e-\x1f\x7f-\x9f\ufffd\ue000-\uf8ff]")
"""What comes of fonts that do not say what their letters are: names of shapes, control and private characters."""

_MAX_UNREADABLE = 0.2
"""Share of such characters from which on a page is no language."""


@dataclass(slots=True)
class Pages:
    """The lines of the pages that can be read, and the numbers of the others, from 1."""

    read: list[list[Line]] = field(default_factory=list)
    scanned: list[int] = field(default_factory=list)
    """Those of the pages that OCR has read."""
    damaged: list[int] = field(default_factory=list)
    unreadable: list[int] = field(default_factory=list)
    """Set in a font that does not tell its letters."""
    unread: dict[str, list[int]] = field(default_factory=dict)
    """Pictures that OCR could not read, by the reason."""

    @classmethod
    def of(cls, reader: PdfReader, content: bytes) -> Pages:
        """Read the pages of a file, those without words by OCR where somebody has set it up."""
        pages, scans = cls(), Scans(content)
        for number in range(1, (total := len(reader.pages)) + 1):
            if number > 1 and number % _TOLD_EVERY == 1:
                tell(number - 1, total)
            pages._add(reader, number, scans)
        return pages

    def _add(self, reader: PdfReader, number: int, scans: Scans) -> None:
        lines: list[Line] | None = None
        try:
            lines = list(page_lines(reader.pages[number - 1], number))
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - pypdf raises whatever went wrong first, and the other pages may be whole
            left_out = self.damaged
        else:
            left_out = self.unreadable
        if lines and _is_language(lines):
            self.read.append(lines)
        elif can_be_read():
            tell(number - 1, len(reader.pages))
            self._scan(number, scans)
        elif lines or lines is None:
            left_out.append(number)

    def _scan(self, number: int, scans: Scans) -> None:
        try:
            lines = scans.lines(number)
        except PictureUnread as error:
            self.unread.setdefault(str(error), []).append(number)
            return
        if lines:
            self.read.append(lines)
            self.scanned.append(number)

    @property
    def notes(self) -> list[str]:
        """What is to be said of the pages that were left out."""
        notes = [f"its {_numbered(self.damaged)} damaged and left out"] if self.damaged else []
        if self.unreadable:
            notes.append(f"its {_numbered(self.unreadable)} left out, set in a font that does not tell its letters")
        notes += [f"its {_numbered(numbers)} left out, unread by OCR: {why}" for why, numbers in self.unread.items()]
        return notes


def _numbered(pages: Sequence[int]) -> str:
    """The numbers of pages in words, the first few of many."""
    first = ", ".join(map(str, pages[:_NAMED_PAGES]))
    more = f" and {len(pages) - _NAMED_PAGES:,} more" if len(pages) > _NAMED_PAGES else ""
    return f"pages {first}{more} are" if len(pages) > 1 else f"page {first} is"


def _is_language(lines: Sequence[Line]) -> bool:
    """Whether what was read off a page may be words."""
    text = "".join(line.text for line in lines)
    unreadable = sum(len(found[0]) for found in _UNREADABLE.finditer(text))
    return unreadable <= _MAX_UNREADABLE * len(text)
