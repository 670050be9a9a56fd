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

import hashlib
import json
import mmap
import os
import re
import zlib
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from retrieval.articles.article import Article, ArticleInfo, Skipped
from retrieval.errors import IndexCorrupt, IndexForeign, IndexMissing, StorageFailed
from retrieval.index.arrays import map_arrays
from retrieval.index.candidates import EVERYTHING, Asked, Candidates, Mask, Scope, compare
from retrieval.index.catalogue import Catalogue
from retrieval.index.dense import DenseIndex
from retrieval.index.lexical import LexicalIndex
from retrieval.index.sources import RULES, Source, all_skipped
from retrieval.text.passages import Passage
from retrieval.text.sentences import Span

if TYPE_CHECKING:
    from numpy.typing import NDArray


LAYOUT = {"format": 5}
"""The version of the files below; a snapshot in another is built anew."""

SNAPSHOT_NAME = re.compile(r"snapshot-(\d{8})-([0-9a-f]{16})")

ENTRIES_FILE = "articles.jsonl.z"

PASSAGES_FILE = "passages.safetensors"


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
        self.by_rules_in_force = manifest["rules"] == LAYOUT | RULES
        self.sources = {source["path"]: Source(**source) for source in manifest["sources"]}
        self.refused = tuple(Skipped(**skipped) for skipped in manifest["refused"])
        self.bytes = sum(int(file["size"]) for file in manifest["files"].values())
        self.dense = DenseIndex.open(path)
        self.lexical = LexicalIndex.open(path)
        lines = zlib.decompress((path / ENTRIES_FILE).read_bytes()).decode().split("\n")
        self._entries = [_entry(line) for line in lines if line]
        self._catalogue = Catalogue([each.info for each in self._entries], [each.text_start for each in self._entries])
        self._rows: NDArray[np.int32] = map_arrays(path / PASSAGES_FILE)["passages"]
        with (path / "texts.bin").open("rb") as file:
            self._texts = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._article = lru_cache(maxsize=256)(self._read_article)

    @classmethod
    def open(cls, path: Path) -> Snapshot:
        """Check every byte of the snapshot in the folder ``path`` and open it.

        Raises:
            IndexCorrupt: something is missing or changed, or (``IndexForeign``) laid out in another way.
            IndexMissing: the folder is gone.
        """
        manifest = _verify(path)
        if manifest["rules"].get("format") != LAYOUT["format"]:
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
        return len(self._rows)

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
        return Scope(articles, np.flatnonzero(owners[self._rows[:, 0]]))

    def candidates(self, asked: Asked, scope: Scope = EVERYTHING) -> Candidates:
        """The passages to compare for a question: the best by meaning and by words, with both scores."""
        return compare(self.dense, self.lexical, asked, scope.allowed)

    def passages_at(self, rows: Sequence[int], scope: Scope = EVERYTHING) -> list[Passage]:
        """The passages in these rows of the dense and lexical indexes.

        Where several articles have a passage's text, it belongs to the first of them that is in the scope.
        """
        found = []
        for article, start, end in self._rows[list(rows)].tolist():
            found.append(Passage(self._article(self._catalogue.among(article, scope.articles)), start, end))
        return found

    def having(self, term: str, most: int) -> Sequence[Passage]:
        """The first ``most`` passages that have a term."""
        return self.passages_at(self.lexical.having(term)[:most].tolist())

    def best_scores(self, question: str, terms: Sequence[str]) -> list[float]:
        """For each of the terms, which passages have: the highest BM25 of the question in a passage that has it."""
        scores = self.lexical.scores(question)
        return [float(scores[self.lexical.having(term)].max()) for term in terms]

    def articles_having(self, terms: Collection[str]) -> list[Article]:
        """The articles in whose passages all of these terms are; all articles for no term."""
        found = {first for first, *_ in self._catalogue.texts}
        for term in sorted(terms, key=self.lexical.frequency):
            found &= set(self._rows[self.lexical.having(term).astype(np.int64), 0].tolist())
            if not found:
                break
        return [self._article(number) for several in self._catalogue.texts if several[0] in found for number in several]

    def alike(
        self, passage: Passage, terms: Collection[str], articles: Mask, *, least: int, near: float, most: int
    ) -> list[Passage]:
        """The passages of some articles nearest to one of the index's, that have so many of the terms at least."""
        rows = self.lexical.sharing(terms, least)
        rows = rows[articles[self._rows[rows, 0]]]
        if not len(rows):
            return []
        cosines = self.dense.cosines(self.dense.vector(self._row_of(passage)), rows)
        best = np.argsort(-cosines, kind="stable")[:most]
        return self.passages_at(rows[best[cosines[best] >= near]].tolist())

    def _row_of(self, passage: Passage) -> int:
        """The row of one of the passages."""
        text = self._entries[self.number_of(passage.article.id)].text_start
        entry = self._entries[self._catalogue.first_with(text)]
        starts = self._rows[entry.first_passage : entry.last_passage, 1]
        return entry.first_passage + int(np.searchsorted(starts, passage.start))

    def contents(self) -> dict[str, tuple[slice, list[Span]]]:
        """By content hash: the rows of an article's passages, and their places in its text."""
        spans = [Span(start, end) for start, end in self._rows[:, 1:].tolist()]
        # Passages are encoded with the title of the first article that has the text.
        entries = [self._entries[first] for first, *_ in self._catalogue.texts]
        rows = {entry.content_hash: slice(entry.first_passage, entry.last_passage) for entry in entries}
        return {content: (row, spans[row]) for content, row in rows.items()}

    def _read_article(self, number: int) -> Article:
        entry = self._entries[number]
        text = self._texts[entry.text_start : entry.text_end].decode("utf-8", "surrogatepass")
        copies = self._catalogue.copies_of(number)
        return Article(**entry.info.known, text=text, copies=copies, pages=entry.pages, scanned=entry.scanned)


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
