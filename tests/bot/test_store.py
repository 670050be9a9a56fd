"""The faces over an index in a store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import settings
from bot.discord.failures import sentence_for
from bot.discord.library import Library
from bot.settings import SettingInvalid
from bot.terminal import doctor
from bot.web.problems import problem_of
from retrieval import errors
from retrieval.index.address import StoreAddress
from retrieval.index.milvus.store import _shared
from tests.bot.conftest import Quoth
from tests.fakes import FakeEncoder
from tests.retrieval.places import let_go, needs_milvus

SECRET = "name:a-long-password"  # noqa: S105 - of nothing


@pytest.fixture
def stored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """The index is in a store."""
    monkeypatch.setattr(doctor, "verify_bundled", lambda: "53aa51172d142c89")
    monkeypatch.setenv("QUOTH_INDEX", str(tmp_path / "news.db"))
    yield
    for address in list(_shared):
        let_go(address)


def test_the_setting_names_a_store_and_its_token_is_told_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUOTH_INDEX", "milvus+tls://far.example.org:443/news")
    monkeypatch.setenv("QUOTH_INDEX_TOKEN", SECRET)

    made = settings.load()

    assert made.index == StoreAddress("https://far.example.org:443", "news", SECRET)
    assert made.ocr_kept == made.state / "ocr"
    assert SECRET not in f"{made!r} {made.index} {made.index_token}"


def test_what_only_looks_like_a_store_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUOTH_INDEX", "milvus://far.example.org:443")

    with pytest.raises(SettingInvalid) as caught:
        settings.load()
    assert "milvus://host:19530/name" in caught.value.wanted


@needs_milvus
@pytest.mark.usefixtures("stored")
def test_the_commands_work_on_a_store(quoth: Quoth, library: Path, tmp_path: Path) -> None:
    assert "Indexed 3 articles" in quoth("index").out
    assert "Blue whales eat krill." in quoth("ask", "what do blue whales eat?").out
    note = tmp_path / "moon.txt"
    note.write_text("The moon landing happened in July 1969.", encoding="utf-8")
    assert quoth("articles", "add", str(note)).status == 0
    assert "July 1969" in quoth("ask", "when did the moon landing happen?").out
    assert quoth("articles", "remove", "moon.txt").status == 0

    said = quoth("doctor")

    assert said.status == 0
    assert "3 articles" in said.out, said.out
    assert "version 3 in " in said.out, said.out
    assert "It is up to date" in said.out
    assert "pymilvus " in said.out
    assert "milvus-lite " in said.out


@needs_milvus
@pytest.mark.usefixtures("stored")
def test_vectors_come_along_from_a_folder(quoth: Quoth, library: Path, tmp_path: Path) -> None:
    first = quoth("index", "--index", str(tmp_path / "folder"))
    assert first.status == 0, first.err

    said = quoth("index", "--vectors-from", str(tmp_path / "folder"))

    assert "The vectors of 3 of them were taken over" in said.err
    assert quoth("index", "--vectors-from", str(tmp_path / "nowhere")).status == 2


@needs_milvus
@pytest.mark.usefixtures("stored")
def test_who_only_reads_the_index_leaves_it_as_it_is(
    quoth: Quoth, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quoth("index")
    for file in library.iterdir():
        file.unlink()
    library.rmdir()
    monkeypatch.setenv("QUOTH_INDEX_ONLY", "true")

    said = quoth("ask", "what do blue whales eat?")

    assert said.status == 0
    assert "Blue whales eat krill." in said.out
    assert "has changed" not in said.out

    monkeypatch.setattr(FakeEncoder, "fingerprint", "fake:2")
    refused = quoth("ask", "what do blue whales eat?")
    assert refused.status == 2
    assert "the model fake made it" in refused.err


def test_where_the_index_is_only_read_no_article_can_be_changed(tmp_path: Path) -> None:
    index = StoreAddress("http://far:19530", "news")
    library = Library(tmp_path, index, lambda _: pytest.fail("nothing is built"), kept_elsewhere=True)

    with pytest.raises(errors.IndexReadOnly) as refused:
        library.remove("a.txt", lambda *_: None)

    assert sentence_for(refused.value).startswith("The articles I quote are kept elsewhere")


def test_a_store_that_is_away_is_called_so_and_no_place_is_named() -> None:
    away = errors.IndexUnreachable("milvus://10.0.0.7:19530/news", "no answer")

    assert sentence_for(away) == "The index cannot be reached just now: ask again in a minute."
    problem = problem_of(away)
    assert (problem.kind, problem.status) == ("index", 503)
    assert "10.0.0.7" not in str(problem.details)
