"""Quotes made complete: with what a reader needs to understand them out of their article.

What may come along has a module each: ``antecedents``, ``speech``, ``replies``, ``introduced``, ``steps``, ``claims``.
``excerpts`` does the reverse, where a sentence is too long to be read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from retrieval.answer.asking.question import kind_of
from retrieval.answer.quoting.claims import with_verdict
from retrieval.answer.quoting.excerpts import excerpt, inside
from retrieval.answer.quoting.introduced import with_introduced, with_others
from retrieval.answer.quoting.quotes import Quote
from retrieval.answer.quoting.replies import is_question, with_reply
from retrieval.answer.quoting.speech import with_speaker
from retrieval.answer.quoting.steps import with_steps
from retrieval.answer.reading.antecedents import with_antecedents
from retrieval.answer.reading.listed import is_item
from retrieval.text.back_matter import entry_around, is_back_matter
from retrieval.text.sentences import Span


def complete(quotes: Iterable[Quote], question: str) -> list[Quote]:
    """The quotes with what makes them understood.

    Antecedents, who speaks, a question's reply, what a colon announces, a claim's verdict and, where the question asks
    how something is done, the other steps. Of two quotes that then overlap the better one stays.
    """
    told: list[Quote] = []
    for quote in quotes:
        if not any(quote.overlaps(other) for other in told):
            longer = _at(quote, _completed(quote, question))
            known = any(longer.overlaps(other) for other in told)
            if known and is_question(quote.article.text, quote.span):
                continue  # what is said to it is quoted already
            shown = quote if known else longer
            told.append(_at(shown, _excerpt(shown)))
    return told


def _at(quote: Quote, place: Span) -> Quote:
    """The quote of another place; of its bold words those that are there."""
    return replace(quote, start=place.start, end=place.end, highlights=inside(quote.highlights, place))


def _excerpt(quote: Quote) -> Span:
    """What of a quote with a very long sentence is shown: the part around the words that answer it best."""
    passage = quote.hit.passage
    focus = quote.highlights[0] if quote.highlights else Span(passage.start, passage.start)
    return excerpt(quote.article.text, quote.span, focus)


def _completed(quote: Quote, question: str) -> Span:
    """Where a quote stands with what completes it."""
    text, place = quote.article.text, quote.span
    if is_back_matter(text, place):
        return entry_around(text, place)
    if is_item(question, quote.hit.passage, place):
        return place
    if kind_of(question) == "how":
        place = with_steps(text, place)
    place = with_others(text, place, question)
    introduced = with_introduced(text, with_reply(text, with_speaker(text, place)))
    return with_verdict(quote.article, with_antecedents(text, introduced))
