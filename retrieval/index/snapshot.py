"""Snapshots: the index on disk, and reading it.

A snapshot is a folder that never changes once it is published, which one rename does::

    index/
      lock, writer              who is writing, if anybody
      snapshot-00000007-53aa51172d142c89/
        manifest.json           every other file with size and SHA-256, the encoder, the rules, the source files
        articles.safetensors, ...   a segment: articles with their passages, vectors and words, see ``segment``
        1/, 2/, ...             further segments, where there are any
        order.safetensors       then also: where each article is, and the first one with the same text

The folder's name has the hash of the manifest, and the manifest those of the files: any changed byte is noticed when
the snapshot is opened to answer. An update opens it to write the next one: then a file is checked when something is
read from it, and those that are only given a further name are not.

Segments never change either. What changed goes into a new one; those of the snapshot before are in the next one too, as
further names of the same files (hard links). What they have of articles that changed or went stays there, unused.
Small segments, and so a small index, are written anew each time (``planning.SMALL``).
"""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cached_property, lru_cache, partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from retrieval.articles.article import Article, ArticleInfo, Skipped
from retrieval.errors import IndexCorrupt, IndexForeign, IndexMissing, StorageFailed
from retrieval.index.arrays import map_arrays
from retrieval.index.candidates import EVERYTHING, Asked, Candidates, Mask, Scope, compare
from retrieval.index.catalogue import Catalogue, sharing
from retrieval.index.checking import Files, check, check_sizes, stamp
from retrieval.index.dense_segments import DenseSegments
from retrieval.index.entries import Infos
from retrieval.index.layout import Layout
from retrieval.index.lexical import LexicalIndex
from retrieval.index.segment import Segment, open_segment
from retrieval.index.sources import RULES, Source, all_skipped
from retrieval.text.passages import Passage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from retrieval.index.dense import DenseIndex


LAYOUT = {"format": 7}
"""The version of the files below; a snapshot in another is built anew."""

READABLE = (5, 6, LAYOUT["format"])
"""Those that can be read: in 5 a snapshot had one segment, and before 7 the articles were listed in other files."""

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
        self.folders: list[str] = manifest.get("segments", [""])
        self.files: Files = manifest["files"]
        self.segments = [self._segment(name) for name in self.folders]
        self.layout = Layout(self.segments, *self._read_places())
        self.passages = self.layout.passages
        self._article = lru_cache(maxsize=256)(self._read_article)

    def _segment(self, name: str) -> Segment:
        files = {file: known for file, known in self.files.items() if _is_of(name, file)}
        stamps = tuple((file.rpartition("/")[2], stamp(self.path / file)) for file in sorted(files))
        return open_segment(self.path / name, stamps, partial(_check_some, files))

    @cached_property
    def dense(self) -> DenseIndex | DenseSegments:
        """The passages' vectors."""
        parts = [segment.dense for segment in self.segments if segment.dense]
        return DenseSegments(parts, self.layout.order) if self.layout.order else parts[0]

    @cached_property
    def lexical(self) -> LexicalIndex:
        """The passages' words."""
        return LexicalIndex([segment.postings for segment in self.segments if segment.postings], self.layout.order)

    @classmethod
    def open(cls, path: Path) -> Snapshot:
        """Check every byte of the snapshot in the folder ``path`` and open it.

        Raises:
            IndexCorrupt: something is missing or changed, or (``IndexForeign``) laid out in another way.
            IndexMissing: the folder is gone.
            StorageFailed: it cannot be read.
        """
        return cls._open(path, whole=True)

    @classmethod
    def open_to_update(cls, path: Path, manifest: Mapping[str, Any] | None = None) -> Snapshot:
        """Open the snapshot in the folder ``path`` without reading what an update need not know.

        Who has just written it has the ``manifest``, of which only the bytes are checked then. It raises what ``open``
        does, then or when something is read.
        """
        return cls._open(path, whole=False, manifest=manifest)

    @classmethod
    def _open(cls, path: Path, *, whole: bool, manifest: Mapping[str, Any] | None = None) -> Snapshot:
        manifest = manifest if manifest and _manifest_bytes(path) else _read_manifest(path)
        (check if whole else check_sizes)(path, manifest["files"])
        if manifest["rules"].get("format") not in READABLE:
            raise IndexForeign(path, "another version of Quoth wrote it")
        try:
            snapshot = cls(path, manifest)
            if whole:
                snapshot._load()
        except (OSError, ValueError, KeyError, TypeError, RuntimeError, zlib.error) as error:
            if not path.exists():  # cleared away since it was checked
                raise IndexMissing(path) from error
            raise IndexCorrupt(path, f"{type(error).__name__}: {error}") from error
        return snapshot

    def _load(self) -> None:
        """Open all that is opened when it is asked for first."""
        for segment in self.segments:
            segment.load()
        _ = self.dense, self.lexical, self._catalogue

    def check(self, names: Collection[str] | None = None) -> None:
        """Check every byte of some files, else of all; raises what ``open`` does."""
        files = self.files if names is None else {name: self.files[name] for name in names}
        check(self.path, files)

    @property
    def version(self) -> str:
        """What tells it from others in the same place: its folder's name."""
        return self.path.name

    @property
    def place(self) -> str:
        """How large it is and where, for a person."""
        return f"{self.bytes / 2**20:.1f} MiB in {self.path}"

    @cached_property
    def _catalogue(self) -> Catalogue:
        layout = self.layout
        infos = Infos([segment.entries for segment in self.segments], layout.places)
        return Catalogue(infos, sharing(layout.owners.tolist(), layout.shared.tolist()), lambda: layout.ids)

    @property
    def ids(self) -> list[str]:
        """The articles' ids; made without reading more of them."""
        return self.layout.ids

    @property
    def days(self) -> NDArray[np.int32]:
        """When each article was published, as a day's number; 0 where that is not known."""
        return self.layout.days

    @property
    def articles(self) -> Sequence[ArticleInfo]:
        """Every article without its text, in the order of their files and of their places there."""
        return self._catalogue.articles

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
        for several in self._catalogue.shared:
            owners[several[0]] = articles[several].any()
        return Scope(articles, np.flatnonzero(owners[self.layout.passage_owners]))

    def candidates(self, asked: Asked, scope: Scope = EVERYTHING) -> Candidates:
        """The passages to compare for a question: the best by meaning and by words, with both scores."""
        return compare(self.dense, self.lexical, asked, scope.allowed)

    def passages_at(self, rows: Sequence[int], scope: Scope = EVERYTHING) -> list[Passage]:
        """The passages with these numbers.

        Where several articles have a passage's text, it belongs to the first of them that is in the scope.
        """
        numbers = list(rows)
        places, found = self.layout.rows[numbers], []
        parts = np.searchsorted(self.layout.starts, places, side="right") - 1
        within = places - self.layout.starts[parts]
        for owner, part, row in zip(
            self.layout.passage_owners[numbers].tolist(), parts.tolist(), within.tolist(), strict=True
        ):
            _, start, end = self.segments[part].rows[row].tolist()
            found.append(Passage(self._article(self._catalogue.among(owner, scope.articles)), start, end))
        return found

    def having(self, term: str, most: int) -> Sequence[Passage]:
        """The first ``most`` passages that have a term."""
        return self.passages_at(self.lexical.first_having(term, most)[:most].tolist())

    def best_scores(self, question: str, terms: Sequence[str]) -> list[float]:
        """For each of the terms, which passages have: the highest BM25 of the question in a passage that has it."""
        scores = self.lexical.scores(question)
        return [float(scores[self.lexical.having(term)].max()) for term in terms]

    def articles_having(self, terms: Collection[str], most: int) -> list[Article]:
        """The first ``most`` articles in whose passages all of these terms are; of all articles for no term."""
        found = np.zeros(len(self.articles), dtype=bool)
        found[self.layout.passage_owners] = True
        for term in terms:
            having = np.zeros_like(found)
            having[self.layout.passage_owners[self.lexical.having(term)]] = True
            found &= having
        several = (
            number
            for first in self.layout.owned[found[self.layout.owned]].tolist()
            for number in self._catalogue.all_with(first)
        )
        return [self._article(number) for number in islice(several, most)]

    def alike(
        self, passage: Passage, terms: Collection[str], articles: Mask, *, least: int, near: float, most: int
    ) -> list[Passage]:
        """The passages of some articles nearest to one of the index's, that have so many of the terms at least."""
        rows = self.lexical.sharing(terms, least)
        rows = rows[articles[self.layout.passage_owners[rows]]]
        if not len(rows):
            return []
        cosines = self.dense.cosines(self.dense.vector(self._row_of(passage)), rows)
        best = np.argsort(-cosines, kind="stable")[:most]
        return self.passages_at(rows[best[cosines[best] >= near]].tolist())

    def _row_of(self, passage: Passage) -> int:
        """The number of one of the passages."""
        owner = int(self.layout.owners[self.number_of(passage.article.id)])
        segment, entry = self.layout.places[owner].tolist()
        starts = self.segments[segment].rows[slice(*self.segments[segment].bounds[entry]), 1]
        return int(np.searchsorted(self.layout.passage_owners, owner) + np.searchsorted(starts, passage.start))

    def _read_places(self) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """By article its segment and its place in that, of shape (articles, 2); and the first article with its text."""
        if ORDER_FILE in self.files:
            self.check([ORDER_FILE])
            arrays = map_arrays(self.path / ORDER_FILE)
            return arrays["places"], arrays["owners"].astype(np.int64)
        (segment,) = self.segments
        numbers = np.arange(len(segment.entries), dtype=np.int32)
        return np.stack([np.zeros_like(numbers), numbers], axis=1), segment.owners

    def _read_article(self, number: int) -> Article:
        segment, place = self.layout.places[number].tolist()
        article: Article = self.segments[segment].article(place, self._catalogue.copies_of(number))
        return article


def _is_of(segment: str, file: str) -> bool:
    """Whether a file of a snapshot belongs to a segment, by its name."""
    return file.rpartition("/")[0] == segment and file != ORDER_FILE


def _check_some(files: Files, folder: Path, names: Sequence[str]) -> None:
    """Check those files of a segment that have one of the ``names``, before they are opened from ``folder``."""
    check(folder, {own: files[name] for name in files if (own := name.rpartition("/")[2]) in names})


def _read_manifest(path: Path) -> dict[str, Any]:
    """The manifest of a snapshot; raises what ``Snapshot.open`` does."""
    try:
        manifest = read_manifest(path)
    except FileNotFoundError as error:
        if not path.exists():
            raise IndexMissing(path) from error
        raise IndexCorrupt(path, "manifest.json is missing") from error
    except OSError as error:
        raise StorageFailed(path, error.strerror or str(error)) from error
    return manifest


def read_manifest(path: Path) -> dict[str, Any]:
    """The manifest of the snapshot in ``path``; raises ``IndexCorrupt`` and ``OSError``."""
    manifest: dict[str, Any] = json.loads(_manifest_bytes(path))
    return manifest


def _manifest_bytes(path: Path) -> bytes:
    """The manifest as it was written; raises what ``read_manifest`` does."""
    content = (path / "manifest.json").read_bytes()
    if hashlib.sha256(content).hexdigest()[:16] != path.name.rpartition("-")[2]:
        raise IndexCorrupt(path, "manifest.json has changed")
    return content


def in_force(manifest: Mapping[str, Any]) -> bool:
    """Whether a snapshot was made by the rules in force, and its files can be read."""
    rules: dict[str, Any] = manifest["rules"]
    return rules.get("format") in READABLE and rules | LAYOUT == LAYOUT | RULES


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
