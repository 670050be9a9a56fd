"""A segment: articles with their passages, vectors and words, in files that never change.

::

    articles.safetensors    metadata, and where each article's text and passages are; see ``entries``
    texts.bin               the articles' texts, UTF-8, one behind the other, the same text once
    passages.safetensors    (passages, 3): number of the article, start, end
    vectors.faiss, ...      see ``dense`` and ``postings``; missing where there are no passages

Articles with the same text share it and its passages, which are encoded with the title of the first of them.
"""

from __future__ import annotations

import hashlib
import mmap
import threading
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from retrieval.articles.article import Article, ArticleInfo
from retrieval.index.arrays import map_arrays, write_arrays
from retrieval.index.dense import MOMENTS_FILE, VECTORS_FILE, DenseIndex
from retrieval.index.entries import ENTRIES_FILE, OLD_ENTRIES_FILE, Entries, Entry, write_entries
from retrieval.index.postings import POSTINGS_FILE, VOCABULARY_FILE, Postings
from retrieval.text.sentences import Span

PASSAGES_FILE = "passages.safetensors"

TEXTS_FILE = "texts.bin"

ENCODED_FILES = (ENTRIES_FILE, OLD_ENTRIES_FILE, PASSAGES_FILE, VECTORS_FILE, MOMENTS_FILE)
"""What ``Encoded`` opens, where they are."""

Check = Callable[[Path, Sequence[str]], None]
"""Is given a segment's folder and names of files, which are opened then; raises what ``checking.check`` does."""


class Encoded:
    """Of a segment the articles' passages and their vectors. Files are opened when they are asked for first.

    What it has raises then:
        OSError, ValueError, KeyError, TypeError, RuntimeError, zlib.error: the files are not those of a segment.
    """

    def __init__(self, folder: Path, check: Check | None = None) -> None:
        self._folder = folder
        self._check = check

    @cached_property
    def rows(self) -> NDArray[np.int32]:
        """Of each passage the number of its article, its start and its end there; of shape (passages, 3)."""
        rows: NDArray[np.int32] = map_arrays(self._checked(PASSAGES_FILE) / PASSAGES_FILE)["passages"]
        return rows

    @cached_property
    def entries(self) -> Entries:
        """The articles."""
        return Entries.open(self._checked(ENTRIES_FILE, OLD_ENTRIES_FILE))

    @cached_property
    def dense(self) -> DenseIndex | None:
        """The vectors, if there are any."""
        if not len(self.rows) and not (self._folder / VECTORS_FILE).exists():
            return None
        return DenseIndex.open(self._checked(VECTORS_FILE, MOMENTS_FILE))

    @cached_property
    def postings(self) -> Postings | None:
        """The words; those of a damaged snapshot are not taken over."""
        return None

    @property
    def bounds(self) -> NDArray[np.int64]:
        """By article where its passages begin and end in ``rows``, of shape (articles, 2)."""
        return self.entries.places[:, 2:]

    def spans(self, number: int) -> list[Span]:
        """The places of an article's passages in its text."""
        first, last = self.bounds[number].tolist()
        return [Span(start, end) for start, end in self.rows[first:last, 1:].tolist()]

    @cached_property
    def has_own(self) -> NDArray[np.bool_]:
        """Of each article whether it has passages here that are encoded with its own title."""
        hashes, bounds = self.entries.hashes, self.bounds
        own: NDArray[np.bool_] = (bounds[:, 0] < bounds[:, 1]) & (hashes == hashes[self.owners]).all(axis=1)
        return own

    @cached_property
    def owners(self) -> NDArray[np.int64]:
        """For each article the first one here that has its text."""
        _, first, text = np.unique(self.entries.places[:, 0], return_index=True, return_inverse=True)
        owners: NDArray[np.int64] = first[text]
        return owners

    def _checked(self, *names: str) -> Path:
        if self._check:
            self._check(self._folder, names)
        return self._folder


class Segment(Encoded):
    """A segment of a snapshot.

    Once ``load`` has opened all of it, it stays usable when its folder is deleted.
    """

    def load(self) -> None:
        """Open every file; raises what ``Encoded`` does."""
        _ = self.rows, self.entries, self.dense, self.postings, self._texts

    def move(self, folder: Path) -> None:
        """Open what is not open yet from ``folder``, where the same files are."""
        self._folder = folder

    @cached_property
    def postings(self) -> Postings | None:
        """The words, if there are any."""
        return Postings.open(self._checked(POSTINGS_FILE, VOCABULARY_FILE)) if self.dense else None

    @cached_property
    def _texts(self) -> mmap.mmap:
        with (self._checked(TEXTS_FILE) / TEXTS_FILE).open("rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def text(self, number: int) -> bytes:
        """The text of an article, in UTF-8."""
        return self._texts[slice(*self.entries.places[number, :2].tolist())]

    def article(self, number: int, copies: tuple[ArticleInfo, ...] = ()) -> Article:
        """An article, by its place in ``entries``."""
        entry = self.entries[number]
        text = self.text(number).decode("utf-8", "surrogatepass")
        return Article(**entry.info.known, text=text, copies=copies, pages=entry.pages, scanned=entry.scanned)


_opened: WeakValueDictionary[Hashable, Segment] = WeakValueDictionary()
_kept: list[Segment] = []
_opening = threading.Lock()


def open_segment(folder: Path, files: Hashable, check: Check) -> Segment:
    """The segment in ``folder``, or the one that is known already and consists of the very same ``files``."""
    with _opening:
        segment = _opened.get(files)
        if segment is None:
            _opened[files] = segment = Segment(folder, check)
        segment.move(folder)
        return segment


def keep_open(segments: Sequence[Segment]) -> None:
    """Keep segments open until the next call, so that a process that updates an index again reads no article again."""
    _kept[:] = segments


def write_articles(folder: Path, articles: Iterable[Article], spans: Sequence[Sequence[Span]]) -> None:
    """Write articles and their passages into ``folder``; those of one whose text an earlier one has are ignored."""
    rows: list[tuple[int, int, int]] = []
    write_entries(folder, _written(folder, articles, spans, rows))
    write_arrays(folder / PASSAGES_FILE, {"passages": np.array(rows, dtype=np.int32).reshape(-1, 3)})


def _written(
    folder: Path, articles: Iterable[Article], spans: Sequence[Sequence[Span]], rows: list[tuple[int, int, int]]
) -> Iterator[dict[str, Any]]:
    """Write the articles' texts, add their passages to ``rows``, and give each one's ``Entry`` by name."""
    places: dict[bytes, tuple[int, int, int, int]] = {}
    with (folder / TEXTS_FILE).open("wb") as texts:
        for number, (article, own) in enumerate(zip(articles, spans, strict=True)):
            content = article.text.encode("utf-8", "surrogatepass")
            key = text_hash(content)
            if key not in places:
                start, first = texts.tell(), len(rows)
                texts.write(content)
                rows.extend((number, *span) for span in own)
                places[key] = (start, texts.tell(), first, len(rows))
            entry = (article.known, article.content_hash, *places[key], article.pages, article.scanned)
            yield dict(zip(Entry._fields, entry, strict=True)) | {"digest": digest_of(key)}


def text_hash(content: bytes) -> bytes:
    """What tells a text from others."""
    return hashlib.sha256(content).digest()


def digest_of(text_hash: bytes) -> int:
    """The beginning of that, which is kept of each article: few others have the same."""
    return int.from_bytes(text_hash[:8], "little", signed=True)
