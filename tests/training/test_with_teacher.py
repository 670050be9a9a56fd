"""Training beside a teacher: from data sets to a pack, to batches, to weights."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from retrieval.models.bundled import bundled_folder
from retrieval.models.span_model import SpanModel
from retrieval.models.token_scores import Pair
from training import prepare, with_teacher
from training.families import Families, Mixture
from training.forms import keywords
from training.heldout import FoundPassage, HeldOut, load_held_out, save
from training.losses import Taught, Wanted, hard_loss, soft_loss
from training.networks import LOWEST, student
from training.pack import Asked, Pack, TrainingPassage
from training.sources import Sources
from training.tokens import Marks, Passages, alone, parts, together, tokenised_questions
from training.turned import things, turned

MEETING = "Ministers of both countries met in Oslo on 3 May 1994. They agreed on seven projects."
FERRY = "The ferry to Gullholm leaves at noon. Captain Berg has steered it since 1988."


def dice_of(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - repeatable on purpose


@pytest.fixture
def squad(tmp_path: Path) -> Path:
    def asked(context: str, *pairs: tuple[str, str]) -> dict[str, Any]:
        qas = [
            {"question": question, "answers": [{"text": answer, "answer_start": context.index(answer)}]}
            for question, answer in pairs
        ]
        return {"context": context, "qas": qas}

    meeting = asked(MEETING, ("Where did ministers meet on 3 May?", "Oslo"), ("How many projects?", "seven projects"))
    ferry = asked(FERRY, ("When does the ferry to Gullholm leave?", "noon"), ("Who steers it?", "Captain Berg"))
    data = [{"title": "The_meeting", "paragraphs": [meeting]}, {"title": "Gullholm", "paragraphs": [ferry]}]
    path = tmp_path / "squad.json"
    path.write_text(json.dumps({"data": data}), encoding="utf-8")
    return path


@pytest.fixture
def near_misses(tmp_path: Path) -> Path:
    row = {"set": "near", "title": "Gullholm", "text": FERRY, "question": "Who built it?", "answers": []}
    rows = [row | {"was": "Who steers it?"}, row | {"question": "Who owns the ferry?"}]
    path = tmp_path / "near.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


@pytest.fixture
def pack(squad: Path, near_misses: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    command = ["prepare", str(tmp_path / "pack"), str(squad), "--lines", str(near_misses)]
    monkeypatch.setattr("sys.argv", command)
    prepare.main()
    return tmp_path / "pack"


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return SpanModel.trainable().tokenizer


def test_a_pack_knows_each_answer_its_wrong_passages_and_who_was_made_from_whom(pack: Path) -> None:
    read = Pack.load(pack)

    by_question = {asked.question: asked for asked in read.questions}
    leaving, built = by_question["When does the ferry to Gullholm leave?"], by_question["Who built it?"]
    assert leaving.place is not None
    assert read.passages[leaving.passage].text[slice(*leaving.place)] == "noon"
    assert [read.passages[rival].title for rival in leaving.rivals] == ["The meeting"]
    assert built.place is None
    assert built.twin is not None
    assert read.questions[built.twin].question == "Who steers it?"
    assert by_question["Who owns the ferry?"].twin is None
    made = [asked for asked in read.questions if asked.source.startswith("turned")]
    assert made
    assert all(asked.place is None and asked.twin is not None and not asked.rivals for asked in made)


def test_an_answer_that_is_in_a_text_of_its_own_is_found_there(tmp_path: Path) -> None:
    row = {"set": "more", "title": "", "text": FERRY, "question": "when does it leave"}
    rows = [row | {"answers": [[FERRY.index("noon"), "noon"]]}, row | {"answers": [[0, "The"]]}, row | {"answers": []}]
    (tmp_path / "more.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    every, some = Sources(), Sources()

    every.add_lines(tmp_path / "more.jsonl")
    some.add_lines(tmp_path / "more.jsonl", every=1)

    assert [asked.place for asked in every.questions] == [(32, 36), (0, 3), None]
    assert len(some.questions) == 1


def test_a_turned_question_asks_for_something_else() -> None:
    dice = dice_of(3)
    passage = "In 1994 Mr Abe met Mr Putin in Sochi."

    found = {turned("Who met Putin in Sochi?", passage, ["Tokyo"], ["Abe"], dice) for _ in range(40)}

    assert {each for each in found if each} >= {
        ("name", "Who met Putin in Tokyo?"),
        ("name", "Who met Tokyo in Sochi?"),
    }
    assert turned("Why?", passage, [], [], dice) is None
    assert turned("Which is the largest?", "", [], [], dice_of(1)) == ("opposite", "Which is the smallest?")
    assert [thing.kind for thing in things("On 3 May 1994 we saw Oslo")] == ["month", "name", "number", "year"]


def test_keywords_keep_what_a_question_is_about() -> None:
    forms = {keywords("What is the capital of France?", dice_of(seed)) for seed in range(20)}

    assert "capital France" in forms
    assert "name the capital of France" in forms
    assert keywords("Why?", dice_of(1)) == "Why"


def test_questions_over_passages_are_put_together_as_the_product_does(tokenizer: Any) -> None:
    model = SpanModel.trainable()
    passages = Passages(tokenizer, [TrainingPassage("Gullholm", FERRY), TrainingPassage("", "Short.")], "cpu")
    questions, _ = tokenised_questions(tokenizer, ["When does it leave?", "What?"], "cpu")
    numbers = torch.tensor([0, 1])

    pairs = together(Marks.of_bert(tokenizer), questions, numbers, passages, numbers)

    expected = model.inputs([Pair("When does it leave?", "Gullholm", FERRY), Pair("What?", "", "Short.")])
    width = expected.allowed.shape[1]
    assert pairs.ids.shape[1] % 8 == 0
    assert torch.equal(pairs.ids[:, :width], expected.tensors["input_ids"])
    assert torch.equal(pairs.types[:, :width], expected.tensors["token_type_ids"])
    assert torch.equal(pairs.there[:, :width].long(), expected.tensors["attention_mask"])
    assert np.array_equal(pairs.allowed[:, :width].numpy(), expected.allowed)
    first, last = passages.token_range(0, (32, 36))
    start = int(pairs.first[0])
    assert (first + start, last + start) == expected.tokens_of(0, (32, 36))
    assert passages.characters(0, first, last) == (32, 36)
    assert passages.token_range(0, None) == (-1, -1)
    single = alone(Marks.of_bert(tokenizer), questions, numbers)
    assert tokenizer.decode(single.ids[1][single.there[1]]) == "[CLS] what? [SEP]"


def test_the_forward_pass_of_training_is_that_of_the_product(tokenizer: Any) -> None:
    model = SpanModel.trainable()
    passages = Passages(tokenizer, [TrainingPassage("Gullholm", FERRY)], "cpu")
    questions, _ = tokenised_questions(tokenizer, ["When does it leave?"], "cpu")
    only = torch.tensor([0])
    network = student(model.network, tokenizer, 0.0).eval()

    with torch.no_grad():
        pairs = together(network.marks, questions, only, passages, only)
        starts, _, judged = network(pairs)
        inputs = model.inputs([Pair("When does it leave?", "Gullholm", FERRY)])
        model.network.eval()
        wanted = model.logits(inputs).starts

    allowed = torch.from_numpy(inputs.allowed)
    torch.testing.assert_close(
        starts[:, : allowed.shape[1]][allowed], (wanted - wanted[:, :1])[allowed], atol=1e-4, rtol=0
    )
    assert judged.tolist() == [0.0]


def test_parts_are_of_like_length_and_hold_each_once() -> None:
    lengths = np.array([5, 300, 7, 290, 6])

    found = parts(lengths, 700)

    assert sorted(number for part in found for number in part.tolist()) == [0, 1, 2, 3, 4]
    assert sorted(found[0].tolist()) == [1, 3]


def test_marks_count_in_each_passage_and_over_all_of_a_question_and_doubts_do_not() -> None:
    margins = torch.tensor([[0.0, 5.0, 1.0], [0.0, 2.0, LOWEST], [0.0, 1.0, 3.0]])
    places = torch.tensor([[1, 1], [0, 0], [2, 2]])
    groups = torch.tensor([[0, 1], [2, -1]])
    judged = torch.zeros(3)

    sure = hard_loss((margins, margins, judged), Wanted(places, torch.ones(3), groups))
    doubting = hard_loss((margins, margins, judged), Wanted(places, torch.tensor([1.0, 0.0, 1.0]), groups))

    single = [
        math.log(1 + math.exp(5) + math.exp(1)) - 5,
        math.log(1 + math.exp(2)),
        math.log(1 + math.e + math.e**3) - 3,
    ]
    shared = [math.log(1 + math.exp(5) + math.exp(1) + math.exp(2)) - 5, single[2]]
    head = math.log(2) / 2
    assert float(sure) == pytest.approx((sum(single) / 3 + sum(shared) / 2) / 2 + head)
    alike = (single[0] + single[2]) / 2
    assert float(doubting) == pytest.approx(alike + head)


def test_who_says_what_the_teacher_says_has_nothing_left_to_learn_from_it() -> None:
    margins = torch.tensor([[0.0, 2.0, 1.0], [0.0, -1.0, 0.5]])
    groups = torch.tensor([[0, 1]])
    sure = torch.tensor([0.9, 0.4])
    taught = Taught(margins, margins, sure, torch.ones(2))
    ours = margins.clone().requires_grad_()
    judged = torch.logit(sure).requires_grad_()

    soft_loss((ours, ours, judged), taught, groups).backward()

    assert ours.grad is not None
    assert judged.grad is not None
    torch.testing.assert_close(ours.grad, torch.zeros(2, 3), atol=1e-6, rtol=0)
    torch.testing.assert_close(judged.grad, torch.zeros(2), atol=1e-6, rtol=0)


def test_a_near_miss_is_in_the_batch_of_the_question_that_it_was_made_from(tokenizer: Any) -> None:
    passages = [TrainingPassage("A", "one two"), TrainingPassage("B", "three"), TrainingPassage("C", "four")]
    questions = [
        Asked("squad", "Who is it?", 0, (0, 3), rivals=(1, 2)),
        Asked("squad", "What is it?", 1, (0, 5), rivals=(0,)),
        Asked("near", "Who is it not?", 0, None, rivals=(2,), twin=0),
        Asked("turned: name", "Who is she?", 0, None, twin=0),
    ]
    families = Families(Pack(passages, questions), np.array([4, 3, 3]))
    mixture = Mixture(rivals=2, twins=1.0, foreign=0.0, typed=False)

    drawn = families.drawn(0, mixture, 1000, 1, tokenizer)
    again = families.drawn(0, mixture, 1000, 1, tokenizer)

    (batch,) = drawn.batches
    asked = batch.questions[batch.groups[:, 0]].tolist()
    assert sorted(asked) == [0, 1, 2, 3]
    first = asked.index(0)
    assert asked[first : first + 3] == [0, 2, 3]
    assert sorted(batch.passages[batch.groups[first]].tolist()) == [0, 1, 2]
    assert batch.slots[batch.groups[first, 0]] == 0
    assert torch.equal(drawn.questions.flat, again.questions.flat)
    tiny = families.drawn(0, mixture, 10, 1, tokenizer)
    assert len(tiny.batches) == 2


@pytest.fixture
def small_teacher(tmp_path: Path) -> Path:
    """An MPNet that knows nothing: BERT's words in MPNet's order, and two narrow layers."""
    from transformers import MPNetConfig, MPNetTokenizer

    folder = tmp_path / "teacher"
    folder.mkdir()
    words = (Path(bundled_folder()) / "vocab.txt").read_text("utf-8").splitlines()
    every = ["<s>", "<pad>", "</s>", "<unk>", *words, "<mask>"]
    (folder / "vocab.txt").write_text("\n".join(every) + "\n", encoding="utf-8")
    MPNetTokenizer(vocab={word: number for number, word in enumerate(every)}).save_pretrained(folder)
    config = MPNetConfig(
        vocab_size=len(every), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=16
    )
    config.save_pretrained(folder)
    return folder


def test_the_command_makes_weights_that_the_product_reads_and_a_card(
    pack: Path, small_teacher: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hits = (FoundPassage("Gullholm", FERRY, 1.0, ((0, 37, True), (38, len(FERRY), False))),)
    gullholm = TrainingPassage("Gullholm", FERRY)
    asked = [HeldOut("own", "When?", ("noon",), gullholm, hits), HeldOut("own", "Where?", (), gullholm, hits)]
    save(tmp_path / "held.gz", asked)
    assert load_held_out(tmp_path / "held.gz") == asked
    options = ["--minutes", "0.005", "--teacher-minutes", "0.005", "--tokens", "300", "--teacher-tokens", "300"]
    files = [
        "--out",
        str(tmp_path / "reader"),
        "--teacher",
        str(small_teacher),
        "--held-out",
        str(tmp_path / "held.gz"),
    ]
    command = ["with_teacher", str(pack), *files, "--bare-teacher", "--device", "cpu", "--questions", "4", *options]
    monkeypatch.setattr("sys.argv", command)

    with_teacher.main()

    card = json.loads((tmp_path / "reader" / "card.json").read_text("utf-8"))
    assert card["learnt"]["steps"] >= 1
    assert card["taught"]["steps"] >= 1
    assert card["command"].startswith("python -m training.with_teacher pack --out reader --teacher teacher")
    assert card["held_out"]["reader, averaged: own"]["em"] in (0.0, 1.0)
    SpanModel.trained(tmp_path / "reader" / "model.safetensors")
