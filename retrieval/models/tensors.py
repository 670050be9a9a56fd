"""Weights on disk as arrays: reads the safetensors format without the library that trained them."""

from __future__ import annotations

import json
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_STORED = {"F32": np.float32, "BF16": np.uint16}


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
        entry = self._entries[name]
        stored = np.fromfile(self._path, _STORED[entry["dtype"]], prod(entry["shape"]), offset=self._offset(entry))
        if entry["dtype"] == "BF16":  # the upper half of a float32
            stored = (stored.astype(np.uint32) << 16).view(np.float32)
        return stored.reshape(entry["shape"])

    def mapped(self, name: str) -> NDArray[np.float32]:
        """One array of float32 that stays on disk but for the rows that are used. Raises as above."""
        entry = self._entries[name]
        return np.memmap(self._path, np.float32, "r", self._offset(entry), tuple(entry["shape"]))

    def _offset(self, entry: dict[str, Any]) -> int:
        start: int = entry["data_offsets"][0]
        return self._begin + start
