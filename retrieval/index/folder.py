"""An index kept in a folder: the newest snapshot there is what is opened, and an update publishes the next."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from retrieval.articles.article import Article
from retrieval.errors import IndexCorrupt, IndexForeign, IndexLocked, StorageFailed
from retrieval.index.changes import Progress
from retrieval.index.dense import DenseIndex
from retrieval.index.encoded import encode, forget
from retrieval.index.lexical import LexicalIndex
from retrieval.index.publishing import Draft, clear_left_overs, publish
from retrieval.index.snapshot import Snapshot, open_latest, published
from retrieval.index.writing import Edition
from retrieval.models.encoder import Encoder, Vectors
from retrieval.text.passages import cut
from retrieval.text.sentences import Span

if TYPE_CHECKING:
    from filelock import FileLock


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

    def previous(self, *, anew: bool) -> tuple[Snapshot | None, str | None]:
        """The newest snapshot that can be opened; if it is not the newest of all, also what is wrong with that one.

        What updates that were cut short have left is removed but for what they encoded, and that too if all is to be
        done ``anew``.
        """
        clear_left_overs(self._path)
        if anew:
            forget(self._path)
        self._previous, damage = newest_whole(self._path)
        return self._previous, damage

    def publish(self, edition: Edition, progress: Progress | None) -> tuple[int, int]:
        """Publish the next snapshot: how many passages it has, and how many had to be encoded."""
        reusable = edition.reusable if isinstance(edition.reusable, Snapshot) else None
        draft, encoded = _draft(self._path, edition, reusable, progress)
        snapshot = publish(self._path, draft, self._previous)
        forget(self._path)
        return snapshot.passages, encoded


def newest_whole(index: Path) -> tuple[Snapshot | None, str | None]:
    """The newest snapshot that can be opened; if it is not the newest of all, also what is wrong with that one."""
    damage = None
    for path in reversed(published(index)):
        try:
            return Snapshot.open(path), damage
        except IndexForeign:
            damage = damage or "another version of Quoth wrote the index"
        except IndexCorrupt as error:
            damage = damage or f"the index was damaged: {error.reason}"
    return None, damage


def _draft(index: Path, edition: Edition, reusable: Snapshot | None, progress: Progress | None) -> tuple[Draft, int]:
    """The next snapshot, and how many of its passages were encoded for it; the others are those of ``reusable``."""
    encoder, survey = edition.encoder, edition.survey
    articles = [read() for read in survey.readable.values()]
    spans, kept, fresh = _plan(articles, reusable)
    vectors, encoded = _encoded(index, fresh, reusable, encoder, progress)
    if reusable and len(fresh) < sum(map(len, spans)):
        # In the order of the articles: numbers of rows in the old snapshot and, counted on from these, in the fresh.
        order = np.array(_order(kept, [len(places) for places in spans], reusable.passages), dtype=np.int64)
        dense, lexical = reusable.dense.updated(order, vectors), reusable.lexical.updated(order, fresh)
    else:
        dense, lexical = DenseIndex.build(vectors), LexicalIndex.build(fresh)
    draft = Draft(
        built_at=edition.built_at,
        encoder=encoder.name,
        fingerprint=encoder.fingerprint,
        sources=list(survey.sources.values()),
        refused=survey.refused,
        articles=articles,
        spans=spans,
        dense=dense,
        lexical=lexical,
    )
    return draft, encoded


def _encoded(
    index: Path, fresh: Sequence[str], reusable: Snapshot | None, encoder: Encoder, progress: Progress | None
) -> tuple[Vectors, int]:
    """Vectors of the texts, shape (texts, dimension), and how many were encoded; the model is not loaded for none."""
    if reusable and not fresh:
        return np.empty((0, reusable.dense.dimension), dtype=np.float32), 0
    if progress:
        progress("encoding", 0, len(fresh))
    return encode(index, encoder, fresh, progress and (lambda done: progress("encoding", done, len(fresh))))


def _plan(
    articles: Sequence[Article], reusable: Snapshot | None
) -> tuple[list[Sequence[Span]], list[slice | None], list[str]]:
    """By article: its passages, and the rows of the old snapshot that hold them or None; and the texts to encode."""
    known = reusable.contents() if reusable else {}
    spans: list[Sequence[Span]] = []
    kept: list[slice | None] = []
    fresh: list[str] = []
    seen: set[str] = set()
    for article in articles:
        rows: slice | None = slice(0, 0)
        places: Sequence[Span] = ()
        if article.text not in seen:  # a copy has the passages of the first article with the text
            rows, places = known.get(article.content_hash, (None, ()))
            places = places or cut(article.text)
        seen.add(article.text)
        spans.append(places)
        kept.append(rows)
        if rows is None:
            fresh.extend(f"{article.title}. {article.text[start:end]}" for start, end in places)
    return spans, kept, fresh


def _order(kept: Sequence[slice | None], sizes: Sequence[int], fresh_from: int) -> list[int]:
    """Each passage's row: in the old snapshot for kept articles, else counted on from ``fresh_from``."""
    order: list[int] = []
    for rows, size in zip(kept, sizes, strict=True):
        if rows is None:
            order.extend(range(fresh_from, fresh_from + size))
            fresh_from += size
        else:
            order.extend(range(rows.start, rows.stop))
    return order


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
