"""The buttons under an answer: who may press what, and what comes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.discord import cards
from tests.bot.discord.conftest import Made

if TYPE_CHECKING:
    from simcord import Env
    from simcord.actors import MemberActor
    from simcord.builders import ChannelHandle
from tests.bot.discord.reading import ASKED, QUOTE, WHERE, buttons, labels, last, mention, text


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
    assert paragraph.response is not None
    assert "They spoke of trade" in text(paragraph.response)


async def test_votes_are_counted_on_their_buttons_and_can_be_taken_back(
    simcord_env: Env, made: Made, channel: ChannelHandle, alice: MemberActor, bob: MemberActor
) -> None:
    await alice.send(channel, mention(simcord_env, ASKED))
    before = text(last(channel))

    async def press(member: MemberActor, emoji: str) -> list[str]:
        button = next(each for each in buttons(last(channel)) if str(each.emoji) == emoji)
        result = await member.click(last(channel), custom_id=button.custom_id)
        assert not result.followups
        return labels(last(channel))[-2:]

    assert await press(bob, "👍") == ["👍 1", "👎"]
    assert await press(bob, "👎") == ["👍", "👎 1"]
    assert await press(alice, "👎") == ["👍", "👎 2"]
    assert await press(alice, "👎") == ["👍", "👎 1"]
    assert text(last(channel)) == before
    assert len(channel.history()) == 2


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
    assert [message.content for message in old.followups] == [cards.TOO_OLD]
    assert labels(last(channel)) == []
    assert text(last(channel)) == f"{QUOTE}\n{WHERE}"


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
        assert result.response.content == cards.CHANGED


async def test_a_vote_on_an_answer_whose_article_has_changed_counts_and_takes_nothing_away(
    simcord_env: Env, made: Made, channel: ChannelHandle, alice: MemberActor, bob: MemberActor
) -> None:
    await alice.send(channel, mention(simcord_env, ASKED))
    answer = text(last(channel))
    (made.articles / "sochi.md").write_text("Shinzo Abe stayed at home.", encoding="utf-8")
    made.library.refresh(lambda *_: None)
    up = next(each for each in buttons(last(channel)) if str(each.emoji) == "👍")
    voted = await bob.click(last(channel), custom_id=up.custom_id)

    assert voted.ephemeral
    assert text(voted.response) == cards.CHANGED
    assert text(last(channel)) == answer
    assert up.custom_id
    assert made.memory.votes(up.custom_id.split(":")[-1]) == {"up": 1}


async def test_an_answer_and_its_paragraph_say_that_the_file_has_changed_since(
    simcord_env: Env, channel: ChannelHandle, alice: MemberActor, made: Made
) -> None:
    (made.articles / "sochi.md").unlink()

    await alice.send(channel, mention(simcord_env, ASKED))
    answer = last(channel)
    paragraph = await alice.click(answer, label="Paragraph")

    assert text(answer) == f"{QUOTE}\n{WHERE}\n-# Its file was removed after it was indexed."
    assert text(paragraph.response).endswith("-# Its file was removed after it was indexed.")
