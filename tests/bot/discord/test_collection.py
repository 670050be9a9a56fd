"""Collections: what one server has, no other can ask, find, list, complete, read or vote on."""

from __future__ import annotations

import os
import random
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast
from unittest.mock import MagicMock

import discord
import pytest

from bot.discord import cards
from bot.discord.cards import CUSTOM_ID, Card
from bot.discord.client import QuothClient
from bot.discord.collection import COMMON
from tests.bot.discord.conftest import Made
from tests.bot.discord.reading import labels, last, mention, text

if TYPE_CHECKING:
    from simcord import Env
    from simcord.actors import MemberActor
    from simcord.builders import ChannelHandle, GuildHandle

ACTIONS = int(os.environ.get("ACTIONS", "400"))
"""What members of two servers do at random; more by hand."""
ASKED = "who keeps the lighthouse of the island?"
SECRETS = {COMMON: "Corvin", "1/north": "Alaric", "1/south": "Brunhild", "2/north": "Dietmar", "2/south": "Eberhard"}
"""In each collection a name that is in no other."""


@pytest.fixture
def chosen(tmp_path: Path) -> dict[str, Any]:
    return {"collections": tmp_path / "collections"}


def write(folder: Path, secret: str) -> None:
    """Articles with the same file names and wording in every collection."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, what in (("keeper.md", "lighthouse"), ("ferry.md", "ferry"), ("school.md", "school")):
        head = f"---\ntitle: The {what} and {secret}\nsource: {secret} Weekly\npublished: 2020-02-01\n---\n\n"
        body = f"{secret} keeps the {what} of the island. {secret} paints it every spring.\n\n"
        (folder / name).write_text(head + body + f"The {what} was built for {secret} in 1901.\n" * 30, encoding="utf-8")


# --- in Discord ----------------------------------------------------------------------------------------------


@pytest.fixture
def keeper(simcord_env: Env, guild: GuildHandle) -> MemberActor:
    role = guild.create_role("Keepers", permissions=discord.Permissions(manage_guild=True))
    return guild.add_member(simcord_env.create_user("keeper"), roles=[role])


async def test_a_channel_goes_before_its_category_and_that_before_its_server(
    simcord_env: Env, guild: GuildHandle, channel: ChannelHandle, keeper: MemberActor, made: Made
) -> None:
    category = guild.create_category("Coast")
    inside = guild.create_text_channel("inside", category=category)
    channel_itself = cast("discord.TextChannel", simcord_env.bot.get_channel(inside.id))
    await channel_itself.create_thread(name="talk", type=discord.ChannelType.public_thread)
    [thread] = inside.threads
    for name, secret in (("north", "Alaric"), ("south", "Brunhild"), ("east", "Dietmar")):
        write(made.chosen["collections"] / str(guild.id) / name / "articles", secret)

    async def asked(where: ChannelHandle) -> str:
        await keeper.send(where, mention(simcord_env, ASKED))
        return text(last(where))

    told = await keeper.slash(channel, "articles collection", name="north")
    await keeper.slash(channel, "articles collection", name="south", place=category)
    assert text(told.response) == "In this server the articles of **north** are asked from now on, and no others."
    assert "Alaric" in await asked(channel)
    assert "Brunhild" in await asked(inside)
    assert "Brunhild" in await asked(thread)
    await keeper.slash(channel, "articles collection", name="east", place=inside)
    assert "Dietmar" in await asked(inside)
    assert "Dietmar" in await asked(thread)
    await keeper.slash(channel, "articles collection", name="common", place=inside)
    assert "do not say" in await asked(inside)
    await keeper.slash(channel, "articles collection", place=inside)
    assert "Brunhild" in await asked(inside)


async def test_a_new_collection_is_empty_and_what_is_added_stays_in_it(
    simcord_env: Env, guild: GuildHandle, channel: ChannelHandle, keeper: MemberActor, made: Made
) -> None:
    await keeper.slash(channel, "articles collection", name="North")
    empty = await keeper.slash(channel, "articles list")
    await keeper.slash(channel, "articles add", file=("moon.txt", b"The moon landing happened in July 1969."))
    await keeper.slash(channel, "articles remove", article="bread.txt")
    listed = await keeper.slash(channel, "articles list")

    folder = made.chosen["collections"] / str(guild.id) / "north"
    assert text(empty.response) == cards.NO_ARTICLES
    assert labels(listed.response) == ["1"]
    assert [file.name for file in (folder / "articles").iterdir()] == ["moon.txt"]
    assert (folder / "index").is_dir()
    assert (made.articles / "bread.txt").exists()
    assert list(made.library.articles) == ["bread.txt", "sochi.md", "whales.txt"]


async def test_what_was_asked_about_one_collection_removes_nothing_from_another(
    guild: GuildHandle, channel: ChannelHandle, keeper: MemberActor, made: Made
) -> None:
    write(made.chosen["collections"] / str(guild.id) / "north" / "articles", "Alaric")
    (made.articles / "keeper.md").write_text("# Whoever keeps it\n\nNobody keeps it.", encoding="utf-8")
    await keeper.slash(channel, "articles reindex")
    question = await keeper.slash(channel, "articles remove", article="keeper.md")
    await keeper.slash(channel, "articles collection", name="north")

    pressed = await keeper.click(question.response, label="Remove")  # type: ignore[arg-type]

    assert (made.chosen["collections"] / str(guild.id) / "north" / "articles" / "keeper.md").exists()
    assert (made.articles / "keeper.md").exists()
    assert text(pressed.response).startswith("There is no article keeper.md")


async def test_which_collection_a_place_has_outlives_the_process(
    guild: GuildHandle, channel: ChannelHandle, keeper: MemberActor, made: Made
) -> None:
    write(made.chosen["collections"] / str(guild.id) / "north" / "articles", "Alaric")
    await keeper.slash(channel, "articles collection", name="north")

    made.make()

    [common, north] = made.collections.all()
    assert (common.name, north.name) == ("", f"{guild.id}/north")
    assert north.library.engine is not None


async def test_who_may_not_care_for_the_articles_chooses_no_collection(
    channel: ChannelHandle, alice: MemberActor, keeper: MemberActor
) -> None:
    refused = await alice.slash(channel, "articles collection", name="north")
    await keeper.slash(channel, "articles collection", name="north")
    bad = await keeper.slash(channel, "articles collection", name="../north")

    assert text(refused.response) == cards.CARE_REFUSED
    assert text(bad.response) == cards.COLLECTION_NAME
    assert await alice.autocomplete(channel, "articles collection", "name", "") == []
    offered = await keeper.autocomplete(channel, "articles collection", "name", "nor")
    assert [each["value"] for each in offered] == ["north"]


async def test_a_server_has_no_more_collections_than_can_be_offered(
    guild: GuildHandle, channel: ChannelHandle, keeper: MemberActor, made: Made
) -> None:
    for number in range(25):
        (made.chosen["collections"] / str(guild.id) / f"c{number}").mkdir(parents=True)

    full = await keeper.slash(channel, "articles collection", name="north")

    assert text(full.response) == cards.COLLECTIONS_FULL


async def test_a_collection_that_cannot_be_made_is_told(
    channel: ChannelHandle, keeper: MemberActor, made: Made
) -> None:
    made.chosen["collections"].touch()  # a file in the place of the folder

    result = await keeper.slash(channel, "articles collection", name="north")

    assert text(result.response) == cards.BROKEN


async def test_what_a_server_has_for_itself_is_not_told_in_another_ones_audit_channel(
    simcord_env: Env, channel: ChannelHandle, keeper: MemberActor, guild: GuildHandle
) -> None:
    bot = cast("QuothClient", simcord_env.bot)
    other = simcord_env.create_guild("Elsewhere")
    elsewhere = other.create_text_channel("log")
    own = guild.create_text_channel("log")
    both = {"discord_guilds": frozenset({guild.id, other.id})}
    for log in (elsewhere, own):
        bot.settings = bot.settings.model_copy(update={"discord_audit_channel": log.id, **both})
        await keeper.slash(channel, "articles add", file=(f"common{log.id}.txt", b"The moon."))
        await keeper.slash(channel, "articles collection", name="north")
        await keeper.slash(channel, "articles add", file=(f"moon{log.id}.txt", b"The moon."))
        await keeper.slash(channel, "articles collection")

    assert [message.content for message in elsewhere.history()] == [f"keeper: add **common{elsewhere.id}.txt** (done)"]
    assert len(own.history()) == 2


@dataclass
class Heard:
    """In the place of ``Delivery``: what the bot would send goes into ``cards``."""

    cards: list[Card] = field(default_factory=list)
    replies: list[int] = field(default_factory=list)
    """Ids of those that can be replied to."""
    ids: int = 10_000

    def heard(self, card: Card) -> Any:
        self.cards.append(card)
        self.ids += 1
        return SimpleNamespace(id=self.ids)

    async def deliver(self, send: Callable[[], Any]) -> None:
        """Nothing but cards is of interest."""

    async def reply(self, _: Any, card: Card, **__: Any) -> Any:
        self.replies.append(self.ids + 1)
        return self.heard(card)

    async def defer(self, _: Any, **__: Any) -> bool:
        return True

    async def finish(self, _: Any, card: Card) -> Any:
        return self.heard(card)

    async def tell(self, _: Any, said: str) -> None:
        self.heard(cards.notice(said))

    async def show(self, _: Any, card: Card, **__: Any) -> None:
        self.heard(card)

    @asynccontextmanager
    async def typing(self, _: Any) -> AsyncIterator[None]:
        yield


class Island:
    """Two servers with two channels each, members who do at random whatever they can, and who see all that is sent.

    Buttons, ids of messages and names of articles that were seen anywhere are tried everywhere.
    """

    def __init__(self, client: QuothClient, made: Made, seed: int) -> None:
        self.client, self.made, self.random = client, made, random.Random(seed)  # noqa: S311 - no secret
        self.heard = Heard()
        client.delivery = client.buttons._delivery = cast("Any", self.heard)
        client._connection.user = cast("Any", SimpleNamespace(id=900))
        client._connection._guilds = {1: cast("Any", MagicMock()), 2: cast("Any", MagicMock())}
        client.settings = client.settings.model_copy(update={"discord_guilds": frozenset({1, 2})})
        self.channels = {number: self._channel(number) for number in (11, 12, 21, 22)}
        self.members = [self._member(number) for number in (7, 8)]
        self.buttons: list[str] = ["quoth:open:0:keeper.md", "quoth:remove:0:ferry.md", "quoth:list:0:"]
        self.messages: list[int] = []
        made.collections.give(1, 1, "north")
        made.collections.give(1, 12, "south")
        made.collections.give(2, 2, "north")
        made.collections.open_all()

    def _channel(self, number: int) -> Any:
        channel = MagicMock(spec=discord.TextChannel)
        channel.id, channel.category_id, channel.name = number, None, f"channel {number}"
        return channel

    def _member(self, number: int) -> Any:
        member = MagicMock(spec=discord.Member)
        member.id, member.roles = number, []
        return member

    def interaction(self, channel: int) -> Any:
        own = self.random.random() < 0.05
        return SimpleNamespace(
            client=self.client,
            guild_id=None if channel == 0 else channel // 10,
            channel=self.channels.get(channel, SimpleNamespace(id=channel)),
            guild=None,
            locale=discord.Locale.american_english,
            user=self.random.choice(self.members),
            message=None,
            permissions=discord.Permissions(manage_guild=self.random.random() < 0.5),
            response=SimpleNamespace(is_done=lambda: True),
            followup=SimpleNamespace(send=lambda *_, **__: None),
            is_user_integration=lambda: own,
            is_guild_integration=lambda: not own,
        )

    def message(self, channel: int, said: str) -> Any:
        seen = self.random.choice([*self.messages[-8:], 1])
        return SimpleNamespace(
            id=self.random.randrange(10**6, 10**9),
            author=SimpleNamespace(id=self.random.choice([7, 8]), bot=False, display_name="somebody"),
            webhook_id=None,
            type=discord.MessageType.default,
            guild=SimpleNamespace(
                id=channel // 10,
                self_role=None,
                get_role=lambda _: None,
                get_channel_or_thread=lambda _: None,
                preferred_locale=discord.Locale.american_english,
            )
            if channel
            else None,
            channel=self.channels.get(channel, SimpleNamespace(id=channel)),
            content=said,
            message_snapshots=[],
            mentions=[self.client.user],
            reference=SimpleNamespace(message_id=seen) if self.random.random() < 0.7 else None,
        )

    def at(self, interaction: Any) -> str:
        """The collection that is asked there."""
        return self.client.at(interaction).name or COMMON

    async def command(self, name: str, interaction: Any, *arguments: Any, **options: Any) -> None:
        group, _, rest = name.partition(" ")
        command: Any = self.client.tree.get_command(group)
        await (command.get_command(rest) if rest else command).callback(interaction, *arguments, **options)

    async def act(self, channel: int, interaction: Any) -> str:
        """Do something; gives what was typed or pressed, which the bot may repeat."""
        pick = self.random.choice
        name = pick(["keeper.md", "ferry.md", "extra.md", "FERRY.md"])
        match self.random.randrange(100):
            case n if n < 25:
                said = pick(
                    [
                        ASKED,
                        "who keeps the ferry?",
                        "more",
                        "where does it say that?",
                        "show me the source",
                        "help",
                        "hi",
                    ]
                )
                await self.client.on_message(self.message(channel, said))
            case n if n < 65:
                pressed = pick(self.buttons[-40:] if n < 55 else self.buttons)
                await self.press(pressed, interaction)
                return pressed
            case n if n < 80:
                narrow: dict[str, str] = pick(
                    [{}, {"article": name}, {"source": f"{SECRETS[self.at(interaction)]} Weekly"}]
                )
                await self.command("ask", interaction, pick([ASKED, "what was built in 1901?"]), **narrow)
            case n if n < 85:
                await self.command("articles list", interaction, search=pick(["", "the", "weekly"]))
            case n if n < 90:
                await self.command("articles read", interaction, name)
            case n if n < 93:
                await self.command("help", interaction)
            case n if n < 95:
                await self.completed(interaction)
            case n if n < 96:
                await self.command("articles remove", interaction, name)
            case n if n < 97:
                await self.command("articles reindex", interaction)
            case _:
                await self.command("articles collection", interaction, pick(["north", "south", None]), None)
        return ""

    async def press(self, pressed: str, interaction: Any) -> None:
        """Press any button; a vote on what was answered elsewhere does not count."""
        found = re.fullmatch(CUSTOM_ID, pressed)
        assert found
        record, before = self.made.memory.find(found["key"]), self.made.memory.votes(found["key"])
        here = self.client.at(interaction).name
        await self.client.buttons.pressed(interaction, found["verb"], int(found["number"]), found["key"])
        if record and record.collection != here:
            assert self.made.memory.votes(found["key"]) == before

    async def completed(self, interaction: Any) -> None:
        """What is offered while somebody types."""
        ask: Any = self.client.tree.get_command("ask")
        for option in ("article", "source"):
            offered = await ask._params[option].autocomplete(interaction, "")
            self.heard.heard(cards.notice(" ".join(each.name + str(each.value) for each in offered)))

    def shown(self) -> str:
        """All that was sent since it was last looked at; what is in it may be pressed or replied to from now on."""
        sent, self.heard.cards = self.heard.cards, []
        self.messages, self.heard.replies = self.messages + self.heard.replies, []
        self.buttons += [each.id for card in sent for each in card.buttons]
        return repr(sent)


async def test_two_servers_with_collections_of_their_own_see_nothing_of_each_other(made: Made) -> None:
    for name, secret in SECRETS.items():
        write(made.articles if name == COMMON else made.chosen["collections"] / name / "articles", secret)
    island = Island(made.make(), made, seed=1)
    told: set[str] = set()

    for number in range(ACTIONS):
        channel = island.random.choice([0, 11, 12, 21, 22])
        interaction = island.interaction(channel)
        message_here = made.collections.at(channel // 10 or None, interaction.channel).name or COMMON
        before = island.at(interaction)
        typed = await island.act(channel, interaction)
        here = {before, island.at(interaction), message_here}
        if number % 200 == 199:
            for name, secret in SECRETS.items():
                write(made.articles if name == COMMON else made.chosen["collections"] / name / "articles", secret)
        shown = island.shown()
        seen = {name for name, secret in SECRETS.items() if secret in shown and secret not in typed}
        told |= seen
        assert (seen <= here, cards.BROKEN in shown) == (True, False), f"action {number} in {channel}: {shown}"

    assert told == set(SECRETS)  # all were there to be seen
