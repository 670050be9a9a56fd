"""How many questions one address may ask in a minute."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

MINUTE_S = 60.0

_TOLERANCE_S = 1e-6
"""What adding shares of a minute may err by."""

_REMEMBERED = 10_000
"""Addresses; the one that asked least lately goes first."""


class Rate:
    """A limit for each address: a minute's questions at once, and after that as many a minute, evenly.

    Args:
        most: questions in a minute; 0 for no limit.
        clock: tells seconds.
    """

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._paid: OrderedDict[str, float] = OrderedDict()
        """Until when each address has used up its share: each question takes an even part of a minute."""

    def wait(self, address: str) -> float:
        """Seconds until an address may ask again; with 0 the question counts."""
        if not self._most:
            return 0.0
        now, share = self._clock(), MINUTE_S / self._most
        paid = max(self._paid.get(address, now), now)
        if (ahead := paid + share - now - MINUTE_S) > _TOLERANCE_S:
            return ahead
        self._paid[address] = paid + share
        self._paid.move_to_end(address)
        while len(self._paid) > _REMEMBERED:
            self._paid.popitem(last=False)
        return 0.0
