"""Whether a newer article is about the same as a quote: by its passages' vectors and the names that both have."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from retrieval.answer.quoting.quotes import Quote
from retrieval.answer.quoting.sameness import Facts, facts
from retrieval.answer.times import MONTHS, WEEKDAYS
from retrieval.articles.article import Article, ArticleInfo
from retrieval.index.protocol import Index
from retrieval.text.passages import Passage, cut
from retrieval.text.sentences import Span
from retrieval.text.terms import terms


@dataclass(frozen=True, slots=True)
class NewerWeights:
    """When a newer article is about the same. Chosen on every other story of ``benchmarks/newer.jsonl``."""

    near: float = 0.6
    """The cosine of the two passages at least. Updates of a story have .66 and more; the same people in another matter
    .12 to .54."""
    names: int = 2
    """Names that both have at least."""
    part: float = 0.6
    """What part of the names of the one that has fewer both have. Updates have .67 and more, another event of the same
    kind (another fire, another trial) up to .5."""
    compared: int = 10
    """Passages whose names are compared at most, the nearest."""


class NewerArticles:
    """Finds newer articles about the same in one index.

    Args:
        index: the articles.
        weights: when two passages are about the same.
    """

    def __init__(self, index: Index, weights: NewerWeights) -> None:
        self._index = index
        self._weights = weights

    def about(self, quote: Quote) -> ArticleInfo | None:
        """The newest article, of later days than the quote's, that is about the same as the passage quoted, if any is.

        Articles that say the same in the same words are none: they are named as such.
        """
        return self._about(quote.hit.passage, quote.also_in)

    def beside(self, article: Article, words: Span) -> ArticleInfo | None:
        """The same of any words of an article, by the passage that has most of them."""
        passages = [Passage(article, *place) for place in cut(article.text)]
        shared = max(passages, key=lambda each: min(each.end, words.end) - max(each.start, words.start))
        return self._about(shared)

    def _about(self, passage: Passage, also_in: Iterable[ArticleInfo] = ()) -> ArticleInfo | None:
        article, weights = passage.article, self._weights
        published = article.published
        if published is None:
            return None
        newer = self._index.days > published.toordinal()
        mine = _facts(passage)
        names = _names(mine)
        if len(names) < weights.names or not newer.any():
            return None
        near = self._index.alike(passage, names, newer, least=weights.names, near=weights.near, most=weights.compared)
        known = {article.id, *(each.id for each in (*article.copies, *also_in))}
        found = [
            other.article.info for other in near if other.article.id not in known and self._shares(mine, _facts(other))
        ]
        return max(found, key=lambda each: (str(each.published), each.id), default=None)

    def _shares(self, mine: Facts, other: Facts) -> bool:
        """Whether two passages have enough names in common."""
        ours, theirs = _names(mine), _names(other)
        both = (ours & other.all) | (theirs & mine.all)
        return len(both) >= max(self._weights.names, self._weights.part * min(len(ours), len(theirs)))


def _facts(passage: Passage) -> Facts:
    return facts(f"{passage.article.title}. {passage.text}")


def _names(known: Facts) -> frozenset[str]:
    """The names among what is known of a text; a day of the week is none."""
    return known.names - _calendar()


@lru_cache(maxsize=1)
def _calendar() -> frozenset[str]:
    return frozenset(term for word in (*MONTHS, *WEEKDAYS) for term in terms(word))
