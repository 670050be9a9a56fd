"""The catalogue: every article of an index without its text, by number and by id, and which of them share a text."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
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
        sharing: by the number of an article whose text others have too: the numbers of all with it, ascending.
        ids: gives all ids.
    """

    def __init__(
        self,
        articles: Sequence[ArticleInfo],
        sharing: Mapping[int, Sequence[int]],
        ids: Callable[[], Iterable[str]],
    ) -> None:
        self.articles = articles
        self.sharing = sharing
        self._ids = ids

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {id: number for number, id in enumerate(self._ids())}

    def number_of(self, id: str) -> int:
        """The number of an article, whatever Unicode's form of its id; raises ``ArticleUnknown``."""
        there = id if id in self._numbers else known_as(id, self._numbers)
        if there is None:
            raise ArticleUnknown(id, tuple(difflib.get_close_matches(id, self._numbers, n=3)))
        return self._numbers[there]

    @property
    def shared(self) -> list[Sequence[int]]:
        """The articles of each text that several have."""
        return [self.sharing[number] for number in sorted(self.sharing) if self.sharing[number][0] == number]

    @property
    def duplicates(self) -> list[tuple[str, ...]]:
        """Ids of articles that share one text."""
        return [tuple(self.articles[number].id for number in numbers) for numbers in self.shared]

    def copies_of(self, number: int) -> tuple[ArticleInfo, ...]:
        """The other articles that have the text of this one."""
        return tuple(self.articles[other] for other in self.sharing.get(number, ()) if other != number)

    def all_with(self, number: int) -> Sequence[int]:
        """All articles that have the text of this one."""
        return self.sharing.get(number, (number,))

    def among(self, number: int, articles: Mask | None) -> int:
        """The first article that has the text of this one and for which a mask of articles is true."""
        if articles is None or articles[number]:
            return number
        return next(other for other in self.sharing[number] if articles[other])


def sharing(texts: Sequence[Hashable], those: Iterable[int]) -> dict[int, Sequence[int]]:
    """Which articles share a text, as ``Catalogue`` takes it.

    Args:
        texts: by article any key that is the same for the same text.
        those: the articles that may have one that others have, ascending.
    """
    numbers: dict[Hashable, list[int]] = defaultdict(list)
    for number in those:
        numbers[texts[number]].append(number)
    return {number: several for several in numbers.values() if len(several) > 1 for number in several}
