"""The thread that updates the feeds of a collection's articles, each when it is due, if that is switched on."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from bot import wording
from bot.discord import retrying
from bot.discord.background import PARTING, log_progress
from bot.discord.library import Library
from retrieval.errors import BackgroundFailed, QuothError

if TYPE_CHECKING:
    from retrieval.articles.feeds import FeedUpdate

_log = logging.getLogger("quoth.discord")

Follow = Callable[[Path, Callable[["FeedUpdate | QuothError"], None], threading.Event], None]
"""Keeps a folder of articles true to its feeds, tells what came, and ends when the event is set."""


class FeedThread:
    """Updates the feeds of a folder of articles beside the bot; answering never waits for it.

    Args:
        library: whose folder it is.
        follow: does the work; None for no feeds.
        watched: whether the index follows the folder by itself; else it is brought up to date here.
    """

    def __init__(self, library: Library, follow: Follow | None, *, watched: bool) -> None:
        self._library = library
        self._follow = follow
        self._watched = watched
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="feeds", daemon=True)

    def start(self) -> None:
        """Begin to update them, if that is wanted."""
        if self._follow:
            self._thread.start()

    def stop(self) -> None:
        """Tell it to end."""
        self._stop.set()

    def ended(self) -> bool:
        """Whether it has ended since it was told to stop; one that waits for a server goes on for a while."""
        if self._thread.is_alive():
            self._thread.join(PARTING)
        return not self._thread.is_alive()

    def _run(self) -> None:
        pauses = retrying.pauses()
        while self._follow and not self._stop.is_set():
            try:
                self._follow(self._library.folders[0], self._told, self._stop)
            except Exception:  # noqa: BLE001 - nothing that runs beside the bot ends on an error
                _log.exception("The feeds cannot be followed: trying again")
            self._stop.wait(next(pauses))

    def _told(self, news: FeedUpdate | QuothError) -> None:
        if isinstance(news, QuothError):
            unforeseen = news if isinstance(news, BackgroundFailed) else None  # which tells of its cause
            _log.warning("The feeds could not be followed: %s", wording.error(news), exc_info=unforeseen)
            return
        for failure in filter(None, [news.failure, *news.pages_failed]):
            _log.warning("From the feed %s: %s", news.feed.address, wording.error(failure))
        if news.news:
            if not self._watched:
                self._library.refresh(log_progress)
            counts = news.added, news.changed, news.withdrawn
            _log.info("From the feed %s: %d new, %d changed, %d withdrawn", news.feed.address, *counts)
