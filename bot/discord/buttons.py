"""What the buttons under an answer do: turn to another quote, show a paragraph or what is nearest, take a vote."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager

from bot.discord import cards
from bot.discord.delivery import Delivery
from bot.discord.failures import failure
from bot.discord.memory import Record
from bot.discord.messages import Interaction, without_buttons
from bot.discord.responder import Responder
from bot.discord.service import Question
from bot.languages import speak, speaking, spoken

Handler = Callable[[Interaction, int, str], Awaitable[None]]
"""What a button does, given the number and the key in its id."""


class Buttons:
    """Runs what a pressed button stands for, by the verb in its id.

    Args:
        delivery: gets cards through.
    """

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery
        self.handlers: dict[str, Handler] = {
            "ask": self._ask,
            "page": self._turn,
            "nearest": self._nearest,
            "paragraph": self._paragraph,
            "up": lambda interaction, number, key: self._vote(interaction, "up", number, key),
            "down": lambda interaction, number, key: self._vote(interaction, "down", number, key),
        }

    async def pressed(self, interaction: Interaction, verb: str, number: int, key: str) -> None:
        """Do what a button says."""
        speak(interaction.locale.value)
        async with interaction.client.occupied():
            try:
                if interaction.client.allows(interaction):
                    await self.handlers[verb](interaction, number, key)
                else:
                    await self._delivery.tell(interaction, cards.NOT_HERE)
            except Exception as error:  # noqa: BLE001 - the member is told, and the bot goes on
                await self._delivery.tell(interaction, failure(error))

    async def _recall(self, interaction: Interaction, key: str) -> Record | None:
        """The answer that a button belongs to; one that is too old, or of other articles, loses its buttons."""
        service = _here(interaction).service
        service.check_open()
        record = await service.find(key)
        if record is None:
            if message := interaction.message:
                await self._delivery.deliver(lambda: interaction.response.edit_message(**without_buttons(message)))
            await self._delivery.deliver(lambda: interaction.followup.send(cards.TOO_OLD, ephemeral=True))
        return record

    async def _ask(self, interaction: Interaction, _: int, question: str) -> None:
        """Answer a question that was offered, to whoever pressed it alone."""
        await interaction.client.answer_command(interaction, Question(question), private=True)

    async def _turn(self, interaction: Interaction, number: int, key: str) -> None:
        """Another quote. The asker turns the page for everyone, and anybody else gets a copy of their own."""
        if record := await self._recall(interaction, key):
            instead = interaction.user.id == record.asker or _private(interaction)
            with _speaking_of(record, interaction, instead=instead):
                card = await _here(interaction).card(cards.answer, record, min(number, len(record.places) - 1))
                await self._delivery.show(interaction, card, instead=instead)

    async def _nearest(self, interaction: Interaction, number: int, key: str) -> None:
        """What came nearest, to whoever wants to see it and to nobody else."""
        if record := await self._recall(interaction, key):
            card = await _here(interaction).card(cards.nearest, record, min(number, len(record.places) - 1))
            await self._delivery.show(interaction, card, instead=_private(interaction))

    async def _paragraph(self, interaction: Interaction, number: int, key: str) -> None:
        if record := await self._recall(interaction, key):
            await self._delivery.show(interaction, await _here(interaction).card(cards.paragraph, record, number))

    async def _vote(self, interaction: Interaction, vote: str, number: int, key: str) -> None:
        """Take a vote, or take it back; the button shows how many there are."""
        if record := await self._recall(interaction, key):
            await asyncio.to_thread(_here(interaction).service.vote, key, interaction.user.id, vote)
            number = min(number, max(0, len(record.places) - 1))
            if not await _here(interaction).stands(record, number):  # what was quoted is left where it is
                return await self._delivery.tell(interaction, cards.CHANGED)
            with _speaking_of(record, interaction):
                card = await _here(interaction).card(cards.answer, record, number)
                return await self._delivery.show(interaction, card, instead=True)
        return None


def _here(interaction: Interaction) -> Responder:
    """What answers from the collection that is asked where a button was pressed."""
    return interaction.client.at(interaction).responder


def _speaking_of(record: Record, interaction: Interaction, *, instead: bool = True) -> AbstractContextManager[None]:
    """Speak the language of an answer where all see it; what the member alone sees is in theirs."""
    return speaking(record.language if instead and not _private(interaction) else spoken())


def _private(interaction: Interaction) -> bool:
    """Whether what was pressed is seen by the member alone."""
    return interaction.message is not None and interaction.message.flags.ephemeral
