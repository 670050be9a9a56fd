"""Lexical index: BM25 over stemmed words."""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Callable, Collection, Iterable
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csc_array, csr_array
from retrieval.index.arrays import map_arrays, write_arrays
from retrieval.text.terms import stop_terms, terms

POSTINGS_FILE = "postings.safetensors"

_ARRAYS = ("rows", "counts", "bounds", "lengths")

_VOCABULARY_FILE = "terms.z"

K1, B = 1.2, 0.75
"""BM25's parameters, at the values that Lucene has."""

_MAX_COUNT = np.iinfo(np.uint8).max
"""A term is counted up to so many times in a passage: counts take one byte."""

_CHUNK = 2**20
"""Postings scored at once: a few megabytes, which stay in a processor's cache."""

Scores = NDArray[np.float32]

Rows = NDArray[np.uint16 | np.uint32]


class LexicalIndex:
    """Okapi BM25 with Lucene's idf (Robertson and Zaragoza 2009; Lù 2024, https://arxiv.org/abs/2407.03618).

    On disk are the postings: for each term the passages that have it, and how often. Scores are computed from them
    when an index is opened. An update tokenises new passages only.
    """

    def __init__(
        self,
        rows: Rows,
        counts: NDArray[np.uint8],
        bounds: NDArray[np.int32 | np.int64],
        lengths: NDArray[np.int32],
        vocabulary: dict[str, int],
    ) -> None:
        """Term t's postings are ``rows`` (passages) and ``counts`` from ``bounds[t]`` up to ``bounds[t + 1]``.

        ``lengths`` (passages,) has the number of terms in each passage; ``vocabulary`` numbers the terms.
        """
        self._arrays: dict[str, NDArray[Any]] = dict(zip(_ARRAYS, (rows, counts, bounds, lengths), strict=True))
        self._vocabulary = vocabulary
        self._scores = _scored(rows, counts, bounds, lengths)

    @classmethod
    def build(cls, passages: Iterable[str]) -> LexicalIndex:
        """Index the texts of passages."""
        vocabulary: dict[str, int] = {}
        counts = _counted(passages, vocabulary)
        return cls._of(counts.tocsc(), counts.sum(axis=1, dtype=np.int32), vocabulary)

    def updated(self, order: NDArray[np.int64], fresh: Iterable[str]) -> LexicalIndex:
        """A new index of the passages in ``order``: numbers of rows here and, counted on, of the ``fresh`` texts."""
        from scipy.sparse import csc_array

        vocabulary = dict(self._vocabulary)
        added = _counted(fresh, vocabulary).tocsc()
        rows, counts, bounds, lengths = self._arrays.values()
        places = np.full(len(self) + added.shape[0], -1, dtype=np.int32)
        places[order] = np.arange(len(order))
        shape = (len(order), len(vocabulary))
        old = _renumbered(rows, counts, np.pad(bounds, (0, len(vocabulary) - len(self._vocabulary)), "edge"), places)
        new = _renumbered(added.indices + len(self), added.data, added.indptr, places)
        postings = csc_array(old, shape=shape) + csc_array(new, shape=shape)
        postings.sort_indices()
        used = np.diff(postings.indptr) > 0  # a term whose last passage is gone is dropped
        words = [word for word, kept in zip(vocabulary, used.tolist(), strict=True) if kept]
        postings = csc_array(
            (postings.data, postings.indices, postings.indptr[np.flatnonzero(np.append(True, used))]),
            shape=(len(order), len(words)),
        )
        lengths = np.concatenate([lengths, added.sum(axis=1, dtype=np.int32)])[order]
        return self._of(postings, lengths, {word: number for number, word in enumerate(words)})

    @classmethod
    def _of(cls, postings: csc_array, lengths: NDArray[np.int32], vocabulary: dict[str, int]) -> LexicalIndex:
        """Make an index from the terms' counts, uint8 of shape (passages, terms)."""
        # Passage numbers take two bytes where they fit.
        rows = postings.indices.astype(np.promote_types(np.min_scalar_type(len(lengths)), np.uint16))
        return cls(rows, postings.data, postings.indptr, lengths, vocabulary)

    def save(self, folder: Path) -> None:
        """Write the index into ``folder``."""
        write_arrays(folder / POSTINGS_FILE, self._arrays)
        # A term may hold characters that look like a space, but no line break.
        (folder / _VOCABULARY_FILE).write_bytes(zlib.compress("\n".join(self._vocabulary).encode()))

    @classmethod
    def open(cls, folder: Path) -> LexicalIndex:
        """Open what ``save`` wrote; arrays are mapped into memory, not read.

        Raises:
            ValueError, OSError, KeyError, TypeError: the files are not such an index.
        """
        arrays = map_arrays(folder / POSTINGS_FILE)
        rows, counts, bounds, lengths = (arrays[name] for name in _ARRAYS)
        try:
            words = zlib.decompress((folder / _VOCABULARY_FILE).read_bytes()).decode().split("\n")
        except zlib.error as error:
            raise ValueError(str(error)) from error
        return cls(rows, counts, bounds, lengths, {word: number for number, word in enumerate(words) if word})

    def __len__(self) -> int:
        return len(self._arrays["lengths"])

    def scores(self, question: str) -> Scores:
        """BM25 score of every passage, shape (passages,)."""
        scores = np.zeros(len(self), dtype=np.float32)
        rows, bounds = self._arrays["rows"], self._arrays["bounds"]
        for number in (self._vocabulary[term] for term in terms(question) if term in self._vocabulary):
            postings = slice(bounds[number], bounds[number + 1])
            scores[rows[postings]] += self._scores[postings]
        return scores

    def weights(self, question: str, *, beside: int = 0) -> dict[str, float]:
        """Each term of ``question`` but stop words, with its share of the sum of their idf.

        A term in no passage counts as the rarest. A question of nothing but stop words keeps them. With ``beside`` it
        is as if there were so many passages more, without any of them: of four passages, terms that all have would
        else count nothing, and one that none has would outweigh the rest.
        """
        return shares(question, self.frequency, len(self) + beside)

    @property
    def vocabulary(self) -> Collection[str]:
        """Every term."""
        return self._vocabulary.keys()

    def having(self, term: str) -> Rows:
        """The passages that have a term, in order."""
        number = self._vocabulary.get(term)
        if number is None:
            return np.empty(0, dtype=np.uint16)
        bounds = self._arrays["bounds"]
        passages: Rows = self._arrays["rows"][bounds[number] : bounds[number + 1]]
        return passages

    def sharing(self, terms: Collection[str], least: int, most: int = 500) -> NDArray[np.int64]:
        """The passages that have at least so many of the terms; of very many those with the most."""
        having = [self.having(term) for term in terms]
        if len(having) < least:
            return np.empty(0, dtype=np.int64)
        counts = np.bincount(np.concatenate(having).astype(np.int64), minlength=len(self))
        rows = np.flatnonzero(counts >= least)
        return rows if len(rows) <= most else rows[np.argsort(-counts[rows], kind="stable")[:most]]

    def frequency(self, term: str) -> int:
        """How many passages have a term."""
        return len(self.having(term))


def shares(question: str, frequency: Callable[[str], int], passages: int) -> dict[str, float]:
    """Each term of ``question`` but stop words, with its share of the sum of their idf; see ``Terms.weights``."""
    found = set(terms(question))
    counted = {term: idf(frequency(term), passages) for term in found - stop_terms() or found}
    return {term: value / sum(counted.values()) for term, value in counted.items()}


def idf(frequency: int, passages: int) -> float:
    """Lucene's inverse document frequency of a term that so many of the passages have."""
    return float(np.log1p((passages - frequency + 0.5) / (frequency + 0.5)))


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


def _renumbered(
    rows: NDArray[Any], counts: NDArray[np.uint8], bounds: NDArray[Any], places: NDArray[np.int32]
) -> tuple[NDArray[np.uint8], NDArray[np.int32], NDArray[np.int64]]:
    """Counts, rows and bounds after passage r became ``places[r]``; those with a negative place are dropped."""
    moved = places[rows]
    kept = moved >= 0
    return counts[kept], moved[kept], np.append(0, np.cumsum(kept))[bounds]


def _scored(
    rows: Rows, counts: NDArray[np.uint8], bounds: NDArray[np.int32 | np.int64], lengths: NDArray[np.int32]
) -> Scores:
    """The BM25 score of each posting, float32 of shape (postings,)."""
    having = np.diff(bounds)
    idf = np.log1p((len(lengths) - having + 0.5) / (having + 0.5)).astype(np.float32)
    norm = (K1 * (1 - B + B * lengths / max(lengths.mean(), 1e-9))).astype(np.float32)
    scores = np.empty(len(rows), dtype=np.float32)
    # In chunks that begin and end between two terms.
    edges = sorted({*np.searchsorted(bounds, np.arange(0, len(rows), _CHUNK)).tolist(), len(having)})
    for first, last in pairwise(edges):
        part = slice(bounds[first], bounds[last])
        length_of = norm[rows[part]]
        np.divide(counts[part], counts[part] + length_of, out=scores[part])
        scores[part] *= np.repeat(idf[first:last], having[first:last])
    return scores
