"""The index on disk: building, publishing and opening snapshots.

A snapshot is a folder that never changes after one rename has published it::

    index/
      lock, writer              who is writing, if anybody
      snapshot-00000007-53aa51172d142c89/
        manifest.json           every other file with size and SHA-256, the encoder, the rules, the source files
        articles.jsonl.z        metadata, and where each article's text and passages are; compressed by zlib
        texts.bin               the articles' texts, UTF-8, one behind the other, the same text once
        passages.npy            (passages, 3): number of the article, start, end
        vectors.faiss, ...      see ``dense`` and ``lexical``

The folder's name carries the hash of the manifest and the manifest those of the files, so that any changed byte is
noticed when the snapshot is opened.

Articles that have the very same text share it and its passages, which belong to the first of them: a text that lies
in ten places is encoded and found once, and whoever gets it learns of all ten.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import mmap
import os
import re
import shutil
import threading
import zlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from retrieval import formats, lexical, passages
from retrieval.articles import Article, ArticleInfo, Skipped, SourceFile
from retrieval.dense import DenseIndex
from retrieval.errors import ArticleUnknown, IndexCorrupt, IndexForeign, IndexMissing, StorageFailed
from retrieval.lexical import LexicalIndex
from retrieval.passages import Passage, Span

if TYPE_CHECKING:
    from numpy.typing import NDArray

RULES: Mapping[str, Any] = {
    "format": 4,
    "files": formats.RULES,
    "passages": passages.RULES,
    "terms": lexical.RULES,
}
"""By what rules texts are read, cut and stored; a snapshot made by others is rebuilt."""

_NAME = re.compile(r"snapshot-(\d{8})-([0-9a-f]{16})")
_UNFINISHED = "unfinished-"
_ENTRIES_FILE = "articles.jsonl.z"

_HEADERS = threading.Lock()
"""numpy parses an array's header with ``ast``, which CPython 3.11 lets fail when two threads are at it at once."""


@dataclass(frozen=True, slots=True)
class Source(SourceFile):
    """A file of the articles folder as it was indexed."""

    sha256: str = ""
    """Of it and its metadata file; empty when it could not be read."""
    articles: Mapping[str, str] = field(default_factory=dict)
    """The digests of its articles, by id."""
    skipped: str | None = None
    """Why it, or one of several articles in it, was passed over, if so."""
    skipped_id: str | None = None
    """That article's id."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """An article in a snapshot: where its text (bytes) and its passages (rows) are."""

    info: ArticleInfo
    content_hash: str
    text_start: int
    text_end: int
    first_passage: int
    last_passage: int


_ENTRY = tuple(field.name for field in fields(_Entry))


# --- reading a snapshot --------------------------------------------------------------------------------------


class Snapshot:
    """An opened snapshot. It stays whole and usable when newer ones are published and this one is deleted."""

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
        lines = zlib.decompress((path / _ENTRIES_FILE).read_bytes()).decode().split("\n")
        self._entries = [_entry(line) for line in lines if line]
        self._rows: NDArray[np.int32] = np.load(path / "passages.npy", mmap_mode="r")
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
            with _HEADERS:
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
        """Files that were passed over when the snapshot was built."""
        return all_skipped(self.sources.values(), self.refused)

    @property
    def duplicates(self) -> list[tuple[str, ...]]:
        """Ids of articles that share one text, the one that has its passages first."""
        shared = [numbers for numbers in self._sharing.values() if len(numbers) > 1]
        return [tuple(self._entries[number].info.id for number in numbers) for numbers in shared]

    def article(self, id: str) -> Article:
        """The article with this id.

        Raises:
            ArticleUnknown: there is none; the error names ids that look alike.
        """
        return self._article(self.number_of(id))

    def number_of(self, id: str) -> int:
        """The place of an article in ``articles``; raises ``ArticleUnknown``."""
        try:
            return self._numbers[id]
        except KeyError:
            raise ArticleUnknown(id, tuple(difflib.get_close_matches(id, self._numbers, n=3))) from None

    def passage(self, number: int, among: NDArray[np.bool_] | None = None) -> Passage:
        """The passage in row ``number`` of the dense and lexical indexes.

        Of several articles with its text, it is the first one's or, where ``among`` is a mask of articles, the first
        one's of these.
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
        return Article(**entry.info.known, text=text, copies=copies)


def all_skipped(sources: Iterable[Source], refused: Iterable[Skipped]) -> tuple[Skipped, ...]:
    """Files and articles that cannot be read, and files refused unread, by path."""
    unreadable = [
        Skipped(source.skipped_id or source.path, source.skipped) for source in sources if source.skipped is not None
    ]
    return tuple(sorted([*unreadable, *refused], key=lambda skipped: skipped.path))


def _entry(line: str) -> _Entry:
    fields = json.loads(line)
    info = fields.pop("info")
    published = date.fromisoformat(info["published"]) if info["published"] else None
    return _Entry(info=ArticleInfo(**info | {"published": published}), **fields)


def _verify(path: Path) -> dict[str, Any]:
    """The manifest of the snapshot in ``path``, once it and every file that it names proved whole."""
    try:
        content = (path / "manifest.json").read_bytes()
        if hashlib.sha256(content).hexdigest()[:16] != path.name.rpartition("-")[2]:
            raise IndexCorrupt(path, "manifest.json has changed")
        manifest: dict[str, Any] = json.loads(content)
        files: dict[str, dict[str, Any]] = manifest["files"]
        for name, expected in files.items():
            if (path / name).stat().st_size != expected["size"]:
                raise IndexCorrupt(path, f"{name} has changed")
        with ThreadPoolExecutor(os.cpu_count()) as pool:  # gigabytes are hashed as fast as all cores can
            for name, actual in zip(files, pool.map(lambda name: _hash(path / name), files), strict=True):
                if actual != files[name]["sha256"]:
                    raise IndexCorrupt(path, f"{name} has changed")
    except FileNotFoundError as error:
        if not path.exists():
            raise IndexMissing(path) from error
        raise IndexCorrupt(path, f"{Path(error.filename).name} is missing") from error
    except OSError as error:
        raise StorageFailed(path, error.strerror or str(error)) from error
    return manifest


def _hashes(folder: Path, names: Collection[str]) -> dict[str, str]:
    """The hashes of files in ``folder``: gigabytes are hashed as fast as all cores can."""
    with ThreadPoolExecutor() as pool:
        return dict(zip(names, pool.map(lambda name: _hash(folder / name), names), strict=True))


def _hash(path: Path) -> str:
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
        return sorted(path for path in index.iterdir() if _NAME.fullmatch(path.name))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StorageFailed(index, error.strerror or str(error)) from error


# --- writing a snapshot --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Draft:
    """What a snapshot is made of. Passages stand in the order of their articles."""

    built_at: datetime
    encoder: str
    fingerprint: str
    sources: Sequence[Source]
    refused: Sequence[Skipped]
    articles: Sequence[Article]
    spans: Sequence[Sequence[Span]]
    """Each article's passages; those of a text that an earlier article has too are not looked at."""
    dense: DenseIndex
    lexical: LexicalIndex


def publish(index: Path, draft: Draft, previous: Snapshot | None) -> Snapshot:
    """Write a snapshot into ``index`` and make it the newest. The caller holds the lock on the index.

    Others are removed but for ``previous``, which is whole and will serve should a disk damage the new one.

    Raises:
        StorageFailed: the disk is full or may not be written; what was there before is untouched.
    """
    numbers = [int(match[1]) for path in published(index) if (match := _NAME.fullmatch(path.name))]
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
        # numpy and faiss count the bytes that they could not write, and do not say why.
        raise StorageFailed(index, getattr(error, "strerror", None) or "only a part could be written") from error
    # Whoever has an old one open goes on reading it; on Windows it cannot be deleted until then, and the next time is.
    for old in set(published(index)) - {path, previous and previous.path}:
        shutil.rmtree(old, ignore_errors=True)
    return Snapshot.open(path)


def clear_left_overs(index: Path) -> None:
    """Remove what builds that were killed left in ``index``. The caller holds the lock on it."""
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
        "rules": RULES,
        "files": {
            name: {"size": (folder / name).stat().st_size, "sha256": digest}
            for name, digest in _hashes(folder, names).items()
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
    """Open what numpy and faiss wrote: of a full disk that cuts off the last few bytes of a file they say nothing."""
    try:
        with _HEADERS:
            DenseIndex.open(folder)
            lexical.arrays_in(folder)
            np.load(folder / "passages.npy", mmap_mode="r")
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
            entry = (article.known, article.content_hash, *places[article.text])
            entries.append(json.dumps(dict(zip(_ENTRY, entry, strict=True)), default=date.isoformat))
    (folder / _ENTRIES_FILE).write_bytes(zlib.compress("\n".join(entries).encode(), level=1))
    np.save(folder / "passages.npy", np.array(rows, dtype=np.int32).reshape(-1, 3))


def _sync(path: Path) -> None:
    """Force a file, or a folder's list of names, to disk; Windows opens no folders and needs no such thing."""
    if path.is_dir() and os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
