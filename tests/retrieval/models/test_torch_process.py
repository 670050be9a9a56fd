"""PyTorch in a process of its own, that is let go with its memory."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from retrieval.models import torch_process as module
from retrieval.models.encoder import SentenceTransformerEncoder, Vectors
from retrieval.models.onnx_encoder import OnnxEncoder
from retrieval.models.torch_process import TorchProcess
from tests.retrieval.models.test_onnx_encoder import TEXTS

STAND_IN = """
import json, sys
sys.stdout.write({said!r})
sys.stdout.flush()
for line in sys.stdin:
    sys.stdout.buffer.write(bytes(384 * 4 * len(json.loads(line))))
    sys.stdout.flush()
    if {ends}: break
"""


def shape(vectors: Vectors | None) -> tuple[int, ...] | None:
    return None if vectors is None else vectors.shape


# Sentence-transformers, which the tests of this folder load once, would be loaded once more: five seconds.
WITH_ANOTHER_MODEL = """
import sys; sys.path[:] = sys.argv[1:]
import numpy as np
from retrieval.models import torch_process

class Lengths:
    def encode_document(self, texts):
        return np.repeat(np.array([[len(text)] for text in texts], np.float32), 384, axis=1)

torch_process.SentenceTransformerEncoder = Lengths
torch_process.serve()
"""


def test_vectors_are_those_of_the_other_runtime() -> None:
    vectors = SentenceTransformerEncoder().encode_document(TEXTS)

    cosines = (vectors * OnnxEncoder().encode_document(TEXTS)).sum(axis=1)
    assert vectors.dtype == np.float32
    assert cosines.min() > 0.999  # bfloat16 on some processors


def test_the_process_encodes_each_text_and_says_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_CHUNK", 4)
    monkeypatch.setattr(module, "_PROGRAM", WITH_ANOTHER_MODEL)
    process, told = TorchProcess(), list[int]()

    vectors = process.encode_document(TEXTS, told.append)
    process.close()

    assert vectors is not None
    assert vectors.dtype == np.float32
    assert vectors[:, 7].tolist() == [len(text) for text in TEXTS]
    assert told == [4, 8]


# --- the process that runs, for which any other does ----------------------------------------------------------


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch) -> Iterator[TorchProcess]:
    monkeypatch.setattr(module, "_PROGRAM", STAND_IN.format(said="1", ends=False))
    process = TorchProcess()
    yield process
    process.close()


def test_one_that_is_faster_is_kept_for_the_next_passages(process: TorchProcess) -> None:
    assert process.is_faster()
    running = process._process

    assert shape(process.encode_document(TEXTS)) == (8, 384)
    assert shape(process.encode_document([])) == (0, 384)
    assert process._process is running


def test_one_that_is_not_faster_is_let_go_at_once(process: TorchProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PROGRAM", STAND_IN.format(said="0", ends=False))

    assert not process.is_faster()
    assert process._process is None


def test_one_that_was_ended_is_started_anew(process: TorchProcess) -> None:
    process.encode_document(TEXTS)
    running = process._process
    assert running
    running.kill()
    running.wait()

    assert shape(process.encode_document(TEXTS)) == (8, 384)


def test_what_one_leaves_undone_is_encoded_here(process: TorchProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PROGRAM", STAND_IN.format(said="1", ends=True))
    monkeypatch.setattr(module, "_CHUNK", 4)
    encoder = OnnxEncoder(lambda _: process.encode_document if process.is_faster() else None)

    vectors = encoder.encode_document(TEXTS)

    np.testing.assert_array_equal(vectors, OnnxEncoder().encode_document(TEXTS))
    assert process._process is None
    assert not process.is_faster()


@pytest.mark.parametrize("program", ["", "raise SystemExit(3)"])
def test_one_that_cannot_start_is_not_faster(
    process: TorchProcess, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    monkeypatch.setattr(module, "_PROGRAM", program)

    assert not process.is_faster()
    assert process.encode_document(TEXTS) is None


def test_whoever_stops_encoding_gets_no_answer_to_it_later(process: TorchProcess) -> None:
    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        process.encode_document(TEXTS, interrupted)

    assert process._process is None


def test_it_is_let_go_when_nobody_has_passages_for_it(process: TorchProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_IDLE_S", 0.01)
    process.encode_document(TEXTS)
    idle = process._idle
    assert idle

    idle.join()

    assert process._process is None
