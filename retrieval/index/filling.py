"""Filling a new segment: its passages, vectors and words, taken over where a snapshot has them, else made."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.index.arrays import ranges
from retrieval.index.dense import DenseIndex
from retrieval.index.planning import Plan
from retrieval.index.postings import Postings
from retrieval.index.segment import Encoded
from retrieval.models.encoder import Vectors
from retrieval.text.passages import cut
from retrieval.text.sentences import Span

Encode = Callable[[Sequence[str]], Vectors]
"""Gives texts their vectors, shape (texts, dimension)."""


@dataclass(frozen=True, slots=True)
class Filling:
    """What a new segment holds beside its articles."""

    spans: Sequence[Sequence[Span]]
    """By article its passages."""
    dense: DenseIndex | None
    """Of the passages, in the order of their articles; None, and no postings, for none."""
    postings: Postings | None


@dataclass(frozen=True, slots=True)
class _Sources:
    """Where the passages of a new segment come from, in their order."""

    spans: Sequence[Sequence[Span]]
    segments: NDArray[np.int64]
    """By passage the segment that has it, -1 for none."""
    rows: NDArray[np.int64]
    """By passage its row there, or the number of its text in ``fresh``."""
    fresh: Sequence[str]
    """Texts to encode."""
    words: Sequence[str]
    """Texts whose words have to be counted: those, and those of segments that stay."""


def fill(plan: Plan, segments: Sequence[Encoded], encode: Encode) -> Filling:
    """Make the new segment of a plan out of ``segments``, which its places count."""
    sources = _sources(plan, segments)
    if not len(sources.rows) and plan.kept:
        return Filling(sources.spans, None, None)
    return Filling(
        sources.spans, _dense(sources, segments, plan.absorbed, encode), _postings(sources, segments, plan.absorbed)
    )


def _sources(plan: Plan, segments: Sequence[Encoded]) -> _Sources:
    spans: list[Sequence[Span]] = []
    places: list[tuple[int, int, int]] = []
    fresh: list[str] = []
    words: list[str] = []
    for each in plan.written:
        own: Sequence[Span] = ()
        if each.passages:
            segment, entry = each.place or (-1, -1)
            own = segments[segment].spans(entry) if each.place else cut(each.article().text)
            first = segments[segment].entries[entry].first_passage if each.place else len(fresh)
            places.append((segment, first, len(own)))
            if segment not in plan.absorbed:
                article = each.article()
                texts = [f"{article.title}. {article.text[start:end]}" for start, end in own]
                words += texts
                fresh += [] if each.place else texts
        spans.append(own)
    where = np.array(places, dtype=np.int64).reshape(-1, 3)
    return _Sources(spans, np.repeat(where[:, 0], where[:, 2]), ranges(where[:, 1], where[:, 2]), fresh, words)


def _dense(sources: _Sources, segments: Sequence[Encoded], absorbed: Collection[int], encode: Encode) -> DenseIndex:
    """The vectors: of the absorbed segment with the most as they are stored, of all others unpacked."""
    counts = {number: int((sources.segments == number).sum()) for number in absorbed if segments[number].dense}
    largest = max(counts, key=counts.__getitem__, default=-1)
    base = segments[largest].dense if largest >= 0 else None
    other = np.flatnonzero(sources.segments != largest) if base else np.arange(len(sources.rows))
    vectors = _vectors(sources, segments, other, encode)
    if base is None:
        return DenseIndex.build(vectors)
    order = sources.rows.copy()
    order[other] = len(base) + np.arange(len(other))
    return base.updated(order, vectors)


def _vectors(sources: _Sources, segments: Sequence[Encoded], passages: NDArray[np.int64], encode: Encode) -> Vectors:
    """The vectors of some of the passages, shape (passages, dimension)."""
    known = [segment.dense for segment in segments if segment.dense]
    encoded = encode(sources.fresh) if sources.fresh or not known else np.empty((0, known[0].dimension), np.float32)
    where, rows = sources.segments[passages], sources.rows[passages]
    if (where < 0).all():
        return encoded
    vectors = np.empty((len(passages), encoded.shape[1]), dtype=np.float32)
    vectors[where < 0] = encoded[rows[where < 0]]
    for number, segment in enumerate(segments):
        here = np.flatnonzero(where == number)
        if segment.dense and len(here):
            vectors[here] = segment.dense.at(rows[here])
    return vectors


def _postings(sources: _Sources, segments: Sequence[Encoded], absorbed: Collection[int]) -> Postings:
    """The postings: merged of those of absorbed segments and of the words that are counted."""
    parts: list[tuple[Postings, NDArray[np.int64]]] = []
    counted = np.ones(len(sources.rows), dtype=bool)
    for number in absorbed:
        here = np.flatnonzero(sources.segments == number)
        if (postings := segments[number].postings) and len(here):
            places = np.full(len(postings), -1, dtype=np.int64)
            places[sources.rows[here]] = here
            parts.append((postings, places))
            counted[here] = False
    parts.sort(key=lambda part: -len(part[0]))
    if not parts:
        return Postings.build(sources.words)
    if sources.words:
        parts.append((Postings.build(sources.words), np.flatnonzero(counted)))
    return Postings.merged(parts, len(sources.rows))
