"""What becomes of questions is counted, whichever face they come by."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from bot.pool import Busy
from bot.tally import Tally
from retrieval.answer.answer import Answer
from retrieval.errors import QuestionEmpty, ReaderUnavailable


class Counts:
    """Figures that a test reads."""

    def __init__(self) -> None:
        self.outcomes: Counter[tuple[str, str]] = Counter()
        self.stages: Counter[str] = Counter()

    def asked(self, face: str, outcome: str) -> None:
        self.outcomes[face, outcome] += 1

    def took(self, stage: str, seconds: float) -> None:
        assert seconds >= 0
        self.stages[stage] += 1


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (Busy(), "busy"),
        (QuestionEmpty(), "refused"),
        (ReaderUnavailable("none", "gone"), "failed"),
        (asyncio.CancelledError(), "left"),
    ],
)
def test_a_question_that_is_not_answered_is_counted_by_why(error: BaseException, outcome: str) -> None:
    tally, counts = Tally(), Counts()
    tally.figures = counts

    with pytest.raises(type(error)), tally.counted("discord"):
        raise error

    assert counts.outcomes == {("discord", outcome): 1}


def test_an_answer_is_counted_with_the_seconds_of_its_stages() -> None:
    tally, counts = Tally(), Counts()
    tally.figures = counts
    answer = Answer(
        "who?", answered=True, confidence=0.9, quotes=(), hits=(), seconds={"searching": 0.1, "reading": 0.2}
    )

    assert tally.timed(lambda: 7)() == 7
    tally.answered(answer, Path(), "page")

    assert counts.outcomes == {("page", "answered"): 1}
    assert counts.stages == {"waiting": 1, "answering": 1, "searching": 1, "reading": 1}


def test_where_nothing_is_counted_nothing_happens() -> None:
    tally = Tally()

    assert tally.timed(lambda: 7)() == 7
    tally.answered(Answer("who?", answered=False, confidence=0.0, quotes=(), hits=()), Path(), "json")
    tally.voted("key", {"up": 1})
    assert tally.gaps(Path(), lambda *_: []) is None
