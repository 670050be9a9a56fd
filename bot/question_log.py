"""What people asked, kept for a while in a file on this machine, so that whoever cares for the articles sees the gaps.

No name and no id of a member or a channel is in it. Nobody's answer waits for it: one thread writes.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import Empty, Full, Queue
from typing import TYPE_CHECKING, Any, Literal

from retrieval.errors import StorageFailed

if TYPE_CHECKING:
    from retrieval.answer.answer import Answer

_log = logging.getLogger("quoth.questions")

Face = Literal["discord", "page", "json"]

FILE = "questions.sqlite3"
KEPT = 100_000
"""Questions, the latest; one takes about half a kilobyte, and two at most with a very long question."""
_QUEUED = 10_000
"""Entries that wait to be written, beyond which further ones are lost: the disk has stood still for long then."""
_BATCH = 500
"""Entries that are written in one transaction."""
_HOUR = 3600.0
_PATIENCE = 5.0
"""Seconds for which one program waits while another writes."""
_EXCERPT = 300
"""Code points of the nearest quote that are kept."""

_TABLES = """
CREATE TABLE IF NOT EXISTS questions (
    number INTEGER PRIMARY KEY, key TEXT NOT NULL, at TEXT NOT NULL, face TEXT NOT NULL,
    articles TEXT NOT NULL, server TEXT NOT NULL, question TEXT NOT NULL, understood TEXT NOT NULL,
    answered INTEGER NOT NULL, confidence REAL NOT NULL, nearest TEXT NOT NULL,
    up INTEGER NOT NULL DEFAULT 0, down INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS questions_at ON questions (at);
CREATE INDEX IF NOT EXISTS questions_key ON questions (key);
"""
_INSERT = """
INSERT INTO questions (key, at, face, articles, server, question, understood, answered, confidence, nearest)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


@dataclass(frozen=True, slots=True)
class Nearest:
    """What was quoted first or, of a question that was declined, came nearest."""

    article: str
    """The article's id."""
    title: str
    text: str
    """The quote, or its beginning."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and what became of it."""

    question: str
    """As it was typed."""
    understood: str
    """As it was read: with its slips put right and, in a conversation, with what its references stand for."""
    answered: bool
    confidence: float
    nearest: Nearest | None
    articles: str
    """The folder of the articles that were asked."""
    face: Face = "discord"
    server: str = ""
    """The Discord server in which all could see it asked; empty elsewhere."""
    key: str = ""
    """That of the answer, which votes are on."""

    @classmethod
    def of(cls, answer: Answer, articles: Path, face: Face, *, server: str = "", key: str = "") -> Asked:
        """What an answer comes to."""
        quote = next(iter(answer.quotes), None)
        nearest = Nearest(quote.article.id, quote.article.title, _excerpt(quote.text)) if quote else None
        return cls(
            question=answer.question,
            understood=answer.read_as or answer.corrected or answer.question,
            answered=answer.answered,
            confidence=round(answer.confidence, 4),
            nearest=nearest,
            articles=place(articles),
            face=face,
            server=server,
            key=key,
        )


@dataclass(frozen=True, slots=True)
class Logged:
    """A question as the log has it."""

    at: datetime
    asked: Asked
    up: int
    down: int
    """Votes that the answer helped, and that it did not."""


def place(articles: Path) -> str:
    """A folder of articles as the log names it."""
    return str(articles.resolve())


def _excerpt(text: str) -> str:
    """The beginning of a quote, with a mark where more follows."""
    return text if len(text) <= _EXCERPT else f"{text[: _EXCERPT - 1].rstrip()}…"


def _now() -> datetime:
    return datetime.now(UTC)


def _written(moment: datetime) -> str:
    """A moment as it is written: texts in this form are in the order of their times."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


@dataclass(eq=False)
class _Entry:
    """Something to write, and what became of it."""

    sql: str = ""
    rows: Sequence[tuple[object, ...]] = ()
    last: bool = False
    """Whether nothing comes after it."""
    written: threading.Event = field(default_factory=threading.Event)
    error: Exception | None = None
    """Why it was not written, though it was tried."""


class QuestionLog:
    """Writes down what is asked, on a thread of its own, in ``questions.sqlite3`` in a folder.

    Whatever the disk refuses is told to the program's log once, and nothing else comes of it. Any thread may call it.

    Args:
        folder: where the file is; both are made when there is something to write.
        days: how long a question is kept; with 0 none is, and those of before are deleted.
        clock: tells the time.
    """

    def __init__(self, folder: Path, *, days: float, clock: Callable[[], datetime] = _now) -> None:
        self._file = folder / FILE
        self._days = timedelta(days=days)
        self._clock = clock
        self._queue: Queue[_Entry] = Queue(_QUEUED)
        self._database: sqlite3.Connection | None = None
        self._failing = False
        """Whether the disk refused what was to be written last."""
        self._thread = threading.Thread(target=self._run, name="questions", daemon=True)
        if self.on or self._file.exists():
            self._thread.start()

    @property
    def on(self) -> bool:
        """Whether questions are kept."""
        return bool(self._days)

    def note(self, asked: Asked) -> None:
        """Write down a question; returns at once."""
        if self.on:
            self._put(_Entry(_INSERT, [_row(asked, _written(self._clock()))]))

    def voted(self, key: str, votes: Mapping[str, int]) -> None:
        """Write down how many found an answer helpful (``up``) or not (``down``); returns at once."""
        if self.on:
            row = votes.get("up", 0), votes.get("down", 0), key
            self._put(_Entry("UPDATE questions SET up = ?, down = ? WHERE key = ?", [row]))

    def forget(self, keys: Iterable[str]) -> None:
        """Delete the questions that these answers are to, and wait until that is done.

        Raises:
            StorageFailed: they could not be deleted.
        """
        entry = _Entry("DELETE FROM questions WHERE key = ?", [(key,) for key in keys])
        if not entry.rows or not self._thread.is_alive():
            return
        if not self._put(entry) or not entry.written.wait(_PATIENCE) or entry.error:
            raise StorageFailed(self._file, str(entry.error or "it is busy"))

    def read(self, articles: Path, *, since: datetime | None = None, server: str | None = None) -> list[Logged]:
        """The questions, those asked just now too; see ``read``."""
        self.flush()
        return read(self._file.parent, articles, since=since, server=server)

    def flush(self, seconds: float = _PATIENCE) -> bool:
        """Wait until what was said up to now is written, for so long at most; returns whether it is."""
        entry = _Entry()
        return not self._thread.is_alive() or (self._put(entry) and entry.written.wait(seconds))

    def close(self, seconds: float = 2.0) -> None:
        """Write what waits, for so many seconds at most, and end."""
        if self._thread.is_alive() and self._put(_Entry(last=True)):
            self._thread.join(seconds)

    def _put(self, entry: _Entry) -> bool:
        try:
            self._queue.put_nowait(entry)
        except Full:
            return False  # the disk has stood still for ten thousand questions
        return True

    # --- on the thread ---------------------------------------------------------------------------------------

    def _run(self) -> None:
        entries: list[_Entry] = []
        while True:
            if any(entry.rows for entry in entries) or self._file.exists():
                self._try(entries)
            for entry in entries:
                entry.written.set()
            if not self.on or any(entry.last for entry in entries):
                break
            entries = self._taken()
        self._release()

    def _taken(self) -> list[_Entry]:
        """What waits to be written; nothing once an hour, when what is too old is deleted all the same."""
        entries: list[_Entry] = []
        with suppress(Empty):
            entries.append(self._queue.get(timeout=_HOUR))
            while len(entries) < _BATCH:
                entries.append(self._queue.get_nowait())
        return entries

    def _try(self, entries: Sequence[_Entry]) -> None:
        try:
            self._write(entries)
            self._failing = False
        except Exception as error:  # noqa: BLE001 - nothing that runs beside an answer ends on an error
            if not self._failing:
                _log.error("Questions cannot be written down in %s: %s", self._file, error)
            self._failing = True
            for entry in entries:
                entry.error = error
            self._release()

    def _write(self, entries: Iterable[_Entry]) -> None:
        database = self._opened()
        with database:
            database.execute("BEGIN IMMEDIATE")
            for entry in entries:
                if entry.rows:
                    database.executemany(entry.sql, entry.rows)
            database.execute("DELETE FROM questions WHERE at < ? OR ?", (self._oldest(), not self.on))
            database.execute("DELETE FROM questions WHERE number <= (SELECT max(number) FROM questions) - ?", (KEPT,))

    def _oldest(self) -> str:
        return _written(self._clock() - self._days)

    def _opened(self) -> sqlite3.Connection:
        if self._database is None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._file.touch(mode=0o600)  # what was asked is nobody else's business
            self._database = sqlite3.connect(self._file, timeout=_PATIENCE, isolation_level=None)
            self._database.executescript(f"PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;{_TABLES}")
        return self._database

    def _release(self) -> None:
        with suppress(sqlite3.Error):
            if self._database:
                self._database.close()
        self._database = None


def _row(asked: Asked, at: str) -> tuple[object, ...]:
    nearest = json.dumps(asdict(asked.nearest) if asked.nearest else None)
    texts = (asked.question, asked.understood)
    # A half of a surrogate pair is no text that a database takes.
    question, understood = (text.encode(errors="replace").decode() for text in texts)
    about = (asked.key, at, asked.face, asked.articles, asked.server)
    return (*about, question, understood, asked.answered, asked.confidence, nearest)


# --- reading -------------------------------------------------------------------------------------------------


def read(folder: Path, articles: Path, *, since: datetime | None = None, server: str | None = None) -> list[Logged]:
    """The questions that were asked of a folder of articles, the oldest first; also while others write.

    Args:
        folder: where the log is; without one there is no question.
        articles: the folder of articles.
        since: those of before are left out.
        server: only what was asked in this Discord server, for all to see.

    Raises:
        StorageFailed: the log cannot be read.
    """
    columns = "at, key, face, articles, server, question, understood, answered, confidence, nearest, up, down"
    wanted = "articles = ? AND at >= ? AND (server = ? OR ?)"
    values = (place(articles), _written(since) if since else "", server or "", server is None)
    rows = _select(folder / FILE, f"SELECT {columns} FROM questions WHERE {wanted} ORDER BY number", values)  # noqa: S608
    return [_logged(*row) for row in rows]


def count(folder: Path) -> int | None:
    """How many questions a log holds, about whatever articles; None where there is none. Raises as ``read``."""
    if not (folder / FILE).exists():
        return None
    [[total]] = _select(folder / FILE, "SELECT count(*) FROM questions", ())
    return int(total)


def _select(file: Path, sql: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
    if not file.exists():
        return []
    try:
        with closing(sqlite3.connect(file, timeout=_PATIENCE)) as database:
            return database.execute(sql, values).fetchall()
    except sqlite3.Error as error:
        raise StorageFailed(file, str(error)) from error


def _logged(at: str, key: str, face: Face, *rest: Any) -> Logged:
    articles, server, question, understood, answered, confidence, nearest, up, down = rest
    found = json.loads(nearest)
    asked = Asked(
        question=question,
        understood=understood,
        answered=bool(answered),
        confidence=confidence,
        nearest=Nearest(**found) if found else None,
        articles=articles,
        face=face,
        server=server,
        key=key,
    )
    return Logged(datetime.fromisoformat(at), asked, up, down)
