"""``quoth discord``: the way in, what runs beside it, and the way out."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import os
import signal
import threading
from pathlib import Path
from typing import Any

import pytest

from bot import settings
from bot.assembly import Opened
from bot.discord import app, background, retrying
from bot.discord.library import Library
from bot.discord.memory import Memory
from bot.pool import Busy, Pool
from bot.settings import DiscordRefused
from bot.tally import Tally
from retrieval.errors import EncoderUnavailable, NoArticles, StorageFailed
from retrieval.index.address import Where
from retrieval.index.updating import update
from retrieval.index.watching import watch
from tests.bot.conftest import Quoth
from tests.bot.discord.conftest import Made
from tests.bot.discord.server import TOKEN
from tests.bot.discord.wired import Elsewhere
from tests.fakes import FakeEncoder

pytestmark = [pytest.mark.allow_hosts(["127.0.0.1"]), pytest.mark.usefixtures("unhurried")]


def chosen_for(made: Made, **more: Any) -> settings.Settings:
    return settings.load(articles=made.articles, index=made.index, state=made.state, **more)


def stop_when_logged(monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    """Send this process SIGTERM once the bot's log says so."""

    def look(record: logging.LogRecord) -> bool:
        if words in record.msg:
            os.kill(os.getpid(), signal.SIGTERM)
        return True

    monkeypatch.setattr(logging.getLogger("quoth.discord"), "filters", [look])


def test_told_to_stop_the_bot_leaves_with_0(
    elsewhere: Elsewhere, made: Made, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    stop_when_logged(monkeypatch, "Serving")

    status = app.run(chosen_for(made, log_json=True), made.build_in)

    objects = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert status == 0
    assert [each["message"] for each in objects if each["logger"] == "quoth.discord"] == [
        "Serving 3 articles",
        "Told to stop: finishing what is under way",
        "Gone",
    ]


def test_while_it_reads_for_the_first_time_it_is_there_and_says_how_far_it_is(
    elsewhere: Elsewhere, made: Made, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    server, loop = elsewhere
    told, going, said = threading.Event(), threading.Event(), []

    async def ask() -> None:
        await server.until(lambda: server.identified)
        await asyncio.to_thread(told.wait)
        said.append((await server.answer(await server.mention("what do blue whales eat?")))["content"])
        going.set()
        os.kill(os.getpid(), signal.SIGTERM)

    def build(articles: Path, index: Where, progress: Any) -> Opened:
        progress("reading", 12, 60)
        told.set()
        going.wait()
        return made.build_in(articles, index, progress)

    asyncio.run_coroutine_threadsafe(ask(), loop)

    assert app.run(chosen_for(made), build) == 0
    assert said == ["I am still reading the articles (12 of 60): please ask again in a while."]
    assert "Reading: 12 of 60" in capsys.readouterr().err


def test_what_runs_beside_it_has_its_articles_and_threads_and_time_to_finish(
    elsewhere: Elsewhere, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    said: list[object] = []

    async def beside(library: Library, pool: Pool, _: Tally) -> None:
        while library.engine is None:  # noqa: ASYNC110 - nobody tells of it
            await asyncio.sleep(0.01)
        os.kill(os.getpid(), signal.SIGTERM)
        try:
            await asyncio.Event().wait()
        finally:
            said.append(await pool.run(lambda: len(library.articles)))

    assert app.run(chosen_for(made), made.build_in, beside=beside) == 0
    assert said == [3]


def test_told_to_stop_while_it_builds_it_abandons_that(
    elsewhere: Elsewhere, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    going = threading.Event()
    left: list[int] = []
    monkeypatch.setattr(os, "_exit", left.append)

    def build(articles: Path, index: Where, progress: Any) -> Opened:
        os.kill(os.getpid(), signal.SIGTERM)
        going.wait()
        return made.build_in(articles, index, progress)

    app.run(chosen_for(made), build)
    going.set()

    assert left == [0]


def test_a_model_that_cannot_be_loaded_ends_it(
    elsewhere: Elsewhere, made: Made, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("QUOTH_DISCORD_TOKEN", TOKEN)

    def fail(*_: object) -> Any:
        raise EncoderUnavailable("bundled", TOKEN)

    with pytest.raises(EncoderUnavailable):
        app.run(chosen_for(made), fail)
    logging.getLogger("quoth.discord").error("This is %s", TOKEN, exc_info=ValueError(TOKEN))

    told = capsys.readouterr().err
    assert "This is [token]" in told
    assert TOKEN not in told


def test_the_index_that_was_built_is_told(
    elsewhere: Elsewhere, made: Made, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    (made.articles / "moon.txt").write_text("The moon landing happened in July 1969.", encoding="utf-8")
    stop_when_logged(monkeypatch, "Serving")

    assert app.run(chosen_for(made, discord_threads=True), made.build_in) == 0
    assert "The index is up to date: 4 passages, 1 of them new" in capsys.readouterr().err


def test_an_index_that_another_program_published_is_served(
    elsewhere: Elsewhere, made: Made, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    monkeypatch.setattr(background, "LOOK", 0.01)
    failures = [StorageFailed(made.index, "gone"), Busy()]
    turns = iter(range(10))
    server, loop = elsewhere
    opened = asyncio.Event()

    def build(articles: Path, index: Where, progress: Any) -> Any:
        # The first is the start; two looks that come to nothing, and then one that does.
        if next(turns) and failures:
            raise failures.pop(0)
        built = made.build_in(articles, index, progress)
        loop.call_soon_threadsafe(opened.set)
        return built

    async def publish_elsewhere() -> None:
        await server.until(lambda: server.identified)
        await opened.wait()
        (made.articles / "moon.txt").write_text("The moon landing happened in July 1969.", encoding="utf-8")
        update(made.articles, made.index, FakeEncoder())

    asyncio.run_coroutine_threadsafe(publish_elsewhere(), loop)
    stop_when_logged(monkeypatch, "There is a newer index")

    assert app.run(chosen_for(made), build) == 0
    told = capsys.readouterr().err
    assert "The newer index cannot be served" in told
    assert "There is a newer index: serving 4 articles" in told


def test_an_article_put_into_the_folder_is_served_and_the_watch_ends_with_the_bot(
    elsewhere: Elsewhere, made: Made, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    monkeypatch.setattr(background, "LOOK", 0.01)
    stop_when_logged(monkeypatch, "There is a newer index")

    def follow(articles: Path, index: Where, told: Any, stop: threading.Event) -> None:
        (made.articles / "moon.txt").write_text("The moon landing happened in July 1969.", encoding="utf-8")
        watch(articles, index, FakeEncoder(), told, stop)

    assert app.run(chosen_for(made), made.build_in, follow) == 0
    told = capsys.readouterr().err
    assert "Articles: 1 added, 0 changed, 0 removed; 1 passages encoded" in told
    assert "There is a newer index: serving 4 articles" in told
    assert "watch" not in {thread.name for thread in threading.enumerate()}


def test_collections_of_servers_are_opened_and_watched_and_one_that_cannot_be_is_tried_again(
    elsewhere: Elsewhere,
    made: Made,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    monkeypatch.setattr(background, "LOOK", 0.01)
    monkeypatch.setattr(background, "PARTING", 10.0)
    monkeypatch.setattr(retrying, "pauses", lambda: itertools.repeat(0.0))
    chosen = chosen_for(made, collections=tmp_path / "collections")
    north = tmp_path / "collections" / "100" / "north"
    (north / "articles").mkdir(parents=True)
    (north / "articles" / "sun.txt").write_text("The sun rose over Oslo at noon.", encoding="utf-8")
    memory = Memory(made.state)
    memory.write_note("collection of 201", "100/north")
    memory.close()
    failures: list[Exception] = [StorageFailed(north, "full"), ValueError("surprise")]
    stop_when_logged(monkeypatch, "There is a newer index")

    def build(articles: Path, index: Where, progress: Any) -> Opened:
        if articles == north / "articles" and failures:
            raise failures.pop(0)
        return made.build_in(articles, index, progress)

    def follow(articles: Path, index: Where, told: Any, stop: threading.Event) -> None:
        if articles == north / "articles":
            (articles / "moon.txt").write_text("The moon landing happened in July 1969.", encoding="utf-8")
        watch(articles, index, FakeEncoder(), told, stop)

    assert app.run(chosen, build, follow) == 0
    told = capsys.readouterr().err
    assert "The collection 100/north cannot be opened: " in told
    assert "ValueError: surprise" in told
    assert "Serving 1 article of 100/north" in told
    assert "There is a newer index: serving 2 articles" in told


def test_told_to_stop_while_the_watch_indexes_it_abandons_that(
    elsewhere: Elsewhere, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    done = threading.Event()
    left: list[tuple[int, bool]] = []
    monkeypatch.setattr(os, "_exit", lambda status: left.append((status, done.is_set())))
    monkeypatch.setattr(background, "PARTING", 0.0)

    def follow(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        done.wait()

    app.run(chosen_for(made), made.build_in, follow)
    done.set()

    assert left == [(0, False)]  # though the watch was still at it


def test_a_watch_that_fails_or_finds_nothing_does_not_end_the_bot(
    elsewhere: Elsewhere, made: Made, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    stop_when_logged(monkeypatch, "cannot be watched")

    def follow(articles: Path, index: Where, told: Any, _: threading.Event) -> None:
        for file in made.articles.glob("*.*"):
            file.unlink()
        told(NoArticles(made.articles, 0))
        raise OSError("OS file watch limit reached")

    assert app.run(chosen_for(made), made.build_in, follow) == 0
    told = capsys.readouterr().err
    assert "holds no article" in told
    assert "The articles cannot be watched" in told


def test_whatever_befalls_the_follower_of_new_snapshots_it_is_logged_and_goes_on(
    elsewhere: Elsewhere, made: Made, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    monkeypatch.setattr(background, "LOOK", 0.0)
    monkeypatch.setattr(retrying, "pauses", lambda: itertools.repeat(0.0))
    stop_when_logged(monkeypatch, "There is a newer index")
    builds: list[object] = []

    def build(articles: Path, index: Where, progress: Any) -> Any:
        builds.append(progress)
        if len(builds) == 2:
            raise ValueError("surprise")  # a fault of ours, met while the newer snapshot is opened
        return made.build_in(articles, index, progress)

    def follow(articles: Path, index: Where, _: object, stop: threading.Event) -> None:
        (made.articles / "moon.txt").write_text("The moon landing happened in July 1969.", encoding="utf-8")
        update(made.articles, made.index, FakeEncoder())
        stop.wait()  # else it would begin again, and write the file anew while it is read

    assert app.run(chosen_for(made), build, follow) == 0
    told = capsys.readouterr().err
    assert 'raise ValueError("surprise")' in told
    assert "There is a newer index: serving 4 articles" in told


def test_a_watch_that_fails_is_logged_and_begins_again(
    elsewhere: Elsewhere, made: Made, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    monkeypatch.setattr(retrying, "pauses", lambda: itertools.repeat(0.0))
    begun: list[object] = []

    def follow(articles: Path, index: Where, _: object, stop: threading.Event) -> None:
        begun.append(stop)
        if len(begun) == 1:
            raise OSError("OS file watch limit reached")
        os.kill(os.getpid(), signal.SIGTERM)
        stop.wait()

    assert app.run(chosen_for(made), made.build_in, follow) == 0
    assert len(begun) == 2
    assert "OS file watch limit reached" in capsys.readouterr().err


def test_the_command_line_runs_it(
    elsewhere: Elsewhere, made: Made, monkeypatch: pytest.MonkeyPatch, quoth: Quoth
) -> None:
    refused = quoth("discord")
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    stop_when_logged(monkeypatch, "Serving")
    ran = quoth("discord", "--articles", str(made.articles), "--index", str(made.index))

    assert (refused.status, ran.status) == (2, 0)
    assert refused.err.startswith("quoth: The bot has no token: copy it from Discord's Developer Portal")
    assert "Serving 3 articles" in ran.err


@pytest.mark.parametrize(
    ("token", "sentence"),
    [
        ("wröng", "quoth: Discord does not accept the token: copy it anew from"),
        ("", "quoth: The bot has no token: copy it from"),
    ],
)
def test_a_wrong_token_is_one_sentence(
    made: Made, monkeypatch: pytest.MonkeyPatch, quoth: Quoth, token: str, sentence: str
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", token)

    said = quoth("discord")

    assert (said.status, said.out, said.err.count("\n")) == (2, "", 1)
    assert said.err.startswith(sentence)
    assert "wr" not in said.err.replace("write", "")


@pytest.mark.parametrize(("token", "lacking"), [(None, "token"), ("a b", "valid token"), ("ä", "valid token")])
def test_a_token_that_cannot_be_one_is_not_sent(
    made: Made, monkeypatch: pytest.MonkeyPatch, token: str | None, lacking: str
) -> None:
    if token:
        monkeypatch.setenv("DISCORD_TOKEN", token)

    with pytest.raises(DiscordRefused, match=lacking):
        app.run(chosen_for(made), made.build_in)
