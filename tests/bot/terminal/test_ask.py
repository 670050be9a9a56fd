"""Many questions on standard input: a bad line is an object with its error, and the run goes on."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from retrieval.errors import ArticleUnknown
from retrieval.models.encoder import Vectors
from tests.bot.conftest import Quoth
from tests.fakes import FakeEncoder

pytestmark = pytest.mark.usefixtures("library")


def failing_on(monkeypatch: pytest.MonkeyPatch, word: str, failure: Exception) -> None:
    """Let every question that has a word in it fail."""
    really = FakeEncoder.encode_query

    def encode_query(self: FakeEncoder, texts: Sequence[str]) -> Vectors:
        if any(word in text for text in texts):
            raise failure
        return really(self, texts)

    monkeypatch.setattr(FakeEncoder, "encode_query", encode_query)


FAILURES = pytest.mark.parametrize(
    ("failure", "words"),
    [(ArticleUnknown("moon.txt"), "No article has the id moon.txt"), (ValueError("surprise"), "Quoth has a fault")],
)


@FAILURES
def test_one_bad_question_among_many_is_the_only_one_refused(
    failure: Exception, words: str, quoth: Quoth, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing_on(monkeypatch, "moon", failure)
    lines = b"what do blue whales eat?\nwho was on the moon?\nwho met Putin in Sochi?\n"

    said = quoth("ask", "--json", stdin=lines)

    assert said.status == 2
    assert [answer.get("answered") for answer in said.objects] == [True, None, True]
    assert said.objects[1]["question"] == "who was on the moon?"
    assert words in said.objects[1]["error"]


@FAILURES
def test_a_bad_line_of_a_conversation_does_not_end_the_run(
    failure: Exception, words: str, quoth: Quoth, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing_on(monkeypatch, "moon", failure)
    lines = [
        {"question": question, "conversation": "a"}
        for question in ("who met Putin in Sochi?", "who was on the moon?", "when was that?")
    ]

    said = quoth("ask", "--json", stdin="\n".join(map(json.dumps, lines)).encode())

    assert said.status == 2
    assert [answer.get("conversation") for answer in said.objects] == ["a", "a", "a"]
    assert words in said.objects[1]["error"]
    assert said.objects[2]["understood"].startswith("about: Putin, Sochi")
