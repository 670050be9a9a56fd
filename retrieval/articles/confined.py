"""Reading files in a process of its own, which may hang, swell or crash without harm to this one.

Parsers of web pages, PDF and Word files are large and meet files made by anybody. The process that runs them
(``confined_process``) is given one file's bytes at a time, gets no environment (so no token either), can open neither
files nor connections (``lockdown`` says what holds on which system), and is stopped when it takes too much processor
time. Small files in simple formats are not worth the journey and are read right here.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from retrieval.articles.formats.progress import tell
from retrieval.articles.formats.registry import extract_articles, format_of
from retrieval.articles.formats.scans import PictureUnread, Recognise
from retrieval.articles.formats.values import Extracted, ExtractedArticle, UnreadableArticle
from retrieval.errors import ArticleUnreadable

Kind = Literal["files", "web"]

TIME_LIMIT_S = 10.0
"""Processor time for one file of no size."""

TIME_PER_MIB_S = 60.0
"""Processor time more for each MiB of it: a PDF of plain text, the slowest kind, takes 5 s a MiB where the machine is
quiet, and several times that where others share its processors."""

MAX_TIME_S = 600.0

_PATIENCE = 10
"""Seconds on the clock for each of processor time, after which the process is stopped whatever it does: on a busy
machine it gets little of the processor, and a process that sleeps needs none."""

_MAX_ANSWER_BYTES = 2**30
"""What a broken process may at most be made to send."""

_STARTING_S = 120.0
_ENDING_S = 1.0
_IDLE_S = 30.0
"""The process is let go after so long without a file."""

_OUT_OF_TIME: int = getattr(signal, "SIGPROF", 0)
"""The signal that ends a process whose processor time is used up; Windows has none."""

_STOPPED = "reading it took more than {:g} seconds of processor time; the settings can allow more"
_CRASHED = "its contents broke the program that reads such files"

_KEPT_VARIABLES = frozenset(
    {"SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH", "PYTHONHOME"}
)
"""Of the environment, what some Pythons cannot start without."""

_PROGRESS = re.compile(rb'\{"read": (\d{1,9}), "of": (\d{1,9})\}\n')

_PICTURE = re.compile(rb'\{"picture": (\d{1,8})\}\n')

_PROGRAM = "import sys; sys.path[:] = sys.argv[1:]; from retrieval.articles.confined_process import serve; serve()"


def extract_confined(name: str, content: bytes) -> Sequence[Extracted]:
    """Read a file's content, in another process if there is any danger in it.

    Raises:
        ArticleUnreadable: see ``registry.extract_articles``; or it took too long, or broke its reader.
    """
    if len(content) < format_of(name).confined_from:
        return extract_articles(name, content)
    return _shared.extract(name, content)


def read_from_web(task: str, given: Mapping[str, str], content: bytes) -> Any:
    """Have another process read what came from the web and is no article: a feed, a list of pages, rules for robots.

    Args:
        task: which of ``web_tasks.TASKS``.
        given: what it has to know beside the content.
        content: as the server gave it.

    Raises:
        ArticleUnreadable: reading it took too long, or broke its reader.
    """
    return _web.read(task, given, content)


def allow(seconds: float | None) -> None:
    """Let every file have so much processor time from now on; None stands for ``time_limit`` of its size."""
    _shared.seconds = _web.seconds = seconds


def read_pictures_by(recogniser: Recognise | None) -> None:
    """Have pages that are pictures read by ``recogniser`` from now on; None stands for not at all."""
    if recogniser != _shared.recogniser:
        _shared.close()  # what drawing needs is loaded when the process starts
        _shared.recogniser = recogniser


def time_limit(size: int) -> float:
    """Processor time, in seconds, that a file of so many bytes may take."""
    return min(TIME_LIMIT_S + TIME_PER_MIB_S * size / 2**20, MAX_TIME_S)


@dataclass(frozen=True, slots=True)
class _Reply:
    """What came back from the process."""

    line: bytes
    in_time: bool
    """Whether it came before the clock ran out."""


class Worker:
    """A process that reads files, started when there is one to read. Any number of threads may share it.

    Args:
        kind: ``files``, or ``web`` for feeds and the like, whose process loads other libraries.
    """

    def __init__(self, kind: Kind = "files") -> None:
        self._kind = kind
        self.seconds: float | None = None
        """Processor time that a file may take; None: ``time_limit`` of its size."""
        self.recogniser: Recognise | None = None
        """Reads pictures of pages; None: nobody does."""
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._idle: threading.Timer | None = None

    def extract(self, name: str, content: bytes) -> Sequence[Extracted]:
        """Read a file's content there; raises as ``extract_confined`` does."""
        found: list[Extracted] = self._found({"name": name}, content, _items)
        return found

    def read(self, task: str, given: Mapping[str, str], content: bytes) -> Any:
        """Read what came from the web there; raises as ``read_from_web`` does."""
        return self._found({"name": task, "given": dict(given)}, content, lambda found: found)

    def _found(self, request: Mapping[str, Any], content: bytes, understood: Callable[[Any], Any]) -> Any:
        """What the process finds in a content; raises ``ArticleUnreadable`` with the reason why it finds nothing."""
        with self._lock:
            if self._idle:
                self._idle.cancel()
            try:
                found, reason = self._ask(request, content, understood)
            finally:
                self._idle = threading.Timer(_IDLE_S, self.close)
                self._idle.daemon = True
                self._idle.start()
        if reason:
            raise ArticleUnreadable(str(request["name"]), reason)
        return found

    def close(self) -> None:
        """Let the process go."""
        with self._lock:
            if self._idle:
                self._idle.cancel()
            self._stop()

    def _ask(self, request: Mapping[str, Any], content: bytes, understood: Callable[[Any], Any]) -> tuple[Any, str]:
        """What is found in a content, and why nothing is, if so."""
        limit_s = self.seconds or time_limit(len(content))
        pictures = self.recogniser is not None
        header = {**request, "size": len(content), "seconds": limit_s, "pictures": pictures}
        try:
            if self._process is None or self._process.poll() is not None:
                self._process = _start(self._kind, pictures=pictures)
            whole = json.dumps(header).encode() + b"\n" + content
            reply = _exchange(self._process, whole, limit_s * _PATIENCE, self.recogniser)
        except BaseException:  # an answer that nobody waited for must not be taken for the next file's
            self._stop()
            raise
        try:
            answer = json.loads(reply.line)
            if "reason" in answer:
                return None, str(answer["reason"])
            return understood(answer["found"]), ""
        except (ValueError, LookupError, TypeError, AttributeError):  # no answer, or one that no reader gives
            out_of_time = self._stop() == -_OUT_OF_TIME or not reply.in_time
            return None, _STOPPED.format(limit_s) if out_of_time else _CRASHED

    def _stop(self) -> int:
        """End the process, and tell how it ended."""
        process, self._process = self._process, None
        if process is None:
            return 0
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_ENDING_S)  # one that has closed its side is about to end, and its status says why
        process.kill()
        for stream in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):  # what was still to be written has nowhere to go
                if stream:
                    stream.close()
        return process.wait()


_shared = Worker()
_web = Worker("web")


def let_go() -> None:
    """End the processes that read files; the next file starts another."""
    _shared.close()
    _web.close()


atexit.register(let_go)


def _start(kind: Kind, *, pictures: bool) -> subprocess.Popen[bytes]:
    """The process, once it is ready for its first file, and to draw pictures of pages if that is wanted."""
    process = subprocess.Popen(  # noqa: S603 - this very program
        [sys.executable, "-c", _PROGRAM, *sys.path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={name: value for name, value in os.environ.items() if name.upper() in _KEPT_VARIABLES},
    )
    _exchange(process, json.dumps({"kind": kind, "pictures": pictures}).encode() + b"\n", _STARTING_S)
    return process


class _Watchdog:
    """Kills a process that takes too long by the clock, without the time in which it waits for this one."""

    def __init__(self, process: subprocess.Popen[bytes], limit_s: float) -> None:
        self.has_killed = False
        self._process = process
        self._left_s = limit_s
        self.go_on()

    def go_on(self) -> None:
        """Count time from now on."""
        self._since = time.monotonic()
        self._timer = threading.Timer(self._left_s, self._kill)
        self._timer.start()

    def wait(self) -> None:
        """Count no more time."""
        self._timer.cancel()
        self._left_s = max(0.0, self._left_s - (time.monotonic() - self._since))

    def _kill(self) -> None:
        self.has_killed = True
        self._process.kill()


def _exchange(
    process: subprocess.Popen[bytes], request: bytes, limit_s: float, recogniser: Recognise | None = None
) -> _Reply:
    """Send a request and wait for the line that answers it; the process is killed when none comes in time.

    What it says before that of how far it is, is passed on; pictures that it hands over are read by ``recogniser``.
    """
    requests, answers = process.stdin, process.stdout
    if requests is None or answers is None:
        raise ValueError(process)
    watchdog = _Watchdog(process, limit_s)
    try:
        requests.write(request)
        requests.flush()
        while True:
            line = answers.readline(_MAX_ANSWER_BYTES)
            if told := _PROGRESS.fullmatch(line):
                tell(int(told[1]), int(told[2]))
            elif recogniser and (drawn := _PICTURE.fullmatch(line)):
                picture = answers.read(int(drawn[1]))
                watchdog.wait()
                requests.write(_recognised(recogniser, picture))
                watchdog.go_on()
                requests.flush()
            else:
                break
    except OSError:
        line = b""
    finally:
        watchdog.wait()
    return _Reply(line, in_time=not watchdog.has_killed)


def _recognised(recogniser: Recognise, picture: bytes) -> bytes:
    """What is printed in a picture, or why that cannot be told, as a line for the process."""
    try:
        said: dict[str, Any] = {"lines": [asdict(line) for line in recogniser(picture)]}
    except PictureUnread as error:
        said = {"reason": str(error)}
    return json.dumps(said).encode() + b"\n"


def _items(found: Any) -> list[Extracted]:
    """What a process says that it found; raises one of several errors when that makes no sense."""
    return [_item(item) for item in found]


def _item(item: Mapping[str, Any]) -> Extracted:
    """An article, or why it is none, as it was before it became JSON."""
    if "reason" in item:
        return UnreadableArticle(int(item["number"]), str(item["reason"]))
    return ExtractedArticle(
        text=str(item["text"]),
        metadata={str(name): str(value) for name, value in item["metadata"].items()},
        number=None if item["number"] is None else int(item["number"]),
        notes=tuple(map(str, item["notes"])),
        pages=tuple(map(int, item["pages"])),
        scanned=tuple(map(int, item["scanned"])),
    )
