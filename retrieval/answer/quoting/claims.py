"""Claims, rumours, denials, corrections and satire: what an article says of its own sentences, and who said them.

A fact-check has to print the claim that it refutes, and search finds that sentence first. What is found here is the
article's own verdict on it. It goes by marks that newsrooms use (``CLAIM:``, ``THE FACTS:``, "We rate this False"), by
words that deny, and by the words that a claim and its denial share.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

from retrieval.answer.quoting.claim_words import (
    CLAIM_LABEL,
    DENIAL,
    DENIED,
    DOUBTFUL,
    FORGED,
    FOUND_LABEL,
    HEARSAY,
    IN_FACT,
    IT_IS_NOT,
    LABEL_SIGN,
    NEGATED,
    NOTE,
    OF_A_REPORT,
    RATED,
    SATIRE,
    SATIRE_ABOVE,
    SATIRE_SOURCE,
    idle_terms,
)
from retrieval.articles.article import Article
from retrieval.text.sentences import Sentence, Span, numbers_in, sentences
from retrieval.text.terms import content_terms

Kind = Literal["claim", "correction", "satire"]

_NEAR = 3
"""Sentences behind a rumour or claim among which its denial is looked for, and at most as many before it."""

_FAR = 40
"""Sentences around a sentence that are looked through for labels, denials and ratings."""

_NOTES = 12
"""Sentences at an article's beginning and at its end among which corrections and marks of satire are looked for."""

_SHORT = 4
"""Words, at most, of a sentence that is a label with next to nothing behind it."""

_SAME = 0.4
"""What part of its terms a denial shares with what it denies."""
_LEAST = 2
"""Terms that they share at least."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an article says of the standing of one of its own sentences."""

    kind: Kind
    """``claim`` where it is reported and judged, ``correction`` where it was put right, ``satire`` where it jokes."""
    span: Span | None
    """The sentences that say so, in the article's text; None where only its title or source does."""


def verdict(article: Article, span: Span) -> Verdict | None:
    """What the article says of the sentences at ``span``, when they do not: that they are not so, or are a joke.

    None for nearly all sentences: those that stand for what they say.
    """
    if not sentences(article.text):
        return None
    place = _Place(article.text, span)
    found = _of_claim(place) or _of_correction(place)
    if found and not _inside(found.span, span):
        return found
    return _of_satire(article, place)


def with_verdict(article: Article, span: Span) -> Span:
    """The sentences with the verdict on them, where it stands right before or behind them, or is broken off.

    A denial of what the sentence before it says ("the company denied it") is nothing without that.
    """
    text = article.text
    place = _Place(text, span)
    if note := _note_around(place):
        return Span(min(span.start, note.start), max(span.end, note.end))
    if place.first and not place.every[place.first].opens:
        before = place.words(place.first - 1)
        if _points_back(before, place.own, hearsay=bool(HEARSAY.search(before)), beside=True):
            return Span(place.every[place.first - 1].start, span.end)
    found = _of_claim(place)
    if found and found.span:
        gap = text[min(span.end, found.span.end) : max(span.start, found.span.start)]
        if not gap.strip():
            return Span(min(span.start, found.span.start), max(span.end, found.span.end))
    return span


def _inside(inner: Span | None, outer: Span) -> bool:
    return inner is not None and outer.start <= inner.start and inner.end <= outer.end


@dataclass(frozen=True, slots=True)
class _Place:
    """Where sentences stand in a text."""

    text: str
    span: Span

    @property
    def every(self) -> Sequence[Sentence]:
        return sentences(self.text)

    @property
    def first(self) -> int:
        """The number of the first sentence, among all of the text."""
        return numbers_in(self.text, self.span).start

    @property
    def behind(self) -> int:
        """The number of the first sentence behind."""
        return numbers_in(self.text, self.span).stop

    def words(self, number: int) -> str:
        """A sentence, word for word."""
        return self.text[self.every[number].start : self.every[number].end]

    @property
    def own(self) -> str:
        """The sentences themselves."""
        return self.text[self.span.start : self.span.end]


def _of_claim(place: _Place) -> Verdict | None:
    """The verdict on a claim, by the label over it, by the denial near it, or by the article's rating."""
    if _labelled(place, FOUND_LABEL, CLAIM_LABEL):
        return None
    if _labelled(place, CLAIM_LABEL, FOUND_LABEL):
        number = next(_numbers(place, FOUND_LABEL), None)
        number = next(_numbers(place, DENIAL), None) if number is None else number
        return None if number is None else Verdict("claim", _with_body(place, number))
    if DENIAL.search(place.own) or NOTE.search(place.own):
        return None
    number = next(_denials(place), None)
    if number is None and HEARSAY.search(place.own):
        number = next((each for each in _numbers(place, RATED) if RATED.search(place.words(each))), None)
    return None if number is None else Verdict("claim", Span(*place.every[number][:2]))


def _labelled(place: _Place, label: re.Pattern[str], other: re.Pattern[str]) -> bool:
    """Whether the sentences stand in a paragraph, or under a heading, with the label, and not behind the other."""
    for number in range(place.behind - 1, max(-1, place.first - _FAR), -1):
        sentence, words = place.every[number], place.words(number)
        may_be_label = LABEL_SIGN.search(words)
        if may_be_label and label.search(words):
            return True
        if (may_be_label and other.search(words)) or (sentence.heading and number < place.first):
            return False
        if sentence.opens and number <= place.first and not _under_heading(place, number):
            return False
    return False


def _under_heading(place: _Place, number: int) -> bool:
    """Whether a sentence is the first below a heading."""
    return number > 0 and place.every[number - 1].heading


def _numbers(place: _Place, pattern: re.Pattern[str]) -> Iterator[int]:
    """The sentences around with the pattern in them: those behind, the nearest first, then those before."""
    last = min(len(place.every), place.behind + _FAR)
    for number in (*range(place.behind, last), *range(place.first - 1, max(-1, place.first - _FAR), -1)):
        if pattern.search(place.words(number)):
            yield number


def _with_body(place: _Place, number: int) -> Span:
    """A labelled sentence, with the next one where it is a heading, or a label with a word or two."""
    start, end, heading, _ = place.every[number]
    short = len(place.words(number).split()) <= _SHORT
    if (heading or short) and number + 1 < len(place.every) and number + 1 != place.first:
        end = place.every[number + 1].end
    return Span(start, end)


def _denials(place: _Place) -> Iterator[int]:
    """The sentences near that deny what the sentences say."""
    hearsay = bool(HEARSAY.search(place.own))
    first, last = max(0, place.first - _NEAR), min(len(place.every), place.behind + _NEAR)
    around = place.every[first].start, place.every[last - 1].end
    if not (hearsay or any(pattern.search(place.text, *around) for pattern in (DENIAL, DENIED, FORGED))):
        return
    for number in (*range(place.behind, last), *range(place.first - 1, first - 1, -1)):
        words = place.words(number)
        behind = number >= place.behind
        same_paragraph = number < len(place.every) and not place.every[number].opens
        if (number == place.behind and _points_back(place.own, words, hearsay=hearsay, beside=same_paragraph)) or (
            (DENIAL.search(words) and HEARSAY.search(words) and _shares(words, place.own, of=place.own))
            or (hearsay and behind and NEGATED.search(words) and _shares(words, place.own, of=words))
        ):
            yield number


def _points_back(own: str, words: str, *, hearsay: bool, beside: bool) -> bool:
    """Whether the sentence behind others says that it is not so, or that what they show is a forgery."""
    forged = FORGED.search(words)
    return bool(
        (hearsay and OF_A_REPORT.search(words))
        or (
            hearsay
            and (denied := IT_IS_NOT.search(words))
            and (content_terms(denied["what"]) - idle_terms()) & content_terms(own)
        )
        or (DOUBTFUL.search(own) and IN_FACT.match(words))
        or (beside and DENIED.search(words))
        or (forged and forged[1].lower() in own.lower())
    )


def _shares(words: str, other: str, *, of: str) -> bool:
    """Whether two sentences share terms: two at least, and a good part of those of one of them."""
    ours, theirs, all_terms = (content_terms(text) - idle_terms() for text in (words, other, of))
    return len(ours & theirs) >= max(_LEAST, len(all_terms) * _SAME)


def _of_correction(place: _Place) -> Verdict | None:
    """A correction of the sentences, at the article's end or beginning."""
    for number in _marks(place.text).notes:
        note = _paragraph(place, number)
        words = place.text[note.start : note.end]
        apart = note.end <= place.span.start or place.span.end <= note.start
        if apart and _shares(words, place.own, of=words):
            return Verdict("correction", note)
    return None


def _note_around(place: _Place) -> Span | None:
    """The whole of the correction that the sentences are a part of: what was wrong goes with what is right."""
    for number in range(place.behind - 1, max(-1, place.first - _NEAR), -1):
        if NOTE.search(place.words(number)):
            note = _paragraph(place, number)
            return note if note.end >= place.span.end else None
        if place.every[number].opens and number <= place.first:
            return None
    return None


def _paragraph(place: _Place, number: int) -> Span:
    """A sentence and what follows it in its paragraph, a few sentences at most."""
    last = number
    while last + 1 < len(place.every) and not place.every[last + 1].opens and last < number + _NEAR:
        last += 1
    return Span(place.every[number].start, place.every[last].end)


class _Marks(NamedTuple):
    """Numbers of the sentences at a text's ends with a correction in them, and of those that say that it is satire."""

    notes: tuple[int, ...]
    satire: tuple[int, ...]


@lru_cache(maxsize=64)
def _marks(text: str) -> _Marks:
    every = sentences(text)
    ends = [*range(max(0, len(every) - _NOTES), len(every)), *range(min(_NOTES, max(0, len(every) - _NOTES)))]
    words = {number: text[every[number].start : every[number].end] for number in ends}
    return _Marks(*(tuple(n for n in ends if pattern.search(words[n])) for pattern in (NOTE, SATIRE)))


def _of_satire(article: Article, place: _Place) -> Verdict | None:
    """The mark by which an article, its title or its source says that it is satire."""
    marked = _marks(article.text).satire
    if any(place.first <= number < place.behind for number in marked):
        return None
    if marked:
        return Verdict("satire", Span(*place.every[marked[0]][:2]))
    above = SATIRE_ABOVE.search(article.title) or SATIRE_SOURCE.search(article.source or "")
    return Verdict("satire", None) if above else None
