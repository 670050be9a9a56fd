"""Filling new segments: their passages, vectors and words, taken over where a snapshot has them, else made."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.index import planning
from retrieval.index.arrays import ranges
from retrieval.index.dense import DenseIndex
from retrieval.index.planning import Plan, Written
from retrieval.index.postings import Postings
from retrieval.index.segment import Encoded
from retrieval.models.encoder import Vectors
from retrieval.text.passages import cut
from retrieval.text.sentences import Span

Encode = Callable[[Sequence[str]], Vectors]
"""Gives texts their vectors, shape (texts, dimension)."""


@dataclass(frozen=True, slots=True)
class Filling:
    """What a new segment holds."""

    written: Sequence[Written]
    """Its articles."""
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


def fill(plan: Plan, segments: Sequence[Encoded], encode: Encode) -> Iterator[Filling]:
    """Make the new segments of a plan out of ``segments``, which its places count, one when it is asked for."""
    done = 0
    while done < len(plan.written):
        spans = _cut(plan.written[done:], segments)
        written = plan.written[done : done + len(spans)]
        done += len(spans)
        sources = _sources(written, spans, plan.absorbed, segments)
        if not len(sources.rows) and (plan.kept or done > len(spans)):
            yield Filling(written, spans, None, None)
        else:
            dense = _dense(sources, segments, plan.absorbed, encode)
            yield Filling(written, spans, dense, _postings(sources, segments, plan.absorbed))


def _cut(written: Sequence[Written], segments: Sequence[Encoded]) -> list[Sequence[Span]]:
    """The passages of as many of the articles as make one segment: ``planning.LARGEST``."""
    spans: list[Sequence[Span]] = []
    passages = 0
    for each in written:
        own: Sequence[Span] = ()
        if each.passages:
            own = segments[each.place[0]].spans(each.place[1]) if each.place else cut(each.article().text)
        passages += len(own)
        if spans and passages > planning.LARGEST:
            break
        spans.append(own)
    return spans


def _sources(
    written: Sequence[Written], spans: Sequence[Sequence[Span]], absorbed: Collection[int], segments: Sequence[Encoded]
) -> _Sources:
    places: list[tuple[int, int, int]] = []
    fresh: list[str] = []
    words: list[str] = []
    for each, own in zip(written, spans, strict=True):
        if each.passages:
            segment, entry = each.place or (-1, -1)
            first = int(segments[segment].bounds[entry, 0]) if each.place else len(fresh)
            places.append((segment, first, len(own)))
            if segment not in absorbed:
                article = each.article()
                texts = [f"{article.title}. {article.text[start:end]}" for start, end in own]
                words += texts
                fresh += [] if each.place else texts
    where = np.array(places, dtype=np.int64).reshape(-1, 3)
    return _Sources(spans, np.repeat(where[:, 0], where[:, 2]), ranges(where[:, 1], where[:, 2]), fresh, words)


def _dense(sources: _Sources, segments: Sequence[Encoded], absorbed: Collection[int], encode: Encode) -> DenseIndex:
    """The vectors: of the absorbed segment with the most as they are stored, of all others unpacked."""
    counts = {number: int((sources.segments == number).sum()) for number in absorbed if segments[number].dense}
    largest = max(counts, key=counts.__getitem__, default=-1)
    base = segments[largest].dense if largest >= 0 else None
    other = np.flatnonzero(sources.segments != largest) if base else np.arange(len(sources.rows))
    if base is None:
        return DenseIndex.build(_vectors(sources, segments, other, encode))
    nothing = np.empty((0, base.dimension), dtype=np.float32)
    vectors = _vectors(sources, segments, other, encode) if len(other) else nothing
    order = sources.rows.copy()
    order[other] = len(base) + np.arange(len(other))
    return base.updated(order, vectors)


def _vectors(sources: _Sources, segments: Sequence[Encoded], passages: NDArray[np.int64], encode: Encode) -> Vectors:
    """The vectors of some of the passages, shape (passages, dimension)."""
    where, rows = sources.segments[passages], sources.rows[passages]
    known = {number: segments[number].dense for number in np.unique(where[where >= 0]).tolist()}
    encoded = encode(sources.fresh) if sources.fresh or not known else None
    if encoded is not None and not known:
        return encoded
    dimension = next(dense.dimension for dense in known.values() if dense)
    vectors = np.empty((len(passages), dimension), dtype=np.float32)
    if encoded is not None:
        vectors[where < 0] = encoded[rows[where < 0]]
    for number, dense in known.items():
        here = np.flatnonzero(where == number)
        if dense:
            vectors[here] = dense.at(rows[here])
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
