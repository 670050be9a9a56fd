"""The place that a path names."""

from __future__ import annotations

from pathlib import Path

from retrieval.index.folder import Folder
from retrieval.index.writing import Place


def place_of(index: Path) -> Place:
    """The place that an index is kept in: a folder of snapshots."""
    return Folder(index)
