"""Finding articles of segments by what they say, without reading their texts where their hashes tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from retrieval.index.arrays import gathered
from retrieval.index.segment import Segment, digest_of, text_hash

Find = Callable[[str], tuple[int, int] | None]
"""Gives for a content hash a segment, and the place in it, of an article with passages of its own."""

Places = NDArray[np.int32]
"""Segments and places in them, of shape (articles, 2)."""


class Contents:
    """Finds one of the articles at some ``places`` by its content hash."""

    def __init__(self, segments: Sequence[Segment], places: Places) -> None:
        self._segments = segments
        self._places = places

    @cached_property
    def _keys(self) -> _Keys:
        """Made when it is asked for first: an update mostly adds articles, or none."""
        beginnings = [each.entries.hashes[:, :8].copy().view("<i8")[:, 0] for each in self._segments]
        return _Keys(gathered(beginnings, self._places))

    def find(self, content_hash: str) -> tuple[int, int] | None:
        """Its segment and place."""
        digest = bytes.fromhex(content_hash)
        for number in self._keys.having(int.from_bytes(digest[:8], "little", signed=True)):
            segment, entry = self._places[number].tolist()
            if self._segments[segment].entries.hashes[entry].tobytes() == digest:
                return segment, entry
        return None


class SameTexts:
    """Finds among some articles the one that has a text.

    Args:
        segments: where the articles are.
        places: where in them, by number.
        which: a mask of the articles that are compared.
    """

    def __init__(self, segments: Sequence[Segment], places: Places, which: NDArray[np.bool_]) -> None:
        self._segments = segments
        self._places = places
        self._numbers = np.flatnonzero(which)

    @cached_property
    def _by_digest(self) -> tuple[NDArray[np.int64], _Keys]:
        """The articles of which a text's digest is known, and those."""
        known = [each.entries.digests for each in self._segments]
        numbers = self._of([each is not None for each in known])
        none = np.empty(0, dtype=np.int64)
        return numbers, _Keys(gathered([none if each is None else each for each in known], self._places[numbers]))

    @cached_property
    def _by_size(self) -> tuple[NDArray[np.int64], _Keys]:
        """The articles of segments of a former version, of which only the texts' sizes are known, and those."""
        numbers = self._of([each.entries.digests is None for each in self._segments])
        sizes = [np.diff(each.entries.places[:, :2])[:, 0] for each in self._segments]
        return numbers, _Keys(gathered(sizes, self._places[numbers]))

    def _of(self, which: Sequence[bool]) -> NDArray[np.int64]:
        """The articles of some of the segments."""
        there: NDArray[np.int64] = self._numbers[np.array(which)[self._places[self._numbers, 0]]]
        return there

    def find(self, content: bytes) -> int | None:
        """Its number; a text is compared byte by byte."""
        return next((number for number in self._alike(content) if self._text(number) == content), None)

    def _alike(self, content: bytes) -> Iterator[int]:
        numbers, digests = self._by_digest
        yield from numbers[digests.having(digest_of(text_hash(content)))].tolist()
        numbers, sizes = self._by_size
        yield from numbers[sizes.having(len(content))].tolist()

    def _text(self, number: int) -> bytes:
        segment, entry = self._places[number].tolist()
        text: bytes = self._segments[segment].text(entry)
        return text


class _Keys:
    """Keys, sorted."""

    def __init__(self, keys: NDArray[np.int64]) -> None:
        self._order: NDArray[np.int64] = np.argsort(keys, kind="stable")
        self._sorted = keys[self._order]

    def having(self, key: int) -> NDArray[np.int64]:
        """The places of a key."""
        first, last = (np.searchsorted(self._sorted, key, side=side) for side in ("left", "right"))
        places: NDArray[np.int64] = self._order[first:last]
        return places
