"""What is announced, by a colon or as the columns of a table, is quoted with what announces it, and the reverse."""

from __future__ import annotations

import re

from retrieval.articles.formats.values import HEADING
from retrieval.text.list_items import is_listed
from retrieval.text.sentences import Sentence, Span, numbers_in, sentences
from retrieval.text.table_heads import table_head
from retrieval.text.terms import content_terms

_MOST = 400
"""Code points that are added behind a colon: some ten items, or a command of five lines."""
_ENDED = re.compile(r"[.!?…][*_`)\"”’»]*$")
_COLON = re.compile(r"[:\uff1a][*_`]*$")


def with_introduced(text: str, span: Span) -> Span:
    """Whole sentences with what follows the colon at their end, or with the sentence before them that ends with one.

    What follows is the next paragraph; of a list or a table all items or rows. At most ``_MOST`` code points of it.
    So do rows follow the one that names their columns.
    """
    every, first, start = sentences(text), numbers_in(text, span).start, span.start
    if first > 0 and every[first].opens and _announces(text, every[first - 1]):
        start = every[first - 1].start
    announces = _announces(text, span) or _names_columns(text, span)
    return Span(start, _announced(text, span) if announces else span.end)


def with_others(text: str, span: Span, question: str) -> Span:
    """An item of an announced list with the announcement and the others, where it alone has nothing of the question.

    That is so of items that go on with the announcement's sentence and do not end it: "You need:", "a map,", "a coat".
    """
    every, place = sentences(text), numbers_in(text, span).start
    if not _listed(text, every[place]) or _ENDED.search(text[span.start : span.end]):
        return span
    above = next((each for each in reversed(every[:place]) if each.heading or not _listed(text, each)), None)
    if above is None or not _announces(text, above):
        return span
    asked, announced = content_terms(question), content_terms(text[above.start : above.end])
    own = content_terms(text[span.start : span.end]) - announced
    whole = Span(above.start, _announced(text, Span(above.start, above.end)))
    return whole if asked & announced and not asked & own and whole.end >= span.end else span


def _announces(text: str, span: Span | Sentence) -> bool:
    """Whether a span ends with a colon and is no heading."""
    return bool(_COLON.search(text[span.start : span.end])) and not HEADING.match(text, span.start)


def _names_columns(text: str, span: Span) -> bool:
    """Whether a span is the first row of a table, which names its columns."""
    below = sentences(text)[numbers_in(text, span).stop :][:1]
    row = table_head(text, below[0].start) if below and is_listed(text, *span) else None
    return row is not None and row.strip() == text[span.start : span.end]


def _listed(text: str, sentence: Sentence) -> bool:
    return is_listed(text, sentence.start, sentence.end)


def _announced(text: str, span: Span) -> int:
    """Where what follows a span, which ends with a colon, itself ends."""
    behind = sentences(text)[numbers_in(text, span).stop :]
    end, listed = span.end, bool(behind) and _listed(text, behind[0])
    for number, sentence in enumerate(behind):
        goes_on = number == 0 or not sentence.opens or (listed and _listed(text, sentence))
        if sentence.heading or not goes_on or sentence.end - span.end > _MOST:
            break
        end = sentence.end
    return end
