"""Reading articles in Discord: everyone may, where the bot answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.discord import cards
from tests.bot.discord.conftest import Made
from tests.bot.discord.reading import ASKED, labels, last, mention, text, title

if TYPE_CHECKING:
    from simcord import Env
    from simcord.actors import MemberActor
    from simcord.builders import ChannelHandle, GuildHandle


async def test_everyone_may_list_the_articles(channel: ChannelHandle, alice: MemberActor) -> None:
    result = await alice.slash(channel, "articles list")
    found = await alice.slash(channel, "articles list", search="nature")

    assert result.ephemeral
    assert "**Whales of the north** · Nature Weekly · 1 February 2020" in text(result.response)
    assert text(found.response).startswith("1 article with “nature”")
    assert labels(found.response) == ["1"]


async def test_a_long_list_is_turned(alice: MemberActor, made: Made, channel: ChannelHandle) -> None:
    for number in range(12):
        (made.articles / f"{number:02}.txt").write_text(f"Text {number}", encoding="utf-8")
    made.library.refresh(lambda *_: None)
    result = await alice.slash(channel, "articles list")

    await alice.click(result.response, label="More articles (1 of 2) ▶")  # type: ignore[arg-type]

    assert "Whales of the north" in text(result.response)


async def test_an_article_is_read_page_by_page(alice: MemberActor, made: Made, channel: ChannelHandle) -> None:
    (made.articles / "long.txt").write_text(
        "A long story\n\n" + "\n\n".join(f"Paragraph {number} goes on. " * 20 for number in range(9)), encoding="utf-8"
    )
    made.library.refresh(lambda *_: None)
    offered = await alice.autocomplete(channel, "articles read", "article", "long")
    result = await alice.slash(channel, "articles read", article=offered[0]["value"])
    first = text(result.response)
    forward = next(label for label in labels(result.response) if label.startswith("More pages (1 of"))
    await alice.click(result.response, label=forward)  # type: ignore[arg-type]

    assert result.ephemeral
    assert title(result.response) == "A long story"
    assert first.startswith("> ")
    assert "Paragraph 0 goes on" in first
    assert text(result.response) != first
    assert text(result.response).endswith("-# A long story")


async def test_the_article_of_a_quote_opens_beside_it(
    simcord_env: Env, channel: ChannelHandle, alice: MemberActor, bob: MemberActor
) -> None:
    await alice.send(channel, mention(simcord_env, ASKED))
    before = text(last(channel))
    opened = await bob.click(last(channel), label="Article")

    assert opened.ephemeral
    assert "A list of thirty projects was formed" in text(opened.response)
    assert text(last(channel)) == before


async def test_an_article_opens_from_the_list(channel: ChannelHandle, alice: MemberActor) -> None:
    listed = await alice.slash(channel, "articles list", search="bread")
    opened = await alice.click(listed.response, label="1")  # type: ignore[arg-type]
    unknown = await alice.slash(channel, "articles read", article="Moby Dick")

    assert "Bread rises because yeast makes gas." in text(opened.response)
    assert text(unknown.response).startswith("There is no article Moby Dick")


@pytest.mark.parametrize("chosen", [{"discord_guilds": {1}}])
async def test_where_nothing_is_answered_nothing_can_be_read(
    guild: GuildHandle, channel: ChannelHandle, alice: MemberActor
) -> None:
    listed = await alice.slash(channel, "articles list")
    opened = await alice.slash(channel, "articles read", article="On bread")

    assert text(listed.response) == text(opened.response) == cards.NOT_HERE
    assert await alice.autocomplete(channel, "articles read", "article", "bread") == []
