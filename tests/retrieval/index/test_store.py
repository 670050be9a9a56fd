"""An index in a store: what only a store can go through. Milvus-lite is real here, in a folder and behind a port."""

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

from retrieval.answer.query import Filters
from retrieval.answer.search import Searcher
from retrieval.engine import Engine
from retrieval.errors import (
    ArticleUnknown,
    IndexForeign,
    IndexLocked,
    IndexMissing,
    IndexUnreachable,
    QuothError,
    StorageFailed,
    StoreClientMissing,
)
from retrieval.index import watching
from retrieval.index.address import StoreAddress, Where, where
from retrieval.index.carrying import CarryingEncoder
from retrieval.index.milvus import cleaning, connection, reading, records, state, writing
from retrieval.index.milvus.connection import Connection
from retrieval.index.milvus.reading import StoreIndex
from retrieval.index.milvus.store import Store, _shared
from retrieval.index.protocol import Index
from retrieval.index.snapshot import open_latest
from retrieval.index.sources import RULES
from retrieval.index.updating import open_up_to_date, update
from retrieval.index.watching import Follower
from tests.fakes import FakeEncoder
from tests.retrieval.examples import CountingEncoder, write
from tests.retrieval.places import Server, let_go, needs_milvus, open_at, place_in, running

pytestmark = needs_milvus

KILLS = int(os.environ.get("KILLS", "2"))
"""How many writing processes are killed; more by hand."""
ROUNDS = int(os.environ.get("STORE_ROUNDS", "12"))
"""How many articles come and go under a reader; more by hand."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[StoreAddress]:
    """A store in a folder."""
    place = place_in(tmp_path, "store")
    assert isinstance(place, StoreAddress)
    yield place
    let_go(place)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with running(tmp_path / "server") as started:
        yield started


def found(index: Index, question: str) -> str:
    return Searcher(index, FakeEncoder()).search(question)[0].passage.text


# --- addresses -----------------------------------------------------------------------------------------------


def test_an_address_is_a_folder_a_server_or_a_folder_of_milvus_lite(tmp_path: Path) -> None:
    assert where(str(tmp_path / "index")) == tmp_path / "index"
    assert where("milvus://host/news") == StoreAddress("http://host:19530", "news")
    assert where("milvus+tls://host:443/news", "secret") == StoreAddress("https://host:443", "news", "secret")
    assert where(str(tmp_path / "news.db")) == StoreAddress(str(tmp_path / "news.db"))
    for wrong in ("milvus://host", "milvus://host/9", "milvus:///news", "http://host:19530/news"):
        with pytest.raises(ValueError, match="://"):
            where(wrong)


def test_an_address_reads_back_without_its_token() -> None:
    address = where("milvus+tls://host:443/news", "secret")

    assert str(address) == "milvus+tls://host:443/news"
    assert "secret" not in repr(address)


def test_a_store_whose_client_is_not_installed_says_so(store: StoreAddress, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymilvus", None)

    with pytest.raises(StoreClientMissing):
        Store(store).writer(0, None).__enter__()


def test_a_folder_that_cannot_be_made_is_a_failure_of_storage(articles: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StorageFailed):
        update(articles, where(str(tmp_path / "file" / "below" / "store.db")), FakeEncoder())


# --- reading -------------------------------------------------------------------------------------------------


def test_nothing_is_made_by_looking(store: StoreAddress) -> None:
    assert Store(store).newest() is None
    with pytest.raises(IndexMissing):
        open_at(store)
    assert not Path(store.uri).exists()


def test_a_version_stays_as_it_was_while_newer_ones_are_published(articles: Path, store: StoreAddress) -> None:
    first, _ = open_up_to_date(articles, store, FakeEncoder())
    before = found(first, "Who opened the Gullholm bridge?")

    write(articles, "harbour/bridge.md", "The bridge burned down.")
    update(articles, store, FakeEncoder())

    assert found(first, "Who opened the Gullholm bridge?") == before
    assert "burned" in found(open_at(store), "What became of the bridge?")
    assert "burned" not in found(first, "What became of the bridge?")


def test_scores_are_those_of_a_snapshot(articles: Path, store: StoreAddress, tmp_path: Path) -> None:
    update(articles, tmp_path / "index", FakeEncoder())
    update(articles, store, FakeEncoder())
    for question in ("Who opened the Gullholm bridge?", "blue whales", "zebra", "the of"):
        ours, theirs = (
            {
                (hit.passage.article.id, hit.passage.start): (hit.dense, hit.dense_z, hit.lexical)
                for hit in Searcher(index, FakeEncoder()).search(question)
            }
            for index in (open_at(store), open_latest(tmp_path / "index"))
        )
        assert ours.keys() == theirs.keys()
        for place, scores in theirs.items():
            assert ours[place] == pytest.approx(scores, abs=2e-2)


def test_filters_hold_whether_they_let_many_through_or_few(articles: Path, store: StoreAddress) -> None:
    write(articles, "other.txt", "A bridge is a bridge is a bridge.")
    index, _ = open_up_to_date(articles, store, FakeEncoder())
    (articles / "other.txt").unlink()
    index, _ = open_up_to_date(articles, store, FakeEncoder())

    every = {info.id for info in index.articles}
    for let_through in (frozenset({"harbour/bridge.md"}), frozenset(every - {"harbour/bridge.md"}), frozenset(every)):
        hits = Searcher(index, FakeEncoder()).search("bridge", 20, Filters(articles=let_through))
        assert {hit.passage.article.id for hit in hits} == let_through
    with pytest.raises(ArticleUnknown):
        index.article("other.txt")


# --- writing -------------------------------------------------------------------------------------------------


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


# --- several readers, and a store that goes away --------------------------------------------------------------


def test_a_reader_sees_whole_articles_while_many_come_and_go(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "_READ_S", 600.0)  # however long this machine takes
    folder = tmp_path / "articles"
    write(folder, "base.txt", "Nothing ever changes here.")
    first, _ = open_up_to_date(folder, server.address(), FakeEncoder())
    serving: list[Index] = [first]
    heard: list[QuothError] = []
    follower = Follower(server.address("localhost"), first, serving.append, heard.append)
    writing_ = threading.Thread(target=_come_and_go, args=(folder, server.address()))
    writing_.start()
    while writing_.is_alive():
        follower.look()
        index = serving[-1]
        for hit in Searcher(index, FakeEncoder()).search("report number", 20):
            article = hit.passage.article
            assert article.text == index.article(article.id).text
            assert hit.passage.text in article.text
        ids = [info.id for info in index.articles]
        assert len(ids) == len(set(ids))
    writing_.join()
    follower.look()

    assert heard == []
    assert [info.id for info in serving[-1].articles] == ["base.txt"]
    assert serving[-1].passages == 1


def _come_and_go(folder: Path, address: Where) -> None:
    for number in range(ROUNDS):
        write(folder, f"{number}.txt", f"Report number {number}.\n\n" + f"It says {number} again. " * 40)
        if number >= 3:
            (folder / f"{number - 3}.txt").unlink()
        update(folder, address, FakeEncoder(), wait_s=60)
    for left in range(max(0, ROUNDS - 3), ROUNDS):
        (folder / f"{left}.txt").unlink()
    update(folder, address, FakeEncoder(), wait_s=60)


def test_a_store_that_goes_away_is_told_of_once_and_served_from_again_when_it_is_back(
    articles: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "RETRY_S", 0.0)
    index, _ = open_up_to_date(articles, server.address(), FakeEncoder())
    engine = Engine(index, FakeEncoder(), articles=articles)
    assert "Solberg" in engine.ask("Who opened the Gullholm bridge?").quotes[0].text
    heard: list[QuothError] = []
    newer: list[Index] = []
    follower = Follower(server.address(), index, newer.append, heard.append)

    server.stop()
    with pytest.raises(IndexUnreachable) as caught:
        engine.ask("What did the whales do?")
    for _ in range(3):
        follower.look()

    assert str(server.address()) == caught.value.place
    assert [type(error) for error in heard] == [IndexUnreachable]

    server.start()
    while follower_is_lost(follower, heard):
        pass
    assert engine.ask("What did the whales do?").quotes
    write(articles, "new.txt", "The keeper of the lighthouse is called Astrid Holm.")
    update(articles, server.address(), FakeEncoder())
    follower.look()
    assert "Astrid" in found(newer[-1], "Who is the keeper of the lighthouse?")


def follower_is_lost(follower: Follower, heard: list[QuothError]) -> bool:
    """Whether a look still fails."""
    before = len(heard)
    follower._told(None)  # so that the same error is told again
    follower.look()
    return len(heard) > before
