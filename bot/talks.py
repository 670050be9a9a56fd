"""Sessions: the conversations of many people, bounded in number and age."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

from retrieval.answer.conversation import Talk

MAX_AGE_S = 3600.0
"""After an hour without a question a talk begins anew."""

MAX_TALKS = 1_000
"""Talks kept at once where many people ask; the one that rested longest goes first."""


class Talks:
    """The conversations of many people, each under a key, bounded in number and age.

    Any number of threads may use it.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, *, kept: int = MAX_TALKS) -> None:
        self._clock = clock
        self._kept = kept
        self._lock = threading.Lock()
        self._talks: OrderedDict[Hashable, tuple[float, Talk]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._talks)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._talks

    def of(self, key: Hashable) -> Talk:
        """The conversation under ``key``; an empty one where there is none, or none that is recent."""
        with self._lock:
            since, talk = self._talks.get(key, (self._clock(), Talk()))
            return talk if self._clock() - since < MAX_AGE_S else Talk()

    def keep(self, key: Hashable, talk: Talk) -> None:
        """Put a conversation under ``key``, in place of the one before."""
        with self._lock:
            self._talks[key] = self._clock(), talk
            self._talks.move_to_end(key)
            while len(self._talks) > self._kept:
                self._talks.popitem(last=False)

    def forget(self, member: int) -> None:
        """Drop the conversations of a member: those whose key is a pair of a place and the member."""
        with self._lock:
            for key in [key for key in self._talks if isinstance(key, tuple) and key[-1] == member]:
                del self._talks[key]
