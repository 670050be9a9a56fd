"""What Discord may refuse, and what is tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord
import pytest

if TYPE_CHECKING:
    from simcord import Env
    from simcord.actors import MemberActor
    from simcord.builders import ChannelHandle, GuildHandle
from tests.bot.discord.reading import ASKED, QUOTE, WHERE, inside, labels, last, mention, text


@pytest.mark.parametrize("chosen", [{"discord_cards": "embeds"}])
async def test_an_answer_can_have_an_embed(simcord_env: Env, channel: ChannelHandle, alice: MemberActor) -> None:
    await alice.send(channel, mention(simcord_env, ASKED))
    asked = await alice.slash(channel, "ask", question=ASKED)

    assert last(channel).embeds[0].description == f"{QUOTE}\n{WHERE}"
    assert asked.response is not None
    assert asked.response.embeds[0].author.name == ASKED
    assert labels(asked.response) == ["Paragraph", "Article", "👍", "👎"]


async def test_an_answer_of_components_needs_no_leave_to_embed(
    simcord_env: Env, guild: GuildHandle, alice: MemberActor
) -> None:
    narrow = guild.create_text_channel(
        "narrow", overwrites={guild.default_role: discord.PermissionOverwrite(embed_links=False)}
    )
    await alice.send(narrow, mention(simcord_env, ASKED))

    assert last(narrow).flags.components_v2
    assert text(last(narrow)) == f"{QUOTE}\n{WHERE}"
    [link] = [each for each in inside(last(narrow)) if isinstance(each, discord.Button) and each.url]
    assert (link.label, link.url) == (
        "Open",
        "https://example.org/sochi#:~:text=Shinzo%20Abe%20met%20Vladimir%20Putin%20in%20Sochi%20on%20May%206.",
    )


@pytest.mark.parametrize("chosen", [{"discord_cards": "embeds"}])
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
