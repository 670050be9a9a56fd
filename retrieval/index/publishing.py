"""Publishing: a snapshot is written into a folder, which one rename makes the newest."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from retrieval.articles.article import Skipped
from retrieval.errors import StorageFailed
from retrieval.index.arrays import write_arrays
from retrieval.index.checking import hashes
from retrieval.index.dense import DenseIndex
from retrieval.index.filling import Filling
from retrieval.index.planning import Plan
from retrieval.index.segment import keep_open, write_articles
from retrieval.index.snapshot import LAYOUT, ORDER_FILE, SNAPSHOT_NAME, Snapshot, published
from retrieval.index.sources import RULES, Source

_UNFINISHED = "unfinished-"


@dataclass(frozen=True, slots=True)
class Draft:
    """The content of a snapshot to be written."""

    built_at: datetime
    encoder: str
    fingerprint: str
    sources: Sequence[Source]
    refused: Sequence[Skipped]
    plan: Plan
    before: Snapshot | None
    """The snapshot whose segments the plan takes over, if it does."""
    fillings: Iterable[Filling]
    """The new segments."""


def publish(index: Path, draft: Draft, previous: Snapshot | None) -> Snapshot:
    """Write a snapshot into ``index`` and make it the newest. The caller holds the lock on the index.

    ``previous`` is kept, to be opened should the new one be damaged on disk; all older ones are removed.

    Raises:
        StorageFailed: the disk is full or may not be written; what was there before is untouched.
        IndexCorrupt: a segment that is to be written anew is damaged, or what was written is.
    """
    numbers = [int(match[1]) for path in published(index) if (match := SNAPSHOT_NAME.fullmatch(path.name))]
    number = max(numbers, default=0) + 1
    folder = index / f"{_UNFINISHED}{os.getpid()}"
    try:
        folder.mkdir()
        manifest, content, written = _write(folder, draft, number)
        path = index / f"snapshot-{number:08}-{hashlib.sha256(content).hexdigest()[:16]}"
        folder.rename(path)
        _sync(index)
    except OSError as error:
        # faiss does not say why it could not write.
        raise StorageFailed(index, error.strerror or "only a part could be written") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    # An open one stays readable; Windows refuses to delete it, and the next update tries again.
    for old in set(published(index)) - {path, previous and previous.path}:
        shutil.rmtree(old, ignore_errors=True)
    snapshot = Snapshot.open_to_update(path, manifest)
    snapshot.check(written)
    keep_open(snapshot.segments)
    return snapshot


def clear_left_overs(index: Path) -> None:
    """Remove the unfinished folders of killed updates from ``index``. The caller holds the lock on it."""
    for left_over in index.glob(f"{_UNFINISHED}*"):
        shutil.rmtree(left_over, ignore_errors=True)


def _write(folder: Path, draft: Draft, number: int) -> tuple[dict[str, Any], bytes, Sequence[str]]:
    """Write every file of the snapshot and force them to disk.

    It gives the manifest, its bytes, and the names of the new files.
    """
    segments, files = _link_kept(folder, draft)
    kept = frozenset(files)
    ends: list[int] = []
    for filling in draft.fillings:
        name = "" if "" not in segments else next(str(n) for n in count(1) if str(n) not in segments)
        segments = [*segments, name]
        _write_segment(folder / name, filling)
        ends.append((ends[-1] if ends else 0) + len(filling.written))
    if len(segments) > 1 or kept:
        _write_order(folder, draft.plan, ends)
    written = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    written = [name for name in written if name not in kept]
    files |= {
        name: {"size": (folder / name).stat().st_size, "sha256": digest}
        for name, digest in hashes(folder, written).items()
    }
    manifest = {
        "number": number,
        "built_at": draft.built_at.isoformat(),
        "encoder": {"name": draft.encoder, "fingerprint": draft.fingerprint},
        "rules": LAYOUT | RULES,
        "segments": segments,
        "files": files,
        "sources": [source.recorded for source in draft.sources],
        "refused": [asdict(skipped) for skipped in draft.refused],
    }
    content = json.dumps(manifest).encode()  # indented it would take ten times as long
    (folder / "manifest.json").write_bytes(content)
    for path in [*folder.rglob("*"), folder]:
        _sync(path)
    return manifest, content, written


def _link_kept(folder: Path, draft: Draft) -> tuple[list[str], dict[str, Any]]:
    """Give the files of the segments that stay a name in ``folder`` too; those segments and those files, by name."""
    if draft.before is None:
        return [], {}
    names = [draft.before.folders[number] for number in draft.plan.kept]
    files = {
        name: known
        for name, known in draft.before.files.items()
        if name.rpartition("/")[0] in names and name != ORDER_FILE
    }
    for name in files:
        (folder / name).parent.mkdir(exist_ok=True)
        _link(draft.before.path / name, folder / name)
    return names, files


def _link(path: Path, target: Path) -> None:
    """Give a file a further name; where the file system has no such thing, copy it."""
    try:
        target.hardlink_to(path)
    except OSError:
        shutil.copyfile(path, target)


def _write_segment(folder: Path, filling: Filling) -> None:
    folder.mkdir(exist_ok=True)
    write_articles(folder, (each.article() for each in filling.written), filling.spans)
    if filling.dense and filling.postings:
        try:
            filling.dense.save(folder)
        except RuntimeError as error:  # what faiss raises when it cannot write
            raise OSError(str(error)) from error
        filling.postings.save(folder)
        _check_complete(folder)


def _check_complete(folder: Path) -> None:
    """Open what faiss wrote: it does not notice when a full disk cuts off the last bytes of a file."""
    try:
        DenseIndex.open(folder)
    except (ValueError, RuntimeError) as error:
        raise OSError(str(error)) from error


def _write_order(folder: Path, plan: Plan, ends: Sequence[int]) -> None:
    """Write where each article is, by the numbers of the segments in the new snapshot: those kept and the new ones.

    The new segments have the articles that were written up to each of the ``ends``.
    """
    numbers = np.full(max(plan.kept, default=-1) + 2, -1, dtype=np.int32)
    numbers[list(plan.kept)] = np.arange(len(plan.kept))
    places = plan.places.copy()
    new = places[:, 0] < 0
    written = places[new, 1]
    part = np.searchsorted(ends, written, side="right")
    places[:, 0] = numbers[places[:, 0]]
    places[new] = np.stack([len(plan.kept) + part, written - np.array([0, *ends])[part]], axis=1)
    write_arrays(folder / ORDER_FILE, {"places": places, "owners": plan.owners})


def _sync(path: Path) -> None:
    """Force a file, or a folder's list of names, to disk (fsync); Windows has no such call for folders."""
    if path.is_dir() and os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
