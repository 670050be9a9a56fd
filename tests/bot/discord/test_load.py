"""Many questions: one answer each, a loop that stays free, and memory that does not grow."""

from __future__ import annotations

import gc
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from bot.discord import cards
from bot.pool import WAITING, WORKERS
from tests.bot.discord.conftest import Made
from tests.bot.discord.server import HEARTBEAT, FakeDiscord
from tests.bot.discord.wired import connected

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])
SOAK = int(os.environ.get("SOAK_QUESTIONS", "60"))
"""How many questions the memory is watched over; more by hand."""
AT_ONCE = 50
"""Questions at once, for most of which there is no room."""


async def test_many_at_once_get_one_answer_each_and_none_waits_for_the_model_to_be_heard(
    server: FakeDiscord, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, going = made.make(), threading.Event()
    engine = made.library.engine
    assert engine is not None
    at_once = engine.ask

    def ask(*arguments: Any, **options: Any) -> Any:
        going.wait()
        return at_once(*arguments, **options)

    monkeypatch.setattr(engine, "ask", ask)
    async with connected(client, server):
        asked = [
            await server.ask(f"what do {number} blue whales eat?", member=number % 50) for number in range(AT_ONCE)
        ]
        # While the model is held up, all hear that the bot is thinking, and who finds no room that it is busy.
        await server.until(lambda: all(acknowledged(server, token) for token in asked))
        await server.until(lambda: sum(map(bool, map(server.answers, asked))) == AT_ONCE - WORKERS - WAITING)
        refused = [answers[0]["content"] for answers in map(server.answers, asked) if answers]
        going.set()
        await server.until(lambda: all(map(server.answers, asked)))

    assert set(refused) == {cards.BUSY}
    assert all(len(server.answers(token)) == 1 for token in asked)


async def test_many_mentions_at_once_get_one_reply_each_and_heartbeats_go_on(
    server: FakeDiscord, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, going = made.make(), threading.Event()
    engine = made.library.engine
    assert engine is not None
    at_once = engine.ask

    def ask(*arguments: Any, **options: Any) -> Any:
        going.wait()
        return at_once(*arguments, **options)

    monkeypatch.setattr(engine, "ask", ask)
    async with connected(client, server):
        asked = [await server.mention(f"what do {number} blue whales eat?", member=number) for number in range(AT_ONCE)]
        await server.until(lambda: sum(map(bool, map(server.answers, asked))) == AT_ONCE - WORKERS - WAITING)
        beats = server.heartbeats
        await server.say({"op": HEARTBEAT, "d": None})  # Discord asks for one
        await server.until(lambda: server.heartbeats > beats)
        going.set()
        await server.until(lambda: all(map(server.answers, asked)))

    said = [[str(answer) for answer in server.answers(message)] for message in asked]
    assert all(len(replies) == 1 for replies in said)
    assert sum(cards.BUSY in replies[0] for replies in said) == AT_ONCE - WORKERS - WAITING


def acknowledged(server: FakeDiscord, token: str) -> bool:
    return any(call.path.endswith(f"/{token}/callback") for call in server.calls)


def resident() -> float:
    """MiB that this process takes."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="only Linux tells its processes' memory so")
@pytest.mark.timeout(1800)
async def test_memory_is_flat_over_many_questions(server: FakeDiscord, made: Made) -> None:
    sizes: list[float] = []
    client = made.make()
    gc.collect()
    gc.freeze()  # what other tests left is not looked through again and again
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
