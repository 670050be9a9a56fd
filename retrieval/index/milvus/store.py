"""A store as the place of an index: its connection, and the newest version that this process knows."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from retrieval.errors import IndexForeign, IndexMissing
from retrieval.index.address import StoreAddress
from retrieval.index.changes import Progress
from retrieval.index.milvus.claims import claimed
from retrieval.index.milvus.connection import Connection
from retrieval.index.milvus.reading import StoreIndex
from retrieval.index.milvus.records import RECORDS, TEXTS, read_head
from retrieval.index.milvus.state import State, load
from retrieval.index.milvus.texts import Texts
from retrieval.index.milvus.writing import StoreWriter


class _Shared:
    """What all of a process that uses a store shares."""

    def __init__(self, address: StoreAddress) -> None:
        self.connection = Connection(address)
        self.texts = Texts(self.connection)
        self.newest: State | None = None


_shared: dict[StoreAddress, _Shared] = {}
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Store:
    """An index in a Milvus."""

    address: StoreAddress

    def _reached(self) -> _Shared:
        with _lock:
            if self.address not in _shared:
                _shared[self.address] = _Shared(self.address)
            return _shared[self.address]

    @property
    def _nowhere(self) -> bool:
        """Whether it would be in a folder that is not there, which looking must not make."""
        return self.address.folder is not None and not self.address.folder.exists()

    def newest(self) -> str | None:
        """The newest version; None when there is none."""
        if self._nowhere:
            return None
        head = read_head(self._reached().connection)
        return head.label if head else None

    def open(self) -> StoreIndex:
        """Open the newest version.

        Raises:
            IndexMissing: there is none.
            IndexForeign: another version of Quoth wrote it.
            IndexUnreachable: the store does not answer.
        """
        head = None if self._nowhere else read_head(self._reached().connection)
        if head is None:
            raise IndexMissing(str(self.address))
        if not head.readable:
            raise IndexForeign(str(self.address), "another version of Quoth wrote it")
        shared = self._reached()
        shared.newest = load(shared.connection, head, shared.newest)
        return StoreIndex(shared.connection, shared.texts, shared.newest)

    @contextmanager
    def writer(self, wait_s: float, progress: Progress | None) -> Iterator[StoreWriter]:
        """Be the only writer while in the context; raises ``IndexLocked`` and ``IndexUnreachable``."""
        shared = self._reached()
        for collection in (RECORDS, TEXTS):
            shared.connection.make_rows(collection)
        with claimed(shared.connection, wait_s, progress) as claim:
            writer = StoreWriter(shared.connection, shared.texts, claim, shared.newest)
            try:
                yield writer
            finally:  # so that the next reads only what is newer
                shared.newest = writer.state

    def close(self) -> None:
        """Give the connection up, if there is one: milvus-lite then lets its folder go."""
        with _lock:
            if shared := _shared.pop(self.address, None):
                shared.connection.close()
