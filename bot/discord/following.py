"""The thread that updates the feeds of a collection's articles, each when it is due, if that is switched on."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from bot.discord.background import BackgroundThread, log_progress
from bot.discord.library import Library
from bot.error_wording import in_words
from retrieval.errors import BackgroundFailed, QuothError

if TYPE_CHECKING:
    from retrieval.articles.feeds import FeedUpdate

_log = logging.getLogger("quoth.discord")

Follow = Callable[[Path, Callable[["FeedUpdate | QuothError"], None], threading.Event], None]
"""Keeps a folder of articles true to its feeds, tells what came, and ends when the event is set."""


class FeedThread(BackgroundThread):
    """Updates the feeds of a folder of articles beside the bot; answering never waits for it.

    Args:
        library: whose folder it is.
        follow: does the work; None for no feeds.
        watched: whether the index follows the folder by itself; else it is brought up to date here.
    """

    def __init__(self, library: Library, follow: Follow | None, *, watched: bool) -> None:
        work = (lambda stop: follow(library.folders[0], self._told, stop)) if follow else None
        super().__init__("feeds", work, "The feeds cannot be followed: trying again")
        self._library = library
        self._watched = watched

    def _told(self, news: FeedUpdate | QuothError) -> None:
        if isinstance(news, QuothError):
            unforeseen = news if isinstance(news, BackgroundFailed) else None  # which tells of its cause
            _log.warning("The feeds could not be followed: %s", in_words(news), exc_info=unforeseen)
            return
        for failure in filter(None, [news.failure, *news.pages_failed]):
            _log.warning("From the feed %s: %s", news.feed.address, in_words(failure))
        if news.news:
            if not self._watched:
                self._library.refresh(log_progress)
            counts = news.added, news.changed, news.withdrawn
            _log.info("From the feed %s: %d new, %d changed, %d withdrawn", news.feed.address, *counts)
