"""The bundled encoder on ONNX Runtime, beside what sentence-transformers makes of the same weights."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from onnx import load

from retrieval.errors import DeviceUnavailable, PyTorchMissing
from retrieval.models import onnx_encoder as module
from retrieval.models import runtimes
from retrieval.models.encoder import Encoder, SentenceTransformerEncoder, Vectors
from retrieval.models.onnx_encoder import OnnxEncoder
from retrieval.models.onnx_layers import GRAPH
from tests.fakes import FakeEncoder
from training.graph import graph

TEXTS = (
    "Who met in Sochi?",
    "Shinzo Abe met Vladimir Putin in Sochi on May 6 and put forward an eight-point plan for cooperation.",
    "",
    "?",
    "Où est-ce que c'était, à Đà Nẵng ou à 東京?",
    "\N{GRINNING FACE}" * 500,
    "\0\ufffd\u202e",
    "The ferry to Gullholm sails at dawn, and comes back at dusk. " * 40,
)


@pytest.fixture(scope="module")
def encoder() -> OnnxEncoder:
    return OnnxEncoder()


def test_it_is_known_as_sentence_transformers_knows_it(encoder: OnnxEncoder) -> None:
    other = SentenceTransformerEncoder()  # whose vectors test_torch_process compares

    assert (encoder.fingerprint, encoder.name) == (other.fingerprint, other.name)


def test_a_text_has_the_same_vector_in_any_company(encoder: OnnxEncoder) -> None:
    together = encoder.encode_document(TEXTS * 3)

    for text, vector in zip(TEXTS * 3, together, strict=True):
        np.testing.assert_array_equal(vector, encoder.encode_query([text])[0])


def test_no_texts_give_no_vectors(encoder: OnnxEncoder) -> None:
    assert encoder.encode_query([]).shape == encoder.encode_document([]).shape == (0, 384)


def test_progress_is_told_after_every_few_passages(encoder: OnnxEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_CHUNK", 3)
    told: list[int] = []

    encoder.encode_document(TEXTS, told.append)

    assert told == [3, 6, 8]


def test_whoever_stops_encoding_does_not_wait_for_the_rest(
    encoder: OnnxEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []
    model, stopped = encoder.load(), threading.Event()

    def vector(text: str) -> object:
        begun.append(text)
        if text == "another":  # the longest go first, and nobody is to be done with the rest before they are
            stopped.wait()
        return np.ones(384)

    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(model, "vector", vector)
    with pytest.raises(KeyboardInterrupt):
        encoder.encode_document(["a passage"] * 8 + ["another"] * 20_000, interrupted)

    stopped.set()
    assert len(begun) < 20_000


def test_many_passages_go_to_an_encoder_that_is_faster_with_them() -> None:
    other = FakeEncoder()
    encoder = OnnxEncoder(lambda count: other.encode_document if count > 2 else None)

    np.testing.assert_array_equal(encoder.encode_document(["a", "b", "c"]), other.encode_document(["a", "b", "c"]))
    assert encoder.encode_document(["a", "b"]).shape == (2, 384)


def test_threads_that_come_at_once_load_once(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[object] = []

    def load() -> object:
        loaded.append(object())
        return loaded[-1]

    monkeypatch.setattr(module, "_Loaded", load)
    encoder = OnnxEncoder()
    got: list[object] = []
    threads = [threading.Thread(target=lambda: got.append(encoder.load())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(loaded) == 1
    assert got == loaded * 8


# --- which runtime -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "device", "expected"),
    [
        ("bundled", None, OnnxEncoder),
        ("bundled", "cpu", OnnxEncoder),
        ("bundled", "cuda", SentenceTransformerEncoder),
        ("somebody/some-model", None, SentenceTransformerEncoder),
    ],
)
def test_what_ships_runs_on_onnx_runtime_unless_a_device_is_named(
    name: str, device: str | None, expected: type[Encoder]
) -> None:
    assert type(runtimes.encoder_named(name, device)) is expected


def test_a_device_that_is_not_there_is_named() -> None:
    with pytest.raises(DeviceUnavailable, match="cuda:99"):
        runtimes.encoder_named(device="cuda:99").encode_query(["Who?"])


@pytest.mark.parametrize(
    ("flags", "bfloat16", "count", "expected"),
    [
        ("fpu avx2 avx512_bf16", True, 5000, "PyTorch"),
        ("fpu avx2 avx512_bf16", False, 5000, "ONNX Runtime"),
        ("fpu avx2 avx512_bf16", True, 20, "ONNX Runtime"),
        ("fpu avx2", True, 5000, "ONNX Runtime"),
    ],
)
def test_many_passages_are_encoded_by_what_measures_faster(
    monkeypatch: pytest.MonkeyPatch, flags: str, *, bfloat16: bool, count: int, expected: str
) -> None:
    asked: list[int] = []

    class Torch:
        def is_faster(self) -> bool:
            return bfloat16

        def encode_document(self, texts: Sequence[str], _: Callable[[int], None] | None = None) -> Vectors:
            asked.append(len(texts))
            return np.ones((len(texts), 384), np.float32)

    monkeypatch.setattr(runtimes, "_flags", lambda: set(flags.split()))
    monkeypatch.setattr(runtimes, "on_torch", Torch())
    encoder = runtimes.encoder_named()
    assert isinstance(encoder, OnnxEncoder)
    monkeypatch.setattr(encoder.load(), "vector", lambda _: np.zeros(384))

    encoder.encode_document(["a passage"] * count)

    assert asked == ([count] if expected == "PyTorch" else [])


# --- the graph -----------------------------------------------------------------------------------------------


def test_the_graph_is_what_its_command_writes() -> None:
    assert load(GRAPH, load_external_data=False) == graph()


WITHOUT_TORCH = """
import sys
for name in ("torch", "transformers", "sentence_transformers"):
    sys.modules[name] = None  # importing it fails
from retrieval import Engine
engine = Engine.open("data/articles", index=sys.argv[1])
answer = engine.ask("who met in Sochi?")
assert answer and "Sochi" in answer.quotes[0].text, answer
slow = {"torch", "transformers", "sentence_transformers", "sklearn", "scipy.stats", "pandas"}
assert not slow & {name for name, module in sys.modules.items() if module}
"""


@pytest.mark.parametrize(
    ("name", "device", "what"),
    [("somebody/some-model", None, "The model somebody/some-model"), ("bundled", "cuda", "The bundled model on cuda")],
)
def test_without_pytorch_what_needs_it_says_so(
    monkeypatch: pytest.MonkeyPatch, name: str, device: str | None, what: str
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)

    with pytest.raises(PyTorchMissing) as refused:
        runtimes.encoder_named(name, device).encode_query(["Who?"])
    with pytest.raises(PyTorchMissing):
        runtimes.span_model_named("somebody/some-reader")

    assert refused.value.what == what


def test_indexing_and_answering_need_no_pytorch(tmp_path: object) -> None:
    subprocess.run([sys.executable, "-c", WITHOUT_TORCH, str(tmp_path)], check=True)
