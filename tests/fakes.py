"""Small deterministic stand-ins for the models; everything else in the tests is real."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from zlib import crc32

import numpy as np

from retrieval.models.encoder import Vectors


class FakeEncoder:
    """An encoder by hashed words: texts that share words lie near."""

    name = "fake"
    fingerprint = "fake:1"
    dimension = 64

    def load(self) -> None:
        pass

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        return np.stack([self._vector(text) for text in texts])

    def encode_document(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors:
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for number, text in enumerate(texts):
            vectors[number] = self._vector(text)
            if progress:
                progress(number + 1)
        return vectors

    def _vector(self, text: str) -> Vectors:
        vector = np.zeros(self.dimension, dtype=np.float32)
        for word in re.findall(r"\w+", text.casefold()):
            vector[crc32(word.encode()) % self.dimension] += 1
        vector[0] += 1e-3  # a text without words has a direction too
        return vector / np.float32(np.linalg.norm(vector))
