"""Postings: for each term the passages that have it, and how often, on disk and merged."""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csc_array, csr_array
from retrieval.index.arrays import map_arrays, ranges, write_arrays
from retrieval.text.terms import terms

POSTINGS_FILE = "postings.safetensors"

_ARRAYS = ("rows", "counts", "bounds", "lengths")

VOCABULARY_FILE = "terms.z"

_MAX_COUNT = np.iinfo(np.uint8).max
"""A term is counted up to so many times in a passage: counts take one byte."""

Rows = NDArray[np.uint16 | np.uint32]

Counts = NDArray[np.uint8]


class Postings:
    """The terms of passages. Term t's postings are ``rows`` and ``counts`` from ``bounds[t]`` up to ``bounds[t + 1]``.

    Args:
        rows: numbers of passages, ascending for each term.
        counts: how often each of them has the term.
        bounds: of shape (terms + 1,).
        lengths: of shape (passages,): the number of terms in each.
        vocabulary: the terms, numbered.
    """

    def __init__(
        self,
        rows: Rows,
        counts: Counts,
        bounds: NDArray[np.int32 | np.int64],
        lengths: NDArray[np.int32],
        vocabulary: dict[str, int],
    ) -> None:
        self.rows, self.counts, self.bounds, self.lengths = rows, counts, bounds, lengths
        self.vocabulary = vocabulary

    @classmethod
    def build(cls, passages: Iterable[str]) -> Postings:
        """Those of the texts of passages."""
        vocabulary: dict[str, int] = {}
        counts = _counted(passages, vocabulary)
        return cls._of(counts.tocsc(), counts.sum(axis=1, dtype=np.int32), vocabulary)

    @classmethod
    def merged(cls, parts: Sequence[tuple[Postings, NDArray[np.int64]]], passages: int) -> Postings:
        """Those of parts together, each with its passages' new numbers, which are negative for passages that go.

        The first part should be the largest.
        """
        vocabulary = dict(parts[0][0].vocabulary)
        for part, _ in parts[1:]:
            for word in part.vocabulary:
                vocabulary.setdefault(word, len(vocabulary))
        lengths = np.zeros(passages, dtype=np.int32)
        for part, places in parts:
            kept = places >= 0
            lengths[places[kept]] = part.lengths[kept]
        shape = (passages, len(vocabulary))
        placed = (part.placed(places.astype(np.int32), vocabulary, shape) for part, places in reversed(parts))
        postings = next(placed)
        for other in placed:
            postings = other + postings
        postings.sort_indices()
        used = np.diff(postings.indptr) > 0  # a term whose last passage is gone is dropped
        words = [word for word, kept in zip(vocabulary, used.tolist(), strict=True) if kept]
        postings.indptr = postings.indptr[np.flatnonzero(np.append(True, used))]
        return cls._of(postings, lengths, {word: number for number, word in enumerate(words)})

    @classmethod
    def _of(cls, postings: csc_array, lengths: NDArray[np.int32], vocabulary: dict[str, int]) -> Postings:
        """Make postings of the terms' counts, uint8 of shape (passages, terms)."""
        # Passage numbers take two bytes where they fit.
        rows = postings.indices.astype(np.promote_types(np.min_scalar_type(len(lengths)), np.uint16))
        return cls(rows, postings.data, postings.indptr, lengths, vocabulary)

    def placed(self, places: NDArray[np.int32], vocabulary: dict[str, int], shape: tuple[int, int]) -> csc_array:
        """Counts after passage r became ``places[r]`` and terms have the numbers of ``vocabulary``."""
        from scipy.sparse import csc_array

        moved = places[self.rows]
        kept = moved >= 0
        counts, rows, bounds = self.counts[kept], moved[kept], np.append(0, np.cumsum(kept))[self.bounds]
        numbers = np.array([vocabulary[word] for word in self.vocabulary], dtype=np.int64)
        having = np.diff(bounds)
        if (np.diff(numbers) < 0).any():
            sorted_by = np.argsort(numbers)
            take = ranges(bounds[sorted_by], having[sorted_by])
            counts, rows = counts[take], rows[take]
        ends = np.zeros(shape[1] + 1, dtype=np.int64)
        ends[numbers + 1] = having
        return csc_array((counts, rows, np.cumsum(ends)), shape=shape)

    def save(self, folder: Path) -> None:
        """Write them into ``folder``."""
        write_arrays(folder / POSTINGS_FILE, {name: getattr(self, name) for name in _ARRAYS})
        # A term may hold characters that look like a space, but no line break.
        (folder / VOCABULARY_FILE).write_bytes(zlib.compress("\n".join(self.vocabulary).encode()))

    @classmethod
    def open(cls, folder: Path) -> Postings:
        """Open what ``save`` wrote; arrays are mapped into memory, not read.

        Raises:
            ValueError, OSError, KeyError, TypeError: the files are not such postings.
        """
        arrays = map_arrays(folder / POSTINGS_FILE)
        rows, counts, bounds, lengths = (arrays[name] for name in _ARRAYS)
        try:
            words = zlib.decompress((folder / VOCABULARY_FILE).read_bytes()).decode().split("\n")
        except zlib.error as error:
            raise ValueError(str(error)) from error
        return cls(rows, counts, bounds, lengths, {word: number for number, word in enumerate(words) if word})

    def __len__(self) -> int:
        return len(self.lengths)

    def of(self, term: str) -> tuple[Rows, Counts]:
        """The passages that have a term, in order, and how often each has it."""
        number = self.vocabulary.get(term)
        part = slice(0, 0) if number is None else slice(self.bounds[number], self.bounds[number + 1])
        return self.rows[part], self.counts[part]

    def words_of(self, passages: NDArray[np.bool_]) -> list[str]:
        """The terms that any passage has for which a mask is true."""
        having = np.diff(np.append(0, np.cumsum(passages[self.rows]))[self.bounds]).tolist()
        return [word for word, some in zip(self.vocabulary, having, strict=True) if some]


def _counted(passages: Iterable[str], vocabulary: dict[str, int]) -> csr_array:
    """How often each passage has each term, uint8 of shape (passages, terms); new terms enter the vocabulary."""
    from scipy.sparse import csr_array

    tokens, ends = array("i"), array("q", [0])
    for passage in passages:
        tokens.extend(vocabulary.setdefault(term, len(vocabulary)) for term in terms(passage))
        ends.append(len(tokens))
    ones = np.ones(len(tokens), dtype=np.int32)
    counts = csr_array((ones, np.array(tokens, dtype=np.int32), np.array(ends)), shape=(len(ends) - 1, len(vocabulary)))
    counts.sum_duplicates()
    counts.data = np.minimum(counts.data, _MAX_COUNT).astype(np.uint8)
    return counts
