"""Snapshots: the index on disk, and reading it.

A snapshot is a folder that never changes once it is published, which one rename does::

    index/
      lock, writer              who is writing, if anybody
      snapshot-00000007-53aa51172d142c89/
        manifest.json           every other file with size and SHA-256, the encoder, the rules, the source files
        articles.jsonl.z        metadata, and where each article's text and passages are; compressed by zlib
        texts.bin               the articles' texts, UTF-8, one behind the other, the same text once
        passages.safetensors    (passages, 3): number of the article, start, end
        vectors.faiss, ...      see ``dense`` and ``lexical``

The folder's name has the hash of the manifest, and the manifest those of the files: any changed byte is noticed when
the snapshot is opened.

Articles with the same text share it and its passages, which belong to the first of them: a text in ten files is encoded
and found once, and an article that is read names its copies.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import mmap
import os
import re
import zlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from retrieval.articles.article import Article, ArticleInfo, Skipped
from retrieval.articles.files import SourceFile, known_as
from retrieval.articles.formats import registry as formats
from retrieval.errors import ArticleUnknown, IndexCorrupt, IndexForeign, IndexMissing, StorageFailed
from retrieval.index.arrays import map_arrays
from retrieval.index.dense import DenseIndex
from retrieval.index.lexical import LexicalIndex
from retrieval.text import passages, terms
from retrieval.text.passages import Passage
from retrieval.text.sentences import Span

if TYPE_CHECKING:
    from numpy.typing import NDArray


RULES: Mapping[str, Any] = {
    "format": 5,
    "files": formats.RULES,
    "passages": passages.RULES,
    "terms": terms.RULES,
}
"""The versions of all rules for reading, cutting and storing texts; a snapshot with other rules is rebuilt."""

SNAPSHOT_NAME = re.compile(r"snapshot-(\d{8})-([0-9a-f]{16})")

ENTRIES_FILE = "articles.jsonl.z"

PASSAGES_FILE = "passages.safetensors"


@dataclass(frozen=True, slots=True)
class Source(SourceFile):
    """A file of the articles folder as it was indexed."""

    sha256: str = ""
    """Of it and its metadata file; empty when it could not be read."""
    articles: Mapping[str, str] = field(default_factory=dict)
    """The digests of its articles, by id."""
    skipped: str | None = None
    """Why it, or one of several articles in it, cannot be read."""
    skipped_id: str | None = None
    """That article's id."""
    note: str | None = None
    """What was left out of an article in it, if anything."""
    note_id: str | None = None
    """That article's id."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An article in a snapshot: where its text (bytes) and its passages (rows) are."""

    info: ArticleInfo
    content_hash: str
    text_start: int
    text_end: int
    first_passage: int
    last_passage: int
    pages: tuple[int, ...] = ()
    """Where the article's pages begin in its text (code points)."""
    scanned: tuple[int, ...] = ()
    """The numbers of its pages that were read by OCR."""


ENTRY_FIELDS = tuple(field.name for field in fields(Entry))


class Snapshot:
    """An opened snapshot: articles, passages and both indexes. It stays usable when its folder is deleted."""

    def __init__(self, path: Path, manifest: Mapping[str, Any]) -> None:
        self.path = path
        self.number = int(manifest["number"])
        self.built_at = datetime.fromisoformat(manifest["built_at"])
        self.encoder: str = manifest["encoder"]["name"]
        self.fingerprint: str = manifest["encoder"]["fingerprint"]
        self.rules: Mapping[str, Any] = manifest["rules"]
        self.sources = {source["path"]: Source(**source) for source in manifest["sources"]}
        self.refused = tuple(Skipped(**skipped) for skipped in manifest["refused"])
        self.bytes = sum(int(file["size"]) for file in manifest["files"].values())
        self.dense = DenseIndex.open(path)
        self.lexical = LexicalIndex.open(path)
        lines = zlib.decompress((path / ENTRIES_FILE).read_bytes()).decode().split("\n")
        self._entries = [_entry(line) for line in lines if line]
        self._rows: NDArray[np.int32] = map_arrays(path / PASSAGES_FILE)["passages"]
        with (path / "texts.bin").open("rb") as file:
            self._texts = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._numbers = {entry.info.id: number for number, entry in enumerate(self._entries)}
        self._sharing: dict[int, list[int]] = defaultdict(list)
        for number, entry in enumerate(self._entries):
            self._sharing[entry.text_start].append(number)
        self._article = lru_cache(maxsize=256)(self._read_article)

    @classmethod
    def open(cls, path: Path) -> Snapshot:
        """Check every byte of the snapshot in the folder ``path`` and open it.

        Raises:
            IndexCorrupt: something is missing or changed, or (``IndexForeign``) laid out in another way.
            IndexMissing: the folder is gone.
        """
        manifest = _verify(path)
        if manifest["rules"].get("format") != RULES["format"]:
            raise IndexForeign(path, "another version of Quoth wrote it")
        try:
            return cls(path, manifest)
        except (OSError, ValueError, KeyError, TypeError, RuntimeError, zlib.error) as error:
            if not path.exists():  # cleared away since it was checked
                raise IndexMissing(path) from error
            raise IndexCorrupt(path, f"{type(error).__name__}: {error}") from error

    @property
    def articles(self) -> Sequence[ArticleInfo]:
        """Every article without its text, in the order of their files and of their places there."""
        return [entry.info for entry in self._entries]

    @property
    def passages(self) -> int:
        """How many passages there are."""
        return len(self._rows)

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """Files and articles that could not be read when the snapshot was built."""
        return all_skipped(self.sources.values(), self.refused)

    @property
    def duplicates(self) -> list[tuple[str, ...]]:
        """Ids of articles that share one text; the passages are those of the first."""
        shared = [numbers for numbers in self._sharing.values() if len(numbers) > 1]
        return [tuple(self._entries[number].info.id for number in numbers) for numbers in shared]

    def article(self, id: str) -> Article:
        """The article with this id.

        Raises:
            ArticleUnknown: there is none; the error names ids that look alike.
        """
        return self._article(self.number_of(id))

    def number_of(self, id: str) -> int:
        """The place of an article in ``articles``, whatever Unicode's form of its id; raises ``ArticleUnknown``."""
        there = id if id in self._numbers else known_as(id, self._numbers)
        if there is None:
            raise ArticleUnknown(id, tuple(difflib.get_close_matches(id, self._numbers, n=3)))
        return self._numbers[there]

    def passage(self, number: int, among: NDArray[np.bool_] | None = None) -> Passage:
        """The passage in row ``number`` of the dense and lexical indexes.

        Where several articles have its text, it belongs to the first, or to the first in ``among``, a mask of articles.
        """
        article, start, end = self._rows[number].tolist()
        if among is not None and not among[article]:
            article = next(other for other in self._sharing[self._entries[article].text_start] if among[other])
        return Passage(self._article(article), start, end)

    def passages_of(self, articles: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Numbers of the passages of those articles for which the mask (articles,) is true."""
        owners = articles.copy()
        for first, *others in self._sharing.values():
            owners[first] = articles[[first, *others]].any()
        return np.flatnonzero(owners[self._rows[:, 0]])

    def owners(self, rows: NDArray[np.int64]) -> NDArray[np.int32]:
        """The places in ``articles`` of those that passages belong to."""
        owners: NDArray[np.int32] = self._rows[rows, 0]
        return owners

    def vector_of(self, passage: Passage) -> NDArray[np.float32]:
        """The vector of one of the passages, shape (dimension,)."""
        entry = self._entries[self._numbers[passage.article.id]]
        starts = self._rows[entry.first_passage : entry.last_passage, 1]
        return self.dense.vector(entry.first_passage + int(np.searchsorted(starts, passage.start)))

    def articles_having(self, words: Collection[str]) -> list[Article]:
        """The articles in whose passages all of these terms are; all articles for no term."""
        found = {first for first, *_ in self._sharing.values()}
        for word in sorted(words, key=self.lexical.frequency):
            found &= set(self._rows[self.lexical.having(word).astype(np.int64), 0].tolist())
            if not found:
                break
        several = [number for first in sorted(found) for number in self._sharing[self._entries[first].text_start]]
        return [self._article(number) for number in several]

    def contents(self) -> dict[str, tuple[slice, list[Span]]]:
        """By content hash: the rows of an article's passages, and their places in its text."""
        spans = [Span(start, end) for start, end in self._rows[:, 1:].tolist()]
        # Passages are encoded with the title of the first article that has the text.
        entries = [self._entries[first] for first, *_ in self._sharing.values()]
        rows = {entry.content_hash: slice(entry.first_passage, entry.last_passage) for entry in entries}
        return {content: (row, spans[row]) for content, row in rows.items()}

    def _read_article(self, number: int) -> Article:
        entry = self._entries[number]
        text = self._texts[entry.text_start : entry.text_end].decode("utf-8", "surrogatepass")
        copies = tuple(self._entries[other].info for other in self._sharing[entry.text_start] if other != number)
        return Article(**entry.info.known, text=text, copies=copies, pages=entry.pages, scanned=entry.scanned)


def all_skipped(sources: Iterable[Source], refused: Iterable[Skipped]) -> tuple[Skipped, ...]:
    """Files and articles that cannot be read, or not whole, and files refused unread, by path."""
    found = list(refused)
    for source in sources:
        if source.skipped is not None:
            found.append(Skipped(source.skipped_id or source.path, source.skipped))
        if source.note is not None:
            found.append(Skipped(source.note_id or source.path, source.note, in_part=True))
    return tuple(sorted(found, key=lambda skipped: skipped.path))


def _entry(line: str) -> Entry:
    fields = json.loads(line)
    info = fields.pop("info")
    published = date.fromisoformat(info["published"]) if info["published"] else None
    pages, scanned = (tuple(fields.pop(name, ())) for name in ("pages", "scanned"))
    return Entry(info=ArticleInfo(**info | {"published": published}), pages=pages, scanned=scanned, **fields)


def _verify(path: Path) -> dict[str, Any]:
    """The manifest of the snapshot in ``path``, after every file was compared with its size and hash in it."""
    try:
        content = (path / "manifest.json").read_bytes()
        if hashlib.sha256(content).hexdigest()[:16] != path.name.rpartition("-")[2]:
            raise IndexCorrupt(path, "manifest.json has changed")
        manifest: dict[str, Any] = json.loads(content)
        files: dict[str, dict[str, Any]] = manifest["files"]
        for name, expected in files.items():
            if (path / name).stat().st_size != expected["size"]:
                raise IndexCorrupt(path, f"{name} has changed")
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for name, actual in zip(files, pool.map(lambda name: hash_file(path / name), files), strict=True):
                if actual != files[name]["sha256"]:
                    raise IndexCorrupt(path, f"{name} has changed")
    except FileNotFoundError as error:
        if not path.exists():
            raise IndexMissing(path) from error
        raise IndexCorrupt(path, f"{Path(error.filename).name} is missing") from error
    except OSError as error:
        raise StorageFailed(path, error.strerror or str(error)) from error
    return manifest


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
