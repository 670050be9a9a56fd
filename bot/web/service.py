"""What the page and the JSON interface ask: the engine in use, behind a bounded queue. Knows nothing of HTTP."""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from bot.pool import Pool
from bot.question_log import Face
from bot.talks import Talks
from bot.tally import Tally
from bot.web.figures import Figures
from bot.web.problems import NotReady, Problem, later
from bot.web.rate import Rate
from retrieval.answer.conversation import Talk, Turn
from retrieval.answer.query import Filters

if TYPE_CHECKING:
    from bot.gaps import Gaps
    from retrieval.answer.answer import Answer
    from retrieval.answer.quoting.quotes import Quote
    from retrieval.answer.tracing import Trace
    from retrieval.engine import Engine
    from retrieval.text.quote_link import QuoteLink

_T = TypeVar("_T")

TALKS = 300
"""Talks that can be gone on from: each answer begins one, and holds the texts of the articles that it quotes."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, of which articles, and what it may go on from."""

    text: str
    filters: Filters = field(default_factory=Filters)
    top: int | None = None
    talk: str | None = None
    """The key that came with the answer before; None for the first question."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, and the key under which the talk goes on from it."""

    answer: Answer
    talk: str


@dataclass(frozen=True, slots=True)
class Further:
    """Further quotes for a question, and the key under which the talk goes on from them."""

    turn: Turn
    quotes: tuple[Quote, ...]
    talk: str


class Source(Protocol):
    """Where the engine is that answers."""

    engine: Engine | None
    """None until the index is open. Replaced as a whole, so that an answer is of one index."""
    reading: tuple[str, int, int] | None
    """While the index is opened, how far that is, as ``Progress`` tells it."""


@dataclass
class Opening:
    """The engine of a server of its own, and how far opening its index is."""

    engine: Engine | None = None
    reading: tuple[str, int, int] | None = ("reading", 0, 0)

    def told(self, stage: str, done: int, total: int) -> None:
        """Hear how far it is."""
        self.reading = stage, done, total


class Service:
    """Has questions answered in a pool of threads.

    Args:
        source: where the engine is.
        pool: the threads.
        top: how many quotes an answer has at most, unless a question says.
        rate: how often an address may ask; without it as often as it likes.
        articles: their folder.
        tally: hears what becomes of questions; its figures become those of this server.
        address: where people reach the server; without it, links are those below any.
    """

    def __init__(
        self,
        source: Source,
        pool: Pool,
        *,
        top: int,
        rate: Rate | None = None,
        articles: Path = Path(),
        tally: Tally | None = None,
        address: str = "",
    ) -> None:
        self.pool = pool
        self.address = address
        self._rate = rate or Rate(0)
        self._source = source
        self._articles = articles
        self.tally = tally or Tally()
        self.tally.figures = self.figures = Figures(
            lambda: self.engine.index if self.engine else None, lambda: pool.jobs
        )
        self._top = top
        self._talks = Talks(kept=TALKS)

    @property
    def engine(self) -> Engine | None:
        """The engine in use."""
        return self._source.engine

    @property
    def ready(self) -> bool:
        """Whether questions are answered."""
        return self.engine is not None

    def opened(self) -> Engine:
        """The engine; raises ``NotReady`` until there is one, and ``Problem`` when there is no article."""
        engine, reading = self._source.engine, self._source.reading
        if engine is not None:
            return engine
        if reading is None:
            raise Problem("empty", "Ask again when some have been added.", later())
        raise NotReady(*reading)

    def admit(self, address: str, face: Face | None = None) -> None:
        """Count a question of an address, or, without a face, a link; raises ``Problem`` when it asks too often."""
        if wait := self._rate.wait(address):
            if face:
                self.figures.asked(face, "busy")
            seconds = math.ceil(wait)
            raise Problem("rate", f"Ask again in {seconds} seconds.", {"Retry-After": str(seconds)})

    async def ask(self, question: Question, face: Face) -> Reply:
        """Answer a question.

        Raises:
            NotReady, Busy, Closing: not now.
            QuothError: see ``Engine.ask``.
        """
        talk = self._talks.of(question.talk) if question.talk else Talk()
        top = question.top or self._top

        def work(engine: Engine) -> Answer:
            return engine.ask(question.text, question.filters, top, context=talk.context)

        answer = await self._run(work, face)
        self.tally.answered(answer, self._articles, face)
        return Reply(answer, self._kept(talk.answered(answer)))

    async def more(self, key: str, filters: Filters, face: Face) -> Further:
        """Further quotes for the latest question of a talk. Raises as ``ask``, and ``Problem`` if the talk is over."""
        talk = self._talks.of(key)
        turn = talk.last
        if turn is None:
            raise Problem("talk", "Ask your question again.")
        quotes = await self._run(lambda engine: engine.more(turn, filters, self._top), face)
        return Further(turn, quotes, self._kept(talk.shown(quotes)))

    async def trace(self, link: QuoteLink) -> Trace:
        """What became of a quote; it waits for its turn as questions do. Raises ``NotReady``, ``Busy``, ``Closing``."""
        engine = self.opened()
        return await self.pool.run(lambda: engine.trace(link))

    async def gaps(self) -> Gaps | None:
        """What was asked in vain, of whichever face; None where questions are not kept.

        Raises:
            NotReady, Busy, Closing: not now.
            StorageFailed: the log cannot be read.
        """
        engine = self.opened()
        return await self.pool.run(lambda: self.tally.gaps(self._articles, engine.grouped))

    def _kept(self, talk: Talk) -> str:
        """Keep a talk under a new key: the page before, and its key, stay as they are."""
        key = secrets.token_urlsafe(12)
        self._talks.keep(key, talk)
        return key

    async def _run(self, work: Callable[[Engine], _T], face: Face) -> _T:
        """Do a question's work on a thread; what becomes of it is counted."""
        engine = self.opened()
        with self.tally.counted(face):
            return await self.pool.run(self.tally.timed(lambda: work(engine)))
