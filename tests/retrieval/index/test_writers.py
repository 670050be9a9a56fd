"""Who may write an index: one at a time, and the others are told who."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from filelock import FileLock

from retrieval.errors import (
    IndexLocked,
)
from retrieval.index import updating as indexing
from retrieval.index.address import Where
from retrieval.index.places import place_of
from retrieval.index.protocol import Index
from retrieval.index.snapshot import published
from retrieval.index.updating import Report, open_up_to_date, update
from tests.fakes import FakeEncoder
from tests.retrieval.examples import CountingEncoder
from tests.retrieval.places import both


@pytest.fixture
def held(index: Path) -> Iterator[FileLock]:
    """The lock on the index, held as by another process."""
    index.mkdir()
    lock = FileLock(index / "lock", thread_local=False)
    lock.acquire()
    yield lock
    lock.release(force=True)


@pytest.mark.usefixtures("held")
def test_a_second_writer_is_told_who_is_first(articles: Path, index: Path, encoder: CountingEncoder) -> None:
    with pytest.raises(IndexLocked) as nameless:
        update(articles, index, encoder)
    (index / "writer").write_text("process 7 on harbour")
    with pytest.raises(IndexLocked) as named:
        update(articles, index, encoder)

    assert (nameless.value.holder, named.value.holder) == ("another process", "process 7 on harbour")
    assert named.value.path == index
    assert published(index) == []


def test_a_second_writer_waits_for_the_first(
    articles: Path, index: Path, encoder: CountingEncoder, held: FileLock
) -> None:
    told: list[str] = []

    def progress(stage: str, *_: int) -> None:
        told.append(stage)
        if stage == "waiting":
            held.release()

    report = update(articles, index, encoder, wait_s=60, progress=progress)

    assert report.built
    assert told[:2] == ["waiting", "reading"]


def test_whoever_writes_leaves_their_name_meanwhile(articles: Path, index: Path) -> None:
    seen: list[str] = []

    class Nosy(FakeEncoder):
        @property
        def dimension(self) -> int:  # type: ignore[override]
            seen.append((index / "writer").read_text())
            return 64

    update(articles, index, Nosy())

    assert seen[0].startswith(f"process {os.getpid()} on ")
    assert not (index / "writer").exists()


@both
def test_threads_that_come_at_once_build_once(articles: Path, index: Where, encoder: CountingEncoder) -> None:
    opened: list[tuple[Index, Report | None]] = []
    threads = [
        threading.Thread(target=lambda: opened.append(open_up_to_date(articles, index, encoder))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {snapshot.version for snapshot, _ in opened} == {place_of(index).newest()}
    assert len(encoder.taken()) == 5
    assert sum(report.built for _, report in opened if report) == 1


def test_two_snapshots_are_kept(articles: Path, index: Path, encoder: CountingEncoder) -> None:
    for _ in range(4):
        update(articles, index, encoder, force=True)

    assert [path.name.split("-")[1] for path in published(index)] == ["00000003", "00000004"]


def test_a_clock_set_back_only_costs_a_second_look(
    articles: Path, index: Path, encoder: CountingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Past(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]  # noqa: ARG003
            return datetime(2001, 1, 1, tzinfo=UTC)

    monkeypatch.setattr(indexing, "datetime", Past)
    update(articles, index, encoder)

    assert open_up_to_date(articles, index, encoder)[1] is None
