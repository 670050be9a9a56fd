"""Answering many people at once: a bounded pool of threads, the engine in use, and a cooldown for each member.

Nothing here knows Discord.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from bot import wording
from bot.discord.memory import Memory, Place, Record
from retrieval.answer.conversation import Turn
from retrieval.answer.query import Context, Filters
from retrieval.articles import care as folder
from retrieval.articles.files import scan
from retrieval.errors import ArticleUnknown, NoArticles, QuothError, StorageFailed
from retrieval.index.snapshot import published

if TYPE_CHECKING:
    from retrieval.answer.answer import Answer
    from retrieval.answer.quotes import Quote
    from retrieval.articles.article import Article, ArticleInfo
    from retrieval.engine import Engine
    from retrieval.index.changes import Progress, Stale
    from retrieval.index.updating import Report

_log = logging.getLogger("quoth.discord")
_T = TypeVar("_T")

WORKERS = 2
"""Answers computed at once: the model uses every core for each."""

WAITING = 30
"""Questions in the queue before further ones are told to come back: about ten seconds' work for a laptop."""


class Busy(Exception):
    """The queue is full."""


class Closing(Exception):
    """The bot is about to leave and takes no more questions."""


class StillReading(Exception):
    """The index is being built for the first time; ``stage``, ``done`` and ``total`` as ``Progress`` tells them."""

    def __init__(self, stage: str, done: int, total: int) -> None:
        super().__init__(stage, done, total)
        self.progress = stage, done, total


class Pool:
    """A pool of threads for blocking work, with a queue that is never longer than ``waiting``."""

    def __init__(self, name: str, *, workers: int = WORKERS, waiting: int = WAITING) -> None:
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix=name)
        self._room = workers + waiting
        self._jobs: set[Future[Any]] = set()
        self._awaited: set[asyncio.Future[Any]] = set()
        self._given_up: set[asyncio.Future[Any]] = set()
        self._closed = False

    @property
    def working(self) -> bool:
        """Whether anything runs or waits."""
        return bool(self._jobs)

    async def run(self, work: Callable[[], _T]) -> _T:
        """Do ``work`` on a thread; raises ``Busy`` at once when the queue is full, ``Closing`` when it is given up."""
        if self._closed:
            raise Closing
        if len(self._jobs) >= self._room:
            raise Busy
        job = self._threads.submit(work)
        self._jobs.add(job)
        # Counted until the thread is done with it, even if whoever waits for it goes away.
        job.add_done_callback(self._jobs.discard)
        outcome = asyncio.wrap_future(job)
        self._awaited.add(outcome)
        outcome.add_done_callback(self._awaited.discard)
        try:
            return await outcome
        except asyncio.CancelledError:
            if outcome in self._given_up:
                raise Closing from None
            raise

    def give_up(self) -> None:
        """Take no more work, and have all that wait for some hear that it is not done."""
        self._closed = True
        self._given_up = {outcome for outcome in list(self._awaited) if outcome.cancel()}

    def close(self) -> None:
        """Take no more work and drop what waits; what runs goes on."""
        self._closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)


class Opened(Protocol):
    """What opening an index gives: an engine that answers from it, and a report of the update, if there was one."""

    @property
    def engine(self) -> Engine:
        """The engine."""
        ...

    @property
    def report(self) -> Report | None:
        """What the update did; None when none was needed."""
        ...


Build = Callable[["Progress"], Opened]
"""Opens an engine over an index that is up to date, telling of its progress."""


class Library:
    """The engine in use, and the folder of articles under it, which members may change.

    Args:
        articles: the folder.
        index: the folder of its index.
        build: opens an engine over an index that is up to date.
    """

    def __init__(self, articles: Path, index: Path, build: Build) -> None:
        self._articles = articles
        self._index = index
        self._build = build
        self.engine: Engine | None = None
        """None while there are no articles. Replaced as a whole, so that an answer is of one snapshot."""
        self.reading: tuple[str, int, int] | None = None
        """While the index is opened for the first time, how far that is, as ``Progress`` tells it."""
        self._empty: object = None
        """What there was when no article was found last."""
        self._refreshing = threading.Lock()

    @property
    def articles(self) -> Mapping[str, ArticleInfo]:
        """The articles in the index, by id."""
        return {article.id: article for article in self.engine.snapshot.articles} if self.engine else {}

    @property
    def outdated(self) -> bool:
        """Whether another program has published a newer index or, where there was no article, anything changed."""
        if self.engine is None:
            return self._state() != self._empty
        newest = published(self._index)[-1:]
        return bool(newest) and newest[0] != self.engine.snapshot.path

    def _state(self) -> object:
        with suppress(QuothError):
            return scan(self._articles), published(self._index)
        return None

    def refresh(self, progress: Progress) -> Report | None:
        """Bring the index up to date and serve from it; None when nothing had changed or no article is left.

        Raises:
            Whatever ``open_up_to_date`` raises but ``NoArticles``.
        """
        with self._refreshing:
            state = self._state()
            try:
                opened = self._build(progress)
            except NoArticles:
                self.engine, self._empty = None, state
                return None
            self.engine = opened.engine
            return opened.report

    def open(self, progress: Progress) -> Report | None:
        """``refresh`` for the first time, during which questions are told how far it is."""

        def told(stage: str, done: int, total: int) -> None:
            self.reading = stage, done, total
            progress(stage, done, total)

        told("reading", 0, 0)

        try:
            return self.refresh(told)
        finally:
            self.reading = None

    def add(self, file: Path, progress: Progress) -> bool:
        """Put a file into the folder and serve it; false when it was there already. Raises what ``folder.add`` does."""
        added, _ = folder.add(self._articles, [file])
        self.refresh(progress)
        return bool(added)

    def same_as(self, id: str) -> str | None:
        """Another article that has the very text of the one with this id, if there is one."""
        with suppress(ArticleUnknown):
            copies = self.engine.snapshot.article(id).copies if self.engine else ()
            return copies[0].id if copies else None
        return None

    def remove(self, id: str, progress: Progress) -> None:
        """Delete an article and serve without it. Raises what ``folder.remove`` does."""
        folder.remove(self._articles, [id])
        self.refresh(progress)

    def resolve(self, name: str) -> str:
        """The id of the article that a person named by id, by the hash of it or by title; raises ``ArticleUnknown``."""
        known = self.articles
        if name in known:
            return name
        for id, article in known.items():
            if name == short_id(id) or name.casefold() in {id.casefold(), article.title.casefold()}:
                return id
        raise ArticleUnknown(name)

    def article(self, place: Place) -> Article | None:
        """The article that a place is in, unless it is gone or no longer what it was."""
        if self.engine is None:
            return None
        try:
            article = self.engine.snapshot.article(place.article)
        except ArticleUnknown:
            return None
        return article if article.content_hash == place.content else None

    def stale(self, article: Article) -> Stale | None:
        """What became of an article's file since it was indexed, if anything."""
        return self.engine.stale(article) if self.engine else None


class Cooldown:
    """Makes each member wait a while between two questions."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._until: dict[int, float] = {}

    def wait(self, member: int) -> float:
        """Seconds that a member must still wait; with 0 the question counts, and the next wait begins."""
        now = self._clock()
        # Entries stand in the order in which they run out: forget those that did.
        for other in list(self._until):
            if self._until[other] > now:
                break
            del self._until[other]
        if left := self._until.get(member, now) - now:
            return left
        if self._seconds:
            self._until[member] = now + self._seconds
        return 0.0


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, of which articles, and what was said before."""

    text: str
    filters: Filters = field(default_factory=Filters)
    context: Context | None = None
    passing: bool = False
    """Whether nothing of it is to be kept on disk."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, and the record of it that its buttons need."""

    record: Record
    answer: Answer


@dataclass(frozen=True, slots=True)
class Further:
    """Further quotes for a question that was answered, and the record of them that their buttons need."""

    record: Record
    quotes: tuple[Quote, ...]


class AnswerService:
    """Has questions answered in a pool of threads, and remembers the answers.

    Args:
        library: what is asked.
        memory: where answers are remembered.
        pool: the threads.
        top: how many quotes an answer has at most.
    """

    def __init__(self, library: Library, memory: Memory, pool: Pool, *, top: int) -> None:
        self.library = library
        self.memory = memory
        self.pool = pool
        self._top = top
        self._running: dict[tuple[Question, Engine], asyncio.Task[Reply]] = {}

    async def ask(self, question: Question, asker: int, *, titled: bool) -> Reply:
        """Answer a question. One that is being answered already shares its answer.

        Raises:
            Busy, Closing: not now.
            NoArticles: there is nothing to quote.
            QuothError: see ``Engine.ask``.
        """
        engine = self._engine()
        # Whoever gives up does not take the answer from those who share it.
        found = await asyncio.shield(self._shared(question, engine))
        return Reply(await self._kept(replace(found.record, asker=asker, titled=titled)), found.answer)

    async def more(self, turn: Turn, asker: int) -> Further:
        """Further quotes for a turn's question. Raises as ``ask``."""
        engine = self._engine()
        quotes = await self.pool.run(lambda: engine.more(turn, top=self._top))
        record = replace(self.record(turn, asker), places=tuple(map(_place, quotes)))
        return Further(await self._kept(record) if quotes else record, quotes)

    def record(self, turn: Turn, asker: int) -> Record:
        """A record of a conversation's turn, which is not kept."""
        places = tuple(map(_place, turn.shown))
        return Record("", asker, turn.answer.question, titled=False, answered=turn.answer.answered, places=places)

    async def _kept(self, record: Record) -> Record:
        """The record under a key of its own, remembered."""
        record = replace(record, key=secrets.token_urlsafe(9))
        try:
            await asyncio.to_thread(self.memory.keep, record)
        except StorageFailed as error:
            # An answer without lasting buttons is better than none.
            _log.error("The answer cannot be remembered: %s", wording.error(error))
        return record

    def check_open(self) -> None:
        """Raise ``StillReading`` while the index is opened for the first time."""
        if self.library.engine is None and self.library.reading is not None:
            raise StillReading(*self.library.reading)

    def _engine(self) -> Engine:
        self.check_open()
        if self.library.engine is None:
            raise NoArticles(Path(), 0)
        return self.library.engine

    def _shared(self, question: Question, engine: Engine) -> asyncio.Task[Reply]:
        key = (question, engine)
        if key not in self._running:
            task = asyncio.create_task(self.pool.run(lambda: self._found(question, engine)))
            self._running[key] = task
            task.add_done_callback(lambda _: self._running.pop(key))
        return self._running[key]

    def _found(self, question: Question, engine: Engine) -> Reply:
        """What the articles say, as nobody's record yet; on a thread, for hashing a long article takes its time too."""
        answer = engine.ask(question.text, question.filters, self._top, context=question.context)
        note = "" if answer.hits else f"No article is left: you asked for those {wording.filters(question.filters)}."
        record = Record(
            "",
            0,
            question.text,
            titled=False,
            answered=answer.answered,
            places=tuple(map(_place, answer.quotes)),
            note=note,
            understood=wording.understood(answer),
            passing=question.passing,
        )
        return Reply(record, answer)


_LONGEST_ID = 80
"""Bytes. Discord takes 100 characters, some of which a button needs for saying what it does."""


def short_id(id: str) -> str:
    """An article's id where Discord leaves little room: itself, or a hash of it."""
    return (
        id
        if len(id.encode()) <= _LONGEST_ID and id.isprintable()
        else "#" + hashlib.sha256(id.encode()).hexdigest()[:32]
    )


def _place(quote: Quote) -> Place:
    marks = tuple((mark.start, mark.end) for mark in quote.highlights)
    return Place(quote.article.id, quote.article.content_hash, quote.start, quote.end, marks, quote.older)
