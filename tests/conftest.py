"""What every test runs under."""

from __future__ import annotations

import ast
import gc
import os
import threading
from typing import Any

from hypothesis import settings

# A busy machine is no failure: pytest-timeout stops what hangs. Examples differ from run to run, so few a run are many.
settings.register_profile("quoth", deadline=None, max_examples=40)
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


def pytest_collection_finish() -> None:
    """Leave what collecting made out of every later look for garbage: a twentieth of the suite's time."""
    gc.collect()
    gc.freeze()
