"""What the suite itself promises: it runs in any order, in several processes, beside any thread."""

from __future__ import annotations

import ast
import gc
import sys
import threading
import time
from collections.abc import Iterator

import pytest


class Circle:
    """Garbage that is found at any moment, and lets another thread go on then."""

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        time.sleep(0)


@pytest.fixture
def restless() -> Iterator[None]:
    """Threads take turns, and garbage is looked for, as often as can be."""
    interval, thresholds = sys.getswitchinterval(), gc.get_threshold()
    sys.setswitchinterval(1e-5)
    gc.set_threshold(5)
    yield
    sys.setswitchinterval(interval)
    gc.set_threshold(*thresholds)


@pytest.mark.usefixtures("restless")
def test_a_failure_can_be_formatted_while_threads_parse_python() -> None:
    failed: list[Exception] = []

    def parse() -> None:
        for _ in range(2_000):
            Circle()
            try:
                ast.literal_eval("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, (3, [4, {5: 6}]))}")
            except SystemError as error:
                failed.append(error)

    threads = [threading.Thread(target=parse) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
