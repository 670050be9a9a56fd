"""``quoth serve``: listens, opens the index, answers until a signal comes, and leaves in an orderly way."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import sys
from collections.abc import Callable, Coroutine, Generator
from typing import TYPE_CHECKING, Protocol

import uvicorn

from bot import log
from bot.error_wording import in_words
from bot.languages import count
from bot.pool import Pool
from bot.question_log import QuestionLog
from bot.settings import ServeRefused, Settings
from bot.tally import Tally
from bot.web.access import Access, is_loopback
from bot.web.app import create_app
from bot.web.rate import Rate
from bot.web.service import Opening, Service, Source
from retrieval.errors import QuothError, StorageFailed
from retrieval.index.watching import Follower

if TYPE_CHECKING:
    from types import FrameType

    from starlette.types import ASGIApp

    from retrieval.engine import Engine
    from retrieval.index.changes import Progress
    from retrieval.index.protocol import Index

_log = logging.getLogger("quoth.web")

GRACE_S = 10
"""Seconds that answers under way have when the server is told to stop: as many as a full queue takes."""
_WAITING = 62
"""Questions in the queue before further ones are sent away: a class that asks at once finds room."""
_CONNECTIONS = 500
"""Connections at once, beyond which further ones are sent away."""
_SHORTEST_TOKEN = 16


class Opened(Protocol):
    """What opening an index gives: an engine, and why the index could not be brought up to date, if so."""

    @property
    def engine(self) -> Engine:
        """The engine."""
        ...

    @property
    def refused(self) -> StorageFailed | None:
        """Why the index is as it was."""
        ...


Build = Callable[["Progress"], Opened]
"""Opens an engine over an index that is up to date, telling of its progress."""


class Server(uvicorn.Server):
    """Uvicorn's server, which ends without an error when it is told to; told so twice, it waits for no answer.

    Args:
        config: how it serves.
        hears_signals: whether signals tell it; else whoever runs it does.
    """

    def __init__(self, config: uvicorn.Config, *, hears_signals: bool = True) -> None:
        super().__init__(config)
        self._hears_signals = hears_signals

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Hear signals, or leave them to whom they are meant for."""
        with super().capture_signals() if self._hears_signals else contextlib.nullcontext():
            yield

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn's names
        """Hear a signal."""
        self.force_exit = self.should_exit
        self.should_exit = True


def run(settings: Settings, build: Build, engine_of: Callable[[Index], Engine]) -> int:
    """Serve until told to stop; returns the exit status.

    ``engine_of`` makes an engine of a newer index.

    Raises:
        ServeRefused: nobody may listen there, or not so.
        QuothError: there is no index to serve from, and no way to build one.
    """
    access = access_of(settings)
    log.configure(settings, access.token or "")
    source = Opening()
    questions = QuestionLog(settings.state, days=settings.questions_days)
    service = _service(settings, source, Pool("answer", waiting=_WAITING), Tally(questions))
    opening = Pool("open", workers=1, waiting=0)
    with _listening(settings) as listening:
        server = Server(config(create_app(service, access)))
        _log.info("Listening on http://%s", _shown(listening))
        try:
            asyncio.run(serve(server, source, settings, opening.run(lambda: build(source.told)), engine_of, listening))
        finally:
            service.pool.close()
            opening.close()
            questions.close()
    if service.pool.working or opening.working:
        _abandon()
    return 0


def _service(settings: Settings, source: Source, pool: Pool, tally: Tally) -> Service:
    """What is served, as the settings want it."""
    return Service(
        source,
        pool,
        top=settings.top,
        rate=Rate(settings.serve_rate),
        articles=settings.articles,
        tally=tally,
        address=settings.address,
    )


def config(app: ASGIApp) -> uvicorn.Config:
    """How uvicorn serves: one process, and nothing of a question in a log."""
    return uvicorn.Config(
        app,
        http="h11",
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_CONNECTIONS,
        timeout_graceful_shutdown=GRACE_S,
    )


def access_of(settings: Settings) -> Access:
    """Who may ask; raises ``ServeRefused`` where others could read the articles though nobody said that they may."""
    token = settings.serve_token.get_secret_value().strip() if settings.serve_token else ""
    if token and (len(token) < _SHORTEST_TOKEN or not token.isascii() or not token.isprintable() or " " in token):
        raise ServeRefused("longer token")
    if not token and not settings.serve_open and not is_loopback(settings.serve_host):
        raise ServeRefused("token", settings.serve_host)
    return Access(token or None, any_host=settings.serve_open, origins=settings.serve_origins)


def _listening(settings: Settings) -> socket.socket:
    """The socket that the server listens on."""
    host, port = settings.serve_host.strip("[]"), settings.serve_port
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family)
    except (OSError, UnicodeError) as error:
        raise ServeRefused("address", f"{settings.serve_host} port {port} ({_why(error)})") from error


def _why(error: OSError | UnicodeError) -> str:
    """What the system says; Python adds the address to it, which the sentence has."""
    match error:
        case UnicodeError():
            return "no host is called so"
        case socket.gaierror():
            return str(error.strerror).lower()
    return os.strerror(error.errno or 0).lower()


def _shown(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


async def serve(
    server: Server,
    source: Opening,
    settings: Settings,
    opening: Coroutine[object, object, Opened],
    engine_of: Callable[[Index], Engine],
    listening: socket.socket,
) -> None:
    """Listen and open the index at the same time, and serve from it and from newer ones until told to stop."""
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    opened = asyncio.create_task(opening)
    await asyncio.wait({serving, opened}, return_when=asyncio.FIRST_COMPLETED)
    try:
        if opened.done():
            with _following(source, opened.result(), settings, engine_of):
                await serving
    finally:
        opened.cancel()
        server.should_exit = True
        await serving
    _log.info("Gone")


def _following(source: Opening, opened: Opened, settings: Settings, engine_of: Callable[[Index], Engine]) -> Follower:
    """Serve from an engine, and have newer indexes followed."""
    if opened.refused:
        _log.warning("%s Until then the answers are those of the index as it was.", in_words(opened.refused))

    def swap(newer: Index) -> None:
        source.engine = engine_of(newer)
        _log.info("There is a newer index: serving %s", count(len(newer.articles), "article"))

    def told(error: QuothError) -> None:
        _log.warning("The newer index cannot be served: %s", in_words(error))

    source.engine = opened.engine
    _log.info("Serving %s", count(len(opened.engine.index.articles), "article"))
    return Follower(settings.index, opened.engine.index, swap, told)


# --- beside the bot ------------------------------------------------------------------------------------------

Beside = Callable[[Source, Pool, Tally], Coroutine[object, object, None]]
"""Serves from the engine of somebody else, whose threads answer, until cancelled; then finishes what is under way.

The tally is that of somebody else too, so that the figures are of all questions.
"""


def beside(settings: Settings) -> Beside:
    """A server in the process of another face: it listens from now on, and answers when that is run.

    Raises:
        ServeRefused: nobody may listen there, or not so.
    """
    access = access_of(settings)
    listening = _listening(settings)

    async def run_beside(source: Source, pool: Pool, tally: Tally) -> None:
        app = create_app(_service(settings, source, pool, tally), access)
        server = Server(config(app), hears_signals=False)
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        _log.info("Listening on http://%s", _shown(listening))
        try:
            await asyncio.shield(serving)
        finally:
            server.should_exit = True
            await serving

    return run_beside


def _abandon() -> None:
    """Leave without waiting for threads that are still at it: an unpublished index and an unread answer are no loss."""
    logging.shutdown()
    with contextlib.suppress(OSError):
        sys.stdout.flush()
    os._exit(0)
