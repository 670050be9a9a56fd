"""What a member wrote, without what only Discord makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.discord.heard import as_shown, question_in
from tests.bot.discord.reading import ASKED, WHERE, last, mention, text, title

if TYPE_CHECKING:
    from simcord import Env
    from simcord.actors import MemberActor
    from simcord.builders import ChannelHandle, GuildHandle

NAMES = {("@", 5): "Alice", ("@&", 6): "Moderators", ("#", 7): "news-and-talk"}


def heard(content: str) -> str:
    return question_in(content, lambda sign, number: NAMES.get((sign, number)))


@pytest.mark.parametrize(
    "content",
    [
        "<@5> <@!9> who met in Sochi?",
        "who met in Sochi? <@5>",
        "who met <:wave:123> in Sochi? <a:dance:4>",
        "who met in Sochi? https://e.org/a_b?x=1 <https://e.org>",
        "[who met](https://e.org/(x)) in [Sochi](<http://e.org>)?",
        "who **met** in __*Sochi*__?",
        "## ||who met|| in ~~Sochi~~?",
        "```text\nwho met in Sochi?\n```",
        "> who met\nin `Sochi`?",
        "@everyone who met in Sochi? <t:1479600000:R> </ask:12> <id:browse>",
        "<#7>: who met in Sochi? <@&6>",
    ],
)
def test_markup_around_a_question_is_no_part_of_it(content: str) -> None:
    assert heard(content).lstrip(": ") == "who met in Sochi?"


@pytest.mark.parametrize(
    ("content", "question"),
    [
        ("what did <@5> say?", "what did Alice say?"),
        ("who is <@5>?", "who is Alice?"),
        ("what is in <#7>, <@5>?", "what is in news and talk,?"),
        ("may <@&6> ban?", "may Moderators ban?"),
        ("what happened on <t:1479600000:D>?", "what happened on 20 November 2016?"),
        ("what happened on <t:9999999999999>?", "what happened on?"),
        ("who met <@5> thanks", "who met thanks"),
        ("is snake_case 2*3*4 \\*good\\*?", "is snake_case 2*3*4 *good*?"),
        ("<@5> https://e.org", ""),
        ("???", "???"),
    ],
)
def test_what_markup_stands_for_is_kept_where_it_is_meant(content: str, question: str) -> None:
    assert heard(content) == question


pieces = st.sampled_from(
    ["<@5>", "<", "*", "_", "~~", "`", "```", "[a](http://b)", "<t:1>", "who", " ", "\n", "\\", "> "]
)


@given(st.lists(pieces, max_size=60).map("".join) | st.text(max_size=200))
def test_whatever_is_written_is_read_as_one_line(content: str) -> None:
    assert "\n" not in heard(content)


async def test_a_mention_with_markup_around_the_question_is_answered(
    simcord_env: Env, guild: GuildHandle, channel: ChannelHandle, alice: MemberActor, bob: MemberActor
) -> None:
    await alice.send(channel, mention(simcord_env, f"hey {bob.mention}, **{ASKED}** thanks! https://example.org/x"))
    said = text(last(channel))
    asked = await alice.slash(channel, "ask", question=f"please tell me {ASKED} {bob.mention} <:wave:12>")

    assert said.endswith(WHERE)
    assert asked.response is not None
    assert text(asked.response).endswith(WHERE)
    assert title(asked.response) == f"please tell me {ASKED}"


def test_a_message_that_is_kept_has_what_discord_shows_in_the_place_of_its_tokens() -> None:
    names = {("@", 5): "Ola", ("@&", 6): "Editors", ("#", 7): "sea-news"}
    content = (
        "Ask <@!5> or <@&6> in <#7>, <@8> knows: <t:1480291200:D> <a:w:12>\n**see** </ask:3> <https://e.org/_> 1 < 2"
    )

    assert as_shown(content, lambda sign, number: names.get((sign, number))) == (
        "Ask @Ola or @Editors in #sea-news, @… knows: 28 November 2016 :w:\n**see** /ask <https://e.org/_> 1 < 2"
    )
