"""JSON files and JSON lines: one article or many."""

from __future__ import annotations

import json

from retrieval.articles.formats.decoding import decode, unix_lines
from retrieval.articles.formats.metadata import pick_metadata
from retrieval.articles.formats.values import Extracted, ExtractedArticle, UnreadableArticle
from retrieval.errors import ArticleUnreadable


def read_json(name: str, content: bytes) -> list[Extracted]:
    """One article, or a list of them, each an object with a ``text``."""
    try:
        document = json.loads(decode(name, content))
    except ValueError as error:
        raise ArticleUnreadable(name, "it is not valid JSON") from error
    if not isinstance(document, list):
        found = _article_object(document, None)
        if isinstance(found, UnreadableArticle):
            raise ArticleUnreadable(name, found.reason)
        return [found]
    return [_article_object(item, number) for number, item in enumerate(document, 1)]


def read_json_lines(name: str, content: bytes) -> list[Extracted]:
    """An article a line; the line's number stays its name, so blank lines count too."""
    lines = enumerate(decode(name, content).split("\n"), 1)
    return [_article_line(line, number) for number, line in lines if line.strip()]


def _article_line(line: str, number: int) -> Extracted:
    try:
        return _article_object(json.loads(line), number)
    except ValueError:
        return UnreadableArticle(number, "it is not valid JSON")
    except RecursionError:
        return UnreadableArticle(number, "it is nested too deeply")


def _article_object(item: object, number: int | None) -> Extracted:
    if not isinstance(item, dict):
        return UnreadableArticle(number or 0, "it is not a JSON object")
    text = item.get("text")
    if not isinstance(text, str):
        return UnreadableArticle(number or 0, 'it has no "text" that is a string')
    metadata = pick_metadata(item)
    return ExtractedArticle(unix_lines(text), metadata.values, number, metadata.notes)
