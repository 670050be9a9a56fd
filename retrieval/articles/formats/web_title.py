"""The title of a web page, which is its article's and not its site's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from retrieval.articles.formats.metadata import is_made_up
from retrieval.articles.formats.values import squeezed

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_TITLE_PARTS = re.compile(r"\s+[|\u2013\u2014\u00b7\u00bb\u2022\u203a:-]{1,2}\s+")

_SHORT_NAME = 4
"""Characters: less is no name to know a site by."""

_BANNER = re.compile(r"logo|brand|masthead|site-?(?:name|title)|banner", re.IGNORECASE)


def _in_banner(heading: HtmlElement) -> bool:
    """Whether a heading is the site's own, on every page of it."""
    around = [heading, *heading.iterancestors()]
    named = (f"{part.get('class') or ''} {part.get('id') or ''}" for part in around[:4])
    if any(map(_BANNER.search, named)) or any(part.get("role") == "banner" for part in around):
        return True
    links = heading.findall(".//a[@href]")
    whole = len(links) == 1 and squeezed("".join(links[0].itertext())) == squeezed("".join(heading.itertext()))
    return whole and bool(_HOME.fullmatch(links[0].get("href").strip()))


_HOME = re.compile(r"/|\.?/?index\.\w+|https?://[^/\s]+/?", re.IGNORECASE)
"""An address that leads to the first page of a site."""


@dataclass(frozen=True, slots=True)
class PageTitle:
    """What a page's title may be taken from: its ``<title>`` and its headings."""

    whole: str
    headings: tuple[str, ...]
    banners: frozenset[str]
    """Those of the headings that stand in the site's banner."""
    shared: str = ""
    """The title that it gives to those who share it."""

    @classmethod
    def of(cls, tree: HtmlElement) -> PageTitle:
        """The title and the first headings of a page."""
        title = tree.find(".//head/title")
        found = list(tree.iter("h1", "h2", "h3"))[:100]
        headings = [squeezed("".join(heading.itertext())) for heading in found]
        banners = (words for words, heading in zip(headings, found, strict=True) if _in_banner(heading))
        shared = next((squeezed(part.get("content")) for part in tree.findall(".//meta[@property='og:title']")), "")
        whole = squeezed(title.text if title is not None else "")
        whole = "" if is_made_up(whole) else whole
        return cls(whole, tuple(filter(None, headings)), frozenset(map(str.casefold, banners)), shared)

    def chosen(self, found: str | None, site: str | None) -> str | None:
        """The title that was found, unless it is the site's name and not the article's."""
        site = squeezed(site).casefold()
        found = "" if is_made_up(squeezed(found)) else self._without_site(squeezed(found), site)
        parts = _TITLE_PARTS.split(self.whole)
        if not site:
            site = next((part.casefold() for part in parts if part.casefold() in self.banners), "")
        if len(parts) > 1 and found == self.whole and parts[0].casefold() in self._article_headings(site):
            return parts[0]
        if found and found.casefold() != site and (not self.whole or found.casefold() in self.whole.casefold()):
            return found
        likely = [
            heading
            for heading in self.headings
            if heading.casefold() in self.whole.casefold() and heading.casefold() != site and len(heading.split()) > 1
        ]
        if likely:
            return likely[0]
        given = found == self.shared or found not in self.headings
        if found and found.casefold() != site and given:  # it is in the page's metadata
            return found
        parts = [part for part in parts if part.casefold() != site]
        named = found if found.casefold() != site else None
        article = next(iter(self._article_headings(site).values()), None) if self.banners else None
        return max(parts, key=len, default="") or named or article or found or None

    def _article_headings(self, site: str) -> dict[str, str]:
        """The headings that are not the site's own, by themselves in small letters."""
        headings = {heading.casefold(): heading for heading in self.headings}
        return {folded: heading for folded, heading in headings.items() if folded not in {site, *self.banners}}

    def _without_site(self, found: str, site: str) -> str:
        """A title without the site's name behind it: one that the page gives, or that a heading lacks."""
        folded = found.casefold()
        for heading in self.headings:
            if folded.startswith(heading.casefold()) and len(heading.split()) > 1:
                return heading if _TITLE_PARTS.match(folded, len(heading.casefold())) else found
        for mark in [*_TITLE_PARTS.finditer(found)][-1:]:
            last = re.sub(r"\W", "", found[mark.end() :]).casefold()
            if len(last) >= _SHORT_NAME and re.sub(r"\W", "", site).startswith(last):
                return found[: mark.start()]
        return found
