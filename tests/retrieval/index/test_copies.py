"""The same text in two places."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from retrieval.answer.query import Filters
from retrieval.engine import Engine
from retrieval.index.snapshot import Snapshot, open_latest
from retrieval.index.updating import update
from tests.retrieval.examples import CountingEncoder, write

MILL = "The mill burned down in 1911. Nobody was hurt."


@pytest.fixture
def doubled(tmp_path: Path, index: Path, encoder: CountingEncoder) -> Snapshot:
    """An index of two articles with one text, and of a third."""
    folder = tmp_path / "doubled"
    write(folder, "a/mill.txt", f"---\ntitle: The mill\nsource: Herald\npublished: 1911-05-06\n---\n{MILL}")
    write(folder, "b/copy.md", f"---\ntitle: A fire\nsource: Radio\npublished: 1911-05-07\n---\n{MILL}\n")
    write(folder, "c/snow.txt", "Snow fell on Elvestad all day.")
    update(folder, index, encoder)
    return open_latest(index)


def test_the_same_text_is_encoded_and_indexed_once(doubled: Snapshot, encoder: CountingEncoder) -> None:
    assert [info.id for info in doubled.articles] == ["a/mill.txt", "b/copy.md", "c/snow.txt"]
    assert doubled.passages == 2
    assert [text for text in encoder.taken() if "mill burned" in text] == [f"The mill. {MILL}"]
    assert doubled.article("b/copy.md").text == MILL
    assert doubled.article("b/copy.md").title == "A fire"


def test_a_quote_names_every_place_of_its_text(doubled: Snapshot, encoder: CountingEncoder) -> None:
    first = Engine(doubled, encoder).ask("When did the mill burn down?").quotes[0]

    assert first.article.id == "a/mill.txt"
    assert [info.id for info in first.also_in] == ["b/copy.md"]


@pytest.mark.parametrize(
    "filters", [Filters(source="radio"), Filters(articles=frozenset({"b/copy.md"})), Filters(after=date(1911, 5, 7))]
)
def test_a_filter_that_only_the_second_place_passes_finds_the_text_there(
    filters: Filters, doubled: Snapshot, encoder: CountingEncoder
) -> None:
    first = Engine(doubled, encoder).ask("When did the mill burn down?", filters).quotes[0]

    assert first.article.id == "b/copy.md"


def test_when_the_first_place_goes_the_second_has_the_text_under_its_own_title(
    doubled: Snapshot, tmp_path: Path, index: Path, encoder: CountingEncoder
) -> None:
    assert doubled.passages == 2
    encoder.taken()
    (tmp_path / "doubled" / "a" / "mill.txt").unlink()

    report = update(tmp_path / "doubled", index, encoder)

    assert report.removed == ("a/mill.txt",)
    assert encoder.taken() == [f"A fire. {MILL}"]
    assert open_latest(index).article("b/copy.md").copies == ()


def test_a_second_place_costs_no_encoding(
    doubled: Snapshot, tmp_path: Path, index: Path, encoder: CountingEncoder
) -> None:
    encoder.taken()
    write(tmp_path / "doubled", "z.txt", MILL)

    assert update(tmp_path / "doubled", index, encoder).added == ("z.txt",)
    assert encoder.taken() == []
    assert open_latest(index).passages == doubled.passages
