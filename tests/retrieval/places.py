"""The places that an index may be kept in, for tests that hold for all of them."""

from __future__ import annotations

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
