"""Claims: of several processes that want to write to a store, one does.

Milvus compares and sets nothing in one step, so each writes down a claim first and then reads all: whoever finds
another's takes its own back and tries again. Of two that claim at once at least the later sees the other's.
"""

from __future__ import annotations

import os
import random
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count

from retrieval.errors import IndexLocked, IndexUnreachable
from retrieval.index.changes import Progress
from retrieval.index.milvus.connection import Connection
from retrieval.index.milvus.records import RECORDS, Found, every, keys, quoted, rows

_KIND = "claim"

LEASE_S = 30.0
"""How long a claim holds after it was last renewed: so long a writer that is gone with its machine is waited for."""

_TRIES, _PAUSE_S = 3, 0.5


class Claim:
    """A claim to be the only writer, which is renewed while it is held."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._key = f"{_KIND}/{uuid.uuid4()}"
        self._until = 0.0
        self._done = threading.Event()

    def write(self) -> None:
        """Write it down, or renew it."""
        until = time.time() + LEASE_S
        value = {"pid": os.getpid(), "host": socket.gethostname(), "until": until}
        self._connection.put(RECORDS, rows(self._key, _KIND, 0, value))
        self._until = until

    def take_back(self) -> None:
        """Remove it."""
        self._connection.delete(RECORDS, f"key in {quoted(keys(self._key, 1))}")

    def other(self) -> str | None:
        """Who has another claim that holds; claims of those that are gone are removed."""
        for found in every(self._connection, RECORDS, f'kind == "{_KIND}"'):
            if found.key == self._key:
                continue
            if not _gone(found):
                return f"process {found.value['pid']} on {found.value['host']}"
            self._connection.delete(RECORDS, f"key in {quoted(keys(found.key, found.parts))}")
        return None

    def check(self) -> None:
        """Make sure that it still holds.

        Raises:
            IndexLocked: it could not be renewed in time, as when the machine slept; another may be writing.
        """
        if time.time() > self._until:
            raise IndexLocked(str(self._connection.address), self.other() or "another process")

    def renew(self) -> None:
        """Renew it until ``done``."""
        while not self._done.wait(LEASE_S / 3):
            with suppress(IndexUnreachable):  # ``check`` will tell
                self.write()

    def done(self) -> None:
        """Renew it no more."""
        self._done.set()


def _gone(claim: Found) -> bool:
    """Whether the process that made a claim is gone for certain, or has not renewed it."""
    if claim.value["until"] < time.time():
        return True
    if claim.value["host"] != socket.gethostname():
        return False
    try:
        os.kill(claim.value["pid"], 0)
    except ProcessLookupError:
        return True
    except OSError:  # it is another user's
        return False
    return False


@contextmanager
def claimed(connection: Connection, wait_s: float, progress: Progress | None) -> Iterator[Claim]:
    """Be the only writer.

    Raises:
        IndexLocked: another one was still writing after ``wait_s`` seconds.
        IndexUnreachable: the store does not answer.
    """
    claim, until = Claim(connection), time.monotonic() + wait_s
    for tries in count():
        other = claim.other()
        if other is None:
            claim.write()
            other = claim.other()
            if other is None:
                break
            claim.take_back()
        if time.monotonic() > until and tries >= _TRIES:
            raise IndexLocked(str(connection.address), other)
        if progress:
            progress("waiting", 0, 0)
        time.sleep(_PAUSE_S * random.random())  # noqa: S311 - no secret
    renewing = threading.Thread(target=claim.renew, name="quoth-claim", daemon=True)
    renewing.start()
    try:
        yield claim
    finally:
        claim.done()
        renewing.join()
        with suppress(IndexUnreachable):  # it will lapse
            claim.take_back()
