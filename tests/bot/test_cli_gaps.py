"""``quoth gaps``: what was asked in vain as text, as JSON, and as a data set that ``quoth eval`` takes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bot import question_log
from bot.question_log import Asked, Nearest, QuestionLog
from tests.bot.conftest import Quoth

HOSTILE = "who is <script>alert(1)</script> \x1b[31m\u202eevil\x07?"
BASE = Asked("", "", answered=False, confidence=0.1, nearest=Nearest("whales.txt", "Whales", "They eat."), articles="")


@pytest.fixture
def asked(tmp_path: Path, library: Path) -> QuestionLog:
    """A log with two gaps, and a question that was answered."""
    log = QuestionLog(tmp_path / "state", days=30)
    for text in ("what do blue whales eat in winter?", "What do blue whales eat, in winter", HOSTILE):
        log.note(replace(BASE, question=text, understood=text, articles=question_log.place(library)))
    log.note(replace(BASE, understood="who met in Sochi?", answered=True, articles=question_log.place(library)))
    log.close()
    return log


@pytest.mark.usefixtures("asked")
def test_gaps_are_listed_with_how_often_and_what_came_nearest(quoth: Quoth) -> None:
    said = quoth("gaps")

    assert said.status == 0
    assert said.out.startswith("4 questions: 3 declined, 0 answered and voted down.")
    assert "2× what do blue whales eat in winter?" in said.out
    assert "also: What do blue whales eat, in winter" not in said.out  # marks and capitals are no other wording
    assert "nearest, 0.10: They eat. (Whales)" in said.out
    assert "last asked" in said.out


@pytest.mark.usefixtures("asked")
def test_a_question_does_nothing_to_the_terminal(quoth: Quoth) -> None:
    said = quoth("gaps").out

    assert "who is <script>alert(1)</script>" in said
    assert not set(said) & set("\x1b\x07\u202e")


@pytest.mark.usefixtures("asked")
def test_as_json_each_gap_is_an_object(quoth: Quoth) -> None:
    first, second = quoth("gaps", "--json").objects

    assert (first["question"], first["times"], first["others"]) == ("what do blue whales eat in winter?", 2, [])
    assert first["nearest"] == {"article": "whales.txt", "title": "Whales", "text": "They eat."}
    assert second["question"] == HOSTILE
    assert len(quoth("gaps", "--json", "--top", "1").objects) == 1


@pytest.mark.usefixtures("asked")
def test_what_is_no_longer_kept_is_not_shown_either(quoth: Quoth, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUOTH_QUESTIONS_DAYS", "0")

    said = quoth("gaps")

    assert (said.status, said.out) == (1, "Questions are not kept: QUOTH_QUESTIONS_DAYS is 0.\n")


@pytest.mark.usefixtures("asked")
def test_fewer_are_shown_when_that_is_asked_for(quoth: Quoth) -> None:
    assert "1 more: --top 2 shows all." in quoth("gaps", "--top", "1").out
    none = quoth("gaps", "--since", "2200-01-01")
    assert none.status == 1
    assert none.out == "Nothing was asked of data/articles since 1 January 2200.\n"


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize(("since", "status"), [("0001-01-01", 0), ("1969-12-31", 0), ("9999-12-31", 1)])
def test_any_day_of_the_calendar_can_be_named(quoth: Quoth, since: str, status: int) -> None:
    said = quoth("gaps", "--since", since)

    assert (said.status, said.err) == (status, "")


def test_why_there_is_none_is_told(
    quoth: Quoth, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Nothing was asked yet" in quoth("gaps").out
    log = QuestionLog(tmp_path / "state", days=30)
    log.note(replace(BASE, question="who?", understood="who?", articles=question_log.place(tmp_path)))
    log.flush()
    assert "1 question about other folders" in quoth("gaps").out
    log.note(replace(BASE, understood="who?", answered=True, articles=question_log.place(library)))
    log.close()
    assert quoth("gaps").out == "Nothing was asked in vain: 1 question, all answered.\n"
    monkeypatch.setenv("QUOTH_QUESTIONS_DAYS", "0")
    said = quoth("gaps", "--articles", "elsewhere")
    assert (said.status, said.out) == (1, "Questions are not kept: QUOTH_QUESTIONS_DAYS is 0.\n")


# --- the data set --------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("asked")
def test_an_export_filled_in_is_a_regression_test(quoth: Quoth, tmp_path: Path) -> None:
    file = tmp_path / "gaps.jsonl"
    told = quoth("gaps", "--export", str(file))
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]

    assert told.status == 0
    assert f"Added 2 questions to {file}." in told.out
    assert [(row["question"], row["answers"], row["times"]) for row in rows] == [
        ("what do blue whales eat in winter?", None, 2),
        (HOSTILE, None, 1),
    ]
    unfilled = quoth("eval", str(file), "--articles", "data/articles")
    assert (unfilled.status, unfilled.err.count("\n")) == (2, 1)
    assert f"No question in {file} has its answers filled in yet (of 2): write words of the articles" in unfilled.err

    rows[0]["answers"] = ["krill"]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    [figures] = quoth("eval", str(file), "--articles", "data/articles", "--json").objects
    assert (figures["questions"], figures["answerable"], figures["unfilled"]) == (1, 1, 1)
    assert "1 more without answers filled in" in quoth("eval", str(file), "--articles", "data/articles").out


def test_a_second_export_adds_what_is_new_and_leaves_what_was_filled_in(
    quoth: Quoth, asked: QuestionLog, tmp_path: Path, library: Path
) -> None:
    file = tmp_path / "gaps.jsonl"
    filled = '{"question": "What do blue whales eat in winter?", "answers": ["krill"]}'
    file.write_text(f"{filled}\n\n", "utf-8")

    told = quoth("gaps", "--export", str(file)).out

    first, second = file.read_text("utf-8").splitlines()
    assert first == filled
    assert json.loads(second)["question"] == HOSTILE
    assert "Added 1 question" in told
    assert "1 of them were there already" in told


@pytest.mark.usefixtures("asked")
def test_what_an_editor_puts_before_the_first_line_keeps_nothing_out(quoth: Quoth, tmp_path: Path) -> None:
    file = tmp_path / "gaps.jsonl"
    filled = '{"question": "What do blue whales eat in winter?", "answers": ["krill"]}'
    file.write_text(f"{filled}\n", "utf-8-sig", newline="\r\n")

    assert "Added 1 question" in quoth("gaps", "--export", str(file)).out
    assert file.read_text("utf-8").splitlines()[0] == filled


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize("content", ["no JSON\n", '{"data": []}\n', "[1]\n"])
def test_a_file_of_another_kind_is_left_alone(quoth: Quoth, tmp_path: Path, content: str) -> None:
    file = tmp_path / "other.json"
    file.write_text(content)

    said = quoth("gaps", "--export", str(file))

    assert said.status == 2
    assert str(file) in said.err
    assert file.read_text() == content


@pytest.mark.usefixtures("asked")
def test_a_place_that_cannot_be_written_is_named(quoth: Quoth, tmp_path: Path) -> None:
    for file in (tmp_path / "none" / "gaps.jsonl", tmp_path):
        said = quoth("gaps", "--export", str(file))
        assert (said.status, str(file) in said.err) == (2, True)
        assert said.err.endswith("or name another file.\n")


@pytest.mark.usefixtures("asked")
def test_the_doctor_says_where_questions_are_kept(
    quoth: Quoth, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from bot.terminal import doctor

    monkeypatch.setattr(doctor, "verify_bundled", lambda: "53aa51172d142c89")
    assert f"4 questions in {tmp_path}/state/questions.sqlite3, for 30 days" in quoth("doctor").out.replace("\n", "")
    (tmp_path / "state" / "questions.sqlite3").write_text("no database " * 99)
    assert "questions.sqlite3" in str([found for found in quoth("doctor", "--json").objects if found["remedy"]])
    (tmp_path / "state" / "questions.sqlite3").unlink()
    assert "None was kept yet" in quoth("doctor").out
    monkeypatch.setenv("QUOTH_QUESTIONS_DAYS", "0")
    assert "None is kept" in quoth("doctor").out
