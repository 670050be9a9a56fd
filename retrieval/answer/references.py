"""What a question may go on from: the subject at hand, and the names that its pronouns may stand for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from retrieval.answer.answer import Answer
from retrieval.answer.follow_ups.variants import is_fragment, only_asks
from retrieval.answer.query import Context
from retrieval.answer.quoting.quotes import Quote
from retrieval.answer.times import MONTHS, WEEKDAYS

_NAMES = 4
"""Names that a pronoun may stand for, at most."""

_LONGEST_NAME = 6
"""Words; what is longer is no name."""

_NAME = re.compile(r"\b[A-Z][\w’'-]*(?:\s+(?:(?:of|the|and|de|van|von)\s+)?[A-Z][\w’'-]*)*")

_COMMON = frozenset(
    {"I", "The", "A", "An", "In", "On", "At", "He", "She", "It", "They", "This", "That", "These", "Those"}
)


def next_context(answer: Answer, before: Context | None) -> Context | None:
    """What a question after ``answer`` may go on from; None where nothing was answered yet.

    The subject begins with the latest question that stood on its own. A few words without a verb count as the question
    that they were read as, and "why?" as none of its own. What was declined is no part of it: then it stays what it was
    ``before``.
    """
    if not answer.answered:
        return before
    asked, goes_on_from, first = answer.corrected, answer.context, answer.quotes[0]
    marked = list(dict.fromkeys(_names_that_answer(first)))
    inside = [name for name in _names(asked) if name in first.text]
    inside += [name for name in _names(first.text) if _is_asked(name, asked, first.article.text)]
    known: list[str] = []
    for name in (*marked, *inside, *(goes_on_from.names if goes_on_from else ())):
        if not any(name in longer for longer in known):
            known.append(name)
    previous = asked
    if goes_on_from and only_asks(asked):
        previous = goes_on_from.previous
    elif goes_on_from and is_fragment(asked):
        previous = answer.interpretation.read_as
    pair = goes_on_from.pair if goes_on_from else None
    return Context(
        first=goes_on_from.first if goes_on_from else asked,
        previous=previous,
        quoted=first.hit.passage.text,
        names=tuple(known[:_NAMES]),
        pair=(marked[0], marked[1]) if len(marked) > 1 else pair,
    )


def _names_that_answer(quote: Quote) -> Iterator[str]:
    """The highlighted names, best first."""
    for start, end in quote.highlights:
        short = " ".join(quote.article.text[start:end].split())
        if len(short.split()) <= _LONGEST_NAME and _NAME.fullmatch(short) and short.lower() not in WEEKDAYS + MONTHS:
            yield short


def _is_asked(name: str, asked: str, text: str) -> bool:
    """Whether a name of a quote is one that a question asks about, perhaps in small letters.

    One word may have its capital from opening a sentence, unless it has that inside of one of the article's too.
    """
    if name.casefold() not in asked.casefold():  # as nearly none is: that is told sooner than a pattern is compiled
        return False
    word = rf"\b{re.escape(name)}\b"
    named = " " in name or re.search(rf"(?<=[\w,] ){word}", text)
    return bool(named and re.search(word, asked, re.IGNORECASE))


def _names(text: str) -> Iterable[str]:
    """Names in ``text``, whole and word by word."""
    for match in _NAME.finditer(text):
        if match[0] not in _COMMON:
            yield match[0]
            yield from (word for word in match[0].split() if word[0].isupper() and word not in _COMMON)
