"""``quoth discord``: starts the bot, runs it until a signal comes, and leaves in an orderly way."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

import discord

from bot import log
from bot.discord import background, commands, retrying
from bot.discord.background import Watch
from bot.discord.client import QuothClient
from bot.discord.collection import Build, Collection, Collections
from bot.discord.following import Follow
from bot.discord.library import Fetch, Library
from bot.discord.memory import Memory
from bot.error_wording import in_words
from bot.languages import count
from bot.pool import Pool
from bot.settings import DiscordRefused, Settings
from bot.tally import Tally
from retrieval.errors import QuothError

_log = logging.getLogger("quoth.discord")

GRACE = 3.0
"""Seconds that answers under way have when the bot is told to stop; with the rest of leaving it is less than five."""
_MOMENT = 1.0
"""Seconds for what runs to end, after that."""
_AT_ONCE = 2
"""Collections of servers that are opened at once; it takes processor time from answers if their indexes are old."""
_FAREWELL = 0.8
"""Seconds for taking leave of Discord, which need not hear of it."""


Beside = Callable[[Library, Pool, Tally], Coroutine[Any, Any, None]]
"""Serves from the common articles too, with the threads that answer, and with figures of the bot's questions as well.

When cancelled it finishes what is under way."""


def run(
    settings: Settings,
    build: Build,
    watch: Watch | None = None,
    *,
    follow: Follow | None = None,
    fetch: Fetch | None = None,
    invite: bool = False,
    beside: Beside | None = None,
) -> int:
    """Run the bot until it is told to stop, or print its ``invite`` link; returns the exit status.

    ``watch`` and ``follow``, if given, each run on a thread for each collection from the moment that it has an index,
    and ``beside`` as long as the bot; with ``fetch`` caretakers may have pages fetched.

    Raises:
        DiscordRefused: the token or the intents are no good.
        QuothError: there is no index to serve from, and no way to build one.
    """
    token = _token(settings)
    log.configure(settings, token)
    # Whoever reads the log does not want to hear that there is no voice.
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
    if invite:
        asyncio.run(_invite(settings, token))
        return 0
    memory = Memory(settings.state, days=settings.discord_keep_days)
    answers = Pool("answer")
    collections = Collections(settings, build, memory, answers, watch, follow)
    client = QuothClient(collections, settings)
    commands.install(client, fetch)
    try:
        asyncio.run(_serve(client, token, beside))
    finally:
        collections.close()
    # A question that was only tried out, to be offered, takes a moment; whose answer is awaited had its time before.
    if not answers.settled(_MOMENT) or collections.at_work:
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
    with suppress(OSError):
        sys.stdout.flush()
    os._exit(0)


# --- running -------------------------------------------------------------------------------------------------


async def _serve(client: QuothClient, token: str, beside: Beside | None) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # Windows has no such thing, and ends the process with its own
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    serving = asyncio.create_task(_connect(client, token))
    asked = client.collections
    served = beside(asked.common.library, asked.answers, asked.tally) if beside else _nothing()
    besides = asyncio.create_task(served)
    told = asyncio.create_task(stopping.wait())
    await asyncio.wait({serving, told}, return_when=asyncio.FIRST_COMPLETED)
    for each in client.collections.all():
        each.stop()
    if not serving.done():
        _log.info("Told to stop: finishing what is under way")
        besides.cancel()
        await asyncio.gather(client.finish(GRACE), asyncio.wait({besides}, timeout=GRACE))
    for task in (serving, told, besides):
        task.cancel()
    with suppress(TimeoutError):
        await asyncio.wait_for(client.close(), _FAREWELL)
    with suppress(asyncio.CancelledError):
        await serving
    _log.info("Gone")


async def _nothing() -> None:
    """What runs beside the bot where nothing does."""


async def _connect(client: QuothClient, token: str) -> None:
    """Connect and, at the same time, open the indexes; ends when either connection or common index end in an error."""
    # First of all Discord is asked about the token: whoever mistyped it need not wait for an index.
    await client.login(token)
    common = client.collections.common
    common.library.reading = "reading", 0, 0
    tasks = [asyncio.create_task(work) for work in _beside(client)]
    try:
        opening = asyncio.create_task(_open(common))
        await asyncio.wait({opening, tasks[0]}, return_when=asyncio.FIRST_COMPLETED)
        if opening.done():
            await opening
            # What the model's libraries brought is here to stay: looking through it all would stop the event loop.
            gc.freeze()
            tasks.append(asyncio.create_task(_keep(common)))
            turns = asyncio.Semaphore(_AT_ONCE)
            client.collections.begun = lambda each: tasks.append(asyncio.create_task(_begin(each, turns)))
            client.collections.open_all()
        else:
            opening.cancel()
        await tasks[0]
    finally:
        for task in tasks:
            task.cancel()


def _beside(client: QuothClient) -> list[Coroutine[Any, Any, None]]:
    """The connection, and what runs as long as it does."""
    return [client.connect(), background.beat(client), background.expire(client.collections.memory)]


async def _open(collection: Collection) -> None:
    """Bring an index up to date, which may take minutes, and begin to watch the articles."""
    library = collection.library
    report = await collection.changes.run(lambda: library.open(background.tell_progress()))
    if report and report.built:
        _log.info("The index is up to date: %d passages, %d of them new", report.passages, report.encoded)
    of = f" of {library.name}" if library.name else ""
    _log.info("Serving %s%s", count(len(library.articles), "article"), of)
    collection.watching.start()
    collection.following.start()


async def _keep(collection: Collection) -> None:
    """Serve newer indexes of a collection, and find questions to offer, until cancelled."""
    await asyncio.gather(
        background.follow(collection.library, collection.changes), background.suggest(collection.service)
    )


async def _begin(collection: Collection, turns: asyncio.Semaphore) -> None:
    """Open a collection of a server in its turn, and keep it; whatever is wrong with it is no other's business."""
    for pause in retrying.pauses():
        try:
            async with turns:
                await _open(collection)
            break
        except QuothError as error:
            _log.warning("The collection %s cannot be opened: %s", collection.name, in_words(error))
        except Exception:  # noqa: BLE001 - nor is a fault of ours
            _log.exception("The collection %s cannot be opened", collection.name)
        await asyncio.sleep(pause)
    await _keep(collection)


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
