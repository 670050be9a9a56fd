"""Checking: whether the files of a snapshot are as they were written, by size and SHA-256."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from retrieval.errors import IndexCorrupt, IndexMissing, StorageFailed
from retrieval.models.bundled import hash_file

Files = Mapping[str, Mapping[str, Any]]
"""Size and hash (``size``, ``sha256``) of files, by their names in a folder."""

_hashes: dict[tuple[int, ...], str] = {}
"""Hashes that this process has computed, by the stamps of files: each is read once, however many snapshots have it."""

_HASHES = 10_000
"""So many are kept."""

_RACY_NS = 2_000_000_000
"""A file changed this shortly before it is read may change again without its stamp showing it."""


def check(path: Path, files: Files) -> None:
    """Compare every one of the ``files`` of the snapshot in ``path`` with its size and hash.

    Raises:
        IndexCorrupt: one has changed or is missing.
        IndexMissing: the snapshot is gone.
        StorageFailed: one cannot be read.
    """
    _raise_for(path, lambda: next(changed_files(path, files), None))


def check_sizes(path: Path, files: Files) -> None:
    """Compare the sizes alone; raises what ``check`` does."""
    _raise_for(path, lambda: next(_of_other_size(path, files), None))


def _raise_for(path: Path, find: Any) -> None:
    try:
        name = find()
    except FileNotFoundError as error:
        if not path.exists():
            raise IndexMissing(path) from error
        raise IndexCorrupt(path, f"{Path(error.filename).name} is missing") from error
    except OSError as error:
        raise StorageFailed(path, error.strerror or str(error)) from error
    if name:
        raise IndexCorrupt(path, f"{name} has changed")


def changed_files(path: Path, files: Files) -> Iterator[str]:
    """The files of the snapshot in ``path`` that are not as they were written; all cores share the work."""
    yield from _of_other_size(path, files)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, actual in zip(files, pool.map(lambda name: _known_hash(path / name), files), strict=True):
            if actual != files[name]["sha256"]:
                yield name


def _of_other_size(path: Path, files: Files) -> Iterator[str]:
    for name, expected in files.items():
        if (path / name).stat().st_size != expected["size"]:
            yield name


def _known_hash(path: Path) -> str:
    """The hash of a file that may have been read before."""
    seen, began_ns = stamp(path), time.time_ns()
    if seen in _hashes:
        return _hashes[seen]
    digest = hash_file(path)
    if seen[-1] < began_ns - _RACY_NS:
        if len(_hashes) >= _HASHES:
            _hashes.clear()
        _hashes[seen] = digest
    return digest


def stamp(path: Path) -> tuple[int, ...]:
    """What a file keeps while it does not change, also under another name."""
    found = path.stat()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def hashes(folder: Path, names: Collection[str]) -> dict[str, str]:
    """The hashes of files in ``folder``, by name; all cores share the work."""
    with ThreadPoolExecutor() as pool:
        return dict(zip(names, pool.map(lambda name: hash_file(folder / name), names), strict=True))
