"""Blocking work off the event loop: a pool of threads with a queue that is bounded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from typing import Any, TypeVar

from retrieval.models.threads import trim_heap

_T = TypeVar("_T")

WORKERS = 2
"""Answers computed at once: the model uses every core for each."""

WAITING = 30
"""Questions in the queue before further ones are told to come back: about ten seconds' work for a laptop."""


class Busy(Exception):
    """The queue is full."""


class Closing(Exception):
    """The bot is about to leave and takes no more questions."""


class Pool:
    """A pool of threads for blocking work, with a queue that is never longer than ``waiting``."""

    def __init__(self, name: str, *, workers: int = WORKERS, waiting: int = WAITING) -> None:
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix=name)
        self._room = workers + waiting
        self._jobs: set[Future[Any]] = set()
        self._awaited: set[asyncio.Future[Any]] = set()
        self._given_up: set[asyncio.Future[Any]] = set()
        self._closed = False
        self.closing = False
        """Whether nobody should bring new work, since it is about to be given up."""

    @property
    def working(self) -> bool:
        """Whether anything runs or waits."""
        return bool(self._jobs)

    @property
    def jobs(self) -> int:
        """How many run or wait."""
        return len(self._jobs)

    @property
    def full(self) -> bool:
        """Whether there is no room for more."""
        return not self._closed and len(self._jobs) >= self._room

    async def run(self, work: Callable[[], _T]) -> _T:
        """Do ``work`` on a thread; raises ``Busy`` at once when the queue is full, ``Closing`` when it is given up."""
        if self._closed:
            raise Closing
        if len(self._jobs) >= self._room:
            raise Busy
        # What it says, it says in the language that is spoken here.
        job = self._threads.submit(copy_context().run, work)
        self._jobs.add(job)
        # Counted until the thread is done with it, even if whoever waits for it goes away.
        job.add_done_callback(self._jobs.discard)
        job.add_done_callback(lambda _: trim_heap())  # on the same thread, behind the answer
        outcome = asyncio.wrap_future(job)
        self._awaited.add(outcome)
        outcome.add_done_callback(self._awaited.discard)
        try:
            return await outcome
        except asyncio.CancelledError:
            if outcome in self._given_up:
                raise Closing from None
            raise

    def give_up(self) -> None:
        """Take no more work, and have all that wait for some hear that it is not done."""
        self._closed = True
        self._given_up = {outcome for outcome in list(self._awaited) if outcome.cancel()}

    def settled(self, seconds: float) -> bool:
        """Whether nothing runs any more, for which it waits up to so long."""
        return not wait(list(self._jobs), seconds).not_done

    def close(self) -> None:
        """Take no more work and drop what waits; what runs goes on."""
        self._closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)
