"""An index in segments: an update writes what changed and keeps the files of the rest, and nobody sees a difference."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from retrieval.answer.query import Filters
from retrieval.answer.search import Searcher
from retrieval.engine import Engine
from retrieval.errors import IndexCorrupt, StorageFailed
from retrieval.index import checking, planning, snapshot
from retrieval.index import folder as folder_module
from retrieval.index.planning import to_merge
from retrieval.index.snapshot import Snapshot, open_latest, published
from retrieval.index.updating import open_up_to_date, update
from retrieval.models import bundled
from tests.fakes import FakeEncoder
from tests.retrieval.examples import NEWS, CountingEncoder, write
from tests.retrieval.index.comparing import KEEPER, assert_same_as_fresh
from tests.retrieval.index.test_snapshot import flip
from tests.volume import few

QUESTIONS = ("Who opened the Gullholm bridge?", "lighthouse keeper", "whales", "story 2", "What is told?")


@pytest.fixture(autouse=True)
def from_one_passage_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments are not written anew for being small, and not merged."""
    monkeypatch.setattr(planning, "SMALL", 0)
    monkeypatch.setattr(planning, "FACTOR", 0)


@pytest.fixture
def two(articles: Path, index: Path, encoder: CountingEncoder) -> Snapshot:
    """An index of two segments, the second of which has one article."""
    update(articles, index, encoder)
    encoder.taken()
    write(articles, "harbour/keeper.txt", KEEPER)
    update(articles, index, encoder)
    return open_latest(index)


def inodes(snapshot: Path) -> dict[str, int]:
    return {path.relative_to(snapshot).as_posix(): path.stat().st_ino for path in snapshot.rglob("*") if path.is_file()}


def assert_answers_as_fresh(index: Path, articles: Path, work: Path) -> None:
    """The same passages are found for any question, with the same scores but for rounding."""
    assert_same_as_fresh(index, articles, work)
    kept, fresh = (Searcher(open_latest(path), FakeEncoder()) for path in (index, work / "fresh"))
    for question in QUESTIONS:
        some, others = kept.search(question), fresh.search(question)
        assert [hit.score for hit in some] == pytest.approx([hit.score for hit in others], abs=0.01)
        # Passages that score alike may come in either order.
        by_passage = {(hit.passage.article.id, hit.passage.start): hit for hit in others}
        for hit in some:
            other = by_passage.pop((hit.passage.article.id, hit.passage.start))
            assert hit.passage == other.passage
            scores = (hit.dense, hit.lexical, hit.dense_z, hit.lexical_z)
            assert scores == pytest.approx((other.dense, other.lexical, other.dense_z, other.lexical_z), abs=0.01)
        assert not by_passage


# --- what is written -----------------------------------------------------------------------------------------


def test_an_added_article_is_written_alone_and_the_rest_is_the_same_files(
    two: Snapshot, articles: Path, index: Path, encoder: CountingEncoder, tmp_path: Path
) -> None:
    before, now = (inodes(path) for path in published(index))

    assert encoder.taken() == [f"keeper. {KEEPER}"]
    assert {name for name in before if before[name] != now[name]} == {"manifest.json"}
    assert (two.path / "1" / "texts.bin").read_text() == KEEPER
    assert two.folders == ["", "1"]
    assert_answers_as_fresh(index, articles, tmp_path)


@pytest.mark.parametrize("factor", [0, 2])
@example([{"a": 0}, {"a": 0}, {"a": 0, "b": 0, "c": 1, "d": 2}])
@example([{"a": 0}, {"a": 0}, {"a": 0, "b": 1, "d": 2}])
@given(st.lists(st.dictionaries(st.sampled_from("abcde"), st.integers(0, 3), min_size=1), min_size=3, max_size=5))
@few(4)
def test_any_history_of_changes_answers_as_a_fresh_build_does(factor: int, history: list[dict[str, int]]) -> None:
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as name:
        patch.setattr(planning, "SMALL", 0)
        patch.setattr(planning, "FACTOR", factor)
        articles, index = Path(name, "articles"), Path(name, "index")
        articles.mkdir()
        for number, state in enumerate(history):
            for letter in "abcde":
                (articles / f"{letter}.txt").unlink(missing_ok=True)
            for letter, version in state.items():
                text = "\n\n".join(f"Part {part} of story {version} is told here. " * 12 for part in range(version + 1))
                title = "Story" if letter < "d" else letter
                write(articles, f"{letter}.txt", f"---\ntitle: {title}\nsource: Day {number % 2}\n---\n{text}")
            update(articles, index, FakeEncoder())

        assert_answers_as_fresh(index, articles, Path(name))


def test_what_changed_or_went_is_found_no_more(
    two: Snapshot, articles: Path, index: Path, encoder: CountingEncoder, tmp_path: Path
) -> None:
    (articles / "sports" / "final.txt").unlink()
    write(articles, "science/whales.md", "Squid\n\nSquids sing deeper.", age_s=1800)

    update(articles, index, encoder)
    now = open_latest(index)

    assert now.folders == ["", "1", "2"]
    assert now.passages == two.passages - 1
    assert now.lexical.frequency("whale") == 0
    assert "whale" in two.lexical.vocabulary
    assert "whale" not in now.lexical.vocabulary
    assert_answers_as_fresh(index, articles, tmp_path)


def test_a_segment_of_which_nothing_is_left_is_gone(
    two: Snapshot, articles: Path, index: Path, encoder: CountingEncoder, tmp_path: Path
) -> None:
    assert (two.path / "1").exists()
    (articles / "harbour" / "keeper.txt").unlink()

    update(articles, index, encoder)

    assert open_latest(index).folders == [""]
    assert not (open_latest(index).path / "1").exists()
    assert_answers_as_fresh(index, articles, tmp_path)


def test_other_metadata_alone_cost_no_encoding(
    two: Snapshot, articles: Path, index: Path, encoder: CountingEncoder, tmp_path: Path
) -> None:
    assert encoder.taken()
    text = NEWS["science/whales.md"].replace("northern herald", "The Other Paper")
    write(articles, "science/whales.md", text, age_s=1800)

    update(articles, index, encoder)

    assert encoder.taken() == []
    assert open_latest(index).passages == two.passages
    assert open_latest(index).article("science/whales.md").source == "The Other Paper"
    assert_answers_as_fresh(index, articles, tmp_path)


def test_a_second_place_of_a_text_has_no_passages_until_the_first_goes(
    two: Snapshot, articles: Path, index: Path, encoder: CountingEncoder, tmp_path: Path
) -> None:
    encoder.taken()
    write(articles, "z.txt", f"---\ntitle: Hired\nsource: Radio\n---\n{KEEPER}")
    update(articles, index, encoder)
    doubled = open_latest(index)

    assert encoder.taken() == []
    assert doubled.passages == two.passages
    assert len(doubled.segments[-1].rows) == 0
    assert [info.id for info in doubled.article("z.txt").copies] == ["harbour/keeper.txt"]
    found = Engine(doubled, encoder).ask("Was a lighthouse keeper hired?", Filters(source="radio")).quotes[0]
    assert (found.article.id, found.text) == ("z.txt", KEEPER)
    assert_answers_as_fresh(index, articles, tmp_path)

    (articles / "harbour" / "keeper.txt").unlink()
    update(articles, index, encoder)
    assert encoder.taken() == [f"Hired. {KEEPER}"]
    assert open_latest(index).article("z.txt").copies == ()


def test_where_files_cannot_have_a_second_name_they_are_copied(
    articles: Path, index: Path, encoder: CountingEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> NoReturn:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    update(articles, index, encoder)
    write(articles, "harbour/keeper.txt", KEEPER)
    update(articles, index, encoder)

    before, now = (inodes(path) for path in published(index))
    assert not {*before.values()} & {*now.values()}
    assert_answers_as_fresh(index, articles, tmp_path)


def with_manifest(snapshot: Path, manifest: dict[str, Any]) -> None:
    """Give a snapshot another manifest, and the name that goes with it."""
    content = json.dumps(manifest).encode()
    (snapshot / "manifest.json").write_bytes(content)
    snapshot.rename(snapshot.with_name(f"snapshot-00000001-{hashlib.sha256(content).hexdigest()[:16]}"))


def test_a_snapshot_in_a_format_before_is_read_and_its_segment_kept(
    articles: Path, index: Path, encoder: CountingEncoder, tmp_path: Path
) -> None:
    update(articles, index, encoder)
    old = published(index)[0]
    manifest = json.loads((old / "manifest.json").read_text())
    lines = [
        json.dumps(entry._asdict() | {"info": entry.info.known}, default=str)
        for entry in open_latest(index).segments[0].entries
    ]
    (old / "articles.safetensors").unlink()
    (old / "articles.jsonl.z").write_bytes(listed := zlib.compress("\n".join(lines).encode()))
    del manifest["files"]["articles.safetensors"]
    manifest["files"]["articles.jsonl.z"] = {"size": len(listed), "sha256": hashlib.sha256(listed).hexdigest()}
    del manifest["segments"]
    manifest["rules"]["format"] = 5
    with_manifest(old, manifest)
    encoder.taken()

    assert open_up_to_date(articles, index, encoder)[1] is None
    write(articles, "harbour/keeper.txt", KEEPER)
    report = update(articles, index, encoder)

    assert (report.encoded, report.reason) == (1, None)
    assert (open_latest(index).path / "articles.jsonl.z").exists()
    assert_answers_as_fresh(index, articles, tmp_path)


def test_articles_listed_in_another_order_than_their_files_are_found_all_the_same(
    articles: Path, index: Path, encoder: CountingEncoder, tmp_path: Path
) -> None:
    update(articles, index, encoder)
    old = published(index)[0]
    manifest = json.loads((old / "manifest.json").read_text())
    manifest["sources"].reverse()
    with_manifest(old, manifest)
    encoder.taken()

    write(articles, "harbour/keeper.txt", KEEPER)

    assert update(articles, index, encoder).encoded == 1
    assert_answers_as_fresh(index, articles, tmp_path)


# --- merging -------------------------------------------------------------------------------------------------


def test_segments_are_merged_when_the_small_ones_add_up(
    two: Snapshot,
    articles: Path,
    index: Path,
    encoder: CountingEncoder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert to_merge(two) == set()
    monkeypatch.setattr(planning, "FACTOR", 6)
    encoder.taken()
    (articles / "sports" / "final.txt").unlink()

    report = update(articles, index, encoder)
    quick, merged = (Snapshot.open(path) for path in published(index))

    assert (report.passages, report.encoded, encoder.taken()) == (5, 0, [])
    assert (quick.folders, merged.folders) == (["", "1"], [""])
    assert quick.built_at == merged.built_at
    assert merged.layout.living == [5]
    assert not (merged.path / snapshot.ORDER_FILE).exists()
    assert_answers_as_fresh(index, articles, tmp_path)


def test_a_segment_of_which_most_is_gone_is_written_anew(
    two: Snapshot, articles: Path, index: Path, encoder: CountingEncoder, tmp_path: Path
) -> None:
    assert len(two.segments[0].rows) == 5
    for id in sorted(NEWS)[:3]:
        (articles / id).unlink()

    update(articles, index, encoder)

    now = open_latest(index)
    assert [len(segment.rows) for segment in now.segments] == now.layout.living
    assert_answers_as_fresh(index, articles, tmp_path)


def test_a_merge_makes_no_segment_larger_than_may_be(two: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "FACTOR", 100)
    assert to_merge(two) == {0, 1}

    monkeypatch.setattr(planning, "LARGEST", 5)

    assert to_merge(two) == set()


def test_segments_that_cannot_be_merged_serve_as_they_are(
    two: Snapshot,
    articles: Path,
    index: Path,
    encoder: CountingEncoder,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def full(*_: object) -> NoReturn:
        raise StorageFailed(index, "No space left on device")

    monkeypatch.setattr(planning, "FACTOR", 100)
    write(articles, "new.txt", "Herring is cheap.")
    with monkeypatch.context() as patch, caplog.at_level(logging.WARNING):
        patch.setattr(folder_module, "merge", full)
        report = update(articles, index, encoder)

    assert report.passages == open_latest(index).passages == two.passages + 1
    assert open_latest(index).folders == ["", "1", "2"]
    assert "No space left on device" in caplog.text
    write(articles, "newer.txt", "Cod is dear.")
    update(articles, index, encoder)
    assert open_latest(index).folders == [""]


# --- damage, and opening -------------------------------------------------------------------------------------


def test_a_flipped_byte_in_any_segment_is_noticed(two: Snapshot, index: Path) -> None:
    names = sorted(inodes(two.path))
    assert {"texts.bin", "1/texts.bin", "order.safetensors"} < set(names)
    for name in names:
        content = (two.path / name).read_bytes()
        flip(two.path / name)
        with pytest.raises(IndexCorrupt, match=Path(name).name):
            open_latest(index)
        (two.path / name).write_bytes(content)

    assert open_latest(index).passages == two.passages


@pytest.mark.parametrize(
    ("damaged", "encoded"),
    [("texts.bin", 0), ("postings.safetensors", 0), ("1/texts.bin", 0), ("vectors.faiss", 5), ("1/vectors.faiss", 1)],
)
def test_what_a_flipped_byte_has_not_touched_is_not_encoded_again(
    damaged: str, encoded: int, two: Snapshot, articles: Path, index: Path, encoder: CountingEncoder, tmp_path: Path
) -> None:
    encoder.taken()
    for path in published(index)[:-1]:
        shutil.rmtree(path)  # as if it had the same segments
    flip(two.path / damaged)

    report = update(articles, index, encoder)

    assert report.reason == f"the index was damaged: {damaged} has changed"
    assert len(encoder.taken()) == report.encoded == encoded
    assert_answers_as_fresh(index, articles, tmp_path)


def test_nothing_is_salvaged_of_a_damaged_manifest(
    two: Snapshot, articles: Path, index: Path, encoder: CountingEncoder
) -> None:
    for path in published(index):
        flip(path / "manifest.json")

    assert update(articles, index, encoder).encoded == two.passages


def test_files_that_are_in_the_next_snapshot_too_are_not_read_again(
    articles: Path, index: Path, encoder: CountingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    real = bundled.hash_file
    monkeypatch.setattr(checking, "_RACY_NS", 0)
    update(articles, index, encoder)
    serving = open_latest(index)
    write(articles, "harbour/keeper.txt", KEEPER)
    update(articles, index, encoder)

    def note(path: Path) -> str:
        read.append(path.parent.name)
        return real(path)

    monkeypatch.setattr(checking, "hash_file", note)
    newer = open_latest(index)

    assert set(read) <= {"1", newer.path.name}
    assert newer.segments[0] is serving.segments[0]
