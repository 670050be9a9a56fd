"""Encoding many passages in blocks that are kept on disk, so that an update which is cut short goes on where it was."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from math import ceil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.index.arrays import map_arrays, write_arrays
from retrieval.models.encoder import Encoder, Vectors

BLOCK = 1024
"""Texts of a block at most, which a laptop encodes in ten or twenty seconds; so much is lost at most. Fewer in all are
not kept. Blocks are about as large as each other, since an encoder may have a quicker way with many."""

_FOLDER = "encoded"

Told = Callable[[int], None]
"""Called with the number of texts that have their vectors."""


def encode(index: Path, encoder: Encoder, texts: Sequence[str], told: Told | None = None) -> tuple[Vectors, int]:
    """Vectors of the texts, shape (texts, dimension), and how many had to be encoded for that.

    What an update that did not come to its end has encoded in the folder ``index`` is taken from there.
    """
    if len(texts) <= BLOCK:
        return encoder.encode_document(texts, told), len(texts)
    folder = index / _FOLDER / hashlib.sha256(encoder.fingerprint.encode()).hexdigest()[:16]
    keys = [_key(text) for text in texts]
    asked = set(keys)
    kept = {key: vector for key, vector in _kept(folder) if key in asked}
    # The longest first, as the encoder has it: a block's texts are about as long, and too little memory shows at once.
    missing = sorted((number for number, key in enumerate(keys) if key not in kept), key=lambda n: -len(texts[n]))
    vectors = np.empty((len(texts), encoder.dimension), dtype=np.float32)
    for number, key in enumerate(keys):
        if key in kept:
            vectors[number] = kept[key]
    done = len(texts) - len(missing)
    size = ceil(len(missing) / ceil(len(missing) / BLOCK)) if missing else 1
    for start in range(0, len(missing), size):
        block = missing[start : start + size]
        vectors[block] = encoder.encode_document([texts[n] for n in block], _counted(told, done))
        done += len(block)
        _keep(folder, [keys[n] for n in block], vectors[block])
    return vectors, len(missing)


def forget(index: Path) -> None:
    """Remove what was kept: the update has come to its end."""
    shutil.rmtree(index / _FOLDER, ignore_errors=True)


def _counted(told: Told | None, before: int) -> Told | None:
    return (lambda done: told(before + done)) if told else None


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16]


def _kept(folder: Path) -> Iterator[tuple[bytes, NDArray[np.float32]]]:
    """The vectors that were kept, by their texts' keys; a block that is not whole is passed over."""
    for path in sorted(folder.glob("*.safetensors")):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            block = map_arrays(path)
            yield from zip(map(bytes, block["keys"]), block["vectors"], strict=True)


def _keep(folder: Path, keys: Sequence[bytes], vectors: Vectors) -> None:
    """Write a block beside the others; where the disk takes none, nothing is kept."""
    path = folder / f"{keys[0].hex()}.safetensors"
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        write_arrays(unfinished, {"keys": np.array([list(key) for key in keys], dtype=np.uint8), "vectors": vectors})
        unfinished.replace(path)
