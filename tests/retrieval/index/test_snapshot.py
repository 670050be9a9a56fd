"""The index on disk: what is written reads back, damage is noticed, and an open snapshot outlives its folder."""

from __future__ import annotations

import ast
import os
import random
import shutil
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest

from retrieval.answer.search import Searcher
from retrieval.articles.files import read
from retrieval.engine import Engine
from retrieval.errors import ArticleUnknown, IndexCorrupt, IndexMissing, StorageFailed
from retrieval.index import checking
from retrieval.index import snapshot as module
from retrieval.index.snapshot import Snapshot, open_latest, published
from retrieval.index.updating import open_up_to_date, update
from retrieval.index.watching import Follower
from retrieval.text.passages import cut
from tests.fakes import FakeEncoder
from tests.retrieval.articles.formats.test_pdf import column, pdf_of
from tests.retrieval.examples import NEWS, CountingEncoder, newsroom, write


def files_in(snapshot: Path) -> list[str]:
    return sorted(path.relative_to(snapshot).as_posix() for path in snapshot.rglob("*") if path.is_file())


def flip(path: Path, at: float = 0.5) -> None:
    content = bytearray(path.read_bytes())
    content[int((len(content) - 1) * at)] ^= 1
    path.write_bytes(content)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def lengthen(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n")


def empty(path: Path) -> None:
    path.write_bytes(b"")


# --- reading back --------------------------------------------------------------------------------------------


def test_articles_read_back_as_they_were(settled: Snapshot, articles: Path) -> None:
    assert [article.id for article in settled.articles] == sorted(NEWS)
    for id in NEWS:
        assert settled.article(id) == read(articles, id)
    assert [info.published for info in settled.articles] == [
        date(2019, 6, 1),
        date(2019, 7, 15),
        date(2021, 3, 9),
        None,
    ]


def test_passages_read_back_in_the_order_of_their_articles(settled: Snapshot) -> None:
    every = settled.passages_at(range(settled.passages))

    assert [(p.article.id, p.start, p.end) for p in every] == [
        (id, start, end) for id in sorted(NEWS) for start, end in cut(settled.article(id).text)
    ]
    assert len(settled.dense) == len(settled.lexical) == settled.passages


def test_any_code_point_of_a_text_reads_back(tmp_path: Path) -> None:
    text = "Cafe\N{COMBINING ACUTE ACCENT} \N{GRINNING FACE}\u2028line\x85next\x0bthen שלום 甲。 end."
    write(tmp_path / "articles", "\N{GRINNING FACE}.txt", f'---\ntitle: "A\\u2029B \\x01"\n---\n{text}')

    snapshot, _ = open_up_to_date(tmp_path / "articles", tmp_path / "index", FakeEncoder())

    assert [snapshot.article(info.id).text for info in snapshot.articles] == [text]
    assert [(info.id, info.title) for info in snapshot.articles] == [("\N{GRINNING FACE}.txt", "A B \x01")]


def test_passages_of_some_articles_are_found_by_a_mask(settled: Snapshot) -> None:
    mask = np.array([article.id.startswith("harbour/") for article in settled.articles])

    scope = settled.scope(mask)
    assert scope.allowed is not None
    found = {passage.article.id for passage in settled.passages_at(scope.allowed.tolist(), scope)}

    assert found == {"harbour/bridge.md", "harbour/ferry.txt"}


def test_an_unknown_article_is_answered_with_the_ids_that_look_like_it(settled: Snapshot) -> None:
    with pytest.raises(ArticleUnknown) as caught:
        settled.article("harbour/bridges.md")

    assert caught.value.id == "harbour/bridges.md"
    assert caught.value.near[0] == "harbour/bridge.md"


def test_a_snapshot_knows_what_it_was_made_of(articles: Path, index: Path, encoder: CountingEncoder) -> None:
    write(articles, "broken.txt", b"\0\0")
    before = datetime.now(UTC)

    update(articles, index, encoder)
    snapshot = open_latest(index)

    assert (snapshot.encoder, snapshot.fingerprint, snapshot.by_rules_in_force) == ("fake", "fake:1", True)
    assert before <= snapshot.built_at <= datetime.now(UTC)
    assert [(skipped.path, skipped.reason) for skipped in snapshot.skipped] == [("broken.txt", "it is not a text file")]
    assert snapshot.bytes == sum(
        (snapshot.path / name).stat().st_size for name in files_in(snapshot.path) if name != "manifest.json"
    )


def test_an_open_snapshot_outlives_its_folder(articles: Path, index: Path, encoder: CountingEncoder) -> None:
    update(articles, index, encoder)
    snapshot = open_latest(index)
    for number in range(3):
        write(articles, "more.txt", f"Report number {number} says nothing of interest.")
        update(articles, index, encoder)
    assert not snapshot.path.exists()
    shutil.rmtree(index)

    hits = Searcher(snapshot, encoder).search("Who opened the Gullholm bridge?")

    assert hits[0].passage.article.id == "harbour/bridge.md"
    assert "Solberg" in hits[0].passage.text
    assert len(hits) == snapshot.passages


# --- damage --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "damage",
    [flip, lambda path: flip(path, 0.0), lambda path: flip(path, 1.0), truncate, lengthen, empty, os.unlink],
    ids=["flip", "flip first", "flip last", "truncate", "lengthen", "empty", "delete"],
)
def test_damage_to_any_file_is_noticed_and_named(
    settled: Snapshot, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    names = files_in(settled.path)
    assert {"manifest.json", "texts.bin", "passages.safetensors", "vectors.faiss", "articles.safetensors"} < set(names)
    for name in names:
        index = tmp_path / name.replace("/", "-")
        copy = index / settled.path.name
        shutil.copytree(settled.path, copy)
        damage(copy / name)

        with pytest.raises(IndexCorrupt) as caught:
            open_latest(index)

        assert caught.value.path == copy
        assert Path(name).name in caught.value.reason


FLIPS = int(os.environ.get("FLIPS", "15"))
"""How many bits are flipped; more by hand."""


def test_any_flipped_bit_is_noticed_before_an_answer_is_given(
    articles: Path, index: Path, encoder: CountingEncoder
) -> None:
    chance = random.Random(7)  # noqa: S311 - a place is no secret
    update(articles, index, encoder)
    for _ in range(FLIPS):
        snapshot = published(index)[-1]
        name = chance.choice(files_in(snapshot))
        file = snapshot / name
        content = bytearray(file.read_bytes())
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        file.write_bytes(content)

        opened, report = open_up_to_date(articles, index, encoder)

        assert report is not None
        assert report.reason == f"the index was damaged: {name} has changed"
        quote = Engine(opened, encoder).ask("Who opened the Gullholm bridge?").quotes[0]
        assert quote.text == "Mayor Ingrid Solberg opened the Gullholm bridge on Saturday."


def test_a_damaged_index_is_built_again_and_says_why(articles: Path, index: Path, encoder: CountingEncoder) -> None:
    update(articles, index, encoder)
    encoder.taken()
    flip(published(index)[-1] / "vectors.faiss")

    snapshot, report = open_up_to_date(articles, index, encoder)

    assert report is not None
    assert report.reason == "the index was damaged: vectors.faiss has changed"
    assert len(encoder.taken()) == report.encoded == snapshot.passages
    assert Searcher(snapshot, encoder).search("blue whales")[0].passage.article.id == "science/whales.md"
    assert open_up_to_date(articles, index, encoder)[1] is None


def test_a_damaged_index_is_built_again_out_of_the_one_before_it(
    articles: Path, index: Path, encoder: CountingEncoder
) -> None:
    update(articles, index, encoder)
    write(articles, "new.txt", "A new lighthouse keeper was hired.")
    update(articles, index, encoder)
    encoder.taken()
    flip(published(index)[-1] / "texts.bin")

    snapshot, report = open_up_to_date(articles, index, encoder)

    assert report is not None
    assert report.reason == "the index was damaged: texts.bin has changed"
    assert encoder.taken() == ["new. A new lighthouse keeper was hired."]
    assert snapshot.article("new.txt").text == "A new lighthouse keeper was hired."


def test_a_snapshot_that_replaces_a_damaged_one_is_built_even_if_nothing_else_changed(
    articles: Path, index: Path, encoder: CountingEncoder
) -> None:
    update(articles, index, encoder)
    update(articles, index, encoder, force=True)
    encoder.taken()
    flip(published(index)[-1] / "moments.safetensors")

    _, report = open_up_to_date(articles, index, encoder)

    assert report is not None
    assert (report.built, report.encoded, encoder.taken()) == (True, 0, [])
    assert open_up_to_date(articles, index, encoder)[1] is None


def test_whole_files_that_make_no_sense_are_damage_too(
    settled: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As a bug would write them: their hashes are right.
    copy = tmp_path / settled.path.name
    shutil.copytree(settled.path, copy)
    monkeypatch.setattr(module, "check", lambda *_: None)

    (copy / "articles.safetensors").write_bytes(b"\0" * 64)
    with pytest.raises(IndexCorrupt, match="JSONDecodeError"):
        Snapshot.open(copy)
    shutil.copy(settled.path / "articles.safetensors", copy)
    (copy / "vectors.faiss").write_bytes(b"")
    with pytest.raises(IndexCorrupt, match="RuntimeError"):
        Snapshot.open(copy)


def test_no_index_is_missing_and_not_damaged(tmp_path: Path) -> None:
    for index in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(IndexMissing) as caught:
            open_latest(index)
        assert caught.value.path == index
    with pytest.raises(IndexMissing):
        Snapshot.open(tmp_path / "snapshot-00000001-0123456789abcdef")


def test_a_folder_that_cannot_be_listed_is_a_failure_of_storage(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StorageFailed) as caught:
        open_latest(tmp_path / "file")

    assert caught.value.reason == "Not a directory"


def test_a_file_that_cannot_be_read_is_a_failure_of_storage(settled: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Path) -> str:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(checking, "hash_file", fail)

    with pytest.raises(StorageFailed) as caught:
        Snapshot.open(settled.path)
    assert (caught.value.path, caught.value.reason) == (settled.path, "Input/output error")


def test_a_snapshot_cleared_away_while_it_is_opened_gives_way_to_a_newer_one(
    articles: Path, index: Path, encoder: CountingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    update(articles, index, encoder)
    (first,) = published(index)
    read = module.read_manifest

    def read_while_others_publish(path: Path) -> dict[str, Any]:
        manifest = read(path)
        if path == first:
            monkeypatch.setattr(module, "read_manifest", read)
            for _ in range(2):
                update(articles, index, encoder, force=True)
        return manifest

    monkeypatch.setattr(module, "read_manifest", read_while_others_publish)

    assert open_latest(index).number == 3
    assert not first.exists()


def test_folders_that_only_look_like_snapshots_are_left_alone(
    articles: Path, index: Path, encoder: CountingEncoder
) -> None:
    for name in ("snapshot-1", "snapshot-00000009-xyz", "notes"):
        (index / name).mkdir(parents=True)

    for _ in range(3):
        update(articles, index, encoder, force=True)

    assert [path.name.split("-")[1] for path in published(index)] == ["00000002", "00000003"]
    assert (index / "notes").is_dir()
    assert (index / "snapshot-1").is_dir()


def test_no_array_is_read_by_way_of_python_source(
    articles: Path, index: Path, encoder: CountingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    # CPython 3.11 lets ast fail with a SystemError when two threads use it at once, as numpy's own format has them do.
    update(articles, index, encoder)  # whatever is imported meanwhile may use it

    def refuse(*_: object, **__: object) -> NoReturn:
        raise AssertionError("ast is used")

    write(articles, "new.txt", "A new lighthouse keeper was hired.")

    with monkeypatch.context() as patch:
        patch.setattr(ast, "literal_eval", refuse)
        patch.setattr(ast, "parse", refuse)
        update(articles, index, encoder)
        opened = open_latest(index)

    assert opened.passages == 6


def test_two_builds_of_the_same_articles_are_the_same_files(tmp_path: Path) -> None:
    newsroom(tmp_path / "articles")
    for name in ("one", "two"):
        update(tmp_path / "articles", tmp_path / name, FakeEncoder())

    one, two = (open_latest(tmp_path / name).path for name in ("one", "two"))

    assert files_in(one) == files_in(two)
    for name in files_in(one):
        if name != "manifest.json":  # it holds the time of building
            assert (one / name).read_bytes() == (two / name).read_bytes(), name


def test_pages_are_kept_with_their_article(tmp_path: Path, index: Path, encoder: CountingEncoder) -> None:
    content = pdf_of(column("The first page is about tar."), column("The second page is about herring."))
    write(tmp_path / "folder", "a.pdf", content)
    write(tmp_path / "folder", "a.pdf.meta.yaml", "url: https://e.org/a.pdf")
    update(tmp_path / "folder", index, encoder)

    found = Engine(open_latest(index), encoder).ask("herring")

    assert [(quote.page, quote.url) for quote in found.quotes[:1]] == [(2, "https://e.org/a.pdf#page=2")]


def test_no_answer_mixes_two_snapshots_while_many_are_published(articles: Path, index: Path) -> None:
    encoder = FakeEncoder()
    (articles / "count.txt").write_text("The count stands at 0 today, as everybody in the harbour knows.", "utf-8")
    snapshot, _ = open_up_to_date(articles, index, encoder)
    serving = [Engine(snapshot, encoder)]

    enough = threading.Event()

    def publish() -> None:
        number = 0
        while number < 10 or not enough.is_set():
            number += 1
            (articles / "count.txt").write_text(f"The count stands at {number} today, as everybody knows.", "utf-8")
            update(articles, index, encoder)
        counted.append(number)

    counted: list[int] = []
    publisher = threading.Thread(target=publish)
    follower = Follower(index, snapshot, lambda snapshot: serving.append(Engine(snapshot, encoder)))
    publisher.start()
    asked = 0
    while publisher.is_alive():
        follower.look()
        engine = serving[-1]
        quote = engine.ask("Where does the count stand?").quotes[0]
        assert quote.article == engine.index.article("count.txt")
        assert quote.text == quote.article.text
        asked += 1
        if asked > 4 and len(serving) > 2:
            enough.set()
    publisher.join()
    follower.look()
    assert f"at {counted[0]} today" in serving[-1].ask("Where does the count stand?").quotes[0].text
