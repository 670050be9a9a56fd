"""Weights on disk as arrays: reads the safetensors format without the library that trained them."""

from __future__ import annotations

import json
import os
import weakref
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_STORED = {"F32": np.float32, "BF16": np.uint16}


class Rows:
    """An array on disk of float32, shape (rows, columns). Any number of threads may read it.

    Mapped into memory, each row would bring its neighbours along, until the whole array is there: 47 MB of embeddings.
    """

    def __init__(self, path: Path, begin: int, rows: int, columns: int) -> None:
        self._begin, self._columns = begin, columns
        self._file = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, self._file)
        # Windows cannot read at a place without moving there.
        self._mapped = None if hasattr(os, "pread") else np.memmap(path, np.float32, "r", begin, (rows, columns))

    def __getitem__(self, numbers: NDArray[np.int64]) -> NDArray[np.float32]:
        """A copy of the rows of these numbers, in their order."""
        if self._mapped is not None:
            return self._mapped[numbers]
        size = self._columns * 4
        read = [os.pread(self._file, size, self._begin + number * size) for number in numbers.tolist()]
        return np.frombuffer(b"".join(read), np.float32).reshape(-1, self._columns)


class TensorFile:
    """The arrays in a safetensors file (https://github.com/huggingface/safetensors#format), read when asked for.

    The library's own functions copy them all at once and know no bfloat16, which numpy lacks.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is no such file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if length > path.stat().st_size:
                raise ValueError(f"{path.name} is no safetensors file")
            self._entries: dict[str, dict[str, Any]] = json.loads(file.read(length))
        self._begin = 8 + length

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def __getitem__(self, name: str) -> NDArray[np.float32]:
        """A copy of one array in float32; what is stored in bfloat16 is widened.

        Raises:
            KeyError: there is none of this name, or of another number type.
            ValueError: the file is too short for it.
        """
        stored = self._stored(name)
        return stored if stored.dtype == np.float32 else _widened(stored.astype(np.uint32))

    def transposed(self, name: str) -> NDArray[np.float32]:
        """A copy of one matrix in float32 with its rows as columns. Raises as above."""
        stored = self._stored(name).T
        if stored.dtype == np.float32:
            return np.ascontiguousarray(stored)
        return _widened(stored.astype(np.uint32, order="C"))

    def _stored(self, name: str) -> NDArray[Any]:
        entry = self._entries[name]
        shape = tuple(entry["shape"])
        return np.fromfile(self._path, _STORED[entry["dtype"]], prod(shape), offset=self._offset(entry)).reshape(shape)

    def rows(self, name: str) -> Rows:
        """One array of float32 and two dimensions that stays on disk, whose rows are read when asked for.

        Raises:
            KeyError: there is none of this name.
        """
        entry = self._entries[name]
        return Rows(self._path, self._offset(entry), *entry["shape"])

    def _offset(self, entry: dict[str, Any]) -> int:
        start: int = entry["data_offsets"][0]
        return self._begin + start


def _widened(upper: NDArray[np.uint32]) -> NDArray[np.float32]:
    """Bfloat16, which is the upper half of a float32, as that; in place."""
    upper <<= 16
    return upper.view(np.float32)
