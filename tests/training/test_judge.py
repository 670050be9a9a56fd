"""Training the network that says whether a passage answers: families of questions, batches, loss and figures."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
import torch

from retrieval.answer.span_reader import JUDGE_FILE
from retrieval.models.span_model import Logits, SpanModel
from training import judge
from training.judge import batches, loss_of, margins
from training.near_misses import JudgedPair, as_asked, families, held_out
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

    assert margins(right).tolist() == [12.0, -10.0]  # the best span of the other is one of -5
    inputs: Any = Inputs()
    assert loss_of(right, inputs, [PAIR, MISS]) < 0.5 < loss_of(wrong, inputs, [PAIR, MISS])


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
