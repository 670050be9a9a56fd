"""Opening the engine for a command, and saying what that took."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rich.console import Console

    from retrieval.engine import Engine
    from retrieval.errors import StorageFailed
    from retrieval.index.changes import Progress
    from retrieval.index.updating import Report


class Opened(Protocol):
    """What opening an index gives."""

    @property
    def engine(self) -> Engine:
        """The engine."""
        ...

    @property
    def report(self) -> Report | None:
        """What the update did; None when none was needed."""
        ...

    @property
    def refused(self) -> StorageFailed | None:
        """Why the index is as it was, if so."""
        ...


def open_engine(opening: Callable[[Progress], Opened], errors: Console) -> Engine:
    """The engine over an index that is up to date, or cannot be made so; says on ``errors`` what happened."""
    from bot.error_wording import in_words
    from bot.terminal import tables
    from bot.terminal.progress import progress

    with progress(errors) as told:
        opened = opening(told)
    if opened.refused:
        as_it_was = "Until then the answers are those of the index as it was."
        errors.print(f"{in_words(opened.refused)} {as_it_was}", style="yellow")
    if opened.report and opened.report.built:
        errors.print(tables.report(opened.report), style="dim")
    return opened.engine
