"""Arrays on disk, mapped into memory: files in the layout of safetensors.

Such a file is the length of its header (8 bytes, little-endian), the header (JSON: each array's type, shape and place)
and the arrays' bytes; see https://huggingface.co/docs/safetensors. That library copies what it reads and, when it
writes, everything once more; here arrays are mapped, so that an index of gigabytes opens at once. Nor is it numpy's own
format, whose header is Python source: reading that with ``ast`` fails on CPython 3.11 when two threads do so at once.
"""

from __future__ import annotations

import json
import mmap
from collections.abc import Mapping, Sequence
from math import prod
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

_Kind = TypeVar("_Kind", bound=np.generic)

_TYPES: Mapping[str, np.dtype[Any]] = {
    "U8": np.dtype("<u1"),
    "U16": np.dtype("<u2"),
    "U32": np.dtype("<u4"),
    "I32": np.dtype("<i4"),
    "I64": np.dtype("<i8"),
    "F16": np.dtype("<f2"),
    "F32": np.dtype("<f4"),
}
"""The format's names for number types."""

_NAMES = {numbers: name for name, numbers in _TYPES.items()}


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write named arrays into one file; raises ``OSError``."""
    # Larger numbers first: then each array begins at a multiple of its numbers' size.
    ordered = dict(sorted(arrays.items(), key=lambda item: -item[1].itemsize))
    header, end = {}, 0
    for name, array in ordered.items():
        start, end = end, end + array.nbytes
        header[name] = {"dtype": _NAMES[array.dtype], "shape": array.shape, "data_offsets": (start, end)}
    described = json.dumps(header).encode()
    described += b" " * (-len(described) % 8)
    with path.open("wb") as file:
        file.write(len(described).to_bytes(8, "little") + described)
        for array in ordered.values():
            file.write(np.ascontiguousarray(array).data)


def map_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays in a file, by name: mapped into memory and read-only.

    Raises:
        OSError, ValueError, KeyError, TypeError: the file cannot be read, or is not as ``write_arrays`` writes it.
    """
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    data_from = 8 + int.from_bytes(mapped[:8], "little")
    header: dict[str, dict[str, Any]] = json.loads(mapped[8:data_from])
    if data_from + max(array["data_offsets"][1] for array in header.values()) != len(mapped):
        raise ValueError(f"{path.name} is not as long as its header says")
    return {name: _mapped_array(mapped, data_from, **array) for name, array in header.items()}


def _mapped_array(
    mapped: mmap.mmap, data_from: int, *, dtype: str, shape: list[int], data_offsets: list[int]
) -> NDArray[Any]:
    numbers = _TYPES[dtype]
    begin, end = data_offsets
    if end - begin != prod(shape) * numbers.itemsize:
        raise ValueError("an array is not as long as its shape says")
    array: NDArray[Any] = np.ndarray(shape, numbers, mapped, data_from + begin)
    return array


def ranges(starts: NDArray[Any], sizes: NDArray[Any]) -> NDArray[np.int64]:
    """The first ``sizes[0]`` numbers from ``starts[0]`` on, then ``sizes[1]`` from ``starts[1]`` on, and so forth."""
    ends = np.cumsum(sizes, dtype=np.int64)
    return np.repeat(starts - (ends - sizes), sizes) + np.arange(ends[-1] if len(ends) else 0)


def gathered(values: Sequence[NDArray[_Kind]], places: NDArray[np.int32]) -> NDArray[_Kind]:
    """Of values by segment, and by place in it, those at some ``places``, of shape (places, 2)."""
    found = np.empty(len(places), dtype=np.result_type(*values))
    for number, each in enumerate(values):
        here = places[:, 0] == number
        found[here] = each[places[here, 1]]
    return found
