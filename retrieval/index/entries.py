"""The list of a segment's articles: numbers in columns that are mapped into memory, the rest read when asked for."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from retrieval.articles.article import ArticleInfo
from retrieval.index.arrays import map_arrays, write_arrays

ENTRIES_FILE = "articles.safetensors"

OLD_ENTRIES_FILE = "articles.jsonl.z"
"""What it was up to format 6: a line of JSON for each article, compressed by zlib."""


_PUBLISHED = re.compile(rb'"published": (?:null|"([^"]*)")')
"""In a line of ``known``: no text has these marks, for in JSON those in a text have a backslash before them."""


class Entry(NamedTuple):
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


class Entries(Sequence[Entry]):
    """The articles of a segment.

    Args:
        columns: ``places``, the numbers of ``Entry`` in its order, of shape (articles, 4); ``hashes`` of their
            contents (articles, 32); ``digests``, the beginnings of their texts' hashes (articles,), unless a former
            version wrote them; and one behind the other, with where each ends, the ``ids`` (UTF-8) and what else is
            ``known``, a line of JSON for each.
    """

    def __init__(self, columns: Mapping[str, NDArray[Any]]) -> None:
        self._columns = columns
        self.places: NDArray[np.int64] = columns["places"]
        self.hashes: NDArray[np.uint8] = columns["hashes"]
        self.digests: NDArray[np.int64] | None = columns.get("digests")

    @classmethod
    def open(cls, folder: Path) -> Entries:
        """Open what ``write_entries`` wrote, now or in a former version.

        Raises:
            OSError, ValueError, KeyError, TypeError, zlib.error: the file is no such list.
        """
        if (folder / ENTRIES_FILE).exists():
            return cls(map_arrays(folder / ENTRIES_FILE))
        lines = zlib.decompress((folder / OLD_ENTRIES_FILE).read_bytes()).decode().replace("\n", ",")
        return cls(_columns(json.loads(f"[{lines}]")))

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, number: Any) -> Any:
        known = json.loads(_part(self._columns, "known", number))
        id = _part(self._columns, "ids", number).decode("utf-8", "surrogatepass")
        return _entry(id, bytes(self.hashes[number]).hex(), self.places[number].tolist(), known)

    def ids(self) -> list[str]:
        """The ids of all articles."""
        ids, ends = self._columns["ids"].tobytes(), self._columns["ids_ends"].tolist()
        if ids.isascii():  # then places in the bytes are places in the text, and that is decoded at once
            text = ids.decode()
            return [text[start:end] for start, end in pairwise([0, *ends])]
        return [ids[start:end].decode("utf-8", "surrogatepass") for start, end in pairwise([0, *ends])]

    def days(self) -> NDArray[np.int32]:
        """When each was published, as a day's number; 0 where that is not known."""
        found = _PUBLISHED.findall(self._columns["known"].tobytes())
        days = {each: date.fromisoformat(each.decode()).toordinal() if each else 0 for each in set(found)}
        return np.fromiter(map(days.__getitem__, found), dtype=np.int32, count=len(self))

    def infos(self) -> list[ArticleInfo]:
        """All articles without their texts."""
        known = self._columns["known"].tobytes().decode().replace("\n", ",")
        return [_info(id, each) for id, each in zip(self.ids(), json.loads(f"[{known[:-1]}]"), strict=True)]


class Infos(Sequence[ArticleInfo]):
    """The articles at some places of segments without their texts. One is read when it is asked for.

    Once all are gone through they stay in memory.

    Args:
        entries: those of the segments.
        places: by article the segment and the place there, of shape (articles, 2).
    """

    def __init__(self, entries: Sequence[Entries], places: NDArray[np.int32]) -> None:
        self._entries = entries
        self._places = places

    @cached_property
    def _all(self) -> list[ArticleInfo]:
        infos = [each.infos() for each in self._entries]
        return [infos[segment][entry] for segment, entry in self._places.tolist()]

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, number: Any) -> Any:
        if isinstance(number, slice) or "_all" in self.__dict__:
            return self._all[number]
        segment, entry = self._places[number].tolist()
        return self._entries[segment][entry].info

    def __iter__(self) -> Iterator[ArticleInfo]:
        return iter(self._all)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._all == list(other)

    __hash__ = None  # type: ignore[assignment]


def write_entries(folder: Path, entries: Iterable[Mapping[str, Any]]) -> None:
    """Write the list: of each article what ``Entry`` has, by name, with ``info`` by name too."""
    write_arrays(folder / ENTRIES_FILE, _columns(entries))


def _columns(entries: Iterable[Mapping[str, Any]]) -> dict[str, NDArray[Any]]:
    places, digests, hashes = [], [], bytearray()
    ids, ids_ends, known, known_ends = bytearray(), [], bytearray(), []
    for each in entries:
        places.append([each[name] for name in Entry._fields[2:6]])
        hashes += bytes.fromhex(each["content_hash"])
        digests += [each["digest"]] if "digest" in each else []
        info = dict(each["info"])
        ids += info.pop("id").encode("utf-8", "surrogatepass")
        ids_ends.append(len(ids))
        info |= {name: each[name] for name in ("pages", "scanned") if each.get(name)}
        known += json.dumps(info, default=date.isoformat).encode() + b"\n"
        known_ends.append(len(known))
    columns = {"digests": np.array(digests, dtype=np.int64)} if len(digests) == len(places) else {}
    return columns | {
        "places": np.array(places, dtype=np.int64).reshape(-1, 4),
        "hashes": np.frombuffer(hashes, dtype=np.uint8).reshape(-1, 32),
        "ids": np.frombuffer(ids, dtype=np.uint8),
        "ids_ends": np.array(ids_ends, dtype=np.int64),
        "known": np.frombuffer(known, dtype=np.uint8),
        "known_ends": np.array(known_ends, dtype=np.int64),
    }


def _part(columns: Mapping[str, NDArray[Any]], name: str, number: int) -> bytes:
    """What one article has of the column ``name``."""
    ends = columns[f"{name}_ends"]
    part: bytes = columns[name][int(ends[number - 1]) if number else 0 : int(ends[number])].tobytes()
    return part


def _entry(id: str, content_hash: str, places: Sequence[int], known: dict[str, Any]) -> Entry:
    start, end, first, last = places
    pages, scanned = (tuple(known.get(name, ())) for name in ("pages", "scanned"))
    return Entry(_info(id, known), content_hash, start, end, first, last, pages, scanned)


def _info(id: str, known: Mapping[str, Any]) -> ArticleInfo:
    published = date.fromisoformat(known["published"]) if known["published"] else None
    return ArticleInfo(id, known["title"], known["source"], published, known["url"], known["path"])
