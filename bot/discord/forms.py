"""Articles that caretakers type into a form, or make of a message; nobody has to type one twice."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from typing import TYPE_CHECKING

import discord
from discord import app_commands

from bot.discord import cards
from bot.discord.cards import Button
from bot.discord.client import QuothClient
from bot.discord.drafts import ArticleForm, Draft
from bot.discord.messages import Interaction
from bot.languages import say

if TYPE_CHECKING:
    from bot.discord.care import ArticleCommands

_KEPT = 20
"""Drafts, in this process only."""


class Forms:
    """Shows the form, hands over what was typed, and gives it back where no article came of it.

    Args:
        client: the bot that shows it.
        care: knows who may use it, and makes articles.
    """

    def __init__(self, client: QuothClient, care: ArticleCommands) -> None:
        self._client = client
        self._care = care
        self._kept: OrderedDict[str, tuple[Draft, bool]] = OrderedDict()
        """By the key in its button: what was typed, and whether it takes the place of another."""

    def install(self) -> None:
        """Put "Add to articles" into the menu of messages, and the button among the client's."""
        self._client.buttons.handlers["form"] = self._again

        @self._client.tree.context_menu(name="Add to articles")
        @app_commands.guild_only()
        @app_commands.default_permissions(manage_guild=True)
        async def add_message(interaction: Interaction, message: discord.Message) -> None:
            if await self._care.admitted(interaction):
                await self.show(interaction, Draft.of(message))

    async def show(self, interaction: Interaction, draft: Draft, *, replace: bool = False) -> None:
        """Have a member type an article, or see to what a draft has of it."""

        async def written(typed: Interaction, article: Draft) -> None:
            if await self._care.admitted(typed):
                await self._written(typed, article, replace=replace)

        await self._client.delivery.deliver(lambda: interaction.response.send_modal(ArticleForm(draft, written)))

    async def _written(self, interaction: Interaction, article: Draft, *, replace: bool) -> None:
        back = self._back(article, replace=replace)
        if article.valid_date:
            content = article.file()
            return await self._care.put(interaction, article.file_name, content, b"", replace=replace, back=back)
        return await self._client.delivery.show(interaction, cards.notice(cards.not_a_day(article.date), back))

    def _back(self, draft: Draft, *, replace: bool) -> Button:
        """The button that opens the form with this draft again."""
        key = secrets.token_urlsafe(9)
        self._kept[key] = draft, replace
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return cards.button("form", 0, key, say("Back to the form"))

    async def _again(self, interaction: Interaction, _: int, key: str) -> None:
        if not await self._care.admitted(interaction):
            return
        if kept := self._kept.get(key):
            draft, replace = kept
            await self.show(interaction, draft, replace=replace)
        else:
            await self._client.delivery.tell(interaction, cards.OVER)
