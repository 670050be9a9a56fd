"""Removing from a store what no reader can need any more."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from retrieval.index.milvus.connection import Connection
from retrieval.index.milvus.plan import hash_of
from retrieval.index.milvus.records import RECORDS, TEXTS, Head, keys, quoted
from retrieval.index.milvus.state import FILE, State
from retrieval.index.milvus.texts import passages_of, text_key

_T = TypeVar("_T")

GRACE_S = 600.0
"""How long a version stays whole after a newer one was published: readers take up newer ones within seconds."""

_AT_ONCE = 1_000
"""Rows that are deleted by their keys at once."""


def record_key(path: str, version: int) -> str:
    """The key of a file's record."""
    return f"{FILE}/{hash_of(path)}/{version}"


def outdated(head: Head) -> int:
    """The newest version that was published so long ago that nobody reads those before it; 0 for none."""
    old = [version for version, published in head.published if published <= time.time() - GRACE_S]
    return max(old, default=0)


def clear_unpublished(connection: Connection, newest: int) -> None:
    """Remove the records of a version that was not published, since the run that wrote them was killed."""
    connection.delete(RECORDS, f"version > {newest}")


def clean(connection: Connection, state: State) -> None:
    """Remove what only versions of long ago had: texts with their passages, records, and earlier generations."""
    until = outdated(state.head)
    if until <= state.head.cleaned:
        return
    _clear_texts(connection, state, until)
    for kind, version in state.since.items():
        if 0 < version <= until:
            connection.delete(RECORDS, f'kind == "{kind}" and version > 0 and version < {version}')
    if state.head.cleaned < state.head.began <= until:
        connection.delete(RECORDS, f"version > 0 and version < {state.head.began}")
        connection.delete(TEXTS, f"version < {state.head.generation}")
        for name in connection.names():
            if name.startswith("passages_") and int(name.removeprefix("passages_")) < state.head.generation:
                connection.drop(name)


def _clear_texts(connection: Connection, state: State, until: int) -> None:
    """Remove superseded records, after the texts that they alone have."""
    gone = [old for old in state.superseded if old.by <= until]
    later = (article for old in state.superseded if old.by > until for article in old.record.articles)
    needed = {article.text for article in (*state.articles, *later)}
    texts = {each.text: each.parts for old in gone for each in old.record.articles if each.text not in needed}
    remove_texts(connection, state.head.generation, texts)
    wanted = [record_key(old.record.path, old.record.version) for old in gone]
    parts = [key for name, old in zip(wanted, gone, strict=True) for key in keys(name, old.record.parts)]
    delete_keys(connection, RECORDS, parts)


def remove_texts(connection: Connection, generation: int, texts: Mapping[int, int]) -> None:
    """Remove texts, given how many rows each takes, and before them their passages."""
    for some in _parted(list(texts)):
        connection.delete(passages_of(generation), f"text in {list(some)}")
    delete_keys(
        connection, TEXTS, [key for text, parts in texts.items() for key in keys(text_key(generation, text), parts)]
    )


def delete_keys(connection: Connection, collection: str, wanted: Sequence[str]) -> None:
    """Delete rows by their keys."""
    for some in _parted(wanted):
        connection.delete(collection, f"key in {quoted(some)}")


def _parted(values: Sequence[_T]) -> Iterator[Sequence[_T]]:
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]
