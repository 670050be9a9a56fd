"""A conversation: what was shown, and what a next question may go on from."""

from __future__ import annotations

from retrieval.answer.conversation import Talk
from retrieval.engine import Engine
from retrieval.index.snapshot import Snapshot
from tests.fakes import FakeEncoder


def test_a_next_question_goes_on_from_the_question_as_the_engine_corrected_it(news: Snapshot) -> None:
    engine = Engine(news, FakeEncoder())

    answer = engine.ask("When does the last ferry to Gulholm7 sail?")

    context = Talk().answered(answer).context
    assert answer.answered
    assert [(slip.typed, slip.meant) for slip in answer.slips] == [("Gulholm", "Gullholm")]
    assert context is not None
    assert context.previous == "When does the last ferry to Gullholm7 sail?"
