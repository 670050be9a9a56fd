"""Batching the calls of several threads: one pass of a model serves all that wait for it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future

import numpy as np
from numpy.typing import NDArray


class CallBatcher:
    """Calls an encoding function once for the texts of all threads that wait for it.

    The first thread encodes its own texts at once. Those that come meanwhile are encoded together when it is done, by
    whichever of them gets the lock; a thread that is alone waits for nobody.
    """

    def __init__(self, encode: Callable[[Sequence[str]], NDArray[np.float32]]) -> None:
        self._encode = encode
        self._lock = threading.Lock()
        self._waiting: deque[tuple[Sequence[str], Future[NDArray[np.float32]]]] = deque()

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """What ``encode`` gives for ``texts``: shape (texts, dimension)."""
        mine: Future[NDArray[np.float32]] = Future()
        self._waiting.append((texts, mine))
        with self._lock:
            if not mine.done():
                # Only the holder of the lock takes out; a call that is appended after this count is for the next one.
                self._serve([self._waiting.popleft() for _ in range(len(self._waiting))])
        return mine.result()

    def _serve(self, calls: Sequence[tuple[Sequence[str], Future[NDArray[np.float32]]]]) -> None:
        """Encode the texts of all calls and give each its rows, or the error."""
        try:
            vectors = self._encode([text for texts, _ in calls for text in texts])
        except BaseException as error:  # noqa: BLE001 - each of them hears of it
            for _, future in calls:
                future.set_exception(error)
            return
        ends = np.cumsum([len(texts) for texts, _ in calls])
        for (_, future), rows in zip(calls, np.split(vectors, ends[:-1]), strict=True):
            future.set_result(rows)
