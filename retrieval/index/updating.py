"""Bringing the index up to date with the articles folder: only what changed is encoded, one process at a time."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from retrieval.articles.article import Skipped
from retrieval.errors import FolderMissing, IndexCorrupt, IndexMissing, NoArticles
from retrieval.index.address import Where
from retrieval.index.changes import Differences, Progress, compare, differences_of, survey_folder
from retrieval.index.places import place_of
from retrieval.index.protocol import Index
from retrieval.index.writing import Edition, Writer
from retrieval.models.encoder import Encoder


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
    """False when nothing had changed and the index in place was kept."""
    reason: str | None
    """Why more than the changed articles was done, if so."""
    elapsed_s: float


def update(
    articles: Path,
    index: Where,
    encoder: Encoder,
    *,
    force: bool = False,
    thorough: bool = False,
    wait_s: float = 0.0,
    progress: Progress | None = None,
) -> Report:
    """Bring the index kept in ``index`` up to date with the folder ``articles``.

    Only passages of new or changed articles are encoded, unless ``force`` asks for all; what an update that was cut
    short has encoded is kept. A change that left a file its size and its time is noticed when ``thorough``, for which
    every file is read. Nothing is written when nothing changed; until all is written, whoever opens the index gets the
    one before.

    When nothing changed, all of the index is checked; if something did, only what is read of it, since whoever opens
    the next one to answer checks all of it. What is damaged is made anew.

    Raises:
        FolderMissing, NoArticles: there is nothing to index.
        IndexLocked: another process was still writing after ``wait_s`` seconds.
        StorageFailed: the articles cannot be listed or the index cannot be written.
        EncoderUnavailable, DeviceUnavailable, WeightsMismatch: see ``encoder``.
    """
    _look_for(articles)
    asked = _Asked(articles, encoder, progress, force=force, thorough=thorough)
    with place_of(index).writer(wait_s, progress) as writer:
        return _update_and_tidy(writer, asked)


def _look_for(articles: Path) -> None:
    """See that there is a folder of articles, before one for its index is made: somebody may have mistyped it."""
    if not articles.is_dir():
        raise FolderMissing(articles)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What ``update`` is asked for."""

    articles: Path
    encoder: Encoder
    progress: Progress | None
    force: bool = False
    thorough: bool = False
    damaged: bool = False
    """Whether the index is known to be damaged, so that every byte of it has to be checked."""
    waited_for: bool = False
    """Whether somebody waits for an answer, so that nothing else is done that takes longer than a moment."""


def _update_and_tidy(writer: Writer, asked: _Asked) -> Report:
    try:
        report = _update(writer, asked)
    except IndexCorrupt:
        if asked.damaged:
            raise
        report = _update(writer, replace(asked, damaged=True))
    writer.tidy(waited_for=asked.waited_for)
    return report


def _update(writer: Writer, asked: _Asked) -> Report:
    """Publish the next index, if it would be another; raises ``IndexCorrupt`` where the one before is damaged."""
    started, began = time.perf_counter(), datetime.now(UTC)
    previous, damage = writer.previous(anew=asked.force, whole=asked.damaged)
    known = None if asked.force else previous
    survey = survey_folder(asked.articles, known, asked.progress, thorough=asked.thorough)
    if survey.empty:
        raise NoArticles(asked.articles, len(survey.skipped))
    changes = differences_of(survey, previous, asked.encoder)
    reason = "forced" if asked.force else damage or changes.rebuild_reason
    if previous and not changes and not reason:
        if not asked.damaged:
            writer.check()
        return _report(changes, previous.passages, started)
    reusable = None if asked.force or changes.rebuild_reason else previous
    passages, encoded = writer.publish(Edition(began, asked.encoder, survey, changes, reusable), asked.progress)
    return _report(changes, passages, started, encoded=encoded, built=True, reason=reason)


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
    articles: Path, index: Where, encoder: Encoder, *, wait_s: float = 600.0, progress: Progress | None = None
) -> tuple[Index, Report | None]:
    """Open the newest index after an update, if one is due; the report is that update's.

    An index that is up to date is only read, so it may lie on a read-only disk.

    Raises:
        Whatever ``update`` raises.
    """
    place, damaged = place_of(index), False
    try:
        opened = place.open()
        if not compare(articles, opened, encoder):
            return opened, None
    except IndexMissing:
        pass
    except IndexCorrupt:
        damaged = True
    _look_for(articles)
    asked = _Asked(articles, encoder, progress, damaged=damaged, waited_for=True)
    with place.writer(wait_s, progress) as writer:
        report = _update_and_tidy(writer, asked)
    return place.open(), report
