"""An index that follows the folder, and an engine that follows the index."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest

from retrieval.engine import Engine
from retrieval.errors import BackgroundFailed, FolderMissing, IndexCorrupt, NoArticles, QuothError, StorageFailed
from retrieval.index import watching as live
from retrieval.index.address import Where
from retrieval.index.protocol import Index
from retrieval.index.snapshot import Snapshot, open_latest, published
from retrieval.index.updating import Report, open_up_to_date, update
from retrieval.index.watching import Follower, watch
from tests.fakes import FakeEncoder
from tests.retrieval.places import both, open_at

FERRY = "The last ferry to Gullholm sails at nine in the evening."
BRIDGE = "The bridge to Gullholm cost four hundred million kroner."


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "ferry.txt").write_text(FERRY, encoding="utf-8")
    return folder


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """What looks and waits does so for tenths of its usual times."""
    for name, seconds in (("POLL_S", 0.1), ("_TICK_MS", 20), ("_SETTLED_S", 0.2)):
        monkeypatch.setattr(live, name, seconds)


def soon(true: Callable[[], bool], within_s: float = 60.0) -> bool:
    end = time.monotonic() + within_s
    while not true() and time.monotonic() < end:
        time.sleep(0.02)
    return true()


# --- following the index -------------------------------------------------------------------------------------


def test_a_new_snapshot_is_swapped_in(articles: Path, index: Path) -> None:
    encoder = FakeEncoder()
    first, _ = open_up_to_date(articles, index, encoder)
    serving = [Engine(first, encoder)]
    with Follower(index, first, lambda snapshot: serving.append(Engine(snapshot, encoder))):
        (articles / "bridge.txt").write_text(BRIDGE, encoding="utf-8")
        update(articles, index, encoder)

        assert soon(lambda: len(serving) > 1)
        assert serving[-1].ask("What did the bridge cost?").quotes[0].text == BRIDGE


def test_a_damaged_snapshot_is_not_swapped_in(articles: Path, index: Path) -> None:
    encoder = FakeEncoder()
    first, _ = open_up_to_date(articles, index, encoder)
    got: list[Index] = []
    follower = Follower(index, first, got.append)
    (articles / "bridge.txt").write_text(BRIDGE, encoding="utf-8")
    update(articles, index, encoder)
    texts = published(index)[-1] / "texts.bin"
    texts.write_bytes(texts.read_bytes()[:-1])

    follower.look()
    assert got == []
    update(articles, index, encoder)
    follower.look()
    assert [newer.version for newer in got] == [published(index)[-1].name]


@pytest.fixture
def published_anew(articles: Path, index: Path) -> Snapshot:
    """The snapshot that serves, of which there is a newer one."""
    update(articles, index, FakeEncoder())
    first = open_latest(index)
    (articles / "bridge.txt").write_text(BRIDGE, encoding="utf-8")
    update(articles, index, FakeEncoder())
    return first


def test_a_snapshot_that_could_not_be_opened_is_tried_again(
    index: Path, published_anew: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "RETRY_S", 0.0)
    got: list[Index] = []
    follower = Follower(index, published_anew, got.append)

    with monkeypatch.context() as patch:
        patch.setattr("retrieval.index.checking.hash_file", refuse_to_read)
        follower.look()
    follower.look()

    assert [newer.version for newer in got] == [published(index)[-1].name]


def test_a_snapshot_that_whoever_serves_could_not_take_is_offered_again(
    index: Path, published_anew: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "RETRY_S", 0.0)
    offered: list[Index] = []
    heard: list[QuothError] = []

    def swap(snapshot: Index) -> None:
        offered.append(snapshot)
        if len(offered) == 1:
            raise MemoryError("too little of it")

    follower = Follower(index, published_anew, swap, heard.append)
    for _ in range(3):
        follower.look()

    assert [newer.version for newer in offered] == [published(index)[-1].name] * 2
    assert [(type(error), getattr(error, "reason", "")) for error in heard] == [
        (BackgroundFailed, "MemoryError: too little of it")
    ]


def test_a_damaged_snapshot_is_told_of_once_and_not_read_at_every_look(
    index: Path, published_anew: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    heard: list[QuothError] = []
    (published(index)[-1] / "texts.bin").write_bytes(b"")
    open_snapshot = Snapshot.open

    def spied(path: Path) -> Snapshot:
        opened.append(path.name)
        return open_snapshot(path)

    monkeypatch.setattr(Snapshot, "open", spied)
    follower = Follower(index, published_anew, lambda _: pytest.fail("it is damaged"), heard.append)

    follower.look()
    follower.look()
    assert len(opened) == 1
    follower._retry_at = 0.0
    follower.look()
    assert len(opened) == 2
    assert [type(error) for error in heard] == [IndexCorrupt]


def test_the_follower_goes_on_after_any_error(
    index: Path, published_anew: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "POLL_S", 0.0)
    monkeypatch.setattr(live, "RETRY_S", 0.0)
    failed, took = threading.Event(), threading.Event()

    def swap(_: Index) -> None:
        if not failed.is_set():
            raise RuntimeError("not today")
        took.set()

    def told(_: QuothError) -> None:
        failed.set()
        raise ValueError("nobody listens")

    with Follower(index, published_anew, swap, told):
        assert took.wait(60)


def test_an_error_that_nobody_wants_to_hear_is_logged(
    index: Path, published_anew: Snapshot, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("retrieval.index.checking.hash_file", refuse_to_read)

    Follower(index, published_anew, lambda _: None).look()

    assert ["Input/output error" in record.getMessage() for record in caplog.records] == [True]


def refuse_to_read(_: Path) -> str:
    raise OSError(5, "Input/output error")


def test_an_index_that_is_gone_or_unchanged_changes_nothing(articles: Path, index: Path, tmp_path: Path) -> None:
    first, _ = open_up_to_date(articles, index, FakeEncoder())
    for folder in (index, tmp_path / "nowhere"):
        Follower(folder, first, lambda _: pytest.fail("nothing is new")).look()


# --- following the folder ------------------------------------------------------------------------------------


@contextmanager
def watching(articles: Path, index: Where) -> Iterator[list[Report | QuothError]]:
    news: list[Report | QuothError] = []
    stop = threading.Event()
    thread = threading.Thread(target=watch, args=(articles, index, FakeEncoder(), news.append, stop))
    thread.start()
    try:
        yield news
    finally:
        stop.set()
        thread.join(60)
        assert not thread.is_alive()


@both
def test_a_file_that_comes_changes_or_goes_is_indexed(articles: Path, index: Where) -> None:
    with watching(articles, index) as news:
        assert soon(lambda: len(news) == 1)
        (articles / "bridge.txt").write_text(BRIDGE, encoding="utf-8")
        assert soon(lambda: len(news) == 2)
        (articles / "bridge.txt").write_text(BRIDGE + " It opened in May.", encoding="utf-8")
        assert soon(lambda: len(news) == 3)
        (articles / "ferry.txt").unlink()
        assert soon(lambda: len(news) == 4)

    reports = [report for report in news if isinstance(report, Report)]
    assert [report.added for report in reports] == [("ferry.txt",), ("bridge.txt",), (), ()]
    assert reports[2].changed == ("bridge.txt",)
    assert reports[3].removed == ("ferry.txt",)
    left = open_at(index)
    assert [left.article(each.id).text for each in left.articles] == [BRIDGE + " It opened in May."]


def test_a_file_is_indexed_only_when_it_is_completely_written(articles: Path, index: Path) -> None:
    words = BRIDGE.split()

    class Writing(threading.Event):
        """Writes a word more whenever the watch waits for the file to settle."""

        def wait(self, timeout: float | None = None) -> bool:
            assert timeout == live._SETTLED_S
            if words:
                with (articles / "bridge.txt").open("a", encoding="utf-8") as file:
                    file.write(words.pop(0) + " ")
            return False

    live._settled(articles, index, Writing())

    assert (articles / "bridge.txt").read_text("utf-8").split() == BRIDGE.split()


def test_the_watch_goes_on_after_an_error(articles: Path, index: Path) -> None:
    text = articles / "ferry.txt"
    text.unlink()
    with watching(articles, index) as news:
        assert soon(lambda: len(news) == 1)
        text.write_text(FERRY, encoding="utf-8")
        assert soon(lambda: len(news) == 2)

    assert isinstance(news[0], NoArticles)
    assert isinstance(news[1], Report)


def test_the_watch_goes_on_after_an_error_that_nobody_foresaw(
    articles: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "SWEEP_S", 0.0)
    monkeypatch.setattr(live, "_SETTLED_S", 0.0)

    def broken(*_: object, **__: object) -> Report:
        monkeypatch.setattr(live, "update", update)
        raise ZeroDivisionError("by chance")

    monkeypatch.setattr(live, "update", broken)
    with watching(articles, index) as news:
        assert soon(lambda: len(news) == 2)

    assert isinstance(news[0], BackgroundFailed)
    assert news[0].reason == "ZeroDivisionError: by chance"
    assert isinstance(news[1], Report)


@pytest.mark.skipif(sys.platform == "win32", reason="there a process is sent no Ctrl-C")
def test_ctrl_c_ends_the_watch_while_it_waits_for_changes(articles: Path) -> None:
    events = live._events(articles, threading.Event(), lambda _: None)
    next(events)
    threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()

    with pytest.raises(KeyboardInterrupt):
        list(itertools.islice(events, 3_000))


def test_a_folder_that_the_system_cannot_watch_is_swept(
    articles: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "SWEEP_S", 0.0)
    monkeypatch.setattr(live, "_SETTLED_S", 0.0)

    def no_more(*_: object, **__: object) -> NoReturn:
        raise OSError("OS file watch limit reached")

    monkeypatch.setattr("watchfiles.watch", no_more)
    with watching(articles, index) as news:
        assert soon(lambda: len(news) == 2)
        (articles / "bridge.txt").write_text(BRIDGE, encoding="utf-8")
        assert soon(lambda: len(news) == 3)

    assert [type(each) for each in news] == [BackgroundFailed, Report, Report]


def test_the_same_error_is_told_once(articles: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "SWEEP_S", 0.0)
    monkeypatch.setattr(live, "_SETTLED_S", 0.0)
    tried: list[bool] = []

    def refused(*_: object, **__: object) -> Report:
        tried.append(True)
        raise StorageFailed(index, "Read-only file system")

    monkeypatch.setattr(live, "update", refused)
    with watching(articles, index) as news:
        assert soon(lambda: len(tried) > 3)
        assert [type(error) for error in news] == [StorageFailed]
        monkeypatch.setattr(live, "update", update)
        assert soon(lambda: len(news) == 2)
        assert isinstance(news[1], Report)


def test_an_error_that_went_away_and_came_back_is_told_again(articles: Path, index: Path) -> None:
    news: list[Report | QuothError] = []
    failed = live._without_repeats(news.append)
    text = articles / "ferry.txt"
    update(articles, index, FakeEncoder())
    for _ in range(2):
        text.unlink()
        for _ in range(2):
            assert live._bring_up_to_date(articles, index, FakeEncoder(), news.append, failed)
        text.write_text(FERRY, encoding="utf-8")
        update(articles, index, FakeEncoder())  # by another program, which leaves the watch nothing to do
        assert live._bring_up_to_date(articles, index, FakeEncoder(), news.append, failed)

    assert [type(error) for error in news] == [NoArticles, NoArticles]


def test_what_the_system_does_not_report_is_found_by_a_sweep(
    articles: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "SWEEP_S", 0.2)
    monkeypatch.setattr("watchfiles.main.DefaultFilter.__call__", lambda *_: False)
    with watching(articles, index) as news:
        assert soon(lambda: len(news) == 1)
        (articles / "bridge.txt").write_text(BRIDGE, encoding="utf-8")
        assert soon(lambda: len(news) == 2)


def test_a_sweep_that_finds_the_folder_as_it_was_reads_nothing(
    articles: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "SWEEP_S", 0.0)
    monkeypatch.setattr(live, "_SETTLED_S", 0.0)
    looked: list[bool] = []
    updates: list[Report] = []

    def state(*folders: Path) -> object:
        looked.append(True)
        return look(*folders)

    def counted(*arguments: Path, **options: Any) -> Report:
        updates.append(update(*arguments, **options))  # type: ignore[arg-type]
        return updates[-1]

    look = live._state
    monkeypatch.setattr(live, "_state", state)
    monkeypatch.setattr(live, "update", counted)
    with watching(articles, index):
        assert soon(lambda: len(updates) == 2)  # the second finds that nothing is left to do
        seen = len(looked)
        assert soon(lambda: len(looked) > seen + 2)
        assert len(updates) == 2
        assert [report.built for report in updates] == [True, False]
        shutil.rmtree(index)
        assert soon(lambda: len(updates) > 2)
        assert updates[2].built


def test_a_folder_that_is_not_there_is_not_watched(tmp_path: Path, index: Path) -> None:
    with pytest.raises(FolderMissing):
        watch(tmp_path / "nowhere", index, FakeEncoder(), lambda _: None, threading.Event())
