"""What a terminal shows while something takes seconds, and models loaded in the background meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from functools import cache
from typing import TYPE_CHECKING

from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console

    from bot.terminal.bars import Bars
    from retrieval.answer.reading.reader import Reader
    from retrieval.engine import Engine
    from retrieval.models.encoder import Encoder


@contextmanager
def progress(shown: Console) -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar on a terminal while an index is built; gives the function to tell of stage, done and total.

    The bar is made when there is something to tell, which there seldom is: it takes 30 ms to import.
    """
    with ExitStack() as stack:

        @cache
        def made() -> Bars:
            from bot.terminal.bars import Bars

            bars = Bars(shown)
            stack.enter_context(bars.progress)
            return bars

        yield lambda stage, done, total: made().told(stage, done, total)


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
