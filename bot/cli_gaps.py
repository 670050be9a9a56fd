"""``quoth gaps``: what people asked in vain, by what it means, and a data set of it for ``quoth eval``.

Everything but typer is imported inside the command, so that ``quoth --help`` is instant.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.terminal.ask import ANSWERED, NOT_SAID
from bot.terminal.console import console
from bot.terminal.options import ArticlesOption, JsonOption, day, load

if TYPE_CHECKING:
    from bot.gaps import Gaps
    from bot.settings import Settings

_SHOWN = 20


def gaps(
    context: typer.Context,
    *,
    since: Annotated[
        date | None, typer.Option("--since", metavar="DATE", parser=day, help="Asked on this day or later.")
    ] = None,
    top: Annotated[
        int | None, typer.Option("--top", metavar="N", min=1, help=f"Show so many at most, not {_SHOWN}.")
    ] = None,
    export: Annotated[
        Path | None,
        typer.Option("--export", metavar="FILE", help="Add them to a data set for quoth eval, for you to fill in."),
    ] = None,
    as_json: JsonOption = False,
    articles: ArticlesOption = None,
) -> int:
    """List what people asked the bot and the server in vain: declined, or voted down.

    What means the same is put together, the most frequent first. The exit status is 1 when there is nothing.
    """
    from bot.terminal import gaps as shown
    from bot.terminal import json_output

    settings = load(context, articles=articles)
    found = _found(settings, since)
    if export:
        added, there = shown.export(export, found.found[:top])
        console().print(shown.exported(export, added, there))
    elif as_json:
        json_output.put(*map(shown.gap_json, found.found[: top or len(found.found)]))
    else:
        console().print(shown.table(found, top or _SHOWN, shown.hint(settings, found, since)))
    return ANSWERED if found.found else NOT_SAID


def _found(settings: Settings, since: date | None) -> Gaps:
    from bot import assembly, gaps, question_log
    from retrieval.answer.grouping import grouped

    # What is older is no longer kept, though nobody may have run since to delete it.
    oldest = datetime.now(UTC) - timedelta(days=settings.questions_days)
    # Of days long before that, no moment need be found: the first of all has none in some places.
    first = max(since or date.min, oldest.date() - timedelta(days=1))
    begin = max(oldest, datetime.combine(first, time()).astimezone())
    kept = bool(settings.questions_days)
    log = question_log.read(settings.state, settings.articles, since=begin) if kept else []
    encoder = assembly.build_encoder(settings)
    return gaps.find(log, lambda questions, around: grouped(questions, encoder, around=around))
