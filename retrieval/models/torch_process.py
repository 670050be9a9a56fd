"""The bundled encoder on PyTorch in a process of its own, which takes PyTorch's memory along when it ends.

A bot indexes for a minute and then answers for weeks: had it imported PyTorch itself, it would keep 450 MiB.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from math import ceil

import numpy as np

from retrieval.models.encoder import SentenceTransformerEncoder, Vectors
from retrieval.models.loading import native_number_type

_CHUNK = 256
"""Texts that it gets at a time; progress is told after each."""

_IDLE_S = 20.0
"""It is let go after so long without texts."""

_PROGRAM = "import sys; sys.path[:] = sys.argv[1:]; from retrieval.models.torch_process import serve; serve()"


class TorchProcess:
    """Encodes passages in another process, started when there are some. Any number of threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._idle: threading.Timer | None = None
        self._faster: bool | None = None

    def is_faster(self) -> bool:
        """Whether PyTorch computes faster in bfloat16 than in float32 here; measured there, at the first call."""
        with self._lock:
            if self._faster is None:
                try:
                    self._faster = self._start()
                except EOFError:
                    self._faster = False
                if self._faster:
                    self._let_go_later()
                else:
                    self._stop()
            return self._faster

    def encode_document(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors | None:
        """Vectors of passages, shape (texts, 384), or None where the process ended, as with too little memory.

        ``progress`` is told how many are done.
        """
        order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
        size = ceil(len(texts) / ceil(len(texts) / _CHUNK)) if texts else 1
        vectors, done = np.empty((len(texts), 384), np.float32), 0
        with self._lock:
            if self._idle:
                self._idle.cancel()
            try:
                if self._process is None or self._process.poll() is not None:
                    self._stop()
                    self._start()
                for start in range(0, len(order), size):
                    some = order[start : start + size]
                    vectors[some] = self._exchange([texts[i] for i in some])
                    done += len(some)
                    if progress:
                        progress(done)
            except EOFError:
                self._faster = False
                self._stop()
                return None
            except BaseException:  # an answer that nobody waited for must not be taken for that to the next texts
                self._stop()
                raise
            self._let_go_later()
        return vectors

    def close(self) -> None:
        """Let the process go."""
        with self._lock:
            self._stop()

    def _start(self) -> bool:
        """Start it; what it says of its speed."""
        self._process = subprocess.Popen(  # noqa: S603 - this very program
            [sys.executable, "-c", _PROGRAM, *sys.path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        try:
            return self._read(1) == b"1"
        except BaseException:
            self._stop()
            raise

    def _exchange(self, texts: Sequence[str]) -> Vectors:
        if self._process and self._process.stdin:
            with contextlib.suppress(OSError):  # it ended, and what is read next tells so
                self._process.stdin.write(json.dumps(texts).encode() + b"\n")
                self._process.stdin.flush()
        return np.frombuffer(self._read(len(texts) * 384 * 4), np.float32).reshape(-1, 384)

    def _read(self, size: int) -> bytes:
        found = self._process.stdout.read(size) if self._process and self._process.stdout else b""
        if len(found) < size:
            raise EOFError
        return found

    def _let_go_later(self) -> None:
        if self._idle:
            self._idle.cancel()
        self._idle = threading.Timer(_IDLE_S, self.close)
        self._idle.daemon = True
        self._idle.start()

    def _stop(self) -> None:
        if self._idle:
            self._idle.cancel()
        process, self._process = self._process, None
        if process:
            process.kill()
            process.communicate()


on_torch = TorchProcess()
atexit.register(on_torch.close)


def serve() -> None:
    """Say whether bfloat16 is faster here, then answer each line of texts with their vectors, as raw float32."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that waits for this one
    answers = sys.stdout.buffer
    sys.stdout = sys.stderr  # for whatever a library prints
    import torch

    answers.write(b"1" if native_number_type("cpu") == torch.bfloat16 else b"0")
    answers.flush()
    encoder = SentenceTransformerEncoder()
    for line in sys.stdin.buffer:
        answers.write(encoder.encode_document(json.loads(line)).tobytes())
        answers.flush()
