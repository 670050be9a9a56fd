"""The places that an index may be kept in, for tests that hold for all of them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

from retrieval.index.address import StoreAddress, Where, where
from retrieval.index.places import place_of
from retrieval.index.protocol import Index

needs_milvus = pytest.mark.skipif(
    find_spec("milvus_lite") is None or find_spec("pymilvus") is None, reason="quoth[milvus] is not installed"
)

PLACES = ["folder", pytest.param("store", marks=needs_milvus)]

both = pytest.mark.parametrize("index", PLACES, indirect=True)
"""A test that holds for an index in a folder, and for one in a store (milvus-lite)."""


def place_in(folder: Path, kind: str) -> Where:
    """A place of this kind below a folder; nothing is there yet."""
    return where(str(folder / "store.db")) if kind == "store" else folder / "index"


def open_at(place: Where) -> Index:
    """The newest index at a place."""
    return place_of(place).open()


def let_go(place: Where) -> None:
    """Close the connection to a store."""
    if isinstance(place, StoreAddress):
        from retrieval.index.milvus.store import Store

        Store(place).close()


class Server:
    """A milvus-lite behind a port of this machine, which can be stopped and started."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._port = folder, 0
        self.start()

    def start(self) -> None:
        from milvus_lite.adapter.grpc.server import start_server_in_thread

        logging.getLogger("grpc._server").setLevel(logging.CRITICAL + 1)  # it has not every method of Milvus
        self._server, self._db, self._port = start_server_in_thread(str(self._folder), port=self._port)

    def stop(self) -> None:
        self._server.stop(grace=0).wait()
        self._db.close()

    def address(self, host: str = "127.0.0.1") -> StoreAddress:
        place = where(f"milvus://{host}:{self._port}/news")
        assert isinstance(place, StoreAddress)
        return place


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    """A store behind a port while in the context; connections to it are closed in the end."""
    from retrieval.index.milvus.store import _shared

    server = Server(folder)
    yield server
    for address in list(_shared):
        let_go(address)
    server.stop()
