"""A bar that shows how far long work is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import progress as bars
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console

_STAGES = {
    "fetching": "Fetching (KiB)",
    "entries": "Reading the entries of a feed",
    "waiting": "Waiting for another program to write the index",
    "reading": "Reading articles",
    "pages": "Reading the pages of a long file",
    "encoding": "Encoding passages",
    "asking": "Asking questions",
}
_WIDE = 60
"""Columns of a terminal that a bar needs: in fewer it would push the numbers out."""


class Bars:
    """One bar on a terminal, that of the stage told of last; nothing where there is no terminal."""

    def __init__(self, shown: Console) -> None:
        text = bars.TextColumn("{task.description}", markup=False)
        done: list[bars.ProgressColumn] = [bars.MofNCompleteColumn()]
        if shown.width >= _WIDE:
            done = [bars.BarColumn(bar_width=None), *done, _Speed()]
        left = bars.TimeRemainingColumn(compact=True)
        self.progress = bars.Progress(bars.SpinnerColumn(), text, *done, left, console=shown, transient=True)
        self.progress.disable = not shown.is_terminal
        self._stages: dict[str, bars.TaskID] = {}

    def told(self, stage: str, done: int, total: int) -> None:
        """Show that of ``total`` steps of a stage so many are done; a total of 0 is one that is not known."""
        if stage not in self._stages:
            self._stages[stage] = self.progress.add_task(_STAGES.get(stage, stage), total=total or None)
        for other, bar in self._stages.items():
            self.progress.update(bar, visible=other == stage)
        self.progress.update(self._stages[stage], completed=done, total=total or None)


class _Speed(bars.ProgressColumn):
    """Passages, files or questions a second."""

    def render(self, task: bars.Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.1f}/s" if speed else "", "progress.data.speed")
