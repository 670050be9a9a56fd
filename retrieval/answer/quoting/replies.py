"""Questions that an article asks itself: what it says to them comes along."""

from __future__ import annotations

from retrieval.text.sentences import Sentence, Span, numbers_in, sentences

_ASKS = ("?", "\uff1f", "\u061f")

_CLOSING = " \t\n\"”»’')*_"
"""What may stand behind a question mark."""


def with_reply(text: str, span: Span) -> Span:
    """Whole sentences with the one behind them, where they are nothing but a question: "Is it open? No. It closed".

    What is said to a question with which its paragraph begins, as in lists of such, has that before it.
    """
    every, own = sentences(text), numbers_in(text, span)
    first, behind = own.start, own.stop
    if first > 0 and not every[first].opens and every[first - 1].opens and _asks(text, every[first - 1]):
        return Span(every[first - 1].start, span.end)
    if behind < len(every) and not every[behind].heading and is_question(text, span):
        return Span(span.start, every[behind].end)
    return span


def is_question(text: str, span: Span) -> bool:
    """Whether sentences are nothing but questions."""
    every = sentences(text)
    return all(_asks(text, every[number]) for number in numbers_in(text, span))


def asks(words: str) -> bool:
    """Whether words end as a question does."""
    return words.rstrip(_CLOSING).endswith(_ASKS)


def _asks(text: str, sentence: Sentence) -> bool:
    return asks(text[sentence.start : sentence.end])
