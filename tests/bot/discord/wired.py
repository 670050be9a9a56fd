"""A bot in this process that is connected to the fake server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.discord.client import QuothClient
from tests.bot.discord.server import (
    TOKEN,
    FakeDiscord,
)

if TYPE_CHECKING:
    import pytest

Elsewhere = tuple[FakeDiscord, asyncio.AbstractEventLoop]


def redirect(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setattr(Route, "BASE", f"{url}/api")
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(f"ws{url.removeprefix('http')}/gateway"))


@asynccontextmanager
async def connected(client: QuothClient, server: FakeDiscord) -> AsyncIterator[asyncio.Task[None]]:
    before = len(server.identified)
    task = asyncio.create_task(client.start(TOKEN))
    try:
        await server.until(lambda: len(server.identified) > before)
        yield task
    finally:
        await client.close()
        await asyncio.gather(task, return_exceptions=True)
