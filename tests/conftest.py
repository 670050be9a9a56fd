"""What every test runs under."""

from __future__ import annotations

import ast
import gc
import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadFileScheduling

# A busy machine is no failure: pytest-timeout stops what hangs. Examples differ from run to run, so few a run are many.
settings.register_profile("quoth", deadline=None, max_examples=20)
settings.register_profile("thorough", deadline=None, max_examples=1_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quoth"))

_parse = ast.parse
_one_at_a_time = threading.RLock()


def _parse_alone(*given: Any, **named: Any) -> Any:
    with _one_at_a_time:
        return _parse(*given, **named)


# CPython 3.11 counts how deep a syntax tree is for all threads together, and raises SystemError where two of them make
# one at once. Pytest and traceback make one of each line that they show of a failure, while a test's threads still run.
ast.parse = _parse_alone


# Slipcover's marks stay in functions that it does not find again, as in properties, and whenever one was passed fifty
# times it looks through all modules: a tenth of the suite's time. Its option for that number does not reach workers.
with suppress(ImportError):
    from slipcover import pytest_plugin

    if marks := pytest_plugin._slipcover_instance:
        marks.d_miss_threshold = 20_000

PYTORCH = ("tests/retrieval/models/", "tests/training/")
"""Where tests load PyTorch and sentence-transformers, which takes five seconds: one worker does."""


class Together(LoadFileScheduling):  # type: ignore[misc]
    """Whole files go to a worker, and all that load PyTorch to the same."""

    def _split_scope(self, nodeid: str) -> str:
        return "PyTorch" if nodeid.startswith(PYTORCH) else str(super()._split_scope(nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together | None:
    return Together(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest: PyTorch, and the files at the top of the folder."""
    items.sort(key=lambda item: (not item.nodeid.startswith(PYTORCH), item.nodeid.split("::")[0].count("/") > 1))


def pytest_collection_finish() -> None:
    """Look for garbage seldom, and never through what collecting made: a tenth of the suite's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session", autouse=True)
def quick() -> Iterator[None]:
    """The process that reads files stays from one test to the next, and nobody waits for a disk: no test cuts power."""
    from retrieval.articles import confined

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(confined, "_IDLE_S", 600.0)
        patch.setattr(os, "fsync", lambda _: None)
        yield
