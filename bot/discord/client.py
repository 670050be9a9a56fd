"""The bot's connection to Discord, and what arrives by it: messages and commands.

A message's way: ``on_message`` reads it, ``Responder`` says what to answer, ``Delivery`` gets that through. Discord is
another machine's business: whatever it refuses is tried again or written to the log, and never ends the process.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import discord
from discord.utils import MISSING

from bot.discord import addressed, cards, retrying
from bot.discord.buttons import Buttons
from bot.discord.collection import Collection, Collections
from bot.discord.delivery import UNREACHABLE, Delivery, asked_for, in_thread, permissions
from bot.discord.heard import question_in
from bot.discord.markup import plain
from bot.discord.memory import Memory
from bot.discord.messages import CardButton, Interaction
from bot.discord.service import Question
from bot.discord.translating import CommandTree, Translator
from bot.languages import speak
from bot.settings import DiscordRefused, Settings
from bot.talks import Talks
from retrieval.answer.conversation import Talk
from retrieval.articles.article import ArticleInfo

if TYPE_CHECKING:
    from discord.gateway import DiscordWebSocket

_log = logging.getLogger("quoth.discord")

_REFUSALS = {4004: "valid token", 4011: "servers", 4013: "intents", 4014: "intents"}
"""Codes with which Discord closes a connection for good."""

_LAST_WORDS = 1.0
"""Seconds for telling all whose question is not answered that the bot is about to restart."""


class QuothClient(discord.Client):
    """The bot as Discord sees it: stays connected, answers messages and commands, and knows who may ask where.

    Args:
        collections: where questions go.
        settings: who may ask where.
    """

    def __init__(self, collections: Collections, settings: Settings) -> None:
        # No privileged intent: mentions, direct messages and commands carry their text without.
        intents = discord.Intents(guilds=True, guild_messages=True, dm_messages=True)
        intents.message_content = settings.discord_posts  # which is one, for posts that mention nobody
        super().__init__(
            intents=intents,
            allowed_mentions=discord.AllowedMentions.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,  # nothing here looks at past messages
            member_cache_flags=discord.MemberCacheFlags.none(),
        )
        self.collections = collections
        self.settings = settings
        self.tree = CommandTree(
            self,
            allowed_contexts=discord.app_commands.AppCommandContext(
                guild=True, dm_channel=settings.discord_dms, private_channel=settings.discord_user_install
            ),
            allowed_installs=discord.app_commands.AppInstallationType(guild=True, user=settings.discord_user_install),
        )
        self.delivery = Delivery(components=settings.discord_cards == "components")
        self.buttons = Buttons(self.delivery)
        self.unaddressed: Callable[[discord.Message], Awaitable[None]] | None = None
        """What hears of messages to others, if anything does."""
        self._syncing: asyncio.Task[None] | None = None
        self._occupied = 0
        self._idle = asyncio.Event()
        self._idle.set()

    # --- staying connected -----------------------------------------------------------------------------------

    async def setup_hook(self) -> None:
        """Register the buttons of earlier processes, and tell Discord the commands if they changed."""
        self.add_dynamic_items(CardButton)
        await self.tree.set_translator(Translator())
        if not await self._sync():
            self._syncing = asyncio.create_task(self._sync_later())

    async def _sync_later(self) -> None:
        """Tell Discord the commands again and again, until it takes them."""
        for pause in retrying.pauses():
            await asyncio.sleep(pause)
            if await self._sync():
                return

    async def _sync(self) -> bool:
        """Tell Discord the commands: a test server each time, everywhere only what it has not been told before.

        False when Discord did not take them.
        """
        if self.settings.discord_test_guild:
            server = discord.Object(self.settings.discord_test_guild)
            self.tree.copy_global_to(guild=server)
            return await self.delivery.deliver(lambda: self.tree.sync(guild=server)) is not None
        name = f"commands of {self.application_id}"
        commands = repr(
            [await each.get_translated_payload(self.tree, Translator()) for each in self.tree.get_commands()]
        )
        if await asyncio.to_thread(self.memory.note, name) == commands:
            return True
        if await self.delivery.deliver(self.tree.sync) is None:
            return False
        await asyncio.to_thread(self.memory.write_note, name, commands)
        return True

    async def close(self) -> None:
        """Leave Discord."""
        if self._syncing:
            self._syncing.cancel()
        await super().close()

    async def login(self, token: str) -> None:
        """Log in, however long Discord cannot be reached; raises ``DiscordRefused`` for a token that is none."""
        for pause in retrying.pauses():
            try:
                return await super().login(token)
            except discord.LoginFailure as error:
                raise DiscordRefused("valid token") from error
            except UNREACHABLE as error:
                wait = asked_for(error, pause) if isinstance(error, discord.HTTPException) else pause
                _log.warning("Discord cannot be reached (%s): trying again in %.0f s", str(error) or repr(error), wait)
            await asyncio.sleep(wait)
            await self.http.close()
            self.http.connector = MISSING
        return None

    async def connect(self, *, reconnect: bool = True) -> None:
        """Stay connected until closed; raises ``DiscordRefused`` where trying again cannot help."""
        for pause in retrying.pauses():
            try:
                return await super().connect(reconnect=reconnect)
            except discord.PrivilegedIntentsRequired as error:
                raise DiscordRefused("intents") from error
            except discord.ConnectionClosed as error:
                if error.code not in _REFUSALS:
                    raise
                raise DiscordRefused(_REFUSALS[error.code]) from error  # type: ignore[arg-type]
            except AttributeError:
                # After a first connection that fails discord.py looks for the session of the one before it.
                if self._socket:
                    raise
                _log.warning("The first connection to Discord failed: trying again in %.0f s", pause)
            await asyncio.sleep(pause)
        return None

    @property
    def connected(self) -> bool:
        """Whether the connection to Discord is up."""
        return self.is_ready() and bool(self._socket and self._socket.open)

    @property
    def _socket(self) -> DiscordWebSocket | None:
        return self.ws  # which discord.py says is never None, as it is before the first connection

    async def finish(self, grace: float) -> None:
        """Take no more questions, and wait up to ``grace`` seconds for those that run.

        In the last of them whoever still waits is told to ask again later.
        """
        self.collections.answers.closing = True
        for seconds in (grace - min(_LAST_WORDS, grace / 2), min(_LAST_WORDS, grace / 2)):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._idle.wait(), seconds)
                return
            self.collections.answers.give_up()

    @asynccontextmanager
    async def occupied(self) -> AsyncIterator[None]:
        """Mark something as under way, so that ``finish`` waits for it."""
        self._occupied += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._occupied -= 1
            if not self._occupied:
                self._idle.set()

    def admits(self, guild: int | None, channel: Any) -> bool:
        """Whether the settings allow questions in a server and channel; no server stands for direct messages."""
        chosen = self.settings
        if guild is None:
            return chosen.discord_dms
        if chosen.discord_guilds and guild not in chosen.discord_guilds:
            return False
        # A thread belongs to its channel, and a post to its forum.
        places = {getattr(channel, "id", None), getattr(channel, "parent_id", None)}
        return not chosen.discord_channels or bool(chosen.discord_channels & places)

    def allows(self, interaction: Interaction) -> bool:
        """Whether the settings let a command or a button be used where it was."""
        own = self.settings.discord_user_install and installed_to_user(interaction)
        return own or self.admits(interaction.guild_id, interaction.channel)

    def at(self, interaction: Interaction) -> Collection:
        """The collection that a command or a button is about."""
        if installed_to_user(interaction):  # who may be in a server that does not have the bot
            return self.collections.common
        return self.collections.at(interaction.guild_id, interaction.channel)

    def known_to(self, interaction: Interaction) -> list[ArticleInfo]:
        """The articles that whoever uses a command may hear of: none where nothing would be answered."""
        return list(self.at(interaction).library.articles.values()) if self.allows(interaction) else []

    @property
    def memory(self) -> Memory:
        """What is kept of answers and of who wants what where."""
        return self.collections.memory

    @property
    def _me(self) -> int:
        return self.user.id if self.user else 0

    # --- messages --------------------------------------------------------------------------------------------

    async def on_message(self, message: discord.Message) -> None:
        """Answer a mention, a reply that pings, or a direct message."""
        said = self._said_to_me(message)
        speak(_locale(message.guild))
        async with self.occupied():
            if said is None:
                return await self.unaddressed(message) if self.unaddressed else None
            if addressed.hidden(message, self._me):
                await self.delivery.reply(message, cards.notice(cards.ROLE_MENTIONED))
                return None
            collection = self.collections.at(message.guild.id if message.guild else None, message.channel)
            talk = _talk(collection.talks, message, self._me)
            server = message.guild.id if message.guild else None
            async with self.delivery.typing(message):
                response = await collection.responder.respond(said, message.author.id, talk, server)
            sent = await self.delivery.reply(message, response.card, passes=response.passes if message.guild else None)
            _keep(collection.talks, message, sent, talk, response.talk)
            if response.answered:
                await self._start_thread(message, sent, said)
        return None

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Say in a new server what the bot is for, where it may answer."""
        open_to = (each for each in _writable(guild) if self.admits(guild.id, each))
        if channel := next(open_to, None):
            speak(_locale(guild))
            await self.delivery.post(channel, self.collections.at(guild.id, channel).responder.welcome())

    def _said_to_me(self, message: discord.Message) -> str | None:
        """The words of a message to the bot, without the mention; None for one that it does not answer."""
        admitted = self.admits(message.guild.id if message.guild else None, message.channel)
        return addressed.said(message, self._me) if admitted and addressed.meant(message, self._me) else None

    async def _start_thread(self, message: discord.Message, sent: discord.Message | None, question: str) -> None:
        """A thread from the answer for what comes next, where that is wanted and possible."""
        if sent and self.settings.discord_threads and isinstance(message.channel, discord.TextChannel):
            name = plain(question, cards.THREAD_NAME) or "Quoth"
            if permissions(message).create_public_threads:
                await self.delivery.deliver(lambda: sent.create_thread(name=name))

    # --- commands --------------------------------------------------------------------------------------------

    async def answer_command(self, interaction: Interaction, question: Question, *, private: bool) -> None:
        """Answer ``/ask``: Discord is told at once that an answer will come, and gets it when it is there."""
        if not self.allows(interaction):
            return await self.delivery.tell(interaction, cards.NOT_HERE)
        collection = self.at(interaction)
        if refusal := collection.responder.refusal(interaction.user.id):
            return await self.delivery.tell(interaction, refusal)
        question = replace(question, text=question_in(question.text, addressed.names(interaction.guild, {})))
        async with self.occupied():
            if await self.delivery.defer(interaction, private=private):
                server = None if private or installed_to_user(interaction) else interaction.guild_id
                response = await collection.responder.answer(question, interaction.user.id, server, titled=True)
                sent = await self.delivery.finish(interaction, response.card)
                if sent and not private and response.talk:
                    collection.talks.keep(sent.id, response.talk)
        return None


def _writable(guild: discord.Guild) -> Iterator[discord.TextChannel]:
    """The channels of a server that the bot may write to, the one for such messages first."""
    for channel in filter(None, [guild.system_channel, *guild.text_channels]):
        if channel.permissions_for(guild.me).send_messages:
            yield channel


def _locale(guild: discord.Guild | None) -> str:
    """What is spoken in a server; English in direct messages, for Discord does not say what their members speak."""
    return guild.preferred_locale.value if guild else "en"


def installed_to_user(interaction: Interaction) -> bool:
    """Whether a command is there because the member installed the bot for themselves, not the server."""
    return interaction.is_user_integration() and not interaction.is_guild_integration()


def _place(message: discord.Message) -> tuple[int, int]:
    """Where, and with whom: in one thread several members may talk at once."""
    return message.channel.id, message.author.id


def _talk(talks: Talks, message: discord.Message, me: int) -> Talk:
    """What a message goes on from: the answer it replies to, or the talk of its place; a mention begins anew."""
    if message.reference and (talk := talks.of(message.reference.message_id)).last:
        return talk
    if in_thread(message):
        # A thread has the id of the message that it starts from.
        own = _place(message)
        return talks.of(own if own in talks else message.channel.id)
    mentioned = f"<@{me}>" in message.content
    return Talk() if message.guild or mentioned else talks.of(_place(message))


def _keep(
    talks: Talks, message: discord.Message, sent: discord.Message | None, before: Talk, talk: Talk | None
) -> None:
    """Keep a talk for replies to what was sent and, in a thread or a direct message, for what is said next.

    There only one that has changed: an answer to an earlier question may have been given meanwhile.
    """
    if talk is None:
        return
    if sent:
        talks.keep(sent.id, talk)
    if talk is not before and (message.guild is None or in_thread(message)):
        talks.keep(_place(message), talk)
