"""The transformer under encoder and reader, run by ONNX Runtime: tokens to hidden states, without PyTorch.

The graph is a file that ``python -m training.graph`` writes. It has no weights: these come from the safetensors
files that are there already, the bundled encoder's and the trained reader's, which share the encoder's embeddings.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.models.bundled import bundled_folder, verify_bundled
from retrieval.models.tensors import TensorFile
from retrieval.models.threads import trim_heap

GRAPH = Path(__file__).with_name("layer.onnx")
"""One layer of all-MiniLM-L6-v2; its input ``states`` and its output ``result`` have shape (1, tokens, 384)."""

_LAYERS, _EPSILON = 6, 1e-12
"""As the model's ``config.json`` has them."""

_MATRICES = {"attended": "attention.output.dense", "wide": "intermediate.dense", "narrow": "output.dense"}
_NORMS = {"middle_norm": "attention.output.LayerNorm", "last_norm": "output.LayerNorm"}
"""What the graph calls a layer's parts, and what transformers calls them."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """One text, or a pair of texts, as the model takes it; each array has an element a token."""

    ids: NDArray[np.int64]
    parts: NDArray[np.int64]
    """0 for the first text with its marks, 1 for the second."""
    offsets: NDArray[np.int64]
    """(tokens, 2): range of code points in the token's own text."""
    marks: NDArray[np.bool_]
    """Tokens that stand for no words: the sequence's begin, and the end of each text."""


_LOADING = threading.Lock()
"""Encoder and readers are loaded side by side, and what they share is verified and loaded once."""


class BundledTokenizer:
    """The bundled model's tokeniser; of more than ``most`` tokens it cuts off the end of the longer text."""

    def __init__(self, most: int) -> None:
        self._most = most
        with _LOADING:
            self._tokenizer = _tokenizer(None)
        self._latest = lru_cache(maxsize=32)(self._tokens)  # the second network reads what the first has read

    def __call__(self, text: str, beside: str | None = None) -> Tokens:
        """The tokens of a text or of a pair."""
        return self._latest(text, beside)

    def _tokens(self, text: str, beside: str | None) -> Tokens:
        found = self._tokenizer.encode(text, beside)
        if len(found) > self._most:
            found = _tokenizer(self._most).encode(text, beside)
        return Tokens(
            np.array(found.ids),
            np.array(found.type_ids),
            np.array(found.offsets).reshape(-1, 2),
            np.array(found.special_tokens_mask) == 1,
        )


@cache
def _tokenizer(most: int | None) -> Any:
    """The library's tokeniser, which takes 40 ms to load; few texts are too long for the one that cuts nothing."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(bundled_folder() / "tokenizer.json"))
    tokenizer.no_padding()
    if most is None:
        tokenizer.no_truncation()
    else:
        tokenizer.enable_truncation(most, strategy="longest_first")
    return tokenizer


@cache
def bundled_tokenizer(most: int) -> BundledTokenizer:
    """The bundled model's tokeniser for texts of at most ``most`` tokens; networks share it."""
    return BundledTokenizer(most)


@cache
def _bundled_tensors() -> TensorFile:
    verify_bundled()
    return TensorFile(bundled_folder() / "model.safetensors")


def bundled_tensors() -> TensorFile:
    """The bundled encoder's weights, verified and opened at the first call.

    Raises:
        EncoderUnavailable: a file is not there.
        WeightsMismatch: a file is another.
    """
    with _LOADING:
        return _bundled_tensors()


class OnnxLayers:
    """The layers of a transformer over the bundled embeddings. Any number of threads may use one.

    A text is a pass of its own: it needs no padding, and its result does not depend on its company.
    Each layer is a session of its own, so that loading needs room for two copies of a layer, not of them all.

    Args:
        tensors: the layers' weights, under the names that transformers gives them.
        prefix: how these names begin.
        threads: how many share a pass.

    Raises:
        KeyError, ValueError: the weights are not those of such layers.
        EncoderUnavailable, WeightsMismatch: as ``bundled_tensors``.
    """

    def __init__(self, tensors: TensorFile, prefix: str, *, threads: int = 1) -> None:
        bundled = bundled_tensors()
        self._words = bundled.rows("embeddings.word_embeddings.weight")
        self._places = bundled["embeddings.position_embeddings.weight"]
        self._parts = bundled["embeddings.token_type_embeddings.weight"]
        self._norm = bundled["embeddings.LayerNorm.weight"], bundled["embeddings.LayerNorm.bias"]
        graph = GRAPH.read_bytes()
        self._layers = [
            _session(graph, dict(_layer_weights(tensors, f"{prefix}encoder.layer.{number}.")), threads)
            for number in range(_LAYERS)
        ]
        trim_heap()  # 12 MB after a network

    def hidden(self, tokens: Tokens) -> NDArray[np.float32]:
        """The last layer's states, shape (tokens, width)."""
        embedded = self._words[tokens.ids] + self._places[: len(tokens.ids)] + self._parts[tokens.parts]
        centred = embedded - embedded.mean(axis=1, keepdims=True)
        scale, bias = self._norm
        states = (centred / np.sqrt(centred.var(axis=1, keepdims=True) + _EPSILON) * scale + bias)[None]
        for layer in self._layers:
            (states,) = layer.run(["result"], {"states": states})
        last: NDArray[np.float32] = states[0]
        return last


def _layer_weights(tensors: TensorFile, at: str) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """A layer's weights by the graph's names: a matrix is (inputs, outputs), and query, key and value are one."""
    attention = [f"{at}attention.self.{part}" for part in ("query", "key", "value")]
    yield "attention.weight", np.concatenate([tensors.transposed(f"{name}.weight") for name in attention], axis=1)
    yield "attention.bias", np.concatenate([tensors[f"{name}.bias"] for name in attention])
    for ours, theirs in _MATRICES.items():
        yield f"{ours}.weight", tensors.transposed(f"{at}{theirs}.weight")
        yield f"{ours}.bias", tensors[f"{at}{theirs}.bias"]
    for ours, theirs in _NORMS.items():
        yield f"{ours}.weight", tensors[f"{at}{theirs}.weight"]
        yield f"{ours}.bias", tensors[f"{at}{theirs}.bias"]


def _session(graph: bytes, weights: Mapping[str, NDArray[Any]], threads: int) -> Any:
    """A graph ready to run over its weights, which it copies."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # The graph has the operators that are to run: what ONNX Runtime would make of them takes longer.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    # A thread that waits in a loop for the next matrix takes a core from others, which then wait far longer.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.enable_cpu_mem_arena = False  # it would keep what the longest passage took
    # Without it a process held 40 MiB less after 500 questions (benchmarks.memory, one run each); the likely reason is
    # that a pass then asks for no block as large as all it needs. Answers are the same, and take as long.
    options.enable_mem_pattern = False
    options.log_severity_level = 3
    values = [onnxruntime.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(array)) for array in weights.values()]
    options.add_external_initializers(list(weights), values)
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
