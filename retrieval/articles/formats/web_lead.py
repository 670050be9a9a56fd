"""The lead of a news report: it often stands in the page's head, where an extractor of the main text loses it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from retrieval.articles.formats.values import squeezed

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_SHORTEST = 50
"""Characters of a description that says what an article is about."""

_LONGEST = 800

_ELSEWHERE = ("aside", "footer", "form", "nav")

_COMPARED = 40
"""Characters by which a place in the page is found again."""


def with_lead(blocks: Sequence[str], page: HtmlElement, description: str | None) -> list[str]:
    """The paragraphs of an article with its lead: the page's own description, where that is seen above them."""
    said = squeezed(description).rstrip("….")
    body = page.find("body")
    text = [block for block in blocks if not block.startswith("#")]
    if len(said) < _SHORTEST or body is None or not text or said[:_COMPARED] in squeezed(" ".join(blocks)):
        return list(blocks)
    seen = squeezed(" ".join(body.itertext()))
    lead = _paragraph(body, said)
    if not lead or not 0 <= seen.find(said[:_COMPARED]) < seen.find(squeezed(text[0])[:_COMPARED]):
        return list(blocks)
    headed = next((place for place, block in enumerate(blocks) if not block.startswith("# ")), 0)
    return [*blocks[:headed], lead, *blocks[headed:]]


def _paragraph(body: HtmlElement, said: str) -> str:
    """The words of the innermost element that begins with these, unless it is a part of the page around the article."""
    found = ""
    for part in body.iter("p", "div", "span", "h2", "h3", "strong", "b", "em", "section", "header"):
        words = squeezed("".join(part.itertext()))
        if words.startswith(said) and len(words) <= _LONGEST and next(part.iterancestors(*_ELSEWHERE), None) is None:
            found = words
    return found
