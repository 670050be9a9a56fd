"""Following a folder: the index follows the articles, and an engine follows the index."""

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
from retrieval.index.snapshot import Snapshot, published
from retrieval.index.updating import Report, update
from retrieval.models.encoder import Encoder

logger = logging.getLogger(__name__)

POLL_S = 1.0
"""How often a follower looks for a newer snapshot."""

SWEEP_S = 60.0
"""How often the whole folder is looked at, whatever the system reports: network folders report nothing."""

RETRY_S = 10.0
"""How long a follower leaves a snapshot alone that it could not open: checking one reads all of it."""

_TICK_MS = 200
"""How often the watch looks at the clock."""

_SETTLED_S = 1.0
"""A file is written completely when its size and time have not moved for this long."""

_SWITCH_S = 0.0001
"""For how long one thread may keep the interpreter from another."""

_NICENESS = 10
"""Of 19: about a tenth of a processor that something else wants too."""


def answer_promptly() -> None:
    """Let this process's threads take turns quickly, so that one that answers gets through while one opens an index.

    A question lets go of the interpreter at each of its hundreds of steps outside it, and whenever another thread
    is at work waits to have it back: Python's usual 5 ms for each would make seconds of it.
    """
    sys.setswitchinterval(_SWITCH_S)


def make_way() -> None:
    """Let this process have only what others leave of the processor: nobody waits for a watch, and others may answer.

    Not for one thread among others that answer: while it waits for the processor they would wait for the interpreter,
    which it has.
    """
    if hasattr(os, "nice"):  # Windows has no such thing
        os.nice(_NICENESS)


class Follower:
    """Looks for a newer snapshot in the background and hands it over, opened and checked.

    One that cannot be opened is tried again after a while; until it can, what serves goes on serving.

    Args:
        index: the folder with the snapshots.
        current: the snapshot that serves.
        swap: is given each newer snapshot; one that it does not take, by raising, is tried again too.
        told: hears of every error, of one that comes again and again once; by default it is logged as a warning.
    """

    def __init__(
        self,
        index: Path,
        current: Snapshot,
        swap: Callable[[Snapshot], None],
        told: Callable[[QuothError], None] | None = None,
    ) -> None:
        self._index, self._current, self._swap = index, current.path.name, swap
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
        """Look once; hand over a newer snapshot, if there is one that is whole. Never raises: ``told`` hears of it."""
        try:
            self._take_newest()
        except IndexMissing:  # a still newer one was published meanwhile, and this one was cleared away
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, a later look may succeed
            self._retry_at = time.monotonic() + RETRY_S
            self._told(_as_fact("following the index", error))

    def _take_newest(self) -> None:
        paths = published(self._index)
        newest = paths[-1].name if paths else self._current
        if newest != self._current:
            if newest == self._tried and time.monotonic() < self._retry_at:
                return
            self._tried = newest
            self._swap(Snapshot.open(paths[-1]))
            self._current = newest
        self._told(None)


def watch(
    articles: Path,
    index: Path,
    encoder: Encoder,
    told: Callable[[Report | QuothError], None],
    stop: threading.Event,
) -> None:
    """Keep the index true to the folder of articles until ``stop`` is set.

    Changes are noticed as the system reports them, and by a look at the whole folder every ``SWEEP_S`` seconds. They
    are indexed once the files are completely written. ``told`` hears of every new snapshot and of what went wrong, once
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
            for changes in watchfiles.watch(
                articles, stop_event=stop, rust_timeout=_TICK_MS, yield_on_timeout=True, raise_interrupt=False
            ):
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
    index: Path,
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


def _settled(articles: Path, index: Path, stop: threading.Event) -> object:
    """The state of the folders once no file has changed for a while, or when the watch is to end."""
    before, now = None, _state(articles, index)
    while now != before and not stop.wait(_SETTLED_S):
        before, now = now, _state(articles, index)
    return now


def _state(articles: Path, index: Path) -> object:
    """Sizes and times of all articles' files and the snapshots' names, or the moment when they cannot be listed."""
    try:
        return scan(articles), published(index)
    except Exception:  # noqa: BLE001 - the update that this leads to tells of it
        return time.monotonic()
