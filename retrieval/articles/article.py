"""An article: its text, what is known about it, and the hashes that tell whether it changed."""

from __future__ import annotations

import hashlib
import json
import re
from bisect import bisect_right
from dataclasses import dataclass, fields
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class ArticleInfo:
    """What is known of an article besides its text."""

    id: str
    """Path below the articles folder, with ``/`` on every system, and ``#`` and a number behind it for one of several
    in a file: unique, and what a person can point at."""
    title: str
    source: str | None
    published: date | None
    url: str | None
    path: str
    """The file it was read from, below the articles folder."""

    @property
    def known(self) -> dict[str, Any]:
        """All of that by name, in a fraction of ``asdict``'s time."""
        return {name: getattr(self, name) for name in _KNOWN}


_KNOWN = tuple(field.name for field in fields(ArticleInfo))


@dataclass(frozen=True, slots=True)
class Article(ArticleInfo):
    """An article; every offset in Quoth counts Unicode code points of ``text``."""

    text: str
    copies: tuple[ArticleInfo, ...] = ()
    """Other articles of a snapshot that have the very same text, whatever their titles."""
    pages: tuple[int, ...] = ()
    """Where its pages, or slides, begin in the text, from the first on; none where its format knows no pages."""
    scanned: tuple[int, ...] = ()
    """The numbers, from 1, of its pages that were read by OCR, and may have wrong letters."""

    def page_at(self, offset: int) -> int | None:
        """The number of the page that a place in the text is on, from 1 as viewers count; None where there are none."""
        return max(1, bisect_right(self.pages, offset)) if self.pages else None

    def is_scanned(self, start: int, end: int) -> bool:
        """Whether any of the words between two offsets was read by OCR."""
        if not self.scanned:
            return False
        first, last = self.page_at(start) or 0, self.page_at(max(start, end - 1)) or 0
        return any(first <= number <= last for number in self.scanned)

    def url_at(self, offset: int) -> str | None:
        """The article's address; one of a PDF opens at the page that a place in the text is on."""
        page = self.page_at(offset)
        if page is None or self.url is None or not _PDF_URL.fullmatch(self.url):
            return self.url
        return f"{self.url}#page={page}"

    @property
    def info(self) -> ArticleInfo:
        """The article without its text."""
        return ArticleInfo(**self.known)

    @property
    def content_hash(self) -> str:
        """SHA-256 of what is encoded (title and text), so that a renamed or re-dated file costs no encoding."""
        return content_hash(self.title, self.text)

    @property
    def digest(self) -> str:
        """A short hash of all that is known of it, which tells whether anything about it has changed."""
        known: list[Any] = [self.title, self.source, str(self.published), self.url, self.text]
        known += [self.pages] if self.pages else []
        known += [self.scanned] if self.scanned else []
        return hashlib.sha256(json.dumps(known).encode()).hexdigest()[:16]


def content_hash(title: str, text: str) -> str:
    """SHA-256 of what is encoded of an article."""
    return hashlib.sha256(f"{title}\0{text}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was passed over, or something in a file that was left out of its article, and why."""

    path: str
    reason: str
    in_part: bool = False
    """Whether the article is there, without what the reason names."""


_PDF_URL = re.compile(r"https?://[^\s#?]+(?:\.pdf|/pdf/[^\s#?]+)(?:\?[^\s#]*)?", re.IGNORECASE)
"""An address that leads to a PDF file, and to no place in it yet."""

SURROGATE = re.compile("[\ud800-\udfff]")
