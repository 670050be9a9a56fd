"""Plain text files."""

from __future__ import annotations

import codecs

from retrieval.articles.formats.decoding import decode
from retrieval.articles.formats.metadata import front_matter
from retrieval.articles.formats.values import ExtractedArticle
from retrieval.articles.formats.whatsapp import whatsapp_days
from retrieval.errors import ArticleUnreadable


def read_text(name: str, content: bytes) -> list[ExtractedArticle]:
    """A text file: front matter, if any, and the text as it is; of a chat that WhatsApp exported the days."""
    refuse_disguised(name, content)
    text = decode(name, content)
    return whatsapp_days(name, text) or [front_matter(name, text)]


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
