"""Posts that nobody addressed to the bot: answered once, where that is switched on and the answer is sure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord
import pytest

from bot.discord import cards
from tests.bot.discord.conftest import Made
from tests.bot.discord.objects import CHANNEL, FORUM, USER, message_object
from tests.bot.discord.reading import text
from tests.bot.discord.rules import walk
from tests.bot.discord.server import FakeDiscord
from tests.bot.discord.wired import connected

if TYPE_CHECKING:
    from simcord import Env
    from simcord.actors import MemberActor
    from simcord.builders import ChannelHandle, GuildHandle

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])
SWITCHED = pytest.mark.parametrize("chosen", [{"discord_posts": True}])
SURE, UNSURE = "when did Abe meet Putin in Sochi?", "what is the capital of France?"


def pressed(answer: Any, label: str) -> tuple[str, Any]:
    button = next(item["custom_id"] for item in walk(answer["components"]) if item.get("label") == label)
    return button, message_object("5", "", USER) | {"components": answer["components"], "flags": answer["flags"]}


@SWITCHED
async def test_a_post_is_answered_where_that_is_switched_on_and_only_surely(server: FakeDiscord, made: Made) -> None:
    client = made.make()
    async with connected(client, server):
        assert server.identified[0]["intents"] & 1 << 15
        await server.post(SURE)  # nobody has switched it on yet
        mentioned = await server.answer(await server.mention(UNSURE))
        await client._idle.wait()
        made.memory.write_note(f"posts of {FORUM}", "on")
        made.memory.write_note(f"posts of {CHANNEL}", "on")
        await server.post(UNSURE, channel=CHANNEL)
        post = await server.post(SURE)
        answer = await server.answer(post)
        await client._idle.wait()

    replies = [call for call in server.calls if call.method == "POST" and call.path.endswith("/messages")]
    assert len(replies) == 2
    assert "in **Sochi** on May 6" in str(answer)
    assert "do not say" in str(mentioned)


@SWITCHED
async def test_who_posted_says_whether_it_was_it(server: FakeDiscord, made: Made) -> None:
    async with connected(made.make(), server):
        made.memory.write_note(f"posts of {CHANNEL}", "on")
        answer = await server.answer(await server.post(SURE, channel=CHANNEL))
        button, message = pressed(answer, "This was it")
        key = button.rpartition(":")[2]
        stranger = await server.answer(await server.press(button, message, member=8))
        marked = await server.answer(await server.press(button, message))
        votes = made.memory.votes(key)
        await server.press(*pressed(answer, "This was not it"))
        await server.until(lambda: [call for call in server.calls if call.method == "DELETE"])

    assert stranger["content"] == cards.NOT_YOURS
    assert cards.MARKED in str(marked)
    assert votes == {"up": 1}
    assert made.memory.votes(key) == {"down": 1}


@SWITCHED
async def test_who_asked_nothing_is_not_told_that_the_bot_is_busy(server: FakeDiscord, made: Made) -> None:
    async with connected(made.make(), server):
        made.memory.write_note(f"posts of {CHANNEL}", "on")
        made.answers._room = 0
        await server.post(SURE, channel=CHANNEL)
        await server.post("hello", channel=CHANNEL)
        made.answers._room = 9
        await server.answer(await server.mention(SURE))

    assert cards.BUSY not in str([call.body for call in server.calls])


@pytest.mark.parametrize("chosen", [{}, {"discord_posts": True}])
async def test_caretakers_switch_it_on_and_off(
    simcord_env: Env, guild: GuildHandle, channel: ChannelHandle, alice: MemberActor, made: Made, chosen: dict[str, Any]
) -> None:
    role = guild.create_role("Keepers", permissions=discord.Permissions(manage_guild=True))
    keeper = guild.add_member(simcord_env.create_user("keeper"), roles=[role])

    refused = await alice.slash(channel, "articles posts", channel=channel, on=True)
    switched = await keeper.slash(channel, "articles posts", channel=channel, on=True)

    assert text(refused.response) == cards.CARE_REFUSED
    assert text(switched.response) == (cards.POSTS_ON if chosen else cards.NO_POSTS)
    assert made.memory.note(f"posts of {channel.id}") == ("on" if chosen else None)
