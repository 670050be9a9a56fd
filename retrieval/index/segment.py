"""A segment: articles with their passages, vectors and words, in files that never change.

::

    articles.jsonl.z        metadata, and where each article's text and passages are; compressed by zlib
    texts.bin               the articles' texts, UTF-8, one behind the other, the same text once
    passages.safetensors    (passages, 3): number of the article, start, end
    vectors.faiss, ...      see ``dense`` and ``postings``; missing where there are no passages

Articles with the same text share it and its passages, which are encoded with the title of the first of them.
"""

from __future__ import annotations

import json
import mmap
import threading
import zlib
from collections.abc import Hashable, Iterable, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from retrieval.articles.article import Article, ArticleInfo
from retrieval.index.arrays import map_arrays, write_arrays
from retrieval.index.dense import MOMENTS_FILE, VECTORS_FILE, DenseIndex
from retrieval.index.postings import Postings
from retrieval.text.sentences import Span

ENTRIES_FILE = "articles.jsonl.z"

PASSAGES_FILE = "passages.safetensors"

TEXTS_FILE = "texts.bin"


class Entry(NamedTuple):  # made in a fifth of the time of a dataclass
    """An article in a segment: where its text (bytes) and its passages (rows) are."""

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


ENCODED_FILES = (ENTRIES_FILE, PASSAGES_FILE, VECTORS_FILE, MOMENTS_FILE)
"""What ``Encoded`` opens."""


class Encoded:
    """Of a segment the articles' passages and their vectors.

    Raises:
        OSError, ValueError, KeyError, TypeError, RuntimeError, zlib.error: the files are not those of a segment.
    """

    def __init__(self, folder: Path) -> None:
        self.rows: NDArray[np.int32] = map_arrays(folder / PASSAGES_FILE)["passages"]
        self.dense = DenseIndex.open(folder) if len(self.rows) or (folder / VECTORS_FILE).exists() else None
        self.postings: Postings | None = None
        lines = zlib.decompress((folder / ENTRIES_FILE).read_bytes()).decode().replace("\n", ",")
        self.entries = [_entry(**fields) for fields in json.loads(f"[{lines}]")]
        self.owners = self._owners()
        bounds = [(entry.first_passage, entry.last_passage) for entry in self.entries]
        self.bounds: NDArray[np.int64] = np.array(bounds, dtype=np.int64).reshape(-1, 2)

    def spans(self, number: int) -> list[Span]:
        """The places of an article's passages in its text."""
        entry = self.entries[number]
        return [Span(start, end) for start, end in self.rows[entry.first_passage : entry.last_passage, 1:].tolist()]

    @cached_property
    def has_own(self) -> Sequence[bool]:
        """Of each article whether it has passages here that are encoded with its own title."""
        return [
            entry.first_passage < entry.last_passage and entry.content_hash == self.entries[owner].content_hash
            for entry, owner in zip(self.entries, self.owners, strict=True)
        ]

    def _owners(self) -> list[int]:
        """For each article the first one here that has its text."""
        first: dict[int, int] = {}
        return [first.setdefault(entry.text_start, number) for number, entry in enumerate(self.entries)]


class Segment(Encoded):
    """An opened segment. It stays usable when its folder is deleted; raises what ``Encoded`` does."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.postings = Postings.open(folder) if self.dense else None
        with (folder / TEXTS_FILE).open("rb") as file:
            self._texts = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def text(self, number: int) -> bytes:
        """The text of an article, in UTF-8."""
        entry = self.entries[number]
        return self._texts[entry.text_start : entry.text_end]

    def size(self, number: int) -> int:
        """The length of an article's text in bytes."""
        return self.entries[number].text_end - self.entries[number].text_start

    def article(self, number: int, copies: tuple[ArticleInfo, ...] = ()) -> Article:
        """An article, by its place in ``entries``."""
        entry = self.entries[number]
        text = self.text(number).decode("utf-8", "surrogatepass")
        return Article(**entry.info.known, text=text, copies=copies, pages=entry.pages, scanned=entry.scanned)


_opened: WeakValueDictionary[Hashable, Segment] = WeakValueDictionary()
_kept: list[Segment] = []
_opening = threading.Lock()


def open_segment(folder: Path, files: Hashable) -> Segment:
    """Open a segment, or take the one that is open already and consists of the very same ``files``."""
    with _opening:
        segment = _opened.get(files)
        if segment is None:
            _opened[files] = segment = Segment(folder)
        return segment


def keep_open(segments: Sequence[Segment]) -> None:
    """Keep segments open until the next call, so that a process that updates an index again reads no article again."""
    _kept[:] = segments


def write_articles(folder: Path, articles: Iterable[Article], spans: Sequence[Sequence[Span]]) -> None:
    """Write articles and their passages into ``folder``; those of one whose text an earlier one has are ignored."""
    rows: list[tuple[int, int, int]] = []
    places: dict[str, tuple[int, int, int, int]] = {}
    entries: list[str] = []
    with (folder / TEXTS_FILE).open("wb") as texts:
        for number, (article, own) in enumerate(zip(articles, spans, strict=True)):
            if article.text not in places:
                start, first = texts.tell(), len(rows)
                texts.write(article.text.encode("utf-8", "surrogatepass"))
                rows.extend((number, *span) for span in own)
                places[article.text] = (start, texts.tell(), first, len(rows))
            entry = (article.known, article.content_hash, *places[article.text], article.pages, article.scanned)
            entries.append(json.dumps(dict(zip(Entry._fields, entry, strict=True)), default=date.isoformat))
    (folder / ENTRIES_FILE).write_bytes(zlib.compress("\n".join(entries).encode(), level=1))
    write_arrays(folder / PASSAGES_FILE, {"passages": np.array(rows, dtype=np.int32).reshape(-1, 3)})


def _entry(*, info: dict[str, Any], pages: Sequence[int] = (), scanned: Sequence[int] = (), **places: Any) -> Entry:
    if info["published"]:
        info["published"] = date.fromisoformat(info["published"])
    return Entry(ArticleInfo(**info), pages=tuple(pages), scanned=tuple(scanned), **places)
