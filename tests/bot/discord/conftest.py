"""A bot over the small library of ``tests/bot``, as simcord's simulated Discord runs it."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import discord
import pytest
import pytest_asyncio

from bot import settings
from bot.assembly import Opened
from bot.discord import app, background, commands, retrying
from bot.discord.client import QuothClient
from bot.discord.collection import Collection, Collections
from bot.discord.library import Library
from bot.discord.memory import Memory
from bot.pool import Pool
from retrieval.articles.fetching import Fetcher, FetchLimits
from retrieval.engine import Engine
from retrieval.index.address import Where
from retrieval.index.changes import Progress
from retrieval.index.updating import open_up_to_date, update
from tests.bot.conftest import ARTICLES
from tests.bot.discord.server import FakeDiscord
from tests.bot.discord.wired import Elsewhere, redirect
from tests.fakes import FakeEncoder
from tests.retrieval.articles.web import HERE

if TYPE_CHECKING:
    from simcord import Env
    from simcord.actors import MemberActor
    from simcord.builders import ChannelHandle, GuildHandle


@dataclass
class Made:
    """A bot's parts, which a test may look at; ``make`` makes them anew, as a restart does."""

    articles: Path
    index: Path
    state: Path
    chosen: dict[str, Any]
    open: list[Callable[[], None]] = field(default_factory=list)
    memory: Memory = field(init=False)
    library: Library = field(init=False)
    collections: Collections = field(init=False)
    answers: Pool = field(init=False)
    changes: Pool = field(init=False)

    def build(self, progress: Progress) -> Opened:
        return self.build_in(self.articles, self.index, progress)

    def build_in(self, articles: Path, index: Where, progress: Progress) -> Opened:
        snapshot, report = open_up_to_date(articles, index, FakeEncoder(), progress=progress)
        threshold = self.chosen.get("confidence", 0.5)
        return Opened(Engine(snapshot, FakeEncoder(), articles=articles, threshold=threshold), report)

    def make(self) -> QuothClient:
        made = settings.load(
            articles=self.articles, index=self.index, state=self.state, **{"discord_cooldown": 0.0} | self.chosen
        )
        self.memory = Memory(self.state)
        self.answers = Pool("answer")
        self.collections = Collections(made, self.build_in, self.memory, self.answers)
        self.open.append(self.collections.close)
        self.library, self.changes = self.collections.common.library, self.collections.common.changes
        self.library.refresh(lambda *_: None)
        self.collections.begun = opened
        self.collections.open_all()
        client = QuothClient(self.collections, made)
        commands.install(client, Fetcher(HERE, FetchLimits(pause=0)).fetch if made.discord_fetch else None)
        return client


def opened(collection: Collection) -> None:
    """Open a collection at once."""
    collection.library.open(lambda *_: None)


@pytest.fixture
def chosen() -> dict[str, Any]:
    """Settings; a test parametrizes it to have others."""
    return {}


@pytest.fixture(scope="session")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The index of the small library, built once."""
    folder = tmp_path_factory.mktemp("library")
    for name, text in ARTICLES.items():
        (folder / name).write_text(text, encoding="utf-8")
    update(folder, folder / "index", FakeEncoder())
    return folder / "index"


@pytest.fixture
def made(library: Path, indexed: Path, tmp_path: Path, chosen: dict[str, Any]) -> Iterator[Made]:
    shutil.copytree(indexed, tmp_path / "index")
    made = Made(library, tmp_path / "index", tmp_path / "state", chosen)
    yield made
    for close in made.open:
        close()


@pytest.fixture
def simcord_bot(made: Made) -> QuothClient:
    return made.make()


@pytest.fixture
def guild(simcord_env: Env) -> GuildHandle:
    return simcord_env.create_guild()


@pytest.fixture
def channel(guild: GuildHandle) -> ChannelHandle:
    return guild.create_text_channel("general")


@pytest.fixture
def alice(simcord_env: Env, guild: GuildHandle) -> MemberActor:
    return guild.add_member(simcord_env.create_user("alice"))


@pytest.fixture
def bob(simcord_env: Env, guild: GuildHandle) -> MemberActor:
    return guild.add_member(simcord_env.create_user("bob"))


@pytest_asyncio.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeDiscord]:
    server = FakeDiscord()
    await server.start()
    redirect(monkeypatch, server.url)
    monkeypatch.setattr(retrying, "pauses", lambda: iter([0.01] * 50))
    monkeypatch.setattr("discord.backoff.ExponentialBackoff.delay", lambda _: 0.01)
    yield server
    await server.stop()
    assert server.faults == []


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[Elsewhere]:
    """The fake server on a thread, for ``run``, which has a loop of its own."""
    loop, server = asyncio.new_event_loop(), FakeDiscord()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(server.start(), loop).result()
    redirect(monkeypatch, server.url)
    handlers, level = logging.root.handlers[:], logging.root.level
    yield server, loop
    logging.root.handlers[:], logging.root.level = handlers, level
    asyncio.run_coroutine_threadsafe(server.stop(), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give what runs beside the bot all the time it needs to end; where it is abandoned this process goes on."""
    monkeypatch.setattr(os, "_exit", lambda _: None)
    monkeypatch.setattr(app, "_MOMENT", 600.0)
    monkeypatch.setattr(background, "PARTING", 600.0)


@pytest.fixture
def keeper(simcord_env: Env, guild: GuildHandle) -> MemberActor:
    role = guild.create_role("Keepers", permissions=discord.Permissions(manage_guild=True))
    return guild.add_member(simcord_env.create_user("keeper"), roles=[role])
