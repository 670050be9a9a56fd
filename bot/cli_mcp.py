"""The command ``quoth mcp``: its options, and which part does the work.

Everything but typer is imported inside the command, so that ``quoth --help`` is instant.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer  # noqa: TC002 - it reads the annotations itself

from bot.terminal.console import console
from bot.terminal.options import ArticlesOption, IndexOption, load

_ALONE = "An assistant starts this by itself and talks to it, as docs/mcp.md says; Ctrl-C ends it."

if TYPE_CHECKING:
    from types import ModuleType

    from bot.assembly import Opened
    from retrieval.index.changes import Progress


def _serving() -> ModuleType:
    """The part that serves; raises ``ServeRefused`` where its library is not installed."""
    from bot.settings import ServeRefused

    try:
        from bot.mcp import serving
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in {"mcp", "mcp_types"}:
            raise
        raise ServeRefused("libraries", "mcp") from error
    return serving


def mcp(context: typer.Context, *, articles: ArticlesOption = None, index: IndexOption = None) -> int:
    """Serve the articles to an assistant by the Model Context Protocol, on standard input and output.

    Its tools ask, read around a quote, and list the articles.
    """
    from bot.assembly import Assembly
    from retrieval.index.watching import answer_promptly

    run = _serving().run
    answer_promptly()
    settings = load(context, articles=articles, index=index)
    if sys.stdin.isatty():
        console(stderr=True).print(_ALONE, style="dim")
    assembly = Assembly.of(settings)

    def build(progress: Progress) -> Opened:
        opened = assembly.open(progress)
        opened.engine.ask("Who?")  # so that the first question is not the one that waits for the models
        return opened

    status: int = run(settings, build, assembly.engine)
    return status
