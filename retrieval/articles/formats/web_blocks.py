"""The paragraphs of a short web page, all of them: where little text stands, an extractor runs it together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from typing import TYPE_CHECKING

from retrieval.articles.formats.values import no_headings, squeezed
from retrieval.articles.formats.web_markup import INDENT
from retrieval.articles.formats.web_numbers import with_numbers

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_LEFT_OUT = (
    *("script", "style", "noscript", "template", "nav", "footer", "aside", "form", "button", "select", "textarea"),
    *("iframe", "object", "svg", "audio", "video", "canvas"),
)

_PARTS = frozenset(
    (
        *(
            "address",
            "article",
            "blockquote",
            "body",
            "caption",
            "center",
            "dd",
            "details",
            "div",
            "dl",
            "dt",
            "fieldset",
        ),
        *("figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "ol", "p", "pre"),
        *("section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"),
    )
)
"""Elements that begin and end a paragraph."""


def paragraphs(page: HtmlElement) -> list[str]:
    """The words of a page, or of its one article, in paragraphs; headings behind ``#``, items behind ``-``."""
    tree = _seen(page)
    articles = [one for one in tree.iter("article", "main") if one.getparent() is not None]
    body = articles[0] if len(articles) == 1 else tree.find("body")
    return list(_paragraphs(tree if body is None else body))


def all_paragraphs(page: HtmlElement) -> list[str]:
    """The words of a page in paragraphs, whether they stand in its one article or outside of it."""
    tree = _seen(page)
    body = tree.find("body")
    return list(_paragraphs(tree if body is None else body))


def _seen(page: HtmlElement) -> HtmlElement:
    """A copy of a page without what is not seen, or is not of the article."""
    from lxml import etree

    tree = deepcopy(page)
    etree.strip_elements(tree, etree.Comment, *_LEFT_OUT, with_tail=False)
    for part in [part for part in tree.iter() if _is_left_out(part)]:
        if part.getparent() is not None:
            part.drop_tree()
    return tree


_AROUND = re.compile(
    r"(?:^|[\s_-])(?:breadcrumbs?|cookies?|footer|menu|nav(?:bar|igation)?|sidebar)(?:$|[\s_-])", re.IGNORECASE
)
"""Names of what stands around an article."""


def _is_left_out(part: HtmlElement) -> bool:
    """Whether a part is hidden, or named as one that stands around the article and holds no heading of one."""
    if "display:none" in (part.get("style") or "").replace(" ", ""):
        return True
    named = part.tag in ("div", "ul") and _AROUND.search(f"{part.get('class') or ''} {part.get('id') or ''}")
    return bool(named) and next(part.iterdescendants("h1", "h2", "article", "main"), None) is None


def _paragraphs(element: HtmlElement) -> Iterator[str]:
    """The paragraphs in an element; those of a row of a table as one."""
    words: list[str] = []
    for kind, text in _pieces(element):
        if kind is None:
            words.append(text)
            continue
        yield from _joined(words, kind)
        words = []
    yield from _joined(words, "")


def _joined(words: list[str], mark: str) -> Iterator[str]:
    lines = [squeezed(line) for line in "".join(words).split("\u2028")]
    if text := "\n".join(filter(None, lines)):
        text = text.replace(INDENT, " ")
        yield with_numbers(mark + squeezed(text) if mark else no_headings(text))


def _pieces(element: HtmlElement) -> Iterator[tuple[str | None, str]]:
    """The words in an element, each with None, and the ends of paragraphs, each with the mark of what ends there."""
    yield None, element.text or ""
    for child in element:
        if child.tag == "tr":
            yield "", ""
            yield None, " | ".join(filter(None, (squeezed("".join(cell.itertext())) for cell in child)))
            yield "", ""
        elif child.tag == "br":
            yield None, "\u2028"
        elif isinstance(child.tag, str):
            parts = child.tag in _PARTS
            yield from [("", "")] if parts else []
            yield from _pieces(child)
            yield from [(_mark(child.tag), "")] if parts else []
        yield None, child.tail or ""


def _mark(tag: str) -> str:
    if tag == "li":
        return "- "
    return f"{'#' * int(tag[1])} " if tag[0] == "h" and tag[1:].isdigit() else ""
