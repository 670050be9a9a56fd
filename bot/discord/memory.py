"""What the Discord bot keeps across restarts: where each answer's quotes are, votes, and who changed the articles.

An answer is kept as places in articles, never as text: what is shown after a restart is again the article's own words.
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.languages import spoken
from retrieval.errors import StorageFailed

_log = logging.getLogger("quoth.discord")

KEPT = 10_000
"""Answers; the buttons of older ones say that they are too old. One takes about half a kilobyte."""

_TABLES = """
CREATE TABLE IF NOT EXISTS answers (
    number INTEGER PRIMARY KEY, key TEXT UNIQUE NOT NULL, record TEXT NOT NULL, at TEXT NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS votes (
    key TEXT NOT NULL REFERENCES answers (key) ON DELETE CASCADE,
    member INTEGER NOT NULL, vote TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (key, member)
);
CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


_PASSING = 200
"""Answers that are kept in this process only."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a quote stands: offsets in the text of an article with this id, as long as it has this content."""

    article: str
    content: str
    start: int
    end: int
    highlights: tuple[tuple[int, int], ...]
    """Best first."""
    older: bool = False
    """Whether a quote of a newer article answers alike."""
    newer: str = ""
    """The id of an article of a later day that is about the same."""


@dataclass(frozen=True, slots=True)
class Record:
    """An answer as it was given, kept as places in articles, so that its buttons work later."""

    key: str
    asker: int
    question: str
    titled: bool
    """Whether the question stands above the answer: for a command nobody else sees what was asked."""
    answered: bool
    places: tuple[Place, ...]
    note: str = ""
    """Why no article was left to answer, if so."""
    understood: str = ""
    """How the question was understood, where not as it stands."""
    passing: bool = False
    """Whether it is kept in memory alone, and not for long: the words are somebody else's."""
    collection: str = ""
    """The name of the collection that it was made from."""
    language: str = field(default_factory=spoken)
    """What it was given in; of earlier versions, which did not keep it, what is spoken here."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How much of a member's was deleted."""

    answers: int
    votes: int
    voted: tuple[str, ...] = field(default=(), compare=False)
    """The keys of the answers that the votes were on."""


def _now() -> datetime:
    return datetime.now(UTC)


class Memory:
    """The bot's database of answers and votes (``discord.sqlite3``) and its audit log (``audit.jsonl``), in one folder.

    Any number of threads may use it. The latest ``kept`` answers are there for so many ``days``, and votes as long as
    the answer that they are on.

    Raises:
        StorageFailed: the folder cannot be written.
    """

    def __init__(
        self, folder: Path, *, kept: int = KEPT, days: float = 30, clock: Callable[[], datetime] = _now
    ) -> None:
        self.folder = folder
        self._kept = kept
        self._days = timedelta(days=days)
        self._clock = clock
        self._passing: OrderedDict[str, Record] = OrderedDict()
        self._lock = threading.Lock()
        with _storage(folder):
            folder.mkdir(parents=True, exist_ok=True)
            file = folder / "discord.sqlite3"
            # Who asked what is nobody else's business.
            file.touch(mode=0o600)
            self._database = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
            # A power cut may lose the last answers, which is no reason to wait for the disk at each, but nothing else.
            self._database.executescript(f"PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;{_TABLES}")
            self._database.execute("PRAGMA foreign_keys=ON")
            self._add_times()
        self.expire()

    def _add_times(self) -> None:
        """Give the answers of earlier versions, which had none, the time of now."""
        if "at" not in [column[1] for column in self._database.execute("PRAGMA table_info(answers)")]:
            self._database.execute("ALTER TABLE answers ADD COLUMN at TEXT NOT NULL DEFAULT ''")
        self._database.execute("UPDATE answers SET at = ? WHERE at = ''", (self._at(),))
        self._database.execute("CREATE INDEX IF NOT EXISTS answers_at ON answers (at)")

    def _at(self, before: timedelta = timedelta()) -> str:
        """The time, or that ``before`` now, as it is written: texts in this form are in the order of their times."""
        return (self._clock() - before).isoformat(timespec="seconds")

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._database.close()

    def keep(self, record: Record) -> None:
        """Remember an answer; those beyond ``kept``, and those that are too old, are forgotten.

        The question is kept only where the bot shows it above the answer.
        """
        if record.passing:
            with self._lock:
                self._passing[record.key] = record
                while len(self._passing) > _PASSING:
                    self._passing.popitem(last=False)
            return
        text = json.dumps(asdict(record if record.titled else replace(record, question="")))
        with self._session() as database:
            values = (record.key, text, self._at())
            cursor = database.execute("INSERT INTO answers (key, record, at) VALUES (?, ?, ?)", values)
            database.execute("DELETE FROM answers WHERE number <= ?", ((cursor.lastrowid or 0) - self._kept,))
        self.expire()

    def expire(self) -> None:
        """Forget what is older than ``days``."""
        with self._session() as database:
            database.execute("DELETE FROM answers WHERE at < ?", (self._at(self._days),))

    def find(self, key: str) -> Record | None:
        """The answer with this key, or None when it is too old."""
        with self._session() as database:
            row = database.execute("SELECT record FROM answers WHERE key = ?", (key,)).fetchone()
        return _record(json.loads(row[0])) if row else self._passing.get(key)

    def forget(self, member: int) -> Forgotten:
        """Delete the answers to a member's questions, with all votes on them, and the member's votes on others."""
        with self._lock:
            for key in [key for key, record in self._passing.items() if record.asker == member]:
                del self._passing[key]
        with self._session() as database:
            votes = database.execute("DELETE FROM votes WHERE member = ? RETURNING key", (member,)).fetchall()
            own = "DELETE FROM answers WHERE json_extract(record, '$.asker') = ?"
            answers = database.execute(own, (member,)).rowcount
        return Forgotten(answers, len(votes), tuple(key for [key] in votes))

    def keys_of(self, member: int) -> list[str]:
        """The keys of the answers to a member's questions."""
        with self._session() as database:
            own = "SELECT key FROM answers WHERE json_extract(record, '$.asker') = ?"
            return [key for [key] in database.execute(own, (member,))]

    def vote(self, key: str, member: int, vote: str) -> None:
        """A member's vote on an answer, in place of the one before; the same again takes it back."""
        if key in self._passing:
            return
        with self._session() as database:
            own = "DELETE FROM votes WHERE key = ? AND member = ? AND vote = ?"
            if database.execute(own, (key, member, vote)).rowcount:
                return
            database.execute("INSERT OR REPLACE INTO votes VALUES (?, ?, ?, ?)", (key, member, vote, self._at()))

    def votes(self, key: str) -> dict[str, int]:
        """How many members voted for what on an answer."""
        with self._session() as database:
            return dict(database.execute("SELECT vote, count(*) FROM votes WHERE key = ? GROUP BY vote", (key,)))

    def note(self, name: str) -> str | None:
        """The value kept under ``name``, or None."""
        with self._session() as database:
            row = database.execute("SELECT value FROM notes WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def notes(self, beginning: str) -> dict[str, str]:
        """The values under all names that begin so."""
        with self._session() as database:
            rows = database.execute(
                "SELECT name, value FROM notes WHERE substr(name, 1, ?) = ?", (len(beginning), beginning)
            )
            return dict(rows.fetchall())

    def write_note(self, name: str, value: str) -> None:
        """Keep a value under ``name``, in place of the one before."""
        with self._session() as database:
            database.execute("INSERT OR REPLACE INTO notes VALUES (?, ?)", (name, value))

    def audit(self, **facts: object) -> None:
        """Append to the audit log; each line is a JSON object that says when, and ``facts``."""
        line = json.dumps({"at": datetime.now(UTC).isoformat(timespec="seconds"), **facts}, ensure_ascii=False)
        with _storage(self.folder), self._lock:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            with open(os.open(self.folder / "audit.jsonl", flags, 0o600), "a", encoding="utf-8") as file:  # noqa: PTH123
                file.write(f"{line}\n")
                file.flush()
                os.fsync(file.fileno())
        _log.info("audit: %s", line)

    @contextmanager
    def _session(self) -> Iterator[sqlite3.Connection]:
        """The database for one thread, everything in one transaction."""
        with _storage(self.folder), self._lock, self._database:
            self._database.execute("BEGIN")
            yield self._database


def _record(fields: dict[str, Any]) -> Record:
    places = (Place(**place | {"highlights": tuple(map(tuple, place["highlights"]))}) for place in fields.pop("places"))
    return Record(**fields, places=tuple(places))


@contextmanager
def _storage(folder: Path) -> Iterator[None]:
    """Say what the system or the database refused as ``StorageFailed``."""
    try:
        yield
    except OSError as error:
        raise StorageFailed(Path(error.filename or folder), error.strerror or str(error)) from error
    except sqlite3.Error as error:
        raise StorageFailed(folder / "discord.sqlite3", str(error)) from error
