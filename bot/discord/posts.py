"""Answering posts that nobody addressed to the bot, in forums and channels where a caretaker has switched that on.

A post is answered once, and only where the answer is sure; else the bot stays silent. It needs Discord's privileged
intent for the content of messages, which ``QUOTH_DISCORD_POSTS`` asks for.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

import discord
from discord import app_commands

from bot.discord import cards
from bot.discord.care import ArticleCommands
from bot.discord.client import QuothClient
from bot.discord.heard import question_in
from bot.discord.library import StillReading
from bot.discord.messages import Interaction
from bot.discord.service import AnswerService, Question, Reply
from bot.languages import say, speaking
from bot.pool import Busy, Closing
from bot.settings import CONFIDENCE
from bot.small_talk import remark
from retrieval.answer.query import MAX_QUESTION
from retrieval.errors import QuothError

_log = logging.getLogger("quoth.discord")

SURE = CONFIDENCE["careful"]
Watched = discord.ForumChannel | discord.TextChannel


class Posts:
    """Finds the posts to answer, and switches that on and off.

    Args:
        client: the bot that hears of them.
        care: knows who may switch it.
    """

    def __init__(self, client: QuothClient, care: ArticleCommands) -> None:
        self._client = client
        self._care = care

    def install(self, group: app_commands.Group) -> None:
        """Put the command into its group, the buttons among the client's, and have messages looked at."""
        self._client.buttons.handlers |= {"this": self._this, "other": self._other}
        if self._client.settings.discord_posts:
            self._client.unaddressed = self.consider

        @group.command(name="posts", description="Whether I answer new posts of a forum or channel by myself")
        @app_commands.describe(channel="The forum or channel", on="Whether I answer there, where I am sure")
        async def posts(interaction: Interaction, channel: Watched, on: bool) -> None:  # noqa: FBT001 - Discord names it
            if await self._care.admitted(interaction):
                await self._switch(interaction, channel, on=on)

    async def _switch(self, interaction: Interaction, channel: Watched, *, on: bool) -> None:
        if not self._client.settings.discord_posts:
            return await self._client.delivery.tell(interaction, cards.NO_POSTS)
        await asyncio.to_thread(self._client.memory.write_note, _note(channel.id), "on" if on else "off")
        return await self._client.delivery.tell(interaction, cards.POSTS_ON if on else cards.POSTS_OFF)

    async def consider(self, message: discord.Message) -> None:
        """Answer a message if it opens a post, where that is switched on, and the answer is sure."""
        place = _place(message)
        if place is None or message.guild is None or not self._client.admits(message.guild.id, message.channel):
            return
        if await asyncio.to_thread(self._client.memory.note, _note(place)) != "on":
            return
        collection = self._client.collections.at(message.guild.id, message.channel)
        reply = await self._surest(message, collection.service)
        if reply is not None:
            card = await collection.responder.card(cards.answer, reply.record, 0)
            await self._client.delivery.reply(message, cards.offered(card, reply.record))

    async def _surest(self, message: discord.Message, service: AnswerService) -> Reply | None:
        """The surest answer to a post's title or its text, if it is sure enough."""
        title = message.channel.name if isinstance(message.channel, discord.Thread) else ""
        asked = [
            text for each in (title, message.content) if (text := question_in(each)[:MAX_QUESTION]) and not remark(text)
        ]
        found: list[Reply] = []
        for text in dict.fromkeys(asked):
            try:
                found.append(await service.ask(Question(text), message.author.id, titled=False))
            except (Busy, Closing, StillReading):
                return None  # who asked nothing of the bot is not told that it is busy
            except QuothError as error:
                _log.debug("A post is no question: %r", error)
        best = max(found, key=lambda reply: reply.answer.confidence, default=None)
        return best if best and best.answer.answered and best.answer.confidence >= SURE else None

    async def _this(self, interaction: Interaction, _: int, key: str) -> None:
        """Mark an answer as the one, for good."""
        if await self._judged(interaction, key, "up"):
            collection = self._client.at(interaction)
            record = await collection.service.find(key)
            if record and not await collection.responder.stands(record, 0):
                await self._client.delivery.tell(interaction, cards.CHANGED)
            elif record:
                with speaking(record.language):
                    card = await collection.responder.card(cards.answer, record, 0)
                    marked = replace(card, small="\n".join(filter(None, (card.small, f"-# {say(cards.MARKED)}"))))
                    await self._client.delivery.show(interaction, marked, instead=True)

    async def _other(self, interaction: Interaction, _: int, key: str) -> None:
        """Take an answer away that was none."""
        if await self._judged(interaction, key, "down") and interaction.message:
            await self._client.delivery.deliver(interaction.response.defer)
            await self._client.delivery.deliver(interaction.message.delete)

    async def _judged(self, interaction: Interaction, key: str, vote: str) -> bool:
        """Take the vote of whoever may say whether an answer was it: who asked, and who may delete messages."""
        record = await self._client.at(interaction).service.find(key)
        own = record is not None and record.asker == interaction.user.id
        if not (own or interaction.permissions.manage_messages):
            await self._client.delivery.tell(interaction, cards.NOT_YOURS)
            return False
        if record:
            await asyncio.to_thread(self._client.memory.vote, key, interaction.user.id, vote)
        return True


def _place(message: discord.Message) -> int | None:
    """The forum or channel in which a message opens a post; None for one that opens none."""
    if message.author.bot or message.webhook_id or message.type is not discord.MessageType.default:
        return None
    channel = message.channel
    if isinstance(channel, discord.Thread):
        # A forum's post begins with the message that has its id.
        return channel.parent_id if message.id == channel.id else None
    return channel.id if isinstance(channel, discord.TextChannel) and not message.reference else None


def _note(channel: int) -> str:
    return f"posts of {channel}"
