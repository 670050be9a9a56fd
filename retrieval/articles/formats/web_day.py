"""The day on which a web page was published, which is not that of a change, of a comment or of something told in it."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import TYPE_CHECKING

from retrieval.articles.formats.values import squeezed
from retrieval.articles.formats.web_markup import is_layout

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_CHANGED = re.compile(r"modif|updat|edited|revis", re.IGNORECASE)

_LAST_CHANGED = re.compile(
    r"\b(?:last|zuletzt|was)\s+(?:edited|modified|updated|changed|revised|bearbeitet)\b", re.IGNORECASE
)

_MAX_NOTICE = 200
"""Characters of a notice that a page was changed; what is longer is a paragraph of the article."""


def publication_day(tree: HtmlElement) -> str | None:
    """The day on which a page says that it was published, as in 2016-11-28.

    A day of a change is none, and neither is one that merely occurs in the text: a wrong date is worse than none.
    """
    from htmldate import find_date

    if any("MediaWiki" in (meta.get("content") or "") for meta in tree.findall(".//meta[@name='generator']")):
        return None  # what it gives is the day on which the page was first begun
    copy = deepcopy(tree)
    _forget_others(copy)
    said = _said(copy)
    _forget_changes(copy)
    day: str | None = find_date(copy, original_date=True, extensive_search=False)
    return day or said


_SAID = re.compile(
    r"""\b(?:published|posted|veröffentlicht|publié|publicado|pubblicato|publicerad|publisert)\b[^\d\n]{0,25}?
    (\d{4}-\d\d-\d\d|\d{1,2}(?:st|nd|rd|th|er|\.)?\ (?:de\ )?[^\W\d_]{3,10}\.?,?\ (?:de\ )?\d{4}
    |[^\W\d_]{3,10}\.?\ \d{1,2}(?:st|nd|rd|th)?,?\ \d{4})\b""",
    re.IGNORECASE | re.VERBOSE,
)


def _said(tree: HtmlElement) -> str | None:
    """The day of a line that says when the page was published."""
    for part in tree.iter("p", "div", "span", "li", "small", "em"):
        words = squeezed("".join(part.itertext()))
        if len(words) < _MAX_NOTICE and (found := _SAID.search(words)):
            return found[1]
    return None


_OTHERS = re.compile(r"(?:^|[\s_-])(?:comments?|related|sidebar|recommended|trending)(?:$|[\s_-])", re.IGNORECASE)

_LONG_PARAGRAPH = 80
"""Characters: a day in so long a paragraph is one that the article tells of."""


def _forget_others(tree: HtmlElement) -> None:
    """Take away the dates of comments and of other articles, and those in the text."""
    for part in list(tree.iter("aside", "div", "section", "ol", "ul")):
        named = f"{part.get('class') or ''} {part.get('id') or ''}"
        beside = part.tag == "aside" and part.find(".//*[@itemprop='datePublished']") is None
        if part.getparent() is None or not (beside or _OTHERS.search(named)):
            continue
        if next(part.iterdescendants("h1", "article", "main"), None) is None:
            part.drop_tree()
    for part in list(tree.iter("time")):
        around = next(part.iterancestors("p", "li"), None)
        if around is not None and len(squeezed("".join(around.itertext()))) > _LONG_PARAGRAPH:
            part.drop_tag()


def _forget_changes(tree: HtmlElement) -> None:
    """Take away the dates of changes, and those in tables and hidden parts, which are of something else."""
    for table in list(tree.iter("table")):
        if not is_layout(table):
            table.drop_tree()
    for meta in list(tree.iter("meta")):
        named = " ".join(meta.get(name) or "" for name in ("property", "name", "itemprop", "http-equiv"))
        if _CHANGED.search(named):
            meta.drop_tree()
    for part in list(tree.iter("time", "span", "abbr", "div", "p", "li", "footer", "small")):
        named = f"{part.get('class') or ''} {part.get('itemprop') or ''}"
        if part.getparent() is None:  # what it stood in is gone
            continue
        changed = bool(_CHANGED.search(named)) and "publish" not in named
        if (changed and part.tag in {"time", "span", "abbr"}) or ("publish" in named and _is_hidden(part)):
            part.drop_tree()
        elif len(words := "".join(part.itertext())) < _MAX_NOTICE and _LAST_CHANGED.search(words):
            part.clear(keep_tail=True)


def _is_hidden(part: HtmlElement) -> bool:
    styles = (one.get("style") or "" for one in (part, *part.iterancestors()))
    return any("display:none" in style.replace(" ", "").lower() for style in styles)
