"""Articles that caretakers type into a form, or make of a message."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord

from bot.discord import cards
from bot.discord.markup import size
from tests.bot.discord.caring import filled_in, said
from tests.bot.discord.reading import labels

if TYPE_CHECKING:
    from simcord import Env
    from simcord.actors import MemberActor
    from simcord.builders import ChannelHandle, GuildHandle

    from tests.bot.discord.conftest import Made


async def test_an_article_can_be_typed_or_made_of_a_message(
    keeper: MemberActor, made: Made, channel: ChannelHandle, bob: MemberActor
) -> None:
    asked = await keeper.slash(channel, "articles add")
    typed = {"title": "The Moon: a landing", "source": "", "date": "", "address": "", "text": "It was in July 1969."}
    await keeper.submit_modal(asked, typed)
    message = await bob.send(channel, "# Rules\nBe kind to each other.")
    menu = await keeper.context_menu(channel, "Add to articles", message)
    filled = filled_in(menu)

    assert made.library.articles["the-moon-a-landing.md"].title == "The Moon: a landing"
    assert (filled["title"], filled["source"]) == ("Rules", "bob, #general")
    assert filled["text"] == "# Rules\nBe kind to each other."


async def test_a_post_that_is_an_embed_and_a_forwarded_one_can_be_made_into_articles(
    keeper: MemberActor, guild: GuildHandle, channel: ChannelHandle
) -> None:
    embed = discord.Embed(title="Whales seen", description="Two of them.").add_field(name="Where", value="Brennau")
    posted = await guild.create_webhook(channel, "News").send(embed=embed)
    forwarded = await keeper.forward(await keeper.send(channel, "Rules\nBe kind."), channel)

    made = [filled_in(await keeper.context_menu(channel, "Add to articles", each)) for each in (posted, forwarded)]

    assert [each["title"] for each in made] == ["Whales seen", "Rules"]
    assert [each["text"] for each in made] == ["Whales seen\nTwo of them.\nWhere\nBrennau", "Rules\nBe kind."]


async def test_who_is_mentioned_in_a_message_is_named_in_the_article_of_it(
    keeper: MemberActor, bob: MemberActor, channel: ChannelHandle
) -> None:
    message = await keeper.send(channel, f"<@{bob.id}> keeps <#{channel.id}>.")

    made = filled_in(await keeper.context_menu(channel, "Add to articles", message))

    assert (made["title"], made["text"]) == ("@bob keeps #general.", "@bob keeps #general.")


async def test_what_a_form_is_filled_with_has_room_in_it_however_discord_counts(
    keeper: MemberActor, guild: GuildHandle, channel: ChannelHandle
) -> None:
    embed = discord.Embed(title="\N{WHALE}" * 256, description="\N{WHALE}" * 4000)
    posted = await guild.create_webhook(channel, "\N{WHALE}" * 80).send(embed=embed)

    made = filled_in(await keeper.context_menu(channel, "Add to articles", posted))

    assert 299 <= size(made["title"]) <= 300
    assert 3999 <= size(made["text"]) <= 4000
    assert size(made["source"]) <= 120


async def test_what_was_typed_is_not_lost_where_no_article_comes_of_it(
    keeper: MemberActor, made: Made, channel: ChannelHandle
) -> None:
    typed = {"title": "The moon", "source": "Daily", "date": "yesterday", "address": "", "text": "It was in July."}
    asked = await keeper.slash(channel, "articles add")
    undated = await keeper.submit_modal(asked, typed)
    again = await keeper.click(undated.response, label="Back to the form")  # type: ignore[arg-type]
    (made.articles / "the-moon.md").write_text("Another text.", encoding="utf-8")
    there = await keeper.submit_modal(again, typed | {"date": ""})
    once_more = await keeper.click(there.response, label="Back to the form")  # type: ignore[arg-type]
    added = await keeper.submit_modal(once_more, typed | {"date": "", "title": "Our moon"})

    assert said(undated) == "yesterday is not a day: write it as 2016-11-28."
    assert filled_in(again) == typed
    assert said(there).startswith("There is another article the-moon.md")
    assert filled_in(once_more) == typed | {"date": ""}
    assert said(added) == "our-moon.md is added."
    assert labels(added.response) == []


async def test_a_form_of_an_earlier_process_is_over(
    simcord_env: Env, made: Made, keeper: MemberActor, channel: ChannelHandle
) -> None:
    asked = await keeper.slash(channel, "articles add")
    typed = {"title": "The moon", "source": "", "date": "yesterday", "address": "", "text": "It was in July."}
    undated = await keeper.submit_modal(asked, typed)
    await simcord_env.restart_bot(made.make())

    assert said(await keeper.click(undated.response, label="Back to the form")) == cards.OVER  # type: ignore[arg-type]


async def test_a_typed_article_takes_the_place_of_another_where_that_is_asked_for(
    keeper: MemberActor, made: Made, channel: ChannelHandle
) -> None:
    typed = {"title": "The moon", "source": "", "date": "", "address": "", "text": "It was in July."}
    await keeper.submit_modal(await keeper.slash(channel, "articles add"), typed)
    asked = await keeper.slash(channel, "articles add", replace=True)
    replaced = await keeper.submit_modal(asked, typed | {"text": "It was in July 1969."})

    assert said(replaced) == "the-moon.md is replaced."
    assert "1969" in (made.articles / "the-moon.md").read_text("utf-8")
