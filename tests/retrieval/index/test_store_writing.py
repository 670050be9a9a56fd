"""Writing an index into a store: versions that are seen whole, whatever ends or meets the writer."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from retrieval.answer.search import Searcher
from retrieval.errors import (
    IndexForeign,
    IndexLocked,
    IndexMissing,
)
from retrieval.index.address import StoreAddress
from retrieval.index.carrying import CarryingEncoder
from retrieval.index.milvus import cleaning, connection, reading, records, state, writing
from retrieval.index.milvus.connection import Connection
from retrieval.index.milvus.reading import StoreIndex
from retrieval.index.milvus.store import Store, _shared
from retrieval.index.snapshot import open_latest
from retrieval.index.sources import RULES
from retrieval.index.updating import open_up_to_date, update
from tests.fakes import FakeEncoder
from tests.retrieval.examples import CountingEncoder, write
from tests.retrieval.index.comparing import found
from tests.retrieval.places import Server, let_go, needs_milvus, open_at

pytestmark = needs_milvus

KILLS = int(os.environ.get("KILLS", "2"))
"""How many writing processes are killed; more by hand."""


class Cut(BaseException):
    """The end of a process."""


@contextmanager
def cut_short(at: int) -> Iterator[list[int]]:
    """Let the n-th write to a store be the last thing that happens."""
    done = [0]

    def counted(write: Any) -> Any:
        def writing(*args: Any) -> None:
            done[0] += 1
            if done[0] >= at:
                raise Cut
            write(*args)

        return writing

    with pytest.MonkeyPatch.context() as patch:
        for name in ("put", "delete", "make_passages"):
            patch.setattr(Connection, name, counted(getattr(Connection, name)))
        yield done


def test_an_update_cut_short_at_any_write_is_unseen_and_taken_up_by_the_next(
    tmp_path: Path, store: StoreAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retrieval.index.milvus.claims._gone", lambda _: True)  # whoever was cut short is gone
    folder = tmp_path / "articles"
    write(folder, "count.txt", "The count stands at 0.")
    write(folder, "snow.txt", "It snowed all day in Sochi.")
    for at in count(1):
        number = at - 1
        try:
            with cut_short(at):
                update(folder, store, FakeEncoder())
            break
        except Cut:
            with suppress(IndexMissing):
                text = open_at(store).article("count.txt").text
                assert text in {f"The count stands at {number}.", f"The count stands at {number - 1}."}
        update(folder, store, FakeEncoder())
        index = open_at(store)
        assert (len(index.articles), index.passages) == (2, 2)
        assert [hit.passage.text for hit in Searcher(index, FakeEncoder()).search("count")].count(
            f"The count stands at {number}."
        ) == 1
        write(folder, "count.txt", f"The count stands at {at}.", age_s=3600 - at)
    assert at > 8


def test_what_a_run_that_was_cut_short_has_encoded_is_not_encoded_again(articles: Path, store: StoreAddress) -> None:
    encoder = CountingEncoder()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing.StoreWriter, "_write_records", lambda *_: pytest.fail("cut"))
        with pytest.raises(pytest.fail.Exception):
            update(articles, store, encoder)
    assert len(encoder.taken()) == 5

    report = update(articles, store, encoder)

    assert (report.encoded, encoder.taken(), report.passages) == (0, [], 5)
    assert "Solberg" in found(open_at(store), "Who opened the Gullholm bridge?")


KILLED = """
import sys
from pathlib import Path
from retrieval.index.address import where
from retrieval.index.updating import update
from tests.fakes import FakeEncoder

place = where(sys.argv[2])
from retrieval.index.milvus import store
print("ready", flush=True)
sys.stdin.readline()
update(Path(sys.argv[1]), place, FakeEncoder(), wait_s=60)
print("done", flush=True)
sys.stdin.readline()
"""


def test_processes_killed_while_they_write_lose_nothing_and_tear_nothing(tmp_path: Path, server: Server) -> None:
    folder, address = tmp_path / "articles", server.address()
    write(folder, "count.txt", "The count stands at 0.")
    took = update(folder, address, FakeEncoder()).elapsed_s
    for number in range(1, KILLS + 1):
        write(folder, "count.txt", f"The count stands at {number}.", age_s=3600 - number)
        program = [sys.executable, "-c", KILLED, str(folder), str(address)]
        with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdin is not None
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
            child.stdin.write("\n")
            child.stdin.flush()
            with suppress(subprocess.TimeoutExpired):  # at another moment each time
                child.wait(took * (number % 10) / 5)
            child.send_signal(signal.SIGKILL)
        kept = open_at(address)
        assert kept.article("count.txt").text in {f"The count stands at {each}." for each in (number - 1, number)}
        update(folder, address, FakeEncoder(), wait_s=60)
        index = open_at(address)
        assert (index.passages, found(index, "count")) == (1, f"The count stands at {number}.")
    hits = Searcher(open_at(address), FakeEncoder()).search("count")
    assert [hit.passage.text for hit in hits] == [f"The count stands at {KILLS}."]


def test_two_writers_come_one_after_the_other(tmp_path: Path, server: Server) -> None:
    folder = tmp_path / "articles"
    write(folder, "a.txt", "The mayor opened it.")
    failed: list[BaseException] = []

    def bring_up_to_date(host: str) -> None:
        try:
            for number in range(3):
                write(folder, f"{host}{number}.txt", f"{host} reports number {number}.")
                update(folder, server.address(host), FakeEncoder(), wait_s=120)
        except Exception as error:  # noqa: BLE001 - the test tells
            failed.append(error)

    writers = [threading.Thread(target=bring_up_to_date, args=(host,)) for host in ("127.0.0.1", "localhost")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert failed == []
    assert not update(folder, server.address(), FakeEncoder()).built
    index = open_at(server.address())
    assert (len(index.articles), index.passages) == (7, 7)
    assert len(Searcher(index, FakeEncoder()).search("number", 20)) == 7


def test_a_second_writer_is_told_who_is_first(
    articles: Path, store: StoreAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retrieval.index.milvus.claims._PAUSE_S", 0.0)
    with Store(store).writer(0, None), pytest.raises(IndexLocked) as caught:
        update(articles, store, FakeEncoder())

    assert caught.value.holder.startswith(f"process {os.getpid()} on ")
    assert update(articles, store, FakeEncoder()).built


def test_a_writer_that_lost_its_claim_publishes_nothing(
    articles: Path, store: StoreAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retrieval.index.milvus.claims.LEASE_S", -1.0)

    with pytest.raises(IndexLocked):
        update(articles, store, FakeEncoder())

    assert Store(store).newest() is None


def test_other_rules_and_another_layout_are_built_anew(
    articles: Path, store: StoreAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    update(articles, store, FakeEncoder())
    for module in (reading, writing):
        monkeypatch.setattr(module, "RULES", {**RULES, "passages": "other"})
    assert update(articles, store, FakeEncoder()).reason == "this version of Quoth cuts texts by other rules"

    monkeypatch.setattr(records, "LAYOUT", 99)
    monkeypatch.setattr(records.Head.__dataclass_fields__["layout"], "default", 99)
    with pytest.raises(IndexForeign):
        open_at(store)
    assert update(articles, store, FakeEncoder()).reason == "another version of Quoth wrote the index"


def test_what_nobody_can_read_any_more_is_removed(
    articles: Path, store: StoreAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cleaning, "GRACE_S", 0.0)
    update(articles, store, FakeEncoder())
    for number in range(3):
        write(articles, "count.txt", f"The count stands at {number}.", age_s=3600 - number)
        update(articles, store, FakeEncoder())
    (articles / "count.txt").unlink()
    for force in (False, True, False, False):
        write(articles, "more.txt", f"More of it, {force}.", age_s=60)
        update(articles, store, FakeEncoder(), force=force)
    for name in ("last.txt", "very last.txt"):
        write(articles, name, f"This is {name}.")
        update(articles, store, FakeEncoder())

    index = open_at(store)
    connection = _shared[store].connection
    assert [name for name in connection.names() if name.startswith("passages_")] == ["passages_2"]
    assert len(list(connection.every("passages_2", "id >= 0", ["id"]))) == index.passages
    texts = {row["key"] for row in connection.every("texts", "version > 0", ["key"])}
    assert len(texts) == len(index.articles)
    assert len(list(connection.every("records", 'kind == "file"', ["key"]))) == len(index.articles)


def test_statistics_stay_true_over_many_versions(
    tmp_path: Path, store: StoreAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "_WHOLE_AFTER", 2)
    folder = tmp_path / "articles"
    write(folder, "base.txt", "The mayor opened the bridge.")
    for number in range(6):
        write(folder, "count.txt", f"The count of whales stands at {number}.", age_s=3600 - number)
        update(folder, store, FakeEncoder())
    update(folder, tmp_path / "index", FakeEncoder())

    let_go(store)  # so that all is read anew
    ours, theirs = open_at(store).terms, open_latest(tmp_path / "index").terms
    assert sorted(ours.vocabulary) == sorted(theirs.vocabulary)
    assert ours.weights("whales of the bridge") == theirs.weights("whales of the bridge")


def test_a_process_that_updates_again_reads_only_what_is_newer(
    articles: Path, store: StoreAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, asked = state._read, []

    def reading_(connection: Connection, since: int, until: int) -> object:
        asked.append((since, until))
        return read(connection, since, until)

    monkeypatch.setattr(state, "_read", reading_)
    for number in range(3):
        write(articles, "count.txt", f"The count stands at {number}.", age_s=3600 - number)
        update(articles, store, FakeEncoder())

    assert asked == [(0, 1), (1, 2), (2, 3)]


def test_a_version_is_read_whole_by_who_knows_a_newer_one(articles: Path, store: StoreAddress) -> None:
    older, _ = open_up_to_date(articles, store, FakeEncoder())
    write(articles, "count.txt", "The count stands at 1.")
    newer, _ = open_up_to_date(articles, store, FakeEncoder())
    assert isinstance(older, StoreIndex)
    assert isinstance(newer, StoreIndex)

    again = state.load(_shared[store].connection, older.state.head, newer.state)

    assert again.files == older.state.files
    assert "count.txt" in newer.state.files


def test_many_rows_are_read_as_few_are(articles: Path, store: StoreAddress, monkeypatch: pytest.MonkeyPatch) -> None:
    update(articles, store, FakeEncoder())
    there = _shared[store].connection

    few = sorted(row["key"] for row in there.every("records", "version > 0", ["key"]))
    monkeypatch.setattr(connection, "_FEW", 2)
    many = sorted(row["key"] for row in there.every("records", "version > 0", ["key"]))

    assert many == few
    assert len(few) > 2


def test_a_move_from_a_folder_encodes_nothing(articles: Path, store: StoreAddress, tmp_path: Path) -> None:
    encoder = CountingEncoder()
    update(articles, tmp_path / "index", encoder)
    encoder.taken()
    carrying = CarryingEncoder(encoder, open_latest(tmp_path / "index"))
    write(articles, "new.txt", "A new one.")

    update(articles, store, carrying)

    assert carrying.carried == 5
    assert encoder.taken() == ["new. A new one."]
    assert "Solberg" in found(open_at(store), "Who opened the Gullholm bridge?")
