"""A conversation: its latest turn, what of it was shown, and what a next question may go on from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from retrieval.answer.answer import Answer
from retrieval.answer.query import Context, Filters
from retrieval.answer.quoting.quotes import Quote


@dataclass(frozen=True, slots=True)
class Turn:
    """One question with its answer, and the quotes shown of it so far, in the order in which they were shown."""

    answer: Answer
    shown: tuple[Quote, ...]
    before: Context | None = None
    """What was said before it."""

    def unseen(self, answer: Answer) -> tuple[Quote, ...]:
        """The quotes of a fuller ``answer`` that do not overlap any that was shown."""
        return tuple(quote for quote in answer.quotes if not any(quote.overlaps(seen) for seen in self.shown))


@dataclass(frozen=True, slots=True)
class Talk:
    """What of a conversation matters for what is said next, however long it was; a value that never changes."""

    last: Turn | None = None
    """The latest turn, or None before the first question."""
    context: Context | None = None
    """What a next question may go on from, or None where nothing was answered."""
    viewed: int = 0
    """The place, among the quotes shown, of the one that came first when some were shown last."""

    def answered(self, answer: Answer) -> Talk:
        """The talk after a question was answered, or declined, and all of its quotes were shown."""
        turn = Turn(replace(answer, hits=()), answer.quotes, self.context)  # hits hold ten articles' texts
        return Talk(turn, answer.next_context)

    def shown(self, quotes: tuple[Quote, ...]) -> Talk:
        """The talk after more quotes of the latest answer were shown."""
        if self.last is None:
            return self
        viewed = len(self.last.shown) if quotes else self.viewed
        return replace(self, last=replace(self.last, shown=self.last.shown + quotes), viewed=viewed)


class Answerer(Protocol):
    """What a conversation asks: the engine."""

    def ask(
        self, question: str, filters: Filters | None = None, top: int = 3, *, context: Context | None = None
    ) -> Answer:
        """Answer a question that may go on from a context."""

    def more(self, turn: Turn, filters: Filters | None = None, top: int = 3) -> tuple[Quote, ...]:
        """Further quotes for a turn's question."""


class Conversation:
    """Questions asked one after the other, each of which may go on from those before it.

    Made by ``Engine.conversation``. For one thread at a time.

    Args:
        engine: what answers.
        filters: which articles may answer.
        top: quotes at most, of an answer and of what ``more`` gives.
    """

    def __init__(self, engine: Answerer, filters: Filters | None = None, top: int = 3) -> None:
        self.talk = Talk()
        """All that was said so far which matters."""
        self._engine = engine
        self._filters = filters
        self._top = top

    def ask(self, question: str) -> Answer:
        """Answer ``question``, which may go on from what was said before ("when was that?").

        Raises:
            QuestionEmpty, QuestionTooLong: it is no question; the conversation stays as it was.
            ArticleUnknown: a filter names an article that is not there.
        """
        answer = self._engine.ask(question, self._filters, self._top, context=self.talk.context)
        self.talk = self.talk.answered(answer)
        return answer

    def more(self) -> tuple[Quote, ...]:
        """Further quotes for the latest question, best first; none when there are no more, or nothing was asked.

        When the latest question was declined they are the next nearest passages' sentences, and no answer.
        """
        if self.talk.last is None:
            return ()
        quotes = self._engine.more(self.talk.last, self._filters, self._top)
        self.talk = self.talk.shown(quotes)
        return quotes

    def new(self) -> None:
        """Begin a new subject: what was said before is forgotten."""
        self.talk = Talk()
