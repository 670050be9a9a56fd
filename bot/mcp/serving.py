"""A server on standard input and output, for one assistant: opens the index beside, and answers until told to stop.

Standard output is the protocol's alone: whatever else is said goes to standard error.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext, suppress
from importlib import metadata
from typing import TYPE_CHECKING, Any, Protocol

import mcp_types as types
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server

from bot import wording
from bot.error_wording import in_words
from bot.mcp import tools
from bot.mcp.tools import ArgumentsInvalid, Usual
from bot.pool import Busy, Pool
from retrieval.errors import ArticleUnknown, QuothError
from retrieval.index.watching import Follower

if TYPE_CHECKING:
    from mcp.server import ServerRequestContext

    from bot.settings import Settings
    from retrieval.engine import Engine
    from retrieval.index.changes import Progress
    from retrieval.index.protocol import Index

_log = logging.getLogger("quoth.mcp")

PATIENCE = 30.0
"""Seconds for which a call waits until the index is open; assistants wait for about a minute."""
_READ_ONLY = types.ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)


class Opened(Protocol):
    """What opening an index gives: an engine, and why the index could not be brought up to date, if so."""

    @property
    def engine(self) -> Engine:
        """The engine."""
        ...

    @property
    def refused(self) -> QuothError | None:
        """Why the index is as it was."""
        ...


Build = Callable[["Progress"], Opened]
"""Opens an engine over an index that is up to date, telling of its progress."""

Follow = Callable[["Articles", "Engine"], AbstractContextManager[object]]
"""Replaces an engine, given what holds it, as long as the context lasts."""


class Articles:
    """The engine that answers: it is opened beside the server, and once more by the next call after an error.

    Args:
        build: opens it.
        follow: replaces it whenever the index is a newer one, until it is closed.
    """

    def __init__(self, build: Build, follow: Follow = lambda *_: nullcontext()) -> None:
        self.engine: Engine | None = None
        """None until it is open. Replaced as a whole, so that an answer is of one snapshot."""
        self._build = build
        self._follow = follow
        self._threads = Pool("open", workers=1, waiting=0)
        self._following = ExitStack()
        self._opening: asyncio.Task[None] | None = None
        self._reading = ("", 0, 0)

    async def opened(self) -> Engine:
        """The engine.

        Raises:
            QuothError: there is no index to answer from, and none can be made.
            TimeoutError: it is not open yet.
        """
        if self.engine is None:
            await asyncio.wait_for(asyncio.shield(self.begin()), PATIENCE)
        assert self.engine is not None  # noqa: S101 - it has been opened
        return self.engine

    def begin(self) -> asyncio.Task[None]:
        """Begin to open it, unless that is under way or done."""
        if self._opening is None or (self._opening.done() and self.engine is None):
            self._opening = asyncio.create_task(self._open())
            self._opening.add_done_callback(lambda task: None if task.cancelled() else task.exception())
        return self._opening

    async def _open(self) -> None:
        opened = await self._threads.run(lambda: self._build(self._told))
        if opened.refused:
            _log.warning("%s Until then the answers are those of the index as it was.", in_words(opened.refused))
        self.engine = opened.engine
        self._following.enter_context(self._follow(self, opened.engine))

    @property
    def how_far(self) -> str:
        """How far opening it is, in words."""
        _, done, total = self._reading
        return f"{done:,} of {total:,} are done" if total else "that has just begun"

    def _told(self, stage: str, done: int, total: int) -> None:
        self._reading = stage, done, total

    @property
    def opening(self) -> bool:
        """Whether it is being opened."""
        return self._threads.working

    def close(self) -> None:
        """Open it no more, and follow no index."""
        self._threads.close()
        self._following.close()


def server_of(articles: Articles, pool: Pool, usual: Usual) -> Server[Any]:
    """A server whose tools ask ``articles`` on the threads of ``pool``."""

    async def listed(_: ServerRequestContext[Any], __: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[_described(each) for each in tools.TOOLS.values()])

    async def called(_: ServerRequestContext[Any], asked: types.CallToolRequestParams) -> types.CallToolResult:
        try:
            engine = await articles.opened()
            said = await pool.run(lambda: tools.call(engine, asked.name, asked.arguments or {}, usual))
        except Exception as error:  # noqa: BLE001 - an assistant is told in a sentence, and the server goes on
            return types.CallToolResult(content=[_text(_sentence(error, articles))], is_error=True)
        shown = json.dumps(said, ensure_ascii=False).encode(errors="replace").decode()
        return types.CallToolResult(content=[_text(shown)], structured_content=json.loads(shown))

    return Server(
        "quoth",
        version=metadata.version("quoth"),
        title="Quoth",
        instructions=tools.INSTRUCTIONS,
        on_list_tools=listed,
        on_call_tool=called,
    )


def _described(tool: tools.Tool) -> types.Tool:
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=tool.fields.model_json_schema(),
        annotations=_READ_ONLY,
    )


def _text(said: str) -> types.TextContent:
    return types.TextContent(type="text", text=said)


def _sentence(error: Exception, articles: Articles) -> str:
    """What an assistant is told of an error; a fault of ours goes to the log with all it has."""
    match error:
        case ArgumentsInvalid():
            return str(error)
        case Busy():
            return "Too many questions at once: ask again in a moment."
        case TimeoutError():
            return f"The articles are still being read ({articles.how_far}): ask again in a minute."
        case ArticleUnknown(name, near):
            remedy = f"did you mean {' or '.join(near)}?" if near else "list_articles has those there are."
            return wording.line(f"No article has the id {name}: {remedy}")
        case QuothError():
            return in_words(error)
    _log.error("A call failed", exc_info=error)
    return "Quoth has a fault: the log of its server, on standard error, says what happened."


# --- running -------------------------------------------------------------------------------------------------


def run(settings: Settings, build: Build, engine_of: Callable[[Index], Engine]) -> int:
    """Serve on standard input and output until that ends, or a signal comes; returns the exit status.

    ``engine_of`` makes an engine of a newer index.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="{levelname} {name}: {message}", style="{")
    usual = Usual(settings.address, settings.top)
    pool, articles = Pool("answer"), Articles(build, lambda *given: _follow(settings, engine_of, *given))
    try:
        asyncio.run(_serve(articles, server_of(articles, pool, usual)))
    finally:
        pool.close()
        articles.close()
    if pool.working or articles.opening:
        _abandon()
    return 0


def _follow(settings: Settings, engine_of: Callable[[Index], Engine], articles: Articles, engine: Engine) -> Follower:
    """Have newer indexes followed."""

    def swap(newer: Index) -> None:
        articles.engine = engine_of(newer)

    def told(error: QuothError) -> None:
        _log.warning("The newer index cannot be served: %s", in_words(error))

    return Follower(settings.index, engine.index, swap, told)


async def _serve(articles: Articles, server: Server[Any]) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # Windows has no such thing
            asyncio.get_running_loop().add_signal_handler(number, _abandon)
    articles.begin()
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())


def _abandon() -> None:
    """Leave without waiting for the thread that reads standard input, or an index that nobody waits for any more."""
    logging.shutdown()
    with suppress(OSError):
        sys.stdout.flush()
    os._exit(0)
