"""``quoth feeds``: the feeds that are followed, and what came of asking for them."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from bot import wording
from bot.error_wording import in_words
from bot.languages import count
from bot.settings import Settings
from bot.terminal import indexing, json_output
from bot.terminal.console import console
from bot.terminal.progress import progress
from retrieval.articles import feed_schedule
from retrieval.articles.feed_list import Feed
from retrieval.articles.feeds import FeedUpdate
from retrieval.articles.fetching import Fetcher
from retrieval.errors import QuothError
from retrieval.models.encoder import Encoder

_PAGES_NAMED = 5
"""Pages that did not come that are named; of more there is only the number."""

_NONE = "No feed is followed: add one with quoth feeds add ADDRESS."


def print_list(feeds: Sequence[Feed], *, as_json: bool) -> None:
    """Print each feed with its state."""
    if as_json:
        json_output.put(*map(asdict, feeds))
        return
    if not feeds:
        console().print(_NONE, markup=False)
    for feed in feeds:
        name = wording.line(f"{feed.address} ({feed.title})" if feed.title else feed.address)
        console().print(f"{name}: {state(feed)}.", markup=False, highlight=False, soft_wrap=True)


def state(feed: Feed) -> str:
    """When a feed came last, and what keeps it or its pages from coming."""
    if feed.gone:
        return "its server says that it is gone for good, and it is asked for no longer"
    said = f"came last at {feed.came.replace('T', ' ').replace('+00:00', ' UTC')}" if feed.came else "has not come yet"
    if feed.not_before > time.time():
        said += "; its server asks to be left alone"
    elif feed.failed:
        said += f"; the last time it failed ({feed.failed})"
    if feed.pages_failed:
        said += f"; {count(feed.pages_failed, 'page')} behind its links did not come"
    return said


class Bar:
    """Shows on a terminal how far an update of feeds is, but not while something is printed."""

    def __init__(self) -> None:
        self._told: Callable[[str, int, int], None] = lambda *_: None

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Hear of the stage, and how much of it is done."""
        self._told(stage, done, total)

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show it while the block runs."""
        with progress(console(stderr=True)) as self._told:
            yield

    def beside(self, updates: Iterable[FeedUpdate]) -> Iterator[FeedUpdate]:
        """The updates, as they come."""
        coming = iter(updates)
        while True:
            with self.shown():
                update = next(coming, None)
            if update is None:
                return
            yield update


def print_updates(
    updates: Iterable[FeedUpdate], settings: Settings, build_encoder: Callable[[Settings], Encoder], *, as_json: bool
) -> bool:
    """Print each update as it comes, index what it brought, and say whether all feeds came."""
    whole, brought, followed = True, False, False
    for update in updates:
        followed = True
        whole = whole and update.failure is None
        brought = brought or update.news
        print_update(update, as_json=as_json)
    if not followed and not as_json:
        console().print(_NONE, markup=False)
    if brought:
        indexing.update(settings.articles, settings.index, build_encoder(settings), as_json=as_json)
    return whole


def watch(settings: Settings, fetcher: Fetcher, encoder: Encoder, *, as_json: bool) -> None:
    """Update each feed when it is due, and index what that brings, until Ctrl-C or SIGTERM."""
    errors = console(stderr=True)
    behind = True
    """Whether an article may be other than the index has it."""

    def told(news: FeedUpdate | QuothError) -> None:
        nonlocal behind
        if isinstance(news, QuothError):
            errors.print(in_words(news), style="yellow", markup=False, soft_wrap=True)
            return
        print_update(news, as_json=as_json)
        behind = behind or news.news
        if behind:
            indexing.update(settings.articles, settings.index, encoder, as_json=as_json)
            behind = False

    errors.print(f"Following the feeds of {settings.articles}; Ctrl-C ends it.", style="dim")
    # At once, even from a slow server: an update that is interrupted goes on with the next.
    usual = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        feed_schedule.keep_up(settings.articles, fetcher, settings.feeds_every * 60, told, threading.Event())
    except KeyboardInterrupt:
        errors.print("Ended.", style="dim")
    finally:
        signal.signal(signal.SIGTERM, usual)


def print_update(update: FeedUpdate, *, as_json: bool) -> None:
    """Print what came of asking for a feed."""
    if as_json:
        json_output.put(_json(update))
        return
    for failure in filter(None, [update.failure, *update.pages_failed[:_PAGES_NAMED]]):
        console(stderr=True).print(in_words(failure), style="yellow", markup=False, soft_wrap=True)
    if not update.failure:
        said = wording.line(f"{update.feed.title or update.feed.address}: {_outcome(update)}.")
        console().print(said, markup=False, highlight=False, soft_wrap=True)


def _outcome(update: FeedUpdate) -> str:
    if update.feed.gone or update.feed.not_before > time.time():
        return state(update.feed)
    said = f"{count(update.added, 'new article')}, {update.changed:,} changed"
    counts = {"withdrawn": update.withdrawn, "without text": update.without_text}
    more = [f", {number:,} {what}" for what, number in counts.items() if number]
    if update.pages_failed:
        more.append(f", {count(len(update.pages_failed), 'page')} did not come")
    return said + "".join(more)


def _json(update: FeedUpdate) -> dict[str, Any]:
    failure = update.failure
    told = {"feed": update.feed.address, "title": update.feed.title, "added": update.added, "changed": update.changed}
    told |= {"withdrawn": update.withdrawn, "without_text": update.without_text, "gone": update.feed.gone}
    told |= {"pages_failed": [in_words(each) for each in update.pages_failed]}
    return {**told, **({"error": in_words(failure)} if failure else {})}
