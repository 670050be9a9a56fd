"""Articles and answers made by hand, for what only shows them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from retrieval.answer.answer import Answer
from retrieval.answer.quoting.quotes import Quote
from retrieval.answer.search import Hit
from retrieval.articles.article import Article
from retrieval.text.passages import Passage
from retrieval.text.sentences import Span


def an_article(text: str, title: str = "Abe and Putin meet", id: str = "sochi.md") -> Article:
    return Article(
        id=id,
        title=title,
        source="TASS",
        published=date(2016, 11, 28),
        url="https://example.org/sochi",
        path=id,
        text=text,
    )


def a_quote(article: Article, start: int, end: int, *highlights: tuple[int, int]) -> Quote:
    hit = Hit(Passage(article, 0, len(article.text)), score=1.5, dense=0.8, lexical=9.0, dense_z=1.4, lexical_z=1.7)
    return Quote(article, start, end, tuple(Span(*mark) for mark in highlights), score=4.25, hit=hit)


TEXT = "They spoke.\n\nShinzo Abe met Vladimir Putin in Sochi. It rained.\n\nThey left."
ARTICLE = an_article(TEXT)
QUOTE = a_quote(ARTICLE, 13, 52, (13, 23), (28, 42))


def an_answer(*quotes: Quote, answered: bool = True) -> Answer:
    return Answer(
        question="who met in Sochi?",
        answered=answered,
        confidence=0.75 if answered else 0.25,
        quotes=quotes,
        hits=tuple(quote.hit for quote in quotes),
        evidence={"cosine": 0.8, "coverage": 1.0},
        elapsed_ms=12.346,
    )


def also_in(quote: Quote, *titles: str) -> Quote:
    others = [an_article("", title, id=f"{title}.md").info for title in titles]
    return replace(quote, also_in=tuple(others))
