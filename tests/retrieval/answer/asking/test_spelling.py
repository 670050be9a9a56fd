"""Slips of the fingers, and words that are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.answer.asking.spelling import Correction, Slip, Speller
from retrieval.index.snapshot import open_latest
from retrieval.index.updating import update
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
    correction = speller.corrected(f"who met in {typed}?")

    assert correction.text == f"who met in {meant or typed}?"
    assert correction.slips == ((Slip(typed, meant),) if meant else ())


def test_a_letter_left_out_is_put_back(speller: Speller) -> None:
    assert speller.corrected("Ptin in Soch").text == "Putin in Sochi"


def test_a_word_longer_than_people_type_is_left_as_it_is(tmp_path: Path) -> None:
    station = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch"
    speller = told(tmp_path, f"The train stops in {station}.")

    assert speller.corrected(f"what stops in {station[:-1]}?").slips == ()


def told(folder: Path, *texts: str) -> Speller:
    (folder / "articles").mkdir()
    for number, text in enumerate(texts):
        (folder / "articles" / f"{number}.txt").write_text(text, "utf-8")
    update(folder / "articles", folder / "index", FakeEncoder())
    return Speller(open_latest(folder / "index"))


@pytest.mark.parametrize("typed", ["goverment", "domesitc", "Presidnets"])
def test_a_slip_in_an_ending_is_put_right_though_it_hides_the_term(typed: str, tmp_path: Path) -> None:
    speller = told(tmp_path, "It is over. The government, its domestic policy and two presidents.")

    text = speller.corrected(f"which {typed} was it?").text

    assert text.casefold() in {f"which {word} was it?" for word in ("government", "domestic", "presidents")}


def test_of_words_as_near_the_one_is_meant_that_stands_beside_the_rest_of_the_question(tmp_path: Path) -> None:
    speller = told(tmp_path, "The price of whale oil rose.", "Pride goes before a fall.")

    assert speller.corrected("what was the prixe of whale oil?").text == "what was the price of whale oil?"
    assert speller.corrected("prixe goes before what?").text == "pride goes before what?"


def test_what_an_article_has_is_no_slip_though_another_word_shares_its_term(tmp_path: Path) -> None:
    speller = told(tmp_path, "Deportation is no holiday.", "The game was shown on Deportes.")

    assert speller.corrected("who showed it on Deportes?").slips == ()


@pytest.mark.parametrize("word", ["isnt", "wasnt", "havent", "didnt", "Couldnt", "theyre", "youve"])
def test_a_word_without_its_apostrophe_is_no_slip(word: str, tmp_path: Path) -> None:
    speller = told(tmp_path, "Er ist da. They want the Haven and a dint there; thou couldst. Youre is a name.")

    assert speller.corrected(f"why {word} it open?").slips == ()


@pytest.mark.parametrize("word", ["wrote", "Sochis", "1234", "Abu"])
def test_a_word_that_is_merely_absent_or_a_form_of_another_stays(word: str, speller: Speller) -> None:
    assert speller.corrected(word) == Correction(word)


@pytest.mark.parametrize(
    "question", ["Where did Mona live?", "Mona Lund lives in which house?", "what do Mola and Ola eat here?"]
)
def test_a_name_is_not_read_as_a_word_that_is_none(question: str, tmp_path: Path) -> None:
    speller = told(tmp_path, "The moa lived in the south. A mole eats worms. Moa are gone.")

    assert speller.corrected(question).slips == ()


def test_a_name_is_read_as_another_name_and_a_question_in_capitals_has_none(tmp_path: Path) -> None:
    speller = told(tmp_path, "They met in Elvestad. The mill was sold.")

    assert speller.corrected("who met in Elvestat?").text == "who met in Elvestad?"
    assert speller.corrected("WHO SOLD THE MILLK?").slips


def test_a_name_that_dictionaries_have_is_meant_where_it_has_its_capital_within_a_sentence(tmp_path: Path) -> None:
    speller = told(tmp_path, "They sailed to Florida in May. Turtle soup was served on board.")

    assert speller.corrected("who sailed to Flroida?").text == "who sailed to Florida?"
    assert speller.corrected("who met Turtel on board?").slips == ()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("reserv0ir", "reservoir"), ("m4yor", "mayor"), ("may9or", "mayor"), ("MX50O", "MX50O"), ("route6", "route6")],
)
def test_a_digit_typed_for_a_letter_is_put_right(typed: str, meant: str, tmp_path: Path) -> None:
    speller = told(tmp_path, "The mayor saw the reservoir and the route, with 40 pumps of the type MX500.")

    assert speller.corrected(f"who saw the {typed} then?").text == f"who saw the {meant} then?"


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Qui est le maire de Harn?", "The mare of Harn ran."),
        ("Wann fährt sie nach Harn?", "Die Fähre nach Harn."),
        ("Кто открыл музей?", "Музей открыла Анна."),
        ("Кто мэр Эльмута?", "Эльмут спит."),
    ],
)
def test_words_of_the_language_of_the_question_are_no_slips(question: str, text: str, tmp_path: Path) -> None:
    assert told(tmp_path, text).corrected(question).slips == ()


def test_a_slip_in_another_language_is_put_right(tmp_path: Path) -> None:
    speller = told(tmp_path, "Die Brücke über den Harn.")

    assert speller.corrected("Wer baute die Brückee?").text == "Wer baute die Brücke?"
