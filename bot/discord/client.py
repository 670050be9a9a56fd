"""The bot's connection to Discord: staying connected, mentions, direct messages, buttons, getting a reply through.

Discord is another machine's business: whatever it refuses is retried or written to the log, and never ends the process.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

import aiohttp
import discord
from discord.utils import MISSING

from bot.discord import cards as shown
from bot.discord.cards import Card
from bot.discord.memory import Record
from bot.discord.service import Asking, Busy, Closing, Cooldown, Desk
from bot.settings import DiscordRefused, Settings
from bot.talks import Remark, Talks, remark
from retrieval.answer.conversation import Talk, Turn
from retrieval.articles.article import Article
from retrieval.errors import QuothError
from retrieval.index.changes import Stale

if TYPE_CHECKING:
    from discord.gateway import DiscordWebSocket

_log = logging.getLogger("quoth.discord")
_T = TypeVar("_T")

Interaction = discord.Interaction["QuothClient"]
Handler = Callable[[Interaction, int, str], Awaitable[None]]
"""What a button does, given the number and the key in its id."""
Show = Callable[[Record, Article | None, int, Stale | None], Card]
"""Makes a card of one of an answer's quotes, given its article and what became of that since it was indexed."""

_UNREACHABLE = (OSError, TimeoutError, aiohttp.ClientError, discord.HTTPException, discord.GatewayNotFound)
_LONGEST_PAUSE = 60.0
_TRIES = 3
_TOO_MANY, _SERVER_FAULT = 429, 500
_COLOUR = 0x2B6CB0
_REFUSALS = {4004: "valid token", 4011: "servers", 4013: "intents", 4014: "intents"}
"""Codes with which Discord closes a connection for good."""


def _pauses() -> Iterator[float]:
    """Seconds to wait before one try after another."""
    pause = 1.0
    while True:
        yield pause
        pause = min(2 * pause, _LONGEST_PAUSE)


def _asked_for(error: discord.HTTPException, pause: float) -> float:
    """Seconds that Discord asks to wait, if it does and they are worth waiting for."""
    with suppress(KeyError, ValueError):
        return min(float(error.response.headers["Retry-After"]), _LONGEST_PAUSE)
    return pause


class _Button(discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]], template=shown.CUSTOM_ID):
    """A button that knows from its id alone what it does, so that it outlives the process that made it."""

    def __init__(self, item: discord.ui.Button[discord.ui.View], match: re.Match[str]) -> None:
        super().__init__(item)
        self._does = match["verb"], int(match["number"]), match["key"]

    @classmethod
    def of(cls, button: shown.Button) -> _Button:
        style = discord.ButtonStyle.danger if button.danger else discord.ButtonStyle.secondary
        item: discord.ui.Button[discord.ui.View] = discord.ui.Button(
            label=button.label or None,
            emoji=button.emoji,
            custom_id=button.id,
            disabled=not button.enabled,
            style=style,
        )
        match = re.fullmatch(shown.CUSTOM_ID, button.id)
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
    ) -> _Button:
        return cls(cast("discord.ui.Button[discord.ui.View]", item), match)

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        await interaction.client.pressed(interaction, *self._does)


def _parts(card: Card, *, embeds: bool) -> dict[str, Any]:
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
            parts["view"].add_item(_Button.of(button))
    return parts


def _changes(card: Card, *, embeds: bool) -> dict[str, Any]:
    """A card as the arguments that discord.py edits a message with: what it does not have is taken away."""
    return {"content": None, "embed": None, "view": None} | _parts(card, embeds=embeds)


@dataclass(frozen=True, slots=True)
class Said:
    """What to say, and the talk after it."""

    card: Card
    talk: Talk


class QuothClient(discord.Client):
    """The bot.

    Args:
        desk: where questions go.
        settings: who may ask where.
        cooldown: keeps members from asking too often.
    """

    def __init__(self, desk: Desk, settings: Settings, cooldown: Cooldown) -> None:
        # Whoever reads the log does not want to hear that there is no voice.
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
        # No privileged intent: mentions, direct messages and commands carry their text without.
        intents = discord.Intents(guilds=True, guild_messages=True, dm_messages=True)
        super().__init__(
            intents=intents,
            allowed_mentions=discord.AllowedMentions.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,  # nothing here looks at past messages
            member_cache_flags=discord.MemberCacheFlags.none(),
        )
        self.desk = desk
        self.settings = settings
        self.tree = discord.app_commands.CommandTree(
            self,
            allowed_contexts=discord.app_commands.AppCommandContext(
                guild=True, dm_channel=settings.discord_dms, private_channel=False
            ),
            allowed_installs=discord.app_commands.AppInstallationType(guild=True, user=False),
        )
        self.handlers: dict[str, Handler] = {
            "page": self._turn,
            "nearest": self._nearest,
            "paragraph": self._paragraph,
            "up": lambda interaction, _, key: self._vote(interaction, "up", key),
            "down": lambda interaction, _, key: self._vote(interaction, "down", key),
        }
        self.talks = Talks()
        self._cooldown = cooldown
        self._closing = False
        self._occupied = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._turn_taken = asyncio.Lock()

    # --- staying connected -----------------------------------------------------------------------------------

    async def setup_hook(self) -> None:
        """Know the buttons of former lives, and make the commands known if they changed."""
        self.add_dynamic_items(_Button)
        await self._sync()

    async def _sync(self) -> None:
        """Tell Discord the commands: a test server each time, everywhere only what it has not been told before."""
        if self.settings.discord_test_guild:
            server = discord.Object(self.settings.discord_test_guild)
            self.tree.copy_global_to(guild=server)
            await self.delivered(lambda: self.tree.sync(guild=server))
            return
        name = f"commands of {self.application_id}"
        commands = repr([command.to_dict(self.tree) for command in self.tree.get_commands()])
        if await asyncio.to_thread(self.desk.memory.note, name) == commands:
            return
        if await self.delivered(self.tree.sync) is not None:
            await asyncio.to_thread(self.desk.memory.write_note, name, commands)

    async def login(self, token: str) -> None:
        """Log in, however long Discord cannot be reached; raises ``DiscordRefused`` for a token that is none."""
        for pause in _pauses():
            try:
                return await super().login(token)
            except discord.LoginFailure as error:
                raise DiscordRefused("valid token") from error
            except _UNREACHABLE as error:
                _log.warning("Discord cannot be reached (%s): trying again in %.0f s", str(error) or repr(error), pause)
            await asyncio.sleep(pause)
            await self.http.close()
            self.http.connector = MISSING
        return None

    async def connect(self, *, reconnect: bool = True) -> None:
        """Stay connected until closed; raises ``DiscordRefused`` where trying again cannot help."""
        for pause in _pauses():
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
        """Whether Discord hears and is heard."""
        return self.is_ready() and bool(self._socket and self._socket.open)

    @property
    def _socket(self) -> DiscordWebSocket | None:
        return self.ws  # which discord.py says is never None, as it is before the first connection

    async def finish(self, grace: float) -> None:
        """Take no more questions, and wait up to ``grace`` seconds for those that run."""
        self._closing = True
        with suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), grace)

    @asynccontextmanager
    async def occupied(self) -> AsyncIterator[None]:
        """Something is under way that ``finish`` waits for."""
        self._occupied += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._occupied -= 1
            if not self._occupied:
                self._idle.set()

    async def delivered(self, send: Callable[[], Awaitable[_T]]) -> _T | None:
        """Get something through to Discord, trying again where that may help; else None, and a line in the log.

        discord.py tries again by itself after most 5xx and after a 429 of Discord's own; not after one of the network
        before Discord's servers, which lacks the ``Via`` header, nor when there is no connection.
        """
        for tries, pause in zip(range(1, _TRIES + 1), _pauses(), strict=False):
            await self._in_turn()
            try:
                return await send()
            except discord.HTTPException as error:
                if tries == _TRIES or not (error.status == _TOO_MANY or error.status >= _SERVER_FAULT):
                    _log.warning("Discord refused a message: %s", error)
                    return None
                pause = _asked_for(error, pause)  # noqa: PLW2901 - Discord knows better
            except (OSError, TimeoutError, aiohttp.ClientError) as error:
                if tries == _TRIES:
                    _log.warning("A message could not be sent: %r", error)
                    return None
            await asyncio.sleep(pause)
        return None

    async def _in_turn(self) -> None:
        """Wait for one's turn: hundreds of requests begun in one go would keep the loop from all else meanwhile."""
        async with self._turn_taken:
            await asyncio.sleep(0)

    # --- who may ask, and the answer -------------------------------------------------------------------------

    def admits(self, guild: int | None, channel: Any) -> bool:
        """Whether the settings let this place ask."""
        chosen = self.settings
        if guild is None:
            return chosen.discord_dms
        if chosen.discord_guilds and guild not in chosen.discord_guilds:
            return False
        # A thread belongs to its channel, and a post to its forum.
        places = {getattr(channel, "id", None), getattr(channel, "parent_id", None)}
        return not chosen.discord_channels or bool(chosen.discord_channels & places)

    def refusal(self, member: int) -> str | None:
        """Why a member cannot ask now, if so."""
        if self._closing:
            return shown.CLOSING
        if wait := self._cooldown.wait(member):
            return f"One question at a time: please ask again in {max(1, round(wait))} s."
        return None

    async def answer(self, asking: Asking, asker: int, talk: Talk, *, titled: bool) -> Said:
        """What there is to say to a question, whatever happens."""

        async def found() -> Said:
            reply = await self.desk.ask(replace(asking, context=talk.context), asker, titled=titled)
            return Said(await self._rendered(shown.answer, reply.record, 0), talk.answered(reply.answer))

        return await self._careful(found, talk)

    async def _careful(self, say: Callable[[], Awaitable[Said]], talk: Talk) -> Said:
        """What is to be said or, when that fails, why it cannot be, with the talk as it was."""
        try:
            return await say()
        except Busy:
            return Said(shown.notice(shown.BUSY), talk)
        except Closing:
            return Said(shown.notice(shown.CLOSING), talk)
        except Exception as error:  # noqa: BLE001 - a question that cannot be answered is told so, and the bot goes on
            return Said(shown.notice(self.failure(error)), talk)

    def failure(self, error: Exception) -> str:
        """An error in words for a channel; what a person can do nothing about goes to the log with all it has."""
        sentence = shown.failure(error) if isinstance(error, QuothError) else shown.BROKEN
        if sentence == shown.BROKEN:
            _log.error("A request failed", exc_info=error)
        return sentence

    async def _rendered(self, show: Show, record: Record, number: int) -> Card:
        """A card of an answer; on a thread, since an article may be a book."""

        def render() -> Card:
            library = self.desk.library
            article = library.article(record.places[number]) if number < len(record.places) else None
            return show(record, article, number, library.stale(article) if article else None)

        return await asyncio.to_thread(render)

    # --- messages --------------------------------------------------------------------------------------------

    async def on_message(self, message: discord.Message) -> None:
        """Answer a mention, a reply that pings, or a direct message."""
        kinds = (discord.MessageType.default, discord.MessageType.reply)
        if message.author.bot or message.webhook_id or message.type not in kinds or self.user is None:
            return
        me = self.user.id
        if message.guild and all(user.id != me for user in message.mentions):
            return
        if not self.admits(message.guild.id if message.guild else None, message.channel):
            return
        question = re.sub(rf"<@!?{me}>", " ", message.content).strip()
        async with self.occupied():
            said = await self._answer_to(message, question)
            sent = await self._reply(message, said.card)
            self._remember(message, sent, said.talk)
            await self._start_thread(message, sent, question)

    async def _answer_to(self, message: discord.Message, question: str) -> Said:
        talk = self._talk(message)
        if not question:
            return Said(shown.small_talk(None, list(self.desk.library.articles.values())), talk)
        if refusal := self.refusal(message.author.id):
            return Said(shown.notice(refusal), talk)
        if kind := remark(question):
            return await self._careful(lambda: self._remarked(kind, message.author.id, talk), talk)
        return await self.answer(Asking(question), message.author.id, talk, titled=False)

    async def _remarked(self, kind: Remark, asker: int, talk: Talk) -> Said:
        """What there is to say to what is no question."""
        if kind == "new":
            return Said(shown.notice(shown.NEW_SUBJECT), Talk())
        if kind not in ("more", "context", "sources"):
            return Said(shown.small_talk(kind, list(self.desk.library.articles.values())), talk)
        if (turn := talk.last) is None or not turn.shown:
            return Said(shown.notice(shown.ASK_FIRST), talk)
        if kind == "more":
            return await self._more(turn, asker, talk)
        if kind == "sources":
            return Said(shown.sources([quote.article for quote in turn.shown]), talk)
        return Said(await self._rendered(shown.paragraph, self.desk.record(turn, asker), 0), talk)

    async def _more(self, turn: Turn, asker: int, talk: Talk) -> Said:
        record, fresh = await self.desk.more(turn, asker)
        if not fresh:
            return Said(shown.notice(shown.NOTHING_MORE), talk)
        return Said(await self._rendered(shown.quotes, record, 0), talk.shown(fresh))

    # --- talks -----------------------------------------------------------------------------------------------

    def _talk(self, message: discord.Message) -> Talk:
        """What a message goes on from: the answer it replies to, or the talk of its place; a mention begins anew."""
        if message.reference and (talk := self.talks.of(message.reference.message_id)).last:
            return talk
        if _in_thread(message):
            # A thread has the id of the message that it starts from.
            own = _place(message)
            return self.talks.of(own if own in self.talks else message.channel.id)
        mentioned = self.user is not None and f"<@{self.user.id}>" in message.content
        return Talk() if message.guild or mentioned else self.talks.of(_place(message))

    def _remember(self, message: discord.Message, sent: discord.Message | None, talk: Talk) -> None:
        """Keep a talk for replies to what was sent and, in a thread or a direct message, for what is said next."""
        if sent:
            self.talks.keep(sent.id, talk)
        if message.guild is None or _in_thread(message):
            self.talks.keep(_place(message), talk)

    async def _reply(self, message: discord.Message, card: Card) -> discord.Message | None:
        """Reply as far as the bot's permissions go; without that to send, only the log hears of it."""
        allowed = _permissions(message)
        if not (allowed.send_messages_in_threads if _in_thread(message) else allowed.send_messages):
            _log.warning("No permission to send messages in channel %s", message.channel.id)
            return None
        parts = _parts(card, embeds=allowed.embed_links)
        if allowed.read_message_history:
            # Without this permission Discord takes no reply; and the question may have been deleted meanwhile.
            parts["reference"] = message.to_reference(fail_if_not_exists=False)
        # The nonce keeps a message that is sent again, because its receipt was lost, from appearing twice.
        return await self.delivered(lambda: message.channel.send(**parts, nonce=message.id))

    async def _start_thread(self, message: discord.Message, sent: discord.Message | None, question: str) -> None:
        """A thread from the answer for what comes next, where that is wanted and possible."""
        if sent and self.settings.discord_threads and isinstance(message.channel, discord.TextChannel):
            name = shown.plain(question, shown.THREAD_NAME) or "Quoth"
            if _permissions(message).create_public_threads:
                await self.delivered(lambda: sent.create_thread(name=name))

    # --- commands and buttons --------------------------------------------------------------------------------

    async def respond(self, interaction: Interaction, asking: Asking, *, private: bool) -> None:
        """Answer a command: at once that it is being worked on, and then the answer."""
        if not self.admits(interaction.guild_id, interaction.channel):
            return await self.tell(interaction, shown.NOT_HERE)
        if refusal := self.refusal(interaction.user.id):
            return await self.tell(interaction, refusal)
        async with self.occupied():
            if await self.deferred(interaction, private=private):
                said = await self.answer(asking, interaction.user.id, Talk(), titled=True)
                sent = await self.finish_with(interaction, said.card)
                if sent and not private:
                    self.talks.keep(sent.id, said.talk)
        return None

    async def deferred(self, interaction: Interaction, *, private: bool) -> bool:
        """Tell Discord that an answer will come; false when it no longer wants one (10062, after three seconds)."""
        await self._in_turn()
        try:
            await interaction.response.defer(thinking=True, ephemeral=private)
        except (*_UNREACHABLE, discord.InteractionResponded) as error:
            _log.warning("A command came to nothing: %s", error)
            return False
        return True

    async def finish_with(self, interaction: Interaction, card: Card) -> discord.Message | None:
        """Put the card where the member reads that the bot is thinking."""
        changes = _changes(card, embeds=interaction.app_permissions.embed_links)
        return await self.delivered(lambda: interaction.edit_original_response(**changes))

    async def tell(self, interaction: Interaction, text: str) -> None:
        """Say something that only the member sees."""
        await self.show(interaction, shown.notice(text))

    async def show(self, interaction: Interaction, card: Card, *, instead: bool = False) -> None:
        """Show a card to the member alone or, ``instead``, in the place of what they pressed."""
        embeds = interaction.app_permissions.embed_links
        if instead:
            changes = _changes(card, embeds=embeds)
            await self.delivered(lambda: interaction.response.edit_message(**changes))
        else:
            parts = _parts(card, embeds=embeds)
            await self.delivered(lambda: interaction.response.send_message(**parts, ephemeral=True))

    async def pressed(self, interaction: Interaction, verb: str, number: int, key: str) -> None:
        """Do what a button says."""
        async with self.occupied():
            try:
                if self.admits(interaction.guild_id, interaction.channel):
                    await self.handlers[verb](interaction, number, key)
                else:
                    await self.tell(interaction, shown.NOT_HERE)
            except QuothError as error:
                await self.tell(interaction, self.failure(error))

    async def _recall(self, interaction: Interaction, key: str) -> Record | None:
        """The answer that a button belongs to; one that is too old loses its buttons."""
        record = await asyncio.to_thread(self.desk.memory.find, key)
        if record is None:
            await self.delivered(lambda: interaction.response.edit_message(view=None))
            await self.delivered(lambda: interaction.followup.send(shown.TOO_OLD, ephemeral=True))
        return record

    async def _turn(self, interaction: Interaction, number: int, key: str) -> None:
        """Another quote. The asker turns the page for everyone, and anybody else gets a copy of their own."""
        if record := await self._recall(interaction, key):
            card = await self._rendered(shown.answer, record, min(number, len(record.places) - 1))
            owns = interaction.user.id == record.asker or _private(interaction)
            await self.show(interaction, card, instead=owns)

    async def _nearest(self, interaction: Interaction, number: int, key: str) -> None:
        """What came nearest, to whoever wants to see it and to nobody else."""
        if record := await self._recall(interaction, key):
            card = await self._rendered(shown.nearest, record, min(number, len(record.places) - 1))
            await self.show(interaction, card, instead=_private(interaction))

    async def _paragraph(self, interaction: Interaction, number: int, key: str) -> None:
        if record := await self._recall(interaction, key):
            await self.show(interaction, await self._rendered(shown.paragraph, record, number))

    async def _vote(self, interaction: Interaction, vote: str, key: str) -> None:
        if await self._recall(interaction, key):
            await asyncio.to_thread(self.desk.memory.vote, key, interaction.user.id, vote)
            await self.tell(interaction, shown.THANKS)


def _place(message: discord.Message) -> tuple[int, int]:
    """Where, and with whom: in one thread several members may talk at once."""
    return message.channel.id, message.author.id


def _private(interaction: Interaction) -> bool:
    """Whether what was pressed is seen by the member alone."""
    return interaction.message is not None and interaction.message.flags.ephemeral


def _in_thread(message: discord.Message) -> bool:
    return isinstance(message.channel, discord.Thread)


def _permissions(message: discord.Message) -> discord.Permissions:
    """What the bot may do where a message stands; all where that cannot be told, and Discord is left to say no."""
    channel = message.channel
    if message.guild is None or isinstance(channel, discord.PartialMessageable):
        return discord.Permissions.all()
    with suppress(discord.ClientException):  # a thread whose channel is not known
        return channel.permissions_for(message.guild.me)
    return discord.Permissions.all()
