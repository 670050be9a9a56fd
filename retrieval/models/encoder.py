"""Texts to vectors: the ``Encoder`` protocol and the sentence-transformers models behind it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
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
from retrieval.models.bundled import BUNDLED, BUNDLED_SHA256, bundled_folder, hash_folder, verify_bundled
from retrieval.models.loading import first_line, gc_paused, native_number_type, quieten, sklearn_later, usable_device
from retrieval.models.threads import in_threads, one_thread, thread_count

Vectors = NDArray[np.float32]
"""Float32 of shape (texts, dimension); every row has length 1, so that an inner product is a cosine."""

_CHUNK = 64
"""Texts that one thread takes at a time, to encode those of one length together."""

_BATCH, _GPU_BATCH = 8, 64
"""Texts a forward pass. On a CPU small batches win: they need no padding where each text has as many tokens as the
next, and stay in cache. For a GPU nobody measured."""

_FEW = 4
"""Questions that one thread encodes. Among two there is so little to share that they mostly wait for each other: on two
cores 8 ms for one question either way and, while another program keeps both busy, 9 ms by one thread and 250 by two."""

_UNLIKE = 2
"""How many times as long as another a question is when each is encoded by itself, by as many threads as there are: a
follow-up's four forms, two with what was quoted, take six tenths of the time that they take padded to the longest."""

_FAILURES = (OSError, ValueError, RuntimeError, KeyError, ImportError)
"""What loading a model raises when it is not there or makes no sense."""


class Encoder(Protocol):
    """What the engine asks of a model; tests put a small deterministic one in its place."""

    @property
    def name(self) -> str:
        """What a person calls it."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever the same text would get another vector, and with nothing else."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    def load(self) -> object:
        """Have the model in memory, as the first use does; any thread may see to that ahead of time."""

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
        self._questions = _Gathering(self._encode_questions)

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

        What several threads ask for while the model is at work goes through it together next.
        """
        return self._questions(texts)

    def _encode_questions(self, texts: Sequence[str]) -> Vectors:
        model = self.load()
        if len(texts) > _FEW:
            return self._many(texts, model.encode_query, None)
        lengths = [len(text) for text in texts]
        if model.device.type != "cpu" or max(lengths) <= _UNLIKE * min(lengths):
            with one_thread():
                return self._encode_together(texts)
        order = sorted(range(len(texts)), key=lambda i: -lengths[i])
        model.preprocess([""])  # as in _many
        with closing(in_threads(self._encode_together, [[texts[i]] for i in order], thread_count())) as each:
            vectors: Vectors = np.concatenate(list(each))[np.argsort(order)]
        return vectors

    def _encode_together(self, texts: Sequence[str]) -> Vectors:
        """What the model's ``encode_query`` does for one batch, without bookkeeping: a tenth of a question's time."""
        import torch
        from sentence_transformers.util import batch_to_device

        model = self.load()
        with torch.inference_mode():
            features = model.preprocess(list(texts), prompt=model.prompts.get("query"), task="query")
            encoded = model(batch_to_device(features, model.device), task="query")["sentence_embedding"]
            return self._unit(encoded.float().cpu().numpy())

    def encode_document(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors:
        """Vectors of passages, with the model's own prompt for documents.

        They are taken about longest first, so that running out of memory shows at once instead of at the end.
        """
        return self._many(texts, self.load().encode_document, progress)

    def _many(
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
        quieten()
        try:
            return self._open(local_files_only=True)
        except _FAILURES as error:
            if self.name == BUNDLED or Path(self.name).is_dir():
                raise EncoderUnavailable(self.name, first_line(error)) from error
        # Only what is not in the hub's cache yet needs a network, which takes its time to fail.
        try:
            return self._open(local_files_only=False)
        except _FAILURES as error:
            raise EncoderUnavailable(self.name, first_line(error)) from error

    def _open(self, *, local_files_only: bool) -> SentenceTransformer:
        try:
            with sklearn_later():
                from sentence_transformers import SentenceTransformer
        except ImportError:  # another version wants more of it
            from sentence_transformers import SentenceTransformer

        device = usable_device(self._device)
        return SentenceTransformer(
            str(bundled_folder()) if self.name == BUNDLED else self.name,
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
    """The numbers of ``texts`` in ``chunk``, those with most tokens first, or as they are where a model has no tokens.

    Among passages, batches of 8 that are sorted by letters are one fifth padding.
    """
    mask = model.preprocess([texts[i] for i in chunk]).get("attention_mask")
    if mask is None:
        return list(chunk)
    counts = dict(zip(chunk, mask.sum(1).tolist(), strict=True))
    return sorted(chunk, key=lambda i: -counts[i])


class _Gathering:
    """Encodes what several threads want at about the same time in one go.

    Whoever's turn it is encodes for all that wait by then; a thread that is alone waits for nobody.
    """

    def __init__(self, encode: Callable[[Sequence[str]], Vectors]) -> None:
        self._encode = encode
        self._turn = threading.Lock()
        self._waiting: deque[tuple[Sequence[str], Future[Vectors]]] = deque()

    def __call__(self, texts: Sequence[str]) -> Vectors:
        mine: Future[Vectors] = Future()
        self._waiting.append((texts, mine))
        with self._turn:
            if not mine.done():
                # Only whoever's turn it is takes out; who comes after this count has the next turn.
                self._serve([self._waiting.popleft() for _ in range(len(self._waiting))])
        return mine.result()

    def _serve(self, waiting: Sequence[tuple[Sequence[str], Future[Vectors]]]) -> None:
        try:
            vectors = self._encode([text for texts, _ in waiting for text in texts])
        except BaseException as error:  # noqa: BLE001 - each of them hears of it
            for _, theirs in waiting:
                theirs.set_exception(error)
            return
        ends = np.cumsum([len(texts) for texts, _ in waiting])
        for (_, theirs), part in zip(waiting, np.split(vectors, ends[:-1]), strict=True):
            theirs.set_result(part)
