"""An index in a store: what only a store can go through. Milvus-lite is real here, in a folder and behind a port."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from retrieval.answer.query import Filters
from retrieval.answer.search import Searcher
from retrieval.errors import (
    ArticleUnknown,
    IndexMissing,
    StorageFailed,
    StoreClientMissing,
)
from retrieval.index.address import StoreAddress, where
from retrieval.index.milvus.store import Store
from retrieval.index.snapshot import open_latest
from retrieval.index.updating import open_up_to_date, update
from tests.fakes import FakeEncoder
from tests.retrieval.examples import write
from tests.retrieval.index.comparing import found
from tests.retrieval.places import needs_milvus, open_at

pytestmark = needs_milvus


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
