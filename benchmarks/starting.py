"""``python -m benchmarks.starting``: how long a command takes from nothing, beside a bare script with the same model.

In turn: a script that imports sentence-transformers, loads the encoder and encodes one question; ``quoth ask`` with an
index that is there, without a reader and with the trained one; and ``quoth --help``. The articles are those that ship.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from retrieval.models.bundled import bundled_folder

ROOT = Path(__file__).resolve().parents[1]
_QUESTION = "who met in Sochi?"
_BARE = f"""
from sentence_transformers import SentenceTransformer
SentenceTransformer({str(bundled_folder())!r}).encode([{_QUESTION!r}])
"""
_QUOTH = "import sys; from bot.cli import main; sys.exit(main())"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.starting", description=main.__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="quoth-starting-") as index:
        ask = (_QUOTH, "ask", _QUESTION, "--articles", str(ROOT / "data" / "articles"), "--index", index)
        commands = {
            "bare script": ((_BARE,), {}),
            "quoth ask without a reader": (ask, {"QUOTH_READER": "none"}),
            "quoth ask": (ask, {"QUOTH_READER": "trained"}),
            "quoth --help": ((_QUOTH, "--help"), {}),
        }
        seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for number in range(asked.rounds + 1):
            for name, (arguments, settings) in commands.items():
                once = _timed(arguments, settings)
                if number:  # the first fills the caches, and builds the index
                    seconds[name].append(once)
    bare = seconds["bare script"]
    for name, took in seconds.items():
        # Each against the bare one of its own round, which met the same load.
        ratios = [statistics.median(mine[of] / its[of] for mine, its in zip(took, bare, strict=True)) for of in (0, 1)]
        wall, cpu = (statistics.median(each[of] for each in took) for of in (0, 1))
        print(f"{name}: {wall:.2f} s, {ratios[0]:.2f} times the bare one; of a processor {cpu:.2f} s, {ratios[1]:.2f}")


def _timed(arguments: tuple[str, ...], settings: dict[str, str]) -> tuple[float, float]:
    """Seconds by the clock, and of all cores, that a Python program takes."""
    # An installed program is compiled; where Python is told to keep nothing, each start would compile it again.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before, started = os.times(), time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", *arguments],
        check=True,
        capture_output=True,
        cwd=ROOT,
        env=env | settings | {"HF_HUB_OFFLINE": "1"},
    )
    wall, after = time.perf_counter() - started, os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return wall, cpu


if __name__ == "__main__":
    main()
