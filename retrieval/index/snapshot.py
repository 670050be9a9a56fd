"""Snapshots: the index on disk, and reading it.

A snapshot is a folder that never changes once it is published, which one rename does::

    index/
      lock, writer              who is writing, if anybody
      snapshot-00000007-53aa51172d142c89/
        manifest.json           every other file with size and SHA-256, the encoder, the rules, the source files
        articles.jsonl.z, ...   a segment: articles with their passages, vectors and words, see ``segment``
        1/, 2/, ...             further segments, where there are any
        order.safetensors       then also: where each article is, and the first one with the same text

The folder's name has the hash of the manifest, and the manifest those of the files: any changed byte is noticed when
the snapshot is opened.

Segments never change either. What changed goes into a new one; those of the snapshot before are in the next one too, as
further names of the same files (hard links). What they have of articles that changed or went stays there, unused.
Small segments, and so a small index, are written anew each time (``planning.SMALL``).
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
import zlib
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from retrieval.articles.article import Article, ArticleInfo, Skipped
from retrieval.errors import IndexCorrupt, IndexForeign, IndexMissing, StorageFailed
from retrieval.index.arrays import map_arrays, ranges
from retrieval.index.candidates import EVERYTHING, Asked, Candidates, Mask, Scope, compare
from retrieval.index.catalogue import Catalogue
from retrieval.index.dense_segments import DenseSegments
from retrieval.index.lexical import LexicalIndex
from retrieval.index.order import Order
from retrieval.index.segment import Segment, open_segment
from retrieval.index.sources import RULES, Source, all_skipped
from retrieval.text.passages import Passage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from retrieval.index.dense import DenseIndex


LAYOUT = {"format": 6}
"""The version of the files below; a snapshot in another is built anew."""

_ONE_SEGMENT = 5
"""The version before, which can be read too: a snapshot had one segment."""

SNAPSHOT_NAME = re.compile(r"snapshot-(\d{8})-([0-9a-f]{16})")

ORDER_FILE = "order.safetensors"


class Snapshot:
    """An opened snapshot: articles, passages and both indexes. It stays usable when its folder is deleted."""

    def __init__(self, path: Path, manifest: Mapping[str, Any]) -> None:
        self.path = path
        self.number = int(manifest["number"])
        self.built_at = datetime.fromisoformat(manifest["built_at"])
        self.encoder: str = manifest["encoder"]["name"]
        self.fingerprint: str = manifest["encoder"]["fingerprint"]
        self.by_rules_in_force = in_force(manifest)
        self.sources = {source["path"]: Source(**source) for source in manifest["sources"]}
        self.refused = tuple(Skipped(**skipped) for skipped in manifest["refused"])
        self.bytes = sum(int(file["size"]) for file in manifest["files"].values())
        folders = manifest.get("segments", [""])
        self.segments = [open_segment(path / name, _files_of(path, manifest["files"], name)) for name in folders]
        self.folders: list[str] = folders
        self.files: Mapping[str, Mapping[str, Any]] = manifest["files"]
        self.places, self.owners = _read_places(path, self.segments)
        entries = [self.segments[segment].entries[number] for segment, number in self.places.tolist()]
        self._catalogue = Catalogue([entry.info for entry in entries], self.owners)
        self._arrange(np.array(self.owners, dtype=np.int64))
        self._article = lru_cache(maxsize=256)(self._read_article)

    def _arrange(self, owners: NDArray[np.int64]) -> None:
        """Number the passages in the order of their articles, and make both indexes of those of the segments."""
        # Rows of all segments are counted one behind the other: where each segment's begin, and each passage's row.
        self.starts = np.cumsum([0, *(len(segment.rows) for segment in self.segments)])
        own = np.flatnonzero(owners == np.arange(len(owners)))
        bounds = np.empty((len(own), 2), dtype=np.int64)
        for number, segment in enumerate(self.segments):
            here = self.places[own, 0] == number
            bounds[here] = self.starts[number] + segment.bounds[self.places[own[here], 1]]
        sizes = bounds[:, 1] - bounds[:, 0]
        self.rows = ranges(bounds[:, 0], sizes)
        self._owners = np.repeat(own.astype(np.int32), sizes)
        parts = [(segment.dense, segment.postings) for segment in self.segments if segment.dense and segment.postings]
        dense, postings = [each for each, _ in parts], [each for _, each in parts]
        if len(parts) == 1 and np.array_equal(self.rows, np.arange(self.starts[-1])):
            self.dense: DenseIndex | DenseSegments = dense[0]
            self.lexical = LexicalIndex(postings)
        else:
            order = Order.of(self.rows, int(self.starts[-1]))
            self.dense, self.lexical = DenseSegments(dense, order), LexicalIndex(postings, order)

    @classmethod
    def open(cls, path: Path) -> Snapshot:
        """Check every byte of the snapshot in the folder ``path`` and open it.

        Raises:
            IndexCorrupt: something is missing or changed, or (``IndexForeign``) laid out in another way.
            IndexMissing: the folder is gone.
        """
        manifest = _verify(path)
        if manifest["rules"].get("format") not in (_ONE_SEGMENT, LAYOUT["format"]):
            raise IndexForeign(path, "another version of Quoth wrote it")
        try:
            return cls(path, manifest)
        except (OSError, ValueError, KeyError, TypeError, RuntimeError, zlib.error) as error:
            if not path.exists():  # cleared away since it was checked
                raise IndexMissing(path) from error
            raise IndexCorrupt(path, f"{type(error).__name__}: {error}") from error

    @property
    def version(self) -> str:
        """What tells it from others in the same place: its folder's name."""
        return self.path.name

    @property
    def place(self) -> str:
        """How large it is and where, for a person."""
        return f"{self.bytes / 2**20:.1f} MiB in {self.path}"

    @property
    def articles(self) -> Sequence[ArticleInfo]:
        """Every article without its text, in the order of their files and of their places there."""
        return self._catalogue.articles

    @property
    def passages(self) -> int:
        """How many passages there are."""
        return len(self.rows)

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """Files and articles that could not be read when the snapshot was built."""
        return all_skipped(self.sources.values(), self.refused)

    @property
    def duplicates(self) -> list[tuple[str, ...]]:
        """Ids of articles that share one text; the passages are those of the first."""
        return self._catalogue.duplicates

    def article(self, id: str) -> Article:
        """The article with this id.

        Raises:
            ArticleUnknown: there is none; the error names ids that look alike.
        """
        return self._article(self.number_of(id))

    def number_of(self, id: str) -> int:
        """The place of an article in ``articles``, whatever Unicode's form of its id; raises ``ArticleUnknown``."""
        return self._catalogue.number_of(id)

    @property
    def terms(self) -> LexicalIndex:
        """How common each term is."""
        return self.lexical

    def scope(self, articles: NDArray[np.bool_]) -> Scope:
        """What to search so that only those articles are found for which a mask over ``articles`` is true."""
        owners = articles.copy()
        for first, *others in self._catalogue.texts:
            owners[first] = articles[[first, *others]].any()
        return Scope(articles, np.flatnonzero(owners[self._owners]))

    def candidates(self, asked: Asked, scope: Scope = EVERYTHING) -> Candidates:
        """The passages to compare for a question: the best by meaning and by words, with both scores."""
        return compare(self.dense, self.lexical, asked, scope.allowed)

    def passages_at(self, rows: Sequence[int], scope: Scope = EVERYTHING) -> list[Passage]:
        """The passages with these numbers.

        Where several articles have a passage's text, it belongs to the first of them that is in the scope.
        """
        numbers = list(rows)
        places, found = self.rows[numbers], []
        parts = np.searchsorted(self.starts, places, side="right") - 1
        within = places - self.starts[parts]
        for owner, part, row in zip(self._owners[numbers].tolist(), parts.tolist(), within.tolist(), strict=True):
            _, start, end = self.segments[part].rows[row].tolist()
            found.append(Passage(self._article(self._catalogue.among(owner, scope.articles)), start, end))
        return found

    def having(self, term: str, most: int) -> Sequence[Passage]:
        """The first ``most`` passages that have a term."""
        return self.passages_at(self.lexical.having(term)[:most].tolist())

    def best_scores(self, question: str, terms: Sequence[str]) -> list[float]:
        """For each of the terms, which passages have: the highest BM25 of the question in a passage that has it."""
        scores = self.lexical.scores(question)
        return [float(scores[self.lexical.having(term)].max()) for term in terms]

    def articles_having(self, terms: Collection[str], most: int) -> list[Article]:
        """The first ``most`` articles in whose passages all of these terms are; of all articles for no term."""
        found = np.zeros(len(self.articles), dtype=bool)
        found[self._owners] = True
        for term in terms:
            having = np.zeros_like(found)
            having[self._owners[self.lexical.having(term)]] = True
            found &= having
        several = (number for texts in self._catalogue.texts if found[texts[0]] for number in texts)
        return [self._article(number) for number in islice(several, most)]

    def alike(
        self, passage: Passage, terms: Collection[str], articles: Mask, *, least: int, near: float, most: int
    ) -> list[Passage]:
        """The passages of some articles nearest to one of the index's, that have so many of the terms at least."""
        rows = self.lexical.sharing(terms, least)
        rows = rows[articles[self._owners[rows]]]
        if not len(rows):
            return []
        cosines = self.dense.cosines(self.dense.vector(self._row_of(passage)), rows)
        best = np.argsort(-cosines, kind="stable")[:most]
        return self.passages_at(rows[best[cosines[best] >= near]].tolist())

    def _row_of(self, passage: Passage) -> int:
        """The number of one of the passages."""
        owner = self.owners[self.number_of(passage.article.id)]
        segment, entry = self.places[owner].tolist()
        starts = self.segments[segment].rows[slice(*self.segments[segment].bounds[entry]), 1]
        return int(np.searchsorted(self._owners, owner) + np.searchsorted(starts, passage.start))

    def contents(self) -> dict[str, tuple[int, int]]:
        """By content hash: the segment, and the place in it, of an article with passages of its own."""
        places = enumerate(self.places.tolist())
        own = [place for number, place in places if self.owners[number] == number]
        return {self.segments[segment].entries[entry].content_hash: (segment, entry) for segment, entry in own}

    def _read_article(self, number: int) -> Article:
        segment, place = self.places[number].tolist()
        article: Article = self.segments[segment].article(place, self._catalogue.copies_of(number))
        return article


def _read_places(path: Path, segments: Sequence[Segment]) -> tuple[NDArray[np.int32], list[int]]:
    """By article: its segment and its place in that, of shape (articles, 2); and the first article with its text."""
    if (path / ORDER_FILE).exists():
        arrays = map_arrays(path / ORDER_FILE)
        return arrays["places"], arrays["owners"].tolist()
    (segment,) = segments
    numbers = np.arange(len(segment.entries), dtype=np.int32)
    return np.stack([np.zeros_like(numbers), numbers], axis=1), segment.owners


def _files_of(path: Path, files: Iterable[str], segment: str) -> Hashable:
    """What tells the files of a segment from all others, wherever they are linked to."""
    names = [name for name in files if name.rpartition("/")[0] == segment and name != ORDER_FILE]
    return tuple((name.rpartition("/")[2], _stamp(path / name)) for name in sorted(names))


def _stamp(path: Path) -> tuple[int, ...]:
    """What a file keeps while it does not change, also under another name."""
    found = path.stat()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def _verify(path: Path) -> dict[str, Any]:
    """The manifest of the snapshot in ``path``, after every file was compared with its size and hash in it."""
    try:
        manifest = read_manifest(path)
        for name in changed_files(path, manifest["files"]):
            raise IndexCorrupt(path, f"{name} has changed")
    except FileNotFoundError as error:
        if not path.exists():
            raise IndexMissing(path) from error
        raise IndexCorrupt(path, f"{Path(error.filename).name} is missing") from error
    except OSError as error:
        raise StorageFailed(path, error.strerror or str(error)) from error
    return manifest


def read_manifest(path: Path) -> dict[str, Any]:
    """The manifest of the snapshot in ``path``; raises ``IndexCorrupt`` and ``OSError``."""
    content = (path / "manifest.json").read_bytes()
    if hashlib.sha256(content).hexdigest()[:16] != path.name.rpartition("-")[2]:
        raise IndexCorrupt(path, "manifest.json has changed")
    manifest: dict[str, Any] = json.loads(content)
    return manifest


def in_force(manifest: Mapping[str, Any]) -> bool:
    """Whether a snapshot was made by the rules in force, and its files can be read."""
    rules: dict[str, Any] = manifest["rules"]
    return rules.get("format") in (_ONE_SEGMENT, LAYOUT["format"]) and rules | LAYOUT == LAYOUT | RULES


def changed_files(path: Path, files: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """The files of the snapshot in ``path`` that are not as they were written; all cores share the work."""
    for name, expected in files.items():
        if (path / name).stat().st_size != expected["size"]:
            yield name
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, actual in zip(files, pool.map(lambda name: _known_hash(path / name), files), strict=True):
            if actual != files[name]["sha256"]:
                yield name


_hashes: dict[tuple[int, ...], str] = {}
"""Hashes that this process has computed, by the stamps of files: each is read once, however many snapshots have it."""

_HASHES = 10_000
"""So many are kept."""

_RACY_NS = 2_000_000_000
"""A file changed this shortly before it is read may change again without its stamp showing it."""


def _known_hash(path: Path) -> str:
    """The hash of a file that may have been read before."""
    stamp, began_ns = _stamp(path), time.time_ns()
    if stamp in _hashes:
        return _hashes[stamp]
    digest = hash_file(path)
    if stamp[-1] < began_ns - _RACY_NS:
        if len(_hashes) >= _HASHES:
            _hashes.clear()
        _hashes[stamp] = digest
    return digest


def hashes(folder: Path, names: Collection[str]) -> dict[str, str]:
    """The hashes of files in ``folder``, by name; all cores share the work."""
    with ThreadPoolExecutor() as pool:
        return dict(zip(names, pool.map(lambda name: hash_file(folder / name), names), strict=True))


def hash_file(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def open_latest(index: Path) -> Snapshot:
    """Open the newest snapshot in the folder ``index``.

    Raises:
        IndexMissing: there is none.
        IndexCorrupt: the newest one is damaged.
    """
    while True:
        paths = published(index)
        if not paths:
            raise IndexMissing(index)
        try:
            return Snapshot.open(paths[-1])
        except IndexMissing:  # newer ones were published meanwhile, and this one was cleared away
            continue


def published(index: Path) -> list[Path]:
    """The snapshots in ``index``, oldest first."""
    try:
        return sorted(path for path in index.iterdir() if SNAPSHOT_NAME.fullmatch(path.name))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StorageFailed(index, error.strerror or str(error)) from error
