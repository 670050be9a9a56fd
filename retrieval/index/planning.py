"""Planning a snapshot: what it takes over from the one before, and what has to be written in new segments."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from retrieval.articles.article import Article
from retrieval.index.finding import Contents, Find, SameTexts
from retrieval.index.segment import text_hash
from retrieval.index.snapshot import Snapshot

SMALL = 10_000
"""Segments with fewer passages are written anew together with what changed: about .2 s."""

FACTOR = 4
"""A segment is merged with the smaller ones once it has less than so many times the passages of all of them."""

LARGEST = 2_000_000
"""No segment is made larger: its vectors may have to be unpacked, 1.5 kB each."""

QUICK = 30_000
"""Merges of no more passages than this are made while somebody waits, so that it is for a moment."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The articles of the next snapshot, in their order."""

    numbers: NDArray[np.int64]
    """By article its number in the snapshot before; -1 for one that is to be read."""
    read: Mapping[int, Callable[[], Article]]
    """What reads these, by their places."""

    @classmethod
    def to_read(cls, readers: Sequence[Callable[[], Article]]) -> Wanted:
        """Articles that are all to be read."""
        return cls(np.full(len(readers), -1, dtype=np.int64), dict(enumerate(readers)))

    @classmethod
    def the_same(cls, count: int) -> Wanted:
        """All those of the snapshot before."""
        return cls(np.arange(count), {})


@dataclass(frozen=True, slots=True)
class Written:
    """An article that is written into a new segment, and where its passages come from."""

    article: Callable[[], Article]
    place: tuple[int, int] | None
    """The segment and the place there that has its passages already; None where they have to be encoded."""
    passages: bool
    """Whether the passages of its text are its own."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Where the articles of the next snapshot are."""

    kept: Sequence[int]
    """Segments of the snapshot before that stay, ascending."""
    absorbed: Collection[int]
    """Segments whose articles are written anew."""
    places: NDArray[np.int32]
    """By article its segment, and its place there; or -1 and its place in ``written``. Of shape (articles, 2)."""
    owners: NDArray[np.int32]
    """By article the first one that has its text."""
    written: Sequence[Written]
    """The articles of new segments, in their order."""


def plan(
    wanted: Wanted,
    before: Snapshot | None = None,
    absorbed: Collection[int] = (),
    known: Find | None = None,
) -> Plan:
    """Plan the next snapshot, in which the articles of the ``absorbed`` segments go into the new segment.

    Passages are taken over from the snapshot before; without one, from the segment and the place there that are
    ``known`` for a content hash.
    """
    owners = _owners(wanted, before)
    own = owners == np.arange(len(owners))
    places = np.full((len(owners), 2), -1, dtype=np.int32)
    if before:
        old = np.flatnonzero(wanted.numbers >= 0)
        numbers = wanted.numbers[old]
        stays = ~np.isin(before.layout.places[numbers, 0], list(absorbed)) & (
            before.layout.has_own[numbers] | ~own[old]
        )
        places[old[stays]] = before.layout.places[numbers[stays]]
        known = known or Contents(before.segments, before.layout.places[before.layout.owned]).find
    anew = np.flatnonzero(places[:, 0] < 0)
    places[anew, 1] = np.arange(len(anew))
    written = [_written(wanted, before, number, known, own=bool(own[number])) for number in anew.tolist()]
    kept = np.flatnonzero(np.bincount(places[places[:, 0] >= 0, 0])).tolist()
    return Plan(kept, absorbed, places, owners.astype(np.int32), written)


def _written(wanted: Wanted, before: Snapshot | None, number: int, known: Find | None, *, own: bool) -> Written:
    """An article for a new segment, and where its passages are already."""
    source = None
    if before is None or number in wanted.read:
        article = wanted.read[number]
    else:
        segment, entry = before.layout.places[wanted.numbers[number]].tolist()
        article = partial(before.segments[segment].article, entry)
        source = (segment, entry) if before.segments[segment].has_own[entry] else None
    if own and source is None and known:
        source = known(article().content_hash)
    return Written(article, source, own)


def _owners(wanted: Wanted, before: Snapshot | None) -> NDArray[np.int64]:
    """For each article the first one that has its text."""
    old = wanted.numbers >= 0
    total = len(before.layout.owners) if before else 0
    texts = np.full(
        len(old), -1, dtype=np.int64
    )  # a number for each text: that of its first article before, or a new one
    same = None
    if before:
        texts[old] = before.layout.owners[wanted.numbers[old]]
        still = np.zeros(total, dtype=bool)
        still[texts[old]] = True
        same = SameTexts(before.segments, before.layout.places, still)
    fresh: dict[bytes, int] = {}
    for number, read in wanted.read.items():
        content = read().text.encode("utf-8", "surrogatepass")
        found = same.find(content) if same else None
        texts[number] = fresh.setdefault(text_hash(content), total + len(fresh)) if found is None else found
    first = np.empty(total + len(fresh), dtype=np.int64)
    first[texts[::-1]] = np.arange(len(texts))[::-1]  # the last that is written stays
    return first[texts]


def to_absorb(snapshot: Snapshot) -> set[int]:
    """The segments that the next update writes anew because they are small."""
    return {number for number, passages in enumerate(snapshot.layout.living) if passages < SMALL}


def to_merge(snapshot: Snapshot, most: int | None = None) -> set[int]:
    """The segments that should be one, by their sizes or since most of what one holds is gone; none mostly.

    They have no more than so many passages together.
    """
    most = LARGEST if most is None else most
    left = snapshot.layout.living
    used = np.bincount(snapshot.layout.places[:, 0], minlength=len(left)).tolist()
    merged = {
        number
        for number, segment in enumerate(snapshot.segments)
        if (2 * left[number] < len(segment.rows) or 2 * used[number] < len(segment.entries)) and left[number] <= most
    }
    smaller, chosen = 0, set()
    for taken, number in enumerate(by_size := sorted(range(len(left)), key=left.__getitem__)):
        if smaller and left[number] < FACTOR * smaller and smaller + left[number] <= most:
            chosen = set(by_size[: taken + 1])
        smaller += left[number]
    return merged | chosen
