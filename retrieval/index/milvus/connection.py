"""A connection to a Milvus: collections and their rows. The only module that imports pymilvus."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from retrieval.errors import IndexUnreachable, StorageFailed, StoreClientMissing
from retrieval.index.address import StoreAddress

Row = Mapping[str, Any]

_READ_S, _WRITE_S, _FOLDER_S = 10.0, 120.0, 3600.0
"""Seconds after which a server that does not answer counts as gone; whoever asks is kept waiting no longer. What is in
this process, milvus-lite in a folder, has ``_FOLDER_S`` to be asked: it may be slow, or stopped, but is never gone."""

_TRIES, _PAUSE_S = 40, 0.25
"""How often a collection is tried to be made, and how long apart."""

_RECONNECT_MS = 2_000
"""Milliseconds at most between two tries to reach a store that went away; gRPC would come to wait for two minutes."""

_PAGE = 8_000
"""Rows that an iterator fetches at a time: Milvus gives 16,384 at most."""

_FEW = 100
"""Rows that are asked for at once, without an iterator, where they may be all."""

_INSERTED = 500
"""Rows that are sent at once: about a megabyte of vectors."""

_LONGEST = 65_535
"""Bytes of a text field at most; Milvus's own limit."""


class Connection:
    """A connection to a Milvus; any number of threads may use one, and it mends itself when the store is back.

    Raises (by every method):
        IndexUnreachable: the store does not answer, or refuses.
        StoreClientMissing: its client is not installed.
        StorageFailed: the folder of milvus-lite cannot be made.
    """

    def __init__(self, address: StoreAddress) -> None:
        self.address = address
        os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # whose C++ part writes to standard error by itself
        try:
            import pymilvus
        except ImportError as error:
            raise StoreClientMissing(str(address)) from error
        for library in ("pymilvus", "milvus_lite", "grpc._server"):  # they log what they raise
            logging.getLogger(library).setLevel(logging.CRITICAL + 1)
        self._types = pymilvus.DataType
        self._read_s = _FOLDER_S if address.folder else _READ_S
        self._ready: set[str] = set()
        """Collections that the store has in memory, as far as is known."""
        if address.folder:
            try:
                address.folder.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise StorageFailed(address.folder, error.strerror or str(error)) from error
        with self._reaching():
            self._client = pymilvus.MilvusClient(
                address.uri,
                token=address.token,
                timeout=self._read_s,
                grpc_options={"grpc.max_reconnect_backoff_ms": _RECONNECT_MS},
            )

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        """Turn the client's errors into one of Quoth's."""
        import grpc
        from pymilvus.exceptions import MilvusException

        try:
            yield
        except MilvusException as error:
            self._ready.clear()  # a store that was started again has nothing in memory
            raise IndexUnreachable(str(self.address), error.message or type(error).__name__) from error
        except grpc.RpcError as error:
            self._ready.clear()
            reason = error.details() if isinstance(error, grpc.Call) else None
            raise IndexUnreachable(str(self.address), reason or type(error).__name__) from error

    # --- collections ---------------------------------------------------------------------------------------------

    def names(self) -> list[str]:
        """The collections that belong to this index, without its name."""
        prefix = f"{self.address.name}_"
        with self._reaching():
            found = self._client.list_collections(timeout=self._read_s)
        return sorted(name.removeprefix(prefix) for name in found if name.startswith(prefix))

    def make_passages(self, collection: str, dimension: int) -> None:
        """Make a collection of passages, unless there is one."""
        fields = {"id": ("INT64", {"is_primary": True}), "text": ("INT64", {})}
        vectors = {"dense": ("FLOAT_VECTOR", {"dim": dimension}), "words": ("SPARSE_FLOAT_VECTOR", {})}
        indexes = {"dense": ("AUTOINDEX", "IP"), "words": ("SPARSE_INVERTED_INDEX", "IP")}
        self._make(collection, fields | vectors, indexes)

    def make_rows(self, collection: str) -> None:
        """Make a collection of rows with a key, two numbers and data, unless there is one.

        Milvus wants a vector in each collection; it says nothing here.
        """
        text = {"max_length": _LONGEST}
        fields: dict[str, tuple[str, dict[str, Any]]] = {
            "key": ("VARCHAR", {"is_primary": True, "max_length": 256}),
            "kind": ("VARCHAR", {"max_length": 16}),
            "version": ("INT64", {}),
            "parts": ("INT64", {}),
            "data": ("VARCHAR", text),
            "nothing": ("FLOAT_VECTOR", {"dim": 2}),
        }
        self._make(collection, fields, {"nothing": ("AUTOINDEX", "IP")})

    def _make(
        self,
        collection: str,
        fields: Mapping[str, tuple[str, dict[str, Any]]],
        indexes: Mapping[str, tuple[str, str]],
    ) -> None:
        from pymilvus.exceptions import MilvusException

        with self._reaching():
            for left in reversed(range(_TRIES)):  # another one may be at it too
                try:
                    self._make_what_lacks(self._named(collection), fields, indexes)
                    break
                except MilvusException:
                    if not left:
                        raise
                    time.sleep(_PAUSE_S)

    def _make_what_lacks(
        self, name: str, fields: Mapping[str, tuple[str, dict[str, Any]]], indexes: Mapping[str, tuple[str, str]]
    ) -> None:
        if not self._client.has_collection(name, timeout=self._read_s):
            schema = self._client.create_schema(auto_id=False, enable_dynamic_field=False)
            for field, (kind, options) in fields.items():
                schema.add_field(field, self._types[kind], **options)
            self._client.create_collection(name, schema=schema, consistency_level="Strong", timeout=_WRITE_S)
        lacking = indexes.keys() - set(self._client.list_indexes(name))
        for field in sorted(lacking):
            wanted = self._client.prepare_index_params()
            kind, metric = indexes[field]
            wanted.add_index(field, index_name=field, index_type=kind, metric_type=metric)
            # Of nothing an index is made at once: waiting for that takes half a second.
            self._client.create_index(name, wanted, timeout=_WRITE_S, sync=False)

    def settle(self, collection: str) -> None:
        """Have the store write what it was given to disk and index it, which makes many new rows quicker to search."""
        with self._reaching():
            self._client.flush(self._named(collection), timeout=_WRITE_S)

    def drop(self, collection: str) -> None:
        """Remove a collection, if it is there."""
        with self._reaching():
            self._client.drop_collection(self._named(collection), timeout=_WRITE_S)
        self._ready.discard(collection)

    def _named(self, collection: str) -> str:
        return f"{self.address.name}_{collection}"

    def _loaded(self, collection: str) -> str:
        """The collection's name in the store, which has it in memory: it answers from nothing else."""
        name = self._named(collection)
        if collection not in self._ready:
            self._load(name)
            self._ready.add(collection)
        return name

    def _load(self, name: str) -> None:
        """Have the store take a collection into memory, and wait for it while it does.

        The client's own wait would go on where the store was started anew meanwhile and has forgotten to load it. After
        ``_WRITE_S`` it is left at that: the store refuses what is asked next.
        """
        from pymilvus.client.types import LoadState

        state = LoadState.NotLoad
        for _ in range(int(_WRITE_S / _PAUSE_S)):
            if state != LoadState.Loading:
                self._client.load_collection(name, timeout=self._read_s, _async=True)
            state = self._client.get_load_state(name, timeout=self._read_s)["state"]
            if state == LoadState.Loaded:
                return
            time.sleep(_PAUSE_S)

    # --- rows ----------------------------------------------------------------------------------------------------

    def put(self, collection: str, rows: Sequence[Row]) -> None:
        """Write rows; one that is there already under its key is replaced."""
        with self._reaching():
            for start in range(0, len(rows), _INSERTED):
                self._client.upsert(self._named(collection), list(rows[start : start + _INSERTED]), timeout=_WRITE_S)

    def delete(self, collection: str, which: str) -> None:
        """Delete the rows for which an expression holds."""
        with self._reaching():
            self._client.delete(self._loaded(collection), filter=which, timeout=_WRITE_S)

    def get(self, collection: str, keys: Sequence[int] | Sequence[str], fields: Sequence[str]) -> list[Row]:
        """The rows with these keys, in any order; those that are not there are left out."""
        found: list[Row] = []
        with self._reaching():
            for start in range(0, len(keys), _PAGE):
                some = list(keys[start : start + _PAGE])
                found += self._client.get(self._loaded(collection), some, list(fields), timeout=self._read_s)
        return found

    def every(self, collection: str, which: str, fields: Sequence[str]) -> Iterator[Row]:
        """All rows for which an expression holds, in any order."""
        with self._reaching():
            # An iterator asks at least three times.
            few: list[Row] = self._client.query(
                self._loaded(collection), filter=which, output_fields=list(fields), limit=_FEW, timeout=_WRITE_S
            )
            if len(few) < _FEW:
                yield from few
                return
            pages = self._client.query_iterator(
                self._loaded(collection), batch_size=_PAGE, filter=which, output_fields=list(fields), timeout=_WRITE_S
            )
            while page := pages.next():
                yield from page
            pages.close()

    def nearest(self, collection: str, field: str, vectors: Sequence[Any], most: int, which: str) -> list[list[int]]:
        """For each vector the ids of the rows with the highest inner products, best first."""
        if not vectors:
            return []
        with self._reaching():
            found = self._client.search(
                self._loaded(collection),
                data=list(vectors),
                anns_field=field,
                limit=most,
                filter=which,
                search_params={"metric_type": "IP"},
                timeout=self._read_s,
            )
        return [[int(hit["id"]) for hit in hits] for hits in found]

    def close(self) -> None:
        """Give the connection up; milvus-lite lets its folder go."""
        self._client.close()
        if self.address.folder:
            from milvus_lite.server_manager import server_manager_instance

            server_manager_instance.release_server(self.address.uri)
