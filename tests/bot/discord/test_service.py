"""The pool, the service and the memory, without Discord."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import threading
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.discord.library import short_id
from bot.discord.memory import Forgotten, Memory, Place, Record
from bot.discord.service import AnswerService, Cooldown, Question
from bot.pool import Busy, Closing, Pool
from retrieval.errors import ArticleUnknown, StorageFailed
from tests.bot.discord.conftest import Made

ROOT = Path(__file__).parents[3]
PLACE = Place("a.md", "hash", 1, 5, ((2, 3),))


def a_record(key: str) -> Record:
    return Record(key, 7, "who?", titled=True, answered=True, places=(PLACE,), note="n")


async def test_a_pool_takes_what_it_has_room_for_and_forgets_what_is_done() -> None:
    pool, going = Pool("test", workers=1, waiting=1), threading.Event()
    running = [asyncio.ensure_future(pool.run(going.wait)), asyncio.ensure_future(pool.run(lambda: 2))]
    third = asyncio.ensure_future(pool.run(lambda: 3))  # tasks begin in the order in which they were made

    with pytest.raises(Busy):
        await third
    assert pool.working
    going.set()
    assert await asyncio.gather(*running) == [True, 2]
    assert await pool.run(lambda: 4) == 4
    pool.close()
    with pytest.raises(Closing):
        await pool.run(lambda: 5)


async def test_whoever_waits_when_a_pool_gives_up_hears_that_it_closes(made: Made) -> None:
    pool, going = Pool("test", workers=1, waiting=2), threading.Event()
    waiting = [asyncio.ensure_future(pool.run(going.wait)) for _ in range(2)]
    gone = asyncio.ensure_future(pool.run(going.wait))
    await asyncio.sleep(0)
    gone.cancel()

    pool.give_up()

    outcomes = await asyncio.gather(*waiting, gone, return_exceptions=True)
    going.set()
    assert [type(outcome) for outcome in outcomes] == [Closing, Closing, asyncio.CancelledError]


async def test_a_question_that_is_being_answered_shares_its_answer(made: Made) -> None:
    made.make()
    engine, going, begun, asked = made.library.engine, threading.Event(), threading.Event(), []
    assert engine is not None
    really = engine.ask

    def ask(*arguments: object, **options: object) -> object:
        asked.append(arguments)
        begun.set()
        going.wait()
        return really(*arguments, **options)  # type: ignore[arg-type]

    engine.ask = ask  # type: ignore[method-assign, assignment]
    service = AnswerService(made.library, made.memory, made.answers, top=3)
    tasks = [asyncio.create_task(service.ask(Question("who met in Sochi?"), n, titled=False)) for n in range(3)]
    await asyncio.to_thread(begun.wait)
    tasks[0].cancel()
    going.set()
    _, *records = await asyncio.gather(*tasks, return_exceptions=True)

    assert len(asked) == 1
    assert [reply.record.asker for reply in records] == [1, 2]  # type: ignore[union-attr]
    assert len({reply.record.key for reply in records}) == 2  # type: ignore[union-attr]


def test_a_member_waits_and_is_forgotten_when_the_wait_is_over() -> None:
    now = 0.0
    cooldown = Cooldown(3, lambda: now)

    assert (cooldown.wait(1), cooldown.wait(1), cooldown.wait(2)) == (0, 3, 0)
    now = 3.5
    assert cooldown.wait(1) == 0
    assert set(cooldown._until) == {1}


def test_an_article_is_found_by_what_stands_for_it(made: Made) -> None:
    made.make()
    long = "é" * 90 + ".txt"
    (made.articles / long).write_text("Text.", encoding="utf-8")
    made.library.refresh(lambda *_: None)

    assert len(short_id(long)) < 40
    names = (short_id(long), long, "On bread", "on BREAD", "Bread.TXT")
    assert [made.library.resolve(name) for name in names] == [long, long, *["bread.txt"] * 3]
    with pytest.raises(ArticleUnknown):
        made.library.resolve("bred")


def test_answers_votes_and_notes_outlive_the_process(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "deep" / "state")
    memory.keep(a_record("one"))
    memory.vote("one", 1, "up")
    memory.vote("one", 1, "down")
    memory.vote("one", 2, "up")
    memory.write_note("a", "1")
    memory.write_note("a", "2")
    memory.close()

    again = Memory(tmp_path / "deep" / "state")
    assert again.find("one") == a_record("one")
    assert again.find("two") is None
    assert again.votes("one") == {"down": 1, "up": 1}
    assert (again.note("a"), again.note("b")) == ("2", None)
    assert (tmp_path / "deep" / "state" / "discord.sqlite3").stat().st_mode & 0o077 == 0
    again.close()


def test_the_database_is_written_so_that_a_power_cut_does_not_ruin_it(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    journal, synchronous = (
        memory._database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")
    )
    memory.close()

    assert (journal, synchronous) == ("wal", 1)  # NORMAL


REMEMBERS = """
import sys
from dataclasses import replace
from pathlib import Path
from bot.discord.memory import Memory, Place, Record

memory, record = Memory(Path(sys.argv[1])), eval(sys.argv[2])
for number in range(100_000):
    memory.keep(replace(record, key=str(number)))
    print(number, flush=True)
"""


def test_what_was_remembered_outlives_a_process_that_is_killed(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", REMEMBERS, str(tmp_path), repr(a_record(""))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as process:
        assert process.stdout is not None
        kept = [process.stdout.readline().strip() for _ in range(50)]
        process.kill()

    memory = Memory(tmp_path)
    assert kept == list(map(str, range(50)))
    assert [memory.find(key) for key in kept] == list(map(a_record, kept))
    assert memory._database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    memory.close()


def test_only_the_latest_answers_are_kept(tmp_path: Path) -> None:
    memory = Memory(tmp_path, kept=3)
    for number in range(5):
        memory.keep(a_record(str(number)))
        memory.vote(str(number), 1, "up")

    assert [bool(memory.find(str(number))) for number in range(5)] == [False, False, True, True, True]
    assert memory.votes("0") == {}
    memory.close()


def test_answers_and_their_votes_expire(tmp_path: Path) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    memory = Memory(tmp_path, days=30, clock=lambda: now)
    memory.keep(a_record("one"))
    memory.vote("one", 1, "up")
    now += timedelta(days=29)
    memory.keep(a_record("two"))
    found = [bool(memory.find(key)) for key in ("one", "two")]
    now += timedelta(days=2)
    memory.expire()

    assert found == [True, True]
    assert [bool(memory.find(key)) for key in ("one", "two")] == [False, True]
    assert memory.votes("one") == {}
    memory.close()


def test_answers_of_a_version_without_times_begin_to_age(tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "discord.sqlite3")
    database.execute(
        "CREATE TABLE answers (number INTEGER PRIMARY KEY, key TEXT UNIQUE NOT NULL, record TEXT NOT NULL)"
    )
    database.execute("INSERT INTO answers (key, record) VALUES (?, ?)", ("one", json.dumps(asdict(a_record("one")))))
    database.commit()
    database.close()

    memory = Memory(tmp_path)
    assert memory.find("one") == a_record("one")
    memory.close()


def test_only_a_question_that_is_shown_is_kept_and_of_another_s_words_nothing(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    memory.keep(replace(a_record("mention"), question="secret", titled=False))
    memory.keep(replace(a_record("found"), question="secret", passing=True))
    memory.vote("found", 1, "up")

    assert memory.find("mention") == replace(a_record("mention"), question="", titled=False)
    assert memory.find("found") == replace(a_record("found"), question="secret", passing=True)
    assert all(b"secret" not in file.read_bytes() for file in tmp_path.iterdir())
    for number in range(200):
        memory.keep(replace(a_record(str(number)), passing=True))
    assert memory.find("found") is None
    memory.close()


def test_what_is_one_s_own_can_be_deleted(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    for key, asker in (("mine", 7), ("other", 8)):
        memory.keep(replace(a_record(key), asker=asker))
        memory.vote(key, 7, "up")
        memory.vote(key, 8, "down")
    memory.keep(replace(a_record("passing"), passing=True))

    assert memory.forget(7) == Forgotten(answers=1, votes=2)
    assert [bool(memory.find(key)) for key in ("mine", "other", "passing")] == [False, True, False]
    assert (memory.votes("mine"), memory.votes("other")) == ({}, {"down": 1})
    memory.close()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageFailed):
        Memory(tmp_path / "file" / "state")
    memory = Memory(tmp_path / "state")
    memory.close()
    with pytest.raises(StorageFailed):
        memory.find("one")


def test_a_library_without_articles_waits_until_something_changes(made: Made) -> None:
    made.make()
    kept = [(file, file.read_bytes()) for file in made.articles.iterdir()]
    for file, _ in kept:
        file.unlink()

    assert made.library.refresh(lambda *_: None) is None
    assert made.library.engine is None
    assert not made.library.outdated
    for file, content in kept:
        file.write_bytes(content)
    assert made.library.outdated  # though no newer index was published
    made.library.refresh(lambda *_: None)
    assert made.library.engine is not None
    assert not made.library.outdated
