"""A spool: articles that were read and wait to be indexed; an archive's are too many to stay in memory."""

from __future__ import annotations

import errno
import os
import pickle
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from tempfile import TemporaryFile
from typing import IO

from retrieval.articles.article import Article

IN_MEMORY = 100_000_000
"""So many characters of texts stay in memory."""


@dataclass(slots=True)
class Spool:
    """Keeps articles: the first in memory, the others in a file that nobody else can open."""

    _held: int = 0
    _file: IO[bytes] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __del__(self) -> None:
        if self._file:
            self._file.close()

    def keep(self, article: Article) -> Callable[[], Article]:
        """A function that gives the article back."""
        self._held += len(article.text)
        if self._held > IN_MEMORY:
            with suppress(OSError):  # of a disk that is full
                return partial(self._read, *self._write(pickle.dumps(article)))
        return lambda: article

    def _opened(self) -> IO[bytes]:
        self._file = self._file or TemporaryFile(buffering=0)  # noqa: SIM115 - it is closed when no article is left
        return self._file

    def _write(self, content: bytes) -> tuple[int, int]:
        with self._lock:
            file = self._opened()
            start = file.seek(0, os.SEEK_END)
            if file.write(content) != len(content):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return start, len(content)

    def _read(self, start: int, length: int) -> Article:
        with self._lock:
            file = self._opened()
            file.seek(start)
            content = file.read(length)
        article: Article = pickle.loads(content)  # noqa: S301 - this process wrote it
        return article
