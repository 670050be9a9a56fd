"""What a web page shows when somebody presses a button: the answers under questions, as in lists of these."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retrieval.articles.formats.values import squeezed

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_SHORTEST = 20
"""Characters of a text that is folded; less is a menu, or nothing yet."""

_ELSEWHERE = ("nav", "header", "footer", "aside", "form")


def unfold(tree: HtmlElement) -> None:
    """Show the texts that buttons unfold, and make headings of these buttons, which are left out otherwise."""
    named = {part.get("id"): part for part in tree.iter() if isinstance(part.tag, str) and part.get("id")}
    for button in [part for part in tree.iter() if isinstance(part.tag, str) and part.get("aria-expanded")]:
        folded = named.get(button.get("aria-controls"), _next(button))
        if folded is None or next(button.iterancestors(*_ELSEWHERE), None) is not None or not _is_text(folded):
            continue
        for part in (folded, *folded.iterchildren()):
            if isinstance(part.tag, str):
                part.attrib.pop("hidden", None)
                part.attrib.pop("aria-hidden", None)
                part.attrib.pop("style", None)
        if next(button.iterancestors("h1", "h2", "h3", "h4", "h5", "h6"), None) is not None:
            button.drop_tag()
        elif button.tag == "button":
            button.tag = "h3"


def _next(button: HtmlElement) -> HtmlElement | None:
    """What stands behind a button, or behind the heading that it is."""
    following: HtmlElement | None = button.getnext()
    parent = button.getparent()
    alone = parent is not None and parent.tag in ("h2", "h3", "h4", "h5", "dt")
    return parent.getnext() if following is None and alone else following


def _is_text(folded: HtmlElement) -> bool:
    """Whether there are words that are not all links."""
    words = len(squeezed("".join(folded.itertext())))
    links = sum(len(squeezed("".join(link.itertext()))) for link in folded.iter("a"))
    return isinstance(folded.tag, str) and words - links >= _SHORTEST and folded.tag not in ("nav", "ul", "form")
