"""JSON files and JSON lines: one article or many."""

from __future__ import annotations

import json

from retrieval.articles.formats.chats import chat_days
from retrieval.articles.formats.decoding import decode
from retrieval.articles.formats.records import article_of, fields_of, text_field
from retrieval.articles.formats.values import Extracted, UnreadableArticle
from retrieval.errors import ArticleUnreadable


def read_json(name: str, content: bytes) -> list[Extracted]:
    """One article, or a list of them, each an object with a ``text``; the list may be one of an object's values.

    Of an export of a chat a day is one (``chats``).
    """
    try:
        document = json.loads(decode(name, content))
    except ValueError as error:
        raise ArticleUnreadable(name, "it is not valid JSON") from error
    if days := chat_days(name, document):
        return list(days)
    if isinstance(document, dict):
        document = _listed(document)
    if isinstance(document, list):
        return [_article_object(item, number) for number, item in enumerate(document, 1)]
    found = _article_object(document, None)
    if isinstance(found, UnreadableArticle):
        raise ArticleUnreadable(name, found.reason)
    return [found]


def _listed(document: dict[str, object]) -> object:
    """The longest list of objects in a document, as interfaces answer, unless that is an article itself."""
    if text_field(fields_of(document), short=False):
        return document
    lists = [value for value in document.values() if isinstance(value, list) and value and isinstance(value[0], dict)]
    return max(lists, key=len, default=document)


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
    return article_of(fields_of(item), number)
