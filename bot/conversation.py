"""The turns of a talk: what was asked and answered, and which quotes a person has seen."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from retrieval.answering import Answer, Quote

MAX_TURNS = 20
"""Older turns are forgotten: nobody asks for more about a question twenty questions ago."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One question with its answer, and the quotes shown of it so far, in the order in which they were shown."""

    answer: Answer
    shown: tuple[Quote, ...]

    def unseen(self, answer: Answer) -> tuple[Quote, ...]:
        """The quotes of a fuller ``answer`` that do not overlap any that was shown."""
        return tuple(quote for quote in answer.quotes if not any(_overlap(quote, seen) for seen in self.shown))


def _overlap(one: Quote, other: Quote) -> bool:
    return one.article.id == other.article.id and one.start < other.end and other.start < one.end


class Conversation:
    """A talk's latest turns, at most ``MAX_TURNS``."""

    def __init__(self) -> None:
        self._turns: deque[Turn] = deque(maxlen=MAX_TURNS)

    @property
    def last(self) -> Turn | None:
        """The latest turn, or None before the first question."""
        return self._turns[-1] if self._turns else None

    def answered(self, answer: Answer) -> None:
        """A question was answered and all of its quotes were shown."""
        self._turns.append(Turn(answer, answer.quotes))

    def shown(self, quotes: tuple[Quote, ...]) -> None:
        """More quotes of the latest answer were shown."""
        turn = self._turns.pop()
        self._turns.append(replace(turn, shown=turn.shown + quotes))
