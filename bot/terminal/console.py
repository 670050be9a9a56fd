"""Consoles on standard output and error, and standard streams that may be closed."""

from __future__ import annotations

import io
import os
import shutil
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

_UNLIMITED = 1_000_000
_DUMB = {"dumb", "unknown"}
_STREAMS = (("stdin", os.O_WRONLY), ("stdout", os.O_RDONLY), ("stderr", os.O_WRONLY))
"""What takes a closed stream's place is /dev/null, opened the wrong way round for all but standard error: who reads or
writes there gets the system's error, as from a closed file, and nothing else is ever opened under these numbers."""

_closed: set[str] = set()


def prepare_streams() -> None:
    """Make the standard streams fit for use, closed ones included; to be called before anything else is opened."""
    for number, (name, flags) in enumerate(_STREAMS):
        if getattr(sys, name) is None:
            _closed.add(name)
            with suppress(OSError):
                _put_null(number, flags)
                mode = "r" if name == "stdin" else "w"
                setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115 - a descriptor
    for stream in (sys.stdout, sys.stderr):
        # Articles hold characters that some terminals' encodings lack.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _put_null(number: int, flags: int) -> None:
    """Open the null device under a descriptor's number, if that is free."""
    with suppress(OSError):
        os.fstat(number)
        return
    opened = os.open(os.devnull, flags)
    if opened != number:
        os.dup2(opened, number, inheritable=True)
        os.close(opened)


def closed_stream(error: OSError) -> str | None:
    """Which standard stream, closed by whoever started the program, an error comes from: ``stdin`` or ``stdout``."""
    import errno

    if error.errno != errno.EBADF:
        return None
    return next((name for name in ("stdout", "stdin") if name in _closed), None)


def abandon_output() -> None:
    """Point standard output at nothing, so that what is left in its buffer causes no second error at exit."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def console(*, stderr: bool = False) -> Console:
    """A console on standard output or error; a pipe gets no line breaks within a paragraph, unless it sets COLUMNS."""
    from rich.console import Console

    file = sys.stderr if stderr else sys.stdout
    # Of a terminal that is dumb Rich would take it that it has 80 columns.
    asks = file.isatty() and os.environ.get("TERM", "").lower() not in _DUMB
    width, height = (None, None) if asks else shutil.get_terminal_size((_UNLIMITED, 24))
    return Console(stderr=stderr, width=width, height=height, markup=False, highlight=False, emoji=False)
