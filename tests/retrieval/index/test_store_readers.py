"""Several readers of a store, and a store that goes away. Milvus-lite is real here."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest

from retrieval.answer.search import Searcher
from retrieval.engine import Engine
from retrieval.errors import (
    IndexUnreachable,
    QuothError,
)
from retrieval.index import watching
from retrieval.index.address import Where
from retrieval.index.milvus import connection
from retrieval.index.milvus.connection import Connection
from retrieval.index.protocol import Index
from retrieval.index.updating import open_up_to_date, update
from retrieval.index.watching import Follower
from tests.fakes import FakeEncoder
from tests.retrieval.examples import write
from tests.retrieval.index.comparing import found
from tests.retrieval.places import Server, needs_milvus

pytestmark = needs_milvus

ROUNDS = int(os.environ.get("STORE_ROUNDS", "12"))
"""How many articles come and go under a reader; more by hand."""


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


def test_a_store_that_is_started_anew_while_it_loads_is_told_to_load_again(server: Server) -> None:
    store = Connection(server.address())
    store.make_rows("heads")
    client, load = store._client, store._client.load_collection
    loads: list[str] = []

    def forgetful(name: str, **options: Any) -> None:
        loads.append(name)
        load(name, **options)
        if len(loads) == 1:
            client.release_collection(name)

    client.load_collection = forgetful

    assert store.get("heads", ["newest"], ["key"]) == []
    assert len(loads) == 2


def test_a_store_that_was_away_for_long_is_looked_for_every_few_seconds(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Left alone, gRPC waits ever longer between two tries: two minutes at last."""
    import grpc

    made: list[dict[str, Any]] = []
    real = grpc.insecure_channel

    def noted(target: str, options: Any, **more: Any) -> Any:
        made.append(dict(options))
        return real(target, options, **more)

    monkeypatch.setattr(grpc, "insecure_channel", noted)
    Connection(server.address()).close()

    assert made
    assert all(options["grpc.max_reconnect_backoff_ms"] <= 5_000 for options in made)
