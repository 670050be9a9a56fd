"""Colons: a sentence that ends with one is quoted with what follows, such as a command or a list, and that with it."""

from __future__ import annotations

import re

from retrieval.articles.formats.values import HEADING
from retrieval.text.list_items import after_marker
from retrieval.text.sentences import Sentence, Span, numbers_in, sentences
from retrieval.text.table_heads import BETWEEN_CELLS

_MOST = 400
"""Code points that are added behind a colon: some ten items, or a command of five lines."""
_COLON = re.compile(r"[:\uff1a][*_`]*$")


def with_introduced(text: str, span: Span) -> Span:
    """Whole sentences with what follows the colon at their end, or with the sentence before them that ends with one.

    What follows is the next paragraph; of a list or a table all items or rows. At most ``_MOST`` code points of it.
    """
    every, first, start = sentences(text), numbers_in(text, span).start, span.start
    if first > 0 and every[first].opens and _announces(text, every[first - 1]):
        start = every[first - 1].start
    return Span(start, _announced(text, span) if _announces(text, span) else span.end)


def _announces(text: str, span: Span | Sentence) -> bool:
    """Whether a span ends with a colon and is no heading."""
    return bool(_COLON.search(text[span.start : span.end])) and not HEADING.match(text, span.start)


def _announced(text: str, span: Span) -> int:
    """Where what follows a span, which ends with a colon, itself ends."""
    behind = sentences(text)[numbers_in(text, span).stop :]
    end, listed = span.end, bool(behind) and _is_listed(text, behind[0])
    for number, sentence in enumerate(behind):
        goes_on = number == 0 or not sentence.opens or (listed and _is_listed(text, sentence))
        if sentence.heading or not goes_on or sentence.end - span.end > _MOST:
            break
        end = sentence.end
    return end


def _is_listed(text: str, sentence: Sentence) -> bool:
    """Whether a sentence is an item of a list or a row of a table."""
    return after_marker(text, sentence.start) > sentence.start or BETWEEN_CELLS in text[sentence.start : sentence.end]
