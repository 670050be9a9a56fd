"""Which of its two meanings a follow-up is read and answered in, and why."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from retrieval.answer.overlap_reader import OverlapReader
from retrieval.answer.query import Context
from retrieval.answer.reader import Reading, ReadingTask
from retrieval.engine import Engine
from retrieval.index.snapshot import Snapshot
from retrieval.text.sentences import Span
from tests.fakes import FakeEncoder

OPENED = "Who opened the Gullholm bridge?"
BEFORE = Context(OPENED, OPENED, "Mayor Ingrid Solberg opened the Gullholm bridge on Saturday.")


class Comparing:
    """A reader that finds the first hit's first word, with another score for each variant of a question."""

    compares_variants = True
    calibration = OverlapReader.calibration

    def __init__(self, typed: float, in_context: float) -> None:
        self._typed, self._in_context = typed, in_context
        self.tasks: list[ReadingTask] = []

    def load(self) -> None:
        """There is nothing to load."""

    def read(self, tasks: Sequence[ReadingTask]) -> list[list[Reading]]:
        self.tasks += tasks
        return [[self._reading(task)] for task in tasks]

    def _reading(self, task: ReadingTask) -> Reading:
        hit = task.hits[0]
        span = Span(hit.passage.start, hit.passage.start + 1)
        return Reading(hit, span, (span,), self._in_context if task.question.endswith(")") else self._typed)


@pytest.mark.parametrize(
    ("typed", "in_context", "read_as"),
    [
        (1.0, 2.0, "How deadly is it? (Who opened the Gullholm bridge)"),
        (2.0, 1.0, "How deadly is it?"),
    ],
)
def test_of_two_variants_of_a_follow_up_the_one_that_is_answered_better_counts(
    news: Snapshot, typed: float, in_context: float, read_as: str
) -> None:
    answer = Engine(news, FakeEncoder(), reader=Comparing(typed, in_context)).ask("How deadly is it?", context=BEFORE)

    assert answer.read_as == read_as
    assert [quote.score - quote.hit.score for quote in answer.quotes] == [pytest.approx(2.0)]


def test_a_question_with_no_word_that_says_anything_is_read_in_context_only(news: Snapshot) -> None:
    answer = Engine(news, FakeEncoder(), reader=Comparing(9.0, 1.0)).ask("When was that?", context=BEFORE)

    assert answer.read_as == "When was that? (Who opened the Gullholm bridge)"


def test_what_is_surely_found_for_one_meaning_of_a_follow_up_is_read_for_that_one_only(news: Snapshot) -> None:
    reader = Comparing(1.0, 2.0)

    answer = Engine(news, FakeEncoder(), reader=reader).ask("How deadly is it?", context=BEFORE)

    typed, in_context = (each.hits for each in reader.tasks)
    assert all(hit.posterior < 0.9 for hit in typed)
    assert all(hit.posterior > 0.1 for hit in in_context)
    assert {id(hit) for hit in (*typed, *in_context)} == {id(hit) for hit in answer.hits}
