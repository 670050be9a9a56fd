"""The bot's commands: ``/ask`` with its options, and finding a message's words; ``/articles`` is in ``care``."""

from __future__ import annotations

import asyncio
from datetime import date

import discord
from discord import app_commands

from bot.discord import addressed, cards
from bot.discord.browsing import BrowsingCommands
from bot.discord.care import ArticleCommands
from bot.discord.client import QuothClient, installed_to_user
from bot.discord.collecting import CollectionCommands
from bot.discord.completion import sources_like, titles_like
from bot.discord.failures import failure
from bot.discord.gaps import GapCommands
from bot.discord.heard import question_in
from bot.discord.library import Fetch, StillReading
from bot.discord.messages import Interaction
from bot.discord.posts import Posts
from bot.discord.service import Question
from retrieval.answer.query import MAX_QUESTION, Filters
from retrieval.errors import QuothError


def install(client: QuothClient, fetch: Fetch | None = None) -> None:
    """Give the bot its commands; without ``fetch`` none of them fetches a page from the web."""
    _install_ask(client)
    _install_find(client)
    _install_forget(client)
    _install_help(client)
    group = app_commands.Group(name="articles", description="Read the articles, or care for them")
    BrowsingCommands(client).install(group)
    care = ArticleCommands(client, fetch)
    care.install(group)
    Posts(client, care).install(group)
    GapCommands(client, care).install()
    if client.settings.collections:
        CollectionCommands(client, care).install(group)
    client.tree.add_command(group)


def _install_ask(client: QuothClient) -> None:
    @client.tree.command(name="ask", description="Ask the articles: the answer is what they say, word for word")
    @app_commands.describe(
        question="What you want to know",
        article="Quote only this article",
        source="Quote only this source",
        after="Quote only what was published on this day or later, as in 2016-11-28",
        before="Quote only what was published on this day or earlier, as in 2016-11-28",
        private="Show the answer to you alone",
    )
    async def ask(
        interaction: Interaction,
        question: app_commands.Range[str, 1, MAX_QUESTION],
        article: str | None = None,
        source: str | None = None,
        after: str | None = None,
        before: str | None = None,
        private: bool | None = None,  # noqa: FBT001 - Discord names it
    ) -> None:
        try:
            articles = frozenset({_named(client, interaction, article)} if article else ())
            filters = Filters(articles, source, _day(after), _day(before))
        except ValueError as error:
            await client.delivery.tell(interaction, cards.not_a_day(str(error)))
        except (QuothError, StillReading) as error:
            await client.delivery.tell(interaction, failure(error))
        else:
            alone = installed_to_user(interaction) if private is None else private
            await client.answer_command(interaction, Question(question, filters), private=alone)

    @ask.autocomplete("article")
    async def articles(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return titles_like(client.known_to(interaction), typed)

    @ask.autocomplete("source")
    async def sources(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return sources_like(client.known_to(interaction), typed)


def _install_find(client: QuothClient) -> None:
    @client.tree.context_menu(name="Find in articles")
    async def find(interaction: Interaction, message: discord.Message) -> None:
        words = question_in(addressed.words(message), addressed.named_in(message))[:MAX_QUESTION]
        if words:
            # Nobody asked to have another's words looked up in public.
            await client.answer_command(interaction, Question(words, passing=True), private=True)
        else:
            await client.delivery.tell(interaction, cards.NO_TEXT)


def _install_help(client: QuothClient) -> None:
    @client.tree.command(name="help", description="What I am for, what I know, and how to ask")
    async def help_(interaction: Interaction) -> None:
        if client.allows(interaction):
            await client.delivery.show(interaction, client.at(interaction).responder.welcome())
        else:
            await client.delivery.tell(interaction, cards.NOT_HERE)


def _install_forget(client: QuothClient) -> None:
    group = app_commands.Group(name="forget", description="Have me forget what I keep of you")

    @group.command(name="me", description="Delete what I keep of your questions, and your votes")
    async def me(interaction: Interaction) -> None:
        async with client.occupied():
            try:
                forgotten = await asyncio.to_thread(client.collections.forget, interaction.user.id)
            except QuothError as error:
                await client.delivery.tell(interaction, failure(error))
            else:
                await client.delivery.tell(interaction, cards.forgotten(forgotten))

    client.tree.add_command(group)


def _named(client: QuothClient, interaction: Interaction, article: str) -> str:
    """The id of the article that a member chose; raises ``ArticleUnknown`` and ``StillReading``."""
    collection = client.at(interaction)
    collection.service.check_open()
    return collection.library.resolve(article)


def _day(text: str | None) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(text) from None
