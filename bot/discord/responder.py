"""What the bot says to what a member says: words in, a card and the talk after it out. Knows nothing of discord.py."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from bot import wording
from bot.discord import cards
from bot.discord.cards import Card
from bot.discord.failures import failure
from bot.discord.library import NOTHING, Beside, StillReading
from bot.discord.linking import linked
from bot.discord.memory import Record
from bot.discord.service import AnswerService, Cooldown, Question
from bot.languages import say
from bot.pool import Busy
from bot.small_talk import Remark, remark
from retrieval.answer.conversation import Talk, Turn
from retrieval.answer.query import Filters
from retrieval.articles.article import Article

_log = logging.getLogger("quoth.discord")

Show = Callable[[Record, Article | None, int, Beside], Card]
"""Makes a card of one of an answer's quotes, given its article and what is known of that beside its text."""


_NOTICED = 20.0
"""Seconds for which a channel sees that somebody has to wait: Discord lets no reply be seen by one member alone."""


@dataclass(frozen=True, slots=True)
class Response:
    """What the bot replies, and the conversation after it."""

    card: Card
    talk: Talk | None = None
    """None when the talk is no further: the question was refused, or could not be answered."""
    passes: float | None = None
    """Seconds after which it is of no use any more."""
    answered: bool = False
    """Whether it is an answer: neither small talk nor that the articles do not say."""


class Responder:
    """Answers questions, commands said in words, and small talk.

    Args:
        service: what answers.
        cooldown: keeps members from asking too often.
        server: the address that links to quotes lead to; without it none are shown.
    """

    def __init__(self, service: AnswerService, cooldown: Cooldown, server: str = "") -> None:
        self.service = service
        self._cooldown = cooldown
        self._server = server

    def refusal(self, member: int) -> str | None:
        """Why a member cannot ask now, if so; if not, the question counts."""
        if self.service.pool.closing:
            return cards.CLOSING
        if self.service.pool.full:
            return cards.BUSY
        if wait := self._cooldown.wait(member):
            return say("One question at a time: please ask again in {n} s.", n=max(1, round(wait)))
        return None

    async def respond(self, said: str, member: int, talk: Talk, server: int | None = None) -> Response:
        """The reply to a message that goes on from a conversation. Never raises: an error becomes a sentence.

        ``server`` is where others see it; None for where only the member does.
        """
        if not said:
            return Response(self.welcome(), talk)
        if refusal := self.refusal(member):
            return Response(cards.notice(refusal), passes=_NOTICED)
        try:
            if kind := remark(said):
                return await self._remarked(kind, member, talk)
            return await self._answered(Question(said), member, talk, server, titled=False)
        except Exception as error:  # noqa: BLE001 - what cannot be answered is told so, and the bot goes on
            return Response(cards.notice(failure(error)), passes=_NOTICED if isinstance(error, Busy) else None)

    async def answer(self, question: Question, member: int, server: int | None = None, *, titled: bool) -> Response:
        """The reply to what is said by itself; ``titled`` shows it above the answer. Otherwise as ``respond``."""
        try:
            if question.filters == Filters() and (kind := remark(question.text)):
                return await self._remarked(kind, member, Talk())
            return await self._answered(question, member, Talk(), server, titled=titled)
        except Exception as error:  # noqa: BLE001 - what cannot be answered is told so, and the bot goes on
            return Response(cards.notice(failure(error)))

    async def _answered(
        self, question: Question, member: int, talk: Talk, server: int | None, *, titled: bool
    ) -> Response:
        asked = replace(question, context=talk.context)
        self.service.check_open()
        with self.service.tally.counted("discord"):
            reply = await self.service.ask(asked, member, titled=titled)
        self.service.note(reply, server)
        card = await self.card(cards.answer, reply.record, 0)
        return Response(card, talk.answered(reply.answer), answered=reply.answer.answered)

    async def _remarked(self, kind: Remark, member: int, talk: Talk) -> Response:
        """The reply to a command said in words ("more"), or to small talk."""
        if kind == "new":
            return Response(cards.notice(wording.NEW_SUBJECT), Talk())
        if kind not in ("more", "context", "sources"):
            return Response(self.welcome() if kind in ("help", "who") else self._small_talk(kind), talk)
        if (turn := talk.last) is None or not turn.shown:
            return Response(cards.notice(wording.ASK_FIRST), talk)
        if kind == "more":
            return await self._more(turn, member, talk)
        if kind == "sources":
            return Response(cards.sources([quote.article for quote in turn.shown]), talk)
        return Response(await self.card(cards.paragraph, self.service.record(turn, member), talk.viewed), talk)

    async def _more(self, turn: Turn, member: int, talk: Talk) -> Response:
        further = await self.service.more(turn, member)
        if not further.quotes:
            return Response(cards.notice(wording.NOTHING_MORE), talk)
        return Response(await self.card(cards.quotes, further.record, 0), talk.shown(further.quotes))

    def welcome(self) -> Card:
        """What the bot is for, what it knows, and what to ask."""
        library = self.service.library
        try:
            self.service.check_open()
        except StillReading as error:
            return cards.welcome((), (), failure(error))
        return cards.welcome(list(library.articles.values()), library.examples)

    def _small_talk(self, kind: Remark | None) -> Card:
        self.service.check_open()
        return cards.small_talk(kind, list(self.service.library.articles.values()))

    async def stands(self, record: Record, number: int) -> bool:
        """Whether an answer's quote is in its article still, or the answer has none to show."""
        if not record.answered or number >= len(record.places):
            return True
        return await asyncio.to_thread(self.service.library.article, record.places[number]) is not None

    async def card(self, show: Show, record: Record, number: int) -> Card:
        """A card of one of an answer's quotes; on a thread, since an article may be a book."""

        def render() -> Card:
            library = self.service.library
            place = record.places[number] if number < len(record.places) else None
            article = library.article(place) if place else None
            card = show(record, article, number, library.beside(article, place) if article and place else NOTHING)
            if article and place:
                card = linked(card, article, place, self._server)
            votes = self.service.memory.votes(record.key) if record.key else {}
            return cards.voted(card, votes)

        return await asyncio.to_thread(render)
