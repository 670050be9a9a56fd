"""``quoth ask`` with one question: what it prints, and its exit status."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from bot import assembly
from bot.terminal import opening
from retrieval.engine import Engine
from retrieval.errors import StorageFailed
from retrieval.index import folder
from retrieval.models.encoder import Vectors
from tests.bot.conftest import Quoth
from tests.fakes import FakeEncoder

pytestmark = pytest.mark.usefixtures("library")


def test_asking_prints_the_quote_with_its_source(quoth: Quoth) -> None:
    said = quoth("ask", "who met Putin in Sochi?")

    assert said.status == 0
    assert "│ Shinzo Abe met Vladimir Putin in Sochi on May 6.\n" in said.out
    assert "Abe and Putin meet · TASS · 6 May 2016 · https://example.org/sochi" in said.out
    assert "Indexed 3 articles" in said.err


def test_where_the_index_cannot_be_written_the_one_in_place_answers(
    quoth: Quoth, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quoth("index")
    (library / "snow.txt").write_text("It snowed all day in Sochi.", encoding="utf-8")
    (library / "whales.txt").write_text("Blue whales eat krill, and nothing else.", encoding="utf-8")

    def full(index: Path, *_: object) -> None:
        raise StorageFailed(index, "No space left on device")

    monkeypatch.setattr(folder, "publish", full)
    said = quoth("ask", "what do blue whales eat?")

    assert said.status == 0
    assert "Blue whales eat krill." in said.out
    assert "has changed" in said.out
    assert "No space left on device" in said.err
    assert "the index as it was" in said.err


def test_an_index_that_cannot_be_written_and_was_made_by_another_model_answers_nothing(
    quoth: Quoth, monkeypatch: pytest.MonkeyPatch
) -> None:
    quoth("index")

    def full(index: Path, *_: object) -> None:
        raise StorageFailed(index, "No space left on device")

    monkeypatch.setattr(folder, "publish", full)
    monkeypatch.setattr(FakeEncoder, "fingerprint", "fake:2")
    said = quoth("ask", "what do blue whales eat?")

    assert (said.status, said.out) == (2, "")
    assert "No space left on device" in said.err


def test_an_index_that_is_up_to_date_is_not_mentioned(quoth: Quoth) -> None:
    quoth("index")

    assert quoth("ask", "who met Putin in Sochi?").err == ""


@pytest.mark.parametrize("named", [(), ("-",)])
def test_questions_come_a_line_from_standard_input(named: tuple[str, ...], quoth: Quoth) -> None:
    said = quoth("ask", *named, "--json", stdin=b"who met Putin in Sochi?\nwhat do blue whales eat?\n")

    assert [answer["question"] for answer in said.objects] == ["who met Putin in Sochi?", "what do blue whales eat?"]


def test_declines_when_no_article_says(quoth: Quoth) -> None:
    said = quoth("ask", "which planet has purple rings?")

    assert said.status == 1
    assert said.out.startswith("The articles do not say.\n\nNearest, though not an answer:\n│ ")


def test_json_offsets_point_into_the_article(quoth: Quoth, library: Path) -> None:
    said = quoth("ask", "what do blue whales eat?", "--json")

    (answer,) = said.objects
    assert said.status == 0
    assert list(answer) == ["question", "answered", "confidence", "quotes", "elapsed_ms"]
    quote = answer["quotes"][0]
    text = (library / "whales.txt").read_text("utf-8").split("---\n")[2].strip()
    both = "Blue whales eat krill. A blue whale weighs as much as thirty elephants."
    assert text[quote["start"] : quote["end"]] == quote["text"] == both
    assert all(quote["start"] <= start < end <= quote["end"] for start, end in quote["highlights"])


def test_declining_in_json_still_holds_the_nearest_passages(quoth: Quoth) -> None:
    said = quoth("ask", "which planet has purple rings?", "--json")

    assert (said.status, said.objects[0]["answered"], len(said.objects[0]["quotes"])) == (1, False, 1)


def test_explaining_shows_the_scores_after_the_answer(quoth: Quoth) -> None:
    text = quoth("ask", "who met Putin in Sochi?", "--explain").out

    assert text.index("Shinzo Abe met") < text.index("Passages found") < text.index("Confidence")
    assert "evidence" in quoth("ask", "who met Putin?", "--explain", "--json").objects[0]["explain"]


def test_top_limits_the_quotes(quoth: Quoth) -> None:
    assert len(quoth("ask", "where was the meeting in Sochi?", "--top", "1", "--json").objects[0]["quotes"]) == 1


@pytest.mark.parametrize(
    "limit",
    [
        ("--source", "nature weekly"),
        ("--after", "2019-01-01"),
        ("--article", "whales.txt"),
        ("--before", "2020-12-31", "--after", "2017-01-01"),
    ],
)
def test_filters_limit_which_articles_are_quoted(limit: tuple[str, ...], quoth: Quoth) -> None:
    (answer,) = quoth("ask", "who met Putin in Sochi?", "--json", *limit).objects

    assert {quote["article"]["id"] for quote in answer["quotes"]} == {"whales.txt"}


def test_a_filter_that_leaves_no_article_says_so(quoth: Quoth) -> None:
    said = quoth("ask", "who met Putin?", "--source", "Reuters")

    assert said.status == 1
    assert "only from Reuters" in said.err
    assert "the articles are from Nature Weekly, TASS." in said.err


def test_an_unknown_article_is_an_error_that_names_those_alike(quoth: Quoth) -> None:
    said = quoth("ask", "who met Putin?", "--article", "whale.txt")

    assert (said.status, said.out) == (2, "")
    assert "did you mean whales.txt?" in said.err


def test_models_load_while_the_index_is_opened(quoth: Quoth, monkeypatch: pytest.MonkeyPatch) -> None:
    loading = threading.Event()
    waited: list[bool] = []

    class Loading(FakeEncoder):
        def load(self) -> None:
            loading.set()

    opened = opening.open_engine

    def opened_late(*arguments: Any) -> Engine:
        waited.append(loading.wait())
        return opened(*arguments)

    quoth("index")
    monkeypatch.setattr(assembly, "build_encoder", lambda _: Loading())
    monkeypatch.setattr("bot.cli.open_engine", opened_late)

    assert quoth("ask", "who met Putin in Sochi?").status == 0
    assert waited == [True]


def test_asking_nothing_on_a_terminal_says_how(quoth: Quoth, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.cli.open_engine", pytest.fail)

    said = quoth("ask", terminal=True)

    assert said.status == 2
    assert 'quoth ask "who met in Sochi?"' in said.err


@pytest.mark.parametrize("question", ["", "?!", "x" * 100_000, "\udcff\udcfe"])
def test_what_is_no_question_is_one_sentence(question: str, quoth: Quoth) -> None:
    said = quoth("ask", question)

    assert (said.status, said.out) == (2, "")
    assert said.err.splitlines()[-1].startswith("quoth: The question is ")


def test_a_changed_article_is_never_quoted_from_the_old_index(quoth: Quoth, library: Path) -> None:
    quoth("index")
    (library / "whales.txt").write_text("Blue whales eat krill and small fish.", encoding="utf-8")

    said = quoth("ask", "what do blue whales eat?")

    assert "Changed whales.txt." in said.err
    assert "krill and small fish" in said.out


@pytest.mark.parametrize(
    ("command", "text", "became"), [("ask", "Blue whales eat fish.", "has changed"), ("chat", None, "was removed")]
)
def test_an_article_that_changes_while_questions_are_answered_is_quoted_with_a_warning(
    command: str, text: str | None, became: str, quoth: Quoth, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = FakeEncoder.encode_query

    def encode_query(self: FakeEncoder, texts: Sequence[str]) -> Vectors:
        (library / "whales.txt").unlink(missing_ok=True)
        if text:
            (library / "whales.txt").write_text(text, encoding="utf-8")
        return really(self, texts)

    monkeypatch.setattr(FakeEncoder, "encode_query", encode_query)
    quoth("index")

    said = quoth(command, stdin=b"what do blue whales eat?")

    assert f"  Its file {became} " in said.out
    assert "it was indexed: run quoth index\n" in said.out
