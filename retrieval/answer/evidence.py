"""The evidence for an answer: what its confidence is made of, and what in a quote does not fit its question."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from retrieval.answer.arranging import complete
from retrieval.answer.offices import Office
from retrieval.answer.question import (
    asking_terms,
    asks_amount_by,
    asks_who_that_is,
    contact_lacking,
    identifiers,
    kind_of,
    measured,
    names,
    periods,
    suits,
)
from retrieval.answer.question import figures as figures_in
from retrieval.answer.quotes import Quote
from retrieval.answer.reader import Reading
from retrieval.answer.replies import asks
from retrieval.answer.search import Hit
from retrieval.answer.times import Explained
from retrieval.answer.to_come import asks_what_happened, is_to_come
from retrieval.answer.told_times import time_lacking
from retrieval.answer.unnamed import is_short_for, name_unsaid
from retrieval.articles.article import Article
from retrieval.index.protocol import Terms
from retrieval.text.sentences import Span, sentences_in
from retrieval.text.terms import content_terms, coverage, located_terms, terms

_NAMED = r"((?:the )?[^\W\d_a-z][\w’'-]*(?: (?:of |the )?[^\W\d_a-z][\w’'-]*)*)"
"""One or more words with capitals."""


_BESIDE = 300
"""Passages that coverage supposes beside those there are, so that it means the same in a small collection."""
_TELLING = 0.25
"""What part of a question a word is that is worth naming where a quote lacks it."""


_OF_QUESTIONS = re.compile(r"\b(?:ask|question|wonder|inquir|enquir|quer(?:y|ie))", re.IGNORECASE)
"""What has a question for an answer: "what did Ann ask?"."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that a question asks for and that its quote lacks."""

    about: Literal[
        "name",
        "unnamed",
        "identifier",
        "figure",
        "kind",
        "word",
        "office",
        "time",
        "date",
        "question",
        "period",
        "contact",
    ]
    asked: str
    """The name, number or other word; whose office; the kind of answer, as ``kind_of`` has it; all, where the question
    is about the past and the quote about what was to come, or the quote only asks; a name ("unnamed"), a year or a day
    of which the article has no word; the month of "how much is it per month?"; a "phone number"."""
    found: str | None = None
    """What of the same kind stands there instead, if anything does."""

    @property
    def contradicts(self) -> bool:
        """Whether the quote does not only lack it, but says another thing: of a setting, another's value."""
        return self.about in ("office", "time", "identifier", "date", "question", "period", "contact")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the first quote of an answer has for it, and against it."""

    figures: Mapping[str, float]
    """The numbers that the confidence is made of, by name; none where nothing was found. See ``gather``."""
    doubts: tuple[Doubt, ...]


def gather(
    quotes: Sequence[Quote],
    reading: Reading | None,
    variants: Sequence[str],
    hits: Sequence[Hit],
    common: Terms,
) -> Evidence:
    """The evidence for the first of the quotes. No number depends on how the rest of the corpus scores.

    Args:
        quotes: best first. What is doubted of the first is what it lacks as it is shown, with all that completes it.
        reading: the best, which the first quote was made of.
        variants: the question as typed and, last, as it was read: coverages are their mean, for the words that a
            conversation lends a question are there anyway.
        hits: what was found; it tells which words of a question typed in small letters are names.
        common: how common each term is.
    """
    # Tried, and of no use beside these: the second-best span elsewhere, the passage's rank, how many spans vie with it,
    # what part of the question's words quote or span have, the rarest word that the quote lacks, how many names the
    # passage lacks, numbers that it lacks, words that are not of the kind asked for.
    if not quotes or reading is None:
        return Evidence({}, ())
    (first,) = complete(quotes[:1], variants[-1])
    doubts = tuple(_doubts(variants, first, [hit.passage.text for hit in hits], common))
    weighed = [common.weights(variant, beside=_BESIDE) for variant in variants]
    numbers = {
        "reading": reading.score,
        "margin": reading.signals.margin,
        "answerable": reading.signals.answerable,
        "cosine": first.hit.dense,
        "coverage": _coverage(variants[-1], first, weighed),
        "names": float(any(doubt.about in ("name", "identifier", "office", "unnamed") for doubt in doubts)),
        "unnamed": float(any(doubt.about == "unnamed" for doubt in doubts)),
        "yes_no": float(kind_of(variants[-1]) == "yes or no"),
        "contradicted": float(any(doubt.contradicts for doubt in doubts)),
    }
    return Evidence(numbers, doubts or _word_lacking(variants[0], first, weighed[0]))


def _coverage(question: str, quote: Quote, weighed: Sequence[Mapping[str, float]]) -> float:
    """What part of the question's rare words the quote's passage has with what stands above, the mean over variants."""
    text = f"{quote.above_for(question)} {quote.hit.passage.text}"
    return sum(coverage(each, text) for each in weighed) / len(weighed)


def _word_lacking(question: str, quote: Quote, weights: Mapping[str, float]) -> tuple[Doubt, ...]:
    """A doubt about the rarest word that the quote lacks, if it makes a good part of the question."""
    said, asking = f"{quote.above_for(question)} {quote.text}", asking_terms(question)
    words = {term: question[start:end] for term, start, end in located_terms(question, 0, len(question))}
    lacking = {
        term: word
        for term, word in words.items()
        if term not in asking and not _is_said(word, question, said, quote.article)
    }
    term = max(lacking, key=lambda each: weights.get(each, 0.0), default="")
    return (Doubt("word", lacking[term]),) if weights.get(term, 0.0) >= _TELLING else ()


def _doubts(variants: Sequence[str], quote: Quote, around: Sequence[str], common: Terms) -> list[Doubt]:
    """What the question has and the quote, with its title and headings, lacks."""
    question, article = variants[-1], quote.article
    # Of a very long sentence the quote is a part, and what is asked for may stand in the passage around it.
    around_it = quote.hit.passage.text if any(quote.cut) else ""
    above = quote.above_for(question)
    said = f"{above}. {quote.text} {around_it}"
    exact = identifiers(question)
    passage = f"{above}. {quote.hit.passage.text}"
    doubts = [Doubt("identifier", name) for name in exact if not _is_written(name, passage)]
    unsaid = name_unsaid(variants[0], article, common)
    doubts += [Doubt("unnamed", unsaid)] if unsaid else []
    doubts += [
        Doubt("name", name, _instead(question, name, quote.text))
        for name in names(question, around)
        if name not in (*exact, unsaid) and not _is_said(name, question, said, article)
    ]
    doubts += _told_instead(question, quote, passage)
    numbers, date = figures_in(said), time_lacking(question, quote.hit.passage)
    if date:
        doubts.append(Doubt("date", date, _like(date, numbers)))
    lacking = figures_in(question, typed=True) - numbers - figures_in(f"{date} {_day_of(article)}")
    doubts += [Doubt("figure", number, _like(number, numbers)) for number in sorted(lacking)]
    kind = kind_of(question)
    marked = [article.text[mark.start : mark.end] for mark in quote.highlights] or [quote.text]
    suited = any(suits(kind, words) for words in marked) or asks_who_that_is(question, around)
    if not suited or not measured(question, quote.text):
        doubts.append(Doubt("kind", kind, marked[0]))
    return doubts


def _told_instead(question: str, quote: Quote, passage: str) -> Iterator[Doubt]:
    """What a quote tells instead: of another's office, of what is to come, a question, an amount by another period.

    Or nothing at all: no number to call where that is asked for.
    """
    office = Office.asked_for(question)
    if office and (other := office.holder_of_another(quote.text)):
        yield Doubt("office", office.of or office.name, other)
    if asks_what_happened(question) and is_to_come(_sentences_marked(quote)):
        yield Doubt("time", question)
    if asks(quote.text) and asks(_sentences_marked(quote)) and not _OF_QUESTIONS.search(question):
        yield Doubt("question", question)
    by, counted = asks_amount_by(question), periods(quote.text)
    if by and counted and not by & periods(passage):
        yield Doubt("period", min(by), min(counted))
    if contact := contact_lacking(question, f"{passage} {quote.text}"):
        yield Doubt("contact", contact)


def _day_of(article: Article) -> str:
    """The day when an article was published, in words; its sentences need not say it."""
    published = article.published
    return Explained("", published, published).meaning if published else ""


def _is_said(word: str, question: str, said: str, article: Article) -> bool:
    """Whether what is said has a word of the question, or means it.

    The last name will do for a full one that the article has, as "Ms Lund" for Ann Lund, and a name in full for its
    initials.
    """
    there = set(terms(said))
    if content_terms(word) <= there or is_short_for(word, said):
        return True
    full = re.search(rf"\b{re.escape(word)} (\w+)\b", question)
    rest = content_terms(full[1]) if full else set()
    return bool(
        full and rest and rest <= there and re.search(rf"\b{re.escape(full[0])}\b", article.text, re.IGNORECASE)
    )


def _is_written(identifier: str, text: str) -> bool:
    """Whether a text has an identifier, or its words as people write them: "max time" for --max-time."""
    words = re.split(r"[_-]+", identifier.strip("-_"))
    return bool(re.search(rf"\b{'[ _-]?'.join(map(re.escape, words))}\b", text, re.IGNORECASE))


def _sentences_marked(quote: Quote) -> str:
    """The sentences that hold the words which answer best."""
    text = quote.article.text
    marked = quote.highlights[0] if quote.highlights else Span(quote.start, quote.end)
    return " ".join(text[each.start : each.end] for each in sentences_in(text, marked))


def _instead(question: str, name: str, quote: str) -> str | None:
    """The name that stands in a quote behind the word that the question has before its own: "in Sochi", "in Tokyo"."""
    before = re.search(rf"\b(in|at|from|to|of|on|by|with|near) (?:the )?{re.escape(name)}\b", question, re.IGNORECASE)
    found = re.search(rf"\b{before[1].lower()} {_NAMED}", quote) if before else None
    return found[1] if found else None


def _like(number: str, numbers: frozenset[str]) -> str | None:
    """One of ``numbers`` that is of the same kind."""
    alike = sorted(other for other in numbers if _figure_kind(other) == _figure_kind(number))
    return alike[0] if alike else None


def _figure_kind(figure: str) -> str:
    """Whether a figure is a year, another whole number, a broken one, a month or a day of the week."""
    if not figure[0].isdigit():
        return "day" if figure.endswith("day") else "month"
    if not figure.isdigit():
        return "broken"
    return "year" if len(figure) == 4 else "whole"  # noqa: PLR2004
