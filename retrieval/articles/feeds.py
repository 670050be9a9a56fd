"""Follow feeds (RSS, Atom, JSON Feed) and sitemaps: what they list becomes articles, once, and changes as they do."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from retrieval.articles import care
from retrieval.articles.confined import read_from_web
from retrieval.articles.feed_keeping import Keeper, host_of
from retrieval.articles.feed_list import Feed, FeedList, Pages
from retrieval.articles.fetching import Fetcher
from retrieval.articles.listings import Entry, Listing, listing_of, once
from retrieval.articles.received import FetchedFeed, Progress
from retrieval.errors import ArticleUnreadable, FetchFailed, FetchingMissing

MOST = 50
"""Entries of a feed that are kept at each update, unless it is told otherwise."""

_SITEMAPS = 20
"""Sitemaps of a list that are read at one update, the newest."""


@dataclass(frozen=True, slots=True)
class FeedUpdate:
    """What came of asking for a feed."""

    feed: Feed
    added: int = 0
    changed: int = 0
    withdrawn: int = 0
    without_text: int = 0
    failure: FetchFailed | None = None
    """Why nothing came. A feed that was not even asked for has none: it is gone, or wants to be left alone."""
    pages_failed: tuple[FetchFailed, ...] = ()
    """Pages behind its links that did not come."""

    @property
    def news(self) -> bool:
        """Whether an article is other than before."""
        return bool(self.added or self.changed or self.withdrawn)


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a feed is to be followed."""

    most: int = MOST
    days: int | None = None
    pages: Pages = "missing"
    remove_withdrawn: bool = False
    interval_s: float | None = None


def follow(
    folder: Path, address: str, fetcher: Fetcher, wanted: Wanted | None = None, progress: Progress | None = None
) -> FeedUpdate:
    """Follow the feed or sitemap at ``address``, or the first that the page there links to, and keep what it has.

    Raises:
        FeedsBusy: another program is updating the feeds.
        FetchFailed: it cannot be had, or is no feed; it is not followed then.
        FetchingMissing: a library is not installed.
        FolderMissing, StorageFailed: the folder cannot be used.
    """
    feeds = FeedList(folder)
    how = wanted or Wanted()
    feed = Feed(address.strip(), how.most, how.days, how.pages, how.remove_withdrawn, how.interval_s)
    with feeds.updating():
        found = _whole(fetcher, feed.address)
        if (listing := read_listing(found)).kind == "page":
            feed = replace(feed, address=listing.links[0])
            found = _whole(fetcher, feed.address)
            listing = read_listing(found)
        update = _Asking(folder, feeds, feed, fetcher, progress).take(found, listing)
    if update.failure:
        raise update.failure
    return update


def update_all(
    folder: Path,
    fetcher: Fetcher,
    due: Callable[[Feed, float], bool] = lambda *_: True,
    progress: Progress | None = None,
) -> Generator[FeedUpdate]:
    """Ask for every feed that is followed, one after the other; one that fails does not stop the others.

    ``due`` says of a feed whether its time has come at a time in seconds since 1970; others are passed over.
    ``progress`` is told of the stage "entries", how many entries of a feed are seen to, and of how many.

    Raises:
        FeedsBusy, FetchingMissing, FolderMissing, StorageFailed: see ``follow``.
    """
    feeds = FeedList(folder)
    if not feeds.all():
        return
    with feeds.updating():
        care.sweep(folder)
        for feed in feeds.all():
            if not due(feed, time.time()):
                continue
            if feed.gone or feed.not_before > time.time():
                yield FeedUpdate(feed)
            else:
                yield _Asking(folder, feeds, feed, fetcher, progress).ask()


class _Asking:
    """Asks for one feed and keeps what is new in it, the feed itself last: an interrupted one is asked for anew."""

    def __init__(self, folder: Path, feeds: FeedList, feed: Feed, fetcher: Fetcher, progress: Progress | None) -> None:
        self._folder, self._feeds, self._feed, self._fetcher = folder, feeds, feed, fetcher
        self._progress = progress or (lambda *_: None)

    def ask(self) -> FeedUpdate:
        """Ask for it; whatever is wrong with it is remembered."""
        feed = self._feed
        try:
            found = self._asked(feed.moved or feed.address)
        except FetchFailed as failure:
            return self._failed(failure)
        return self.take(found)

    def take(self, found: FetchedFeed | None, listing: Listing | None = None) -> FeedUpdate:
        """Keep what came, which may have been read already; None says that nothing has changed."""
        feed = replace(self._feed, asked_s=time.time(), failed="", failures=0, not_before=0.0, gone=False)
        feed = replace(feed, came=datetime.now(UTC).isoformat(timespec="seconds"))
        if found is None:
            self._feeds.put(feed)
            return FeedUpdate(feed)
        try:
            listing = self._whole(found, listing or read_listing(found))
        except FetchFailed as failure:
            return self._failed(failure)
        feed = replace(feed, title=listing.title or host_of(feed), every_s=listing.every_s)
        feed = replace(feed, moved=found.moved or self._feed.moved)
        done = Keeper(self._folder, self._feeds, feed, self._fetcher).keep(listing, self._progress)
        if not done.again:  # else all of it is wanted the next time
            feed = replace(feed, etag=found.etag, last_modified=found.last_modified)
        feed = replace(feed, pages_failed=done.again, not_before=time.time() + done.wait_s if done.wait_s else 0.0)
        self._feeds.put(feed)
        counts = done.added, done.changed, done.withdrawn, done.without_text
        return FeedUpdate(feed, *counts, pages_failed=tuple(done.failures))

    def _asked(self, address: str) -> FetchedFeed | None:
        known = ("", "") if self._feed.pages_failed else (self._feed.etag, self._feed.last_modified)
        try:
            return self._fetcher.fetch_feed(address, *known)
        except FetchFailed as failure:
            if self._feed.moved and failure.problem in {"gone", "missing"}:  # perhaps it has come back
                self._feed = replace(self._feed, moved="")
                return self._fetcher.fetch_feed(self._feed.address)
            raise

    def _failed(self, failure: FetchFailed) -> FeedUpdate:
        """Remember that it did not come, if it is followed."""
        now = time.time()
        wait = now + failure.wait_s if failure.wait_s else 0.0
        feed = replace(self._feed, asked_s=now, failed=failure.problem, failures=self._feed.failures + 1)
        feed = replace(feed, not_before=wait, gone=failure.problem == "gone")
        if any(known.address == feed.address for known in self._feeds.all()):
            self._feeds.put(feed)
        return FeedUpdate(feed, failure=failure)

    def _whole(self, found: FetchedFeed, listing: Listing) -> Listing:
        """What a feed lists; of a list of sitemaps, what its newest sitemaps list."""
        if listing.kind in {"none", "page"}:
            raise FetchFailed(found.address, "no feed", found.content_type.partition(";")[0] or "no type is named")
        if listing.kind != "sitemaps":
            return listing
        entries: list[Entry] = []
        failure: FetchFailed | None = None
        for address in listing.links[:_SITEMAPS]:
            try:
                entries += read_listing(_whole(self._fetcher, address, named=False)).entries
            except FetchFailed as error:
                failure = error
            if len(entries) >= self._feed.most:
                break
        if failure and not entries:
            raise failure
        return Listing("sitemaps", urlsplit(found.address).hostname or "", None, once(entries))


def _whole(fetcher: Fetcher, address: str, *, named: bool = True) -> FetchedFeed:
    """What is at an address of which nothing is known yet."""
    found = fetcher.fetch_feed(address, named=named)
    if found is None:
        raise FetchFailed(address, "status", "304")
    return found


def read_listing(found: FetchedFeed) -> Listing:
    """What came, read in the confined process.

    Raises:
        FetchFailed: reading it broke what reads it, or took too long.
        FetchingMissing: feedparser is not installed.
    """
    if importlib.util.find_spec("feedparser") is None:
        raise FetchingMissing
    given = {"content_type": found.content_type, "address": found.address}
    try:
        return listing_of(read_from_web("listing", given, found.content))
    except ArticleUnreadable as error:
        raise FetchFailed(found.address, "no feed", error.reason) from error
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError, OSError) as error:
        raise FetchFailed(found.address, "no feed", "what reads it was led astray") from error
