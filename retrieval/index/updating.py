"""Bringing the index up to date with the articles folder: only what changed is encoded, one process at a time."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from retrieval.articles.article import Article, Skipped
from retrieval.errors import (
    IndexCorrupt,
    IndexLocked,
    IndexMissing,
    NoArticles,
    StorageFailed,
)
from retrieval.index.changes import Differences, Progress, Survey, compare, differences_of, newest_whole, survey_folder
from retrieval.index.dense import DenseIndex
from retrieval.index.encoded import encode, forget
from retrieval.index.lexical import LexicalIndex
from retrieval.index.publishing import Draft, clear_left_overs, publish
from retrieval.index.snapshot import Snapshot, open_latest
from retrieval.models.encoder import Encoder, Vectors
from retrieval.text.passages import cut
from retrieval.text.sentences import Span

if TYPE_CHECKING:
    from filelock import FileLock


@dataclass(frozen=True, slots=True)
class Report:
    """What an update did; articles by id."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    passages: int
    encoded: int
    built: bool
    """False when nothing had changed and the snapshot in place was kept."""
    reason: str | None
    """Why more than the changed articles was done, if so."""
    elapsed_s: float


def update(
    articles: Path,
    index: Path,
    encoder: Encoder,
    *,
    force: bool = False,
    thorough: bool = False,
    wait_s: float = 0.0,
    progress: Progress | None = None,
) -> Report:
    """Bring the newest snapshot in ``index`` up to date with the folder ``articles``.

    Only passages of new or changed articles are encoded, unless ``force`` asks for all; what an update that was cut
    short has encoded is kept. A change that left a file its size and its time is noticed when ``thorough``, for which
    every file is read. Nothing is written when nothing changed; until the last rename, whoever opens the index gets the
    snapshot before.

    Raises:
        FolderMissing, NoArticles: there is nothing to index.
        IndexLocked: another process was still writing after ``wait_s`` seconds.
        StorageFailed: the articles cannot be listed or the index cannot be written.
        EncoderUnavailable, DeviceUnavailable, WeightsMismatch: see ``encoder``.
    """
    started = time.perf_counter()
    with sole_writer(index, wait_s, progress):
        began = datetime.now(UTC)
        _clear(index, force=force)
        previous, damage = newest_whole(index)
        survey = survey_folder(articles, None if force else previous, progress, thorough=thorough)
        if not survey.readable:
            raise NoArticles(articles, len(survey.skipped))
        changes = differences_of(survey, previous, encoder)
        reason = "forced" if force else damage or changes.rebuild_reason
        if previous and not changes and not reason:
            return _report(changes, previous.passages, started)
        reusable = None if force or changes.rebuild_reason else previous
        draft, encoded = _draft(index, survey, reusable, encoder, began, progress)
        snapshot = publish(index, draft, previous)
        forget(index)
        return _report(changes, snapshot.passages, started, encoded=encoded, built=True, reason=reason)


def _clear(index: Path, *, force: bool) -> None:
    """Remove what updates that were cut short have left, but for what they encoded, unless all is to be done anew."""
    clear_left_overs(index)
    if force:
        forget(index)


def _report(
    changes: Differences,
    passages: int,
    started: float,
    *,
    encoded: int = 0,
    built: bool = False,
    reason: str | None = None,
) -> Report:
    return Report(
        added=changes.added,
        changed=changes.changed,
        removed=changes.removed,
        unchanged=changes.unchanged,
        skipped=changes.skipped,
        passages=passages,
        encoded=encoded,
        built=built,
        reason=reason,
        elapsed_s=time.perf_counter() - started,
    )


def open_up_to_date(
    articles: Path, index: Path, encoder: Encoder, *, wait_s: float = 600.0, progress: Progress | None = None
) -> tuple[Snapshot, Report | None]:
    """Open the newest snapshot after an update, if one is due; the report is that update's.

    An index that is up to date is only read, so it may lie on a read-only disk.

    Raises:
        Whatever ``update`` raises.
    """
    with contextlib.suppress(IndexMissing, IndexCorrupt):
        snapshot = open_latest(index)
        if not compare(articles, snapshot, encoder):
            return snapshot, None
    report = update(articles, index, encoder, wait_s=wait_s, progress=progress)
    return open_latest(index), report


def _draft(
    index: Path,
    survey: Survey,
    reusable: Snapshot | None,
    encoder: Encoder,
    began: datetime,
    progress: Progress | None,
) -> tuple[Draft, int]:
    """The next snapshot, and how many of its passages were encoded for it; the others are those of ``reusable``."""
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
        built_at=began,
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
    from filelock import FileLock, Timeout

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
