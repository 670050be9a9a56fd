"""Make articles of what a feed lists, each once, and change or mark them as the feed does."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from retrieval.articles import care
from retrieval.articles.feed_list import Feed, FeedList, Kept
from retrieval.articles.fetching import Fetcher
from retrieval.articles.formats.metadata import SIDECAR
from retrieval.articles.listings import Entry, Listing
from retrieval.articles.parsing import written_day
from retrieval.articles.received import Fetched, Progress, shortened
from retrieval.errors import ArticleUnknown, ArticleUnreadable, FetchFailed, FetchProblem

_LONGEST_SLUG = 60
"""Bytes."""
_FAR_PAST = float("-inf")

_PASSING: frozenset[FetchProblem] = frozenset({"broken", "busy", "server", "slow", "unknown host", "unreachable"})
"""What may be over at the next update."""
_TRIES = 3
"""Updates in which a page is asked for that does not come."""
_CHECKS = 10
"""Pages that are looked for at one update, to see whether they were withdrawn."""

_SUSPECT = -2
"""The place of an entry that may have been withdrawn, until its page was looked for."""
_UNLISTED = -1
_WITHDRAWN = "withdrawn"
"""In place of a digest, so that an entry that is listed again is taken for changed."""


@dataclass(slots=True)
class Outcome:
    """What became of what a feed lists."""

    added: int = 0
    changed: int = 0
    withdrawn: int = 0
    without_text: int = 0
    failures: list[FetchFailed] = field(default_factory=list)
    """Pages that did not come."""
    again: int = 0
    """How many of them are tried again at the next update."""
    wait_s: int = 0
    """Seconds for which one of their servers wants to be left alone."""


class Keeper:
    """Keeps the entries of one feed as articles of a folder, each remembered as soon as it is one.

    Args:
        folder: of the articles.
        feeds: the folder's feeds.
        feed: whose entries they are.
        fetcher: fetches the pages behind them.
    """

    def __init__(self, folder: Path, feeds: FeedList, feed: Feed, fetcher: Fetcher) -> None:
        self._folder, self._feeds, self._feed, self._fetcher = folder, feeds, feed, fetcher
        self._followed = {other.address for other in feeds.all()}
        self._shut: set[str] = set()
        """Hosts that want to be left alone."""
        self.outcome = Outcome()

    def keep(self, listing: Listing, progress: Progress) -> Outcome:
        """Keep what a feed lists now, and see to what it no longer lists."""
        entries = [replace(entry, id=self._id(entry)) for entry in listing.entries]
        before = self._feeds.listed(self._feed.address)
        wanted = chosen(self._feed, entries)
        for done, entry in enumerate(wanted):
            progress("entries", done, len(wanted))
            self._keep(entry)
        self._see_to_missing(before, entries, whole=listing.kind == "sitemap")
        return self.outcome

    def _id(self, entry: Entry) -> str:
        """An id that no other feed has: one without a colon, such as 17, is unique in its feed alone."""
        return entry.id if ":" in entry.id else f"{self._feed.address}#{entry.id}"

    # --- what is listed --------------------------------------------------------------------------------------

    def _keep(self, entry: Entry) -> None:
        """Make an article of an entry that is new or has changed."""
        known = self._feeds.kept(entry.id)
        if known and self._is_done(known, entry):
            return
        page = self._page(entry, known)
        if page is None:
            return
        named = _named(self._feed, entry, known, page)
        name = named.names[0]
        # Remembered before it is written: whatever ends the program, the next update writes it at the same place.
        self._remember(entry, known, "", name)
        try:
            care.add_fetched(self._folder, [named])
        except (FetchFailed, ArticleUnreadable) as failure:
            name = ""
            if page.content_type and isinstance(failure, FetchFailed):  # it is the page, and no text of the feed
                self.outcome.failures.append(failure)
            else:
                self.outcome.without_text += 1
        else:
            if known and known.file and known.file != name:
                self._remove(known.file)
            self._count(known)
        self._remember(entry, known, entry.digest, name)

    def _remember(self, entry: Entry, known: Kept | None, digest: str, file: str) -> None:
        # Its place stays, from which it is told whether others were withdrawn.
        self._feeds.keep(Kept(entry.id, self._feed.address, digest, file, known.place if known else _UNLISTED))

    def _is_done(self, known: Kept, entry: Entry) -> bool:
        if known.digest == entry.digest:
            return True
        if known.feed != self._feed.address and known.feed in self._followed:
            return True
        # A file that was written and is not there any more has been removed by a person.
        return bool(known.file and known.digest and not (self._folder / known.file).exists())

    def _count(self, known: Kept | None) -> None:
        if known and known.file and known.digest:
            self.outcome.changed += 1
        else:
            self.outcome.added += 1

    def _page(self, entry: Entry, known: Kept | None) -> Fetched | None:
        """An entry's page or, by the feed's setting or where that does not come, its text; None for neither."""
        wanted = {"always": True, "missing": not entry.page, "never": False}[self._feed.pages]
        if wanted and entry.address:
            try:
                return self._fetched(entry.address)
            except FetchFailed as failure:
                self.outcome.failures.append(failure)
                if self._try_again(entry, known, failure):
                    return None
        if entry.page:
            return _text(entry, self._feed)
        self.outcome.without_text += not (wanted and entry.address)
        self._remember(entry, known, entry.digest, known.file if known else "")
        return None

    def _fetched(self, address: str) -> Fetched:
        host = urlsplit(address).hostname or ""
        if host in self._shut:
            raise FetchFailed(address, "busy", "for a while")
        try:
            return self._fetcher.fetch(address, named=False)
        except FetchFailed as failure:
            if failure.problem == "busy":
                self._shut.add(host)
                self.outcome.wait_s = max(self.outcome.wait_s, failure.wait_s)
            raise

    def _try_again(self, entry: Entry, known: Kept | None, failure: FetchFailed) -> bool:
        """Whether a page that did not come is left for the next update, which is then remembered."""
        tries = 1 + (int(known.digest.rpartition(" ")[2]) if known and known.digest.startswith("tried ") else 0)
        if failure.problem not in _PASSING or tries >= _TRIES:
            return False
        # Without a digest of its own, so that the next update takes it for changed.
        self._remember(entry, known, f"tried {tries}", known.file if known else "")
        self.outcome.again += 1
        return True

    # --- what is not -----------------------------------------------------------------------------------------

    def _see_to_missing(self, before: Sequence[Kept], entries: Sequence[Entry], *, whole: bool) -> None:
        """Remember the place of each entry, and mark what was withdrawn.

        A feed drops its oldest entries as new ones come: only one that was between others which are still there may
        have been withdrawn. Feeds that list what many read drop any, so the page behind it must be gone as well.
        """
        order = {entry.id: place for place, entry in enumerate(newest_first(entries))}
        suspects = self._feeds.suspects(self._feed.address)
        still = [kept.place for kept in before if kept.id in order]
        for kept in before:
            if kept.id in order:
                continue
            between = bool(still) and min(still) < kept.place < max(still)
            suspect = bool(entries) and (whole or between)
            self._feeds.keep(replace(kept, place=_SUSPECT if suspect else _UNLISTED))
            suspects += [kept] if suspect else []
        for kept in [kept for kept in suspects if kept.id not in order][:_CHECKS]:
            self._look_for(kept)
        self._feeds.place(order, self._feed.address)

    def _look_for(self, kept: Kept) -> None:
        """Find out whether an entry was withdrawn; mark it, or remove it, if so."""
        gone = self._is_gone(kept)
        if gone is None:
            return  # asked again at the next update
        if not gone:
            self._feeds.keep(replace(kept, place=_UNLISTED))
            return
        there = bool(kept.file) and (self._folder / kept.file).exists()
        if there and self._feed.remove_withdrawn:
            # Remembered before it is removed, so that nobody takes that for a person's doing.
            self._feeds.keep(replace(kept, place=_SUSPECT, withdrawn=True, digest=_WITHDRAWN))
        elif there:
            with suppress(ArticleUnreadable):  # metadata that a person has broken
                care.mark_withdrawn(self._folder, kept.file, datetime.now(UTC).date())
        removed = self._feed.remove_withdrawn and (there or kept.withdrawn)
        if removed:
            self._remove(kept.file)
        file = "" if removed else kept.file
        self._feeds.keep(replace(kept, place=_UNLISTED, withdrawn=there or removed, digest=_WITHDRAWN, file=file))
        self.outcome.withdrawn += there

    def _is_gone(self, kept: Kept) -> bool | None:
        """Whether the page behind an entry is gone; None where that cannot be told now."""
        address = care.address_of(self._folder, kept.file) if kept.file else ""
        if kept.withdrawn:  # as was found out before
            return True
        if self._feed.pages == "never" or not kept.file:
            return False
        if not address or address == self._feed.address:  # it has no page
            return True
        try:
            self._fetcher.look_for(address)
        except FetchFailed as failure:
            return True if failure.problem in {"gone", "missing"} else None if failure.problem in _PASSING else False
        return False

    def _remove(self, file: str) -> None:
        with suppress(ArticleUnknown):  # it is gone already, if perhaps without its metadata
            care.remove(self._folder, [file])
        (self._folder / (file + SIDECAR)).unlink(missing_ok=True)


def newest_first(entries: Sequence[Entry]) -> list[Entry]:
    """Entries by their days, the newest first; in the feed's order where one of them has none."""
    if any(entry.moment_s is None for entry in entries):
        return list(entries)
    return sorted(entries, key=lambda entry: -(entry.moment_s or 0))


def chosen(feed: Feed, entries: Sequence[Entry]) -> list[Entry]:
    """The newest entries, as many and as old as the feed may have; those without a day count as in the feed's order."""
    since = time.time() - feed.days * 86_400 if feed.days is not None else _FAR_PAST
    return newest_first([each for each in entries if each.moment_s is None or each.moment_s >= since])[: feed.most]


def _text(entry: Entry, feed: Feed) -> Fetched:
    """An entry's text, as the feed has it."""
    content = entry.page.encode()
    return Fetched(entry.address or feed.address, ".html", content, datetime.now(UTC).date(), "", "", "")


def _named(feed: Feed, entry: Entry, known: Kept | None, page: Fetched) -> Fetched:
    """An entry's page with what the feed says of it, under a name that is its own."""
    stem = Path(known.file).stem if known and known.file else _stem(feed, entry)
    return replace(page, address=entry.address or feed.address, stem=stem, said=_said(feed, entry), owned=True)


def _said(feed: Feed, entry: Entry) -> Mapping[str, str]:
    published = written_day(entry.day) if entry.published_s is None else _day(entry.published_s)
    day = published.isoformat() if published else ""
    return {"title": entry.title, "source": feed.title, "published": day, "author": entry.author}


def _day(seconds: float) -> date:
    return datetime.fromtimestamp(seconds, UTC).date()


def _stem(feed: Feed, entry: Entry) -> str:
    mark = hashlib.sha256(entry.id.encode()).hexdigest()[:8]
    words = entry.title or unquote(urlsplit(entry.address).path)
    slug = shortened("-".join(re.findall(r"\w+", words.lower())), _LONGEST_SLUG)
    host = shortened(re.sub(r"[^\w.-]+", ".", host_of(feed).removeprefix("www.")), _LONGEST_SLUG)
    return "-".join(filter(None, (host, slug, mark)))


def host_of(feed: Feed) -> str:
    """The host that a feed comes from."""
    return urlsplit(feed.address).hostname or "feed"
