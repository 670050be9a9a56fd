"""Salvaging the vectors of damaged snapshots, where these are whole: to encode all again may take hours."""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from retrieval.errors import IndexCorrupt
from retrieval.index.checking import changed_files
from retrieval.index.segment import ENCODED_FILES, Encoded
from retrieval.index.snapshot import in_force, published, read_manifest


def salvaged(index: Path, fingerprint: str) -> Sequence[Encoded]:
    """What is whole of the segments in ``index``, as this encoder and the rules in force made them."""
    return [each for path in reversed(published(index)) for each in _whole(path, fingerprint)]


def _whole(path: Path, fingerprint: str) -> Iterator[Encoded]:
    try:
        manifest = read_manifest(path)
    except (IndexCorrupt, OSError):
        return
    if manifest["encoder"]["fingerprint"] != fingerprint or not in_force(manifest):
        return
    for segment in manifest.get("segments", [""]):
        names = [f"{segment}/{name}".removeprefix("/") for name in ENCODED_FILES]
        files = {name: manifest["files"][name] for name in names if name in manifest["files"]}
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, RuntimeError, zlib.error):
            if not any(changed_files(path, files)):
                found = Encoded(path / segment)
                _ = found.rows, found.entries, found.dense
                yield found


def places_by_content(segments: Sequence[Encoded]) -> dict[str, tuple[int, int]]:
    """By content hash: a segment, and the place in it, of an article with passages of its own."""
    return {
        segment.entries.hashes[place].tobytes().hex(): (number, place)
        for number, segment in enumerate(segments)
        for place, has in enumerate(segment.has_own)
        if has
    }
