"""What keeps fetching polite: one connection at a time to a host, and a pause between two; for all threads together."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

PAUSE_S = 1.0
"""Seconds between the end of one request to a host and the next."""

LONGEST_PAUSE_S = 30.0
"""A robots.txt may ask for pauses up to so long."""


@dataclass(slots=True)
class _Host:
    lock: threading.Lock = field(default_factory=threading.Lock)
    pause_s: float = 0.0
    """What its robots.txt asks for."""
    free_at: float = 0.0
    """On the clock of ``time.monotonic``."""


class Turns:
    """Lets whoever asks a host for something wait for its turn.

    Args:
        pause_s: seconds between two requests to a host.
    """

    def __init__(self, pause_s: float | None = None) -> None:
        self._pause_s = PAUSE_S if pause_s is None else pause_s
        self._hosts: dict[str, _Host] = {}

    @contextmanager
    def turn(self, host: str, *, at_once: bool = False) -> Iterator[None]:
        """Wait until nobody else is at this host, and its pause is over; nobody else is while the block runs.

        ``at_once`` needs no pause: the host itself has sent on to another of its pages.
        """
        known = self._hosts.setdefault(host, _Host())
        with known.lock:
            if not at_once:
                time.sleep(max(0.0, known.free_at - time.monotonic()))
            try:
                yield
            finally:
                known.free_at = time.monotonic() + max(self._pause_s, known.pause_s)

    def slow_down(self, host: str, pause_s: float) -> None:
        """Pause so long, within reason, between two requests to a host from now on."""
        known = self._hosts.setdefault(host, _Host())
        known.pause_s = min(pause_s, LONGEST_PAUSE_S)
        known.free_at = max(known.free_at, time.monotonic() + known.pause_s)
