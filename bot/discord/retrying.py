"""How long to wait before something is tried again."""

from __future__ import annotations

from collections.abc import Iterator

LONGEST_PAUSE = 60.0


def pauses() -> Iterator[float]:
    """Seconds to wait before one try after another: a second, and each time twice as long, to a minute."""
    pause = 1.0
    while True:
        yield pause
        pause = min(2 * pause, LONGEST_PAUSE)
