"""Carrying vectors over from an index in a folder, so that a move to another place encodes nothing anew."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import numpy as np

from retrieval.index.snapshot import Snapshot
from retrieval.models.encoder import Encoder, Vectors


class CarryingEncoder:
    """An encoder that takes the vectors of passages from a snapshot which was made with it, where that has them.

    Args:
        encoder: encodes the rest.
        snapshot: where the vectors are.
    """

    def __init__(self, encoder: Encoder, snapshot: Snapshot) -> None:
        self._encoder = encoder
        self._snapshot = snapshot
        self._rows: dict[bytes, int] = {}
        self.carried = 0
        """Passages whose vectors were taken over."""
        if snapshot.fingerprint == encoder.fingerprint:
            passages = snapshot.passages_at(range(snapshot.passages))
            texts = (f"{each.article.title}. {each.text}" for each in passages)
            self._rows = {_key(text): row for row, text in enumerate(texts)}

    @property
    def name(self) -> str:
        """The model's name."""
        return self._encoder.name

    @property
    def fingerprint(self) -> str:
        """That of the encoder."""
        return self._encoder.fingerprint

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._encoder.dimension

    def load(self) -> object:
        """Load the model."""
        return self._encoder.load()

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        """Vectors of questions, shape (texts, dimension)."""
        return self._encoder.encode_query(texts)

    def encode_document(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors:
        """Vectors of passages, shape (texts, dimension); ``progress`` is told how many are done."""
        rows = [self._rows.get(_key(text), -1) for text in texts]
        there = np.array([number for number, row in enumerate(rows) if row >= 0], dtype=np.int64)
        lacking = [number for number, row in enumerate(rows) if row < 0]
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        if len(there):
            vectors[there] = self._snapshot.dense.at(np.array(rows, dtype=np.int64)[there])
            self.carried += len(there)
        if lacking:
            told = (lambda done: progress(len(there) + done)) if progress else None
            vectors[lacking] = self._encoder.encode_document([texts[number] for number in lacking], told)
        return vectors


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16]
