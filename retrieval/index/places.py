"""The place that an address names."""

from __future__ import annotations

from retrieval.index.address import StoreAddress, Where
from retrieval.index.folder import Folder
from retrieval.index.writing import Place


def place_of(index: Where) -> Place:
    """The place that an index is kept in: a folder of snapshots, or a store."""
    if isinstance(index, StoreAddress):
        from retrieval.index.milvus.store import Store

        return Store(index)
    return Folder(index)
