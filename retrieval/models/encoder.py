"""Texts to vectors: the ``Encoder`` protocol, and sentence-transformers' models."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import cached_property
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import EncoderUnavailable

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
from retrieval.models.batching import CallBatcher
from retrieval.models.bundled import BUNDLED, BUNDLED_SHA256, bundled_folder, hash_folder, verify_bundled
from retrieval.models.loading import (
    FAILURES,
    first_line,
    from_here_or_hub,
    gc_paused,
    native_number_type,
    quieten,
    require_pytorch,
    usable_device,
)
from retrieval.models.threads import in_threads, thread_count

Vectors = NDArray[np.float32]
"""Float32 of shape (texts, dimension); every row has length 1, so that an inner product is a cosine."""

_CHUNK = 64
"""Texts that a thread takes at a time and sorts by their tokens: eight batches of a CPU."""

_BATCH, _GPU_BATCH = 8, 64
"""Texts a forward pass. On a CPU small batches win: they need no padding where each text has as many tokens as the
next, and stay in cache. The one for a GPU was not measured."""


class Encoder(Protocol):
    """Turns texts into vectors. Another runtime is another class with these methods."""

    @property
    def name(self) -> str:
        """The model's name, as a setting has it and a person reads it."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever the same text would get another vector, and with nothing else."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    def load(self) -> object:
        """Load the model now, which the first use does otherwise; any thread may call it ahead of time."""

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        """Vectors of questions, shape (texts, dimension)."""

    def encode_document(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors:
        """Vectors of passages, shape (texts, dimension); ``progress`` is told how many are done."""


class SentenceTransformerEncoder:
    """A sentence-transformers model: the bundled one, a folder, or a name on the hub.

    Cheap to make; torch is imported and the weights are read at the first use, once, whichever thread comes first.

    Raises (on use):
        EncoderUnavailable: there is no such model, or it cannot be loaded.
        DeviceUnavailable: it cannot run on the device.
        WeightsMismatch: the bundled weights are not the expected ones.
    """

    def __init__(self, name: str = BUNDLED, *, device: str | None = None) -> None:
        self.name = name
        self._device = device
        self._lock = threading.Lock()
        self._model: SentenceTransformer | None = None
        self._questions = CallBatcher(self._encode_questions)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the weights for the bundled model and for a folder; the name for a model on the hub."""
        if self.name == BUNDLED:
            return f"sha256:{BUNDLED_SHA256}"
        folder = Path(self.name)
        return f"sha256:{hash_folder(folder)}" if folder.is_dir() else f"hub:{self.name}"

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self.load().get_embedding_dimension() or 0)

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        """Vectors of questions, with the model's own prompt for queries.

        What several threads ask for while the model is busy is encoded together when it is free.
        """
        return self._questions(texts)

    def _encode_questions(self, texts: Sequence[str]) -> Vectors:
        return self._encode_many(texts, self.load().encode_query, None)

    def encode_document(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors:
        """Vectors of passages, with the model's own prompt for documents.

        The longest are encoded first, so that too little memory shows at once instead of at the end.
        """
        return self._encode_many(texts, self.load().encode_document, progress)

    def _encode_many(
        self, texts: Sequence[str], encode: Callable[..., NDArray[Any]], progress: Callable[[int], None] | None
    ) -> Vectors:
        """Vectors of texts, about longest first; a CPU's threads take a chunk at a time."""
        model = self.load()
        on_cpu = model.device.type == "cpu"
        threads, batch = (thread_count(), _BATCH) if on_cpu else (1, _GPU_BATCH)
        size = min(_CHUNK, ceil(len(texts) / threads)) or 1
        order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
        chunks = [order[start : start + size] for start in range(0, len(order), size)]
        vectors, done = np.empty((len(texts), self.dimension), dtype=np.float32), 0
        model.preprocess([""])  # sets the tokenizer's options, which it would not let two threads do at once

        def encode_chunk(chunk: Sequence[int]) -> int:
            alike = _by_tokens(model, texts, chunk)
            for start in range(0, len(alike), batch):
                some = alike[start : start + batch]
                found = encode([texts[i] for i in some], batch_size=batch, show_progress_bar=False)
                vectors[some] = self._unit(found)
            return len(chunk)

        with closing(in_threads(encode_chunk, chunks, threads)) as counts:
            for count in counts:
                done += count
                if progress:
                    progress(done)
        return vectors

    def load(self) -> SentenceTransformer:
        """The model, loaded at the first call."""
        with self._lock:
            if self._model is None:
                with gc_paused():
                    self._model = self._load()
            return self._model

    def _load(self) -> SentenceTransformer:
        if self.name == BUNDLED:
            verify_bundled()
        require_pytorch(f"The bundled model on {self._device}" if self.name == BUNDLED else f"The model {self.name}")
        quieten()
        try:
            return from_here_or_hub(self._place, self._open)
        except FAILURES as error:
            raise EncoderUnavailable(self.name, first_line(error)) from error

    @property
    def _place(self) -> str:
        """The model's folder, or its name on the hub."""
        return str(bundled_folder()) if self.name == BUNDLED else self.name

    def _open(self, *, local_files_only: bool) -> SentenceTransformer:
        from sentence_transformers import SentenceTransformer

        device = usable_device(self._device)
        return SentenceTransformer(
            self._place,
            device=device,
            local_files_only=local_files_only,
            model_kwargs={"dtype": native_number_type(device)},
        ).eval()

    @staticmethod
    def _unit(vectors: NDArray[Any]) -> Vectors:
        """Rows of length 1 in float32, whatever number type and normalisation the model has."""
        exact = np.asarray(vectors, dtype=np.float32)
        unit: Vectors = exact / np.maximum(np.linalg.norm(exact, axis=1, keepdims=True), 1e-12)
        return unit


def _by_tokens(model: SentenceTransformer, texts: Sequence[str], chunk: Sequence[int]) -> list[int]:
    """The numbers in ``chunk`` of texts, most tokens first; in their order where a model has no tokens.

    Batches of 8 passages that are sorted by letters instead are one fifth padding.
    """
    mask = model.preprocess([texts[i] for i in chunk]).get("attention_mask")
    if mask is None:
        return list(chunk)
    counts = dict(zip(chunk, mask.sum(1).tolist(), strict=True))
    return sorted(chunk, key=lambda i: -counts[i])
