"""Sharing work between threads without oversubscribing the processor."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

# Threads that share a matrix wait for each other in a loop; this lets them sleep soon instead. While another program
# kept a core busy, two threads that looped took 30 times the processor time of one. GNU's OpenMP reads this when torch
# is imported.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

# oneDNN keeps what it made for each shape of matrices, by default 1,024 of them with their buffers; few shapes are met
# again. It reads this at its first use.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "16")

_Part = TypeVar("_Part")

_Result = TypeVar("_Result")


_ARENAS = 2
"""Heaps in all, of which glibc would make eight a core."""
_M_ARENA_MAX = -8

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_FREE_AT_MOST, _LARGEST = 64 << 20, 32 << 20
"""What glibc's heap may keep beyond what is in use, and the largest block that it takes from there; bytes."""


def few_arenas() -> None:
    """Have glibc's allocator keep few heaps; to be called before numpy is imported, for which it starts a thread.

    By default each thread gets one of its own, and what networks free in one helps no other: when, with PyTorch, a
    process grew from 961 to 1,101 MiB over 480 questions, all of that was idle in such heaps. With two of them, and few
    primitives of oneDNN kept, it stayed at 780 (``python -m benchmarks.memory``). It does nothing without glibc.
    """
    _tell_allocator(_M_ARENA_MAX, _ARENAS)


def reuse_memory() -> None:
    """Have glibc's allocator take large arrays from its heap, and keep there for the next what was freed.

    By default it has the system map each anew, which clears it page by page: of the time to load and quantise networks
    that was half. ``trim_heap`` gives back what is left. It does nothing without glibc.
    """
    _tell_allocator(_M_TRIM_THRESHOLD, _FREE_AT_MOST)
    _tell_allocator(_M_MMAP_THRESHOLD, _LARGEST)


def trim_heap() -> None:
    """Have glibc's allocator give the system what nobody uses, which takes a millisecond.

    A process that does so after each of 1,300 questions grows by 14 MiB, else by 26 (``python -m benchmarks.memory``).
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def _tell_allocator(option: int, value: int) -> None:
    with suppress(OSError, AttributeError, TypeError):  # another allocator than glibc's
        ctypes.CDLL(None).mallopt(option, value)


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(cores(), thread_name_prefix="model")


def in_pool(work: Callable[[_Part], _Result], parts: Iterable[_Part]) -> Generator[_Result, None, None]:
    """Results of ``work`` for each of ``parts``, in their order, by one pool of threads for the whole process.

    However many ask at once, no more run than there are cores. ``work`` itself must not ask the pool. Close the
    generator to stop early: what has not begun is left out.
    """
    futures = [_pool().submit(work, part) for part in parts]
    try:
        for future in futures:
            yield future.result()
    finally:
        for future in futures:
            future.cancel()


# --- for PyTorch, which shares a matrix between threads of its own ------------------------------------------------


@contextmanager
def one_thread() -> Iterator[None]:
    """Limit what this thread asks of torch to one thread. torch.set_num_threads would limit later threads too."""
    with _openmp().limit(limits=1, user_api="openmp"):
        yield


@cache
def _openmp() -> ThreadpoolController:
    """The thread pools of the libraries that are loaded; torch has to be among them."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def thread_count() -> int:
    """How many threads torch uses."""
    import torch

    return torch.get_num_threads()


def in_threads(
    work: Callable[[_Part], _Result], parts: Sequence[_Part], threads: int
) -> Generator[_Result, None, None]:
    """Results of ``work`` for each of ``parts``, in their order; every thread works on a part of its own.

    That is quicker than one part at a time whose matrices all threads share: two threads would take an eighth longer.
    Close the iterator to stop early.
    """

    def alone(part: _Part) -> _Result:
        with one_thread():
            return work(part)

    pool = ThreadPoolExecutor(threads)
    try:
        yield from pool.map(alone, parts)
    finally:
        pool.shutdown(cancel_futures=True)
