"""The command ``quoth serve``: its options, and which part does the work.

Everything but typer is imported inside the command, so that ``quoth --help`` is instant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bot.terminal.options import ArticlesOption, IndexOption, load

if TYPE_CHECKING:
    from types import ModuleType

    from bot.assembly import Opened
    from retrieval.index.changes import Progress

_LIBRARIES = {"jinja2", "prometheus_client", "starlette", "uvicorn"}


def serving() -> ModuleType:
    """The part that serves; raises ``ServeRefused`` where its libraries are not installed."""
    from bot.settings import ServeRefused

    try:
        from bot.web import serving
    except ModuleNotFoundError as error:
        if error.name not in _LIBRARIES:
            raise
        raise ServeRefused("libraries", "serve") from error
    return serving


def serve(
    context: typer.Context,
    *,
    host: Annotated[str | None, typer.Option("--host", metavar="NAME", help="Listen here, not on 127.0.0.1.")] = None,
    port: Annotated[
        int | None, typer.Option("--port", metavar="N", min=1, max=65_535, help="Listen on this port, not on 8000.")
    ] = None,
    articles: ArticlesOption = None,
    index: IndexOption = None,
) -> int:
    """Serve a page to ask on, and a JSON interface, until told to stop.

    Elsewhere than on this machine's own addresses it takes a token (QUOTH_SERVE_TOKEN).
    """
    from retrieval.models.threads import few_arenas

    few_arenas()  # before numpy starts a thread

    from bot.assembly import Assembly
    from retrieval.index.watching import answer_promptly

    run = serving().run
    answer_promptly()
    settings = load(context, articles=articles, index=index, serve_host=host, serve_port=port)
    assembly = Assembly.of(settings)

    def build(progress: Progress) -> Opened:
        opened = assembly.open(progress)
        opened.engine.ask("Who?")  # so that nobody's question is the one that waits for the models
        return opened

    status: int = run(settings, build, assembly.engine)
    return status
