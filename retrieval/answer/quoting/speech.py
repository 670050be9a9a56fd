"""Direct speech: who said it comes along with what was said."""

from __future__ import annotations

import re

from retrieval.answer.reading.turns import TURN, turn_before
from retrieval.text.sentences import Sentence, Span, numbers_in, sentences

_MOST = 3
"""Sentences that are added on either side."""

_MARKS = re.compile(r"[“”\"„«»]")
_OPENING, _CLOSING = "“„«", "”»"

_SPOKEN = re.compile(r"“[^”]*(?:”|$)|\"[^\"]*(?:\"|$)|„[^“”]*(?:[“”]|$)|«[^»]*(?:»|$)")

_SAYS = re.compile(
    r"\b(?:said|says|say|told|tells|added|adds|asked|asks|wrote|writes|replied|explained|explains|warned|warns|argued"
    r"|recalled|recalls|insisted|announced|declared|stated|noted|promised|shouted|according\s+to|put\s+it|tweeted"
    r"|continued|concluded|admitted|complained|quoted|spoke|speaks|stressed|claimed|denied|confirmed|testified|commented"
    r"|remarked|sagte|sagt|erklärte|sprach|betonte|meinte|dit|déclaré|affirmé|parlé|dijo|declaró|afirmó|habló|disse"
    r"|afirmou|declarou|сказала?|заявила?|сообщила?|отметила?|выступила?)\b|[:,]\s*[“\"„«]",
    re.IGNORECASE,
)

_PRONOUN_SAYS = re.compile(
    r"\b(?:he|she|they)\s+(?:\w+ly\s+)?(?:also\s+)?(?:said|says|told|added|wrote|replied|explained|warned|recalled|asked"
    r"|insisted|continued|noted)\b|\b(?:said|says|added|wrote|recalled)\s+(?:he|she)\b"
    r"|\b(?:sagte|sagt|erklärte|betonte|meinte)\s+(?:er|sie)\b|\ba-t-(?:il|elle)\s+\w+"
    r"|\b(?:сказал|заявил|отметил|добавил)\u0430?\s+(?:он|она)\b",
    re.IGNORECASE,
)

_UPPER = r"[A-ZÀ-ÖØ-ÞА-ЯЁ]"
_NAME = re.compile(rf"\b{_UPPER}[\w’'-]+(?:\s+(?:(?:van|von|de|al|bin|the|of)\s+)?{_UPPER}[\w’'-]+)+")

_TURNS = 1000
"""Code points around a line that tell whether it is one of a transcript, by another such line."""


def with_speaker(text: str, span: Span) -> Span:
    """Whole sentences with those around them that complete their direct speech, or say whose it is.

    A speech that was cut is completed within its paragraph; one without a word around it gets the sentence beside it
    that says who speaks, and "she said" the sentence before it, if it has a name. In a transcript the line's beginning
    says who speaks.
    """
    span = _in_turn(text, span)
    if not _MARKS.search(text, *_paragraph(text, span)):
        return span
    span = _completed(text, span)
    if not _outside(text, span):
        span = _attributed(text, span)
    return _named(text, span)


def _in_turn(text: str, span: Span) -> Span:
    """The span from the beginning of its turn in a transcript or in minutes on, which says who speaks."""
    turn = turn_before(text, span.start)
    if not turn or "\n\n" in text[turn.start() : span.start] or turn["who"] in text[span.start : span.end]:
        return span
    between = sum(turn.start() <= each.start < span.start for each in sentences(text))
    if not 0 < between <= _MOST:
        return span
    around = text[max(0, turn.start() - _TURNS) : span.end + _TURNS]
    return Span(turn.start(), span.end) if len(TURN.findall(around)) > 1 else span


def _paragraph(text: str, span: Span) -> Span:
    """The paragraphs that the span stands in, a few sentences around it at most."""
    every, own = sentences(text), numbers_in(text, span)
    first, behind = own.start, own.stop
    while first > max(0, own.start - 2 * _MOST) and not every[first].opens:
        first -= 1
    while behind < min(len(every), own.stop - 1 + 2 * _MOST) and not every[behind].opens:
        behind += 1
    return Span(every[first].start, every[behind - 1].end)


def _completed(text: str, span: Span) -> Span:
    """The span with the sentences in its paragraph over which a speech that it cuts goes on."""
    every, paragraph, own = sentences(text), _paragraph(text, span), numbers_in(text, span)
    first, last = own.start, own.stop - 1
    for _ in range(_MOST):
        if first == 0 or every[first].start <= paragraph.start or not _open(text, paragraph.start, every[first].start):
            break
        first -= 1
    for _ in range(_MOST):
        if every[last].end >= paragraph.end or not _open(text, paragraph.start, every[last].end):
            break
        last += 1
    return Span(min(span.start, every[first].start), max(span.end, every[last].end))


def _open(text: str, start: int, place: int) -> bool:
    """Whether ``place`` lies inside direct speech, counting from a paragraph's ``start``."""
    inside = False
    for mark in _MARKS.finditer(text, start, place):
        inside = _opens(text, mark.start(), inside=inside)
    return inside


def _opens(text: str, place: int, *, inside: bool) -> bool:
    """Whether the quotation mark at ``place`` begins speech; one that is the same at both ends tells by its spaces."""
    if text[place] in _OPENING or text[place] in _CLOSING:
        return text[place] in _OPENING
    before, after = text[place - 1 : place], text[place + 1 : place + 2]
    at_start, at_end = not before or before in " \n([—–-", not after or after in " \n)],.;:!?—–-"
    return at_start if at_start != at_end else not inside


def _outside(text: str, span: Span) -> bool:
    """Whether anything but direct speech stands in the span."""
    return bool(re.search(r"\w", _SPOKEN.sub("", text[span.start : span.end])))


def _attributed(text: str, span: Span) -> Span:
    """Bare speech with the sentence beside it, in its paragraph, that says who speaks; else with the one before it."""
    every, own = sentences(text), numbers_in(text, span)
    first, behind = own.start, own.stop
    if not every[first].opens and _tells(text, every[first - 1]):
        return Span(every[first - 1].start, span.end)
    if behind < len(every) and not every[behind].opens and _tells(text, every[behind]):
        return Span(span.start, every[behind].end)
    for before in range(first - 1, max(-1, first - 1 - _MOST), -1):  # speech may go on over several paragraphs
        if not every[before + 1].opens or every[before].heading:
            break
        if _tells(text, every[before]):
            return Span(every[before].start, span.end)
    return span


def _tells(text: str, sentence: Sentence) -> bool:
    """Whether a sentence has words of its own that say that someone speaks."""
    words = text[sentence.start : sentence.end]
    return bool(_SAYS.search(words)) and bool(re.search(r"\w", _SPOKEN.sub("", words)))


def _named(text: str, span: Span) -> Span:
    """The span with the sentence before it, where "she said" is all that it says of who speaks, and that has a name."""
    around = _SPOKEN.sub(" ", text[span.start : span.end])
    speaker = _PRONOUN_SAYS.search(around)
    every, first = sentences(text), numbers_in(text, span).start
    if not speaker or first == 0 or every[first - 1].heading or _NAME.search(around, 0, speaker.start()):
        return span
    before = every[first - 1]
    return Span(before.start, span.end) if _NAME.search(text, before.start, before.end) else span
