"""Reading what the bot wrote in the simulated Discord."""

from __future__ import annotations

import re
from collections.abc import Iterator
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
    """What the message says, without what stands above it in bold: the question."""
    if not message.flags.components_v2:
        return str(message.embeds[0].description if message.embeds else message.content)
    shown = [item.content for item in inside(message) if isinstance(item, discord.TextDisplay)]
    return "\n".join(shown[1:] if len(shown) > 1 and title(message) else shown)


def title(message: Any) -> str | None:
    """The question above an answer, if there is one."""
    if not message.flags.components_v2:
        return message.embeds[0].author.name if message.embeds else None
    first = next(item.content for item in inside(message) if isinstance(item, discord.TextDisplay))
    whole = re.fullmatch(r"\*\*(.*)\*\*", first)
    return whole[1] if whole else None


def inside(message: Any) -> Iterator[Any]:
    """All components of a message, those within others too."""

    def walk(components: Any) -> Iterator[Any]:
        for each in components:
            yield each
            yield from walk(getattr(each, "children", ()))
            yield from walk([each.accessory] if getattr(each, "accessory", None) else [])

    # What simcord gives of a response has its components as they were sent.
    yield from walk(getattr(message, "message", message).components)


def mention(env: Env, question: str) -> str:
    assert env.bot.user is not None
    return f"{env.bot.user.mention} {question}"


def buttons(message: Any) -> list[discord.Button]:
    """Those that do something; not those that lead to an address."""
    return [each for each in inside(message) if isinstance(each, discord.Button) and each.custom_id]


def labels(message: Any) -> list[str]:
    return [" ".join(filter(None, (str(button.emoji or ""), button.label))) for button in buttons(message)]
