"""Whether a message is meant for the bot, and what it says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import discord

from bot.discord.heard import Named, question_in

_KINDS = discord.MessageType.default, discord.MessageType.reply


def meant(message: discord.Message, me: int) -> bool:
    """Whether a member has written to the bot: in a direct message, with a mention, or with a reply that pings."""
    if message.author.bot or message.webhook_id or message.type not in _KINDS:
        return False
    return message.guild is None or _mentioned(message, me) or _role_mentioned(message)


def hidden(message: discord.Message, me: int) -> bool:
    """Whether Discord keeps the words back, as it does where the bot's role is mentioned and not the bot itself."""
    return bool(message.guild) and not message.content and not _mentioned(message, me)


def said(message: discord.Message, me: int) -> str:
    """What a message to the bot asks, without the mention of it."""
    return question_in(_text(message), named_in(message, me))


def named_in(message: discord.Message, me: int = 0) -> Named:
    """What the mentions in a message are shown as; the one of the bot is not, where it is said who that is."""
    members = {user.id: user.display_name for user in message.mentions if user.id != me}
    return names(message.guild, members)


def words(message: discord.Message) -> str:
    """What members read in a message: its text or, where that has no words, that of its embeds."""
    text = _text(message).strip()
    if question_in(text):
        return text
    embeds = [embed for each in _both(message) for embed in each.embeds]
    return "\n".join(line for embed in embeds for line in _lines(embed)).strip() or text


def names(guild: discord.Guild | None, members: Mapping[int, str]) -> Named:
    """What mentions of ``members`` by id, and of roles and channels of a server, are shown as; the bot's own is not."""

    def named(sign: str, number: int) -> str | None:
        if sign == "@":
            return members.get(number)
        found = guild and (guild.get_role(number) if sign == "@&" else guild.get_channel_or_thread(number))
        return found.name if guild and found and found != guild.self_role else None

    return named


def _text(message: discord.Message) -> str:
    """What was written: of a message that forwards another, what that one says."""
    return "\n".join(each.content for each in _both(message) if each.content)


def _both(message: discord.Message) -> list[discord.Message | discord.MessageSnapshot]:
    """A message, and what it forwards."""
    return [message, *message.message_snapshots]


def _lines(embed: discord.Embed) -> Iterator[str]:
    yield from filter(None, (embed.title, embed.description))
    for field in embed.fields:
        yield from filter(None, (field.name, field.value))


def _mentioned(message: discord.Message, me: int) -> bool:
    return any(user.id == me for user in message.mentions)


def _role_mentioned(message: discord.Message) -> bool:
    """Whether the role is mentioned that Discord makes for a bot, of the same name as the bot."""
    own = message.guild and message.guild.self_role
    return own is not None and own in message.role_mentions
