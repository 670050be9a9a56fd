"""Plain text files."""

from __future__ import annotations

import codecs

from retrieval.articles.formats.decoding import decode
from retrieval.articles.formats.metadata import front_matter
from retrieval.articles.formats.values import ExtractedArticle
from retrieval.errors import ArticleUnreadable


def read_text(name: str, content: bytes) -> list[ExtractedArticle]:
    """A text file: front matter, if any, and the text as it is."""
    refuse_disguised(name, content)
    return [front_matter(name, decode(name, content))]


_BEGINNINGS = {
    b"%pdf-": (".pdf", "a PDF file"),
    b"<!doctype html": (".html", "a web page"),
    b"{\\rtf": (".rtf", "an RTF file"),
}


def refuse_disguised(name: str, content: bytes) -> None:
    """Raise ``ArticleUnreadable`` for another kind of file under the name of a text."""
    head = content[:64].removeprefix(codecs.BOM_UTF8).lstrip().lower()
    for beginning, (suffix, kind) in _BEGINNINGS.items():
        if head.startswith(beginning):
            raise ArticleUnreadable(name, f"it is {kind}; let its name end in {suffix}")
