"""Slips of the fingers, and words that are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.indexing import update
from retrieval.snapshot import open_latest
from retrieval.spelling import Slip, Speller
from tests.fakes import FakeEncoder


@pytest.fixture
def speller(tmp_path: Path) -> Speller:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "a.txt").write_text("Shinzo Abe met Putin in Sochi. The route led past Khabomai and Kunashir.", "utf-8")
    update(folder, tmp_path / "index", FakeEncoder())
    return Speller(open_latest(tmp_path / "index"))


@pytest.mark.parametrize(
    ("typed", "meant"), [("Sochy", "Sochi"), ("shinso", "Shinzo"), ("Khabomay", "Khabomai"), ("Kuansihr", None)]
)
def test_a_misspelt_name_is_read_as_the_articles_have_it(typed: str, meant: str | None, speller: Speller) -> None:
    mended, slips = speller.mended(f"who met in {typed}?")

    assert mended == f"who met in {meant or typed}?"
    assert slips == ((Slip(typed, meant),) if meant else ())


def test_a_letter_left_out_is_put_back(speller: Speller) -> None:
    assert speller.mended("Ptin in Soch")[0] == "Putin in Sochi"


@pytest.mark.parametrize("word", ["wrote", "Sochis", "1234", "Abu"])
def test_a_word_that_is_merely_absent_or_a_form_of_another_stays(word: str, speller: Speller) -> None:
    assert speller.mended(word) == (word, ())
