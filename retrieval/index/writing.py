"""Where an index is kept, and how it is written there, whatever it is: a folder of snapshots or a shared store."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from retrieval.index.changes import Differences, Progress, Survey
from retrieval.index.protocol import Index
from retrieval.models.encoder import Encoder


@dataclass(frozen=True, slots=True)
class Edition:
    """What the next index is made of."""

    built_at: datetime
    """When the articles began to be looked at."""
    encoder: Encoder
    survey: Survey
    changes: Differences
    reusable: Index | None
    """The index before, where its passages and vectors may be taken over; None to make all anew."""


class Writer(Protocol):
    """The only one that writes an index at a place."""

    def previous(self, *, anew: bool, whole: bool) -> tuple[Index | None, str | None]:
        """The newest index that can be opened; if it is not the newest of all, also what is wrong with that one.

        It is checked ``whole``, or else where something is read from it, which then raises ``IndexCorrupt``. What
        updates that were cut short have left is removed, but for what they encoded, and that too if all is to be done
        ``anew``.
        """
        ...

    def check(self) -> None:
        """Check all of what ``previous`` gave; raises ``IndexCorrupt``."""
        ...

    def publish(self, edition: Edition, progress: Progress | None) -> tuple[int, int]:
        """Make the next index the newest: how many passages it has, and how many had to be encoded.

        Raises:
            StorageFailed: it cannot be written.
            IndexCorrupt: what is read of the one before is damaged.
        """
        ...

    def tidy(self, *, waited_for: bool) -> None:
        """Lay the newest index out better, if that is due; no more than is quick if somebody waits for an answer."""
        ...


class Place(Protocol):
    """Where an index is kept."""

    def newest(self) -> str | None:
        """The version of the newest index; None when there is none. Cheap enough to be asked every second."""
        ...

    def open(self) -> Index:
        """Open the newest index.

        Raises:
            IndexMissing: there is none.
            IndexCorrupt: it is damaged, or (``IndexForeign``) another version of Quoth laid it out.
            StorageFailed: it cannot be read.
        """
        ...

    def writer(self, wait_s: float, progress: Progress | None) -> AbstractContextManager[Writer]:
        """Be the only writer while in the context.

        Raises:
            IndexLocked: another one was still writing after ``wait_s`` seconds.
            StorageFailed: nothing can be written there.
        """
        ...
