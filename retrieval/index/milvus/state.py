"""The state of a store: everything of a version but texts and vectors, read whole or brought up to a newer version."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from retrieval.articles.article import Skipped
from retrieval.index.milvus.connection import Connection
from retrieval.index.milvus.records import RECORDS, FileRecord, Found, Head, Kept, every
from retrieval.index.milvus.statistics import Statistics
from retrieval.index.moments import VectorMoments

FILE, USAGE, MOMENTS, REFUSED = "file", "usage", "moments", "refused"
"""Kinds of records that belong to a version: a file with its articles, what it changed in the statistics, what is known
of all vectors, and files that were refused unread."""


@dataclass(frozen=True, slots=True)
class Superseded:
    """The record of a file that a newer version has another one of."""

    record: FileRecord
    by: int
    """That version."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Mean and covariance of the vectors, and how many they were taken from."""

    vectors: int
    moments: VectorMoments

    @property
    def value(self) -> object:
        """As JSON can hold it."""
        arrays = self.moments.mean.astype("<f4"), self.moments.half.astype("<f2")
        mean, half = (base64.b64encode(array.tobytes()).decode() for array in arrays)
        return {"vectors": self.vectors, "mean": mean, "half": half}

    @classmethod
    def unpacked(cls, value: Mapping[str, str]) -> Spread:
        """What ``value`` says."""
        mean = np.frombuffer(base64.b64decode(value["mean"]), dtype="<f4")
        half = np.frombuffer(base64.b64decode(value["half"]), dtype="<f2")
        return cls(int(value["vectors"]), VectorMoments.unpacked(mean, half))

    def joined(self, other: Spread) -> Spread:
        """That of both."""
        joined = self.moments.joined(self.vectors, other.moments, other.vectors)
        return Spread(self.vectors + other.vectors, joined)


@dataclass(frozen=True, slots=True)
class State:
    """A version of the index without texts and vectors. It never changes."""

    head: Head
    files: Mapping[str, FileRecord]
    """By path, in order."""
    superseded: Sequence[Superseded]
    """Whose texts may still be there."""
    statistics: Statistics
    spread: Spread | None
    refused: Sequence[Skipped] = ()
    changes: int = 0
    """Records that the statistics were made of, since one that was whole."""
    since: Mapping[str, int] = field(default_factory=dict)
    """By kind of record: the version that needs none of the kind before it."""

    @property
    def articles(self) -> Iterator[Kept]:
        """The articles, in order."""
        return (article for file in self.files.values() for article in file.articles)


@dataclass(slots=True)
class _Reading:
    """What was read of a store, by kind."""

    files: list[FileRecord] = field(default_factory=list)
    usage: list[Found] = field(default_factory=list)
    spread: list[Found] = field(default_factory=list)
    refused: list[Found] = field(default_factory=list)


def load(connection: Connection, head: Head, before: State | None = None) -> State:
    """The state of the version that ``head`` names, on the strength of an earlier one where there is one.

    What a version needs stays for minutes after a newer one was published (see ``cleaning``), so that it is read whole.
    """
    if before and (before.head.generation != head.generation or before.head.version > head.version):
        before = None
    if before and before.head.version == head.version:
        return before
    known = before or State(head, {}, (), Statistics(), None)
    read = _read(connection, before.head.version if before else head.began - 1, head.version)
    files, superseded = _merged(known.files, read.files)
    statistics, changes = _added_up(known, read.usage)
    spread, refused = _newest(read.spread), _newest(read.refused)
    whole = [each.version for each in read.usage if each.value["whole"]]
    since = {USAGE: max(whole, default=0), MOMENTS: spread.version if spread else 0}
    return State(
        head=head,
        files=files,
        superseded=[old for old in (*known.superseded, *superseded) if old.by > head.cleaned],
        statistics=statistics,
        spread=Spread.unpacked(spread.value) if spread else known.spread,
        refused=[Skipped(**each) for each in refused.value] if refused else known.refused,
        changes=changes,
        since={kind: version or known.since.get(kind, 0) for kind, version in since.items()},
    )


def _read(connection: Connection, since: int, until: int) -> _Reading:
    read = _Reading()
    for found in every(connection, RECORDS, f"version > {since} and version <= {until} and version > 0"):
        kind = found.key.partition("/")[0]
        if kind == FILE:
            read.files.append(FileRecord.unpacked(found.version, found.parts, found.value))
        elif kind in {USAGE, MOMENTS, REFUSED}:
            {USAGE: read.usage, MOMENTS: read.spread, REFUSED: read.refused}[kind].append(found)
    return read


def _newest(found: Sequence[Found]) -> Found | None:
    return max(found, key=lambda each: each.version, default=None)


def _merged(
    before: Mapping[str, FileRecord], newer: Iterable[FileRecord]
) -> tuple[dict[str, FileRecord], list[Superseded]]:
    """The files by path, in order, and the records that others took the place of."""
    files, superseded = dict(before), []
    for record in sorted(newer, key=lambda each: each.version):
        if record.path in files:
            superseded.append(Superseded(files[record.path], record.version))
        files[record.path] = record
    # A record that says that a file was removed is superseded by itself.
    removed = [record for record in files.values() if record.source is None]
    superseded += [Superseded(record, record.version) for record in removed]
    return {path: files[path] for path in sorted(files) if files[path].source is not None}, superseded


def _added_up(before: State, found: Sequence[Found]) -> tuple[Statistics, int]:
    """The statistics after the changes that each version wrote down; one that is whole replaces those before it."""
    statistics, changes = before.statistics, before.changes
    for each in sorted(found, key=lambda one: one.version):
        added, removed = (Statistics.unpacked(each.value[name]) for name in ("added", "removed"))
        statistics = added if each.value["whole"] else statistics.plus(added).plus(removed, -1)
        changes = 0 if each.value["whole"] else changes + 1
    return statistics, changes
