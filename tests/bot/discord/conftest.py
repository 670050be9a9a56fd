"""A bot over the small library of ``tests/bot``, as simcord's simulated Discord runs it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bot import settings
from bot.discord import commands as discord_commands
from bot.discord.client import QuothClient
from bot.discord.memory import Memory
from bot.discord.service import Cooldown, Desk, Library, Pool
from retrieval.engine import Engine
from retrieval.index.changes import Progress
from retrieval.index.updating import Report, open_up_to_date, update
from tests.bot.conftest import ARTICLES
from tests.fakes import FakeEncoder

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
    answers: Pool = field(init=False)
    changes: Pool = field(init=False)

    def build(self, progress: Progress) -> tuple[Engine, Report | None]:
        snapshot, report = open_up_to_date(self.articles, self.index, FakeEncoder(), progress=progress)
        threshold = self.chosen.get("confidence", 0.5)
        return Engine(snapshot, FakeEncoder(), articles=self.articles, threshold=threshold), report

    def make(self) -> QuothClient:
        made = settings.load(articles=self.articles, state=self.state, **{"discord_cooldown": 0.0} | self.chosen)
        self.memory = Memory(self.state)
        self.answers, self.changes = Pool("answer"), Pool("change", workers=1, waiting=0)
        self.open += [self.memory.close, self.answers.close, self.changes.close]
        self.library = Library(self.articles, self.index, self.build)
        self.library.refresh(lambda *_: None)
        cooldown = Cooldown(made.discord_cooldown)
        client = QuothClient(Desk(self.library, self.memory, self.answers, top=made.top), made, cooldown)
        discord_commands.install(client, self.changes)
        return client


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
