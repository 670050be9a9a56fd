"""Excerpts: of a sentence that is too long to be read, the part around the words that answer."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from retrieval.text.sentences import Span, sentences_in

LONGEST = 700
"""Code points of a sentence that is quoted whole, about eight lines: what is longer is a table, a transcript, or text
without full stops."""

_BEFORE = 1 / 3
"""Of the room beside the words that answer, the part of what stands before them: what follows explains more."""

_NEAR = 0.3
"""Of the room on one side, the part within which a cut moves to a clause's end."""

_CLAUSE_END = re.compile(r"[,;:)\]—–|](?=\s)|\n|[\u3001\u3002\uff0c\uff1b\uff1a\uff1f\uff01\u060c\u061b]")

_BLANK = re.compile(r"\s+")

_AT_END = " \t\n|"
"""What an excerpt does not end with: blanks, and the line between two cells."""


def excerpt(text: str, span: Span, focus: Span) -> Span:
    """The part of ``text[span]`` around ``focus``, at most ``LONGEST``; all of it unless a sentence in it is longer.

    It begins and ends where a clause ends or, failing that, between words.
    """
    if span.end - span.start <= LONGEST:
        return span
    if all(sentence.end - sentence.start <= LONGEST for sentence in sentences_in(text, span)):
        return span
    first = min(max(focus.start, span.start), span.end - 1)
    last = min(max(focus.end, first), span.end, first + LONGEST)
    start = max(span.start, first - int((LONGEST - (last - first)) * _BEFORE))
    end = min(span.end, start + LONGEST)
    start = max(span.start, end - LONGEST)
    return Span(
        _begin(text, start, first) if start > span.start else start,
        _stop(text, last, end) if end < span.end else end,
    )


class Cut(NamedTuple):
    """Whether a quote leaves out words of the sentences at its two ends."""

    before: bool
    after: bool


def cut_at(text: str, span: Span) -> Cut:
    """Where ``text[span]`` begins or ends inside of a very long sentence."""
    long = [each for each in sentences_in(text, span) if each.end - each.start > LONGEST]
    return Cut(any(each.start < span.start for each in long), any(each.end > span.end for each in long))


def inside(marks: Iterable[Span], span: Span) -> tuple[Span, ...]:
    """What of the marks lies in the span."""
    cut = (Span(max(mark.start, span.start), min(mark.end, span.end)) for mark in marks)
    return tuple(mark for mark in cut if mark.start < mark.end)


def _begin(text: str, earliest: int, latest: int) -> int:
    """Where an excerpt begins."""
    near = earliest + int((latest - earliest) * _NEAR)
    for pattern, until in ((_CLAUSE_END, near), (_BLANK, latest)):
        if found := pattern.search(text, earliest, until):
            blanks = _BLANK.match(text, found.end(), latest)
            return blanks.end() if blanks else found.end()
    while earliest < latest and _joins(text, earliest):
        earliest += 1
    return earliest


def _stop(text: str, earliest: int, latest: int) -> int:
    """Where an excerpt ends."""
    near = latest - int((latest - earliest) * _NEAR)
    for pattern, since in ((_CLAUSE_END, near), (_BLANK, earliest)):
        if found := list(pattern.finditer(text, since, latest + 1)):
            return max(earliest, since + len(text[since : min(found[-1].end(), latest)].rstrip(_AT_END)))
    while earliest < latest and _joins(text, latest):
        latest -= 1
    return latest


def _joins(text: str, place: int) -> bool:
    """Whether the character at a place is one with that before it."""
    return "\N{ZERO WIDTH JOINER}" in text[place - 1 : place + 1] or unicodedata.category(text[place])[0] == "M"
