"""Publishing: a snapshot is written into a folder, which one rename makes the newest."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path

import numpy as np

from retrieval.articles.article import Article, Skipped
from retrieval.errors import StorageFailed
from retrieval.index.arrays import write_arrays
from retrieval.index.dense import DenseIndex
from retrieval.index.lexical import LexicalIndex
from retrieval.index.snapshot import (
    ENTRIES_FILE,
    ENTRY_FIELDS,
    LAYOUT,
    PASSAGES_FILE,
    SNAPSHOT_NAME,
    Snapshot,
    hashes,
    published,
)
from retrieval.index.sources import RULES, Source
from retrieval.text.sentences import Span

_UNFINISHED = "unfinished-"


@dataclass(frozen=True, slots=True)
class Draft:
    """The content of a snapshot to be written; passages are in the order of their articles."""

    built_at: datetime
    encoder: str
    fingerprint: str
    sources: Sequence[Source]
    refused: Sequence[Skipped]
    articles: Sequence[Article]
    spans: Sequence[Sequence[Span]]
    """Each article's passages; ignored for an article whose text an earlier one has."""
    dense: DenseIndex
    lexical: LexicalIndex


def publish(index: Path, draft: Draft, previous: Snapshot | None) -> Snapshot:
    """Write a snapshot into ``index`` and make it the newest. The caller holds the lock on the index.

    ``previous`` is kept, to be opened should the new one be damaged on disk; all older ones are removed.

    Raises:
        StorageFailed: the disk is full or may not be written; what was there before is untouched.
    """
    numbers = [int(match[1]) for path in published(index) if (match := SNAPSHOT_NAME.fullmatch(path.name))]
    number = max(numbers, default=0) + 1
    folder = index / f"{_UNFINISHED}{os.getpid()}"
    try:
        folder.mkdir()
        manifest = _write(folder, draft, number)
        path = index / f"snapshot-{number:08}-{hashlib.sha256(manifest).hexdigest()[:16]}"
        folder.rename(path)
        _sync(index)
    except (OSError, RuntimeError) as error:  # faiss raises the latter when it cannot write
        shutil.rmtree(folder, ignore_errors=True)
        # faiss does not say why it could not write.
        raise StorageFailed(index, getattr(error, "strerror", None) or "only a part could be written") from error
    # An open one stays readable; Windows refuses to delete it, and the next update tries again.
    for old in set(published(index)) - {path, previous and previous.path}:
        shutil.rmtree(old, ignore_errors=True)
    return Snapshot.open(path)


def clear_left_overs(index: Path) -> None:
    """Remove the unfinished folders of killed updates from ``index``. The caller holds the lock on it."""
    for left_over in index.glob(f"{_UNFINISHED}*"):
        shutil.rmtree(left_over, ignore_errors=True)


def _write(folder: Path, draft: Draft, number: int) -> bytes:
    """Write every file of the snapshot, force them to disk, and return the manifest's bytes."""
    _write_articles(folder, draft)
    draft.dense.save(folder)
    draft.lexical.save(folder)
    _check_complete(folder)
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    manifest = {
        "number": number,
        "built_at": draft.built_at.isoformat(),
        "encoder": {"name": draft.encoder, "fingerprint": draft.fingerprint},
        "rules": LAYOUT | RULES,
        "files": {
            name: {"size": (folder / name).stat().st_size, "sha256": digest}
            for name, digest in hashes(folder, names).items()
        },
        "sources": [asdict(source) for source in draft.sources],
        "refused": [asdict(skipped) for skipped in draft.refused],
    }
    content = json.dumps(manifest, indent=1).encode()
    (folder / "manifest.json").write_bytes(content)
    for path in [*folder.rglob("*"), folder]:
        _sync(path)
    return content


def _check_complete(folder: Path) -> None:
    """Open what faiss wrote: it does not notice when a full disk cuts off the last bytes of a file."""
    try:
        DenseIndex.open(folder)
    except ValueError as error:
        raise OSError(str(error)) from error


def _write_articles(folder: Path, draft: Draft) -> None:
    rows: list[tuple[int, int, int]] = []
    places: dict[str, tuple[int, int, int, int]] = {}
    entries: list[str] = []
    with (folder / "texts.bin").open("wb") as texts:
        for number, (article, spans) in enumerate(zip(draft.articles, draft.spans, strict=True)):
            if article.text not in places:
                start, first = texts.tell(), len(rows)
                texts.write(article.text.encode("utf-8", "surrogatepass"))
                rows.extend((number, *span) for span in spans)
                places[article.text] = (start, texts.tell(), first, len(rows))
            entry = (article.known, article.content_hash, *places[article.text], article.pages, article.scanned)
            entries.append(json.dumps(dict(zip(ENTRY_FIELDS, entry, strict=True)), default=date.isoformat))
    (folder / ENTRIES_FILE).write_bytes(zlib.compress("\n".join(entries).encode(), level=1))
    write_arrays(folder / PASSAGES_FILE, {"passages": np.array(rows, dtype=np.int32).reshape(-1, 3)})


def _sync(path: Path) -> None:
    """Force a file, or a folder's list of names, to disk (fsync); Windows has no such call for folders."""
    if path.is_dir() and os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
