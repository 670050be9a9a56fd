"""``/stats``: what the members of a server asked in vain, for whoever cares for the articles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from discord import app_commands

from bot.discord import cards
from bot.discord.cards import CARD_TEXT, CONTENT, Card
from bot.discord.care import ArticleCommands
from bot.discord.client import QuothClient
from bot.discord.failures import failure
from bot.discord.library import StillReading
from bot.discord.markup import escaped, size
from bot.discord.messages import Interaction
from bot.languages import day, number, say
from bot.pool import Busy, Closing
from retrieval.errors import QuothError

if TYPE_CHECKING:
    from bot.gaps import Gap, Gaps

_SHOWN = 10
_QUESTION, _TITLE = 160, 100
"""Most characters of a question and of a title."""


class GapCommands:
    """The command that shows the gaps.

    Args:
        client: the bot that gets it.
        care: knows who may use it.
    """

    def __init__(self, client: QuothClient, care: ArticleCommands) -> None:
        self._client = client
        self._care = care

    def install(self) -> None:
        """Put the command among the client's."""

        @self._client.tree.command(
            name="stats", description="What was asked here in vain, for who cares for the articles"
        )
        @app_commands.guild_only()
        @app_commands.default_permissions(manage_guild=True)
        async def stats(interaction: Interaction) -> None:
            if await self._care.admitted(interaction):
                await self._show(interaction)

    async def _show(self, interaction: Interaction) -> None:
        """Show them to the member alone, once what means the same is put together."""
        async with self._client.occupied():
            if not await self._client.delivery.defer(interaction, private=True):
                return
            service = self._client.at(interaction).service
            try:
                found = await service.gaps(interaction.guild_id or 0)
                shown = (
                    card(found)
                    if found
                    else cards.notice(say("Questions are not kept: whoever runs me has switched that off."))
                )
            except (QuothError, StillReading, Busy, Closing) as error:
                shown = cards.notice(failure(error))
            await self._client.delivery.finish(interaction, shown)


def card(found: Gaps) -> Card:
    """How many questions there were, and the most frequent of those that were in vain."""
    figures = say(
        "Questions: {n}. Answered: {answered}. Declined: {declined}. Answered, but voted down: {unhelpful}.",
        n=number(found.questions),
        answered=number(found.answered),
        declined=number(found.declined),
        unhelpful=number(found.unhelpful),
    )
    heading = say("Asked here in vain, by what it means:") if found.found else say("Nothing was asked here in vain.")
    above = f"{figures}\n**{heading}**"
    lines = [_listed(gap) for gap in found.found[:_SHOWN]]
    return Card(_fitting(above, lines, CARD_TEXT), _fitting(above, lines, CONTENT))


def _listed(gap: Gap) -> str:
    said = [say("last on {day}", day=day(gap.last.date()))]
    said += [f"{cards.UP} {gap.up} {cards.DOWN} {gap.down}"] if gap.up or gap.down else []
    said += [say("nearest: {title}", title=escaped(gap.nearest.title, _TITLE))] if gap.nearest else []
    return f"**{number(gap.times)}×** {escaped(gap.question, _QUESTION)}\n-# {' · '.join(said)}"


def _fitting(text: str, lines: list[str], limit: int) -> str:
    """A text with as many of the lines under it as there is room for."""
    for each in lines:
        if size(longer := f"{text}\n{each}") > limit:
            break
        text = longer
    return text
