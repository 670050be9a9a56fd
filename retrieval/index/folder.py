"""An index kept in a folder: the newest snapshot there is what is opened, and an update publishes the next."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from retrieval.articles.article import Article
from retrieval.errors import IndexCorrupt, IndexForeign, IndexLocked, StorageFailed
from retrieval.index import planning
from retrieval.index.changes import Progress
from retrieval.index.encoded import Told, encode, forget
from retrieval.index.filling import fill
from retrieval.index.planning import Wanted, plan, to_absorb, to_merge
from retrieval.index.publishing import Draft, clear_left_overs, publish
from retrieval.index.salvaging import places_by_content, salvaged
from retrieval.index.segment import Encoded
from retrieval.index.snapshot import Snapshot, open_latest, published
from retrieval.index.sources import Source
from retrieval.index.writing import Edition
from retrieval.models.encoder import Vectors

if TYPE_CHECKING:
    from filelock import FileLock

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of snapshots."""

    path: Path

    def newest(self) -> str | None:
        """The version of the newest snapshot; None when there is none."""
        paths = published(self.path)
        return paths[-1].name if paths else None

    def open(self) -> Snapshot:
        """Open the newest snapshot; raises ``IndexMissing`` and ``IndexCorrupt``."""
        return open_latest(self.path)

    @contextlib.contextmanager
    def writer(self, wait_s: float, progress: Progress | None) -> Iterator[FolderWriter]:
        """Hold the lock on the folder; raises ``IndexLocked`` when that takes more than ``wait_s`` seconds."""
        with sole_writer(self.path, wait_s, progress):
            yield FolderWriter(self.path)


class FolderWriter:
    """The only process that writes into a folder of snapshots."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._previous: Snapshot | None = None
        self._salvage = False

    def previous(self, *, anew: bool, whole: bool) -> tuple[Snapshot | None, str | None]:
        """The newest snapshot that can be opened; if it is not the newest of all, also what is wrong with that one.

        Every byte is checked if it is to be ``whole``, else only what is read. What updates that were cut short have
        left is removed but for what they encoded, and that too if all is to be done ``anew``.
        """
        clear_left_overs(self._path)
        if anew:
            forget(self._path)
        self._previous, damage = _newest(self._path, Snapshot.open if whole else Snapshot.open_to_update)
        self._salvage = bool(damage and not anew)
        return self._previous, damage

    def check(self) -> None:
        """Check every byte of the snapshot that ``previous`` gave."""
        if self._previous:
            self._previous.check()

    def publish(self, edition: Edition, progress: Progress | None) -> tuple[int, int]:
        """Publish the next snapshot: how many passages it has, and how many had to be encoded."""
        reusable = edition.reusable if isinstance(edition.reusable, Snapshot) else None
        self._previous, encoded = self._publish_changes(edition, reusable, progress)
        forget(self._path)
        return self._previous.passages, encoded

    def tidy(self, *, waited_for: bool) -> None:
        """Publish a further snapshot, in which segments are merged, if there are too many."""
        try:
            if self._previous:
                self._previous = merge(self._path, self._previous, planning.QUICK if waited_for else planning.LARGEST)
        except (StorageFailed, IndexCorrupt) as error:  # what is there serves as well, and the next update tries again
            logger.warning("Segments could not be merged: %r", error)

    def _publish_changes(
        self, edition: Edition, reusable: Snapshot | None, progress: Progress | None
    ) -> tuple[Snapshot, int]:
        """Publish the next snapshot; also how many passages were encoded for it. The others are those of ``reusable``.

        Where the snapshots there are damaged, so that there is none, passages are taken over from what is whole of
        these.
        """
        encoder, encoded = edition.encoder, 0

        def encode_all(texts: Sequence[str]) -> Vectors:
            nonlocal encoded
            if progress:
                progress("encoding", 0, len(texts))
            vectors, missing = encode(self._path, encoder, texts, progress and _told(progress, len(texts)))
            encoded += missing
            return vectors

        segments: Sequence[Encoded] = reusable.segments if reusable else ()
        if self._salvage and not (reusable or edition.changes.rebuild_reason):
            segments = salvaged(self._path, encoder.fingerprint)
        known = None if reusable else places_by_content(segments).get
        drawn = plan(_wanted(edition, reusable), reusable, to_absorb(reusable) if reusable else (), known)
        draft = Draft(
            built_at=edition.built_at,
            encoder=encoder.name,
            fingerprint=encoder.fingerprint,
            sources=list(edition.survey.sources.values()),
            refused=edition.survey.refused,
            plan=drawn,
            before=reusable,
            fillings=fill(drawn, segments, encode_all),
        )
        return publish(self._path, draft, self._previous), encoded


def merge(index: Path, snapshot: Snapshot, most: int) -> Snapshot:
    """Publish a snapshot of the same with fewer segments, if it has too many of ``most`` passages; the newest one."""
    absorbed = to_merge(snapshot, most)
    if not absorbed:
        return snapshot
    drawn = plan(Wanted.the_same(len(snapshot.layout.places)), snapshot, absorbed)
    draft = Draft(
        built_at=snapshot.built_at,
        encoder=snapshot.encoder,
        fingerprint=snapshot.fingerprint,
        sources=list(snapshot.sources.values()),
        refused=snapshot.refused,
        plan=drawn,
        before=snapshot,
        fillings=fill(drawn, snapshot.segments, _nothing_to_encode),
    )
    return publish(index, draft, snapshot)


def _nothing_to_encode(texts: Sequence[str]) -> Vectors:
    raise AssertionError(f"{len(texts)} passages of a snapshot have no vectors")


def _told(progress: Progress, texts: int) -> Told:
    return lambda done: progress("encoding", done, texts)


def _wanted(edition: Edition, reusable: Snapshot | None) -> Wanted:
    """The articles of the next snapshot: those that have not changed by their numbers in ``reusable``."""
    survey = edition.survey
    if reusable is None:
        return Wanted.to_read([survey.reader(id) for source in survey.sources.values() for id in source.articles])
    new = {*edition.changes.added, *edition.changes.changed}
    before = _Numbers(reusable)
    numbers: list[NDArray[np.int64]] = []
    read: dict[int, Callable[[], Article]] = {}
    count = 0
    for source in survey.sources.values():
        found = before.of(source)
        if found is None:
            found = np.array([-1 if id in new else before.by_id[id] for id in source.articles], dtype=np.int64)
            ids = enumerate(source.articles, count)
            read |= {place: survey.reader(id) for place, id in ids if id in new}
        numbers.append(found)
        count += len(found)
    return Wanted(np.concatenate(numbers), read)


class _Numbers:
    """The numbers that articles have in a snapshot, by the files that they are in."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._sources = snapshot.sources
        ids = [id for source in self._sources.values() for id in source.articles]
        starts = accumulate((len(source.articles) for source in self._sources.values()), initial=0)
        self._starts = dict(zip(self._sources, starts, strict=False)) if ids == snapshot.ids else {}

    def of(self, source: Source) -> NDArray[np.int64] | None:
        """Those of a file's articles, one behind the other as they are there, if the file has the same as it had."""
        start, before = self._starts.get(source.path), self._sources.get(source.path)
        if start is None or before is None or before.articles != source.articles:
            return None
        if before.articles is not source.articles and [*before.articles] != [*source.articles]:
            return None
        return np.arange(start, start + len(source.articles))

    @cached_property
    def by_id(self) -> Mapping[str, int]:
        """All of them."""
        return {id: number for number, id in enumerate(self._snapshot.ids)}


def _newest(index: Path, opened: Callable[[Path], Snapshot]) -> tuple[Snapshot | None, str | None]:
    """The newest snapshot that can be ``opened``; if it is not the newest of all, also what is wrong with that one."""
    damage = None
    for path in reversed(published(index)):
        try:
            return opened(path), damage
        except IndexForeign:
            damage = damage or "another version of Quoth wrote the index"
        except IndexCorrupt as error:
            damage = damage or f"the index was damaged: {error.reason}"
    return None, damage


@contextlib.contextmanager
def sole_writer(index: Path, wait_s: float, progress: Progress | None) -> Iterator[None]:
    """Hold the lock on the index, a file lock that the system releases when the process ends, however it ends."""
    from filelock import FileLock, Timeout  # which takes longer than to open an index that is up to date

    lock, holder = FileLock(index / "lock"), index / "writer"
    try:
        index.mkdir(parents=True, exist_ok=True)
        _acquire(lock, wait_s, progress)
        try:
            holder.write_text(f"process {os.getpid()} on {socket.gethostname()}", encoding="utf-8")
        except OSError:
            lock.release()
            raise
    except Timeout:
        raise IndexLocked(index, _read_holder(holder)) from None
    except OSError as error:
        raise StorageFailed(index, error.strerror or str(error)) from error
    try:
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _acquire(lock: FileLock, wait_s: float, progress: Progress | None) -> None:
    from filelock import Timeout

    try:
        lock.acquire(timeout=0)
    except Timeout:
        if progress:
            progress("waiting", 0, 0)
        lock.acquire(timeout=wait_s)


def _read_holder(path: Path) -> str:
    try:
        return path.read_text("utf-8") or "another process"
    except OSError:
        return "another process"
