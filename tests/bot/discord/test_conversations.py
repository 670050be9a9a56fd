"""What a message goes on from: threads, replies, direct messages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot import wording
from bot.discord import cards
from bot.discord.client import QuothClient
from bot.discord.service import Cooldown
from bot.small_talk import remark

if TYPE_CHECKING:
    import discord
    from simcord import Env
    from simcord.actors import MemberActor
    from simcord.builders import ChannelHandle, GuildHandle
from tests.bot.discord.reading import ASKED, WHERE, last, latest_reply, mention, text
from tests.volume import few


@pytest.mark.parametrize("chosen", [{"discord_threads": True}])
async def test_a_thread_is_one_talk_and_members_in_it_never_mix(
    simcord_env: Env, channel: ChannelHandle, alice: MemberActor, bob: MemberActor, simcord_bot: QuothClient
) -> None:
    await alice.send(channel, mention(simcord_env, ASKED))
    thread = channel.threads[0]  # which begins with the answer
    await alice.send(thread, mention(simcord_env, "and where was that?"))
    assert text(last(thread)).startswith("-# about\\: ")
    await bob.send(thread, mention(simcord_env, "what do blue whales eat?"))

    await alice.send(thread, mention(simcord_env, "when was that?"))
    assert "Sochi" in text(last(thread)).splitlines()[0]
    await bob.send(thread, mention(simcord_env, "when was that?"))
    assert "Sochi" not in text(last(thread)).splitlines()[0]
    await alice.send(thread, mention(simcord_env, "where does it say that?"))
    assert "three hours" in text(last(thread))
    await alice.send(thread, mention(simcord_env, "new topic"))
    assert last(thread).content == wording.NEW_SUBJECT
    await alice.send(thread, mention(simcord_env, "more"))
    assert last(thread).content == wording.ASK_FIRST


async def test_a_reply_goes_on_from_what_it_replies_to_and_a_new_mention_from_nothing(
    simcord_env: Env, channel: ChannelHandle, alice: MemberActor, bob: MemberActor
) -> None:
    await alice.send(channel, mention(simcord_env, ASKED))
    answer = last(channel)

    await bob.send(channel, mention(simcord_env, "when was that?"), reply_to=answer)
    assert text(last(channel)).startswith("-# about\\: ")
    await bob.send(channel, mention(simcord_env, "show me the article"), reply_to=answer)
    assert last(channel).content == WHERE.removeprefix("-# ")
    await bob.send(channel, mention(simcord_env, "more"), reply_to=answer)
    assert last(channel).content == wording.NOTHING_MORE or text(last(channel)).startswith("> ")
    await alice.send(channel, mention(simcord_env, "when was that?"))
    assert "about" not in text(last(channel))


@pytest.mark.parametrize("chosen", [{"confidence": 0.0, "top": 1}])
async def test_the_paragraph_is_that_of_the_quote_shown_last(
    simcord_env: Env, guild: GuildHandle, alice: MemberActor
) -> None:
    await alice.send_dm("what do blue whales eat in Sochi?")
    await alice.send_dm("more")
    shown = text(last(alice.user.dm_channel)).splitlines()[0].removeprefix("> ").replace("**", "")
    await alice.send_dm("where does it say that?")

    assert shown in text(last(alice.user.dm_channel)).replace("**", "")


async def test_a_direct_message_goes_on_and_small_talk_is_answered(
    simcord_env: Env, guild: GuildHandle, alice: MemberActor
) -> None:
    await alice.send_dm(ASKED)
    await alice.send_dm("thanks!")
    assert last(alice.user.dm_channel).content.startswith("You are welcome")
    await alice.send_dm("when was that?")
    assert text(last(alice.user.dm_channel)).startswith("-# about\\: ")


@pytest.mark.parametrize("chosen", [{"discord_cooldown": 60.0}])
async def test_a_question_that_the_cooldown_refuses_leaves_a_newer_talk_as_it_is(
    simcord_env: Env, guild: GuildHandle, alice: MemberActor, simcord_bot: QuothClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await alice.send_dm(ASKED)
    [place] = [key for key in simcord_bot.collections.common.talks._talks if isinstance(key, tuple)]
    newer = simcord_bot.collections.common.talks.of(place).shown(())

    def wait(_: Cooldown, __: int) -> float:
        # The answer to an earlier question is given just now.
        simcord_bot.collections.common.talks.keep(place, newer)
        return 60.0

    monkeypatch.setattr(Cooldown, "wait", wait)
    await alice.send_dm("when was that?")
    refusal = last(alice.user.dm_channel)

    assert refusal.content.startswith("One question at a time")
    assert simcord_bot.collections.common.talks.of(place) is newer
    assert refusal.id not in simcord_bot.collections.common.talks


SAID = st.tuples(
    st.sampled_from(("alice", "bob")),
    st.sampled_from(("thread", "thread", "channel", "direct")),
    st.sampled_from((ASKED, "what do blue whales eat?", "when was that?", "and where was that?"))
    | st.sampled_from(("more", "new topic", "thanks", "?!")),
    st.integers(0, 9),
)
"""By whom, where, what, and which of the answers there it replies to, if there are so many."""


@pytest.mark.parametrize("chosen", [{"discord_threads": True}])
@settings(few(4), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(messages=st.lists(SAID, min_size=6, max_size=12))
async def test_whatever_is_said_anywhere_no_talk_sees_another(
    messages: list[tuple[str, str, str, int]],
    simcord_env: Env,
    guild: GuildHandle,
    alice: MemberActor,
    bob: MemberActor,
    simcord_bot: QuothClient,
) -> None:
    service, talks = simcord_bot.collections.common.service, simcord_bot.collections.common.talks
    talks._kept = 6
    talks._talks.clear()  # of the example before
    channel = guild.create_text_channel("talks")
    await alice.send(channel, mention(simcord_env, "tag0 " + ASKED))
    thread, opening = channel.threads[0], latest_reply(channel)
    answers: list[tuple[ChannelHandle | None, discord.Message, set[str]]] = [(channel, opening, {"tag0"})]
    own: dict[tuple[str, str], set[str]] = {}
    for number, (who, where, said, back) in enumerate(messages, 1):
        member = alice if who == "alice" else bob
        place = {"channel": channel, "thread": thread}.get(where)
        here = [(answer, tags) for at, answer, tags in answers if at is place is not None]
        replied, known = here[back] if back < len(here) else (None, set())
        known = known | own.get((where, who), {"tag0"} if where == "thread" else set())
        tag = f"tag{number}"
        question = said if remark(said) else f"{tag} {said}"
        with patch.object(service, "ask", wraps=service.ask) as ask:
            if place:
                await member.send(place, mention(simcord_env, question), reply_to=replied)
            else:
                await member.send_dm(question)

        answer = latest_reply(place or member.user.dm_channel)
        assert answer.id not in {earlier.id for _, earlier, _ in answers}
        assert text(answer) not in (cards.BROKEN, cards.BUSY)
        for call in ask.call_args_list:
            context = call.args[0].context
            assert set(re.findall(r"tag\d+", context.said if context else "")) <= known
        tags = set() if remark(said) == "new" else known | {tag}
        answers.append((place, answer, tags))
        if where != "channel":
            own[where, who] = tags
        assert len(talks) <= 6
