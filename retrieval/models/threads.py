"""Sharing work between threads without oversubscribing the processor."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import TypeVar

from threadpoolctl import ThreadpoolController

# Threads that wait for each other's share of a matrix are to sleep soon: on a core that another program keeps busy the
# one that is waited for does not come sooner, and two threads then took 30 times the processor time of one. GNU's
# OpenMP reads this when torch is imported.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

_Part = TypeVar("_Part")

_Result = TypeVar("_Result")


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch use one thread for what this thread asks of it; its own setter would speak for others to come too."""
    with _openmp().limit(limits=1, user_api="openmp"):
        yield


@cache
def _openmp() -> ThreadpoolController:
    """The libraries that share work out over threads, once torch is there."""
    return ThreadpoolController()


def thread_count() -> int:
    """How many threads torch uses."""
    import torch

    return torch.get_num_threads()


def in_threads(
    work: Callable[[_Part], _Result], parts: Sequence[_Part], threads: int
) -> Generator[_Result, None, None]:
    """What ``work`` gives for each of ``parts``, in their order; each of the threads works on one part by itself.

    Threads that share one part's matrices wait for each other over and over: two take an eighth longer so. Close the
    iterator to stop early.
    """

    def alone(part: _Part) -> _Result:
        with one_thread():
            return work(part)

    pool = ThreadPoolExecutor(threads)
    try:
        yield from pool.map(alone, parts)
    finally:
        pool.shutdown(cancel_futures=True)
