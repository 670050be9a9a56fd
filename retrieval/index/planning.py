"""Planning a snapshot: what it takes over from the one before, and what has to be written in new segments."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from retrieval.articles.article import Article
from retrieval.index.snapshot import Snapshot

SMALL = 10_000
"""Segments with fewer passages are written anew together with what changed: about .2 s."""

FACTOR = 4
"""A segment is merged with the smaller ones once it has less than so many times the passages of all of them."""

LARGEST = 2_000_000
"""No segment is made larger: its vectors may have to be unpacked, 1.5 kB each."""

QUICK = 30_000
"""Merges of no more passages than this are made while somebody waits, so that it is for a moment."""

Wanted = int | Callable[[], Article]
"""An article of the next snapshot: its number in the one before, or what reads it."""


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
    wanted: Sequence[Wanted],
    before: Snapshot | None,
    absorbed: Collection[int] = (),
    known: Mapping[str, tuple[int, int]] | None = None,
) -> Plan:
    """Plan the next snapshot, in which the articles of the ``absorbed`` segments go into the new segment.

    Passages are taken over from the snapshot before; without one, from the segment and the place there that are
    ``known`` for a content hash.
    """
    owners = _owners(wanted, before)
    segments, old_places = (before.segments, before.places.tolist()) if before else ((), [])
    places = np.empty((len(wanted), 2), dtype=np.int32)
    written: list[Written] = []
    for number, each in enumerate(wanted):
        own, source = owners[number] == number, None
        if callable(each):
            article = each
        else:
            segment, entry = old_places[each]
            has = segments[segment].has_own[entry]
            if segment not in absorbed and (has or not own):
                places[number] = segment, entry
                continue
            article, source = partial(segments[segment].article, entry), (segment, entry) if has else None
        if own and source is None and (before or known):
            known = before.contents() if before and known is None else known
            source = (known or {}).get(article().content_hash)
        places[number] = -1, len(written)
        written.append(Written(article, source, own))
    kept = np.flatnonzero(np.bincount(places[places[:, 0] >= 0, 0])).tolist()
    return Plan(kept, absorbed, places, np.array(owners, dtype=np.int32), written)


def _owners(wanted: Sequence[Wanted], before: Snapshot | None) -> list[int]:
    """For each article the first one that has its text."""
    old_owners = before.owners if before else ()
    find = _finder(before, {old_owners[each] for each in wanted if isinstance(each, int)})
    first: dict[int | bytes, int] = {}
    keys = (old_owners[each] if isinstance(each, int) else find(each().text) for each in wanted)
    return [first.setdefault(key, number) for number, key in enumerate(keys)]


def _finder(before: Snapshot | None, kept: Collection[int]) -> Callable[[str], int | bytes]:
    """A function that gives, for a text, the number of the first article before that had it; else its hash."""
    if before is None:
        return lambda text: _hash(text.encode("utf-8", "surrogatepass"))
    segments, places = before.segments, before.places.tolist()
    by_size: dict[int, list[int]] = defaultdict(list)

    def find(text: str) -> int | bytes:
        if not by_size:
            for owner in kept:
                segment, entry = places[owner]
                by_size[segments[segment].sizes[entry]].append(owner)
        content = text.encode("utf-8", "surrogatepass")
        alike = ((owner, *places[owner]) for owner in by_size.get(len(content), ()))
        same = (owner for owner, segment, entry in alike if segments[segment].text(entry) == content)
        return next(same, _hash(content))

    return find


def _hash(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def living(snapshot: Snapshot) -> list[int]:
    """How many passages of each segment are still there."""
    rows, bounds = snapshot.rows, snapshot.starts.tolist()
    return [int(((rows >= start) & (rows < end)).sum()) for start, end in pairwise(bounds)]


def to_absorb(snapshot: Snapshot) -> set[int]:
    """The segments that the next update writes anew because they are small."""
    return {number for number, passages in enumerate(living(snapshot)) if passages < SMALL}


def to_merge(snapshot: Snapshot, most: int | None = None) -> set[int]:
    """The segments that should be one, by their sizes or since most of what one holds is gone; none mostly.

    They have no more than so many passages together.
    """
    most = LARGEST if most is None else most
    left = living(snapshot)
    used = np.bincount(snapshot.places[:, 0], minlength=len(left)).tolist()
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
