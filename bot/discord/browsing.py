"""``/articles list`` and ``/articles read``: the articles for everyone, where the bot answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from discord import app_commands

from bot.discord import article_cards, cards
from bot.discord.cards import Card
from bot.discord.client import QuothClient
from bot.discord.completion import titles_like
from bot.discord.failures import failure
from bot.discord.library import StillReading
from bot.discord.messages import Interaction
from retrieval.errors import QuothError


class BrowsingCommands:
    """The commands to read articles, and their buttons.

    Args:
        client: the bot that gets them.
    """

    def __init__(self, client: QuothClient) -> None:
        self._client = client

    def install(self, group: app_commands.Group) -> None:
        """Put the commands into their group, and the buttons among the client's."""
        self._client.buttons.handlers |= {
            "list": self._turn_list,
            "open": self._open,
            "read": self._turn_article,
        }

        @group.command(name="list", description="The articles there are")
        @app_commands.describe(search="Words of their titles or sources")
        async def list_articles(interaction: Interaction, search: app_commands.Range[str, 1, 80] | None = None) -> None:
            await self._show(interaction, lambda: self._listing(interaction, 0, search or ""))

        @group.command(name="read", description="Read an article")
        @app_commands.describe(article="Its title")
        async def read(interaction: Interaction, article: str) -> None:
            await self._show(interaction, lambda: self._page(interaction, article, 0))

        @read.autocomplete("article")
        async def titles(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
            return titles_like(self._client.known_to(interaction), typed)

    def _listing(self, interaction: Interaction, page: int, search: str) -> Card:
        self._client.at(interaction).service.check_open()
        return article_cards.listing(self._client.known_to(interaction), page, search)

    def _page(self, interaction: Interaction, name: str, number: int) -> Card:
        collection = self._client.at(interaction)
        collection.service.check_open()
        library = collection.library
        article = library.whole(library.resolve(name))
        return article_cards.reading(article, number, library.stale(article))

    async def _turn_list(self, interaction: Interaction, page: int, search: str) -> None:
        await self._show(interaction, lambda: self._listing(interaction, page, search), instead=True)

    async def _open(self, interaction: Interaction, number: int, key: str) -> None:
        """An article, beside the list or the answer that it was opened from."""
        await self._show(interaction, lambda: self._page(interaction, key, number))

    async def _turn_article(self, interaction: Interaction, number: int, key: str) -> None:
        await self._show(interaction, lambda: self._page(interaction, key, number), instead=True)

    async def _show(self, interaction: Interaction, card: Callable[[], Card], *, instead: bool = False) -> None:
        """Show a card, made on a thread since an article may be a book, to whoever may ask here."""
        if not self._client.allows(interaction):
            return await self._client.delivery.tell(interaction, cards.NOT_HERE)
        try:
            made = await asyncio.to_thread(card)
        except (QuothError, StillReading) as error:
            return await self._client.delivery.tell(interaction, failure(error))
        return await self._client.delivery.show(interaction, made, instead=instead)
