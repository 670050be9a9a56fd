"""Keeping the index true to the folder of articles: noticing what changed, encoding only that, one writer at a time."""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
from filelock import FileLock, Timeout

from retrieval.articles import Article, Skipped, SourceFile, contents, locate, parse, read_bytes, scan, stamp
from retrieval.dense import DenseIndex
from retrieval.encoder import Encoder, Vectors
from retrieval.errors import (
    ArticleUnreadable,
    IndexCorrupt,
    IndexForeign,
    IndexLocked,
    IndexMissing,
    NoArticles,
    StorageFailed,
)
from retrieval.formats import SIDECAR
from retrieval.lexical import LexicalIndex
from retrieval.passages import Span, cut
from retrieval.snapshot import (
    RULES,
    Draft,
    Snapshot,
    Source,
    all_skipped,
    clear_left_overs,
    open_latest,
    publish,
    published,
)

Progress = Callable[[str, int, int], None]
"""Told the stage (``waiting``, ``reading``, ``encoding``), how much of it is done, and how much there is."""

_RACY_NS = 2_000_000_000
"""A file changed this shortly before a build may change again without its time stamp showing it (as in git)."""


Stale = Literal["changed", "removed"]
"""What became of a file since it was indexed."""


@dataclass(frozen=True, slots=True)
class Differences:
    """How the articles folder, the encoder and the rules differ from a snapshot; true when they do at all."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    """Every file without a readable article, and why."""
    skipped_changed: bool
    files_changed: bool
    """Whether any file holds other bytes, be it that its articles say the same."""
    encoder_changed: bool
    rules_changed: bool

    def __bool__(self) -> bool:
        articles = self.added or self.changed or self.removed
        return bool(articles or self.skipped_changed or self.files_changed or self.anew)

    @property
    def anew(self) -> str | None:
        """Why no vector of the snapshot can be kept, if so."""
        if self.encoder_changed:
            return "the encoder changed"
        return "this version of Quoth cuts texts by other rules" if self.rules_changed else None


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
    wait_s: float = 0.0,
    progress: Progress | None = None,
) -> Report:
    """Bring the newest snapshot in ``index`` up to date with the folder ``articles``.

    Only passages of new or changed articles are encoded. Nothing is written when nothing changed; until the last
    rename, whoever opens the index gets the snapshot before.

    Raises:
        FolderMissing, NoArticles: there is nothing to index.
        IndexLocked: another process was still writing after ``wait_s`` seconds.
        StorageFailed: the articles cannot be listed or the index cannot be written.
        EncoderUnavailable, WeightsMismatch: see ``encoder``.
    """
    started = time.perf_counter()
    with _sole_writer(index, wait_s, progress):
        began = datetime.now(UTC)
        clear_left_overs(index)
        previous, damage = _newest_whole(index)
        survey = _survey(articles, None if force else previous, progress)
        if not survey.readable:
            raise NoArticles(articles, len(survey.skipped))
        changes = _differences(survey, previous, encoder)
        reason = "forced" if force else damage or changes.anew
        if previous and not changes and not reason:
            snapshot, encoded, built = previous, 0, False
        else:
            reusable = None if force or changes.anew else previous
            draft, encoded = _draft(survey, reusable, encoder, began, progress)
            snapshot, built = publish(index, draft, previous), True
        return Report(
            added=changes.added,
            changed=changes.changed,
            removed=changes.removed,
            unchanged=changes.unchanged,
            skipped=changes.skipped,
            passages=snapshot.passages,
            encoded=encoded,
            built=built,
            reason=reason,
            elapsed_s=time.perf_counter() - started,
        )


def compare(articles: Path, snapshot: Snapshot, encoder: Encoder) -> Differences:
    """Tell whether ``snapshot`` still is what ``update`` would build, without building anything.

    Raises:
        FolderMissing, StorageFailed: the articles cannot be listed.
    """
    return _differences(_survey(articles, snapshot, None), snapshot, encoder)


def open_up_to_date(
    articles: Path, index: Path, encoder: Encoder, *, wait_s: float = 600.0, progress: Progress | None = None
) -> tuple[Snapshot, Report | None]:
    """Open the newest snapshot, brought up to date first if need be; the report says what that took, if anything.

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


# --- noticing changes ----------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Survey:
    """The articles folder as it is now."""

    refused: Sequence[Skipped]
    sources: dict[str, Source] = field(default_factory=dict)
    readable: dict[str, Callable[[], Article]] = field(default_factory=dict)
    """By id: a way to the article, which for an unchanged one is its snapshot."""

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        return all_skipped(self.sources.values(), self.refused)


def _survey(articles: Path, known: Snapshot | None, progress: Progress | None) -> _Survey:
    """Look at every file; read those whose size or time differ, or whose time is too fresh to be trusted."""
    files, refused = scan(articles)
    survey = _Survey(refused)
    if known and known.rules != RULES:
        known = None
    trusted_ns = _trusted_ns(known) if known else 0
    for done, file in enumerate(files):
        before = known.sources.get(file.path) if known else None
        if before and not before.sha256:  # it could not be read, and permission changes no time stamp
            before = None
        read: Sequence[Article] = ()
        if before and before.stamp == file.stamp and file.touched_ns < trusted_ns:
            source = before
        else:
            source, read = _look(articles, file, before)
        survey.sources[file.path] = source
        if known:
            survey.readable.update((id, partial(known.article, id)) for id in source.articles)
        survey.readable.update((article.id, partial(_itself, article)) for article in read)
        if progress and done % 64 == 0:
            progress("reading", done, len(files))
    return survey


def _trusted_ns(snapshot: Snapshot) -> int:
    """Time stamps before this one show that a file is the one in the snapshot."""
    return int(snapshot.built_at.timestamp() * 1e9) - _RACY_NS


def _itself(article: Article) -> Article:
    return article


def _look(articles: Path, file: SourceFile, before: Source | None) -> tuple[Source, Sequence[Article]]:
    """Read one file; make articles of it unless its bytes are the ones known."""
    source = Source(**asdict(file))
    try:
        content = read_bytes(articles, file.path)
        sidecar = read_bytes(articles, file.path + SIDECAR) if file.sidecar_modified_ns else None
        source = replace(source, sha256=_digest(content, sidecar))
        if before and before.sha256 == source.sha256:
            return replace(before, **asdict(file)), ()
        parsed = parse(file.path, content, sidecar)
    except ArticleUnreadable as error:
        return replace(source, skipped=error.reason), ()
    source = replace(source, articles={article.id: article.digest for article in parsed.articles})
    if parsed.skipped:
        source = replace(source, skipped=parsed.skipped.reason, skipped_id=parsed.skipped.path)
    return source, parsed.articles


def _digest(content: bytes, sidecar: bytes | None) -> str:
    """The hash of a file's bytes; with metadata beside it, of both, each at its length."""
    whole = content if sidecar is None else b"%d\n%b%b" % (len(content), content, sidecar)
    return hashlib.sha256(whole).hexdigest()


def _differences(survey: _Survey, snapshot: Snapshot | None, encoder: Encoder) -> Differences:
    sources = snapshot.sources if snapshot else {}
    now, then = _digests(survey.sources), _digests(sources)
    kept = [path for path in survey.sources if path in sources]
    return Differences(
        added=tuple(id for id in now if id not in then),
        changed=tuple(id for id in now if then.get(id, now[id]) != now[id]),
        removed=tuple(id for id in then if id not in now),
        unchanged=tuple(id for id in now if then.get(id) == now[id]),
        skipped=survey.skipped,
        skipped_changed=survey.skipped != (snapshot.skipped if snapshot else ()),
        files_changed=any(survey.sources[path].sha256 != sources[path].sha256 for path in kept),
        encoder_changed=snapshot is not None and snapshot.fingerprint != encoder.fingerprint,
        rules_changed=snapshot is not None and snapshot.rules != RULES,
    )


def _digests(sources: Mapping[str, Source]) -> dict[str, str]:
    """The digests of all articles, by id."""
    return {id: digest for source in sources.values() for id, digest in source.articles.items()}


class Freshness:
    """Tells of single files whether they still are what a snapshot was made of.

    It costs two looks at the disk. Only a file whose size or time differ is read, and not again until they differ
    again.
    """

    def __init__(self, articles: Path, snapshot: Snapshot) -> None:
        self._articles = articles
        self._sources = snapshot.sources
        self._trusted_ns = _trusted_ns(snapshot)
        self._verdicts: dict[tuple[str, tuple[int, ...]], Stale | None] = {}

    def stale(self, path: str) -> Stale | None:
        """What became of the file at ``path`` since it was indexed, if anything."""
        known = self._sources[path]
        try:
            seen = stamp(self._articles, path)
        except (FileNotFoundError, NotADirectoryError):
            return "removed"
        except OSError:
            return "changed"
        if seen == known.stamp and known.touched_ns < self._trusted_ns:
            return None
        if (path, seen) in self._verdicts:
            return self._verdicts[path, seen]
        return self._judge(known)

    def _judge(self, known: Source) -> Stale | None:
        """Read the file; remember the verdict if the time stamp will show the next change."""
        began_ns = time.time_ns()
        try:
            file = locate(self._articles, known.path)
            verdict: Stale | None = None if _digest(*contents(self._articles, file)) == known.sha256 else "changed"
        except ArticleUnreadable:
            return "changed"
        if file.touched_ns < began_ns - _RACY_NS:
            self._verdicts[file.path, file.stamp] = verdict
        return verdict


# --- building ------------------------------------------------------------------------------------------------


def _newest_whole(index: Path) -> tuple[Snapshot | None, str | None]:
    """The newest snapshot that is whole and, when newer ones are not, what is wrong with the newest."""
    damage = None
    for path in reversed(published(index)):
        try:
            return Snapshot.open(path), damage
        except IndexForeign:
            damage = damage or "another version of Quoth wrote the index"
        except IndexCorrupt as error:
            damage = damage or f"the index was damaged: {error.reason}"
    return None, damage


def _draft(
    survey: _Survey, reusable: Snapshot | None, encoder: Encoder, began: datetime, progress: Progress | None
) -> tuple[Draft, int]:
    """Put a snapshot together; also says how many passages had to be encoded for it."""
    articles = [read() for read in survey.readable.values()]
    spans, kept, fresh = _plan(articles, reusable)
    vectors = _encoded(fresh, reusable, encoder, progress)
    if reusable and len(fresh) < sum(map(len, spans)):
        # Rows of the old snapshot, with the fresh ones behind them, in the order of the articles.
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
    return draft, len(fresh)


def _encoded(fresh: Sequence[str], reusable: Snapshot | None, encoder: Encoder, progress: Progress | None) -> Vectors:
    """Vectors of the texts, shape (texts, dimension); without any, the model need not even be loaded."""
    if reusable and not fresh:
        return np.empty((0, reusable.dense.dimension), dtype=np.float32)
    if progress:
        progress("encoding", 0, len(fresh))
    return encoder.encode_document(fresh, progress and (lambda done: progress("encoding", done, len(fresh))))


def _plan(
    articles: Sequence[Article], reusable: Snapshot | None
) -> tuple[list[Sequence[Span]], list[slice | None], list[str]]:
    """Each article's passages, the rows in the old snapshot that hold them, if any do, and the texts of the others."""
    known = reusable.contents() if reusable else {}
    spans: list[Sequence[Span]] = []
    kept: list[slice | None] = []
    fresh: list[str] = []
    seen: set[str] = set()
    for article in articles:
        rows: slice | None = slice(0, 0)
        places: Sequence[Span] = ()
        if article.text not in seen:  # else its passages are those of the first that has the text
            rows, places = known.get(article.content_hash, (None, ()))
            places = places or cut(article.text)
        seen.add(article.text)
        spans.append(places)
        kept.append(rows)
        if rows is None:
            fresh.extend(f"{article.title}. {article.text[start:end]}" for start, end in places)
    return spans, kept, fresh


def _order(kept: Sequence[slice | None], sizes: Sequence[int], fresh_from: int) -> list[int]:
    """Where each passage's row is: in the old snapshot for kept articles, else among the fresh rows behind it."""
    order: list[int] = []
    for rows, size in zip(kept, sizes, strict=True):
        if rows is None:
            order.extend(range(fresh_from, fresh_from + size))
            fresh_from += size
        else:
            order.extend(range(rows.start, rows.stop))
    return order


@contextlib.contextmanager
def _sole_writer(index: Path, wait_s: float, progress: Progress | None) -> Iterator[None]:
    """Hold the lock on the index. The system drops it when its holder dies, however it dies."""
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
