"""Watching: keeping the index true to the articles folder, and an engine true to the index, while a process runs."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

from retrieval.articles.files import scan
from retrieval.errors import BackgroundFailed, IndexMissing, NoArticles, QuothError
from retrieval.index.address import Where
from retrieval.index.places import place_of
from retrieval.index.protocol import Index
from retrieval.index.updating import Report, update
from retrieval.models.encoder import Encoder

logger = logging.getLogger(__name__)

POLL_S = 1.0
"""How often a follower looks for a newer index."""

SWEEP_S = 60.0
"""How often the whole folder is compared, whatever the system reports: it reports nothing for network folders."""

RETRY_S = 10.0
"""How long a follower leaves an index alone that it could not open: checking one reads all of it."""

_TICK_MS = 200
"""How long the watch waits for reports of the system at a time."""

_SETTLED_S = 1.0
"""A file counts as completely written when its size and time have stayed the same for so long."""

_SWITCH_S = 0.0001
"""After how long a thread has to release the interpreter to another that waits: a fiftieth of Python's default."""

_NICENESS = 10
"""Of at most 19: about a tenth of a processor that another program uses too."""


def answer_promptly() -> None:
    """Make this process's threads take turns more often, so that questions are answered while a snapshot is opened.

    A question releases the interpreter hundreds of times, and waits for it each time another thread is busy: at
    Python's default of 5 ms each that would be seconds.
    """
    sys.setswitchinterval(_SWITCH_S)


def make_way() -> None:
    """Lower this process's priority: nobody waits for a watch, and other processes may be answering.

    Not for a process that answers questions in other threads: a thread that waits for the processor may hold the
    interpreter meanwhile.
    """
    if hasattr(os, "nice"):  # Windows has no such thing
        os.nice(_NICENESS)


class Follower:
    """Looks for a newer index in the background and hands it over, opened and checked.

    One that cannot be opened is tried again after a while; until it can, what serves goes on serving.

    Args:
        index: where it is kept.
        current: the one that serves.
        swap: is given each newer one; one that it does not take, by raising, is tried again too.
        told: hears of every error, of one that comes again and again once; by default it is logged as a warning.
    """

    def __init__(
        self,
        index: Where,
        current: Index,
        swap: Callable[[Index], None],
        told: Callable[[QuothError], None] | None = None,
    ) -> None:
        self._place, self._current, self._swap = place_of(index), current.version, swap
        self._told = _without_repeats(told or _log)
        self._tried, self._retry_at = "", 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="quoth-follower", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _follow(self) -> None:
        while not self._stop.wait(POLL_S):
            self.look()

    def look(self) -> None:
        """Look once; hand over a newer index, if there is one that is whole. Never raises: ``told`` hears of it."""
        try:
            self._take_newest()
        except IndexMissing:  # a still newer one was published meanwhile, and this one was cleared away
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, a later look may succeed
            self._retry_at = time.monotonic() + RETRY_S
            self._told(_as_fact("following the index", error))

    def _take_newest(self) -> None:
        newest = self._place.newest() or self._current
        if newest != self._current:
            if newest == self._tried and time.monotonic() < self._retry_at:
                return
            self._tried = newest
            opened = self._place.open()
            self._swap(opened)
            self._current = opened.version
        self._told(None)


def watch(
    articles: Path,
    index: Where,
    encoder: Encoder,
    told: Callable[[Report | QuothError], None],
    stop: threading.Event,
) -> None:
    """Keep the index true to the folder of articles until ``stop`` is set.

    Changes are noticed as the system reports them, and by a look at the whole folder every ``SWEEP_S`` seconds. They
    are indexed once the files are completely written. ``told`` hears of every new index and of what went wrong, once
    of an error that comes again and again; after an error the watch goes on. An update that has begun when ``stop`` is
    set is finished first.

    Raises:
        FolderMissing: there is no such folder when the watch begins.
    """
    scan(articles)
    failed = _without_repeats(told)
    events = _events(articles, stop, _without_repeats(told))
    next(events, None)  # from here on nothing goes unreported
    state = _state(articles, index)
    known = state if _bring_up_to_date(articles, index, encoder, told, failed) else None
    swept = time.monotonic()
    for changed in events:
        if not changed and time.monotonic() < swept + SWEEP_S:
            continue
        if changed or _state(articles, index) != known:
            state = _settled(articles, index, stop)
            if stop.is_set():
                return
            known = state if _bring_up_to_date(articles, index, encoder, told, failed) else None
        swept = time.monotonic()


def _events(articles: Path, stop: threading.Event, failed: Callable[[QuothError | None], None]) -> Iterator[bool]:
    """Whether the system reported a change, several times a second until ``stop`` is set.

    While it cannot watch the folder, ``failed`` hears why, and every ``SWEEP_S`` seconds a change is assumed.
    """
    import watchfiles

    while not stop.is_set():
        try:
            for changes in watchfiles.watch(articles, stop_event=stop, rust_timeout=_TICK_MS, yield_on_timeout=True):
                yield bool(changes)
        except Exception as error:  # noqa: BLE001 - among them a folder that is gone and a limit of the system
            failed(_as_fact("watching the articles", error))
            yield False
            stop.wait(SWEEP_S)
            yield True


def _log(error: QuothError) -> None:
    logger.warning("%r", error)


def _as_fact(task: str, error: Exception) -> QuothError:
    """An error as one of Quoth's own, whatever it is."""
    if isinstance(error, QuothError):
        return error
    fact = BackgroundFailed(task, f"{type(error).__name__}: {error}")
    fact.__cause__ = error
    return fact


def _without_repeats(told: Callable[[QuothError], None]) -> Callable[[QuothError | None], None]:
    """A function that passes errors on to ``told``, but not the same one twice in a row; None says that all is well.

    An index that may not be written fails at every try. Should ``told`` fail itself, that is logged.
    """
    before = ""

    def tell(error: QuothError | None) -> None:
        nonlocal before
        now = f"{type(error).__name__} {error}" if error else ""
        if error and now != before:
            try:
                told(error)
            except Exception:
                logger.exception("An error could not be told: %r", error)
        before = now

    return tell


def _bring_up_to_date(
    articles: Path,
    index: Where,
    encoder: Encoder,
    told: Callable[[Report | QuothError], None],
    failed: Callable[[QuothError | None], None],
) -> bool:
    """Update and tell of it; whether there was nothing to do, so that there will not be until something changes."""
    try:
        report = update(articles, index, encoder, wait_s=SWEEP_S)
        if report.built:
            told(report)
    except Exception as error:  # noqa: BLE001 - the watch goes on, whatever it is
        failed(_as_fact("watching the articles", error))
        return isinstance(error, NoArticles)
    failed(None)
    return not report.built


def _settled(articles: Path, index: Where, stop: threading.Event) -> object:
    """The state of the folders once no file has changed for ``_SETTLED_S``, or ``stop`` is set."""
    before, now = None, _state(articles, index)
    while now != before and not stop.wait(_SETTLED_S):
        before, now = now, _state(articles, index)
    return now


def _state(articles: Path, index: Where) -> object:
    """Files with sizes and times, and the index's version; a value unlike any other when they cannot be listed."""
    try:
        return scan(articles), place_of(index).newest()
    except Exception:  # noqa: BLE001 - the update that this leads to tells of it
        return time.monotonic()
