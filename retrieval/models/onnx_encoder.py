"""The bundled encoder on ONNX Runtime: the vectors that sentence-transformers makes of the same weights."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import closing

import numpy as np
from numpy.typing import NDArray

from retrieval.models.bundled import BUNDLED, BUNDLED_SHA256
from retrieval.models.encoder import Vectors
from retrieval.models.onnx_layers import OnnxLayers, bundled_tensors, bundled_tokenizer
from retrieval.models.threads import cores, in_pool

_MAX_TOKENS = 256
"""As the model's ``sentence_bert_config.json`` has it; what is longer is cut off."""

EncodeMany = Callable[[Sequence[str], Callable[[int], None] | None], Vectors | None]
"""Vectors of passages, unless it fails; the second is told how many are done."""

_CHUNK = 8
"""Passages that a thread takes at a time, and after which progress is told."""


class OnnxEncoder:
    """all-MiniLM-L6-v2 (https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2) without PyTorch.

    Cheap to make; the weights are read at the first use, once, whichever thread comes first.

    Args:
        faster: gives, for a number of texts, what encodes so many sooner with the same weights, or None. Its vectors
            have to be the same but for rounding.

    Raises (on use):
        EncoderUnavailable: a file of the model is not there.
        WeightsMismatch: one is not the expected one.
    """

    name = BUNDLED
    fingerprint = f"sha256:{BUNDLED_SHA256}"
    dimension = 384

    def __init__(self, faster: Callable[[int], EncodeMany | None] = lambda _: None) -> None:
        self._faster = faster
        self._lock = threading.Lock()
        self._loaded: _Loaded | None = None

    def load(self) -> _Loaded:
        """Tokeniser and layers, loaded at the first call."""
        with self._lock:
            if self._loaded is None:
                self._loaded = _Loaded()
            return self._loaded

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        """Vectors of questions."""
        return (
            np.stack(list(in_pool(self.load().vector, texts))) if texts else np.empty((0, self.dimension), np.float32)
        )

    def encode_document(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors:
        """Vectors of passages; ``progress`` is told how many are done.

        The longest are encoded first, so that too little memory shows at once instead of at the end.
        """
        encode_many = self._faster(len(texts))
        if encode_many and (found := encode_many(texts, progress)) is not None:
            return found
        model = self.load()
        vectors, done = np.empty((len(texts), self.dimension), np.float32), 0
        order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
        chunks = [order[start : start + _CHUNK] for start in range(0, len(order), _CHUNK)]

        def encode(chunk: Sequence[int]) -> int:
            for number in chunk:
                vectors[number] = model.vector(texts[number])
            return len(chunk)

        with closing(in_pool(encode, chunks)) as counts:
            for count in counts:
                done += count
                if progress:
                    progress(done)
        return vectors


class _Loaded:
    """Tokeniser and layers in memory."""

    def __init__(self) -> None:
        # A question takes two thirds of the time so; many passages, of which each thread has one, as long as else.
        self._layers = OnnxLayers(bundled_tensors(), "", threads=min(2, cores()))
        self._tokenizer = bundled_tokenizer(_MAX_TOKENS)

    def vector(self, text: str) -> NDArray[np.float32]:
        """The mean of all tokens' states, at length 1."""
        mean = self._layers.hidden(self._tokenizer(text)).mean(axis=0)
        unit: NDArray[np.float32] = mean / max(float(np.linalg.norm(mean)), 1e-12)
        return unit
