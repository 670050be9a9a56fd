"""Training the network that says whether a passage answers: families of questions, batches, loss and figures."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from retrieval.answer.reading.span_reader import JUDGE_FILE
from retrieval.models.span_model import Logits, SpanModel
from training import judge
from training.judge import batches, loss_of, margins
from training.near_misses import JudgedPair, as_asked, families, held_out, of_both_kinds
from training.sources import Sources

FERRY = "The ferry to Gullholm leaves at noon. Captain Berg has steered it since 1988. It was built in Lund."
PAIR = JudgedPair("squad", "Who steers it?", "Gullholm", FERRY, (38, 50))
MISS = JudgedPair("squad2-train", "Who owns it?", "Gullholm", FERRY, None)


def dice_of(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - repeatable on purpose


@pytest.fixture
def data(tmp_path: Path) -> tuple[Path, Path]:
    """A file of SQuAD 1.1 of two articles, and near misses made of their questions."""
    qas = [
        {"question": "Who steers it?", "answers": [{"text": "Captain Berg", "answer_start": 38}]},
        {"question": "When does the ferry to Gullholm leave?", "answers": [{"text": "noon", "answer_start": 32}]},
    ]
    articles = [
        {"title": title, "paragraphs": [{"context": FERRY.replace("Gullholm", title), "qas": qas}]}
        for title in ("Gullholm", "Utklippn")  # as long as each other, so that the answers are where they were
    ]
    near = [
        {"set": "squad2-train", "title": title, "text": FERRY.replace("Gullholm", title), "question": "Who owns it?"}
        | {"answers": [], "was": "Who steers it?"}
        for title in ("Gullholm", "Utklippn")
    ]
    squad, unanswerable = tmp_path / "squad.json", tmp_path / "near.jsonl"
    squad.write_text(json.dumps({"data": articles}), encoding="utf-8")
    unanswerable.write_text("\n".join(map(json.dumps, near)), encoding="utf-8")
    return squad, unanswerable


def test_a_near_miss_stands_beside_the_question_that_it_was_made_from(data: tuple[Path, Path]) -> None:
    sources = Sources()
    sources.add_squad(data[0])
    sources.add_lines(data[1])

    kept, titles = held_out(sources, seed=1)
    (family,) = (each for each in families(sources, titles, dice_of(1)) if each[-1].source == "squad2-train")

    assert {pair.title for pair in kept} == titles
    assert sorted(pair.place is None for pair in kept) == [False, True]
    assert [pair.question for pair in family] == ["Who steers it?", "Who owns it?"]
    assert family[0].title not in titles


def test_over_fewer_sentences_the_answer_is_where_it_was() -> None:
    for seed in range(20):
        asked, miss = as_asked((PAIR, MISS), dice_of(seed))

        assert asked.place is not None
        assert asked.text[slice(*asked.place)] == "Captain Berg"
        assert (miss.text, miss.place) == (asked.text, None)


def test_batches_keep_families_together_and_are_no_larger_than_asked() -> None:
    several = [(PAIR, MISS)] * 9

    made = batches(several, 700, dice_of(1))

    assert sum(map(len, made)) == 18
    assert all(len(batch) % 2 == 0 and len(batch) * len(FERRY) < 700 for batch in made)


def test_the_loss_is_small_when_margins_say_what_is_so() -> None:
    class Inputs:
        def tokens_of(self, _: int, place: tuple[int, int] | None) -> tuple[int, int]:
            return (2, 3) if place else (0, 0)

    def logits(first: float, second: float) -> Logits:
        scores = torch.full((2, 5), -5.0)
        scores[:, 0] = 0.0
        scores[0, 2:4], scores[1, 2:4] = first, second
        return Logits(scores, scores, torch.zeros(2))

    right, wrong = logits(6.0, -6.0), logits(-6.0, 6.0)

    inputs: Any = Inputs()
    pairs = [PAIR, MISS]

    assert margins(right, inputs, pairs).tolist() == [12.0, -10.0]  # the best span of the other is one of -5
    assert loss_of(right, inputs, pairs) < 0.5 < loss_of(wrong, inputs, pairs)


def test_of_words_quoted_the_margin_is_of_the_spans_over_them() -> None:
    class Inputs:
        def tokens_of(self, _: int, place: tuple[int, int] | None) -> tuple[int, int]:
            return (4, 4) if place else (0, 0)

    scores = torch.tensor([[0.0, -5.0, 6.0, 6.0, 1.0]])
    inputs: Any = Inputs()

    assert margins(Logits(scores, scores, torch.zeros(1)), inputs, [PAIR]).item() == 12.0
    beside = replace(PAIR, quoted=(60, 70))
    assert margins(Logits(scores, scores, torch.zeros(1)), inputs, [beside]).item() == 7.0  # from 2 to 4
    assert not beside.right


def test_what_is_quoted_stays_whole_passages() -> None:
    family = (replace(PAIR, quoted=PAIR.place), replace(MISS, quoted=PAIR.place))

    assert all(pair.text == FERRY for seed in range(10) for pair in as_asked(family, dice_of(seed)))


def test_the_command_makes_weights_that_the_product_reads_and_a_card(
    data: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = tmp_path / "start.safetensors"
    SpanModel.trainable().save(tmp_path)
    (tmp_path / "model.safetensors").rename(start)
    out = tmp_path / "out"
    command = ["judge", str(out), *map(str, data), "--start", str(start), "--passes", "1", "--minutes", "1"]
    monkeypatch.setattr("sys.argv", command)

    judge.main()

    card = json.loads((out / "judge-card.json").read_text("utf-8"))
    assert (card["steps"], set(card["held_out"])) == (1, {"start", "end, average"})
    SpanModel.trained(out / JUDGE_FILE)


def test_questions_of_both_kinds_about_a_passage_are_a_family_of_four_at_most(tmp_path: Path) -> None:
    asked = [("Who steers it?", [[38, "Captain Berg"]]), ("When does it leave?", [[32, "noon"]])]
    asked += [(f"Who owns {each}?", []) for each in ("it", "Lund", "noon")]
    row = {"set": "half", "title": "Gullholm", "text": FERRY}
    mixed = tmp_path / "mixed.jsonl"
    mixed.write_text("\n".join(json.dumps(row | {"question": q, "answers": a}) for q, a in asked), "utf-8")
    sources = Sources()
    sources.add_lines(mixed)

    made = of_both_kinds(sources, dice_of(1))

    assert sorted(map(len, made)) == [1, 4]
    for family in made:
        known = [pair.place is not None for pair in family]
        assert known == sorted(known, reverse=True)
        for seed in range(20):
            shorter = as_asked(family, dice_of(seed))
            there = [pair.text[slice(*pair.place)] for pair in shorter if pair.place]
            assert set(there) <= {"Captain Berg", "noon"}


def test_a_batch_whose_answers_were_all_cut_off_teaches_nothing() -> None:
    class Inputs:
        def tokens_of(self, *_: object) -> tuple[int, int]:
            return (0, 0)

    scores = torch.zeros((1, 5), requires_grad=True)
    inputs: Any = Inputs()

    loss = loss_of(Logits(scores, scores, torch.zeros(1)), inputs, [PAIR])
    loss.backward()

    assert (loss.item(), scores.grad.abs().sum().item()) == (0.0, 0.0)  # type: ignore[union-attr]


def test_the_command_learns_from_what_the_product_would_quote(
    data: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quoted, out = tmp_path / "quoted", tmp_path / "out"
    quoted.mkdir()
    rows = [
        {"source": "squad", "question": "Who steers it?", "title": title, "text": FERRY}
        | {"place": [38, 50], "quoted": [38, 50]}
        for title in ("Gullholm", "Utklippn")
    ]
    miss = {"source": "squad2-train", "question": "Who owns it?", "place": None}
    (quoted / "000.jsonl").write_text("\n".join(json.dumps([[row], [row | miss]]) for row in rows), "utf-8")
    SpanModel.trainable().save(tmp_path)
    command = ["judge", str(out), *map(str, data), "--start", str(tmp_path / "model.safetensors"), "--passes", "1"]
    monkeypatch.setattr("sys.argv", [*command, "--quoted", str(quoted), "--paragraphs", "0", "--bfloat16"])

    judge.main()

    card = json.loads((out / "judge-card.json").read_text("utf-8"))
    assert card["pairs"] == {"squad": 1, "squad2-train": 1}
    assert set(card["held_out"]) == {"start", "start, as quoted", "end, average", "end, average, as quoted"}
