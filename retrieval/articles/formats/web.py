"""Saved web pages: their main text and metadata."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from copy import deepcopy
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lxml.etree import _Element
    from lxml.html import HtmlElement
from retrieval.articles.formats.decoding import decode, without_soft_hyphens
from retrieval.articles.formats.values import ExtractedArticle, no_headings, squeezed
from retrieval.articles.formats.web_blocks import all_paragraphs, paragraphs
from retrieval.articles.formats.web_day import publication_day
from retrieval.articles.formats.web_lead import with_lead
from retrieval.articles.formats.web_markup import INDENT, REPEATED, mark_repeated, prepare
from retrieval.articles.formats.web_numbers import with_numbers
from retrieval.articles.formats.web_title import PageTitle

_CHARSET = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]{2,40})""", re.IGNORECASE)

_MEANT = {
    **dict.fromkeys(("shift-jis", "sjis", "x-sjis"), "cp932"),
    **dict.fromkeys(("iso-8859-1", "latin-1", "latin1", "us-ascii", "ascii"), "cp1252"),
}
"""What pages mostly are in that name one of these: Microsoft's extension of it, as every browser has it."""

_SOFT_HYPHEN_NAMES = re.compile(r"&(?:shy|#173|#x0*ad);", re.IGNORECASE)

_ZERO_WIDTH_NAMES = re.compile(r"&(?:ZeroWidthSpace|#8203|#x0*200b);", re.IGNORECASE)

_HEAD_BYTES = 4096
"""Where a page says what its encoding is."""


def read_page(name: str, content: bytes) -> list[ExtractedArticle]:
    """A web page as it was saved: its main text, without menus, advertisements and comments."""
    import trafilatura

    tree = load_page(name, content)
    if tree is None:
        return [ExtractedArticle("", {})]
    _drop_anchors(tree)
    title, published = PageTitle.of(tree), publication_day(tree)
    prepare(tree)
    copy = deepcopy(tree)
    mark_repeated(copy)
    found = trafilatura.bare_extraction(
        copy,
        with_metadata=True,
        include_comments=False,
        # Without it, pages with few paragraphs lose their headings and lists.
        favor_recall=True,
        date_extraction_params={"original_date": True, "extensive_search": False},
    )
    if found is None or isinstance(found, dict) or found.body is None:
        # So little text that nothing can be told from a menu: all of its paragraphs then.
        known = _known(trafilatura.extract_metadata(deepcopy(tree)), title, published)
        return [ExtractedArticle("\n\n".join(paragraphs(tree)), known)]
    blocks = [with_numbers(block.replace(REPEATED, "")) for block in _page_blocks(found.body)]
    if len(blocks) < 2 and sum(map(len, blocks)) < _LITTLE:  # noqa: PLR2004 - one paragraph
        blocks = paragraphs(tree) or blocks
    return [ExtractedArticle("\n\n".join(with_lead(blocks, tree, found.description)), _known(found, title, published))]


def _drop_anchors(tree: HtmlElement) -> None:
    """Take away the signs behind headings that lead to themselves, or to a page for changing them."""
    for part in list(tree.iter("a", "span", "button")):
        kind = part.get("class") or ""
        words = squeezed("".join(part.itertext()))
        is_sign = part.tag == "a" and "#" in (part.get("href") or "") and words in _SIGNS
        if part.getparent() is not None and ((words and is_sign) or _ANCHOR.search(kind)):
            part.drop_tree()


_SIGNS = {"#", "¶", "§", "\N{LINK SYMBOL}", "\N{INFINITY}", "\N{ANCHOR}"}

_ANCHOR = re.compile(
    r"(?:^|\s)(?:mw-editsection|headerlink|header-?anchor|heading-?anchor|hash-link|anchorjs-link)(?:\s|$)"
)
"""Classes of such signs, of MediaWiki, Sphinx, Docusaurus and others."""


def load_page(name: str, content: bytes, charset: str = "") -> HtmlElement | None:
    """The tree of a page in the encoding ``charset``, or else in the one that it names; None for no page at all."""
    import trafilatura

    page = _ZERO_WIDTH_NAMES.sub("\u200b", _SOFT_HYPHEN_NAMES.sub("", _decode_page(name, content, charset)))
    page = without_soft_hyphens(page)
    tree = trafilatura.load_html(page)
    if tree is None and page.strip():  # to trafilatura, a single block without <html> around it is no page
        tree = trafilatura.load_html(f"<!DOCTYPE html>\n{page}")
    return tree


def whole_page(tree: HtmlElement | None) -> list[str]:
    """All paragraphs of a page that has neither menus nor advertisements, such as a letter or a book's chapter."""
    if tree is None:
        return []
    prepare(tree)
    for part in tree.iter("aside", "footer"):  # boxes and notes, there
        part.tag = "div"
    return all_paragraphs(tree)


_LITTLE = 500
"""Characters: of a page with so few trafilatura makes one paragraph."""


def _known(found: Any, title: PageTitle, published: str | None) -> dict[str, str]:
    """What trafilatura's document says of the page, under our names."""
    if found is None:
        found = SimpleNamespace(title=None, sitename=None, url=None)
    metadata = {
        "title": title.chosen(found.title, found.sitename),
        "source": found.sitename,
        "published": published,
        "url": found.url,
    }
    return {key: value for key, value in metadata.items() if value}


def _decode_page(name: str, content: bytes, charset: str) -> str:
    """A page's text, in the encoding that is known or that it names, if there is one that fits."""
    said = _CHARSET.search(content[:_HEAD_BYTES])
    charset = charset or (said[1].decode("ascii") if said else "")
    if charset and not content.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        charset = charset.lower().replace("_", "-")
        try:
            return str(content, _MEANT.get(charset, charset))
        except (LookupError, ValueError):
            pass
    return decode(name, content)


_PAGE_BLOCKS = {"code", "div", "head", "item", "list", "p", "quote", "row", "table"}


def _page_blocks(element: _Element) -> Iterator[str]:
    """The blocks of trafilatura's tree, whose elements are named after TEI's."""
    for child in element:
        mark = "- " if child.tag == "item" else ""
        if child.tag == "row":
            yield " | ".join(filter(None, map(_page_words, child)))
        elif any(part.tag in _PAGE_BLOCKS for part in child):
            yield from (mark + words for words in [squeezed(child.text)] if words)
            yield from _page_blocks(child)
        elif words := _page_words(child):
            level = int((child.get("rend") or "h2")[-1]) if child.tag == "head" else 0
            yield f"{'#' * level} {squeezed(words)}" if level else no_headings(mark + words)
        yield from filter(None, [squeezed(child.tail)])


def _page_words(element: _Element) -> str:
    """An element's words, with line ends where the page breaks the line, and blocks inside of it apart."""
    for part in element.iter():
        if part.tag == "lb":
            part.tail = "\u2028" + (part.tail or "")
        elif part is not element and part.tag in _PAGE_BLOCKS:
            part.text = " " + (part.text or "")
            part.tail = " " + (part.tail or "")
    lines = "".join(element.itertext()).split("\u2028")
    return "\n".join(filter(None, map(squeezed, lines))).replace(INDENT, " ")
