"""Answering many people at once: the engine in use, a bounded pool of threads, and a cooldown for each member.

Nothing here knows Discord.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bot import wording
from bot.discord.library import Library, StillReading
from bot.discord.memory import Memory, Place, Record
from bot.error_wording import in_words
from bot.languages import say, spoken
from bot.pool import Pool
from bot.tally import Tally
from retrieval.answer.conversation import Turn
from retrieval.answer.query import Context, Filters
from retrieval.errors import NoArticles, StorageFailed

if TYPE_CHECKING:
    from bot.gaps import Gaps
    from retrieval.answer.answer import Answer
    from retrieval.answer.quoting.quotes import Quote
    from retrieval.engine import Engine

_log = logging.getLogger("quoth.discord")


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
        tally: hears what becomes of questions.
    """

    def __init__(self, library: Library, memory: Memory, pool: Pool, *, top: int, tally: Tally | None = None) -> None:
        self.library = library
        self.memory = memory
        self.pool = pool
        self._top = top
        self.tally = tally or Tally()
        self._running: dict[tuple[Question, Engine, str], asyncio.Task[Reply]] = {}

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

    def note(self, reply: Reply, server: int | None) -> None:
        """Count a question to the bot that was answered, and write it down unless nothing of it is to be kept.

        ``server`` is where all could see it; None where only who asked could.
        """
        place = str(server or "")
        kept = not reply.record.passing
        articles, _ = self.library.folders
        self.tally.answered(reply.answer, articles, "discord", server=place, key=reply.record.key, kept=kept)

    def vote(self, key: str, member: int, vote: str) -> None:
        """Take a member's vote on an answer, or take it back."""
        self.memory.vote(key, member, vote)
        self.tally.voted(key, self.memory.votes(key))

    async def gaps(self, server: int) -> Gaps | None:
        """What was asked in vain in a server for all to see; None where questions are not kept. Raises as ``ask``."""
        engine, (articles, _) = self._engine(), self.library.folders
        return await self.pool.run(lambda: self.tally.gaps(articles, engine.grouped, server))

    async def find(self, key: str) -> Record | None:
        """The answer with this key, unless it is too old or was made from another collection."""
        record = await asyncio.to_thread(self.memory.find, key)
        return record if record and record.collection == self.library.name else None

    async def more(self, turn: Turn, asker: int) -> Further:
        """Further quotes for a turn's question. Raises as ``ask``."""
        engine = self._engine()
        quotes = await self.pool.run(lambda: engine.more(turn, top=self._top))
        record = replace(self.record(turn, asker), places=tuple(map(_place, quotes)))
        return Further(await self._kept(record) if quotes else record, quotes)

    def record(self, turn: Turn, asker: int) -> Record:
        """A record of a conversation's turn, which is not kept."""
        places = tuple(map(_place, turn.shown))
        return Record(
            "",
            asker,
            turn.answer.question,
            titled=False,
            answered=turn.answer.answered,
            places=places,
            collection=self.library.name,
        )

    async def _kept(self, record: Record) -> Record:
        """The record under a key of its own, remembered; without a key where that fails."""
        kept = replace(record, key=secrets.token_urlsafe(9))
        try:
            await asyncio.to_thread(self.memory.keep, kept)
        except StorageFailed as error:
            # An answer without lasting buttons is better than none.
            _log.error("The answer cannot be remembered: %s", in_words(error))
            return record
        return kept

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
        key = (question, engine, spoken())
        if key not in self._running:
            task = asyncio.create_task(self.pool.run(self.tally.timed(lambda: self._found(question, engine))))
            self._running[key] = task
            task.add_done_callback(lambda _: self._running.pop(key))
        return self._running[key]

    def _found(self, question: Question, engine: Engine) -> Reply:
        """What the articles say, as nobody's record yet; on a thread, for hashing a long article takes its time too."""
        answer = engine.ask(question.text, question.filters, self._top, context=question.context)
        limits = wording.filters(question.filters)
        note = "" if answer.hits else say("No article is left: you asked for those {limits}.", limits=limits)
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
            collection=self.library.name,
        )
        return Reply(record, answer)


def _place(quote: Quote) -> Place:
    marks = tuple((mark.start, mark.end) for mark in quote.highlights)
    newer = quote.newer.id if quote.newer else ""
    return Place(quote.article.id, quote.article.content_hash, quote.start, quote.end, marks, quote.older, newer)
