"""Serving for real, over a socket of this machine: from the command line to the signal that ends it."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from bot.error_wording import in_words
from bot.pool import Pool
from bot.settings import ServeRefused, Settings
from bot.tally import Tally
from bot.web import serving
from bot.web.access import Access
from bot.web.app import create_app
from bot.web.service import Opening, Service
from retrieval.engine import Engine
from retrieval.errors import FolderMissing
from retrieval.index import watching
from retrieval.index.updating import update
from tests.bot.conftest import Quoth
from tests.bot.web.conftest import Blocked, engine_over
from tests.fakes import FakeEncoder

HERE = "http://127.0.0.1"


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[socket.socket]:
    """A socket to listen on which no network is needed for."""
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(tmp_path / "socket"))
        made.listen()
        yield made


@pytest.fixture
def own_log() -> Iterator[None]:
    """The log stays what it was before the server configured it."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers[:] = before[0]
    root.setLevel(before[1])


def client(listening: socket.socket) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(uds=listening.getsockname()), base_url=HERE)


class Running:
    """A server in this process, and what it is made of."""

    def __init__(self, listening: socket.socket, open_index: Any, engine_of: Any = None) -> None:
        self.source = Opening()
        self.service = Service(self.source, Pool("answer", workers=1, waiting=1), top=3)
        self.opening = Pool("open", workers=1, waiting=0)
        self.server = serving.Server(serving.config(create_app(self.service, Access())))
        self.task = asyncio.create_task(
            serving.serve(
                self.server,
                self.source,
                Settings(),
                self.opening.run(open_index),
                engine_of or (lambda _: pytest.fail("there is no newer snapshot")),
                listening,
            )
        )

    async def until(self, done: Any) -> None:
        """Wait for what happens; fails at once when the server ends instead."""
        while not done():
            if self.task.done():
                self.task.result()
                pytest.fail("the server ended")
            await asyncio.sleep(0.01)


async def test_sigterm_lets_answers_under_way_be_finished(listening: socket.socket, engine: Engine) -> None:
    blocked = Blocked(engine)
    running = Running(listening, lambda: SimpleNamespace(engine=blocked, refused=None))
    await running.until(lambda: running.service.ready and running.server.started)

    async with client(listening) as asking:
        answers = [
            asyncio.create_task(asking.post("/ask", json={"question": f"who met Putin in Sochi {n}?"}, timeout=60))
            for n in range(2)
        ]
        await asyncio.to_thread(blocked.begun.acquire)
        await running.until(lambda: running.service.pool.jobs == 2)
        os.kill(os.getpid(), signal.SIGTERM)
        await running.until(lambda: running.server.should_exit)
        blocked.going.set()
        said = await asyncio.gather(*answers)
        await running.task

    assert listening.fileno() == -1  # nobody can come any more
    assert [each.status_code for each in said] == [200, 200]
    assert not running.service.pool.working


async def test_who_asks_while_the_index_is_opened_is_told_so_and_the_server_can_be_stopped(
    listening: socket.socket, engine: Engine
) -> None:
    going = threading.Event()
    running = Running(listening, going.wait)
    await running.until(lambda: running.server.started)

    async with client(listening) as asking:
        health, answer = await asking.get("/health"), await asking.post("/ask", json={"question": "who?"})
    os.kill(os.getpid(), signal.SIGINT)
    await running.task
    going.set()

    assert (health.status_code, health.json()) == (503, {"alive": True, "ready": False})
    assert answer.json()["type"] == "/docs#reading"


async def test_an_index_that_cannot_be_opened_ends_the_server_with_the_cause(listening: socket.socket) -> None:
    def fail() -> Any:
        raise FolderMissing(Path("nowhere"))

    running = Running(listening, fail)

    with pytest.raises(FolderMissing):
        await running.task
    assert running.server.should_exit


async def test_a_newer_index_is_served_without_a_pause(
    listening: socket.socket, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "POLL_S", 0.01)
    index = library.with_name("index")
    first = engine_over(library, index)
    running = Running(
        listening,
        lambda: SimpleNamespace(engine=first, refused=None),
        lambda snapshot: Engine(snapshot, FakeEncoder()),
    )
    await running.until(lambda: running.service.ready and running.server.started)

    (library / "moths.txt").write_text("On moths\n\nThe moth of Vexley flies at noon.\n", encoding="utf-8")
    await asyncio.to_thread(update, library, index, FakeEncoder())
    await running.until(lambda: running.service.engine is not first)
    async with client(listening) as asking:
        said = (await asking.post("/ask", json={"question": "when does the moth of Vexley fly?"})).json()
    running.server.should_exit = True
    await running.task

    assert said["quotes"][0]["text"] == "The moth of Vexley flies at noon."


# --- from the command line -----------------------------------------------------------------------------------


async def test_beside_the_bot_it_serves_from_the_bot_s_engine_and_finishes_with_it(
    listening: socket.socket, engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(serving, "_listening", lambda _: listening)
    blocked, pool, tally = Blocked(engine), Pool("answer"), Tally()
    handler = signal.getsignal(signal.SIGTERM)
    task = asyncio.ensure_future(serving.beside(Settings())(Opening(blocked), pool, tally))  # type: ignore[arg-type]

    async with client(listening) as asking:
        answer = asyncio.create_task(asking.post("/ask", json={"question": "who met Putin in Sochi?"}, timeout=60))
        await asyncio.to_thread(blocked.begun.acquire)
        assert signal.getsignal(signal.SIGTERM) is handler  # signals are the bot's
        tally.answered(engine.ask("who met Putin in Sochi?"), tmp_path, "discord")
        figures = (await asking.get("/metrics")).text
        task.cancel()
        await asyncio.sleep(0)
        blocked.going.set()
        said = await answer
        with pytest.raises(asyncio.CancelledError):
            await task

    assert said.status_code == 200
    assert 'quoth_questions_total{face="discord",outcome="answered"} 1.0' in figures  # of the bot's questions too
    assert not pool.working


@pytest.mark.usefixtures("library")
def test_the_bot_is_given_what_serves_beside_it_where_that_is_asked_for(
    quoth: Quoth, listening: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[Any] = []
    monkeypatch.setattr(serving, "_listening", lambda _: listening)

    def run(*_: object, beside: Any, **__: object) -> int:
        given.append(beside)
        return 0

    monkeypatch.setattr("bot.discord.app.run", run)

    assert (quoth("discord").status, quoth("discord", "--serve").status) == (0, 0)
    assert [each is None for each in given] == [True, False]


@pytest.mark.usefixtures("library", "own_log")
def test_the_command_serves_until_it_is_told_to_stop(
    quoth: Quoth, listening: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "_listening", lambda _: listening)

    def ask() -> dict[str, Any]:
        transport = httpx.HTTPTransport(uds=listening.getsockname())
        try:
            with httpx.Client(transport=transport, base_url=HERE, timeout=60) as asking:
                while asking.get("/health").status_code != 200:
                    pass
                said: dict[str, Any] = asking.post("/ask", json={"question": "who met Putin in Sochi?"}).json()
                return said
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    with ThreadPoolExecutor(1) as threads:
        asking = threads.submit(ask)
        said = quoth("serve")

    assert asking.result()["quotes"][0]["article"]["id"] == "sochi.md"
    assert (said.status, said.out) == (0, "")
    assert "Serving 3 articles" in said.err
    assert "Sochi" not in said.err


def test_without_the_extra_the_remedy_is_named(quoth: Quoth, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.web", sys.modules["bot.web"])  # which is another when it is imported again
    for name in [name for name in sys.modules if name.startswith("bot.web")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr("bot.web.serving")
    monkeypatch.setitem(sys.modules, "uvicorn", None)

    said = quoth("serve")

    assert (said.status, said.out) == (2, "")
    assert said.err == "quoth: Serving needs libraries that are not installed: pip install 'quoth[serve]'.\n"


@pytest.mark.usefixtures("library")
def test_listening_elsewhere_without_a_token_is_one_sentence(quoth: Quoth) -> None:
    said = quoth("serve", "--host", "0.0.0.0")  # noqa: S104 - that is what is refused

    assert (said.status, said.err.count("\n")) == (2, 1)
    assert "QUOTH_SERVE_TOKEN" in said.err


@pytest.mark.parametrize("arguments", [("--port", "0"), ("--port", "65536"), ("--port", "many")])
def test_a_port_that_is_none_is_one_sentence(quoth: Quoth, arguments: tuple[str, ...]) -> None:
    said = quoth("serve", *arguments)

    assert (said.status, said.err.count("\n")) == (2, 1)
    assert "--port" in said.err


@pytest.mark.enable_socket
def test_a_port_that_cannot_be_had_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert serving._shown(other) == f"127.0.0.1:{port}"

        with pytest.raises(ServeRefused) as refused:
            serving._listening(Settings(serve_port=port))

    why = "port {} (address already in use): name another with --host and --port."
    assert in_words(refused.value) == "The server cannot listen on 127.0.0.1 " + why.format(port)


@pytest.mark.enable_socket
@pytest.mark.parametrize("host", ["news..example.org", "x" * 70])
def test_a_name_that_no_host_can_have_is_one_sentence(host: str) -> None:
    with pytest.raises(ServeRefused) as refused:
        serving._listening(Settings(serve_host=host))

    why = f"The server cannot listen on {host} port 8000 (no host is called so): name another with --host and --port."
    assert in_words(refused.value) == why
