"""Asking in Discord: every way to, what comes back, who may press what, and what happens when Discord says no."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import discord
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.discord import cards as shown
from bot.discord.client import QuothClient
from bot.discord.service import Cooldown
from bot.talks import Talks, remark
from retrieval.errors import StorageFailed
from tests.bot.discord.conftest import Made

if TYPE_CHECKING:
    from simcord import Env
    from simcord.actors import MemberActor
    from simcord.builders import ChannelHandle, GuildHandle

QUOTE = "> Shinzo **Abe** **met** Vladimir **Putin** in **Sochi** on May 6."
WHERE = "-# [Abe and Putin meet](<https://example.org/sochi>) · TASS · 6 May 2016"
ASKED = "when did Abe meet Putin in Sochi?"


def last(channel: ChannelHandle) -> discord.Message:
    message = channel.last_message
    assert message is not None
    return message


def latest_reply(channel: ChannelHandle) -> discord.Message:
    """The bot's, whatever Discord itself has said since."""
    replies = [message for message in channel.history() if message.type is discord.MessageType.reply]
    return next(message for message in reversed(replies) if message.author.bot)


def text(message: Any) -> str:
    return str(message.embeds[0].description if message.embeds else message.content)


def mention(env: Env, question: str) -> str:
    assert env.bot.user is not None
    return f"{env.bot.user.mention} {question}"


def labels(message: Any) -> list[str]:
    return [button.label or str(button.emoji) for row in message.components for button in row.children]


async def test_a_mention_is_answered_with_a_reply(simcord_env: Env, channel: ChannelHandle, alice: MemberActor) -> None:
    question = await alice.send(channel, mention(simcord_env, ASKED))

    answer = last(channel)
    assert answer.reference is not None
    assert answer.reference.message_id == question.id
    assert text(answer) == f"{QUOTE}\n{WHERE}"
    assert answer.content == ""
    assert answer.embeds[0].author.name is None
    assert labels(answer)[-3:] == ["Paragraph", "👍", "👎"]


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

    assert last(channel).content.startswith("Ask me something, say about “")
    assert "Whales of the north" in last(channel).content


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
    assert result.response.embeds[0].author.name == ASKED


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
    assert nothing.response.content == shown.NO_TEXT


async def test_what_the_articles_do_not_say_hides_the_nearest_passages_behind_a_button(
    simcord_env: Env, channel: ChannelHandle, alice: MemberActor, bob: MemberActor
) -> None:
    await alice.send(channel, mention(simcord_env, "what is the capital of France?"))
    answer = last(channel)

    nearest = await bob.click(answer, label="Nearest passages")

    assert text(answer) == "The articles do not say."
    assert nearest.ephemeral
    assert nearest.response is not None
    assert text(nearest.response).startswith("**Not an answer**")


@pytest.mark.parametrize("chosen", [{"confidence": 0.0}])
async def test_the_asker_turns_the_page_and_others_get_their_own(
    simcord_env: Env, channel: ChannelHandle, alice: MemberActor, bob: MemberActor
) -> None:
    await alice.send(channel, mention(simcord_env, "what of Sochi and thirty projects or elephants?"))
    answer = last(channel)
    first, forward = text(answer), next(label for label in labels(answer) if label.startswith("More"))

    copy = await bob.click(answer, label=forward)
    assert text(last(channel)) == first
    assert copy.ephemeral
    assert copy.response is not None
    assert text(copy.response) != first

    await alice.click(last(channel), label=forward)
    assert text(last(channel)) == text(copy.response)


async def test_the_paragraph_and_votes(
    simcord_env: Env, made: Made, channel: ChannelHandle, alice: MemberActor, bob: MemberActor
) -> None:
    await alice.send(channel, mention(simcord_env, ASKED))
    answer = last(channel)

    paragraph = await bob.click(answer, label="Paragraph")
    up, down = [b.custom_id for row in answer.components for b in row.children if b.custom_id][-2:]  # type: ignore[union-attr]
    await bob.click(answer, custom_id=up)
    thanks = await bob.click(answer, custom_id=down)

    assert paragraph.response is not None
    assert "They spoke of trade" in text(paragraph.response)
    assert thanks.ephemeral
    assert made.memory.votes(str(down).rpartition(":")[2]) == {"down": 1}


async def test_buttons_work_after_a_restart_and_vanish_when_too_old(
    simcord_env: Env, made: Made, channel: ChannelHandle, alice: MemberActor
) -> None:
    await alice.send(channel, mention(simcord_env, ASKED))
    await simcord_env.restart_bot(made.make())
    paragraph = await alice.click(last(channel), label="Paragraph")
    with made.memory._session() as database:
        database.execute("DELETE FROM answers")

    old = await alice.click(last(channel), label="Paragraph")

    assert paragraph.response is not None
    assert "They spoke of trade" in text(paragraph.response)
    assert [message.content for message in old.followups] == [shown.TOO_OLD]
    assert last(channel).components == []


async def test_an_article_that_changed_is_quoted_no_more(
    simcord_env: Env, made: Made, channel: ChannelHandle, alice: MemberActor
) -> None:
    await alice.send(channel, mention(simcord_env, ASKED))
    (made.articles / "sochi.md").write_text("Shinzo Abe stayed at home.", encoding="utf-8")
    made.library.refresh(lambda *_: None)
    changed = await alice.click(last(channel), label="Paragraph")
    (made.articles / "sochi.md").unlink()
    made.library.refresh(lambda *_: None)
    gone = await alice.click(last(channel), label="Paragraph")

    for result in (changed, gone):
        assert result.response is not None
        assert result.response.content == shown.CHANGED


async def test_an_answer_and_its_paragraph_say_that_the_file_has_changed_since(
    simcord_env: Env, channel: ChannelHandle, alice: MemberActor, made: Made
) -> None:
    (made.articles / "sochi.md").unlink()

    await alice.send(channel, mention(simcord_env, ASKED))
    answer = last(channel)
    paragraph = await alice.click(answer, label="Paragraph")

    assert text(answer) == f"{QUOTE}\n{WHERE}\n-# Its file was removed after it was indexed."
    assert text(paragraph.response).endswith("-# Its file was removed after it was indexed.")


@pytest.mark.parametrize("chosen", [{"discord_threads": True}])
async def test_an_answer_can_start_a_thread_and_what_follows_needs_only_a_mention(
    simcord_env: Env, channel: ChannelHandle, alice: MemberActor
) -> None:
    await alice.send(channel, mention(simcord_env, ASKED))

    thread = channel.threads[0]
    assert thread.name == ASKED
    await alice.send(thread, mention(simcord_env, "what do blue whales eat?"))
    assert "krill" in text(last(thread))


@pytest.mark.parametrize("chosen", [{"discord_channels": {1}}, {"discord_guilds": {1}}])
async def test_a_place_that_is_not_allowed_is_not_answered(
    simcord_env: Env, channel: ChannelHandle, alice: MemberActor
) -> None:
    await alice.send(channel, mention(simcord_env, ASKED))
    result = await alice.slash(channel, "ask", question=ASKED)

    assert len(channel.history()) == 1
    assert result.ephemeral
    assert result.response is not None
    assert result.response.content == shown.NOT_HERE


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

    assert last(channel).content == shown.NO_ARTICLES


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

    assert (busy, closed, last(channel).content) == (shown.BUSY, shown.CLOSING, shown.CLOSING)


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
    assert broken.response.content == shown.BROKEN


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

    assert last(channel).content == shown.BROKEN
    assert "ZeroDivisionError" in caplog.text


# --- what Discord may refuse ---------------------------------------------------------------------------------


async def test_without_embeds_the_answer_is_plain_text(
    simcord_env: Env, guild: GuildHandle, alice: MemberActor
) -> None:
    narrow = guild.create_text_channel(
        "narrow", overwrites={guild.default_role: discord.PermissionOverwrite(embed_links=False)}
    )
    await alice.send(narrow, mention(simcord_env, ASKED))

    assert last(narrow).embeds == []
    assert last(narrow).content.endswith(WHERE)


async def test_without_history_the_answer_is_no_reply(simcord_env: Env, guild: GuildHandle, alice: MemberActor) -> None:
    narrow = guild.create_text_channel(
        "narrow", overwrites={guild.default_role: discord.PermissionOverwrite(read_message_history=False)}
    )
    await alice.send(narrow, mention(simcord_env, ASKED))

    assert last(narrow).reference is None
    assert text(last(narrow)).endswith(WHERE)


async def test_without_leave_to_send_only_the_log_hears(
    simcord_env: Env, guild: GuildHandle, caplog: pytest.LogCaptureFixture
) -> None:
    narrow = guild.create_text_channel(
        "narrow", overwrites={guild.default_role: discord.PermissionOverwrite(send_messages=False)}
    )
    talker = guild.create_role("talkers", permissions=discord.Permissions(administrator=True))
    carol = guild.add_member(simcord_env.create_user("carol"), roles=[talker])

    await carol.send(narrow, mention(simcord_env, ASKED))

    assert len(narrow.history()) == 1
    assert "No permission to send" in caplog.text


@pytest.mark.parametrize(("status", "code"), [(403, 50013), (404, 10003), (400, 50035)])
async def test_a_refusal_of_discord_is_a_log_line(
    simcord_env: Env,
    channel: ChannelHandle,
    alice: MemberActor,
    caplog: pytest.LogCaptureFixture,
    status: int,
    code: int,
) -> None:
    simcord_env.inject_error("POST", "/channels/*/messages", status=status, code=code)

    await alice.send(channel, mention(simcord_env, ASKED))
    await alice.send(channel, mention(simcord_env, ASKED))

    assert "Discord refused" in caplog.text
    assert text(last(channel)).endswith(WHERE)


@pytest.mark.parametrize("status", [429, 503])
async def test_what_passes_is_tried_again(
    simcord_env: Env, channel: ChannelHandle, alice: MemberActor, status: int
) -> None:
    simcord_env.inject_error("POST", "/channels/*/messages", status=status)

    await alice.send(channel, mention(simcord_env, ASKED))
    await simcord_env.advance_time(10)

    assert text(last(channel)).endswith(WHERE)


async def test_an_interaction_that_expired_is_let_go(
    simcord_env: Env, channel: ChannelHandle, alice: MemberActor, caplog: pytest.LogCaptureFixture
) -> None:
    simcord_env.inject_error(
        "POST", "/interactions/*/*/callback", status=404, code=10062, message="Unknown interaction"
    )

    result = await alice.slash(channel, "ask", question=ASKED)

    assert result.response is None
    assert "came to nothing" in caplog.text


# --- talks ---------------------------------------------------------------------------------------------------


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
    assert last(thread).content == shown.NEW_SUBJECT
    await alice.send(thread, mention(simcord_env, "more"))
    assert last(thread).content == shown.ASK_FIRST


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
    assert last(channel).content == shown.NOTHING_MORE or text(last(channel)).startswith("> ")
    await alice.send(channel, mention(simcord_env, "when was that?"))
    assert "about" not in text(last(channel))


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
    [place] = [key for key in simcord_bot.talks._talks if isinstance(key, tuple)]
    newer = simcord_bot.talks.of(place).shown(())

    def wait(_: Cooldown, __: int) -> float:
        # The answer to an earlier question is given just now.
        simcord_bot.talks.keep(place, newer)
        return 60.0

    monkeypatch.setattr(Cooldown, "wait", wait)
    await alice.send_dm("when was that?")
    refusal = last(alice.user.dm_channel)

    assert refusal.content.startswith("One question at a time")
    assert simcord_bot.talks.of(place) is newer
    assert refusal.id not in simcord_bot.talks


SAID = st.tuples(
    st.sampled_from(("alice", "bob")),
    st.sampled_from(("thread", "thread", "channel", "direct")),
    st.sampled_from((ASKED, "what do blue whales eat?", "when was that?", "and where was that?"))
    | st.sampled_from(("more", "new topic", "thanks", "?!")),
    st.integers(0, 9),
)
"""By whom, where, what, and which of the answers there it replies to, if there are so many."""


@pytest.mark.parametrize("chosen", [{"discord_threads": True}])
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(messages=st.lists(SAID, min_size=6, max_size=12))
async def test_whatever_is_said_anywhere_no_talk_sees_another(
    messages: list[tuple[str, str, str, int]],
    simcord_env: Env,
    guild: GuildHandle,
    alice: MemberActor,
    bob: MemberActor,
    simcord_bot: QuothClient,
) -> None:
    simcord_bot.talks = Talks(kept=6)
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
        with patch.object(simcord_bot.desk, "ask", wraps=simcord_bot.desk.ask) as ask:
            if place:
                await member.send(place, mention(simcord_env, question), reply_to=replied)
            else:
                await member.send_dm(question)

        answer = latest_reply(place or member.user.dm_channel)
        assert answer.id not in {earlier.id for _, earlier, _ in answers}
        assert text(answer) not in (shown.BROKEN, shown.BUSY)
        for call in ask.call_args_list:
            context = call.args[0].context
            assert set(re.findall(r"tag\d+", context.said if context else "")) <= known
        tags = set() if remark(said) == "new" else known | {tag}
        answers.append((place, answer, tags))
        if where != "channel":
            own[where, who] = tags
        assert len(simcord_bot.talks) <= 6
