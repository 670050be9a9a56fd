"""Getting messages through to Discord: what it refuses is tried again or written to the log, and raises nothing."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

import aiohttp
import discord

from bot.discord import cards, retrying
from bot.discord.cards import Card
from bot.discord.messages import Interaction, Look, edited_message, new_message

_log = logging.getLogger("quoth.discord")
_T = TypeVar("_T")

UNREACHABLE = (OSError, TimeoutError, aiohttp.ClientError, discord.HTTPException, discord.GatewayNotFound)
"""What discord.py raises when Discord cannot be reached or refuses a request."""

_TRIES = 3
_TYPING = 8.0
"""Seconds after which Discord is told again that the bot is typing: it shows that for ten."""
_TOO_MANY, _SERVER_FAULT = 429, 500
_ACKNOWLEDGED = 40060
"""Discord's code for a command that was told of already."""
_DEFERRABLE = 2.7
"""Seconds for which it pays to tell Discord that an answer will come: it waits for three, some of which have passed."""


class Delivery:
    """Sends cards as messages, replies and responses to commands and buttons.

    Args:
        components: whether cards are made of Discord's components; else they have an embed.
    """

    def __init__(self, *, components: bool = True) -> None:
        self._components = components
        self._turn = asyncio.Lock()

    async def deliver(self, send: Callable[[], Awaitable[_T]]) -> _T | None:
        """Get something through to Discord, trying again where that may help; else None, and a line in the log.

        discord.py tries again by itself after most 5xx and after a 429 of Discord's own; not after one of the network
        before Discord's servers, which lacks the ``Via`` header, nor when there is no connection.
        """
        for tries, pause in zip(range(1, _TRIES + 1), retrying.pauses(), strict=False):
            await self._in_turn()
            try:
                return await send()
            except discord.HTTPException as error:
                if tries == _TRIES or not _may_pass(error):
                    _log.warning("Discord refused a message: %s", error)
                    return None
                wait = asked_for(error, pause)
            except (OSError, TimeoutError, aiohttp.ClientError) as error:
                if tries == _TRIES:
                    _log.warning("A message could not be sent: %r", error)
                    return None
                wait = pause
            await asyncio.sleep(wait)
        return None

    async def _in_turn(self) -> None:
        """Wait for one's turn: hundreds of requests begun in one go would keep the loop from all else meanwhile."""
        async with self._turn:
            await asyncio.sleep(0)

    # --- messages --------------------------------------------------------------------------------------------

    async def reply(
        self, message: discord.Message, card: Card, *, passes: float | None = None
    ) -> discord.Message | None:
        """Reply as far as the bot's permissions go; without that to send, only the log hears of it.

        A reply that ``passes`` is deleted after so many seconds.
        """
        allowed = permissions(message)
        if not (allowed.send_messages_in_threads if in_thread(message) else allowed.send_messages):
            _log.warning("No permission to send messages in channel %s", message.channel.id)
            return None
        parts = new_message(card, self._look(allowed))
        if passes is not None:
            parts["delete_after"] = passes
        if allowed.read_message_history:
            # Without this permission Discord takes no reply; and the question may have been deleted meanwhile.
            parts["reference"] = message.to_reference(fail_if_not_exists=False)
        # The nonce keeps a message that is sent again, because its receipt was lost, from appearing twice.
        return await self.deliver(lambda: message.channel.send(**parts, nonce=message.id))

    async def post(self, channel: discord.TextChannel, card: Card) -> None:
        """Send a card to a channel."""
        parts = new_message(card, self._look(channel.permissions_for(channel.guild.me)))
        await self.deliver(lambda: channel.send(**parts))

    @asynccontextmanager
    async def typing(self, message: discord.Message) -> AsyncIterator[None]:
        """Show, while an answer is made, that one comes."""

        async def show() -> None:
            while True:
                with suppress(*UNREACHABLE):  # it is only a courtesy
                    await message.channel.typing()
                await asyncio.sleep(_TYPING)

        shown = asyncio.create_task(show())
        try:
            yield
        finally:
            shown.cancel()

    def _look(self, allowed: discord.Permissions) -> Look:
        if self._components:
            return "components"
        return "embeds" if allowed.embed_links else "plain"

    # --- commands and buttons --------------------------------------------------------------------------------

    async def defer(self, interaction: Interaction, *, private: bool) -> bool:
        """Tell Discord that an answer will come; false when it no longer wants one (10062, after three seconds).

        What fails once (a connection that drops, a 429 of the network) is tried again, as long as that makes sense.
        """
        until = time.monotonic() + _DEFERRABLE
        for pause in (0.1, 0.3, 0.6, 1.0):
            await self._in_turn()
            try:
                await interaction.response.defer(thinking=True, ephemeral=private)
            except discord.InteractionResponded:
                return False
            except UNREACHABLE as error:
                if getattr(error, "code", None) == _ACKNOWLEDGED:
                    return True  # the first try had arrived, and only its receipt was lost
                wait = asked_for(error, pause) if isinstance(error, discord.HTTPException) else pause
                if not _may_pass(error) or time.monotonic() + wait >= until:
                    _log.warning("A command came to nothing: %s", error)
                    return False
            else:
                return True
            await asyncio.sleep(wait)
        return False

    async def finish(self, interaction: Interaction, card: Card) -> discord.Message | None:
        """Put the card where the member reads that the bot is thinking."""
        changes = edited_message(card, self._look(interaction.app_permissions))
        return await self.deliver(lambda: interaction.edit_original_response(**changes))

    async def tell(self, interaction: Interaction, text: str) -> None:
        """Say something that only the member sees."""
        await self.show(interaction, cards.notice(text))

    async def show(self, interaction: Interaction, card: Card, *, instead: bool = False) -> None:
        """Show a card to the member alone or, ``instead``, in the place of what they pressed."""
        look = self._look(interaction.app_permissions)
        if instead:
            changes = edited_message(card, look, before=interaction.message)
            await self.deliver(lambda: interaction.response.edit_message(**changes))
        else:
            parts = new_message(card, look)
            behind = interaction.response.is_done()
            send: Any = interaction.followup.send if behind else interaction.response.send_message
            await self.deliver(lambda: send(**parts, ephemeral=True))


def in_thread(message: discord.Message) -> bool:
    """Whether a message stands in a thread or in a forum's post."""
    return isinstance(message.channel, discord.Thread)


def permissions(message: discord.Message) -> discord.Permissions:
    """What the bot may do where a message stands; all where that cannot be told, and Discord is left to say no."""
    channel = message.channel
    if message.guild is None or isinstance(channel, discord.PartialMessageable):
        return discord.Permissions.all()
    with suppress(discord.ClientException):  # a thread whose channel is not known
        return channel.permissions_for(message.guild.me)
    return discord.Permissions.all()


def _may_pass(error: Exception) -> bool:
    """Whether what Discord, or the way to it, refused may be taken a little later."""
    if isinstance(error, discord.HTTPException):
        return error.status == _TOO_MANY or error.status >= _SERVER_FAULT
    return isinstance(error, OSError | TimeoutError | aiohttp.ClientError)


def asked_for(error: discord.HTTPException, pause: float) -> float:
    """Seconds that Discord asks to wait, if it does and they are worth waiting for."""
    with suppress(KeyError, ValueError):
        return min(float(error.response.headers["Retry-After"]), retrying.LONGEST_PAUSE)
    return pause
