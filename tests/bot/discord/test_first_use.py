"""Whoever does not know the bot yet: what it is for, what it knows, and questions that it is sure to answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from bot.discord import cards, suggestions
from bot.discord.client import QuothClient
from tests.bot.discord.conftest import Made
from tests.bot.discord.reading import QUOTE, labels, last, mention, text, title
from tests.bot.examples import an_article

if TYPE_CHECKING:
    from simcord import Env
    from simcord.actors import MemberActor
    from simcord.builders import ChannelHandle, GuildHandle

EXAMPLE = "Who met Vladimir Putin in Sochi on May 6?"


async def test_help_says_what_the_bot_is_for_and_what_it_knows(channel: ChannelHandle, alice: MemberActor) -> None:
    result = await alice.slash(channel, "help")

    assert result.ephemeral
    said = text(result.response)
    assert said.startswith("**I answer questions by quoting articles**")
    assert "I know 3 articles:\n- Whales of the north · Nature Weekly · 1 February 2020\n- [Abe and Putin" in said
    assert "Apps, Find in articles" in said
    assert labels(result.response) == []


async def test_questions_that_are_offered_are_answered_when_pressed_to_who_pressed_alone(
    simcord_env: Env, made: Made, channel: ChannelHandle, alice: MemberActor, bob: MemberActor
) -> None:
    made.library.examples = await suggestions.chosen(cast("QuothClient", simcord_env.bot).collections.common.service)
    await alice.send(channel, mention(simcord_env, "help"))
    pressed = await bob.click(last(channel), label=EXAMPLE)

    assert labels(last(channel)) == [EXAMPLE]
    assert pressed.ephemeral
    assert title(pressed.response) == EXAMPLE
    assert text(pressed.response).replace("**", "").startswith(QUOTE.replace("**", ""))


@pytest.mark.parametrize("chosen", [{"confidence": 1.0}])
async def test_what_is_not_surely_answered_is_not_offered(simcord_env: Env) -> None:
    assert await suggestions.chosen(cast("QuothClient", simcord_env.bot).collections.common.service) == ()


async def test_while_many_ask_nothing_is_tried_out(simcord_env: Env, made: Made) -> None:
    made.answers._room = 0

    assert await suggestions.chosen(cast("QuothClient", simcord_env.bot).collections.common.service) == ()


async def test_a_server_that_is_joined_gets_the_card_once(simcord_env: Env, channel: ChannelHandle) -> None:
    bot = cast("QuothClient", simcord_env.bot)
    await bot.on_guild_join(bot.guilds[0])

    [card] = channel.history()
    assert text(card).startswith("**I answer questions by quoting articles**")


@pytest.mark.parametrize("chosen", [{"discord_guilds": {1}}])
async def test_where_nothing_is_answered_nothing_is_told(
    simcord_env: Env, guild: GuildHandle, channel: ChannelHandle, alice: MemberActor
) -> None:
    bot = cast("QuothClient", simcord_env.bot)
    await bot.on_guild_join(bot.guilds[0])
    result = await alice.slash(channel, "help")

    assert channel.history() == []
    assert text(result.response) == cards.NOT_HERE


def test_questions_are_made_of_sentences_by_patterns() -> None:
    article = an_article(
        "Ola Nordmann opened the new ferry line to Brennau. The mayor thanked her for it. A list of 30 priority\n"
        "projects was made.\n\nThe whole plan includes nuclear energy. In May Kari Nordmann was away. Japan’s Prime "
        "Minister Shinzo Abe put forward an eight-point cooperation plan during his meeting with the Russian president."
    )

    assert [each.question for each in suggestions.candidates(article)] == [
        "Who opened the new ferry line to Brennau?",
        "How many priority projects were there?",
        "What does the whole plan include?",
        "Who put forward an eight-point cooperation plan?",
    ]


async def test_while_the_articles_are_read_for_the_first_time_nobody_is_told_that_there_are_none(
    simcord_env: Env, made: Made, channel: ChannelHandle, alice: MemberActor, keeper: MemberActor
) -> None:
    made.library.engine, made.library.reading = None, ("pages", 3, 8)
    said = "I am still reading the articles (3 of 8): please ask again in a while."
    bot = cast("QuothClient", simcord_env.bot)

    await bot.on_guild_join(bot.guilds[0])
    joined = text(last(channel))
    helped = text((await alice.slash(channel, "help")).response)
    await alice.send(channel, mention(simcord_env, "hello"))

    assert joined == helped
    assert said in helped
    assert cards.NO_ARTICLES not in helped
    assert text(last(channel)) == said
    for command, options in (
        ("articles list", {}),
        ("articles read", {"article": "On bread"}),
        ("ask", {"question": "what rises?", "article": "On bread"}),
    ):
        assert text((await alice.slash(channel, command, **options)).response) == said
    assert text((await keeper.slash(channel, "articles remove", article="On bread")).response) == said
