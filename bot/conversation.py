"""A talk: its latest turn, what of it a follow-up question may mean, and what is no question."""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from retrieval.answering import Answer, Quote
    from retrieval.follow_up import Context

MAX_AGE_S = 3600.0
"""After an hour without a question a talk begins anew."""

MAX_TALKS = 1_000
"""Talks kept at once where many people ask; the one that rested longest goes first."""

_NAMES = 4
"""Names that a pronoun may stand for, at most."""

_LONGEST_NAME = 6
"""Words; what is longer is no name."""

# --- turns ---------------------------------------------------------------------------------------------------


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
class Conversation:
    """What of a talk matters for what is said next, however long it was. A value: what goes on leaves it as it is."""

    last: Turn | None = None
    """The latest turn, or None before the first question."""
    context: Context | None = None
    """What a next question may go on from: the subject at hand, or None where nothing was answered.

    The subject begins with the latest question that stood on its own, and what was declined is no part of it.
    """

    def answered(self, answer: Answer) -> Conversation:
        """The talk after a question was answered and all of its quotes were shown."""
        turn = Turn(replace(answer, hits=()), answer.quotes, self.context)  # hits hold ten articles' texts
        return Conversation(turn, _subject(answer) if answer.answered else self.context)

    def shown(self, quotes: tuple[Quote, ...]) -> Conversation:
        """The talk after more quotes of the latest answer were shown."""
        return replace(self, last=self.last and replace(self.last, shown=self.last.shown + quotes))


def _subject(answer: Answer) -> Context:
    """What a question after this one, which was answered, may go on from."""
    from retrieval.follow_up import Context

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


class Talks:
    """The talks of many people, each under a key, bounded in number and age. Any number of threads may use it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, *, kept: int = MAX_TALKS) -> None:
        self._clock = clock
        self._kept = kept
        self._lock = threading.Lock()
        self._talks: OrderedDict[Hashable, tuple[float, Conversation]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._talks)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._talks

    def of(self, key: Hashable) -> Conversation:
        """The talk under ``key``; an empty one where there is none, or none that is recent."""
        with self._lock:
            since, talk = self._talks.get(key, (self._clock(), Conversation()))
            return talk if self._clock() - since < MAX_AGE_S else Conversation()

    def keep(self, key: Hashable, talk: Conversation) -> None:
        """Put a talk under ``key``, in place of what was there."""
        with self._lock:
            self._talks[key] = self._clock(), talk
            self._talks.move_to_end(key)
            while len(self._talks) > self._kept:
                self._talks.popitem(last=False)


# --- what is no question -------------------------------------------------------------------------------------

Remark = Literal["greeting", "thanks", "who", "help", "new", "more", "context", "sources"]

_REMARKS: dict[Remark, str] = {
    "greeting": r"(hi|hello|hey|hiya|good (morning|afternoon|evening)|greetings)( there| quoth| everyone| again)?",
    "thanks": r"(ok(ay)? |great |perfect )?(many )?(thanks|thank you|thx|ty|cheers)( a lot| so much| very much| quoth)?"
    r"|ok(ay)?|great|perfect|cool|got it|i see|never ?mind",
    "who": r"(and )?(who|what) are you|what('s| is) your name|are you (a )?(bot|robot|human|real|an ai)",
    "help": r"help( me)?( please)?|(and )?what (can|could|should|may) i ask( you)?( about)?|what can you do"
    r"|how (does this|do you) work|what (do you know|articles (are there|do you have))( about)?",
    "new": r"new( (topic|subject|conversation|talk))?|start over|(let's )?change the subject",
    "more": r"(show me |give me |tell me )?more( please)?|next( (one|quote|please))?|go on|anything else|what else",
    "context": r"where does (it|that|the article) say (that|this|so)|(show|give) me (the )?(context|paragraph)",
    "sources": r"(show|give) me the (article|source)s?|which article( is (that|this|it))?|what('s| is) the source",
}
_PATTERNS = {kind: re.compile(pattern) for kind, pattern in _REMARKS.items()}


def remark(said: str) -> Remark | None:
    """What kind of remark ``said`` is as a whole, when it is none of a question for the articles."""
    words = " ".join(re.sub(r"[^\w\s']+", " ", said.replace("’", "'").casefold()).split())
    return next((kind for kind, pattern in _PATTERNS.items() if pattern.fullmatch(words)), None)
