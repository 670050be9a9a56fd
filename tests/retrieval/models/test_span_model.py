"""The network behind the trained reader: its inputs, its weights on disk, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from retrieval.answer.span_reader import SpanReader, reader_named
from retrieval.errors import DeviceUnavailable, ReaderUnavailable
from retrieval.models import span_model as module
from retrieval.models.span_model import MAX_TOKENS, WEIGHTS_FILE, Inputs, Logits, SpanModel

PASSAGE = "They met in Moscow on May 6. It rained."
TRIPLE = ("Where did they meet?", "A meeting in Moscow", PASSAGE)


@pytest.fixture(scope="module")
def untrained() -> SpanModel:
    torch.manual_seed(7)
    return SpanModel.trainable()


def test_only_the_tokens_of_the_passage_may_answer(untrained: SpanModel) -> None:
    inputs = untrained.inputs([TRIPLE, ("Who?", "", "x")])

    words = [PASSAGE[start:end] for start, end in inputs.offsets[0, inputs.allowed[0]]]
    assert words == ["They", "met", "in", "Moscow", "on", "May", "6", ".", "It", "rained", "."]
    scores = untrained.scores(inputs)
    starts, ends = scores.starts, scores.ends
    assert starts.shape == ends.shape == inputs.allowed.shape
    closed = ~inputs.allowed
    closed[:, 0] = False
    assert (starts[closed] == starts.min()).all()
    assert (starts[:, 0] > starts.min()).all()


def test_many_pairs_score_as_they_do_in_one_pass(untrained: SpanModel, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = untrained.inputs(
        [(f"Where did {n} meet?", "A meeting", f"{n} and so on. " * n + PASSAGE) for n in range(14)]
    )
    with torch.inference_mode():
        expected = untrained.logits(inputs)
    passes: list[int] = []
    logits = untrained.logits

    def spied(part: Inputs) -> Logits:
        passes.append(len(part.allowed))
        return logits(part)

    monkeypatch.setattr(untrained, "logits", spied)
    monkeypatch.setattr(module, "thread_count", lambda: 2)

    found = untrained.scores(inputs)

    assert sorted(passes) == [2, 3, 3, 3, 3]
    for scores, whole in ((found.starts, expected.starts.numpy()), (found.ends, expected.ends.numpy())):
        np.testing.assert_allclose(scores[inputs.allowed], whole[inputs.allowed], atol=1e-4)
        np.testing.assert_allclose(scores[:, 0], whole[:, 0], atol=1e-4)
        assert scores.shape == whole.shape


def test_a_place_in_the_passage_is_found_among_the_tokens_and_back(untrained: SpanModel) -> None:
    inputs = untrained.inputs([TRIPLE])
    place = (PASSAGE.index("Moscow"), PASSAGE.index("Moscow") + len("Moscow on May"))

    first, last = inputs.tokens_of(0, place)

    assert (inputs.offsets[0, first, 0], inputs.offsets[0, last, 1]) == place
    assert inputs.tokens_of(0, None) == (0, 0)


def test_an_answer_that_was_cut_off_counts_as_none(untrained: SpanModel) -> None:
    long = "word " * 2 * MAX_TOKENS + "Moscow."
    inputs = untrained.inputs([("Where?", "Title", long)])

    assert inputs.allowed.shape[1] == MAX_TOKENS
    assert inputs.tokens_of(0, (len(long) - 6, len(long) - 1)) == (0, 0)


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=300), st.text(max_size=40), st.text(max_size=400))
def test_tokens_lie_in_order_inside_any_passage(untrained: SpanModel, question: str, title: str, passage: str) -> None:
    question, title, passage = (each.encode(errors="replace").decode() for each in (question, title, passage))
    inputs = untrained.inputs([(question, title, passage)])

    places = inputs.offsets[0, inputs.allowed[0]]
    assert (places >= 0).all()
    assert (places <= len(passage)).all()
    assert (places[:, 0] < places[:, 1]).all()
    assert (np.diff(places[:, 0]) >= 0).all()


def test_weights_that_were_saved_answer_the_same(untrained: SpanModel, tmp_path: Path) -> None:
    untrained.save(tmp_path)

    reloaded = SpanModel.trained(tmp_path)

    inputs = untrained.inputs([TRIPLE])
    before, after = untrained.scores(inputs), reloaded.scores(inputs)
    for kept, read in ((before.starts, after.starts), (before.ends, after.ends)):
        assert kept[inputs.allowed] == pytest.approx(read[inputs.allowed], abs=0.1)
    written = (tmp_path / WEIGHTS_FILE).stat()
    assert written.st_size < 25 * 2**20
    (tmp_path / "beside").touch()
    assert written.st_mode == (tmp_path / "beside").stat().st_mode  # whoever may read the folder's files may read it
    stored = load_file(tmp_path / WEIGHTS_FILE)
    assert not any("embeddings" in name for name in stored)


@pytest.mark.parametrize("damage", ["missing", "no safetensors", "a layer gone", "a layer too many", "other shapes"])
def test_weights_that_do_not_fit_are_refused(untrained: SpanModel, tmp_path: Path, damage: str) -> None:
    path = tmp_path / WEIGHTS_FILE
    if damage == "no safetensors":
        path.write_bytes(b"weights")
    elif damage != "missing":
        untrained.save(tmp_path)
        weights = load_file(path)
        name = next(each for each in weights if each == "qa_outputs.weight")
        tensor = weights[name] if damage == "a layer too many" else weights.pop(name)
        if damage != "a layer gone":
            weights["other" if damage == "a layer too many" else name] = tensor.flatten()[:3].clone()
        save_file(weights, path)

    with pytest.raises(ReaderUnavailable) as refused:
        SpanModel.trained(tmp_path)

    assert "\n" not in refused.value.reason


def test_the_reader_runs_on_the_device_that_is_named(
    untrained: SpanModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Every torch has the device "meta", whose tensors have no numbers: it stands for a GPU.
    monkeypatch.setattr(module, "usable_device", lambda device: device or "cpu")
    untrained.save(tmp_path)
    reader = reader_named(str(tmp_path), device="meta")
    assert isinstance(reader, SpanReader)

    network = reader.load().network

    assert {(p.device.type, p.dtype) for p in network.parameters()} == {("meta", torch.float32)}


def test_inputs_go_to_where_the_network_is(untrained: SpanModel) -> None:
    seen: set[str] = set()

    class Elsewhere:
        device = torch.device("meta")

        def __call__(self, **inputs: torch.Tensor) -> SimpleNamespace:
            seen.update(tensor.device.type for tensor in inputs.values())
            logits = torch.zeros(inputs["input_ids"].shape, device=self.device)
            return SimpleNamespace(start_logits=logits, end_logits=logits)

    logits = SpanModel(Elsewhere(), None).logits(untrained.inputs([TRIPLE]))

    assert seen == {"meta"}
    assert (logits.starts.device.type, logits.ends.device.type) == ("meta", "meta")


def test_a_device_that_is_not_there_is_named() -> None:
    with pytest.raises(DeviceUnavailable) as refused:
        SpanReader(device="cuda:99").load()

    assert refused.value.device == "cuda:99"


def test_a_model_that_does_not_exist_is_one_fact(tmp_path: Path) -> None:
    with pytest.raises(ReaderUnavailable) as refused:
        SpanModel.named(str(tmp_path))

    assert "\n" not in refused.value.reason


def test_a_network_beside_another_shares_its_embeddings_and_scores_as_it_would_alone(
    untrained: SpanModel, tmp_path: Path
) -> None:
    torch.manual_seed(8)
    SpanModel.trainable().save(tmp_path)
    alone = SpanModel.trainable(tmp_path)

    beside = untrained.beside(tmp_path / WEIGHTS_FILE)

    inputs = untrained.inputs([TRIPLE])
    assert beside.network.bert.embeddings is untrained.network.bert.embeddings
    assert beside.network.bert.encoder.layer[0].output.dense.weight.dtype == torch.bfloat16
    np.testing.assert_allclose(beside.scores(inputs).starts, alone.scores(inputs).starts, atol=1e-3)
    assert not np.allclose(untrained.scores(inputs).starts[:, 0], alone.scores(inputs).starts[:, 0], atol=1e-3)
