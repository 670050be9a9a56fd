"""What in a quote does not fit its question: a name that it lacks, another's office, a time that was still to come."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from retrieval.answer.asking.question import asking_terms, asks_who_that_is, figures, identifiers, kind_of, names, suits
from retrieval.answer.doubting.amounts import asks_amount_by, measured, number_lacking, periods
from retrieval.answer.doubting.contacts import contact_lacking
from retrieval.answer.doubting.numbered import another_numbered
from retrieval.answer.doubting.to_come import asks_what_happened, is_to_come
from retrieval.answer.doubting.unnamed import is_short_for, name_unsaid
from retrieval.answer.quoting.quotes import Quote
from retrieval.answer.quoting.replies import asks
from retrieval.answer.reading.offices import Office
from retrieval.answer.reading.told_times import time_lacking
from retrieval.answer.times import Explained
from retrieval.articles.article import Article
from retrieval.index.protocol import Terms
from retrieval.text.sentences import sentences_in
from retrieval.text.terms import content_terms, located_terms, terms

_NAMED = r"((?:the )?[^\W\d_a-z][\w’'-]*(?: (?:of |the )?[^\W\d_a-z][\w’'-]*)*)"
"""One or more words with capitals."""
_TELLING = 0.25
"""What part of a question a word is that is worth naming where a quote lacks it."""
_OF_QUESTIONS = re.compile(r"\b(?:ask|question|wonder|inquir|enquir|quer(?:y|ie))", re.IGNORECASE)
"""What has a question for an answer: "what did Ann ask?"."""


About = Literal[
    "name",
    "swapped",
    "unnamed",
    "identifier",
    "word",
    "figure",
    "date",
    "kind",
    "office",
    "time",
    "question",
    "period",
    "contact",
]
"""What a quote lacks.

``name``: a name that its sentences have not; ``swapped``: one between the same words as another that they have;
``unnamed``: one that its article has not. ``identifier``: a setting, an option, or what goes by a name and a number.
``word``: any other word. ``figure``: a number, month or weekday; ``date``: a year or a day of which its article tells
nothing. ``kind``: words of the kind that is asked for or, with nothing found instead, any number at all. ``office``:
the office of the one asked about. ``time``: what has happened, for it tells of what was to come. ``question``: an
answer, for it only asks. ``period``: what an amount is counted by. ``contact``: a number to call, or an e-mail address.
"""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that a question asks for and that its quote lacks."""

    about: About
    asked: str
    """What is lacking, in the question's words: a name, a number, "month"; of a ``kind`` what ``kind_of`` calls it; the
    whole question for ``time`` and ``question``."""
    found: str | None = None
    """What of the same kind stands there instead, if anything does."""

    @property
    def contradicts(self) -> bool:
        """Whether the quote does not only lack it, but says another thing: of a setting, another's value."""
        if self.about == "kind":
            return self.found is None
        return self.about in ("swapped", "office", "time", "identifier", "date", "question", "period", "contact")


def doubts_about(quote: Quote, variants: Sequence[str], around: Sequence[str], common: Terms) -> tuple[Doubt, ...]:
    """What a question asks for and the quote, with what stands above it, lacks.

    Args:
        quote: as it is shown.
        variants: the question as typed and, last, as it was read.
        around: texts that tell which words of a question typed in small letters are names.
        common: how common each term is.
    """
    question = variants[-1]
    return (
        *_names_lacking(question, variants[0], quote, around, common),
        *_told_instead(question, quote),
        *_figures_lacking(question, quote),
        *_of_another_kind(question, quote, around),
    )


def word_lacking(question: str, quote: Quote, weights: Mapping[str, float]) -> tuple[Doubt, ...]:
    """A doubt about the rarest word that the quote lacks, if it makes a good part of the question by its weight."""
    said, asking = f"{quote.above_for(question)} {quote.text}", asking_terms(question)
    words = {term: question[start:end] for term, start, end in located_terms(question, 0, len(question))}
    lacking = {
        term: word
        for term, word in words.items()
        if term not in asking and not _is_said(word, question, said, quote.article)
    }
    term = max(lacking, key=lambda each: weights.get(each, 0.0), default="")
    return (Doubt("word", lacking[term]),) if weights.get(term, 0.0) >= _TELLING else ()


def _names_lacking(question: str, typed: str, quote: Quote, around: Sequence[str], common: Terms) -> Iterator[Doubt]:
    """Settings, options and numbered things, and names that the article or only the quote has not."""
    exact, passage, said = identifiers(question), _passage(question, quote), _said(question, quote)
    yield from (Doubt("identifier", name) for name in exact if not _is_written(name, passage))
    if numbered := another_numbered(question, passage):
        yield Doubt("identifier", *numbered)
    unsaid = name_unsaid(typed, quote.article, common)
    if unsaid:
        yield Doubt("unnamed", unsaid)
    for name in names(question, around):
        if name not in (*exact, unsaid) and not _is_said(name, question, said, quote.article):
            other = _swapped(question, name, quote.text)
            yield Doubt("swapped", name, other) if other else Doubt("name", name, _instead(question, name, quote.text))


def _told_instead(question: str, quote: Quote) -> Iterator[Doubt]:
    """What a quote tells instead: of another's office, of what is to come, a question, an amount by another period.

    Or nothing at all: no number to call where that is asked for.
    """
    passage = _passage(question, quote)
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


def _figures_lacking(question: str, quote: Quote) -> Iterator[Doubt]:
    """A day or year of which the article has no word, and the numbers and days that the quote lacks."""
    there, date = figures(_said(question, quote)), time_lacking(question, quote.hit.passage)
    if date:
        yield Doubt("date", date, _like(date, there))
    lacking = figures(question, typed=True) - there - figures(f"{date} {_day_of(quote.article)}")
    for number in sorted(lacking):
        yield Doubt("figure", number, _like(number, there))


def _of_another_kind(question: str, quote: Quote, around: Sequence[str]) -> Iterator[Doubt]:
    """The kind of answer that is asked for, where no words in bold can be of it, or the quote has no unit of it."""
    if number_lacking(question, quote.text if not any(quote.cut) else quote.hit.passage.text):
        yield Doubt("kind", "number")
        return
    kind = kind_of(question)
    marked = [quote.article.text[mark.start : mark.end] for mark in quote.highlights] or [quote.text]
    suited = any(suits(kind, words) for words in marked) or asks_who_that_is(question, around)
    if not suited or not measured(question, quote.text):
        yield Doubt("kind", kind, marked[0])


def _passage(question: str, quote: Quote) -> str:
    """The passage of the quote, with what stands above it."""
    return f"{quote.above_for(question)}. {quote.hit.passage.text}"


def _said(question: str, quote: Quote) -> str:
    """The quote with what stands above it; of a very long sentence all of the passage, which may hold what is asked."""
    around = quote.hit.passage.text if any(quote.cut) else ""
    return f"{quote.above_for(question)}. {quote.text} {around}"


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
    marked = quote.highlights[0] if quote.highlights else quote.span
    return " ".join(text[each.start : each.end] for each in sentences_in(text, marked))


def _instead(question: str, name: str, quote: str) -> str | None:
    """The name that stands in a quote behind the word that the question has before its own: "in Sochi", "in Tokyo"."""
    before = re.search(rf"\b(in|at|from|to|of|on|by|with|near) (?:the )?{re.escape(name)}\b", question, re.IGNORECASE)
    found = re.search(rf"\b{before[1].lower()} {_NAMED}", quote) if before else None
    return found[1] if found else None


def _swapped(question: str, name: str, quote: str) -> str | None:
    """The name that a quote has between the same words as a question has its own: "in Sochi on May 6".

    Not where yes or no is asked for, to which the quote then says no.
    """
    place = re.search(rf"\b([\w’'-]+) (?:the )?{re.escape(name)}((?: [\w’'-]+){{2,3}})", question, re.IGNORECASE)
    if place is None or not content_terms(place[2]) or kind_of(question) == "yes or no":
        return None
    found = re.search(rf"\b(?i:{re.escape(place[1])}) {_NAMED}(?i:{re.escape(place[2])})\b", quote)
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
