"""What is asked of an index, wherever it is kept: the engine, the updates and the faces know no more than this."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from retrieval.articles.article import Article, ArticleInfo, Skipped
from retrieval.index.candidates import EVERYTHING, Asked, Candidates, Mask, Scope
from retrieval.index.sources import Source
from retrieval.text.passages import Passage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Terms(Protocol):
    """How common each term is in the passages of an index."""

    @property
    def vocabulary(self) -> Collection[str]:
        """Every term."""
        ...

    def frequency(self, term: str) -> int:
        """How many passages have a term."""
        ...

    def weights(self, question: str, *, beside: int = 0) -> dict[str, float]:
        """Each term of a question but stop words, with its share of the sum of their idf.

        A term in no passage counts as the rarest. A question of nothing but stop words keeps them. With ``beside`` it
        is as if there were so many passages more, without any of them: of four passages, terms that all have would
        else count nothing, and one that none has would outweigh the rest.
        """
        ...


class Index(Protocol):
    """Articles and their passages as they were indexed. It never changes: a newer one is opened beside it.

    Any number of threads may use one.
    """

    # --- what it is ----------------------------------------------------------------------------------------------

    @property
    def version(self) -> str:
        """What tells it from others in the same place."""
        ...

    @property
    def place(self) -> str:
        """How large it is and where, for a person: "2.1 MiB in data/index/…"."""
        ...

    @property
    def built_at(self) -> datetime:
        """When the update that made it began to look at the articles."""
        ...

    @property
    def encoder(self) -> str:
        """The name of the encoder that it was made with."""
        ...

    @property
    def fingerprint(self) -> str:
        """Of that encoder: vectors of another one cannot be compared with its own."""
        ...

    @property
    def by_rules_in_force(self) -> bool:
        """Whether files were read and texts cut as this version of Quoth does it."""
        ...

    @property
    def sources(self) -> Mapping[str, Source]:
        """The files that were indexed, by path."""
        ...

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """Files and articles that could not be read."""
        ...

    @property
    def passages(self) -> int:
        """How many passages there are."""
        ...

    # --- articles ------------------------------------------------------------------------------------------------

    @property
    def articles(self) -> Sequence[ArticleInfo]:
        """Every article without its text, in the order of their files and of their places there."""
        ...

    @property
    def days(self) -> NDArray[np.int32]:
        """When each of them was published, as a day's number (``date.toordinal``); 0 where that is not known."""
        ...

    @property
    def duplicates(self) -> list[tuple[str, ...]]:
        """Ids of articles that share one text; the passages are those of the first."""
        ...

    def number_of(self, id: str) -> int:
        """The place of an article in ``articles``, whatever Unicode's form of its id; raises ``ArticleUnknown``."""
        ...

    def article(self, id: str) -> Article:
        """The article with this id.

        Raises:
            ArticleUnknown: there is none; the error names ids that look alike.
        """
        ...

    # --- search --------------------------------------------------------------------------------------------------

    @property
    def terms(self) -> Terms:
        """How common each term is."""
        ...

    def scope(self, articles: Mask) -> Scope:
        """What to search so that only those articles are found for which a mask over ``articles`` is true."""
        ...

    def candidates(self, asked: Asked, scope: Scope = EVERYTHING) -> Candidates:
        """The passages to compare for a question: the best by meaning and by words, with both scores.

        Scores are cosines and BM25, each also in deviations from its mean over all passages, whatever the scope.
        """
        ...

    def passages_at(self, rows: Sequence[int], scope: Scope = EVERYTHING) -> list[Passage]:
        """The passages with these numbers, as ``candidates`` has them.

        Where several articles have a passage's text, it belongs to the first of them that is in the scope.
        """
        ...

    def having(self, term: str, most: int) -> Sequence[Passage]:
        """The first ``most`` passages that have a term."""
        ...

    def articles_having(self, terms: Collection[str], most: int) -> list[Article]:
        """At most so many articles in whose passages all of these terms are; of all articles for no term."""
        ...

    def alike(
        self, passage: Passage, terms: Collection[str], articles: Mask, *, least: int, near: float, most: int
    ) -> list[Passage]:
        """The passages of some articles that are nearest to one of the index's, best first, at most so many.

        They have at least so many of the terms, and their cosine with that passage is at least ``near``. The articles
        are those for which a mask over ``articles`` is true.
        """
        ...

    def best_scores(self, question: str, terms: Sequence[str]) -> list[float]:
        """For each of the terms, which passages have: the highest BM25 of the question in a passage that has it."""
        ...
