"""What a terminal shows while something takes seconds, and models loaded in the background meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING

from rich import progress as bars
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console

    from retrieval.answer.reader import Reader
    from retrieval.engine import Engine
    from retrieval.models.encoder import Encoder

_STAGES = {
    "fetching": "Fetching (KiB)",
    "entries": "Reading the entries of a feed",
    "waiting": "Waiting for another program to write the index",
    "reading": "Reading articles",
    "pages": "Reading the pages of a long file",
    "encoding": "Encoding passages",
    "asking": "Asking questions",
}


@contextmanager
def progress(shown: Console) -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar on a terminal while an index is built; gives the function to tell of stage, done and total."""
    columns = (
        bars.BarColumn(bar_width=None),
        bars.MofNCompleteColumn(),
        _Speed(),
        bars.TimeRemainingColumn(compact=True),
    )
    text = bars.TextColumn("{task.description}", markup=False)
    shows = bars.Progress(bars.SpinnerColumn(), text, *columns, console=shown, transient=True)
    shows.disable = not shown.is_terminal
    stages: dict[str, bars.TaskID] = {}

    def told(stage: str, done: int, total: int) -> None:
        if stage not in stages:
            stages[stage] = shows.add_task(_STAGES.get(stage, stage), total=total or None)
        # One bar: that of the stage told of last.
        for other, bar in stages.items():
            shows.update(bar, visible=other == stage)
        shows.update(stages[stage], completed=done, total=total or None)

    with shows:
        yield told


class _Speed(bars.ProgressColumn):
    """Passages, files or questions a second."""

    def render(self, task: bars.Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.1f}/s" if speed else "", "progress.data.speed")


def waiting(shown: Console, text: str) -> AbstractContextManager[object]:
    """A spinner on a terminal while something takes seconds; nothing on a pipe."""
    return shown.status(Text(text, "dim"), spinner_style="dim") if shown.is_terminal else nullcontext()


def warm_up(engine: Engine) -> threading.Thread:
    """Load an engine's models on a thread while a person types.

    An interrupt then ends the waiting, not the import of torch, which does not survive being cut short.
    """
    return _in_background("warm-up", lambda: engine.ask("Who?"))


def load_model(model: Encoder | Reader) -> threading.Thread:
    """Load a model on a thread, while whoever calls goes on with what needs none."""
    return _in_background("loading", model.load)


def _in_background(name: str, load: Callable[[], object]) -> threading.Thread:
    def run() -> None:
        with suppress(Exception):  # the first question meets it again, and says so in a sentence
            load()

    thread = threading.Thread(target=run, name=name)
    thread.start()
    return thread
