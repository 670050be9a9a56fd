"""The catalogue: every article of an index without its text, by number and by id, and which of them share a text."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Hashable, Sequence
from functools import cached_property

from retrieval.articles.article import ArticleInfo
from retrieval.articles.files import known_as
from retrieval.errors import ArticleUnknown
from retrieval.index.candidates import Mask


class Catalogue:
    """Articles in the order of their files and of their places there; an article's number is its place.

    Articles with the same text share its passages, which belong to the first of them.

    Args:
        articles: each without its text.
        texts: each one's text, as any key that is the same for the same text.
    """

    def __init__(self, articles: Sequence[ArticleInfo], texts: Sequence[Hashable]) -> None:
        self.articles = articles
        self._texts = texts
        self._numbers = {article.id: number for number, article in enumerate(articles)}

    @cached_property
    def _sharing(self) -> dict[Hashable, list[int]]:
        """By text the numbers of its articles; made when it is asked for, since an update does not ask."""
        sharing: dict[Hashable, list[int]] = defaultdict(list)
        for number, text in enumerate(self._texts):
            sharing[text].append(number)
        return sharing

    def number_of(self, id: str) -> int:
        """The number of an article, whatever Unicode's form of its id; raises ``ArticleUnknown``."""
        there = id if id in self._numbers else known_as(id, self._numbers)
        if there is None:
            raise ArticleUnknown(id, tuple(difflib.get_close_matches(id, self._numbers, n=3)))
        return self._numbers[there]

    @property
    def texts(self) -> Sequence[Sequence[int]]:
        """The articles of each text, the first of which its passages belong to."""
        return list(self._sharing.values())

    @property
    def duplicates(self) -> list[tuple[str, ...]]:
        """Ids of articles that share one text."""
        shared = [numbers for numbers in self._sharing.values() if len(numbers) > 1]
        return [tuple(self.articles[number].id for number in numbers) for numbers in shared]

    def first_with(self, text: Hashable) -> int:
        """The number of the first article that has a text."""
        return self._sharing[text][0]

    def copies_of(self, number: int) -> tuple[ArticleInfo, ...]:
        """The other articles that have the text of this one."""
        return tuple(self.articles[other] for other in self._sharing[self._texts[number]] if other != number)

    def among(self, number: int, articles: Mask | None) -> int:
        """The first article that has the text of this one and for which a mask of articles is true."""
        if articles is None or articles[number]:
            return number
        return next(other for other in self._sharing[self._texts[number]] if articles[other])
