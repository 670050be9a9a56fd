"""The bot in this process, connected to the fake server: faults of the connection, load, and the way out."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import signal
import threading
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import discord
import pytest
import pytest_asyncio
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot import settings
from bot import wording as rendering
from bot.discord import app as discord_app
from bot.discord import cards as shown
from bot.discord import client as discord_client
from bot.discord.client import QuothClient
from bot.discord.service import Busy
from bot.settings import DiscordRefused
from retrieval.errors import EncoderUnavailable, NoArticles, StorageFailed
from retrieval.index.updating import update
from retrieval.index.watching import watch
from tests.bot.conftest import Quoth
from tests.bot.discord.conftest import Made
from tests.bot.discord.server import (
    CHANNEL,
    DIRECT,
    POST,
    THREAD,
    TOKEN,
    USER,
    FakeDiscord,
    failing,
    limited,
    message_object,
)
from tests.fakes import FakeEncoder

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

Elsewhere = tuple[FakeDiscord, asyncio.AbstractEventLoop]

SOAK = int(os.environ.get("SOAK_QUESTIONS", "300"))
"""How many questions the memory is watched over; more by hand."""


@pytest_asyncio.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeDiscord]:
    server = FakeDiscord()
    await server.start()
    redirect(monkeypatch, server.url)
    monkeypatch.setattr(discord_client, "_pauses", lambda: iter([0.01] * 50))
    monkeypatch.setattr("discord.backoff.ExponentialBackoff.delay", lambda _: 0.01)
    yield server
    await server.stop()
    assert server.faults == []


def redirect(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setattr(Route, "BASE", f"{url}/api")
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(f"ws{url.removeprefix('http')}/gateway"))


@asynccontextmanager
async def connected(client: QuothClient, server: FakeDiscord) -> AsyncIterator[asyncio.Task[None]]:
    before = len(server.identified)
    task = asyncio.create_task(client.start(TOKEN))
    try:
        await server.until(lambda: len(server.identified) > before)
        yield task
    finally:
        await client.close()
        await asyncio.gather(task, return_exceptions=True)


# --- the connection ------------------------------------------------------------------------------------------


async def test_discord_is_waited_for_however_it_is_away_at_first(server: FakeDiscord, made: Made) -> None:
    server.faulty["GET", "/users/@me"] = [failing(503), limited(via=False)]
    server.refuse_connections = 2

    async with connected(made.make(), server):
        asked = await server.ask("what do blue whales eat?")
        assert "krill" in str(await server.answer(asked))


@pytest.mark.parametrize(
    ("code", "lacking"), [(4004, "valid token"), (4014, "intents"), (4013, "intents"), (4011, "servers")]
)
async def test_what_trying_again_cannot_help_ends_in_a_sentence(
    server: FakeDiscord, made: Made, code: int, lacking: str
) -> None:
    server.refuse_close = code
    client = made.make()

    with pytest.raises(DiscordRefused) as caught:
        await client.start(TOKEN)

    assert caught.value.lacking == lacking
    assert "Discord" in rendering.error(caught.value)
    await client.close()


async def test_a_close_that_nobody_knows_is_no_refusal(server: FakeDiscord, made: Made) -> None:
    server.refuse_close = 4012
    client = made.make()

    with pytest.raises(discord.ConnectionClosed):
        await client.start(TOKEN)
    await client.close()


async def test_an_invalid_session_begins_a_new_one(
    server: FakeDiscord, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    sleep = asyncio.sleep
    monkeypatch.setattr("discord.gateway.asyncio.sleep", lambda _: sleep(0))
    async with connected(made.make(), server):
        await server.say({"op": 9, "d": False})
        await server.until(lambda: len(server.identified) == 2)
        asked = await server.ask("what do blue whales eat?")
        assert "krill" in str(await server.answer(asked))


async def test_the_commands_are_sent_again_only_when_they_changed(server: FakeDiscord, made: Made) -> None:
    def syncs() -> int:
        return sum(call.method == "PUT" for call in server.calls)

    async with connected(made.make(), server):
        assert syncs() == 1
    async with connected(made.make(), server):
        assert syncs() == 1
    made.memory.write_note("commands of 900", "others")
    async with connected(made.make(), server):
        assert syncs() == 2


@pytest.mark.parametrize("chosen", [{"discord_test_guild": 100}])
async def test_a_test_server_gets_them_each_time(server: FakeDiscord, made: Made) -> None:
    for _ in range(2):
        async with connected(made.make(), server):
            pass

    assert [call.path for call in server.calls if call.method == "PUT"] == ["/applications/900/guilds/100/commands"] * 2


async def test_every_way_of_asking_is_answered(server: FakeDiscord, made: Made) -> None:
    question = "what do blue whales eat?"
    async with connected(made.make(), server):
        first = await server.mention(question)
        await server.answer(first)
        asked = {
            "reply": await server.answer_back(question, message_object("77", "> Salt", USER)),
            "thread": await server.mention(question, channel=THREAD),
            "forum post": await server.mention(question, channel=POST),
            "direct message": await server.write_directly(question),
            "menu of a message": await server.choose_from_menu("Find in articles", question),
        }
        answers = {way: str(await server.answer(to)) for way, to in asked.items()}
        places = [call.path for call in server.calls if call.method == "POST" and call.path.endswith("/messages")]

    assert [way for way, answer in answers.items() if "krill" not in answer] == []
    assert sorted(places) == sorted(f"/channels/{place}/messages" for place in (CHANNEL, CHANNEL, THREAD, POST, DIRECT))


# --- load ----------------------------------------------------------------------------------------------------


async def test_many_at_once_get_one_answer_each_and_the_loop_stays_free(
    elsewhere: Elsewhere, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, loop = elsewhere

    async def there(work: Coroutine[Any, Any, Any]) -> Any:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, loop))

    client = made.make()
    engine = made.library.engine
    assert engine is not None
    at_once = engine.ask

    def ask(*arguments: Any, **options: Any) -> Any:
        time.sleep(0.05)  # as long as a model takes
        return at_once(*arguments, **options)

    monkeypatch.setattr(engine, "ask", ask)
    task = asyncio.create_task(client.start(TOKEN))
    await there(server.until(lambda: server.identified))
    await there(server.answer(await there(server.ask("who?"))))
    gc.freeze()  # as the bot does once it serves
    beat = asyncio.create_task(measured_beat())
    asked = await there(crowd(server))
    beat.cancel()
    worked, waited = await beat
    await client.close()
    await asyncio.gather(task, return_exceptions=True)

    told = [server.answers(token) for token in asked]
    assert all(len(answers) == 1 for answers in told)
    busy = sum(answers[0]["content"] == shown.BUSY for answers in told)
    assert 0 < busy < 200
    print(f"busy {busy}; loop: at most {worked * 1e3:.0f} ms of work, {waited * 1e3:.0f} ms by the clock")  # noqa: T201
    # By the clock too on an idle machine; a busy one may leave any process waiting.
    assert worked < 0.1


async def crowd(server: FakeDiscord) -> list[str]:
    """200 questions of 50 members, all at once, and the patience until each has its answer."""
    asked = [await server.ask(f"what do {number} blue whales eat?", member=number % 50) for number in range(200)]
    await server.until(lambda: all(map(server.answers, asked)))
    return asked


async def measured_beat() -> tuple[float, float]:
    """Until cancelled: the longest work of the loop's thread without a pause, and the longest pause by the clock."""
    worked = waited = 0.0
    try:
        while True:
            at, done = time.monotonic(), time.thread_time()
            await asyncio.sleep(0.002)
            waited = max(waited, time.monotonic() - at - 0.002)
            worked = max(worked, time.thread_time() - done)
    except asyncio.CancelledError:
        return worked, waited


def resident() -> float:
    """MiB that this process takes."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="only Linux tells its processes' memory so")
@pytest.mark.timeout(1800)
async def test_memory_is_flat_over_many_questions(server: FakeDiscord, made: Made) -> None:
    sizes: list[float] = []
    client = made.make()
    async with connected(client, server):
        for number in range(SOAK):
            asking = server.ask if number % 2 else server.mention
            await server.answer(await asking(f"what do {number % 97} blue whales eat?", number % 50))
            server.forget()
            if number % (SOAK // 6) == 0:
                sizes.append(resident())
        assert len(client._connection._messages or ()) == 0
        assert not client._connection._view_store._views

    print("MiB:", *(f"{each:.1f}" for each in sizes))  # noqa: T201
    assert sizes[-1] - sizes[1] < 8


# --- the way in and the way out ------------------------------------------------------------------------------


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[Elsewhere]:
    """The fake server on a thread, for ``run``, which has a loop of its own."""
    loop, server = asyncio.new_event_loop(), FakeDiscord()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(server.start(), loop).result(10)
    redirect(monkeypatch, server.url)
    handlers, level = logging.root.handlers[:], logging.root.level
    yield server, loop
    gc.unfreeze()
    logging.root.handlers[:], logging.root.level = handlers, level
    asyncio.run_coroutine_threadsafe(server.stop(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def chosen_for(made: Made, **more: Any) -> settings.Settings:
    return settings.load(articles=made.articles, index=made.index, state=made.state, **more)


def stop_when(elsewhere: Elsewhere, *, ready: Any) -> None:
    """Send this process SIGTERM once the server saw what it waits for."""
    server, loop = elsewhere

    async def wait() -> None:
        await server.until(lambda: ready(server))
        await asyncio.sleep(0.2)
        os.kill(os.getpid(), signal.SIGTERM)

    asyncio.run_coroutine_threadsafe(wait(), loop)


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
    stop_when(elsewhere, ready=lambda server: server.identified and (made.state / "alive").parent.exists())

    status = discord_app.run(chosen_for(made, log_json=True), made.build)

    objects = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert status == 0
    assert [each["message"] for each in objects if each["logger"] == "quoth.discord"] == [
        "Serving 3 articles",
        "Told to stop: finishing what is under way",
        "Gone",
    ]


def test_told_to_stop_while_it_builds_it_abandons_that(
    elsewhere: Elsewhere, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    going = threading.Event()
    left: list[int] = []
    monkeypatch.setattr(os, "_exit", left.append)
    stop_when(elsewhere, ready=lambda server: any(call.method == "PUT" for call in server.calls))

    discord_app.run(chosen_for(made), lambda _: going.wait(20))  # type: ignore[arg-type, return-value]
    going.set()

    assert left == [0]


def test_a_model_that_cannot_be_loaded_ends_it(
    elsewhere: Elsewhere, made: Made, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("QUOTH_DISCORD_TOKEN", TOKEN)

    def fail(_: object) -> Any:
        raise EncoderUnavailable("bundled", TOKEN)

    with pytest.raises(EncoderUnavailable):
        discord_app.run(chosen_for(made), fail)
    logging.getLogger("quoth.discord").error("This is %s", TOKEN, exc_info=ValueError(TOKEN))

    told = capsys.readouterr().err
    assert "This is [token]" in told
    assert TOKEN not in told


def test_the_index_that_was_built_is_told(
    elsewhere: Elsewhere, made: Made, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    (made.articles / "moon.txt").write_text("The moon landing happened in July 1969.", encoding="utf-8")
    stop_when(elsewhere, ready=lambda server: server.identified)

    assert discord_app.run(chosen_for(made, discord_threads=True), made.build) == 0
    assert "The index is up to date: 4 passages, 1 of them new" in capsys.readouterr().err


def test_an_index_that_another_program_published_is_served(
    elsewhere: Elsewhere, made: Made, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    monkeypatch.setattr(discord_app, "_LOOK", 0.01)
    failures = [StorageFailed(made.index, "gone"), Busy()]
    turns = iter(range(10))

    def build(progress: Any) -> Any:
        # The first is the start; two looks that come to nothing, and then one that does.
        if next(turns) and failures:
            raise failures.pop(0)
        return made.build(progress)

    def published_elsewhere(server: FakeDiscord) -> bool:
        if server.identified and not (made.articles / "moon.txt").exists():
            (made.articles / "moon.txt").write_text("The moon landing happened in July 1969.", encoding="utf-8")
            update(made.articles, made.index, FakeEncoder())
        return bool(server.identified)

    stop_when(elsewhere, ready=published_elsewhere)

    assert discord_app.run(chosen_for(made), build) == 0
    told = capsys.readouterr().err
    assert "The newer index cannot be served" in told
    assert "There is a newer index: serving 4 articles" in told


def test_an_article_put_into_the_folder_is_served_and_the_watch_ends_with_the_bot(
    elsewhere: Elsewhere, made: Made, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    monkeypatch.setattr(discord_app, "_LOOK", 0.01)
    monkeypatch.setattr(discord_app, "_PARTING", 10.0)  # a busy machine may take its time
    stop_when_logged(monkeypatch, "There is a newer index")

    def follow(told: Any, stop: threading.Event) -> None:
        (made.articles / "moon.txt").write_text("The moon landing happened in July 1969.", encoding="utf-8")
        watch(made.articles, made.index, FakeEncoder(), told, stop)

    assert discord_app.run(chosen_for(made), made.build, follow) == 0
    told = capsys.readouterr().err
    assert "Articles: 1 added, 0 changed, 0 removed; 1 passages encoded" in told
    assert "There is a newer index: serving 4 articles" in told
    assert "watch" not in {thread.name for thread in threading.enumerate()}


def test_told_to_stop_while_the_watch_indexes_it_abandons_that(
    elsewhere: Elsewhere, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    done = threading.Event()
    told_at: list[float] = []
    left_at: list[float] = []
    monkeypatch.setattr(os, "_exit", lambda _: left_at.append(time.monotonic()))

    def follow(*_: object) -> None:
        told_at.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGTERM)
        done.wait(20)

    discord_app.run(chosen_for(made), made.build, follow)
    done.set()

    assert left_at[0] - told_at[0] < 5


def test_a_watch_that_fails_or_finds_nothing_does_not_end_the_bot(
    elsewhere: Elsewhere, made: Made, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    stop_when_logged(monkeypatch, "no longer watched")

    def follow(told: Any, _: threading.Event) -> None:
        for file in made.articles.glob("*.*"):
            file.unlink()
        told(NoArticles(made.articles, 0))
        raise OSError("OS file watch limit reached")

    assert discord_app.run(chosen_for(made), made.build, follow) == 0
    told = capsys.readouterr().err
    assert "holds no article" in told
    assert "The articles are no longer watched" in told


def test_whatever_befalls_the_follower_of_new_snapshots_it_is_logged_and_goes_on(
    elsewhere: Elsewhere, made: Made, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    monkeypatch.setattr(discord_app, "_LOOK", 0.01)
    stop_when_logged(monkeypatch, "There is a newer index")
    builds: list[object] = []

    def build(progress: Any) -> Any:
        builds.append(progress)
        if len(builds) == 2:
            raise ValueError("surprise")  # a fault of ours, met while the newer snapshot is opened
        return made.build(progress)

    def follow(*_: object) -> None:
        (made.articles / "moon.txt").write_text("The moon landing happened in July 1969.", encoding="utf-8")
        update(made.articles, made.index, FakeEncoder())

    assert discord_app.run(chosen_for(made), build, follow) == 0
    told = capsys.readouterr().err
    assert 'raise ValueError("surprise")' in told
    assert "There is a newer index: serving 4 articles" in told


def test_a_watch_that_fails_is_logged_and_begins_again(
    elsewhere: Elsewhere, made: Made, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    begun: list[object] = []

    def follow(_: object, stop: threading.Event) -> None:
        begun.append(stop)
        if len(begun) == 1:
            raise OSError("OS file watch limit reached")
        os.kill(os.getpid(), signal.SIGTERM)
        stop.wait()

    assert discord_app.run(chosen_for(made), made.build, follow) == 0
    assert len(begun) == 2
    assert "OS file watch limit reached" in capsys.readouterr().err


def test_the_command_line_runs_it(
    elsewhere: Elsewhere, made: Made, monkeypatch: pytest.MonkeyPatch, quoth: Quoth
) -> None:
    refused = quoth("discord")
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    stop_when(elsewhere, ready=lambda server: server.identified)
    ran = quoth("discord", "--articles", str(made.articles), "--index", str(made.index))

    assert (refused.status, ran.status) == (2, 0)
    assert refused.err.startswith("quoth: The bot has no token: copy it from Discord's Developer Portal")
    assert "Serving 3 articles" in ran.err


def test_the_invitation(
    elsewhere: Elsewhere, made: Made, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    discord_app.run(chosen_for(made, discord_threads=True), made.build, invite=True)
    link = yarl.URL(capsys.readouterr().out.strip())
    monkeypatch.setenv("DISCORD_TOKEN", "wrong")
    with pytest.raises(DiscordRefused, match="valid token"):
        discord_app.run(chosen_for(made), made.build, invite=True)
    redirect(monkeypatch, "http://127.0.0.1:9")
    with pytest.raises(DiscordRefused, match="connection"):
        discord_app.run(chosen_for(made), made.build, invite=True)

    needed = {name for name, granted in discord.Permissions(int(link.query["permissions"])) if granted}
    assert needed == {
        *("view_channel", "read_messages", "send_messages", "send_messages_in_threads"),
        *("embed_links", "read_message_history", "create_public_threads"),
    } - {"view_channel"}


@pytest.mark.parametrize(("token", "lacking"), [(None, "token"), ("a b", "valid token"), ("ä", "valid token")])
def test_a_token_that_cannot_be_one_is_not_sent(
    made: Made, monkeypatch: pytest.MonkeyPatch, token: str | None, lacking: str
) -> None:
    if token:
        monkeypatch.setenv("DISCORD_TOKEN", token)

    with pytest.raises(DiscordRefused, match=lacking):
        discord_app.run(chosen_for(made), made.build)
