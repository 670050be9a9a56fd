"""Following a folder: the index follows the articles, and an engine follows the index."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from retrieval.articles import scan
from retrieval.encoder import Encoder
from retrieval.errors import IndexCorrupt, IndexMissing, QuothError, StorageFailed
from retrieval.indexing import Report, update
from retrieval.snapshot import Snapshot, published

POLL_S = 1.0
"""How often a follower looks for a newer snapshot."""

SWEEP_S = 60.0
"""How often the whole folder is looked at, whatever the system reports: network folders report nothing."""

_SETTLED_S = 1.0
"""A file is written completely when its size and time have not moved for this long."""


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
    are indexed once the files are completely written. ``told`` hears of every new snapshot and of what went wrong;
    after an error the watch goes on.

    Raises:
        FolderMissing: there is no such folder when the watch begins.
    """
    import watchfiles

    scan(articles)
    events = watchfiles.watch(
        articles, stop_event=stop, rust_timeout=int(SWEEP_S * 1000), yield_on_timeout=True, raise_interrupt=False
    )
    _bring_up_to_date(articles, index, encoder, told)
    for _ in events:
        if _settle(articles, stop):
            _bring_up_to_date(articles, index, encoder, told)


def _bring_up_to_date(
    articles: Path, index: Path, encoder: Encoder, told: Callable[[Report | QuothError], None]
) -> None:
    try:
        report = update(articles, index, encoder, wait_s=SWEEP_S)
    except QuothError as error:
        told(error)
        return
    if report.built:
        told(report)


def _settle(articles: Path, stop: threading.Event) -> bool:
    """Wait until no file has changed for a while; False when the watch is to end first."""
    before = None
    while not stop.is_set():
        now = _state(articles)
        if now == before:
            return True
        before = now
        stop.wait(_SETTLED_S)
    return False


def _state(articles: Path) -> object:
    """Sizes and times of all files, or the moment when the folder cannot be listed."""
    try:
        return scan(articles)
    except QuothError:
        return time.monotonic()
