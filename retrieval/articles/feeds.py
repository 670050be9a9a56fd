"""Follow feeds (RSS, Atom): each of their entries becomes an article, once, and is changed when the feed changes it."""

from __future__ import annotations

import calendar
import hashlib
import html
import io
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from retrieval.articles import care
from retrieval.articles.feed_list import Feed, FeedList, Kept
from retrieval.articles.fetching import Fetched, FetchedFeed, Fetcher
from retrieval.errors import FetchFailed, FetchingMissing

MOST = 50
"""Entries of a feed that are kept at one time, unless it is told otherwise."""

_LONGEST_TITLE = 300
_LONGEST_SLUG = 50
_FAR_PAST = 0.0


@dataclass(frozen=True, slots=True)
class Entry:
    """What a feed says of one article."""

    id: str
    title: str
    author: str
    address: str
    published_s: float | None
    """Seconds since 1970."""
    page: bytes
    """Its text as a web page; empty where the feed gives none."""

    @property
    def digest(self) -> str:
        """Differs when the feed has changed the entry."""
        told = (self.title, self.author, self.address, self.published_s, self.page)
        return hashlib.sha256(repr(told).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class FeedUpdate:
    """What came of asking for a feed."""

    feed: Feed
    added: int = 0
    changed: int = 0
    without_text: int = 0
    failure: FetchFailed | None = None
    """Why nothing came. A feed that was not even asked for has none: it is gone, or wants to be left alone."""


def follow(folder: Path, address: str, fetcher: Fetcher, *, most: int = MOST, days: int | None = None) -> FeedUpdate:
    """Follow the feed at ``address`` from now on, and keep what it has.

    Raises:
        FetchFailed: it cannot be had, or is no feed; it is not followed then.
        FetchingMissing: a library is not installed.
        FolderMissing, StorageFailed: the folder cannot be used.
    """
    feeds = FeedList(folder)
    update = _asked(folder, feeds, Feed(address.strip(), most, days), fetcher)
    if update.failure:
        raise update.failure
    return update


def update_all(folder: Path, fetcher: Fetcher) -> Iterator[FeedUpdate]:
    """Ask for every feed that is followed, one after the other; one that fails does not stop the others."""
    feeds = FeedList(folder)
    for feed in feeds.all():
        if feed.gone or feed.not_before > time.time():
            yield FeedUpdate(feed)
            continue
        update = _asked(folder, feeds, feed, fetcher)
        if failure := update.failure:
            wait = time.time() + failure.wait_s if failure.wait_s else 0.0
            feeds.put(replace(feed, failed=failure.problem, not_before=wait, gone=failure.problem == "gone"))
        yield update


def _asked(folder: Path, feeds: FeedList, feed: Feed, fetcher: Fetcher) -> FeedUpdate:
    """Ask for a feed and keep what is new in it, the feed itself last: an interrupted one is then asked for anew."""
    try:
        found = fetcher.fetch_feed(feed.address, feed.etag, feed.last_modified)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        if found is None:
            feed = replace(feed, came=now, failed="", not_before=0.0)
            feeds.put(feed)
            return FeedUpdate(feed)
        title, entries = read_feed(found)
    except FetchFailed as failure:
        return FeedUpdate(feed, failure=failure)
    feed = replace(feed, title=title or _host(feed), etag=found.etag, last_modified=found.last_modified)
    outcomes = [_kept(folder, feeds, feed, entry) for entry in _chosen(feed, entries)]
    feed = replace(feed, came=now, failed="", not_before=0.0)
    feeds.put(feed)
    added, changed, without = (outcomes.count(kind) for kind in ("added", "changed", "without text"))
    return FeedUpdate(feed, added, changed, without)


def _host(feed: Feed) -> str:
    return urlsplit(feed.address).hostname or "feed"


def _chosen(feed: Feed, entries: list[Entry]) -> list[Entry]:
    """The newest entries, as many and as old as the feed may have; those without a day count as in the feed's order."""
    since = time.time() - feed.days * 86_400 if feed.days is not None else _FAR_PAST
    young = [entry for entry in entries if entry.published_s is None or entry.published_s >= since]
    dated = all(entry.published_s is not None for entry in young)
    return (sorted(young, key=lambda entry: -(entry.published_s or 0)) if dated else young)[: feed.most]


def _kept(folder: Path, feeds: FeedList, feed: Feed, entry: Entry) -> str:
    """Make an article of an entry that is new or has changed, and say which of it, if any, it was."""
    # An id without a colon, such as 17, is unique in its feed alone.
    id = entry.id if ":" in entry.id else f"{feed.address}#{entry.id}"
    known = feeds.kept(id)
    if known and (known.digest == entry.digest or known.feed != feed.address):
        return "known"
    if known and known.file and not (folder / known.file).exists():
        return "known"  # somebody has removed it
    try:
        [file] = care.add_fetched(folder, [_article(feed, entry, id, known)]) if entry.page else [""]
    except FetchFailed:
        file = ""
    feeds.keep(Kept(id, feed.address, entry.digest, file))
    if not file:
        return "without text"
    return "changed" if known and known.file else "added"


def _article(feed: Feed, entry: Entry, id: str, known: Kept | None) -> Fetched:
    published = datetime.fromtimestamp(entry.published_s, UTC).date().isoformat() if entry.published_s else ""
    mark = hashlib.sha256(id.encode()).hexdigest()[:8]
    slug = "-".join(re.findall(r"\w+", entry.title.lower()))[:_LONGEST_SLUG].strip("-_")
    host = re.sub(r"[^\w.-]+", ".", _host(feed).removeprefix("www.")).strip(".-")
    return Fetched(
        address=entry.address or feed.address,
        suffix=".html",
        content=entry.page,
        day=datetime.now(UTC).date(),
        content_type="",
        last_modified="",
        stem=Path(known.file).stem if known and known.file else "-".join(filter(None, (host, slug, mark))),
        said={"title": entry.title, "source": feed.title, "published": published, "author": entry.author},
    )


# --- reading -------------------------------------------------------------------------------------------------


def read_feed(found: FetchedFeed) -> tuple[str, list[Entry]]:
    """The title and the entries of a feed, each once.

    Raises:
        FetchFailed: it is no feed.
        FetchingMissing: feedparser is not installed.
    """
    try:
        import feedparser
    except ImportError as error:
        raise FetchingMissing from error
    headers = {"content-type": found.content_type, "content-location": found.address}
    # As a stream: feedparser takes bytes for the name of a file. What the confined process reads needs no sanitizing.
    read = feedparser.parse(io.BytesIO(found.content), response_headers=headers, sanitize_html=False)
    if not read.get("version"):
        raise FetchFailed(found.address, "no feed", found.content_type.partition(";")[0] or "no type is named")
    entries = [_entry(item) for item in read.entries]
    return _words(read.feed.get("title_detail")), list({entry.id: entry for entry in reversed(entries)}.values())[::-1]


def _entry(item: Any) -> Entry:
    title, address = _words(item.get("title_detail"))[:_LONGEST_TITLE], str(item.get("link") or "")
    if _scheme(address) not in {"http", "https"}:
        address = ""
    texts = [*item.get("content", ()), *filter(None, [item.get("summary_detail")])]
    longest = max(texts, key=lambda text: len(text.get("value") or ""), default=None)
    page = _page(title, longest)
    return Entry(
        id=str(item.get("id") or address or hashlib.sha256(page or title.encode()).hexdigest()),
        title=title,
        author=" ".join(str(item.get("author") or "").split())[:_LONGEST_TITLE],
        address=address,
        published_s=_seconds(item.get("published_parsed") or ("updated" in item and item.get("updated_parsed"))),
        page=page,
    )


def _scheme(address: str) -> str:
    try:
        return urlsplit(address).scheme.lower()
    except ValueError:
        return ""


def _seconds(parsed: time.struct_time | Literal[False] | None) -> float | None:
    """A time in UTC as seconds since 1970; None for no time, or one that no calendar has."""
    if not parsed:
        return None
    try:
        seconds = float(calendar.timegm(parsed))
        datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return seconds


def _words(detail: Any) -> str:
    """A title as one line, without the marks of HTML that some feeds put into it."""
    text = str((detail or {}).get("value") or "")
    if (detail or {}).get("type") != "text/plain" or re.search(r"&#?\w+;", text):
        text = html.unescape(re.sub(r"</?[A-Za-z][^<>]*>", "", text))
    return " ".join(text.split())


def _page(title: str, text: Any) -> bytes:
    """An entry's text as a web page; empty for one without text."""
    value = str((text or {}).get("value") or "").strip()
    if not value:
        return b""
    if text.get("type") == "text/plain":
        value = "".join(f"<p>{html.escape(part)}</p>" for part in re.split(r"\n\s*\n", value))
    head = f'<meta charset="utf-8"><title>{html.escape(title)}</title>'
    return f"<!doctype html><html><head>{head}</head><body><article>{value}</article></body></html>\n".encode()
