"""The feeds that a folder of articles follows, and what has come from them, in a small SQLite file in that folder."""

from __future__ import annotations

import difflib
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout

from retrieval.errors import FeedsBusy, FeedUnknown, FolderMissing, StorageFailed

FILE = ".feeds.sqlite"
"""The dot keeps it out of the index."""
_LOCK = ".feeds.lock"

Pages = Literal["missing", "always", "never"]
"""When the page behind an entry's link is fetched: where the feed has no text, for every entry, or not at all."""


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed that is followed; the fields are the columns of its table."""

    address: str
    most: int
    """Entries of it that are kept at each update at most, the newest."""
    days: int | None = None
    """Entries that are older are not kept; None: whatever their age."""
    pages: Pages = "missing"
    remove_withdrawn: bool = False
    """Whether articles that the feed has withdrawn are removed, and not only marked."""
    interval_s: float | None = None
    """Seconds between two updates, where a person has said so."""
    title: str = ""
    moved: str = ""
    """Where its server says that it is from now on; empty for its address."""
    etag: str = ""
    last_modified: str = ""
    every_s: float | None = None
    """Seconds between two changes, where the feed says so."""
    asked_s: float = 0
    """When it was asked for last, in seconds since 1970."""
    came: str = ""
    """When the server last gave it or said that it is as it was: an ISO time in UTC, or empty."""
    failed: str = ""
    """What kept it from coming the last time, as ``FetchProblem``, or empty."""
    failures: int = 0
    """How often it has failed since it came last."""
    pages_failed: int = 0
    """Pages behind its links that did not come the last time, and are tried again."""
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
    """Empty while its article is being written."""
    file: str
    """The article that it became; empty for one without text."""
    place: int = -1
    """Its place, from the newest on, in the feed when that came last; -1 when it was not listed, -2 when it was not and
    may have been withdrawn."""
    withdrawn: bool = False
    """Whether the feed has withdrawn it."""


_TYPES = {"most": "INTEGER", "days": "INTEGER", "remove_withdrawn": "INTEGER", "failures": "INTEGER", "gone": "INTEGER"}
_TYPES |= {"interval_s": "REAL", "every_s": "REAL", "asked_s": "REAL", "not_before": "REAL"}
_TYPES |= {"pages_failed": "INTEGER", "place": "INTEGER", "withdrawn": "INTEGER"}
_TABLES: tuple[tuple[str, type[Feed | Kept]], ...] = (("feeds", Feed), ("entries", Kept))


def _names(kind: type[Feed | Kept]) -> list[str]:
    return [column.name for column in fields(kind)]


class FeedList:
    """The feeds of one folder. Every change is written at once, so that whatever ends the program costs nothing."""

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise FolderMissing(folder)
        self._folder = folder
        self._path = folder / FILE

    @contextmanager
    def updating(self) -> Iterator[None]:
        """Keep other programs from updating the same feeds meanwhile; raises ``FeedsBusy`` when one is at it."""
        lock = FileLock(self._folder / _LOCK, thread_local=False)
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise FeedsBusy(self._folder) from error
        except OSError as error:
            raise StorageFailed(self._folder / _LOCK, error.strerror or str(error)) from error
        try:
            yield
        finally:
            lock.release()

    def all(self) -> list[Feed]:
        """The feeds, in order of their addresses."""
        if not self._path.exists():
            return []
        with self._open() as database:
            rows = database.execute(f"SELECT {', '.join(_names(Feed))} FROM feeds ORDER BY address").fetchall()  # noqa: S608 - names of ours
        return [_made(Feed, row) for row in rows]

    def put(self, feed: Feed) -> None:
        """Keep a feed, in the place of what was known of it."""
        self._write("feeds", feed)

    def remove(self, address: str) -> None:
        """Follow a feed no longer; its articles, and that they have come, stay. Raises ``FeedUnknown``."""
        known = [feed.address for feed in self.all()]
        if address not in known:
            raise FeedUnknown(address, tuple(difflib.get_close_matches(address, known, n=3)))
        with self._open() as database:
            database.execute("DELETE FROM feeds WHERE address = ?", (address,))

    def kept(self, id: str) -> Kept | None:
        """The entry with this id, from whichever feed it came."""
        found = self._entries("id = ?", id)
        return found[0] if found else None

    def listed(self, address: str) -> list[Kept]:
        """The entries that a feed listed when it came last, in its order."""
        return self._entries("feed = ? AND place >= 0", address)

    def suspects(self, address: str) -> list[Kept]:
        """The entries that a feed may have withdrawn."""
        return self._entries("feed = ? AND place = -2", address)

    def place(self, places: Mapping[str, int], address: str) -> None:
        """Remember at which place a feed lists its entries, those of them that have come."""
        with self._open() as database:
            rows = [(place, id, address) for id, place in places.items()]
            database.executemany("UPDATE entries SET place = ? WHERE id = ? AND feed = ?", rows)

    def withdrawn(self, address: str) -> int:
        """How many entries a feed has withdrawn."""
        return len(self._entries("feed = ? AND withdrawn", address))

    def keep(self, *entries: Kept) -> None:
        """Remember that entries have come."""
        self._write("entries", *entries)

    def _entries(self, condition: str, value: str) -> list[Kept]:
        if not self._path.exists():
            return []
        query = f"SELECT {', '.join(_names(Kept))} FROM entries WHERE {condition} ORDER BY place"  # noqa: S608 - likewise
        with self._open() as database:
            return [_made(Kept, row) for row in database.execute(query, (value,)).fetchall()]

    def _write(self, table: str, *values: Feed | Kept) -> None:
        if not values:
            return
        names = _names(type(values[0]))
        statement = f"INSERT OR REPLACE INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608 - likewise
        with self._open() as database:
            database.executemany(statement, [tuple(asdict(value).values()) for value in values])

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self._path, timeout=30)) as database, database:
                _prepare(database)
                yield database
        except sqlite3.Error as error:
            raise StorageFailed(self._path, str(error)) from error


def _prepare(database: sqlite3.Connection) -> None:
    """Make the tables, and the columns that an earlier version did not have."""
    for table, kind in _TABLES:
        there = {row[1] for row in database.execute(f"PRAGMA table_info({table})")}
        columns = [f"{name} {_TYPES.get(name, 'TEXT')}" for name in _names(kind)]
        if not there:
            database.execute(
                f"CREATE TABLE IF NOT EXISTS {table} ({', '.join(columns)}, PRIMARY KEY ({_names(kind)[0]}))"
            )
            continue
        for name, column in zip(_names(kind), columns, strict=True):
            if name not in there:
                database.execute(f"ALTER TABLE {table} ADD COLUMN {column}")


def _made(kind: Any, row: tuple[Any, ...]) -> Any:
    """A row as what it was; SQLite has no truth values, and nothing in a column that is newer than the row."""
    usual = {column.name: column.default for column in fields(kind)}
    values = {
        name: usual[name] if value is None else bool(value) if isinstance(usual[name], bool) else value
        for name, value in zip(usual, row, strict=True)
    }
    return kind(**values)
