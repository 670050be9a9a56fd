"""Asking in Discord: every way to, and what comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord
import pytest

from bot import wording
from bot.discord import cards
from bot.discord.client import QuothClient
from retrieval.errors import StorageFailed
from tests.bot.discord.conftest import Made

if TYPE_CHECKING:
    from simcord import Env
    from simcord.actors import MemberActor
    from simcord.builders import ChannelHandle, GuildHandle
from tests.bot.discord.reading import ASKED, QUOTE, WHERE, labels, last, mention, text, title


async def test_a_mention_is_answered_with_a_reply(simcord_env: Env, channel: ChannelHandle, alice: MemberActor) -> None:
    question = await alice.send(channel, mention(simcord_env, ASKED))

    answer = last(channel)
    assert answer.reference is not None
    assert answer.reference.message_id == question.id
    assert text(answer) == f"{QUOTE}\n{WHERE}"
    assert answer.content == ""
    assert title(answer) is None
    assert labels(answer)[-4:] == ["Paragraph", "Article", "👍", "👎"]


async def test_no_privileged_intent_is_asked_for(simcord_bot: QuothClient) -> None:
    intents = simcord_bot.intents
    assert not any((intents.message_content, intents.members, intents.presences))


async def test_what_is_not_for_the_bot_stays_unanswered(
    simcord_env: Env, channel: ChannelHandle, alice: MemberActor
) -> None:
    await alice.send(channel, "who met in Sochi?")

    assert last(channel).content == "who met in Sochi?"


async def test_a_mention_of_nothing_is_told_what_to_do(
    simcord_env: Env, channel: ChannelHandle, alice: MemberActor
) -> None:
    await alice.send(channel, mention(simcord_env, " "))

    assert text(last(channel)).startswith("**I answer questions by quoting articles**")
    assert "Whales of the north" in text(last(channel))


async def test_a_reply_to_an_answer_asks_on(simcord_env: Env, channel: ChannelHandle, alice: MemberActor) -> None:
    await alice.send(channel, mention(simcord_env, ASKED))
    answer = last(channel)

    # A reply that pings has the bot among its mentions; simcord wants them written out.
    await alice.send(channel, mention(simcord_env, "what do blue whales eat?"), reply_to=answer)

    assert "krill" in text(last(channel))


async def test_a_direct_message_needs_no_mention(simcord_env: Env, guild: GuildHandle, alice: MemberActor) -> None:
    await alice.send_dm("what do blue whales eat?")

    assert "krill" in text(last(alice.user.dm_channel))


@pytest.mark.parametrize("chosen", [{"discord_dms": False}])
async def test_direct_messages_can_be_switched_off(simcord_env: Env, guild: GuildHandle, alice: MemberActor) -> None:
    await alice.send_dm("what do blue whales eat?")

    assert last(alice.user.dm_channel).content == "what do blue whales eat?"


async def test_ask_is_deferred_and_answered_with_the_question_above(
    simcord_env: Env, channel: ChannelHandle, alice: MemberActor
) -> None:
    result = await alice.slash(channel, "ask", question=ASKED)

    callback = next(request for request in simcord_env.http_requests if request.path.endswith("/callback"))
    assert callback.json == {"type": discord.InteractionResponseType.deferred_channel_message.value}
    assert not result.ephemeral
    assert result.response is not None
    assert text(result.response).endswith(WHERE)
    assert title(result.response) == ASKED


async def test_ask_can_be_private_and_limited(simcord_env: Env, channel: ChannelHandle, alice: MemberActor) -> None:
    result = await alice.slash(
        channel, "ask", question=ASKED, source="nature weekly", after="2019-01-01", before="2021-01-01", private=True
    )

    assert result.ephemeral
    assert result.response is not None
    assert "Sochi" not in text(result.response)


async def test_a_filter_that_leaves_nothing_says_so(
    simcord_env: Env, channel: ChannelHandle, alice: MemberActor
) -> None:
    result = await alice.slash(channel, "ask", question=ASKED, source="@everyone")

    assert result.response is not None
    assert text(result.response) == (
        "The articles do not say. No article is left\\: you asked for those only from \\@everyone."
    )


async def test_ask_takes_an_article_by_title_and_refuses_one_that_is_not_there(
    simcord_env: Env, channel: ChannelHandle, alice: MemberActor
) -> None:
    known = await alice.slash(channel, "ask", question="what do they eat?", article="Whales of the north")
    unknown = await alice.slash(channel, "ask", question="what do they eat?", article="Moby Dick")
    undated = await alice.slash(channel, "ask", question="what do they eat?", after="yesterday")

    assert known.response is not None
    assert unknown.ephemeral
    assert unknown.response is not None
    assert unknown.response.content.startswith("There is no article Moby Dick")
    assert undated.response is not None
    assert undated.response.content == "yesterday is not a day: write it as 2016-11-28."


async def test_titles_and_sources_are_offered_while_typing(
    simcord_env: Env, channel: ChannelHandle, alice: MemberActor
) -> None:
    titles = await alice.autocomplete(channel, "ask", "article", "on")
    sources = await alice.autocomplete(channel, "ask", "source", "")

    assert [choice["name"] for choice in titles] == ["On bread"]
    assert [choice["value"] for choice in sources] == ["Nature Weekly", "TASS"]


@pytest.mark.parametrize("chosen", [{"discord_guilds": {1}}])
async def test_where_nothing_is_answered_nothing_is_told_while_typing(
    simcord_env: Env, channel: ChannelHandle, alice: MemberActor
) -> None:
    assert await alice.autocomplete(channel, "ask", "article", "on") == []
    assert await alice.autocomplete(channel, "ask", "source", "") == []


async def test_the_words_of_a_message_can_be_found_in_private(
    simcord_env: Env, channel: ChannelHandle, alice: MemberActor, bob: MemberActor
) -> None:
    said = await bob.send(channel, "blue whales eat krill")
    silent = await bob.send(channel, "", attachments=[("a.png", b"x")])

    found = await alice.context_menu(channel, "Find in articles", said)
    nothing = await alice.context_menu(channel, "Find in articles", silent)

    assert found.ephemeral
    assert found.response is not None
    assert "krill" in text(found.response)
    assert nothing.response is not None
    assert nothing.response.content == cards.NO_TEXT


async def test_the_words_of_a_forwarded_message_and_of_an_embed_are_found_too(
    guild: GuildHandle, channel: ChannelHandle, alice: MemberActor
) -> None:
    embed = discord.Embed(title="Blue whales", description="They eat krill.")
    posted = await guild.create_webhook(channel).send("https://example.org/whales", embed=embed)
    forwarded = await alice.forward(await alice.send(channel, "blue whales eat krill"), channel)

    for message, words in ((posted, "Blue whales They eat krill."), (forwarded, "blue whales eat krill")):
        found = await alice.context_menu(channel, "Find in articles", message)
        assert title(found.response) == words
        assert "krill" in text(found.response)


async def test_a_question_that_is_forwarded_to_the_bot_is_answered(
    channel: ChannelHandle, alice: MemberActor, simcord_env: Env
) -> None:
    await alice.send_dm("hello")
    asked = await alice.send(channel, "what do blue whales eat?")
    await alice.forward(asked, alice.user.dm_channel)

    assert "krill" in text(last(alice.user.dm_channel))


@pytest.mark.parametrize("chosen", [{"discord_threads": True}])
async def test_an_answer_can_start_a_thread_and_what_follows_needs_only_a_mention(
    simcord_env: Env, channel: ChannelHandle, alice: MemberActor
) -> None:
    await alice.send(channel, mention(simcord_env, ASKED))

    thread = channel.threads[0]
    assert thread.name == ASKED
    await alice.send(thread, mention(simcord_env, "what do blue whales eat?"))
    assert "krill" in text(last(thread))


@pytest.mark.parametrize("chosen", [{"discord_threads": True}])
async def test_only_an_answer_starts_a_thread(
    simcord_env: Env, channel: ChannelHandle, alice: MemberActor, made: Made
) -> None:
    for said in ("hello", "thanks!", "more", "???", "what is the capital of France?"):
        await alice.send(channel, mention(simcord_env, said))
    made.answers._room = 0
    await alice.send(channel, mention(simcord_env, ASKED))

    assert channel.threads == []


async def test_a_member_can_have_the_bot_forget(
    simcord_env: Env, made: Made, channel: ChannelHandle, alice: MemberActor
) -> None:
    await alice.slash(channel, "ask", question=ASKED)
    await alice.slash(channel, "forget me")
    forgotten = await alice.slash(channel, "forget me")
    old = await alice.click(channel.history()[0], label="Paragraph")

    assert forgotten.ephemeral
    assert forgotten.response is not None
    assert text(forgotten.response).startswith("I have forgotten 0 answers and 0 votes of yours.")
    assert [message.content for message in old.followups] == [cards.TOO_OLD]


async def test_a_remark_to_ask_is_no_question(simcord_env: Env, channel: ChannelHandle, alice: MemberActor) -> None:
    helped = await alice.slash(channel, "ask", question="help")
    more = await alice.slash(channel, "ask", question="show me more, please")

    assert helped.response is not None
    assert "I answer questions" in text(helped.response)
    assert more.response is not None
    assert text(more.response) == wording.ASK_FIRST


@pytest.mark.parametrize("chosen", [{"discord_channels": {1}}, {"discord_guilds": {1}}])
async def test_a_place_that_is_not_allowed_is_not_answered(
    simcord_env: Env, channel: ChannelHandle, alice: MemberActor
) -> None:
    await alice.send(channel, mention(simcord_env, ASKED))
    result = await alice.slash(channel, "ask", question=ASKED)

    assert len(channel.history()) == 1
    assert result.ephemeral
    assert result.response is not None
    assert result.response.content == cards.NOT_HERE


@pytest.mark.parametrize("chosen", [{"discord_cooldown": 60.0}])
async def test_a_member_waits_between_two_questions(
    simcord_env: Env, channel: ChannelHandle, alice: MemberActor, bob: MemberActor
) -> None:
    for actor in (alice, alice, bob):
        await actor.send(channel, mention(simcord_env, ASKED))
    again = await alice.slash(channel, "ask", question=ASKED)

    answers = [text(message) for message in channel.history() if message.author.bot]
    waited = [answer for answer in answers if answer.startswith("One question at a time: please ask again in ")]
    assert (len(answers), len(waited)) == (3, 1)
    assert again.ephemeral


async def test_questions_that_are_none_are_told_so(
    simcord_env: Env, channel: ChannelHandle, alice: MemberActor
) -> None:
    await alice.send(channel, mention(simcord_env, "???"))

    assert last(channel).content == "The question is empty: ask it in words."


async def test_without_articles_the_bot_says_so(
    simcord_env: Env, made: Made, channel: ChannelHandle, alice: MemberActor
) -> None:
    for file in made.articles.iterdir():
        file.unlink()
    made.library.refresh(lambda *_: None)

    await alice.send(channel, mention(simcord_env, ASKED))

    assert last(channel).content == cards.NO_ARTICLES


async def test_a_full_queue_and_a_restart_are_told(
    simcord_env: Env, made: Made, channel: ChannelHandle, alice: MemberActor
) -> None:
    made.answers._room = 0
    await alice.send(channel, mention(simcord_env, ASKED))
    busy = last(channel).content
    made.answers.close()
    await alice.send(channel, mention(simcord_env, ASKED))
    closed = last(channel).content
    await simcord_env.bot.finish(0.1)  # type: ignore[attr-defined]
    await alice.send(channel, mention(simcord_env, ASKED))

    assert (busy, closed, last(channel).content) == (cards.BUSY, cards.CLOSING, cards.CLOSING)


async def test_an_answer_that_cannot_be_remembered_is_given_all_the_same(
    simcord_env: Env,
    made: Made,
    channel: ChannelHandle,
    alice: MemberActor,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: object) -> None:
        raise StorageFailed(made.state, "disk full")

    monkeypatch.setattr(made.memory, "keep", fail)
    await alice.send(channel, mention(simcord_env, ASKED))
    monkeypatch.setattr(made.memory, "find", fail)
    broken = await alice.click(last(channel), label="Paragraph")

    assert text(last(channel)).endswith(WHERE)
    assert "cannot be remembered" in caplog.text
    assert broken.response is not None
    assert broken.response.content == cards.BROKEN


async def test_a_fault_of_ours_ends_in_a_sentence_and_a_log_line(
    simcord_env: Env,
    made: Made,
    channel: ChannelHandle,
    alice: MemberActor,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(made.library.engine, "ask", lambda *_, **__: 1 / 0)

    await alice.send(channel, mention(simcord_env, ASKED))

    assert last(channel).content == cards.BROKEN
    assert "ZeroDivisionError" in caplog.text
