"""The network behind the trained reader: its inputs, its weights on disk, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from retrieval.answer.reading.span_reader import SpanReader, reader_named
from retrieval.errors import DeviceUnavailable, ReaderUnavailable
from retrieval.models import span_model as module
from retrieval.models.onnx_span_model import OnnxSpanModel
from retrieval.models.span_model import SpanModel
from retrieval.models.token_scores import MAX_TOKENS, WEIGHTS_FILE, Pair, SpanScorer

PASSAGE = "They met in Moscow on May 6. It rained."
PAIR = Pair("Where did they meet?", "A meeting in Moscow", PASSAGE)


@pytest.fixture(scope="module")
def untrained() -> SpanModel:
    torch.manual_seed(7)
    return SpanModel.trainable()


@pytest.fixture(scope="module")
def written(untrained: SpanModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of the untrained network's weights."""
    folder = tmp_path_factory.mktemp("reader")
    untrained.save(folder)
    return folder / WEIGHTS_FILE


@pytest.fixture(scope="module")
def on_onnx(written: Path) -> OnnxSpanModel:
    return OnnxSpanModel(written)


@pytest.fixture(params=["PyTorch", "ONNX Runtime"])
def model(request: pytest.FixtureRequest, untrained: SpanModel, on_onnx: OnnxSpanModel) -> SpanScorer:
    """The same weights on either runtime."""
    return untrained if request.param == "PyTorch" else on_onnx


def test_only_the_tokens_of_the_passage_may_answer(model: SpanScorer) -> None:
    scores, short = model.score([PAIR, Pair("Who?", "", "x")])

    words = [PASSAGE[start:end] for start, end in scores.offsets]
    assert words == ["They", "met", "in", "Moscow", "on", "May", "6", ".", "It", "rained", "."]
    assert scores.starts.shape == scores.ends.shape == (11,)
    assert short.offsets.tolist() == [[0, 1]]


def test_both_runtimes_give_the_same_scores(untrained: SpanModel, on_onnx: OnnxSpanModel) -> None:
    pairs = [
        PAIR,
        Pair("Who?", "", ""),
        Pair("Où était-ce ?", "Ünïcode “title”", "Á 𝄞 naïve çedilla—dash. " * 30),
        Pair("Where?", "Title", "word " * 2 * MAX_TOKENS + "Moscow."),
    ]
    for one, other in zip(untrained.score(pairs), on_onnx.score(pairs), strict=True):
        assert one.offsets.tolist() == other.offsets.tolist()
        for ours, theirs in ((one.starts, other.starts), (one.ends, other.ends)):
            np.testing.assert_allclose(ours, theirs, atol=0.02)
        assert one.no_answer == pytest.approx(other.no_answer, abs=0.02)


def test_two_threads_that_share_a_passage_score_as_one(written: Path, on_onnx: OnnxSpanModel) -> None:
    (alone,), (shared,) = on_onnx.score([PAIR]), OnnxSpanModel(written, threads=2).score([PAIR])

    np.testing.assert_allclose(shared.starts, alone.starts, atol=1e-5)


def test_many_pairs_score_as_each_does_alone(model: SpanScorer, monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = [Pair(f"Where did {n} meet?", "A meeting", f"{n} and so on. " * n + PASSAGE) for n in range(8)]
    alone = [model.score([pair])[0] for pair in pairs]
    monkeypatch.setattr(module, "thread_count", lambda: 2)

    for each, expected in zip(model.score(pairs), alone, strict=True):
        np.testing.assert_allclose(each.starts, expected.starts, atol=1e-4)
        np.testing.assert_allclose(each.ends, expected.ends, atol=1e-4)
        assert each.no_answer == pytest.approx(expected.no_answer, abs=1e-4)


def test_the_head_that_says_whether_there_is_an_answer_is_read_on_both(untrained: SpanModel, tmp_path: Path) -> None:
    torch.manual_seed(9)
    other = SpanModel.trainable()
    torch.nn.init.normal_(other.network.answerable.weight)
    torch.nn.init.constant_(other.network.answerable.bias, 3.0)
    other.save(tmp_path)

    (here,), (there,) = (load(tmp_path / WEIGHTS_FILE).score([PAIR]) for load in (SpanModel.trained, OnnxSpanModel))

    assert here.answerable == pytest.approx(there.answerable, abs=0.1)
    assert here.answerable > 1


def test_a_place_in_the_passage_is_found_among_the_tokens_and_back(untrained: SpanModel) -> None:
    inputs = untrained.inputs([PAIR])
    place = (PASSAGE.index("Moscow"), PASSAGE.index("Moscow") + len("Moscow on May"))

    first, last = inputs.tokens_of(0, place)

    assert (inputs.offsets[0, first, 0], inputs.offsets[0, last, 1]) == place
    assert inputs.tokens_of(0, None) == (0, 0)


def test_an_answer_that_was_cut_off_counts_as_none(untrained: SpanModel) -> None:
    long = "word " * 2 * MAX_TOKENS + "Moscow."
    inputs = untrained.inputs([Pair("Where?", "Title", long)])

    assert inputs.allowed.shape[1] == MAX_TOKENS
    assert inputs.tokens_of(0, (len(long) - 6, len(long) - 1)) == (0, 0)


@given(st.text(max_size=300), st.text(max_size=40), st.text(max_size=400))
def test_tokens_lie_in_order_inside_any_passage(
    on_onnx: OnnxSpanModel, question: str, title: str, passage: str
) -> None:
    question, title, passage = (each.encode(errors="replace").decode() for each in (question, title, passage))
    (scores,) = on_onnx.score([Pair(question, title, passage)])

    places = scores.offsets
    assert (places >= 0).all()
    assert (places <= len(passage)).all()
    assert (places[:, 0] < places[:, 1]).all()
    assert (np.diff(places[:, 0]) >= 0).all()


def test_weights_that_were_saved_answer_the_same(untrained: SpanModel, tmp_path: Path) -> None:
    untrained.save(tmp_path)

    (before,), (after,) = untrained.score([PAIR]), SpanModel.trained(tmp_path / WEIGHTS_FILE).score([PAIR])
    for kept, read in ((before.starts, after.starts), (before.ends, after.ends)):
        assert kept == pytest.approx(read, abs=0.1)
    written = (tmp_path / WEIGHTS_FILE).stat()
    assert written.st_size < 25 * 2**20
    (tmp_path / "beside").touch()
    assert written.st_mode == (tmp_path / "beside").stat().st_mode  # whoever may read the folder's files may read it
    stored = load_file(tmp_path / WEIGHTS_FILE)
    assert not any("embeddings" in name for name in stored)


@pytest.mark.parametrize("load", [SpanModel.trained, OnnxSpanModel])
@pytest.mark.parametrize("damage", ["missing", "empty", "no safetensors", "cut off", "a layer gone", "other shapes"])
def test_weights_that_do_not_fit_are_refused(
    written: Path, tmp_path: Path, damage: str, load: Callable[[Path], SpanScorer]
) -> None:
    path = tmp_path / WEIGHTS_FILE
    if damage in ("empty", "no safetensors"):
        path.write_bytes(b"" if damage == "empty" else b"weights and more")
    elif damage == "cut off":
        path.write_bytes(written.read_bytes()[: 10 * 2**20])
    elif damage != "missing":
        weights = load_file(written)
        tensor = weights.pop("qa_outputs.weight")
        if damage == "other shapes":
            weights["qa_outputs.weight"] = tensor.flatten()[:3].clone()
        save_file(weights, path)

    with pytest.raises(ReaderUnavailable) as refused:
        load(path)

    assert "\n" not in refused.value.reason


def test_a_layer_too_many_is_refused_by_what_trains(written: Path, tmp_path: Path) -> None:
    weights = load_file(written)
    save_file({**weights, "other": weights["qa_outputs.bias"].clone()}, tmp_path / WEIGHTS_FILE)

    with pytest.raises(ReaderUnavailable):
        SpanModel.trained(tmp_path / WEIGHTS_FILE)


def test_the_reader_runs_on_the_device_that_is_named(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Every torch has the device "meta", whose tensors have no numbers: it stands for a GPU.
    monkeypatch.setattr(module, "usable_device", lambda device: device or "cpu")
    reader = reader_named(str(written.parent), device="meta")
    assert isinstance(reader, SpanReader)

    model = reader.load()

    assert isinstance(model, SpanModel)
    assert {(p.device.type, p.dtype) for p in model.network.parameters()} == {("meta", torch.float32)}


def test_inputs_go_to_where_the_network_is(untrained: SpanModel) -> None:
    seen: set[str] = set()

    class Elsewhere:
        device = torch.device("meta")

        def __call__(self, **inputs: torch.Tensor) -> SimpleNamespace:
            seen.update(tensor.device.type for tensor in inputs.values())
            logits = torch.zeros(inputs["input_ids"].shape, device=self.device)
            return SimpleNamespace(start_logits=logits, end_logits=logits)

    logits = SpanModel(Elsewhere(), None).logits(untrained.inputs([PAIR]))

    assert seen == {"meta"}
    assert (logits.starts.device.type, logits.ends.device.type) == ("meta", "meta")


def test_a_device_that_is_not_there_is_named() -> None:
    with pytest.raises(DeviceUnavailable) as refused:
        SpanReader(device="cuda:99").load()

    assert refused.value.device == "cuda:99"


def test_a_model_that_does_not_exist_is_one_fact(tmp_path: Path) -> None:
    with pytest.raises(ReaderUnavailable) as refused:
        SpanModel.named(str(tmp_path))

    assert refused.value.named
    assert "\n" not in refused.value.reason
