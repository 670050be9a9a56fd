"""When each feed is asked for: as often as a person or the feed itself says, and less often while it fails."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from retrieval.articles.feed_list import Feed, FeedList
from retrieval.articles.feeds import FeedUpdate, update_all
from retrieval.articles.fetching import Fetcher
from retrieval.errors import BackgroundFailed, QuothError

SHORTEST_S = 15 * 60.0
"""A feed that says that it changes more often is not asked for more often."""

LONGEST_S = 7 * 86_400.0
"""Nor less often, however seldom it says that it changes."""

_FAILING_S = 86_400.0
"""A feed that fails again and again is asked for once in so long."""

LOOK_S = 10.0
"""How often the list is looked at, for feeds that were added meanwhile."""


def interval(feed: Feed, usual_s: float) -> float:
    """Seconds between two updates of a feed; ``usual_s`` where nobody has said."""
    said = usual_s if feed.every_s is None else min(max(feed.every_s, SHORTEST_S), LONGEST_S)
    seconds = said if feed.interval_s is None else feed.interval_s
    return max(seconds, min(seconds * 2.0 ** min(feed.failures, 20), _FAILING_S)) if feed.failures else seconds


def due_s(feed: Feed, usual_s: float) -> float:
    """When a feed is to be asked for next, in seconds since 1970; never, which is infinite, when it is gone."""
    if feed.gone:
        return float("inf")
    return max(feed.not_before, feed.asked_s + interval(feed, usual_s) if feed.asked_s else 0.0)


def keep_up(
    folder: Path,
    fetcher: Fetcher,
    usual_s: float,
    told: Callable[[FeedUpdate | QuothError], None],
    stop: threading.Event,
) -> None:
    """Update each feed of a folder when it is due, until ``stop`` is set.

    ``told`` hears of every update and of what went wrong, once of an error that comes again and again; after an error
    it goes on. An update that has begun when ``stop`` is set is finished first.
    """
    before = ""
    while not stop.is_set():
        now = ""
        try:
            with closing(update_all(folder, fetcher, lambda feed, at: due_s(feed, usual_s) <= at)) as updates:
                for update in updates:
                    told(update)
                    if stop.is_set():
                        return
        except Exception as error:  # noqa: BLE001 - it goes on, whatever it is
            now = f"{type(error).__name__} {error}"
            if now != before:
                told(_as_fact(error))
        before = now
        stop.wait(LOOK_S if now else _pause(folder, usual_s))


def _pause(folder: Path, usual_s: float) -> float:
    """Seconds until a feed is due, and at most until the list is looked at again."""
    try:
        due = min((due_s(feed, usual_s) for feed in FeedList(folder).all()), default=float("inf"))
    except QuothError:
        return LOOK_S
    return min(max(due - time.time(), _LEAST_S), LOOK_S)


_LEAST_S = 0.01


def _as_fact(error: Exception) -> QuothError:
    """An error as one of Quoth's own, whatever it is."""
    if isinstance(error, QuothError):
        return error
    fact = BackgroundFailed("following the feeds", f"{type(error).__name__}: {error}")
    fact.__cause__ = error
    return fact
