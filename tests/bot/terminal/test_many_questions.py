"""``quoth ask`` with a question a line on standard input."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from retrieval.errors import ArticleUnknown
from retrieval.models.encoder import Vectors
from tests.bot.conftest import Quoth
from tests.fakes import FakeEncoder

pytestmark = pytest.mark.usefixtures("library")


def test_many_questions_are_answered_in_order_and_bad_lines_named(quoth: Quoth) -> None:
    lines = b"who met Putin in Sochi?\n\n\xff\xfe\n" + b"x" * 100_000 + b"\nwhat do blue whales eat?\r\n"

    said = quoth("ask", "--json", stdin=lines)

    assert said.status == 2
    assert [answer.get("answered") for answer in said.objects] == [True, None, None, None, True]
    assert "empty" in said.objects[1]["error"]
    assert "UTF-8" in said.objects[2]["error"]
    assert "100,000 characters" in said.objects[3]["error"]
    assert said.objects[4]["question"] == "what do blue whales eat?"


def test_many_questions_are_readable_without_json(quoth: Quoth) -> None:
    said = quoth("ask", stdin="\ufeffwho met Putin in Sochi?\n!\nwhat do blue whales eat?".encode())

    assert said.status == 2
    assert said.out.startswith("who met Putin in Sochi?\n│ Shinzo Abe met")
    assert "\n\nwhat do blue whales eat?\n│ Blue whales" in said.out
    assert "Line 2: The question is empty" in said.err


@pytest.mark.parametrize(
    ("lines", "status"),
    [(b"who met Putin in Sochi?\n", 0), (b"who met Putin in Sochi?\nwhich planet has purple rings?\n", 1)],
)
def test_the_status_of_many_questions_is_the_worst(lines: bytes, status: int, quoth: Quoth) -> None:
    assert quoth("ask", stdin=lines).status == status


def test_a_filter_that_makes_no_sense_is_told_with_every_question(quoth: Quoth) -> None:
    said = quoth("ask", "--json", "--article", "whale.txt", stdin=b"who met Putin?\nwhat do whales eat?\n")

    assert said.status == 2
    assert ["did you mean whales.txt?" in answer["error"] for answer in said.objects] == [True, True]


def test_no_question_at_all_is_an_error(quoth: Quoth) -> None:
    said = quoth("ask", stdin=b"")

    assert said.status == 2
    assert "No question came" in said.err


@pytest.mark.usefixtures("library")
def test_each_conversation_of_a_script_is_a_talk_of_its_own(quoth: Quoth) -> None:
    lines = [
        {"question": "who met Putin in Sochi?", "conversation": "a"},
        {"question": "when was that?", "conversation": "b"},
        {"question": "when was that?", "conversation": "a"},
    ]
    stdin = "\n".join([*map(json.dumps, lines), "when was that?"]).encode()

    said = quoth("ask", "--json", "--explain", stdin=stdin)

    first, other, again, plain = said.objects
    assert [each.get("conversation") for each in said.objects] == ["a", "b", "a", None]
    assert again["understood"].startswith("about: Putin, Sochi")
    assert again["explain"]["context"]["first"] == first["question"]
    assert not any("understood" in each for each in (first, other, plain))


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("bad", ['{"question": 3}', "{not json", '{"question": "who?", "conversation": 7}', "{" * 9999])
def test_an_object_that_asks_nothing_is_named_and_the_run_goes_on(bad: str, quoth: Quoth) -> None:
    said = quoth("ask", "--json", stdin=f"{bad}\nwhat do blue whales eat?\n".encode())

    assert said.status == 2
    assert said.objects[0]["error"].startswith("The line is no such object")
    assert "krill" in said.objects[1]["quotes"][0]["text"]


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
