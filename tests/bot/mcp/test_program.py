"""``quoth mcp``, the program that an assistant starts."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters

from bot.mcp import serving
from bot.mcp.serving import Articles
from bot.settings import Settings
from retrieval.engine import Engine
from tests.bot.conftest import ARTICLES, Quoth
from tests.bot.mcp.test_mcp import ROOT, SOCHI, Opened, given
from tests.fakes import FakeEncoder


@pytest.mark.enable_socket
async def test_the_program_speaks_the_protocol_on_its_standard_streams(tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "sochi.md").write_text(ARTICLES["sochi.md"], encoding="utf-8")
    program = StdioServerParameters(
        command=sys.executable,
        args=["-m", "bot", "mcp", "--articles", str(folder), "--index", str(tmp_path / "index")],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
    )
    async with Client(program) as client:
        said = await given(client, "ask", question=SOCHI)

    assert said["quotes"][0]["text"] == "Shinzo Abe met Vladimir Putin in Sochi on May 6."


@pytest.mark.parametrize("way", ["end of input", "SIGINT"])
async def test_the_program_leaves_in_silence(tmp_path: Path, way: str) -> None:
    (tmp_path / "articles").mkdir()
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "mcp", "--articles", "articles", "--index", "index"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
    )
    assert program.stdin is not None
    assert program.stdout is not None
    program.stdin.write(b'{"jsonrpc": "2.0", "id": 1, "method": "ping"}\n')
    answer = await program.stdout.readline()
    if way == "end of input":
        program.stdin.close()
    else:
        program.send_signal(getattr(signal, way))
    rest, errors = await program.communicate() if way != "end of input" else (await program.stdout.read(), b"")

    assert answer.startswith(b'{"jsonrpc"')
    assert (await program.wait(), rest, errors) == (0, b"", b"")


@pytest.mark.usefixtures("library")
def test_the_command_serves_until_its_input_ends(quoth: Quoth, monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[int] = []
    monkeypatch.setattr(os, "_exit", left.append)  # by which it leaves while the index is being opened

    said = quoth("mcp")

    assert (said.status, said.out, said.err) == (0, "", "")
    assert left in ([], [0])


async def test_a_newer_index_answers_as_soon_as_it_is_there(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "sochi.md").write_text(ARTICLES["sochi.md"], encoding="utf-8")

    def opened(_: Any = None) -> Engine:
        return Engine.open(tmp_path / "articles", index=tmp_path / "index", encoder=FakeEncoder(), reader="none")

    settings = Settings(articles=tmp_path / "articles", index=tmp_path / "index")
    given_engines: list[Any] = []

    def engine_of(newer: Any) -> Any:
        given_engines.append(newer)
        return newer

    articles = Articles(lambda _: Opened(opened()), lambda *given: serving._follow(settings, engine_of, *given))
    await articles.opened()
    (tmp_path / "articles" / "more.txt").write_text("More\n\nMore of it.\n", encoding="utf-8")
    opened()
    while not given_engines:  # noqa: ASYNC110 - nobody tells of it
        await asyncio.sleep(0.05)
    articles.close()

    assert articles.engine is given_engines[0]


@pytest.mark.usefixtures("library")
def test_the_command_gives_the_server_what_it_needs(quoth: Quoth, monkeypatch: pytest.MonkeyPatch) -> None:
    handed: list[Any] = []

    def run(settings: Any, build: Any, engine_of: Any) -> int:
        opened = build(lambda *_: None)
        handed.append(
            (str(settings.articles), opened.engine.ask("what eats krill?").answered, engine_of(opened.engine.index))
        )
        return 0

    monkeypatch.setattr(serving, "run", run)

    assert quoth("mcp").status == 0
    [(folder, _, newer)] = handed
    assert folder == "data/articles"
    assert isinstance(newer, Engine)


def test_without_its_library_the_command_says_what_to_install(quoth: Quoth, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "bot.mcp.serving")
    monkeypatch.setitem(sys.modules, "mcp_types", None)
    monkeypatch.delattr("bot.mcp.serving")

    said = quoth("mcp")

    assert said.status == 2
    assert "pip install 'quoth[mcp]'" in said.err


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("terminal", [True, False])
def test_whoever_starts_it_at_a_terminal_is_told_whom_it_is_for(
    *, terminal: bool, quoth: Quoth, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "run", lambda *_: 0)

    said = quoth("mcp", terminal=terminal)

    assert (said.status, said.out) == (0, "")
    assert ("An assistant starts this by itself" in said.err) is terminal
