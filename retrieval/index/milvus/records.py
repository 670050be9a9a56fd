"""What is written down in a store beside passages: packed values, each under a key, in rows that are not too long."""

from __future__ import annotations

import base64
import json
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any

from retrieval.articles.article import ArticleInfo
from retrieval.index.milvus.connection import Connection, Row
from retrieval.index.sources import Source

RECORDS, TEXTS = "records", "texts"
"""The collections of records, and of articles' texts: these are read by their keys only, and many of those at once."""

LAYOUT = 1
"""The version of what is in the collections; an index in another is built anew."""

_PIECE = 60_000
"""Characters of a row's data at most."""


@dataclass(frozen=True, slots=True)
class Head:
    """The newest version of an index: writing it down is what makes it the newest."""

    version: int
    generation: int
    """Which collection its passages are in: another encoder, or other rules, begin another one."""
    built_at: str
    encoder: str
    fingerprint: str
    rules: Mapping[str, str]
    dimension: int
    length: float
    """Terms of a passage, about: what BM25 compares lengths with. It stays, for passages to stay as they are."""
    last_text: int
    """Texts have numbers; those of an update that has not come to its end are higher."""
    published: Sequence[tuple[int, float]]
    """Versions and when they became the newest, in seconds since 1970; those of long ago are left out."""
    began: int
    """The version with which this generation began."""
    cleaned: int = 0
    """The version for which no superseded record and text is left."""
    layout: int = LAYOUT

    @property
    def label(self) -> str:
        """What tells it from others, also after an index was made from nothing under the same name."""
        return f"{self.generation}-{self.version} of {self.built_at}"

    @property
    def readable(self) -> bool:
        """Whether this version of Quoth can read what it stands for."""
        return self.layout == LAYOUT


@dataclass(frozen=True, slots=True)
class Kept:
    """An article in a store: what is known of it, and which text it has."""

    info: ArticleInfo
    text: int
    """The text's number."""
    parts: int
    """Rows that the text takes."""
    hash: str
    """Of the text alone: articles with the same text share its passages."""
    content: str
    """Of what would be encoded of this article, as ``Article.content_hash`` has it."""
    encoded: str
    """Of what was encoded: that of one of the articles with the text."""
    pages: tuple[int, ...] = ()
    scanned: tuple[int, ...] = ()

    @classmethod
    def unpacked(cls, value: Mapping[str, Any]) -> Kept:
        """What ``asdict`` made of one, by way of JSON."""
        info = dict(value["info"])
        info["published"] = date.fromisoformat(info["published"]) if info["published"] else None
        numbers = {name: tuple(value[name]) for name in ("pages", "scanned")}
        return cls(**dict(value) | numbers | {"info": ArticleInfo(**info)})


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file of the articles folder in one version of an index, with its articles; without a source it was removed."""

    path: str
    version: int
    source: Source | None = None
    articles: tuple[Kept, ...] = ()
    parts: int = 1
    """Rows that the record takes."""

    @property
    def value(self) -> Any:
        """All that is not in its key."""
        return {
            "path": self.path,
            "source": self.source and asdict(self.source),
            "articles": [asdict(each) for each in self.articles],
        }

    @classmethod
    def unpacked(cls, version: int, parts: int, value: Mapping[str, Any]) -> FileRecord:
        """What was packed."""
        source = value["source"] and Source(**value["source"])
        return cls(value["path"], version, source, tuple(map(Kept.unpacked, value["articles"])), parts)


@dataclass(frozen=True, slots=True)
class Text:
    """The text of one or several articles, as it was cut and encoded."""

    title: str
    """That it was encoded with."""
    text: str
    spans: Sequence[tuple[int, int]] = field(default_factory=tuple)

    @property
    def value(self) -> Any:
        """As JSON can hold it."""
        return asdict(self)

    @classmethod
    def unpacked(cls, value: Mapping[str, Any]) -> Text:
        """What ``value`` says."""
        return cls(value["title"], value["text"], [(start, end) for start, end in value["spans"]])

    def encoded(self) -> list[str]:
        """What was encoded of each passage."""
        return [f"{self.title}. {self.text[start:end]}" for start, end in self.spans]


def pack(value: Any) -> list[str]:
    """A value, of what JSON can hold, as pieces of text that fit into a row each."""
    packed = base64.b64encode(zlib.compress(json.dumps(value, default=date.isoformat).encode(), level=1)).decode()
    return [packed[start : start + _PIECE] for start in range(0, len(packed), _PIECE)]


def unpack(pieces: Iterable[str]) -> Any:
    """The value that ``pack`` was given."""
    return json.loads(zlib.decompress(base64.b64decode("".join(pieces))))


def rows(key: str, kind: str, version: int, value: Any) -> list[Row]:
    """The rows of a value: under the key and each piece's number."""
    pieces = pack(value)
    common = {"kind": kind, "version": version, "parts": len(pieces), "nothing": [0.0, 0.0]}
    return [{"key": f"{key}/{part}", "data": piece, **common} for part, piece in enumerate(pieces)]


def keys(key: str, parts: int) -> list[str]:
    """The keys of a value's rows."""
    return [f"{key}/{part}" for part in range(parts)]


@dataclass(frozen=True, slots=True)
class Found:
    """A value that was read, and under which key."""

    key: str
    version: int
    parts: int
    value: Any


_FIELDS = ("key", "version", "parts", "data")


def gathered(found: Iterable[Row]) -> Iterator[Found]:
    """The values whose rows are all there."""
    pieces: dict[str, dict[int, Row]] = defaultdict(dict)
    for row in found:
        key, _, part = row["key"].rpartition("/")
        pieces[key][int(part)] = row
    for key, parts in pieces.items():
        first = next(iter(parts.values()))
        if len(parts) == first["parts"]:
            value = unpack(parts[number]["data"] for number in range(len(parts)))
            yield Found(key, first["version"], first["parts"], value)


def every(connection: Connection, collection: str, which: str) -> Iterator[Found]:
    """The values for whose rows an expression holds."""
    return gathered(connection.every(collection, which, _FIELDS))


def by_keys(connection: Connection, collection: str, wanted: Sequence[str]) -> Iterator[Found]:
    """The values with these rows."""
    return gathered(connection.get(collection, wanted, _FIELDS))


def quoted(names: Iterable[str]) -> str:
    """Names as a list in an expression."""
    return json.dumps(list(names), ensure_ascii=False)


# --- the head ----------------------------------------------------------------------------------------------------

_HEAD = "head"


def read_head(connection: Connection) -> Head | None:
    """The newest version; None when there is none."""
    if RECORDS not in connection.names():
        return None
    for found in by_keys(connection, RECORDS, keys(_HEAD, 1)):
        value = dict(found.value)
        if value["layout"] != LAYOUT:
            known = {name: value[name] for name in ("version", "generation", "layout")}
            return replace(Head(0, 0, "", "", "", {}, 0, 0.0, 0, (), 0), **known)
        return Head(**value | {"published": tuple(map(tuple, value["published"]))})
    return None


def write_head(connection: Connection, head: Head) -> None:
    """Make a version the newest: one row, which is there or not."""
    connection.put(RECORDS, rows(_HEAD, "head", 0, asdict(head)))
