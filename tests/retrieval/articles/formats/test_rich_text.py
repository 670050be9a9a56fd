"""Rich text files: what is quoted of them."""

from __future__ import annotations

from datetime import date

import pytest

from retrieval.articles.parsing import parse
from tests.retrieval.articles.made_files import RICH_TEXT
from tests.retrieval.articles.samples import paragraphs, refusal


def text_of(rtf: bytes) -> str:
    return parse("a.rtf", rtf).articles[0].text


def test_what_the_file_shows_is_read_and_what_it_hides_is_not() -> None:
    assert paragraphs(parse("mill.rtf", RICH_TEXT).articles[0]) == [
        "The mill turns again.\nIt “turns” well.",
        "The sails are new.",
        "Item | Price",
        "Sail | 9 crowns",
        "\N{SMILING FACE WITH SMILING EYES} ok.",
    ]


def test_title_author_and_day_come_from_its_properties() -> None:
    [mill] = parse("mill.rtf", RICH_TEXT).articles

    assert (mill.title, mill.source, mill.published) == ("The mill аб", "Marta Lund", date(2024, 3, 4))


def test_an_impossible_day_is_none() -> None:
    assert parse("a.rtf", rb"{\rtf1{\info{\creatim\yr2024\mo13\dy4}} Words.}").articles[0].published is None


@pytest.mark.parametrize(
    ("rtf", "text"),
    [
        (rb"{\rtf1 It is {\v not }seen.}", "It is seen."),
        (rb"{\rtf1 It is \v not \v0 seen.}", "It is not seen."),  # rather too much than too little
        (rb"{\rtf1{\fonttbl{\f0\fcharset78 Osaka;}}\f0 \'83\'65\'83\'58\'83\'67}", "テスト"),
        (rb"{\rtf1 Words.\par # no heading\par}", "Words.\n\n # no heading"),
        (rb"{\rtf1 A back\\line.}", r"A back\line."),
        (rb"{\rtf1 So\-me wo\'ads.}", "Some wo\xads.".replace("\xad", "")),
    ],
)
def test_marks_inside_of_a_paragraph(rtf: bytes, text: str) -> None:
    assert text_of(rtf) == text


@pytest.mark.parametrize(
    "power", [rb"{\super -6}", rb"{\f1\super\insrsid123 -6}", rb"\super -6\nosupersub ", rb"{\up6 \super -6\super0}"]
)
def test_powers_are_written_as_such(power: bytes) -> None:
    assert text_of(rb"{\rtf1 It has 10" + power + rb" and 10 {\sub 2}.}") == "It has 10⁻⁶ and 10 2."


def test_what_is_no_rich_text_is_refused() -> None:
    assert refusal("a.rtf", b"Words.") == "it is damaged or no RTF file"
