"""The layout of a snapshot: in which segments its articles and passages are."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from retrieval.index.arrays import gathered, ranges
from retrieval.index.order import Order
from retrieval.index.segment import Segment


class Layout:
    """Where articles and passages are. What an update does not ask for is made when it is asked for.

    Args:
        segments: whose rows are counted one behind the other.
        places: by article its segment and its place there, of shape (articles, 2).
        owners: by article the first one with its text, which has the passages.
    """

    def __init__(self, segments: Sequence[Segment], places: NDArray[np.int32], owners: NDArray[np.int64]) -> None:
        self._segments = segments
        self.places = places
        self.owners = owners
        self.starts: NDArray[np.int64] = np.cumsum([0, *(len(segment.rows) for segment in segments)])
        """Where each segment's rows begin, and where the last one's end."""
        self.owned = np.flatnonzero(owners == np.arange(len(owners)))
        """The articles that are the first with their text."""
        own = places[self.owned]
        firsts, lasts = (gathered([each.bounds[:, end] for each in segments], own) for end in (0, 1))
        self._firsts, self._sizes = firsts + self.starts[own[:, 0]], lasts - firsts
        self.passages = int(self._sizes.sum())

    @cached_property
    def rows(self) -> NDArray[np.int64]:
        """Each passage's row; passages are in the order of their articles."""
        return ranges(self._firsts, self._sizes)

    @cached_property
    def passage_owners(self) -> NDArray[np.int32]:
        """By passage the article that it belongs to."""
        return np.repeat(self.owned.astype(np.int32), self._sizes)

    @cached_property
    def order(self) -> Order | None:
        """The order of the passages, where they are not simply the rows of one segment."""
        several = sum(len(segment.rows) > 0 for segment in self._segments) > 1
        if several or not np.array_equal(self.rows, np.arange(self.starts[-1])):
            return Order.of(self.rows, int(self.starts[-1]))
        return None

    @property
    def living(self) -> list[int]:
        """How many passages of each segment are still there."""
        counts = np.zeros(len(self._segments), dtype=np.int64)
        np.add.at(counts, self.places[self.owned, 0], self._sizes)
        living: list[int] = counts.tolist()
        return living

    @cached_property
    def has_own(self) -> NDArray[np.bool_]:
        """Of each article whether its segment has passages that are encoded with its own title."""
        return gathered([segment.has_own for segment in self._segments], self.places)

    @property
    def shared(self) -> NDArray[np.int64]:
        """The articles with a text that several have."""
        share = self.owners != np.arange(len(self.owners))
        share[self.owners[share]] = True  # np.union1d would import numpy.ma: 25 ms of a start
        return np.flatnonzero(share)

    @property
    def ids(self) -> list[str]:
        """The articles' ids."""
        ids = [id for segment in self._segments for id in segment.entries.ids()]
        starts = np.cumsum([0, *(len(segment.entries) for segment in self._segments)])
        numbers = starts[self.places[:, 0]] + self.places[:, 1]
        return ids if np.array_equal(numbers, np.arange(len(ids))) else [ids[number] for number in numbers.tolist()]

    @cached_property
    def days(self) -> NDArray[np.int32]:
        """When each article was published, as a day's number; 0 where that is not known."""
        return gathered([segment.entries.days() for segment in self._segments], self.places)
