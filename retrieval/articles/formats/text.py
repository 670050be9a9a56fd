"""Plain text files."""

from __future__ import annotations

from retrieval.articles.formats.decoding import decode
from retrieval.articles.formats.disguises import refuse_disguised
from retrieval.articles.formats.metadata import front_matter
from retrieval.articles.formats.values import ExtractedArticle
from retrieval.articles.formats.whatsapp import whatsapp_days


def read_text(name: str, content: bytes) -> list[ExtractedArticle]:
    """A text file: front matter, if any, and the text as it is; of a chat that WhatsApp exported the days."""
    refuse_disguised(name, content)
    text = decode(name, content)
    return whatsapp_days(name, text) or [front_matter(name, text)]
