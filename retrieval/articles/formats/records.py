"""Articles as programs write them: objects and rows, whose fields have other names with every program."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

from retrieval.articles.formats.decoding import unix_lines
from retrieval.articles.formats.metadata import pick_metadata
from retrieval.articles.formats.values import ExtractedArticle, UnreadableArticle
from retrieval.articles.formats.web import load_page, whole_page

_TEXTS = ("text", "content", "body", "article", "articlebody", "articletext", "maintext", "fulltext", "contenttext")
_PAGES = ("contenthtml", "bodyhtml", "html")
_SHORT = ("answer", "summary", "description", "abstract", "excerpt")
"""What an article's text is called, without spaces and marks: in full, in HTML, and where there is nothing longer."""

_KNOWN = {
    "title": ("title", "headline", "question", "name"),
    "source": ("source", "publisher", "site", "sitename", "sourcename", "newspaper"),
    "published": (
        *("published", "date", "datepublished", "publisheddate", "publishdate", "datepublish", "publishedat"),
        *("publishedon", "publicationdate", "pubdate"),
    ),
    "url": ("url", "link", "permalink", "sourceurl", "articleurl", "weburl", "canonicalurl"),
}
"""What else is known of it, by our names; the first that is there counts."""

_FLAGS = {"none", "true", "false"}
"""Values that name nothing: there is none, or whether an article is published."""
_MARKS = re.compile(r"[\W_]+")
_HTML = re.compile(
    r"\s*<.*(?:</(?:p|div|li|h[1-6]|section|article|table|blockquote)>|<br\s*/?>)", re.IGNORECASE | re.DOTALL
)


def fields_of(record: Mapping[Any, object]) -> dict[str, object]:
    """The fields of a record that say something, by their names in small letters without spaces and marks."""
    return {
        _MARKS.sub("", str(name).lower()): _unwrapped(value)
        for name, value in record.items()
        if value is not None and value != ""
    }


def _unwrapped(value: object) -> object:
    """A value, or what WordPress wraps in ``{"rendered": …}``."""
    return value.get("rendered", value) if isinstance(value, Mapping) else value


def article_of(fields: Mapping[str, object], number: int | None) -> ExtractedArticle | UnreadableArticle:
    """The article in a record; ``number`` is its place in the file, where that may hold several.

    A single object is none by its description alone, which settings of programs have too.
    """
    name = text_field(fields, short=number is not None)
    if name is None:
        return UnreadableArticle(number or 0, 'it has no "text" that is a string')
    known = {
        ours: fields[found]
        for ours, names in _KNOWN.items()
        if (found := next((each for each in names if str(fields.get(each)).lower() not in _FLAGS), None))
    }
    if isinstance(title := known.get("title"), str):
        known["title"] = html.unescape(title)
    metadata = pick_metadata(known)
    text = _text(fields[name]) or ""
    if name in _PAGES or _HTML.match(text):
        text = "\n\n".join(whole_page(load_page(name, text.encode("utf-8", "surrogatepass"), "utf-8")))
    return ExtractedArticle(unix_lines(text), metadata.values, number, metadata.notes)


def text_field(fields: Mapping[str, object], *, short: bool = True) -> str | None:
    """Which field holds the text, if one does; not without ``short`` one that may sum up a longer text elsewhere."""
    names = (*_TEXTS, *_PAGES, *(_SHORT if short else ()))
    return next((name for name in names if _text(fields.get(name)) is not None), None)


def _text(value: object) -> str | None:
    """A string, or the paragraphs in a list of them."""
    if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
        return "\n\n".join(value)
    return value if isinstance(value, str) else None
