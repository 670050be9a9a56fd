"""What runs beside the bot: the watch of the articles' folder, the follower of newer indexes, the sign of life.

None of it ends on an error: that is logged with its traceback, and after a pause the work goes on.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from bot.discord import retrying, suggestions
from bot.discord.library import Library
from bot.discord.memory import Memory
from bot.discord.service import AnswerService
from bot.error_wording import in_words
from bot.languages import count
from bot.pool import Busy, Closing, Pool
from retrieval.errors import BackgroundFailed, IndexUnreachable, NoArticles, QuothError
from retrieval.index.address import Where

if TYPE_CHECKING:
    from bot.discord.client import QuothClient
    from retrieval.index.changes import Progress
    from retrieval.index.updating import Report

_log = logging.getLogger("quoth.discord")

LOOK = 3.0
"""Seconds between two looks for an index that another program, or the watch, brought up to date."""
_HOUR = 3600.0
_BEAT = 20.0
"""Seconds between two signs of life, for the health check of a container."""
PARTING = 0.1
"""Seconds for the watch to end, unless it is in the middle of an update."""

Watch = Callable[[Path, Where, Callable[["Report | QuothError"], None], threading.Event], None]
"""Keeps an index true to a folder of articles, tells what it did, and ends when the event is set.

It is given the folder of the articles and the place of the index.
"""


async def supervised(name: str, step: Callable[[], Awaitable[None]], every: float) -> NoReturn:
    """Run a step again and again, ``every`` seconds apart, until cancelled; an error does not end it.

    A step that fails is logged with its traceback, and the next one comes later each time.
    """
    pauses = retrying.pauses()
    while True:
        try:
            await step()
            pauses = retrying.pauses()
        except Exception:  # noqa: BLE001 - nothing that runs beside the bot ends on an error
            pause = next(pauses)
            _log.exception("%s failed: trying again in %.0f s", name, pause)
            await asyncio.sleep(pause)
        await asyncio.sleep(every)


async def follow(library: Library, changes: Pool) -> NoReturn:
    """Serve from a newer index within seconds of its publication.

    What was seen of it is nothing but which index serves, so that one that could not be opened is tried again.
    """
    lost: list[QuothError] = []

    async def look() -> None:
        try:
            if await asyncio.to_thread(lambda: library.outdated):
                before = library.engine
                await changes.run(lambda: library.refresh(log_progress))
                if library.engine is not before:  # else there still is no article
                    _log.info("There is a newer index: serving %s", count(len(library.articles), "article"))
            if lost:
                _log.info("The index is reached again")
                lost.clear()
        except (Busy, Closing):
            return  # a member is changing the articles, after which it is up to date
        except IndexUnreachable as error:
            if not lost:  # it is tried every few seconds
                _log.warning("%s", in_words(error))
            lost[:] = [error]
        except QuothError as error:
            _log.warning("The newer index cannot be served: %s", in_words(error))

    await supervised("Looking for a newer index", look, LOOK)


async def suggest(service: AnswerService) -> NoReturn:
    """Find questions to offer whenever there are other articles than before."""
    asked: list[object] = [None]

    async def look() -> None:
        engine = service.library.engine
        if engine is not asked[0]:
            service.library.examples = await suggestions.chosen(service)
            asked[0] = engine

    await supervised("Finding questions to offer", look, LOOK)


async def expire(memory: Memory) -> NoReturn:
    """Forget what is too old, also while nobody asks anything."""
    await supervised("Forgetting", lambda: asyncio.to_thread(memory.expire), _HOUR)


async def beat(client: QuothClient) -> NoReturn:
    """Touch a file while the bot is connected, for the health check of a container."""
    file = client.settings.state / "alive"

    async def touch() -> None:
        if client.connected:
            with suppress(OSError):  # whoever looks at the file then finds it old
                await asyncio.to_thread(file.touch)

    await supervised("The sign of life", touch, _BEAT)


def log_progress(stage: str, done: int, total: int) -> None:
    """Tell the log how far an update is."""
    _log.debug("%s: %d of %d", stage, done, total)


def tell_progress() -> Progress:
    """What tells the log of a first update, each tenth of a stage, how far it is."""
    told: set[tuple[str, int]] = set()

    def tell(stage: str, done: int, total: int) -> None:
        tenth = stage, 10 * done // total if total else 0
        if total and tenth not in told:
            told.add(tenth)
            _log.info("%s: %d of %d", stage.capitalize(), done, total)

    return tell


class BackgroundThread:
    """A thread whose work is begun again, after a pause, when it ends or fails.

    Args:
        name: what the thread is called.
        work: runs until the event is set; None for none.
        failure: what the log says when it fails.
    """

    def __init__(self, name: str, work: Callable[[threading.Event], None] | None, failure: str) -> None:
        self._work = work
        self._failure = failure
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin, if there is work."""
        if self._work:
            self._thread.start()

    def stop(self) -> None:
        """Tell it to end."""
        self._stop.set()

    def ended(self) -> bool:
        """Whether it has ended since it was told to stop; what it is at goes on for a while."""
        if self._thread.is_alive():
            self._thread.join(PARTING)
        return not self._thread.is_alive()

    def _run(self) -> None:
        pauses = retrying.pauses()
        while self._work and not self._stop.is_set():
            try:
                self._work(self._stop)
            except Exception:  # noqa: BLE001 - nothing that runs beside the bot ends on an error
                _log.exception(self._failure)
            self._stop.wait(next(pauses))


class WatchThread(BackgroundThread):
    """The thread that keeps the index true to the folder of articles.

    Args:
        library: whose folder it is; it is emptied when the last article goes.
        watch: does the work; None for no watch.
    """

    def __init__(self, library: Library, watch: Watch | None) -> None:
        work = (lambda stop: watch(*library.folders, self._told, stop)) if watch else None
        super().__init__("watch", work, "The articles cannot be watched: trying again")
        self._library = library

    def _told(self, news: Report | QuothError) -> None:
        if isinstance(news, NoArticles):
            with suppress(QuothError):  # the watch, which goes on, will tell of it
                self._library.refresh(log_progress)  # which leaves nothing to serve
        if isinstance(news, QuothError):
            unforeseen = news if isinstance(news, BackgroundFailed) else None  # which tells of its cause
            _log.warning("The index could not follow the articles: %s", in_words(news), exc_info=unforeseen)
        else:
            counts = len(news.added), len(news.changed), len(news.removed), news.encoded
            _log.info("Articles: %d added, %d changed, %d removed; %d passages encoded", *counts)
