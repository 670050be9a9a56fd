"""Following a folder: the index follows the articles, and an engine follows the index."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from retrieval.articles.files import scan
from retrieval.errors import IndexCorrupt, IndexMissing, NoArticles, QuothError, StorageFailed
from retrieval.index.snapshot import Snapshot, published
from retrieval.index.updating import Report, update
from retrieval.models.encoder import Encoder

POLL_S = 1.0
"""How often a follower looks for a newer snapshot."""

SWEEP_S = 60.0
"""How often the whole folder is looked at, whatever the system reports: network folders report nothing."""

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

    A damaged one is passed over: what serves goes on serving.
    """

    def __init__(self, index: Path, current: Snapshot, swap: Callable[[Snapshot], None]) -> None:
        self._index, self._current, self._swap = index, current.path.name, swap
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
        """Look once; hand over a newer snapshot, if there is one that is whole."""
        with contextlib.suppress(IndexMissing, IndexCorrupt, StorageFailed):
            newest = published(self._index)[-1:]
            if newest and newest[0].name != self._current:
                self._current = newest[0].name
                self._swap(Snapshot.open(newest[0]))


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
    import watchfiles

    scan(articles)
    told = _of_news(told)
    events = watchfiles.watch(
        articles, stop_event=stop, rust_timeout=_TICK_MS, yield_on_timeout=True, raise_interrupt=False
    )
    next(events, None)  # from here on nothing goes unreported
    state = _state(articles, index)
    known = state if _brought_up_to_date(articles, index, encoder, told) else None
    swept = time.monotonic()
    for changes in events:
        if not changes and time.monotonic() < swept + SWEEP_S:
            continue
        if changes or _state(articles, index) != known:
            state = _settled(articles, index, stop)
            if stop.is_set():
                return
            known = state if _brought_up_to_date(articles, index, encoder, told) else None
        swept = time.monotonic()


def _of_news(told: Callable[[Report | QuothError], None]) -> Callable[[Report | QuothError], None]:
    """``told``, spared updates that found nothing to do and an error that came the last time too.

    An index that may not be written fails at every sweep.
    """
    before = ""

    def tell(news: Report | QuothError) -> None:
        nonlocal before
        error = f"{type(news).__name__} {news}" if isinstance(news, QuothError) else ""
        if (error and error != before) or (isinstance(news, Report) and news.built):
            told(news)
        before = error

    return tell


def _brought_up_to_date(
    articles: Path, index: Path, encoder: Encoder, told: Callable[[Report | QuothError], None]
) -> bool:
    """Update; whether there was nothing to do, so that there will not be until something changes."""
    try:
        report = update(articles, index, encoder, wait_s=SWEEP_S)
    except QuothError as error:
        told(error)
        return isinstance(error, NoArticles)
    told(report)
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
    except QuothError:
        return time.monotonic()
