"""Readings to quotes: whole sentences that say different things, best first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from retrieval.answer.claims import Verdict, verdict
from retrieval.answer.reader import Reading, total_score, whole_sentences
from retrieval.answer.search import Hit
from retrieval.answer.times import Explained, explained
from retrieval.articles.article import Article, ArticleInfo
from retrieval.index.changes import Stale
from retrieval.text.sentences import Span, paragraph_around

_BEHIND = 4.0
"""How far a further quote's score may lie below the first's. On 1,000 questions of SQuAD 1.1 dev this leaves 1.9 quotes
an answer instead of 3, and one of them holds the answer for .956 of them instead of .959."""

_VYING = 2.0
"""How near to the better one's score a neighbouring sentence's comes when they are quoted as one. On the same questions
first quotes hold the answer for .889 instead of .886 with 1.5, and are 3 % longer."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A verbatim slice of an article: whole sentences that answer, or come nearest to it."""

    article: Article
    start: int
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
    """Whether a newer article answers alike, and comes first."""

    @property
    def text(self) -> str:
        """The quote, word for word."""
        return self.article.text[self.start : self.end]

    def overlaps(self, other: Quote) -> bool:
        """Whether the two share words of one article."""
        return self.article.id == other.article.id and self.start < other.end and other.start < self.end

    @property
    def verdict(self) -> Verdict | None:
        """What the article says of the quote's standing, where it is a claim, was corrected, or is satire."""
        return verdict(self.article, Span(self.start, self.end))

    @property
    def times(self) -> tuple[Explained, ...]:
        """Which times the quote's "Monday" and "last month" mean, told from the article's date."""
        return explained(self.text, self.article.published)

    @property
    def context(self) -> Span:
        """The paragraph around the quote, in the article's text."""
        return paragraph_around(self.article.text, Span(self.start, self.end))


def worthwhile(quotes: Sequence[Quote]) -> tuple[Quote, ...]:
    """The quotes that do not fall far behind the first."""
    return tuple(quote for quote in quotes if quote.score >= quotes[0].score - _BEHIND)


def choose(readings: Iterable[Reading], top: int) -> tuple[Quote, ...]:
    """The best quotes that say different things, best first: twice ``top``, for some may turn out to add nothing.

    Readings whose sentences overlap become one quote, with the words that either highlights; so do neighbouring
    sentences that score about alike. The same sentence told again is no further quote: another article that has it is
    named with the first. After the first quote, one without a word to highlight adds nothing.
    """
    chosen: list[Quote] = []
    for reading in sorted(readings, key=total_score, reverse=True):
        quote = _quote(reading)
        adds = not chosen or quote.highlights
        if not _absorbed(quote, chosen) and adds and len(chosen) < 2 * top:
            chosen.append(quote)
    return tuple(chosen)


def _absorbed(quote: Quote, chosen: list[Quote]) -> bool:
    """Merge ``quote`` into the one of ``chosen`` that it is one with, if there is such a one."""
    for number, other in enumerate(chosen):
        if merged := _merged(other, quote):
            for later in chosen[number + 1 :]:
                if bridged := _merged(merged, later):  # the new quote spans the gap between two
                    merged = bridged
                    chosen.remove(later)
            chosen[number] = merged
            return True
    return False


def _quote(reading: Reading) -> Quote:
    article = reading.hit.passage.article
    return Quote(
        article,
        *whole_sentences(article.text, reading.span),
        highlights=reading.highlights,
        score=total_score(reading),
        hit=reading.hit,
        also_in=article.copies,
    )


def _merged(quote: Quote, other: Quote) -> Quote | None:
    """``quote`` with what ``other`` adds to it, when the two are one; else None."""
    if quote.overlaps(other) or _vie(quote, other):
        return replace(
            quote,
            start=min(quote.start, other.start),
            end=max(quote.end, other.end),
            highlights=_united(quote.highlights, other.highlights),
        )
    if _bare(quote.text) != _bare(other.text):
        return None
    known = {quote.article.id, *(article.id for article in quote.also_in)}
    return quote if other.article.id in known else replace(quote, also_in=(*quote.also_in, other.article.info))


def _vie(quote: Quote, other: Quote) -> bool:
    """Whether two are neighbours in one passage, and it is in doubt which of them answers."""
    if quote.hit is not other.hit or other.score < quote.score - _VYING or not other.highlights:
        return False
    gap = quote.article.text[min(quote.end, other.end) : max(quote.start, other.start)]
    return not gap.strip() and "\n\n" not in gap


def _united(some: Sequence[Span], more: Sequence[Span]) -> tuple[Span, ...]:
    """``some``, and those of ``more`` that overlap none of them."""
    return (*some, *(new for new in more if all(new.end <= old.start or old.end <= new.start for old in some)))


@lru_cache(maxsize=1024)
def _bare(text: str) -> str:
    """A sentence without what may differ between two prints of it: letter case, punctuation, spacing."""
    return re.sub(r"[\W_]+", " ", text).strip().casefold()
