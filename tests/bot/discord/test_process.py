"""An unmodified ``quoth discord``, its real model included, against the fake server: the wire as it is."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.bot.discord.objects import USER, message_object
from tests.bot.discord.rules import TEXT, walk
from tests.bot.discord.server import TOKEN, FakeDiscord, failing, limited, unknown_interaction

pytestmark = [pytest.mark.allow_hosts(["127.0.0.1"]), pytest.mark.timeout(600)]

WHERE = "-# [Abe and Putin meet](<https://example.org/sochi>) · TASS · 6 May 2016"
HERE = Path(__file__).parent


@dataclass
class Running:
    """A process, and where its log goes."""

    process: asyncio.subprocess.Process
    log: Path

    async def serves(self) -> None:
        """Wait until its log says that it answers."""
        while b"Serving" not in self.log.read_bytes():  # noqa: ASYNC110 - another process tells by a file
            await asyncio.sleep(0.05)

    async def leave(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Tell it to stop; gives its exit status."""
        if self.process.returncode is None:
            self.process.send_signal(number)
        return await self.process.wait()


Start = Callable[..., Coroutine[Any, Any, Running]]


@pytest_asyncio.fixture
async def server() -> AsyncIterator[FakeDiscord]:
    server = FakeDiscord()
    await server.start()
    yield server
    await server.stop()
    assert server.faults == []


@pytest_asyncio.fixture
async def start(server: FakeDiscord, library: Path, tmp_path: Path) -> AsyncIterator[Start]:
    """Start ``quoth discord`` over the small library."""
    running: list[Running] = []

    async def run(*arguments: str, **environment: str) -> Running:
        given = {
            "PYTHONPATH": os.pathsep.join(map(str, (HERE / "wire", HERE.parents[2]))),
            "FAKE_DISCORD": server.url,
            "QUOTH_DISCORD_TOKEN": TOKEN,
            "QUOTH_STATE": str(tmp_path / "state"),
            "QUOTH_DISCORD_COOLDOWN": "0",
        }
        log = tmp_path / f"log{len(running)}"
        with log.open("wb") as file:
            program = Path(sys.executable).with_name("quoth")
            process = await asyncio.create_subprocess_exec(
                program,
                "discord",
                *arguments,
                cwd=tmp_path,
                env=os.environ | given | environment,
                stderr=file,
                stdout=file,
            )
        running.append(Running(process, log))
        return running[-1]

    yield run
    for each in running:
        if each.process.returncode is None:
            each.process.kill()
            await each.process.wait()
        log = each.log.read_text("utf-8")
        assert TOKEN not in log
        assert "token-" not in log.replace("token-for", "")  # nor that of any interaction


def text(answer: dict[str, Any]) -> str:
    shown = [each["content"] for each in walk(answer.get("components") or []) if each["type"] == TEXT]
    return "\n".join(shown or [answer["content"]]).replace("**", "")


async def test_a_life_of_the_bot(server: FakeDiscord, start: Start) -> None:
    bot = await start(QUOTH_LOG_LEVEL="debug", QUOTH_LOG_JSON="true")
    await server.until(lambda: server.identified)
    await bot.serves()
    # Login and the sync of the commands came first; and no privileged intent was asked for.
    names = [command["name"] for call in server.calls if call.method == "PUT" for command in call.body]
    assert names == ["ask", "forget", "help", "stats", "articles", "Find in articles", "Add to articles"]
    assert server.identified[0]["intents"] == 1 << 0 | 1 << 9 | 1 << 12

    mentioned = await server.mention("when did Abe meet Putin in Sochi?")
    assert text(await server.answer(mentioned)).endswith(WHERE)

    asked = await server.ask("what do blue whales eat?")
    await server.until(lambda: [call for call in server.calls if asked in call.path])
    deferral = next(call for call in server.calls if asked in call.path)
    assert deferral.body["type"] == 5
    assert text(await server.answer(asked)).startswith(
        "what do blue whales eat?\n> Blue whales eat krill. A blue whale weighs as much as thirty elephants.\n-# Whales"
    )

    await survives_refusals(server)
    await resumes(server)

    await finishes(server, bot)
    await a_second_life(server, start, await server.answer(mentioned))


async def survives_refusals(server: FakeDiscord) -> None:
    """429 with and without Via, 500, and an interaction that expired."""
    server.faulty["POST", "/messages"] = [limited(via=True), limited(via=False), failing(500)]
    asked = [await server.mention(f"what do blue whales eat {number}?") for number in range(2)]
    for message in asked:
        assert "krill" in text(await server.answer(message))
    server.faulty["POST", "/callback"] = [unknown_interaction]
    expired = await server.ask("what do blue whales eat?")
    asked_after = await server.ask("what makes bread rise?")
    assert "yeast" in text(await server.answer(asked_after))
    assert server.answers(expired) == []


async def resumes(server: FakeDiscord) -> None:
    """The socket drops, and a question that was asked meanwhile is answered."""
    await server.drop()
    meanwhile = await server.mention("what slows the yeast down?")
    assert "Salt" in text(await server.answer(meanwhile)).replace("**", "")
    assert len(server.resumed) == 1
    assert len(server.identified) == 1


async def finishes(server: FakeDiscord, bot: Running) -> None:
    """SIGTERM in the middle of answers: those that were begun are given."""
    asked = [await server.ask(f"what do blue whales eat {number}?") for number in range(6)]
    await server.until(lambda: [call for call in server.calls if asked[-1] in call.path])
    assert await bot.leave() == 0
    for token in asked:
        [answer] = server.answers(token)
        assert "krill" in text(answer)


async def a_second_life(server: FakeDiscord, start: Start, answer: dict[str, Any]) -> None:
    """After a restart a button of the first life works, and the commands, being the same, are not sent again."""
    before = len(server.calls)
    bot = await start(FAKE_ENCODER="yes")
    await server.until(lambda: len(server.identified) == 2)
    await bot.serves()
    button = next(item["custom_id"] for item in walk(answer["components"]) if item.get("label") == "Paragraph")
    message = message_object("5", "", USER) | {"components": answer["components"], "flags": answer["flags"]}
    pressed = await server.press(button, message)
    assert "They spoke of trade" in text(await server.answer(pressed))
    assert not [call for call in server.calls[before:] if call.method == "PUT"]
    assert await bot.leave(signal.SIGINT) == 0


async def test_a_wrong_token_is_one_sentence_and_exit_2(start: Start) -> None:
    bot = await start(QUOTH_DISCORD_TOKEN="wrong.token", FAKE_ENCODER="yes", QUOTH_LOG_LEVEL="error")  # noqa: S106

    assert await bot.process.wait() == 2
    log = bot.log.read_text("utf-8")
    assert log.startswith("quoth: Discord does not accept the token: copy it anew from")
    assert log.count("\n") == 1
    assert "wr" not in log.replace("write", "")
