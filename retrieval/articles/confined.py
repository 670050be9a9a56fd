"""Reading files in a process of its own, which may hang, swell or crash without harm to this one.

Parsers of web pages, PDF and Word files are large and meet files made by anybody. The process that runs them is given
one file's bytes at a time and can open neither files nor connections; it is stopped when it takes too long, and
started again for the next file. Small files in simple formats are not worth the journey and are read right here.
"""

from __future__ import annotations

import atexit
import codecs
import contextlib
import encodings
import importlib
import json
import os
import pkgutil
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict
from io import BytesIO
from typing import IO, Any

from retrieval.articles.formats import registry as formats
from retrieval.articles.formats.values import Extract, Fault
from retrieval.errors import ArticleUnreadable

TIME_LIMIT_S = 10.0
"""For one file."""

_MEMORY_BYTES = 2 * 2**30
"""Address space of the process, where the system limits such a thing."""

_STARTING_S = 60.0
_IDLE_S = 30.0
"""The process is let go after so long without a file."""

_STOPPED = "reading it took longer than {:g} seconds"
_CRASHED = "its contents broke the program that reads such files"


def extract(name: str, content: bytes) -> Sequence[Extract | Fault]:
    """Read a file's content, in another process if there is any danger in it.

    Raises:
        ArticleUnreadable: see ``formats.extract``; or it took too long, or broke its reader.
    """
    if len(content) < formats.format_of(name).apart_from:
        return formats.extract(name, content)
    return _shared.extract(name, content)


class Worker:
    """A process that reads files, started when there is one to read. Any number of threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._idle: threading.Timer | None = None

    def extract(self, name: str, content: bytes) -> Sequence[Extract | Fault]:
        """Read a file's content there; raises as the function of this name does."""
        with self._lock:
            if self._idle:
                self._idle.cancel()
            try:
                answer = self._ask(name, content)
            finally:
                self._idle = threading.Timer(_IDLE_S, self.close)
                self._idle.daemon = True
                self._idle.start()
        if "reason" in answer:
            raise ArticleUnreadable(name, answer["reason"])
        return [Fault(**item) if "reason" in item else Extract(**item) for item in answer["found"]]

    def close(self) -> None:
        """Let the process go."""
        with self._lock:
            if self._idle:
                self._idle.cancel()
            self._stop()

    def _ask(self, name: str, content: bytes) -> dict[str, Any]:
        request = json.dumps({"name": name, "size": len(content)}).encode() + b"\n" + content
        try:
            if self._process is None or self._process.poll() is not None:
                self._process = _start()
            answer, in_time = _exchange(self._process, request, TIME_LIMIT_S)
        except BaseException:  # an answer that nobody waited for must not be taken for the next file's
            self._stop()
            raise
        if answer is None:
            self._stop()
            raise ArticleUnreadable(name, _CRASHED if in_time else _STOPPED.format(TIME_LIMIT_S))
        return answer

    def _stop(self) -> None:
        if process := self._process:
            self._process = None
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):  # what was still to be written has nowhere to go
                    if stream:
                        stream.close()


_shared = Worker()
atexit.register(_shared.close)


def _start() -> subprocess.Popen[bytes]:
    """The process, once it is ready for its first file."""
    program = "import sys; sys.path[:] = sys.argv[1:]; from retrieval.articles.confined import serve; serve()"
    process = subprocess.Popen(  # noqa: S603 - this very program
        [sys.executable, "-c", program, *sys.path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    _exchange(process, b"", _STARTING_S)
    return process


def _exchange(process: subprocess.Popen[bytes], request: bytes, limit_s: float) -> tuple[dict[str, Any] | None, bool]:
    """The answer to a request, if one came, and whether the process did what it did within the limit."""
    requests, answers = process.stdin, process.stdout
    if requests is None or answers is None:
        raise ValueError(process)
    overdue = threading.Event()

    def stop() -> None:
        overdue.set()
        process.kill()

    watchdog = threading.Timer(limit_s, stop)
    watchdog.start()
    try:
        requests.write(request)
        requests.flush()
        line = answers.readline()
    except OSError:
        line = b""
    finally:
        watchdog.cancel()
    return (json.loads(line) if line.endswith(b"\n") else None), not overdue.is_set()


# --- the other side ------------------------------------------------------------------------------------------


def serve() -> None:
    """Answer requests on standard input until there are no more: what the process does."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints is no answer
    _warm_up()
    _confine()
    answers.write(b"{}\n")
    answers.flush()
    answer_all(sys.stdin.buffer, answers)


def answer_all(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Read one file after the other: a line of JSON with name and size, then the content; answer each in a line."""
    while header := requests.readline():
        request = json.loads(header)
        content = requests.read(request["size"])
        try:
            answer: dict[str, Any] = {"found": [asdict(item) for item in formats.extract(request["name"], content)]}
        except ArticleUnreadable as error:
            answer = {"reason": error.reason}
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()


_LATE = ("_strptime", "pypdf._codecs.core_font_metrics", "pypdf.generic._image_xobject")
"""Modules that only some files make the readers import."""


def _warm_up() -> None:
    """Load all that the readers load when they need it, as later nothing can be opened any more."""
    import docx
    import pypdf

    for name in _LATE:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    for module in pkgutil.iter_modules(encodings.__path__):
        with contextlib.suppress(LookupError, ImportError):
            codecs.lookup(module.name)
    pdf, word = BytesIO(), BytesIO()
    writer = pypdf.PdfWriter()
    writer.add_blank_page(100, 100)
    writer.encrypt("", algorithm="AES-256")
    writer.write(pdf)
    docx.Document().save(word)
    page = b"<html><head><title>A page</title></head><body><p>Few words.</p></body></html>"
    text = "---\ntitle: Привет\n---\n# Some words\n".encode("cp1251")
    samples = {"a.pdf": pdf.getvalue(), "a.docx": word.getvalue(), "a.html": page, "a.md": text, "a.json": b"[]"}
    for name, content in samples.items():
        with contextlib.suppress(ArticleUnreadable):
            formats.extract(name, content)


def _confine() -> None:
    """Give up all that reading bytes does not need, where the system knows how: opening anything, and much memory."""
    try:
        import resource
    except ImportError:  # Windows
        return
    unused = os.open(os.devnull, os.O_RDONLY)
    os.close(unused)
    limits = {resource.RLIMIT_NOFILE: unused, resource.RLIMIT_AS: _MEMORY_BYTES, resource.RLIMIT_CORE: 0}
    for kind, limit in limits.items():
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (limit, limit))
