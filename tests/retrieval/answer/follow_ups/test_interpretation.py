"""Which of its two meanings a follow-up is read and answered in, and why."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from retrieval.answer.follow_ups.follow_up import FollowUpEstimate, FollowUpEvidence
from retrieval.answer.follow_ups.interpretation import Interpretation, interpret
from retrieval.answer.follow_ups.variants import QueryVariants
from retrieval.answer.query import Context
from retrieval.answer.reading.overlap_reader import OverlapReader
from retrieval.answer.reading.reader import Reading, ReadingTask
from retrieval.engine import Engine
from retrieval.index.protocol import Index
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
    news: Index, typed: float, in_context: float, read_as: str
) -> None:
    answer = Engine(news, FakeEncoder(), reader=Comparing(typed, in_context)).ask("How deadly is it?", context=BEFORE)

    assert answer.read_as == read_as
    assert [quote.score - quote.hit.score for quote in answer.quotes] == [pytest.approx(2.0)]


def test_a_question_with_no_word_that_says_anything_is_read_in_context_only(news: Index) -> None:
    answer = Engine(news, FakeEncoder(), reader=Comparing(9.0, 1.0)).ask("When was that?", context=BEFORE)

    assert answer.read_as == "When was that? (Who opened the Gullholm bridge)"


def test_what_is_surely_found_for_one_meaning_of_a_follow_up_is_read_for_that_one_only(news: Index) -> None:
    reader = Comparing(1.0, 2.0)

    answer = Engine(news, FakeEncoder(), reader=reader).ask("How deadly is it?", context=BEFORE)

    typed, in_context = (each.hits for each in reader.tasks)
    assert all(hit.posterior < 0.9 for hit in typed)
    assert all(hit.posterior > 0.1 for hit in in_context)
    assert {id(hit) for hit in (*typed, *in_context)} == {id(hit) for hit in answer.hits}


ESTIMATE = FollowUpEstimate(FollowUpEvidence(0.5, 0.0, 0.0, few_terms=True), log_odds=1.0)


@pytest.mark.parametrize(
    ("question", "context", "read_as", "posterior", "reason"),
    [
        ("when was that?", None, "when was that?", 0.0, "nothing was said before"),
        ("Who opened the bridge?", BEFORE, "Who opened the bridge?", 0.9, "its wording stands on its own"),
        ("how is it?", BEFORE, "how is it? (it)", 0.1, "the best reading is of the question in context"),
        ("how is it?", BEFORE, "how is it?", 0.5, "the best passage is likelier in context"),
        ("how is it?", BEFORE, "how is it?", 0.4, "the best reading is of the question as typed"),
    ],
)
def test_why_a_question_is_taken_for_a_follow_up_or_not(
    question: str, context: Context | None, read_as: str, posterior: float, reason: str
) -> None:
    variants = QueryVariants.of(question, context)

    found = interpret(variants, ESTIMATE, read_as=read_as, posterior=posterior, likelier=0.5)

    assert found == Interpretation("in context" in reason, reason, posterior, read_as, ESTIMATE)  # type: ignore[arg-type]


def test_a_change_of_subject_is_answered_as_typed_and_the_next_question_goes_on_from_it(news: Index) -> None:
    answer = Engine(news, FakeEncoder()).ask("Which songs did researchers in Perth hear?", context=BEFORE)

    assert not answer.interpretation.in_context
    assert answer.interpretation.reason == "its wording stands on its own"
    assert answer.context is None
    assert answer.read_as == answer.question
    assert answer.next_context is not None
    assert answer.next_context.first == answer.question
