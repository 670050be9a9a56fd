"""What every adapter does: index passages, or answer questions with passages' ids; one JSON object a line.

    python ADAPTER.py index ENCODER PASSAGES FOLDER     seconds it took, printed when the index is on disk
    python ADAPTER.py serve ENCODER FOLDER              {"question": ...} a line in, ids (best first) and ms a line out

PASSAGES has one ``{"id", "title", "text"}`` a line. Only the standard library is imported here, since each adapter
runs in an environment of its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

BEGAN = time.perf_counter()
DEPTH = 10
"""Passages asked for."""

Passages = list[dict[str, str]]
Search = Callable[[str], list[str]]


def run(index: Callable[[str, Passages, Path], None], opened: Callable[[str, Path], Search]) -> None:
    """Do what the command line says: ``index`` writes a folder, ``opened`` gives the search over it."""
    told = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print is no part of the protocol
    encoder = sys.argv[2]
    if sys.argv[1] == "index":
        with Path(sys.argv[3]).open(encoding="utf-8") as lines:
            passages = [json.loads(line) for line in lines]
        index(encoder, passages, Path(sys.argv[4]))
        told.write(json.dumps({"seconds": time.perf_counter() - BEGAN, "cpu_s": time.process_time()}) + "\n")
        return
    search = opened(encoder, Path(sys.argv[3]))
    for line in sys.stdin:
        question = json.loads(line)["question"]
        started = time.perf_counter()
        ids = search(question)
        milliseconds = (time.perf_counter() - started) * 1e3
        told.write(json.dumps({"ids": ids[:DEPTH], "ms": milliseconds, "peak_mib": peak_mib()}) + "\n")


def peak_mib() -> float:
    """The most memory that this process has held; its children are not counted."""
    return _status("VmHWM:")


def resident_mib() -> float:
    """The memory that this process holds now, mapped files included (the most it held, where there is no /proc)."""
    return _status("VmRSS:")


def _status(name: str) -> float:
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text("utf-8").splitlines():
            if line.startswith(name):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def indexed_text(passage: dict[str, str]) -> str:
    """What is indexed of a passage: its title and its text, as Quoth does."""
    return f"{passage['title']}. {passage['text']}"
