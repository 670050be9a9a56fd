"""Keeping the index true to the folder: what is noticed, and what is encoded."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NoReturn

from hypothesis import given
from hypothesis import strategies as st

from retrieval.articles import files as articles_module
from retrieval.errors import (
    EncoderUnavailable,
)
from retrieval.index import changes as changes_module
from retrieval.index import folder, publishing, snapshot
from retrieval.index.address import Where
from retrieval.index.changes import compare
from retrieval.index.snapshot import open_latest, published
from retrieval.index.sources import RULES
from retrieval.index.updating import open_up_to_date, update
from tests.fakes import FakeEncoder
from tests.retrieval.examples import NEWS, CountingEncoder, write
from tests.retrieval.index.comparing import IDS, KEEPER, assert_same_as_fresh, first_id, tree
from tests.retrieval.places import both, open_at
from tests.volume import few

if TYPE_CHECKING:
    import pytest


def test_the_first_build_encodes_every_passage_behind_its_title(
    articles: Path, index: Path, encoder: CountingEncoder
) -> None:
    report = update(articles, index, encoder)

    opened = open_latest(index)
    passages = opened.passages_at(range(opened.passages))
    assert encoder.taken() == [f"{passage.article.title}. {passage.text}" for passage in passages]
    assert (report.added, report.changed, report.removed, report.unchanged) == (IDS, (), (), ())
    assert (report.passages, report.encoded, report.built) == (len(passages), len(passages), True)
    assert (report.reason, report.skipped) == (None, ())
    assert report.elapsed_s > 0


def test_nothing_is_written_when_nothing_changed(articles: Path, index: Path, encoder: CountingEncoder) -> None:
    update(articles, index, encoder)
    encoder.taken()
    before = tree(index / published(index)[0].name)

    report = update(articles, index, encoder)

    assert (report.built, report.encoded, report.unchanged) == (False, 0, IDS)
    assert report.passages == open_latest(index).passages
    assert encoder.taken() == []
    assert tree(index / published(index)[0].name) == before
    assert len(published(index)) == 1


def test_an_index_that_is_up_to_date_is_only_read(
    articles: Path, index: Path, encoder: CountingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    update(articles, index, encoder)
    before = tree(index)

    def refuse(*_: object) -> NoReturn:
        raise AssertionError("tried to lock an index that only has to be read")

    monkeypatch.setattr(folder, "sole_writer", refuse)

    opened, report = open_up_to_date(articles, index, encoder)

    assert report is None
    assert opened.passages == 5
    assert tree(index) == before


@both
def test_an_added_article_is_all_that_is_encoded(
    articles: Path, index: Where, encoder: CountingEncoder, tmp_path: Path
) -> None:
    update(articles, index, encoder)
    encoder.taken()
    write(articles, "harbour/keeper.txt", KEEPER)

    opened, report = open_up_to_date(articles, index, encoder)

    assert report is not None
    assert (report.added, report.unchanged, report.reason) == (("harbour/keeper.txt",), IDS, None)
    assert encoder.taken() == [f"keeper. {KEEPER}"]
    assert first_id(opened, "Was a lighthouse keeper hired?") == "harbour/keeper.txt"
    assert_same_as_fresh(index, articles, tmp_path)


@both
def test_a_changed_article_is_encoded_again(
    articles: Path, index: Where, encoder: CountingEncoder, tmp_path: Path
) -> None:
    update(articles, index, encoder)
    encoder.taken()
    write(articles, "science/whales.md", f"Squid\n\n{KEEPER}", age_s=1800)

    opened, report = open_up_to_date(articles, index, encoder)

    assert report is not None
    assert (report.added, report.changed, report.removed) == ((), ("science/whales.md",), ())
    assert encoder.taken() == [f"Squid. Squid\n\n{KEEPER}"]
    assert opened.article("science/whales.md").title == "Squid"
    assert_same_as_fresh(index, articles, tmp_path)


@both
def test_a_removed_article_answers_no_more(
    articles: Path, index: Where, encoder: CountingEncoder, tmp_path: Path
) -> None:
    update(articles, index, encoder)
    encoder.taken()
    (articles / "sports" / "final.txt").unlink()

    opened, report = open_up_to_date(articles, index, encoder)

    assert report is not None
    assert (report.removed, report.encoded, encoder.taken()) == (("sports/final.txt",), 0, [])
    assert "sports/final.txt" not in [article.id for article in opened.articles]
    assert_same_as_fresh(index, articles, tmp_path)


@both
def test_a_renamed_article_with_a_title_of_its_own_is_not_encoded_again(
    articles: Path, index: Where, encoder: CountingEncoder, tmp_path: Path
) -> None:
    update(articles, index, encoder)
    encoder.taken()
    (articles / "science" / "whales.md").rename(articles / "0-songs.md")

    opened, report = open_up_to_date(articles, index, encoder)

    assert report is not None
    assert (report.added, report.removed, report.encoded) == (("0-songs.md",), ("science/whales.md",), 0)
    assert encoder.taken() == []
    assert first_id(opened, "blue whales") == "0-songs.md"
    assert_same_as_fresh(index, articles, tmp_path)


@both
def test_the_model_is_not_even_loaded_when_there_is_nothing_to_encode(articles: Path, index: Where) -> None:
    class Unloadable(FakeEncoder):
        @property
        def dimension(self) -> NoReturn:  # type: ignore[override]
            raise EncoderUnavailable("unloadable", "nobody may ask")

        def encode_document(self, texts: object, progress: object = None) -> NoReturn:  # noqa: ARG002
            raise EncoderUnavailable("unloadable", "nobody may ask")

    update(articles, index, FakeEncoder())
    (articles / "sports" / "final.txt").unlink()

    assert update(articles, index, Unloadable()).removed == ("sports/final.txt",)


@both
def test_other_metadata_alone_cost_no_encoding(articles: Path, index: Where, encoder: CountingEncoder) -> None:
    update(articles, index, encoder)
    encoder.taken()
    text = NEWS["science/whales.md"].replace("northern herald", "The Other Paper")
    write(articles, "science/whales.md", text, age_s=1800)

    opened, report = open_up_to_date(articles, index, encoder)

    assert report is not None
    assert (report.changed, report.encoded) == (("science/whales.md",), 0)
    assert opened.article("science/whales.md").source == "The Other Paper"


def test_a_touched_file_is_read_and_found_the_same(articles: Path, index: Path, encoder: CountingEncoder) -> None:
    update(articles, index, encoder)
    (articles / "sports" / "final.txt").touch()
    before = tree(index)

    _, report = open_up_to_date(articles, index, encoder)

    assert report is None
    assert tree(index) == before


@both
def test_only_files_that_look_changed_are_read(
    articles: Path, index: Where, encoder: CountingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    update(articles, index, encoder)
    (articles / "sports" / "final.txt").touch()
    read: list[str] = []
    real = articles_module.read_bytes

    def note(folder: Path, name: str) -> bytes:
        read.append(name)
        return real(folder, name)

    monkeypatch.setattr(changes_module, "read_bytes", note)

    assert not compare(articles, open_at(index), encoder)
    assert read == ["sports/final.txt"]


@both
def test_a_change_within_the_clocks_tick_is_noticed(articles: Path, index: Where, encoder: CountingEncoder) -> None:
    # Written, indexed, and written again with as many bytes before the clock of the file system went on.
    path = write(articles, "score.txt", "Fjordby leads one to nil.", age_s=0)
    stamp = path.stat().st_mtime_ns
    update(articles, index, encoder)
    path.write_text("Fjordby leads two to nil.")
    os.utime(path, ns=(stamp, stamp))

    opened, report = open_up_to_date(articles, index, encoder)

    assert report is not None
    assert report.changed == ("score.txt",)
    assert opened.article("score.txt").text == "Fjordby leads two to nil."


@both
def test_a_change_that_left_a_file_its_size_and_its_time_is_noticed_when_every_file_is_read(
    articles: Path, index: Where, encoder: CountingEncoder
) -> None:
    path = write(articles, "score.txt", "Fjordby leads one to nil.")
    stamp = path.stat().st_mtime_ns
    update(articles, index, encoder)
    path.write_text("Fjordby leads two to nil.")
    os.utime(path, ns=(stamp, stamp))

    assert not update(articles, index, encoder).built
    encoder.taken()
    report = update(articles, index, encoder, thorough=True)

    assert report.changed == ("score.txt",)
    assert encoder.taken() == ["score. Fjordby leads two to nil."]
    assert open_at(index).article("score.txt").text == "Fjordby leads two to nil."
    assert not update(articles, index, encoder, thorough=True).built


@both
def test_another_encoder_encodes_everything(articles: Path, index: Where, encoder: CountingEncoder) -> None:
    update(articles, index, encoder)
    other = CountingEncoder("fake:2")

    changes = compare(articles, open_at(index), other)
    opened, report = open_up_to_date(articles, index, other)

    assert changes.encoder_changed
    assert changes.rebuild_reason == "the encoder changed"
    assert report is not None
    assert (report.reason, report.unchanged) == ("the encoder changed", IDS)
    assert len(other.taken()) == report.encoded == opened.passages
    assert opened.fingerprint == "fake:2"
    assert open_up_to_date(articles, index, other)[1] is None


def test_other_rules_encode_everything(
    articles: Path, index: Path, encoder: CountingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    update(articles, index, encoder)
    encoder.taken()
    for module in (publishing, snapshot):
        monkeypatch.setattr(module, "RULES", {**RULES, "passages": "other"})

    opened, report = open_up_to_date(articles, index, encoder)

    assert report is not None
    assert report.reason == "this version of Quoth cuts texts by other rules"
    assert len(encoder.taken()) == report.encoded == opened.passages
    assert open_up_to_date(articles, index, encoder)[1] is None


def test_an_index_that_another_version_laid_out_is_built_anew(
    articles: Path, index: Path, encoder: CountingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    update(articles, index, encoder)
    for module in (publishing, snapshot):
        monkeypatch.setattr(module, "LAYOUT", {"format": 99})
    monkeypatch.setattr(snapshot, "READABLE", (99,))

    opened, report = open_up_to_date(articles, index, encoder)

    assert report is not None
    assert report.reason == "another version of Quoth wrote the index"
    assert report.encoded == opened.passages
    assert open_up_to_date(articles, index, encoder)[1] is None


@both
def test_force_encodes_everything(articles: Path, index: Where, encoder: CountingEncoder) -> None:
    update(articles, index, encoder)
    encoder.taken()

    report = update(articles, index, encoder, force=True)

    assert (report.reason, report.built, report.unchanged) == ("forced", True, IDS)
    assert len(encoder.taken()) == report.encoded == report.passages


@both
def test_two_copies_of_an_article_are_two_articles(
    articles: Path, index: Where, encoder: CountingEncoder, tmp_path: Path
) -> None:
    write(articles, "copy.md", NEWS["science/whales.md"])
    update(articles, index, encoder)
    write(articles, "keeper.txt", KEEPER)
    encoder.taken()

    update(articles, index, encoder)

    assert encoder.taken() == [f"keeper. {KEEPER}"]
    assert_same_as_fresh(index, articles, tmp_path)


@given(st.lists(st.dictionaries(st.sampled_from("abcde"), st.integers(0, 3), min_size=1), min_size=2, max_size=4))
@few(4)
def test_any_history_of_changes_leads_to_what_a_fresh_build_gives(history: list[dict[str, int]]) -> None:
    with TemporaryDirectory() as name:
        articles, index = Path(name, "articles"), Path(name, "index")
        articles.mkdir()
        for state in history:
            for letter in "abcde":
                (articles / f"{letter}.txt").unlink(missing_ok=True)
            for letter, version in state.items():
                text = "\n\n".join(f"Part {part} of story {version} is told here. " * 12 for part in range(version + 1))
                write(articles, f"{letter}.txt", f"---\ntitle: Story\n---\n{text}")
            update(articles, index, FakeEncoder())

        assert_same_as_fresh(index, articles, Path(name))


@both
def test_progress_tells_of_reading_and_encoding(articles: Path, index: Where, encoder: CountingEncoder) -> None:
    told: list[tuple[str, int, int]] = []

    report = update(articles, index, encoder, progress=lambda *step: told.append(step))

    assert told[0] == ("reading", 0, len(NEWS))
    assert told[1:] == [("encoding", done, report.passages) for done in range(report.passages + 1)]
