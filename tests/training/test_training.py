"""The training command, over a data set of a few paragraphs."""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import pytest
import torch

from retrieval.models.encoder import Vectors
from retrieval.models.span_model import SpanModel
from tests.fakes import FakeEncoder
from training.__main__ import Settings, Trainer, _loss, main
from training.examples import Examples

TOWNS = ["Sochi", "Tokyo", "Moscow", "Oslo", "Lima", "Cairo", "Quito", "Delhi", "Accra", "Hanoi"]


@pytest.fixture
def squad(tmp_path: Path) -> Path:
    """A hundred questions: five about each of twenty paragraphs."""
    articles = []
    for number, town in enumerate(TOWNS):
        paragraphs = []
        for year in (1990 + number, 2010 + number):
            context = f"In {year} the ministers met in {town}. They agreed on {number + 3} projects and left by train."
            answers = [str(year), town, f"{number + 3} projects", "The ministers".lower(), "by train"]
            asked = ["When did they meet?", "Where?", "What was agreed on?", "Who met?", "How did they go home?"]
            qas = [
                {"id": f"{year}{i}", "question": question, "answers": [{"text": a, "answer_start": context.index(a)}]}
                for i, (question, a) in enumerate(zip(asked, answers, strict=True))
            ]
            paragraphs.append({"context": context, "qas": qas})
        articles.append({"title": f"Meeting_in_{town}", "paragraphs": paragraphs})
    path = tmp_path / "squad.json"
    path.write_text(json.dumps({"data": articles}), encoding="utf-8")
    return path


def test_every_example_marks_its_answer_or_nothing(squad: Path) -> None:
    data = Examples(squad, FakeEncoder())

    examples = list(data.shuffled(0, negative=1.0, seed=3))

    assert len(data) == 100
    answers = [e.passages[0].text[slice(*e.answer)] for e in examples]
    assert len(answers) == 100
    assert set(TOWNS) <= set(answers)
    wrong = [(e, passage) for e in examples for passage in e.passages[1:]]
    assert len(wrong) > 50
    assert not any(e.passages[0].text[slice(*e.answer)].lower() in passage.text.lower() for e, passage in wrong)
    assert examples == list(data.shuffled(0, negative=1.0, seed=3))
    assert examples != list(data.shuffled(1, negative=1.0, seed=3))


def test_a_question_may_bring_several_wrong_passages_and_each_once(squad: Path) -> None:
    data = Examples(squad, FakeEncoder())

    several = [e.passages for e in data.shuffled(0, negative=1.0, wrong=3, seed=3)]

    assert max(map(len, several)) == 4
    assert all(len(set(passages)) == len(passages) for passages in several)


def test_some_questions_go_on_from_another_that_stands_behind_them(squad: Path) -> None:
    questions = [e.question for e in Examples(squad, FakeEncoder()).shuffled(0, negative=0.0, seed=3)]

    going_on = [question for question in questions if question.endswith(")")]

    assert 1 <= len(going_on) <= 20
    assert all(re.fullmatch(r"[^()]+ \([^()]+\)", question) for question in going_on)


def test_the_loss_counts_each_question_over_its_own_passages_only() -> None:
    lowest = torch.finfo(torch.float32).min
    logits = torch.tensor([[0.0, 5.0, 1.0], [0.0, 2.0, lowest], [0.0, 1.0, 3.0]])
    places, groups = torch.tensor([1, 0, 2]), torch.tensor([[0, 1], [2, -1]])

    alone = [
        5 - math.log(1 + math.exp(5) + math.exp(1)),
        -math.log(1 + math.exp(2)),
        3 - math.log(1 + math.e + math.e**3),
    ]
    together = [5 - math.log(1 + math.exp(5) + math.exp(1) + math.exp(2)), alone[2]]

    expected = -(sum(alone) / 3 + sum(together) / 2) / 2
    assert float(_loss(logits, places, groups)) == pytest.approx(expected)


def test_search_questions_are_asked_too_and_more_often(squad: Path, tmp_path: Path) -> None:
    asked = {"title": "Ferries", "text": "The ferry to Gullholm leaves at noon.", "question": "when ferry gullholm"}
    (tmp_path / "more.jsonl").write_text(json.dumps(asked | {"answers": ["noon"]}), encoding="utf-8")

    data = Examples(squad, FakeEncoder(), search_questions=tmp_path / "more.jsonl")

    ferries = [e for e in data.shuffled(0, negative=0.0, seed=3) if e.passages[0].title == "Ferries"]
    assert len(data) == 101
    assert len(ferries) == 3
    assert {e.passages[0].text[slice(*e.answer)] for e in ferries} == {"noon"}


class Train(Protocol):
    def __call__(self, squad: Path, out: Path, *options: str) -> None: ...


@pytest.fixture
def train(monkeypatch: pytest.MonkeyPatch) -> Train:
    """``python -m training``, in this process, which has PyTorch already."""

    def run(squad: Path, out: Path, *options: str) -> None:
        monkeypatch.setattr(sys, "argv", ["training", str(squad), "--out", str(out), *options])
        main()

    return run


def test_a_run_over_so_many_questions_makes_the_same_weights_again_and_a_card(
    squad: Path, tmp_path: Path, train: Train
) -> None:
    written = []
    for name in ("once", "again"):
        train(squad, tmp_path / name, "--batch", "3", "--questions", "2")
        written.append((tmp_path / name / "model.safetensors").read_bytes())

    assert written[0] == written[1]
    SpanModel.trained(tmp_path / "once" / "model.safetensors")
    assert not list((tmp_path / "once").glob("checkpoint*"))
    card = json.loads((tmp_path / "once" / "card.json").read_text("utf-8"))
    assert card["questions"] == 3  # whole batches
    assert [each["licence"] for each in card["data"]] == ["CC BY-SA 4.0"]
    assert card["command"] == "python -m training squad.json --out once --batch 3 --questions 2"


def test_the_mean_of_two_runs_lies_between_them(squad: Path, tmp_path: Path) -> None:
    SpanModel.trainable().save(tmp_path)
    settings = Settings(None, 24, 1e-4, 0.5, 1, 24, 0.0, 1, start=None, average=True)
    trainer = Trainer(Examples(squad, FakeEncoder()), tmp_path, settings, tmp_path)
    before = {name: weights.detach().clone() for name, weights in trainer.model.network.named_parameters()}
    with torch.no_grad():
        for weights in trainer.model.network.parameters():
            weights.add_(1)

    trainer.average_with(tmp_path)

    for name, weights in trainer.model.network.named_parameters():
        moved = 0.5 if SpanModel.is_trained(name) else 1.0
        torch.testing.assert_close(weights.detach(), before[name] + moved)


def test_there_is_no_mean_of_one_run(squad: Path, tmp_path: Path, train: Train) -> None:
    with pytest.raises(SystemExit, match=r"^--average needs --start, the weights to take the mean with\.$"):
        train(squad, tmp_path / "reader", "--average")


def test_a_run_that_goes_on_does_not_encode_the_passages_again(squad: Path, tmp_path: Path) -> None:
    class Counting(FakeEncoder):
        documents = 0

        def encode_document(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors:
            self.documents += len(texts)
            return super().encode_document(texts, progress)

    first, second, other = Counting(), Counting(), Counting()

    data = Examples(squad, first, kept=tmp_path)
    again = Examples(squad, second, kept=tmp_path)

    assert list(again.shuffled(0, negative=1.0, seed=3)) == list(data.shuffled(0, negative=1.0, seed=3))
    assert (first.documents, second.documents) == (len(data.passages), 0)
    again.forget()
    Examples(squad, other, kept=tmp_path)
    assert other.documents == len(data.passages)
