"""Complete quotes to what is shown: nothing told twice, the newest first where articles differ."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from retrieval.answer.asking.question import kind_of
from retrieval.answer.asking.time_asked import TimeAsked, time_asked
from retrieval.answer.quoting.quotes import Quote, with_source
from retrieval.answer.quoting.sameness import adds_nothing, contradict, facts, has_words, nearly_the_same
from retrieval.text.sentences import Span
from retrieval.text.terms import content_terms, stop_terms

_NEVER = date.min

_NOT = re.compile(r"\b(?:not|no|never)\b|n['’]t\b", re.IGNORECASE)
_OR = re.compile(r"\b(?:or|oder|ou|или)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ArrangingWeights:
    """When two quotes answer alike. Chosen on the questions of ``tests/answers/news``."""

    near: float = 1.0
    """How near to the first's score a newer article's quote comes that takes its place. The articles' quotes about the
    same price, toll or office there lie .1 to .7 apart, those about different things 1.5 and more."""
    about: float = 0.7
    """What part of the question's terms that the first has, with its title, the newer one has too."""


def arranged(quotes: Iterable[Quote], question: str, weights: ArrangingWeights) -> list[Quote]:
    """Complete quotes, best first, as they are shown: distinct, and in order of time where they answer alike."""
    return by_time(distinct(quotes), question, weights)


def distinct(quotes: Iterable[Quote]) -> list[Quote]:
    """The quotes without those that say no more than a better one: no name, number, answering word or other day.

    An article that says the same in nearly the same words, or adds nothing on the same day, is named with the better
    quote.
    """
    told: list[Quote] = []
    for quote in quotes:
        number = next((number for number, other in enumerate(told) if _tells_again(other, quote)), None)
        if number is None:
            told.append(quote)
        else:
            told[number] = with_source(told[number], quote)
    return told


def _tells_again(better: Quote, quote: Quote) -> bool:
    marked = [quote.article.text[start:end] for start, end in quote.highlights]
    if not has_words(better.text, better.article.title, marked):
        return False
    if better.article.id != quote.article.id and contradict(better.text, quote.text):
        return False
    same_day = better.article.published == quote.article.published
    return nearly_the_same(better.text, quote.text) or (
        same_day and adds_nothing(better.text, better.article.title, quote.text)
    )


def by_time(quotes: Sequence[Quote], question: str, weights: ArrangingWeights) -> list[Quote]:
    """The quotes with those that answer like the first in order of their articles' dates, the newest first.

    Where the question names a time, those of that time come first instead; where it asks about another time than now
    and does not say which, the order stays. An older article's quote is marked as such. Claims and satire take no part.
    """
    asked = time_asked(question)
    if not quotes or (asked and not asked.known) or not _stands(quotes[0]):
        return list(quotes)
    alike = [number for number, quote in enumerate(quotes) if _alike(quotes[0], quote, question, weights)]
    group = [quotes[number] for number in alike]
    ordered = sorted(group, key=lambda quote: not _of_time(quote, asked)) if asked else _newest_first(group)
    arranged = list(quotes)
    for number, quote in zip(alike, ordered, strict=True):
        arranged[number] = quote
    return arranged


def without_echo(quotes: Sequence[Quote], question: str) -> tuple[Quote, ...]:
    """The quotes without bold on what is only words of the question, unless it asks for one of them: "this or that".

    What answers best stays bold, unless yes or no is asked for: the answer may be in words of the question.
    """
    if _OR.search(question):
        return tuple(quotes)
    asked = facts(question).all
    best = quotes[0].highlights[:1] if quotes and kind_of(question) != "yes or no" else ()
    return tuple(
        replace(
            quote,
            highlights=tuple(
                mark
                for mark in quote.highlights
                if not _echoes(quote, mark, asked) or (quote is quotes[0] and mark in best)
            ),
        )
        for quote in quotes
    )


def _echoes(quote: Quote, mark: Span, asked: frozenset[str]) -> bool:
    words = quote.article.text[mark.start : mark.end]
    said = facts(words).all - stop_terms()
    return bool(said) and said <= asked and not _NOT.search(words)


def _newest_first(quotes: Sequence[Quote]) -> list[Quote]:
    """By their articles' dates; those from before the first's are marked. One article's stay in their order."""
    ordered = sorted(quotes, key=lambda quote: quote.article.published or _NEVER, reverse=True)
    newest = ordered[0].article.published or _NEVER
    return [replace(quote, older=(quote.article.published or newest) < newest) for quote in ordered]


def _alike(first: Quote, other: Quote, question: str, weights: ArrangingWeights) -> bool:
    """Whether two quotes answer the question alike: they score nearly the same, and the same kind of fact is there."""
    if other is first:
        return True
    if not first.article.published or not other.article.published or other.score < first.score - weights.near:
        return False
    if not _stands(other):
        return False
    asked = content_terms(question)
    ours, theirs = (content_terms(f"{each.article.title} {each.hit.passage.text}") & asked for each in (first, other))
    return len(theirs) >= weights.about * len(ours) and _has_kind(first, other, asked)


def _stands(quote: Quote) -> bool:
    """Whether an article stands to its words: neither reports them as a claim nor jokes."""
    found = quote.verdict
    return found is None or found.kind == "correction"


def _has_kind(first: Quote, other: Quote, asked: set[str]) -> bool:
    """Whether a quote has a number, or a name that the question lacks, where that is what the first answers with."""
    marked = facts(" … ".join(first.article.text[start:end] for start, end in first.highlights[:1]))
    there = facts(other.text)
    if marked.numbers:
        return bool(there.numbers)
    return bool(other.highlights) and (not marked.names or bool(there.names - asked))


def _of_time(quote: Quote, asked: TimeAsked) -> bool:
    """Whether a quote is of the time asked about: its article is, it names that year, or its "last month" is it."""
    published = quote.article.published
    return (
        (published is not None and asked.holds(published))
        or (asked.year is not None and str(asked.year) in facts(quote.text).numbers)
        or any(asked.holds(each.first) and asked.holds(each.last) for each in quote.times)
    )
