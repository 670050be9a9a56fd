"""The numbers that browsers put before the items of ordered lists: a page's text does not have them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from retrieval.articles.formats.numerals import numbered, whole

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_NUMBER = "\ue003"
"""Stands before a number until the page's text is extracted."""

_UNNUMBERED = re.compile(r"list-style(?:-type)?\s*:[^;]*\bnone\b", re.IGNORECASE)

_INTO = ("p", "div", "section", "article")
"""What an item's text may be in."""


def number_items(tree: HtmlElement) -> None:
    """Put before each item of an ordered list its number, as the list counts."""
    for ordered in tree.iter("ol"):
        if _UNNUMBERED.search(ordered.get("style") or ""):
            continue
        items = ordered.findall("li")
        back = ordered.get("reversed") is not None
        number = whole(ordered.get("start"), len(items) if back else 1)
        for item in items:
            number = whole(item.get("value"), number)
            _put_before(item, f"{_NUMBER}{numbered(number, item.get('type') or ordered.get('type') or '1')}. ")
            number += -1 if back else 1


def with_numbers(block: str) -> str:
    """A block of extracted text, where an item's number stands in place of the mark of a list without numbers."""
    return block.removeprefix("- " if block.startswith(f"- {_NUMBER}") else "").replace(_NUMBER, "")


def _put_before(item: HtmlElement, number: str) -> None:
    while not (item.text or "").strip() and len(item) and item[0].tag in _INTO:
        item = item[0]
    if not (item.text or "").lstrip().startswith(number.removeprefix(_NUMBER)):  # it was typed as well
        item.text = number + (item.text or "").lstrip()
