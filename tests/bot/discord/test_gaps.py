"""What members asked in vain: what is written down of it, and who is shown it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import discord
import pytest

from bot.discord import cards, gaps
from bot.gaps import Gap, Gaps
from bot.question_log import Logged, Nearest
from retrieval.errors import StorageFailed
from tests.bot.discord.conftest import Made
from tests.bot.discord.reading import ASKED, buttons, latest_reply, mention, text

if TYPE_CHECKING:
    from simcord import Env
    from simcord.actors import MemberActor
    from simcord.builders import ChannelHandle, GuildHandle

    from bot.discord.client import QuothClient

VAIN = "what does the lagrangian of quantum chromodynamics say?"


@pytest.fixture
def keeper(simcord_env: Env, guild: GuildHandle) -> MemberActor:
    role = guild.create_role("Keepers", permissions=discord.Permissions(manage_guild=True))
    return guild.add_member(simcord_env.create_user("keeper"), roles=[role])


def logged(made: Made, **limits: Any) -> list[Logged]:
    return made.collections.questions.read(made.articles, **limits)


async def test_mentions_and_commands_are_written_down_without_who_asked(
    simcord_env: Env, made: Made, channel: ChannelHandle, alice: MemberActor
) -> None:
    await alice.send(channel, mention(simcord_env, ASKED))
    await alice.slash(channel, "ask", question=VAIN)
    await alice.slash(channel, "ask", question=f"{VAIN} please", private=True)

    here = str(cast("QuothClient", simcord_env.bot).guilds[0].id)
    asked = [(each.asked.question, each.asked.answered, each.asked.server) for each in logged(made)]
    assert asked == [(ASKED, True, here), (VAIN, False, here), (f"{VAIN} please", False, "")]
    assert "alice" not in (made.state / "questions.sqlite3").read_bytes().decode("latin-1")


async def test_nothing_is_written_down_of_others_words_that_were_looked_up(
    simcord_env: Env, made: Made, channel: ChannelHandle, alice: MemberActor, bob: MemberActor
) -> None:
    message = await alice.send(channel, VAIN)
    await bob.context_menu(channel, "Find in articles", message)

    assert logged(made) == []


async def test_votes_reach_the_log_and_are_taken_back(
    simcord_env: Env, made: Made, channel: ChannelHandle, alice: MemberActor, bob: MemberActor
) -> None:
    await alice.send(channel, mention(simcord_env, ASKED))
    for voter in (alice, bob):
        [down] = [each for each in buttons(latest_reply(channel)) if str(each.emoji) == cards.DOWN]
        await voter.click(latest_reply(channel), custom_id=down.custom_id)
    assert [(each.up, each.down) for each in logged(made)] == [(0, 2)]

    await bob.slash(channel, "forget me")

    assert [(each.up, each.down) for each in logged(made)] == [(0, 1)]


async def test_who_wants_to_be_forgotten_has_their_questions_deleted(
    simcord_env: Env, made: Made, channel: ChannelHandle, alice: MemberActor, bob: MemberActor
) -> None:
    await alice.slash(channel, "ask", question=VAIN)
    await bob.slash(channel, "ask", question=ASKED)

    await alice.slash(channel, "forget me")

    assert [each.asked.question for each in logged(made)] == [ASKED]


async def test_what_cannot_be_deleted_now_can_be_later(
    simcord_env: Env, made: Made, channel: ChannelHandle, alice: MemberActor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(_: object) -> None:
        raise StorageFailed(made.state, "busy")

    await alice.slash(channel, "ask", question=VAIN)
    with monkeypatch.context() as broken:
        broken.setattr(made.collections.questions, "forget", busy)
        refused = await alice.slash(channel, "forget me")
    forgotten = await alice.slash(channel, "forget me")

    assert refused.response is not None
    assert text(refused.response) == cards.BROKEN
    assert forgotten.response is not None
    assert text(forgotten.response).startswith("I have forgotten 1 answer ")
    assert logged(made) == []


async def test_a_caretaker_sees_what_was_asked_here_in_vain(
    simcord_env: Env, made: Made, channel: ChannelHandle, keeper: MemberActor, alice: MemberActor
) -> None:
    await alice.slash(channel, "ask", question=VAIN)
    await alice.send(channel, mention(simcord_env, VAIN.upper()))
    await alice.slash(channel, "ask", question="private lasers?", private=True)

    shown = await keeper.slash(channel, "stats")

    assert shown.ephemeral
    assert shown.response is not None
    assert text(shown.response).startswith("Questions: 2. Answered: 0. Declined: 2. Answered, but voted down: 0.")
    assert f"**2×** {VAIN}" in text(shown.response)
    assert "lasers" not in text(shown.response)


@pytest.mark.parametrize("chosen", [{"discord_caretakers": {1}}])
async def test_who_does_not_care_for_the_articles_sees_nothing(channel: ChannelHandle, keeper: MemberActor) -> None:
    refused = await keeper.slash(channel, "stats")

    assert refused.response is not None
    assert text(refused.response) == cards.CARE_REFUSED


async def test_a_server_sees_nothing_of_another(
    simcord_env: Env, made: Made, channel: ChannelHandle, keeper: MemberActor
) -> None:
    service = cast("QuothClient", simcord_env.bot).collections.common.service
    found = await service.gaps(server=1)

    assert found is not None
    assert found.questions == 0


@pytest.mark.parametrize("chosen", [{"questions_days": 0}])
async def test_where_questions_are_not_kept_the_caretaker_is_told(
    simcord_env: Env, made: Made, channel: ChannelHandle, keeper: MemberActor
) -> None:
    await keeper.slash(channel, "ask", question=VAIN)
    shown = await keeper.slash(channel, "stats")

    assert shown.response is not None
    assert text(shown.response) == "Questions are not kept: whoever runs me has switched that off."
    assert not (made.state / "questions.sqlite3").exists()


async def test_a_log_that_cannot_be_read_is_no_end(
    simcord_env: Env, made: Made, channel: ChannelHandle, keeper: MemberActor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise StorageFailed(made.state, "damaged")

    monkeypatch.setattr(made.collections.questions, "read", broken)
    shown = await keeper.slash(channel, "stats")

    assert shown.response is not None
    assert text(shown.response) == cards.BROKEN


# --- the card ------------------------------------------------------------------------------------------------


def a_gap(question: str, **other: Any) -> Gap:
    at = datetime(2026, 1, 31, tzinfo=UTC)
    facts = {"times": 3, "declined": 3, "up": 0, "down": 0, "confidence": 0.1, "nearest": None} | other
    return Gap(question, (), first=at, last=at, **facts)


def test_nothing_in_a_question_acts_as_markup() -> None:
    hostile = a_gap(
        "@everyone **x** [a](https://evil) <@1> \x1b[31m\n# y", nearest=Nearest("a", "`t` <#1>", ""), down=2
    )
    shown = gaps.card(Gaps(1, 0, 1, 0, (hostile,)))

    for said in (shown.body, shown.plain):
        for acting in (" **x", "\x1b", "\n#"):
            assert acting not in said
        assert r"\@everyone \*\*x\*\* \[a\](https\://evil) \<\@1> \[31m # y" in said
        assert r"👍 0 👎 2 · nearest: \`t\` \<#1>" in said


def test_a_card_has_as_many_as_fit() -> None:
    long = [a_gap("*" * 2000) for _ in range(12)]
    shown = gaps.card(Gaps(12, 0, 12, 0, tuple(long)))

    assert len(shown.body) <= cards.CARD_TEXT
    assert len(shown.plain) <= cards.CONTENT
    assert shown.body.count("×**") > shown.plain.count("×**") > 2
    assert "Nothing was asked here in vain." in gaps.card(Gaps(1, 1, 0, 0, ())).body
