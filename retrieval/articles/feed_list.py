"""The feeds that a folder of articles follows, and what has come from them, in a small SQLite file in that folder."""

from __future__ import annotations

import difflib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import Any

from retrieval.errors import FeedUnknown, FolderMissing, StorageFailed

FILE = ".feeds.sqlite"
"""The dot keeps it out of the index."""

_TABLES = """
CREATE TABLE IF NOT EXISTS feeds (
    address TEXT PRIMARY KEY,
    most INTEGER NOT NULL,
    days INTEGER,
    title TEXT NOT NULL DEFAULT '',
    etag TEXT NOT NULL DEFAULT '',
    last_modified TEXT NOT NULL DEFAULT '',
    came TEXT NOT NULL DEFAULT '',
    failed TEXT NOT NULL DEFAULT '',
    not_before REAL NOT NULL DEFAULT 0,
    gone INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS entries (
    id TEXT PRIMARY KEY,
    feed TEXT NOT NULL,
    digest TEXT NOT NULL,
    file TEXT NOT NULL
);
"""


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed that is followed; the fields are the columns of its table."""

    address: str
    most: int
    """Entries of it that are kept at one time at most, the newest."""
    days: int | None
    """Entries that are older are not kept; None: whatever their age."""
    title: str = ""
    etag: str = ""
    last_modified: str = ""
    came: str = ""
    """When the server last gave it or said that it is as it was: an ISO time in UTC, or empty."""
    failed: str = ""
    """What kept it from coming the last time, as ``FetchProblem``, or empty."""
    not_before: float = 0
    """Seconds since 1970 until which the server wants to be left alone."""
    gone: bool = False
    """Whether the server has said that it is gone for good."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry that has come, as it was then."""

    id: str
    feed: str
    digest: str
    file: str
    """The article that it became; empty for one without text."""


class FeedList:
    """The feeds of one folder. Every change is written at once, so that whatever ends the program costs nothing."""

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise FolderMissing(folder)
        self._path = folder / FILE

    def all(self) -> list[Feed]:
        """The feeds, in order of their addresses."""
        if not self._path.exists():
            return []
        with self._open() as database:
            return [_feed(row) for row in database.execute("SELECT * FROM feeds ORDER BY address")]

    def put(self, feed: Feed) -> None:
        """Keep a feed, in the place of what was known of it."""
        with self._open() as database:
            database.execute("INSERT OR REPLACE INTO feeds VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", astuple(feed))

    def remove(self, address: str) -> None:
        """Follow a feed no longer; its articles, and that they have come, stay. Raises ``FeedUnknown``."""
        known = [feed.address for feed in self.all()]
        if address not in known:
            raise FeedUnknown(address, tuple(difflib.get_close_matches(address, known, n=3)))
        with self._open() as database:
            database.execute("DELETE FROM feeds WHERE address = ?", (address,))

    def kept(self, id: str) -> Kept | None:
        """The entry with this id, from whichever feed it came."""
        with self._open() as database:
            row = database.execute("SELECT id, feed, digest, file FROM entries WHERE id = ?", (id,)).fetchone()
        return Kept(*row) if row else None

    def keep(self, entry: Kept) -> None:
        """Remember that an entry has come."""
        with self._open() as database:
            database.execute("INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?)", astuple(entry))

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self._path, timeout=30)) as database, database:
                database.executescript(_TABLES)
                yield database
        except sqlite3.Error as error:
            raise StorageFailed(self._path, str(error)) from error


def _feed(row: tuple[Any, ...]) -> Feed:
    return replace(Feed(*row), gone=bool(row[-1]))  # SQLite has no truth values
