"""``/articles collection``: a server, or a category or channel of it, gets articles of its own."""

from __future__ import annotations

import asyncio

import discord
from discord import app_commands

from bot.discord import article_cards, cards
from bot.discord.care import ArticleCommands
from bot.discord.client import QuothClient
from bot.discord.collection import COMMON, MOST, NAME
from bot.discord.failures import failure
from bot.discord.messages import Interaction
from bot.languages import say
from retrieval.errors import QuothError

Place = discord.TextChannel | discord.ForumChannel | discord.CategoryChannel


class CollectionCommands:
    """The command that says which collection is asked where.

    Args:
        client: the bot that gets it.
        care: knows who may use it.
    """

    def __init__(self, client: QuothClient, care: ArticleCommands) -> None:
        self._client = client
        self._care = care

    def install(self, group: app_commands.Group) -> None:
        """Put the command into its group."""

        @group.command(name="collection", description="Which articles are asked here: this server can have its own")
        @app_commands.describe(
            name="A collection of this server, a new name, or common; without it, that of the surroundings",
            place="The channel or category; without it, the server",
        )
        async def collection(
            interaction: Interaction, name: app_commands.Range[str, 1, 32] | None = None, place: Place | None = None
        ) -> None:
            if await self._care.admitted(interaction):
                await self._give(interaction, name.strip().lower() if name else None, place)

        @collection.autocomplete("name")
        async def names(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
            if self._care.refusal(interaction):
                return []
            known = [*self._names(interaction), COMMON]
            return [app_commands.Choice(name=each, value=each) for each in known if typed.lower() in each.lower()][
                :MOST
            ]

    def _names(self, interaction: Interaction) -> list[str]:
        return self._client.collections.names(interaction.guild_id or 0)

    async def _give(self, interaction: Interaction, name: str | None, place: Place | None) -> None:
        tell = self._client.delivery.tell
        if name and not NAME.fullmatch(name):
            return await tell(interaction, cards.COLLECTION_NAME)
        known = self._names(interaction)
        name = next((each for each in known if each.lower() == name), name)
        if name and name not in known and name != COMMON and len(known) >= MOST:
            return await tell(interaction, cards.COLLECTIONS_FULL)
        server = interaction.guild_id or 0
        try:
            await asyncio.to_thread(self._client.collections.give, server, place.id if place else server, name)
        except QuothError as error:
            return await tell(interaction, failure(error))
        self._client.collections.open_all()
        where = f"<#{place.id}>" if place else say("this server")
        return await tell(interaction, article_cards.given(where, name))
