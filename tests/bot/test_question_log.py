"""What is asked is written down beside the answering, kept for a while, and can be deleted."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import question_log
from bot.question_log import FILE, Asked, Nearest, QuestionLog, count, read
from retrieval.engine import Engine
from retrieval.errors import StorageFailed
from tests.fakes import FakeEncoder

ARTICLES = Path("/the/articles")
NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
ASKED = Asked(
    question="who?",
    understood="who met?",
    answered=False,
    confidence=0.12,
    nearest=Nearest("a.md", "A", "They met."),
    articles=question_log.place(ARTICLES),
    server="7",
    key="k",
)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log(tmp_path: Path, clock: Clock) -> Iterator[QuestionLog]:
    log = QuestionLog(tmp_path / "state", days=30, clock=clock)
    yield log
    log.close()


def test_a_question_is_read_as_it_was_asked_while_the_log_is_open(log: QuestionLog, tmp_path: Path) -> None:
    log.note(ASKED)

    [logged] = log.read(ARTICLES)

    assert (logged.at, logged.asked, logged.up, logged.down) == (NOW, ASKED, 0, 0)
    assert [each.asked for each in read(tmp_path / "state", ARTICLES)] == [ASKED]
    assert (tmp_path / "state" / FILE).stat().st_mode & 0o077 == 0


def test_nothing_is_there_before_the_first_question(log: QuestionLog, tmp_path: Path) -> None:
    assert log.read(ARTICLES) == []
    assert not (tmp_path / "state").exists()
    assert count(tmp_path / "state") is None


def test_what_waits_is_written_on_the_way_out(tmp_path: Path) -> None:
    log = QuestionLog(tmp_path, days=30)
    for number in range(700):  # more than one transaction takes
        log.note(replace(ASKED, question=f"who {number}?"))
    log.close()
    log.close()

    assert count(tmp_path) == 700


def test_only_what_was_asked_of_the_same_articles_in_the_same_server_since_then_is_read(
    log: QuestionLog, clock: Clock
) -> None:
    log.note(replace(ASKED, question="long ago?"))
    clock.now += timedelta(days=1)
    log.note(replace(ASKED, question="here?", nearest=None))
    log.note(replace(ASKED, question="elsewhere?", server="8"))
    log.note(replace(ASKED, question="in private?", server=""))
    log.note(replace(ASKED, question="of others?", articles=question_log.place(Path("others"))))

    def asked(**limits: object) -> list[str]:
        return [each.asked.question for each in log.read(ARTICLES, **limits)]  # type: ignore[arg-type]

    assert asked() == ["long ago?", "here?", "elsewhere?", "in private?"]
    assert asked(server="7", since=NOW + timedelta(hours=1)) == ["here?"]


def test_votes_are_those_of_the_answer(log: QuestionLog) -> None:
    log.note(ASKED)
    log.voted("k", {"up": 1, "down": 2})
    log.voted("unknown", {"up": 1})

    [logged] = log.read(ARTICLES)

    assert (logged.up, logged.down) == (1, 2)


def test_what_is_too_old_goes(log: QuestionLog, clock: Clock, tmp_path: Path) -> None:
    log.note(replace(ASKED, question="old?"))
    log.flush()
    clock.now += timedelta(days=30, seconds=1)
    log.note(replace(ASKED, question="new?"))

    assert [each.asked.question for each in log.read(ARTICLES)] == ["new?"]
    clock.now += timedelta(days=31)
    log.close()
    QuestionLog(tmp_path / "state", days=30, clock=clock).close()
    assert count(tmp_path / "state") == 0


def test_the_latest_are_kept(log: QuestionLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(question_log, "KEPT", 2)
    for number in range(4):
        log.note(replace(ASKED, question=f"{number}?"))

    assert [each.asked.question for each in log.read(ARTICLES)] == ["2?", "3?"]


def test_switched_off_it_writes_nothing_and_deletes_what_there_was(log: QuestionLog, tmp_path: Path) -> None:
    log.note(ASKED)
    log.close()

    off = QuestionLog(tmp_path / "state", days=0)
    off.note(ASKED)
    off.voted("k", {"up": 1})
    off.close()
    off.forget(["k"])
    QuestionLog(tmp_path / "other", days=0).close()

    assert not off.on
    assert count(tmp_path / "state") == 0
    assert not (tmp_path / "other").exists()


def test_what_a_member_has_forgotten_is_gone_at_once(log: QuestionLog, tmp_path: Path) -> None:
    log.note(ASKED)
    log.note(replace(ASKED, key="other", question="theirs?"))

    log.forget(["k", "unknown"])
    log.forget([])

    assert [each.asked.question for each in read(tmp_path / "state", ARTICLES)] == ["theirs?"]


def test_half_a_character_is_no_reason_to_lose_a_question(log: QuestionLog) -> None:
    log.note(replace(ASKED, question="who\ud800?", understood="\x00<b>\x1b[31m"))

    [logged] = log.read(ARTICLES)

    assert (logged.asked.question, logged.asked.understood) == ("who??", "\x00<b>\x1b[31m")


def test_a_disk_that_takes_nothing_is_told_of_once_and_written_to_again_when_it_does(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "state").touch()  # a file where the folder should be
    log = QuestionLog(tmp_path / "state", days=30)
    with caplog.at_level(logging.ERROR, "quoth.questions"):
        for _ in range(3):
            log.note(ASKED)
            log.flush()
    with pytest.raises(StorageFailed):
        log.forget(["k"])

    (tmp_path / "state").unlink()
    log.note(ASKED)
    log.close()

    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert count(tmp_path / "state") == 1


def test_a_queue_that_is_full_loses_questions_and_nobody_waits(
    log: QuestionLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.close()  # so that nobody takes anything from it
    log._queue.maxsize = 1
    log.note(ASKED)
    log.note(ASKED)

    assert log._queue.qsize() == 1


def test_two_programs_write_to_one_log(log: QuestionLog, tmp_path: Path, clock: Clock) -> None:
    other = QuestionLog(tmp_path / "state", days=30, clock=clock)
    for number in range(20):
        (log, other)[number % 2].note(replace(ASKED, question=f"{number}?"))
    other.close()
    log.flush()

    assert count(tmp_path / "state") == 20


def test_a_damaged_log_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("no database, " * 100)

    with pytest.raises(StorageFailed):
        read(tmp_path, ARTICLES)
    with pytest.raises(StorageFailed):
        count(tmp_path)


def test_a_log_of_its_own_is_there_for_other_programs(log: QuestionLog, tmp_path: Path) -> None:
    log.note(ASKED)
    log.flush()

    with closing(sqlite3.connect(tmp_path / "state" / FILE)) as database:
        assert database.execute("SELECT question, answered FROM questions").fetchall() == [("who?", 0)]


def test_of_a_long_quote_the_beginning_is_kept_and_marked_as_that(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    long = f"The mill {'ground the corn of many a village '}" * 10
    (tmp_path / "articles" / "mill.txt").write_text(long.strip() + ".", "utf-8")
    engine = Engine.open(tmp_path / "articles", encoder=FakeEncoder(), reader="none")

    kept = Asked.of(engine.ask("what did the mill grind?"), tmp_path / "articles", "page").nearest

    assert kept
    assert len(kept.text) <= 300
    assert kept.text.endswith("…")
    assert long.startswith(kept.text.removesuffix("…"))
