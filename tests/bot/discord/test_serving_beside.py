"""``quoth discord --serve``: the bot, and the server beside it, in one process."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.web import serving
from retrieval.engine import Engine
from tests.bot.conftest import Quoth
from tests.bot.discord.server import TOKEN
from tests.bot.discord.wired import Elsewhere

pytestmark = [pytest.mark.allow_hosts(["127.0.0.1"]), pytest.mark.usefixtures("unhurried")]

QUESTION = "what do blue whales eat?"


@pytest.mark.usefixtures("library")
def test_both_faces_answer_from_one_engine_and_end_together(
    elsewhere: Elsewhere, quoth: Quoth, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    discord, loop = elsewhere
    listening = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    monkeypatch.setattr(serving, "_listening", lambda _: listening)
    engines: list[Engine] = []
    make = Engine.__init__

    def made(self: Engine, *given: Any, **named: Any) -> None:
        engines.append(self)
        make(self, *given, **named)

    monkeypatch.setattr(Engine, "__init__", made)

    async def talk() -> dict[str, Any]:
        said: dict[str, Any] = {}
        try:
            async with httpx.AsyncClient(base_url=address, timeout=60) as web:
                while (await web.get("/health")).status_code != 200:
                    pass
                await discord.until(lambda: discord.identified)
                said["discord"] = str(await discord.answer(await discord.mention(QUESTION)))
                said["page"] = (await web.get("/", params={"q": QUESTION}, headers={"Accept": "text/html"})).text
                said["json"] = (await web.post("/ask", json={"question": QUESTION})).json()["quotes"][0]["text"]
                said["health"] = (await web.get("/health")).json()
                said["metrics"] = (await web.get("/metrics")).text
        finally:
            os.kill(os.getpid(), signal.SIGTERM)
        return said

    talking = asyncio.run_coroutine_threadsafe(talk(), loop)
    ended = quoth("discord", "--serve")
    said = talking.result()

    assert ended.status == 0
    assert all("krill" in said[face] for face in ("discord", "page", "json"))
    assert said["health"] == {"alive": True, "ready": True}
    for face in ("discord", "page", "json"):
        assert f'quoth_questions_total{{face="{face}",outcome="answered"}} 1.0' in said["metrics"]
    assert len(engines) == 1
    assert "Gone" in ended.err
    assert "Traceback" not in ended.err
    with pytest.raises(httpx.ConnectError):
        httpx.get(address)
