"""The bot over an index in a store, which goes away and comes back under it."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from bot.discord import app, background
from tests.bot.discord.conftest import Made
from tests.bot.discord.server import TOKEN
from tests.bot.discord.test_app import chosen_for
from tests.bot.discord.wired import Elsewhere
from tests.retrieval.places import needs_milvus, running

pytestmark = [needs_milvus, pytest.mark.allow_hosts(["127.0.0.1"])]

WHALES = "what do blue whales eat?"


def test_while_the_store_is_away_the_bot_says_so_and_stays_and_then_goes_on(
    elsewhere: Elsewhere,
    made: Made,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    monkeypatch.setattr(background, "LOOK", 0.0)
    server, loop = elsewhere
    said: list[str] = []

    async def ask(member: int, text: str) -> None:
        said.append(str(await server.answer(await server.mention(text, member))))

    async def talk(store: Any) -> None:
        await server.until(lambda: server.identified)
        while not said or "krill" not in said[-1]:  # until the index is open
            await ask(len(said) + 20, WHALES)
        await asyncio.to_thread(store.stop)
        said.clear()
        await ask(8, "and what of the moon?")
        store.start()
        while "krill" not in said[-1]:  # until it is reached again
            await ask(len(said) + 100, WHALES)
        os.kill(os.getpid(), signal.SIGTERM)

    with running(tmp_path / "server") as store:
        made.index = str(store.address())  # type: ignore[assignment]
        settings = chosen_for(made)
        going = asyncio.run_coroutine_threadsafe(talk(store), loop)
        assert app.run(settings, made.build_in) == 0
        going.result(timeout=60)

    assert "The index cannot be reached just now" in said[0]
    assert "cannot be reached" in capsys.readouterr().err
