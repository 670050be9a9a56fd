"""Plain text files."""

from __future__ import annotations

from retrieval.articles.formats.decoding import decode
from retrieval.articles.formats.metadata import front_matter
from retrieval.articles.formats.values import ExtractedArticle


def read_text(name: str, content: bytes) -> list[ExtractedArticle]:
    """A text file: front matter, if any, and the text as it is."""
    return [front_matter(name, decode(name, content))]
