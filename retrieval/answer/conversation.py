"""A conversation: its latest turn, and what a follow-up question may refer to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from retrieval.answer.answer import Answer
    from retrieval.answer.follow_up import Context
    from retrieval.answer.quotes import Quote


_NAMES = 4
"""Names that a pronoun may stand for, at most."""

_LONGEST_NAME = 6
"""Words; what is longer is no name."""


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
    """What of a talk matters for what is said next, however long it was. A value: what goes on leaves it as it is."""

    last: Turn | None = None
    """The latest turn, or None before the first question."""
    context: Context | None = None
    """What a next question may go on from: the subject at hand, or None where nothing was answered.

    The subject begins with the latest question that stood on its own, and what was declined is no part of it.
    """

    def answered(self, answer: Answer) -> Talk:
        """The talk after a question was answered and all of its quotes were shown."""
        turn = Turn(replace(answer, hits=()), answer.quotes, self.context)  # hits hold ten articles' texts
        return Talk(turn, _subject(answer) if answer.answered else self.context)

    def shown(self, quotes: tuple[Quote, ...]) -> Talk:
        """The talk after more quotes of the latest answer were shown."""
        return replace(self, last=self.last and replace(self.last, shown=self.last.shown + quotes))


def _subject(answer: Answer) -> Context:
    """What a question after this one, which was answered, may go on from."""
    from retrieval.answer.follow_up import Context

    asked, before = _meant(answer), answer.context
    marked = list(dict.fromkeys(_marked(answer)))
    text = answer.quotes[0].text
    inside = [name for name in _proper(asked) if name in text]
    inside += [name for name in _proper(text) if name.casefold() in asked.casefold()]
    known: list[str] = []
    for name in (*marked, *inside, *(before.names if before else ())):
        if not any(name in longer for longer in known):
            known.append(name)
    return Context(
        first=before.first if before else asked,
        previous=asked,
        quoted=answer.quotes[0].hit.passage.text,
        names=tuple(known[:_NAMES]),
        pair=(marked[0], marked[1]) if len(marked) > 1 else before.pair if before else None,
    )


def _meant(answer: Answer) -> str:
    """The question on one line, with its slips put right."""
    meant = {slip.typed: slip.meant for slip in answer.slips}
    return re.sub(r"\w+", lambda word: meant.get(word[0], word[0]), " ".join(answer.question.split()))


_NAME = re.compile(r"\b[A-Z][\w’'-]*(?:\s+(?:(?:of|the|and|de|van|von)\s+)?[A-Z][\w’'-]*)*")

_COMMON = frozenset({"The", "A", "An", "In", "On", "At", "He", "She", "It", "They", "This", "That", "These", "Those"})


def _marked(answer: Answer) -> Iterator[str]:
    """The names that answered, best first."""
    quote = answer.quotes[0]
    for start, end in quote.highlights:
        short = " ".join(quote.article.text[start:end].split())
        if len(short.split()) <= _LONGEST_NAME and _NAME.fullmatch(short):
            yield short


def _proper(text: str) -> Iterable[str]:
    """Names in ``text``, whole and word by word."""
    for match in _NAME.finditer(text):
        if match[0] not in _COMMON:
            yield match[0]
            yield from (word for word in match[0].split() if word[0].isupper() and word not in _COMMON)
