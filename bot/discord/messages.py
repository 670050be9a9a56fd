"""A card as a message of discord.py: its text or embed, and buttons that outlive the process that made them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

import discord

from bot.discord.cards import CUSTOM_ID, Button, Card

if TYPE_CHECKING:
    from bot.discord.client import QuothClient  # noqa: F401 - named below

Interaction = discord.Interaction["QuothClient"]

_COLOUR = 0x2B6CB0


class CardButton(discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]], template=CUSTOM_ID):
    """A button that knows from its id alone what it does, so that it works after a restart."""

    def __init__(self, item: discord.ui.Button[discord.ui.View], match: re.Match[str]) -> None:
        super().__init__(item)
        self._does = match["verb"], int(match["number"]), match["key"]

    @classmethod
    def of(cls, button: Button) -> CardButton:
        """The button that a card has."""
        style = discord.ButtonStyle.danger if button.danger else discord.ButtonStyle.secondary
        item: discord.ui.Button[discord.ui.View] = discord.ui.Button(
            label=button.label or None,
            emoji=button.emoji,
            custom_id=button.id,
            disabled=not button.enabled,
            style=style,
        )
        match = re.fullmatch(CUSTOM_ID, button.id)
        if match is None:
            raise ValueError(button.id)
        return cls(item, match)

    @classmethod
    async def from_custom_id(
        cls,
        _: discord.Interaction[Any],
        item: discord.ui.Item[Any],
        match: re.Match[str],
        /,
    ) -> CardButton:
        """The button that was pressed; discord.py calls this."""
        return cls(cast("discord.ui.Button[discord.ui.View]", item), match)

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Do what the button says; discord.py calls this."""
        await interaction.client.buttons.pressed(interaction, *self._does)


def new_message(card: Card, *, embeds: bool) -> dict[str, Any]:
    """A card as the arguments that discord.py sends a message with."""
    parts: dict[str, Any] = {}
    if embeds and card.embed:
        parts["embed"] = discord.Embed(description=card.embed, colour=_COLOUR)
        if card.question:
            parts["embed"].set_author(name=card.question)
    else:
        parts["content"] = card.plain
    if card.buttons:
        parts["view"] = discord.ui.View(timeout=None)
        for button in card.buttons:
            parts["view"].add_item(CardButton.of(button))
    return parts


def edited_message(card: Card, *, embeds: bool) -> dict[str, Any]:
    """A card as the arguments that discord.py edits a message with: what it does not have is taken away."""
    return {"content": None, "embed": None, "view": None} | new_message(card, embeds=embeds)
