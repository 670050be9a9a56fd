"""Readings to quotes: whole sentences that say different things, best first.

The steps are ``choose``: a quote a reading, those that are one merged, each with the sentences that its pronouns need;
then ``without_weak`` leaves out what falls far behind the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from retrieval.answer.quoting.claims import Verdict, verdict
from retrieval.answer.quoting.excerpts import Cut, cut_at, excerpt, inside
from retrieval.answer.quoting.highlights import united, whole
from retrieval.answer.quoting.sameness import is_labelled
from retrieval.answer.reading.antecedents import with_antecedents
from retrieval.answer.reading.reader import Reading, total_score, whole_sentences
from retrieval.answer.search import Hit
from retrieval.answer.times import Explained, explained
from retrieval.articles.article import Article, ArticleInfo
from retrieval.index.changes import Stale
from retrieval.text.passages import Passage
from retrieval.text.quote_link import QuoteLink
from retrieval.text.sentences import Span, headings_above, paragraph_around


@dataclass(frozen=True, slots=True)
class QuoteWeights:
    """Which readings become quotes. Chosen on 1,000 questions of SQuAD 1.1 dev."""

    weak: float = 4.0
    """How far a further quote's score may lie below the first's. This leaves 1.9 quotes an answer instead of 3, and one
    of them holds the answer for .956 of the questions instead of .959."""
    neighbour: float = 2.0
    """How near to the better one's score a neighbouring sentence's comes when they are quoted as one. First quotes hold
    the answer for .889 instead of .886 with 1.5, and are 3 % longer."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A verbatim slice of an article: whole sentences that answer, or come nearest to it; of a very long one a part."""

    article: Article
    start: int
    """Of the slice, in code points of the article's text; so is ``end``."""
    end: int
    highlights: tuple[Span, ...]
    """The words that answer, in the article's text: inside the quote, disjoint, best first."""
    score: float
    """The fused score of the passage plus what the reader gave; only comparable within one answer."""
    hit: Hit
    """The passage that the quote was found in."""
    also_in: tuple[ArticleInfo, ...] = ()
    """Other articles that say the same."""
    stale: Stale | None = None
    """What became of the article's file since it was indexed, if anything."""
    older: bool = False
    """Whether a newer article's quote answers alike, and comes before it."""
    newer: ArticleInfo | None = None
    """An article of a later day that is about the same, if there is one; only of quotes that answer."""

    @property
    def span(self) -> Span:
        """Its place in the article's text."""
        return Span(self.start, self.end)

    @property
    def text(self) -> str:
        """The quote, word for word."""
        return self.article.text[self.start : self.end]

    def above_for(self, question: str) -> str:
        """The title of its article and the headings that it stands under, as ``Passage`` has them for a question."""
        return Passage(self.article, self.start, self.end).above_for(question)

    @property
    def headings(self) -> tuple[str, ...]:
        """Those that it stands under, the highest first."""
        return tuple(headings_above(self.article.text, self.start))

    @property
    def page(self) -> int | None:
        """The page, or slide, that the quote begins on; None where its article has no pages."""
        return self.article.page_at(self.start)

    @property
    def scanned(self) -> bool:
        """Whether any of it was read by OCR off a picture of a page, so that letters may be wrong."""
        return self.article.is_scanned(self.start, self.end)

    @property
    def url(self) -> str | None:
        """The article's address; one of a PDF opens at the quote's page."""
        return self.article.url_at(self.start)

    @property
    def link(self) -> QuoteLink:
        """What leads to these words later too, or tells what became of them (``Engine.trace``)."""
        return QuoteLink.to(self.article, self.start, self.end)

    def overlaps(self, other: Quote) -> bool:
        """Whether the two share words of one article."""
        return self.article.id == other.article.id and self.start < other.end and other.start < self.end

    @property
    def cut(self) -> Cut:
        """Whether it leaves out words of the sentences at its two ends, as it does of one that is very long."""
        return cut_at(self.article.text, self.span)

    @property
    def verdict(self) -> Verdict | None:
        """What the article says of the quote's standing, where it is a claim, was corrected, or is satire."""
        return verdict(self.article, self.span)

    @property
    def times(self) -> tuple[Explained, ...]:
        """Which times the quote's "Monday" and "last month" mean, told from the article's date."""
        return explained(self.text, self.article.published)

    @property
    def paragraph(self) -> Span:
        """The paragraph around the quote, in the article's text."""
        return paragraph_around(self.article.text, self.span)


def without_weak(quotes: Sequence[Quote], weights: QuoteWeights) -> tuple[Quote, ...]:
    """The quotes that do not fall far behind the first."""
    return tuple(quote for quote in quotes if quote.score >= quotes[0].score - weights.weak)


def choose(readings: Iterable[Reading], top: int, weights: QuoteWeights) -> tuple[Quote, ...]:
    """The ``top`` best quotes that say different things, best first.

    Readings whose sentences overlap become one quote, with the words that either highlights; so do neighbouring
    sentences that score about alike. The same sentence told again is no further quote: another article that has it is
    named with the first. After the first quote, one without a word to highlight adds nothing. At last each gets the
    sentences that its pronouns need.
    """
    chosen: list[Quote] = []
    for reading in sorted(readings, key=total_score, reverse=True):
        quote = _quote(reading)
        adds = not chosen or quote.highlights
        if not _merged_into(chosen, quote, weights) and adds and len(chosen) < 2 * top:
            chosen.append(quote)
    return tuple(_with_antecedents(chosen))[:top]


def _quote(reading: Reading) -> Quote:
    """The whole sentences around a reading or, where one is too long, the part of it around the words that answer."""
    article = reading.hit.passage.article
    marked = whole(article.text, reading.highlights)
    focus = marked[0] if marked else reading.span
    place = excerpt(article.text, whole_sentences(article.text, reading.span), focus)
    return Quote(
        article,
        *place,
        highlights=inside(marked, place),
        score=total_score(reading),
        hit=reading.hit,
        also_in=article.copies,
    )


def _merged_into(chosen: list[Quote], quote: Quote, weights: QuoteWeights) -> bool:
    """Merge ``quote`` into the one of ``chosen`` that it is one with, if there is such a one; tells whether it did."""
    for number, other in enumerate(chosen):
        if merged := _merged(other, quote, weights):
            for later in chosen[number + 1 :]:
                if bridged := _merged(merged, later, weights):  # the new quote spans the gap between two
                    merged = bridged
                    chosen.remove(later)
            chosen[number] = merged
            return True
    return False


def _merged(quote: Quote, other: Quote, weights: QuoteWeights) -> Quote | None:
    """``quote`` with what ``other`` adds to it, when the two are one; else None."""
    if quote.overlaps(other) or _neighbours(quote, other, weights):
        return replace(
            quote,
            start=min(quote.start, other.start),
            end=max(quote.end, other.end),
            highlights=united(quote.highlights, other.highlights),
        )
    return with_source(quote, other) if _same_words(quote, other) else None


def with_source(quote: Quote, other: Quote) -> Quote:
    """The quote with the article of ``other`` among those that say the same, unless it says it of itself alone."""
    known = {quote.article.id, *(article.id for article in quote.also_in)}
    if other.article.id in known or is_labelled(other.text):
        return quote
    return replace(quote, also_in=(*quote.also_in, other.article.info))


def _same_words(quote: Quote, other: Quote) -> bool:
    """Whether two articles have the same sentence, which is about the same where a pronoun opens it."""
    if _normalised(quote.text) != _normalised(other.text):
        return False
    ours, theirs = (
        each.article.text[slice(*with_antecedents(each.article.text, each.span))] for each in (quote, other)
    )
    return _normalised(ours) == _normalised(theirs)


def _neighbours(quote: Quote, other: Quote, weights: QuoteWeights) -> bool:
    """Whether two are neighbours in one passage, and it is in doubt which of them answers."""
    if quote.hit is not other.hit or other.score < quote.score - weights.neighbour or not other.highlights:
        return False
    gap = quote.article.text[min(quote.end, other.end) : max(quote.start, other.start)]
    return not gap.strip() and "\n\n" not in gap


@lru_cache(maxsize=1024)
def _normalised(text: str) -> str:
    """A sentence without what may differ between two prints of it: letter case, punctuation, spacing."""
    return re.sub(r"[\W_]+", " ", text).strip().casefold()


def _with_antecedents(quotes: Iterable[Quote]) -> list[Quote]:
    """The quotes with what their pronouns stand for, unless a better one has said that; without those told so."""
    told: list[Quote] = []
    for quote in quotes:
        longer = replace(quote, start=with_antecedents(quote.article.text, quote.span).start)
        if not any(quote.overlaps(other) for other in told):
            told.append(quote if any(longer.overlaps(other) for other in told) else longer)
    return told
