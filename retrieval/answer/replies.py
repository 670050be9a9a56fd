"""Questions that an article asks itself: what it says to them comes along."""

from __future__ import annotations

from bisect import bisect_left

from retrieval.text.sentences import Span, sentences

_ASKS = ("?", "\uff1f", "\u061f")

_CLOSING = " \t\n\"”»’')*_"
"""What may stand behind a question mark."""


def with_reply(text: str, span: Span) -> Span:
    """Whole sentences with the one behind them, where they are nothing but a question: "Is it open? No. It closed"."""
    every = sentences(text)
    behind = bisect_left(every, span.end, key=lambda sentence: sentence.start)
    asked = all(
        text[each.start : each.end].rstrip(_CLOSING).endswith(_ASKS)
        for each in every[bisect_left(every, span.start, key=lambda sentence: sentence.start) : behind]
    )
    if not asked or behind >= len(every) or every[behind].heading:
        return span
    return Span(span.start, every[behind].end)
