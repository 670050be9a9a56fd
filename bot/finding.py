"""Articles by words of what is known of them."""

from __future__ import annotations

from collections.abc import Sequence

from retrieval.articles.article import ArticleInfo


def found(articles: Sequence[ArticleInfo], words: str) -> list[ArticleInfo]:
    """The articles with all of these words in title, source or id, whatever their letter case; all without words."""
    wanted = words.casefold().split()
    return [each for each in articles if all(word in _known(each) for word in wanted)] if wanted else list(articles)


def _known(article: ArticleInfo) -> str:
    return f"{article.title} {article.source or ''} {article.id}".casefold()
