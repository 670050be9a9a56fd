"""EPUB books: their chapters in the order of reading, each read as the web page that it is."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from retrieval.articles.formats.packed import open_package, xml_of
from retrieval.articles.formats.progress import tell
from retrieval.articles.formats.values import ExtractedArticle, squeezed
from retrieval.articles.formats.web import load_page, whole_page
from retrieval.errors import ArticleUnreadable

if TYPE_CHECKING:
    from zipfile import ZipFile

    from lxml.etree import _Element

_PAGES = frozenset({"application/xhtml+xml", "text/html", "application/x-dtbook+xml"})

_NO_BOOK = "it is damaged or no EPUB file"

_TOLD_EVERY = 16

_DAY = re.compile(r"[12]\d{3}-\d{2}-\d{2}")
"""Calibre writes the year 101 where it knows none."""


def read_book(name: str, content: bytes) -> list[ExtractedArticle]:
    """A book: the words of its chapters; title, author or publisher, day and address out of its description."""
    with open_package(name, content) as archive:
        book = _Book.of(name, archive)
        _check_lock(name, archive, book.chapters)
        text: list[str] = []
        missing = 0
        for number, chapter in enumerate(book.chapters):
            if number and number % _TOLD_EVERY == 0:
                tell(number, len(book.chapters))
            try:
                page = archive.read(chapter)
            except KeyError:
                missing += 1
                continue
            text += whole_page(_without_note_marks(load_page(chapter, page)))
    notes = (f"{missing} of its chapters are missing",) if missing else ()
    return [ExtractedArticle("\n\n".join(text), book.known, notes=notes)]


@dataclass(frozen=True, slots=True)
class _Book:
    """What the package document of a book says."""

    chapters: tuple[str, ...]
    """Their places in the zip file, in the order of reading; no table of contents."""
    known: Mapping[str, str]

    @classmethod
    def of(cls, name: str, archive: ZipFile) -> _Book:
        """The description of the book that a zip file holds."""
        parts = set(archive.namelist())
        if "META-INF/container.xml" not in parts:
            raise ArticleUnreadable(name, _NO_BOOK)
        root = next(iter(_all(xml_of(archive.read("META-INF/container.xml")), "rootfile")), None)
        place = root.get("full-path") or "" if root is not None else ""
        if place not in parts:
            raise ArticleUnreadable(name, _NO_BOOK)
        package = xml_of(archive.read(place))
        items = {item.get("id"): item for item in _all(package, "item")}
        order = [items[ref.get("idref")] for ref in _all(package, "itemref") if ref.get("idref") in items]
        chapters = (
            posixpath.normpath(posixpath.join(posixpath.dirname(place), unquote(item.get("href") or "")))
            for item in order
            if item.get("media-type") in _PAGES and "nav" not in (item.get("properties") or "").split()
        )
        return cls(tuple(dict.fromkeys(chapters)), dict(_known(package)))


def _all(root: _Element, *names: str) -> list[_Element]:
    """The elements of these names, in whatever name space they are."""
    return list(root.iter(*(f"{{*}}{name}" for name in names)))


def _known(package: _Element) -> Iterator[tuple[str, str]]:
    """What a book says of itself, under our names."""

    def said(name: str) -> list[str]:
        return list(filter(None, (squeezed(part.text) for part in _all(package, name) if _is_described(part))))

    if titles := said("title"):
        yield "title", titles[0]
    if makers := [", ".join(said("creator")), *said("publisher")]:
        yield "source", next(filter(None, makers), "")
    days = [part for part in _all(package, "date") if not _is_change(part)]
    if day := next((found[0] for part in days if (found := _DAY.match(squeezed(part.text)))), ""):
        yield "published", day
    if url := next((one for one in said("identifier") + said("source") if re.match(r"https?://\S+$", one)), ""):
        yield "url", url


def _is_described(part: _Element) -> bool:
    """Whether an element is one of Dublin Core's."""
    return "purl.org/dc/" in str(part.tag)


def _is_change(part: _Element) -> bool:
    return not _is_described(part) or any(
        name.endswith("event") and value not in {"publication", "original-publication"}
        for name, value in part.attrib.items()
    )


def _check_lock(name: str, archive: ZipFile, chapters: tuple[str, ...]) -> None:
    """Refuse a book whose chapters are encrypted; fonts often are, in books that anybody can read."""
    if "META-INF/encryption.xml" not in archive.namelist():
        return
    locked = {
        unquote(part.get("URI") or "")
        for part in _all(xml_of(archive.read("META-INF/encryption.xml")), "CipherReference")
    }
    if locked & set(chapters):
        raise ArticleUnreadable(name, "it is encrypted, as shops do it; only programs of the shop can read it")


def _without_note_marks(tree: _Element | None) -> _Element | None:
    """A chapter without the numbers that lead to notes, and those of printed pages."""
    for mark in list(tree.iter("a", "span", "div")) if tree is not None else []:
        kinds = " ".join(value for key, value in mark.attrib.items() if key in {"epub:type", "role"})
        if ("noteref" in kinds and mark.tag == "a") or "pagebreak" in kinds:
            mark.drop_tree()
    return tree
