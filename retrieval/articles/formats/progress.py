"""How far the reading of a long file is: told by readers of formats with many pages, heard by whoever waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Told = Callable[[int, int], None]
"""Called with the number of pages that are read, and of all pages."""

_listener: ContextVar[Told | None] = ContextVar("listener", default=None)


def tell(done: int, total: int) -> None:
    """Say that so many pages of ``total`` are read; nothing happens where nobody listens."""
    if listener := _listener.get():
        listener(done, total)


@contextmanager
def listening(listener: Told | None) -> Iterator[None]:
    """Hear what readers tell while this is open, in this thread."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)
