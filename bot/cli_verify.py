"""The command ``quoth verify``: whether the quotes that links lead to still stand.

Everything but typer is imported inside the command, so that ``quoth --help`` is instant.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from bot.terminal.console import console
from bot.terminal.options import ArticlesOption, IndexOption, JsonOption, load


def verify(
    context: typer.Context,
    links: Annotated[list[str] | None, typer.Argument(metavar="LINK", show_default=False)] = None,
    *,
    as_json: JsonOption = False,
    articles: ArticlesOption = None,
    index: IndexOption = None,
) -> int:
    """Say whether the quotes that links lead to still stand in the articles; - reads links from standard input.

    The exit status is 0 when all of them stand, 1 when an article changed or went, 2 when something is no link.
    """
    if not links and sys.stdin.isatty():
        raise typer.TyperException("Give a link, or pipe in one a line")
    from bot.assembly import Assembly
    from bot.terminal.opening import open_engine
    from bot.terminal.verifying import Verifier

    settings = load(context, articles=articles, index=index)
    errors = console(stderr=True)
    engine = open_engine(Assembly.of(settings).open, errors)
    verifier = Verifier(engine, None if as_json else console(), errors, settings.address)
    return verifier.verify_all(_given(links or ["-"]))


def _given(links: Sequence[str]) -> Iterator[str]:
    """The links, with those of standard input, one a line, in place of a hyphen."""
    for link in links:
        if link != "-":
            yield link
            continue
        for line in sys.stdin.buffer:
            if text := line.decode("utf-8-sig", "replace").strip():
                yield text
