"""``quoth discord``: the log, the signals, and the way out."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import discord

from bot import wording as rendering
from bot.discord import commands as discord_commands
from bot.discord.client import QuothClient
from bot.discord.memory import Memory
from bot.discord.service import Busy, Cooldown, Desk, Library, Pool
from bot.settings import DiscordRefused, Settings
from retrieval.errors import NoArticles, QuothError

if TYPE_CHECKING:
    from retrieval.engine import Engine
    from retrieval.index.changes import Progress
    from retrieval.index.updating import Report

_log = logging.getLogger("quoth.discord")

GRACE = 4.0
"""Seconds that answers under way have when the bot is told to stop; with the rest of leaving it is less than five."""
_FAREWELL = 0.8
"""Seconds for taking leave of Discord, which need not hear of it."""
_PARTING = 0.1
"""Seconds for the watch to end, unless it is in the middle of an update."""
_BEAT = 20.0
"""Seconds between two signs of life, for the health check of a container."""
_LOOK = 3.0
"""Seconds between two looks for an index that another program, or the watch, brought up to date."""

Watch = Callable[[Callable[["Report | QuothError"], None], threading.Event], None]
"""Keeps the index true to the folder of articles, tells what it did, and ends when the event is set."""


def run(
    settings: Settings,
    build: Callable[[Progress], tuple[Engine, Report | None]],
    follow: Watch | None = None,
    *,
    invite: bool = False,
) -> int:
    """Run the bot until it is told to stop, or print its ``invite`` link; returns the exit status.

    ``follow``, if given, runs on a thread from the moment that there is an index.

    Raises:
        DiscordRefused: the token or the intents are no good.
        QuothError: there is no index to serve from, and no way to build one.
    """
    token = _token(settings)
    _configure_log(settings, token)
    if invite:
        asyncio.run(_invite(settings, token))
        return 0
    memory = Memory(settings.state)
    answers, changes = Pool("answer"), Pool("change", workers=1, waiting=0)
    library = Library(settings.articles, settings.index, build)
    client = QuothClient(
        Desk(library, memory, answers, top=settings.top), settings, Cooldown(settings.discord_cooldown)
    )
    discord_commands.install(client, changes)
    watching = _Watching(library, follow)
    try:
        asyncio.run(_serve(client, token, changes, watching))
    finally:
        answers.close()
        changes.close()
        memory.close()
    if answers.working or changes.working or not watching.ended():
        _abandon()
    return 0


def _token(settings: Settings) -> str:
    token = settings.discord_token.get_secret_value().strip() if settings.discord_token else ""
    if not token:
        raise DiscordRefused("token")
    if not (token.isascii() and token.isprintable() and " " not in token):
        raise DiscordRefused("valid token")  # it would not even go into a header
    return token


def _abandon() -> None:
    """Leave without waiting for threads that are still at it: an unpublished index and an unread answer are no loss."""
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)


# --- running -------------------------------------------------------------------------------------------------


class _Watching:
    """The thread that follows the folder of articles."""

    def __init__(self, library: Library, follow: Watch | None) -> None:
        self._library = library
        self._follow = follow
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        if self._follow:
            self._thread.start()

    def stop(self) -> None:
        self._stop.set()

    def ended(self) -> bool:
        """Whether it has ended since it was told to stop; an update that it is at goes on."""
        if self._thread.is_alive():
            self._thread.join(_PARTING)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            if self._follow:
                self._follow(self._told, self._stop)
        except Exception:  # noqa: BLE001 - whatever ends the watch, the bot goes on with the index it has
            _log.exception("The articles are no longer watched")

    def _told(self, news: Report | QuothError) -> None:
        if isinstance(news, NoArticles):
            with suppress(QuothError):  # the watch, which goes on, will tell of it
                self._library.refresh(_tell)  # which leaves nothing to serve
        if isinstance(news, QuothError):
            _log.warning("The index could not follow the articles: %s", rendering.error(news))
        else:
            counts = len(news.added), len(news.changed), len(news.removed), news.encoded
            _log.info("Articles: %d added, %d changed, %d removed; %d passages encoded", *counts)


async def _serve(client: QuothClient, token: str, changes: Pool, watching: _Watching) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # Windows has no such thing, and ends the process with its own
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    serving = asyncio.create_task(_connect(client, token, changes, watching))
    told = asyncio.create_task(stopping.wait())
    await asyncio.wait({serving, told}, return_when=asyncio.FIRST_COMPLETED)
    watching.stop()
    if not serving.done():
        _log.info("Told to stop: finishing what is under way")
        await client.finish(GRACE)
    for task in (serving, told):
        task.cancel()
    with suppress(TimeoutError):
        await asyncio.wait_for(client.close(), _FAREWELL)
    with suppress(asyncio.CancelledError):
        await serving
    _log.info("Gone")


async def _connect(client: QuothClient, token: str, changes: Pool, watching: _Watching) -> None:
    # First of all Discord is asked about the token: whoever mistyped it need not wait for an index.
    await client.login(token)
    report = await changes.run(lambda: client.desk.library.refresh(_tell))
    if report and report.built:
        _log.info("The index is up to date: %d passages, %d of them new", report.passages, report.encoded)
    _log.info("Serving %d articles", len(client.desk.library.articles))
    # What the model's libraries brought is here to stay: looking through it all for garbage would stop the event loop.
    gc.freeze()
    watching.start()
    beating, following = asyncio.create_task(_beat(client)), asyncio.create_task(_follow(client, changes))
    try:
        await client.connect()
    finally:
        beating.cancel()
        following.cancel()


def _tell(stage: str, done: int, total: int) -> None:
    _log.debug("%s: %d of %d", stage, done, total)


async def _follow(client: QuothClient, changes: Pool) -> None:
    """Serve from a newer index within seconds of its appearing."""
    library = client.desk.library
    while True:
        await asyncio.sleep(_LOOK)
        try:
            if await asyncio.to_thread(lambda: library.outdated):
                before = library.engine
                await changes.run(lambda: library.refresh(_tell))
                if library.engine is before:
                    continue  # there still is no article
                _log.info("There is a newer index: serving %d articles", len(library.articles))
        except Busy:
            continue  # a member is changing the articles, after which it is up to date
        except QuothError as error:
            _log.warning("The newer index cannot be served: %s", rendering.error(error))


async def _beat(client: QuothClient) -> None:
    """Show that the bot is alive and connected by the time of a file."""
    file = client.settings.state / "alive"
    while True:
        if client.connected:
            with suppress(OSError):
                await asyncio.to_thread(file.touch)
        await asyncio.sleep(_BEAT)


async def _invite(settings: Settings, token: str) -> None:
    """Print the link that invites the bot with exactly the permissions that it uses."""
    async with discord.Client(intents=discord.Intents(guilds=True)) as client:
        try:
            await client.login(token)
        except discord.LoginFailure as error:
            raise DiscordRefused("valid token") from error
        except (OSError, TimeoutError, discord.HTTPException) as error:
            raise DiscordRefused("connection") from error
        application = client.application_id or 0
    permissions = discord.Permissions(
        view_channel=True,
        send_messages=True,
        send_messages_in_threads=True,
        embed_links=True,
        read_message_history=True,
        create_public_threads=settings.discord_threads,
    )
    scopes = ("bot", "applications.commands")
    sys.stdout.write(f"{discord.utils.oauth_url(application, permissions=permissions, scopes=scopes)}\n")


# --- the log -------------------------------------------------------------------------------------------------


class _Formatter(logging.Formatter):
    """Lines for people or, ``as_json``, objects for programs; the token is in neither."""

    def __init__(self, token: str, *, as_json: bool) -> None:
        super().__init__("{asctime} {levelname:<7} {name}: {message}", style="{")
        self._token = token
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        text = self._object(record) if self._as_json else super().format(record)
        return text.replace(self._token, "[token]")

    def _object(self, record: logging.LogRecord) -> str:
        facts = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            facts["error"] = self.formatException(record.exc_info)
        return json.dumps(facts, ensure_ascii=False)


def _configure_log(settings: Settings, token: str) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(_Formatter(token, as_json=settings.log_json))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
