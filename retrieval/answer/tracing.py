"""What became of a quote: where its words stand in the articles now, and if nowhere, what stands there instead."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from retrieval.articles.article import Article, ArticleInfo
from retrieval.errors import ArticleUnknown
from retrieval.index.changes import Stale
from retrieval.index.protocol import Index
from retrieval.text.quote_link import QuoteLink
from retrieval.text.sentences import Span, words_in
from retrieval.text.terms import located_terms

State = Literal["stands", "moved", "renamed", "elsewhere", "changed", "gone"]
"""``stands``: where it was quoted. ``moved``: at another place of the article. ``renamed``: in an article of the same
title, for the one quoted is gone. ``elsewhere``: the one quoted is gone, and another has the words. ``changed``: the
article has other words now. ``gone``: it is gone, and no other has the words."""


@dataclass(frozen=True, slots=True)
class Trace:
    """What became of a quote."""

    link: QuoteLink
    state: State
    article: Article | None
    """The one that the words stand in or, for ``changed``, that they stood in; None for ``gone``."""
    span: Span | None
    """Where the words stand; for ``changed`` what is most like them, if anything is."""
    also_in: ArticleInfo | None = None
    """For ``changed``, another article that has the words, if there is one."""
    stale: Stale | None = None
    """What became of the article's file since it was indexed, if anything."""
    newer: ArticleInfo | None = None
    """An article of a later day that is about the same as the words, where these stand."""

    @property
    def stands(self) -> bool:
        """Whether the article that was quoted still has the words."""
        return self.state in ("stands", "moved", "renamed")


def trace(index: Index, link: QuoteLink) -> Trace:
    """What became of the quote that a link leads to, in the articles of an index. No file is opened for it."""
    article: Article | None = None
    with suppress(ArticleUnknown):
        article = index.article(link.article)
    if article and (span := link.place(article.text)):
        return Trace(link, "stands" if span == (link.start, link.end) else "moved", article, span)
    other = _other(index, link)
    if article:
        return Trace(link, "changed", article, link.closest(article.text), other[0].info if other else None)
    if other:
        return Trace(link, "renamed" if other[0].title == link.title else "elsewhere", *other)
    return Trace(link, "gone", None, None)


_SAME_TITLE, _SEARCHED = 20, 2_000
"""Articles of the same title, and articles that have all of the quote's terms, that are looked through for its words.
Only words that stand nearly everywhere can be missed so: "He left." in more than 2,000 articles."""


def _other(index: Index, link: QuoteLink) -> tuple[Article, Span] | None:
    """An article that has the words, and where: one of the same title or, of several, the one that fits best."""
    titled = islice((each.id for each in index.articles if each.title == link.title), _SAME_TITLE)
    return _best(link, map(index.article, titled)) or _best(link, index.articles_having(_terms(link), _SEARCHED))


def _best(link: QuoteLink, articles: Iterable[Article]) -> tuple[Article, Span] | None:
    """The article in which the words stand most as they stood where they were quoted, if any has them."""
    found = [(article, span) for article in articles if (span := link.place(article.text)) is not None]
    return max(found, key=lambda each: link.fit(each[0].text, each[1]), default=None)


def _terms(link: QuoteLink) -> set[str]:
    """The terms that whatever has the words has: without those of words that may be cut off, there or here."""
    first, last = _words(link.words), _words(link.last)
    if link.before[-1:].isalnum():
        first = first[1:]
    if link.last:
        first, last = first[:-1], last[1:]
    if link.after[:1].isalnum():
        first, last = (first, last[:-1]) if link.last else (first[:-1], last)
    return {term for term, cut in (*first, *last) if not cut}


def _words(text: str) -> list[tuple[str, bool]]:
    """The terms of a text, each with whether a passage may end within its word: a long one, or of Chinese letters."""
    return [(term, words_in(text, Span(start, end)) > 1) for term, start, end in located_terms(text, 0, len(text))]
