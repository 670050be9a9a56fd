"""A card as a message of discord.py: its text or embed, and buttons that outlive the process that made them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal, cast

import discord

from bot.discord.cards import CUSTOM_ID, Button, Card
from bot.languages import say

if TYPE_CHECKING:
    from bot.discord.client import QuothClient  # noqa: F401 - named below

Interaction = discord.Interaction["QuothClient"]

COLOUR = 0x2B6CB0
Look = Literal["components", "embeds", "plain"]
"""How a card is shown: as components, as an embed, or, where the bot may send none, as text."""


def _pressed(button: Button) -> discord.ui.Item[Any]:
    """A button as one of discord.py's: one that opens an address is Discord's own business."""
    if button.url:
        return discord.ui.Button(label=button.label, url=button.url, row=button.row)
    return CardButton.of(button)


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
            row=button.row,
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


def new_message(card: Card, look: Look) -> dict[str, Any]:
    """A card as the arguments that discord.py sends a message with."""
    if look == "components" and card.body:
        return {"view": layout(card)}
    parts: dict[str, Any] = {}
    if look != "plain" and card.body:
        parts["embed"] = discord.Embed(description=card.embed, colour=COLOUR)
        if card.question:
            parts["embed"].set_author(name=card.question)
    else:
        parts["content"] = card.plain
    if card.buttons:
        parts["view"] = discord.ui.View(timeout=None)
        for button in card.buttons:
            parts["view"].add_item(_pressed(button))
    return parts


def edited_message(card: Card, look: Look, *, before: discord.Message | None = None) -> dict[str, Any]:
    """A card as the arguments that discord.py edits a message with: what it does not have is taken away.

    A message of components stays one, for Discord takes nothing else in its place, and one of text stays that.
    """
    if before and before.flags.components_v2:
        return {"view": layout(card)}
    if before and look == "components":
        look = "embeds"
    parts = new_message(card, look)
    return parts if look == "components" and card.body else {"content": None, "embed": None, "view": None} | parts


def layout(card: Card) -> discord.ui.LayoutView:
    """A card as components: what was asked, the quote, its source with a link, and rows of buttons in one frame."""
    frame: discord.ui.Container[discord.ui.LayoutView] = discord.ui.Container(accent_colour=COLOUR)
    for text in filter(None, (card.title, card.body or card.plain)):
        frame.add_item(discord.ui.TextDisplay(text))
    asked = sorted({button.row for button in card.buttons if button.asks})
    for row in asked:
        frame.add_item(_row(card, row))
    if asked:
        frame.add_item(discord.ui.Separator())
    if card.small and card.link:
        opening: discord.ui.Button[Any] = discord.ui.Button(label=say("Open"), url=card.link)
        frame.add_item(discord.ui.Section(card.small, accessory=opening))
    elif card.small:
        frame.add_item(discord.ui.TextDisplay(card.small))
    rows = sorted({button.row for button in card.buttons if not button.asks})
    if rows and card.body:
        frame.add_item(discord.ui.Separator())
    for row in rows:
        frame.add_item(_row(card, row))
    view = discord.ui.LayoutView(timeout=None)
    view.add_item(frame)
    return view


def _row(card: Card, row: int) -> discord.ui.ActionRow[discord.ui.LayoutView]:
    buttons: list[Any] = [_pressed(button) for button in card.buttons if button.row == row]
    return discord.ui.ActionRow(*buttons)


def without_buttons(message: discord.Message) -> dict[str, Any]:
    """A message as the arguments that take its buttons away and leave its text."""
    if not message.flags.components_v2:
        return {"view": None}
    view = discord.ui.LayoutView.from_message(message, timeout=None)
    for item in list(view.walk_children()):
        if isinstance(item, discord.ui.ActionRow | discord.ui.Separator) and isinstance(
            item.parent, discord.ui.Container
        ):
            item.parent.remove_item(item)
    return {"view": view}
