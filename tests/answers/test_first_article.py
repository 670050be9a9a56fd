"""The first article, asked by the reader that ships: questions of all kinds, and near misses that it does not answer.

``pytest -m answers`` runs these alone.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from retrieval import Engine

_ROOT = Path(__file__).resolve().parents[2]
_DECLINED = 18
"""Of twenty near misses."""


@dataclass(frozen=True, slots=True)
class Case:
    """A question, and words that the first quote has when it answers; None where the article does not answer."""

    kind: str
    question: str
    answer: str | None


CASES = [
    Case(**json.loads(line)) for line in (Path(__file__).with_name("first_article.jsonl")).read_text().splitlines()
]
pytestmark = pytest.mark.answers


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """The engine as it ships, over the first article."""
    return Engine.open(_ROOT / "data" / "articles", index=tmp_path_factory.mktemp("first") / "index")


@pytest.mark.parametrize("case", [case for case in CASES if case.answer], ids=lambda case: case.question)
def test_a_question_of_any_kind_is_answered_rightly_first(engine: Engine, case: Case) -> None:
    answer = engine.ask(case.question)

    assert answer.answered, f"declined at {answer.confidence:.2f}"
    assert case.answer is not None
    assert case.answer in answer.quotes[0].text


def test_near_misses_are_declined(engine: Engine) -> None:
    near_misses = [case.question for case in CASES if case.answer is None]

    answered = [question for question in near_misses if engine.ask(question)]

    assert len(near_misses) - len(answered) >= _DECLINED, answered
