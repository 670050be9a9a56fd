"""Opening the engine for a command, and saying what that took."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from bot.assembly import Assembly
    from retrieval.engine import Engine


def open_engine(assembly: Assembly, errors: Console) -> Engine:
    """The engine over an index that is up to date, or cannot be made so; says on ``errors`` what happened."""
    from bot import wording
    from bot.terminal import tables
    from bot.terminal.progress import progress

    with progress(errors) as told:
        opened = assembly.open(told)
    if opened.refused:
        as_it_was = "Until then the answers are those of the index as it was."
        errors.print(f"{wording.error(opened.refused)} {as_it_was}", style="yellow")
    if opened.report and opened.report.built:
        errors.print(tables.report(opened.report), style="dim")
    return opened.engine
