"""What Discord offers while a member types an option: titles and sources that fit."""

from __future__ import annotations

from collections.abc import Iterable

from discord.app_commands import Choice

from bot.discord.cards import CHOICE
from bot.discord.library import short_id
from bot.discord.markup import plain, size
from retrieval.articles.article import ArticleInfo

_CHOICES = 25
"""Discord offers no more at a time."""


def titles_like(articles: Iterable[ArticleInfo], typed: str) -> list[Choice[str]]:
    """The articles whose title has in it what was typed, those that begin with it first."""
    start = typed.strip().casefold()
    fitting = [article for article in articles if _fits(typed, article.title)]
    fitting.sort(key=lambda article: not article.title.casefold().startswith(start))
    return [
        Choice(name=plain(article.title, CHOICE) or short_id(article.id), value=short_id(article.id))
        for article in fitting[:_CHOICES]
    ]


def sources_like(articles: Iterable[ArticleInfo], typed: str) -> list[Choice[str]]:
    """The articles' sources that have in them what was typed."""
    known = sorted({article.source for article in articles if article.source})
    fitting = [name for name in known if _fits(typed, name) and size(name) <= CHOICE]
    return [Choice(name=name, value=name) for name in fitting[:_CHOICES]]


def _fits(typed: str, name: str) -> bool:
    return typed.strip().casefold() in name.casefold()
