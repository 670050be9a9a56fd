"""Read what lists articles: feeds (RSS, Atom, JSON Feed), sitemaps, and pages that link to a feed.

Runs in the confined process, and opens nothing. feedparser and lxml are loaded only here.
"""

from __future__ import annotations

import calendar
import codecs
import gzip
import hashlib
import html
import io
import json
import re
import time
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal, get_args
from urllib.parse import urljoin, urlsplit

from retrieval.articles.article import SURROGATE
from retrieval.errors import ArticleUnreadable

_LONGEST_TITLE = 300
_LONGEST_OPENING = 80
_LONGEST_ADDRESS = 2_000
_UNPACKED = 32 * 2**20
"""Bytes of a packed sitemap that are read."""

Kind = Literal["feed", "sitemap", "sitemaps", "page", "none"]
"""``sitemaps`` is a list of sitemaps, ``page`` one that links to feeds, ``none`` something else."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a feed or sitemap says of one article."""

    id: str
    title: str = ""
    author: str = ""
    address: str = ""
    published_s: float | None = None
    """Seconds since 1970."""
    changed_s: float | None = None
    """When a sitemap says that the page changed last."""
    page: str = ""
    """Its text as a web page; empty where the feed gives none."""
    day: str = ""
    """When it was published, as the feed writes it, where that is no time in English, as "mer, 16 nov 2022"."""

    @property
    def digest(self) -> str:
        """Differs when the feed has changed the entry."""
        day = (self.day,) if self.day else ()  # without one the digest is what earlier versions kept
        told = (self.title, self.author, self.address, self.published_s, self.changed_s, self.page, *day)
        return hashlib.sha256(repr(told).encode()).hexdigest()

    @property
    def moment_s(self) -> float | None:
        """By what the newest of several is known."""
        return self.published_s if self.published_s is not None else self.changed_s


@dataclass(frozen=True, slots=True)
class Listing:
    """What was found at an address."""

    kind: Kind
    title: str = ""
    every_s: float | None = None
    """How often, in seconds, a feed says that it is worth asking for it."""
    entries: tuple[Entry, ...] = ()
    """Each once."""
    links: tuple[str, ...] = ()
    """Of a page those of its feeds, of a list of sitemaps those of the sitemaps, the newest first."""


def listing_of(told: Mapping[str, Any]) -> Listing:
    """A listing that was a mapping on its way from another process, which nobody need believe.

    Raises:
        ValueError, TypeError, LookupError, AttributeError: it is none.
    """
    kind = told["kind"]
    if kind not in get_args(Kind):
        raise ValueError(kind)
    links = filter(None, (_web_address(str(link)) for link in told["links"]))
    return Listing(
        kind, str(told["title"]), _float(told["every_s"]), tuple(map(_entry_of, told["entries"])), tuple(links)
    )


def _entry_of(told: Mapping[str, Any]) -> Entry:
    id, title, author, page, day = (str(told[name]) for name in ("id", "title", "author", "page", "day"))
    published_s, changed_s = _float(told["published_s"]), _float(told["changed_s"])
    if published_s is not None:
        datetime.fromtimestamp(published_s, UTC)
    return Entry(id, title, author, _web_address(str(told["address"])), published_s, changed_s, page, day)


def _float(value: Any) -> float | None:
    return None if value is None else float(value)


def read_listing(content: bytes, content_type: str, address: str) -> Listing:
    """Whatever of the kinds a content is."""
    if content.startswith(b"\x1f\x8b"):
        content = _unpacked(content)
    if content.lstrip(codecs.BOM_UTF8 + b" \t\r\n").startswith(b"{"):
        return _json_feed(content, address)
    content = _HALF.sub(b"&#xFFFD;", content)
    head = content[:_HEAD_BYTES]
    if _SITEMAP.search(head) and not _FEED.search(head):
        return _sitemap(content, address)
    return _feed(content, content_type, address) or _page_links(content, address)


_HEAD_BYTES = 4_096
_SITEMAP = re.compile(rb"<(?:\w+:)?(?:urlset|sitemapindex)[\s>]")
_FEED = re.compile(rb"<(?:\w+:)?(?:rss|feed|RDF|html)[\s>]", re.IGNORECASE)


def _unpacked(content: bytes) -> bytes:
    """What is packed with gzip, no further than it may be large."""
    try:
        found = gzip.GzipFile(fileobj=io.BytesIO(content)).read(_UNPACKED + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise ArticleUnreadable("listing", "it is packed, and damaged") from error
    if len(found) > _UNPACKED:
        raise ArticleUnreadable("listing", f"it is larger than {_UNPACKED // 2**20} MiB")
    return found


def once(entries: list[Entry]) -> tuple[Entry, ...]:
    """The entries, of those with the same id the first, each at its place."""
    return tuple({entry.id: entry for entry in reversed(entries)}.values())[::-1]


# --- RSS and Atom --------------------------------------------------------------------------------------------


_HALF = re.compile(
    rb"&#(?:x0*[Dd][89A-Fa-f][0-9A-Fa-f]{2}"
    rb"|0*(?:55(?:29[6-9]|[3-9]\d\d)|56\d{3}|57(?:[0-2]\d\d|3[0-3]\d|34[0-3])));"
)
"""Half a character (U+D800 to U+DFFF) as a number: some programs write pairs of them, at which libraries give up."""


def _feed(content: bytes, content_type: str, address: str) -> Listing | None:
    import feedparser

    feedparser.api.PREFERRED_XML_PARSERS = []  # looking for another than Python's own opens files
    headers = {"content-type": content_type, "content-location": address}
    # As a stream: feedparser takes bytes for the name of a file. What the confined process reads needs no sanitizing,
    # and the links inside of texts, which are not quoted, need not be whole.
    unchanged = {"sanitize_html": False, "resolve_relative_uris": False}
    read = feedparser.parse(io.BytesIO(content), response_headers=headers, **unchanged)
    if not read.get("version"):
        return None
    return Listing(
        "feed",
        _line(_words(read.feed.get("title_detail"))),
        _every(read.feed),
        once([_entry(item) for item in read.entries]),
    )


_PERIODS = {"hourly": 3_600, "daily": 86_400, "weekly": 7 * 86_400, "monthly": 30 * 86_400, "yearly": 365 * 86_400}


def _every(feed: Any) -> float | None:
    """Seconds between two changes, as RSS (``ttl``, in minutes) and its module for syndication say them."""
    ttl = _number(feed.get("ttl"))
    if ttl:
        return ttl * 60
    period = _PERIODS.get(str(feed.get("sy_updateperiod") or "").strip().lower())
    return period / (_number(feed.get("sy_updatefrequency")) or 1) if period else None


def _number(text: object) -> float:
    """A whole number of at most six digits; else 0."""
    found = re.fullmatch(r"\s*(\d{1,6})\s*", str(text or ""))
    return float(found[1]) if found else 0.0


def _entry(item: Any) -> Entry:
    title = _words(item.get("title_detail"))[:_LONGEST_TITLE]
    address = _web_address(str(item.get("link") or ""))
    texts = [*item.get("content", ()), *filter(None, [item.get("summary_detail")])]
    longest: Mapping[str, Any] = max(texts, key=lambda text: len(text.get("value") or ""), default={})
    value = str(longest.get("value") or "")
    if longest.get("type") == "text/plain":
        value = _paragraphs(value)
    elif not _MARK.search(value):  # as YouTube writes it
        value = _paragraphs(html.unescape(value))
    made = _made(
        str(item.get("id") or ""),
        title,
        str(item.get("author") or ""),
        address,
        _seconds(item.get("published_parsed") or ("updated" in item and item.get("updated_parsed"))),
        value,
    )
    written = "" if item.get("published_parsed") else _line(item.get("published"))
    return replace(made, day=written if _WORD.search(written) else "")


_MARK = re.compile(r"</?[A-Za-z!]")
_WORD = re.compile(r"[^\W\d_]{3}")


def _made(id: str, title: str, author: str, address: str, published_s: float | None, markup: str) -> Entry:
    """An entry, with an id and, if it has any text, a title; one has neither in some feeds."""
    id, title, author, markup = (
        SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text) for text in (id, title, author, markup)
    )
    title = title or _opening(markup)
    page = _page(title, markup)
    id = id.strip() or address
    if not id or len(id) > _LONGEST_ADDRESS:
        id = hashlib.sha256((id or page or title).encode()).hexdigest()
    return Entry(id, title, " ".join(author.split())[:_LONGEST_TITLE], address, published_s, None, page)


def _web_address(address: str, base: str = "") -> str:
    """An address on the web, or nothing."""
    if not address.strip():
        return ""
    try:
        whole = urljoin(base, address.strip()) if base else address.strip()
        whole.encode()
        return whole if urlsplit(whole).scheme.lower() in {"http", "https"} and len(whole) <= _LONGEST_ADDRESS else ""
    except ValueError:
        return ""


def _seconds(parsed: time.struct_time | Literal[False] | None) -> float | None:
    """A time in UTC as seconds since 1970; None for no time."""
    with suppress(ValueError, OverflowError):
        return _dated(float(calendar.timegm(parsed))) if parsed else None
    return None


def _dated(seconds: float) -> float | None:
    """Seconds since 1970; None where no calendar has that time, or in the year 1, which programs write for none."""
    with suppress(ValueError, OverflowError, OSError):
        return seconds if datetime.fromtimestamp(seconds, UTC).year > 1 else None
    return None


def _words(detail: Any) -> str:
    """A title as one line, without the marks of HTML that some feeds put into it."""
    text = str((detail or {}).get("value") or "")
    if (detail or {}).get("type") != "text/plain" or re.search(r"&#?\w+;|</[A-Za-z]", text):
        text = _without_marks(text)
    return " ".join(text.split())


def _without_marks(markup: str) -> str:
    return html.unescape(re.sub(r"</?[A-Za-z][^<>]*>", "", markup))


def _opening(markup: str) -> str:
    """The first words of an entry that has no title."""
    seen = re.sub(r"(?is)<(script|style)\b.*?(</\1\s*>|$)", "", markup[: 40 * _LONGEST_OPENING])
    words = " ".join(_without_marks(seen.replace("<", " <")).split())
    if len(words) <= _LONGEST_OPENING:
        return words
    return words[:_LONGEST_OPENING].rpartition(" ")[0].rstrip(".,;:") + " …"


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{html.escape(part)}</p>" for part in re.split(r"\n\s*\n", text) if part.strip())


def _page(title: str, markup: str) -> str:
    """An entry's text as a web page; empty for one without text."""
    if not markup.strip():
        return ""
    head = f'<meta charset="utf-8"><title>{html.escape(title)}</title>'
    return f"<!doctype html><html><head>{head}</head><body><article>{markup.strip()}</article></body></html>\n"


# --- JSON Feed -----------------------------------------------------------------------------------------------


def _json_feed(content: bytes, address: str) -> Listing:
    """A feed as https://www.jsonfeed.org describes it."""
    try:
        found = json.loads(content.removeprefix(codecs.BOM_UTF8).decode(json.detect_encoding(content), "replace"))
    except ValueError:
        return Listing("none")
    if not isinstance(found, dict) or "jsonfeed.org" not in str(found.get("version")):
        return Listing("none")
    items = found.get("items") if isinstance(found.get("items"), list) else []
    entries = [_json_entry(item, address) for item in items or () if isinstance(item, dict)]
    return Listing("feed", _line(found.get("title")), None, once(entries))


def _json_entry(item: Mapping[str, Any], base: str) -> Entry:
    authors = item.get("authors") if isinstance(item.get("authors"), list) else [item.get("author")]
    names = [_line(author.get("name")) for author in authors or () if isinstance(author, dict)]
    markup, text = _text(item.get("content_html")), _text(item.get("content_text")) or _text(item.get("summary"))
    return _made(
        _text(item.get("id")),
        _line(item.get("title")),
        ", ".join(filter(None, names)),
        _web_address(_text(item.get("url")), base) or _web_address(_text(item.get("external_url")), base),
        _moment(item.get("date_published")) or _moment(item.get("date_modified")),
        markup or _paragraphs(text),
    )


def _text(value: object) -> str:
    return str(value) if isinstance(value, str | int | float) else ""


def _line(value: object) -> str:
    return SURROGATE.sub("\N{REPLACEMENT CHARACTER}", " ".join(_text(value).split()))[:_LONGEST_TITLE]


def _moment(value: object) -> float | None:
    """A time as ISO 8601 writes it, in seconds since 1970; without a zone it is in UTC."""
    with suppress(ValueError, OverflowError):
        found = datetime.fromisoformat(_text(value).strip())
        return _dated((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())
    return None


# --- sitemaps ------------------------------------------------------------------------------------------------


def _sitemap(content: bytes, address: str) -> Listing:
    """The pages, or further sitemaps, of the same host that a sitemap lists (https://www.sitemaps.org)."""
    from lxml import etree

    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, huge_tree=False)
    root = etree.fromstring(content, parser)
    if root is None:
        return Listing("none")
    found = [_located(part, address) for part in root.iter("{*}url", "{*}sitemap")]
    entries = sorted(once([entry for entry in found if entry]), key=lambda entry: -(entry.moment_s or 0.0))
    if etree.QName(root).localname == "sitemapindex":
        return Listing("sitemaps", links=tuple(entry.address for entry in entries))
    return Listing("sitemap", urlsplit(address).hostname or "", None, tuple(entries))


def _located(part: Any, base: str) -> Entry | None:
    """A page of a sitemap, with what Google's extension for news says of it; None for one elsewhere."""
    told: dict[str, str] = {}
    for element in part.iter("{*}loc", "{*}lastmod", "{*}title", "{*}publication_date"):
        namespace, _, name = str(element.tag).rpartition("}")
        if name != "title" or "news" in namespace:
            told.setdefault(name, " ".join((element.text or "").split()))
    address = _web_address(told.get("loc", ""), base)
    if not address or _host(address) != _host(base):
        return None
    published_s, changed_s = _moment(told.get("publication_date")), _moment(told.get("lastmod"))
    return Entry(address, told.get("title", "")[:_LONGEST_TITLE], "", address, published_s, changed_s)


def _host(address: str) -> str:
    with suppress(ValueError):
        return (urlsplit(address).hostname or "").removeprefix("www.")
    return ""


# --- pages ---------------------------------------------------------------------------------------------------

_FEED_TYPES = {
    "application/atom+xml",
    "application/feed+json",
    "application/json",
    "application/rdf+xml",
    "application/rss+xml",
}


def _page_links(content: bytes, address: str) -> Listing:
    """The feeds that a page says are its own (``<link rel="alternate" type="application/rss+xml" …>``)."""
    from lxml import etree
    from lxml import html as pages

    try:
        tree = pages.document_fromstring(content)
    except (etree.ParserError, ValueError):
        return Listing("none")
    base = next((urljoin(address, part.get("href")) for part in tree.iter("base") if part.get("href")), address)
    links = [
        link
        for part in tree.iter("link")
        if "alternate" in (part.get("rel") or "").lower().split()
        and (part.get("type") or "").partition(";")[0].strip().lower() in _FEED_TYPES
        and (link := _web_address(part.get("href") or "", base))
    ]
    return Listing("page" if links else "none", links=tuple(dict.fromkeys(links)))
