"""Reading what the bot wrote in the simulated Discord."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord

if TYPE_CHECKING:
    from simcord import Env
    from simcord.builders import ChannelHandle


QUOTE = "> Shinzo **Abe** **met** Vladimir **Putin** in **Sochi** on May 6."
WHERE = "-# [Abe and Putin meet](<https://example.org/sochi>) · TASS · 6 May 2016"
ASKED = "when did Abe meet Putin in Sochi?"


def last(channel: ChannelHandle) -> discord.Message:
    message = channel.last_message
    assert message is not None
    return message


def latest_reply(channel: ChannelHandle) -> discord.Message:
    """The bot's, whatever Discord itself has said since."""
    replies = [message for message in channel.history() if message.type is discord.MessageType.reply]
    return next(message for message in reversed(replies) if message.author.bot)


def text(message: Any) -> str:
    return str(message.embeds[0].description if message.embeds else message.content)


def mention(env: Env, question: str) -> str:
    assert env.bot.user is not None
    return f"{env.bot.user.mention} {question}"


def labels(message: Any) -> list[str]:
    return [button.label or str(button.emoji) for row in message.components for button in row.children]
