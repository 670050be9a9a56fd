"""Spreadsheets: a row an article, or all as tables."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest

from retrieval.articles.parsing import parse
from tests.retrieval.articles.made_files import SPREADSHEET, spreadsheet, zipped
from tests.retrieval.articles.samples import refusal


def text_of(content: bytes) -> str:
    [article] = parse("a.xlsx", content).articles
    return article.text


def test_a_row_of_questions_and_answers_is_an_article_in_every_sheet_that_is_shown() -> None:
    content = spreadsheet(
        {
            "Doors": [
                ["Question", "Answer", "Date"],
                ["How do I reset it?", "Hold the button for ten seconds.", date(2024, 3, 5)],
                [None, None, None],
                ["Is it open?", None, None],
            ],
            "Notes": [["Of no use to anybody"]],
            "Lifts": [["Question", "Answer"], ["Who mends it?", "The harbour office."]],
            "Secret": [["Question", "Answer"], ["The code?", "It is 4711."]],
        },
        hidden=["Secret"],
    )

    parsed = parse("faq.xlsx", content)

    assert [(each.id, each.title, each.text) for each in parsed.articles] == [
        ("faq.xlsx#1", "How do I reset it?", "Hold the button for ten seconds."),
        ("faq.xlsx#3", "Who mends it?", "The harbour office."),
    ]
    assert parsed.articles[0].published == date(2024, 3, 5)
    assert parsed.skipped is not None
    assert parsed.skipped.path == "faq.xlsx#2"


def test_any_other_spreadsheet_is_quoted_row_by_row() -> None:
    [article] = parse("crane_prices.xlsx", SPREADSHEET).articles

    assert article.title == "crane prices"
    assert article.text == "Item: Bolt | Price: 2.5\n\nItem: The crane | Price: 61000000"


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        pytest.param(
            [
                ["Mill", None, None],
                ["Of 2024", None, None],
                ["Grain", "2023", "2024"],
                ["Rye", 4, 5],
                ["Oats", 1, None],
            ],
            "Mill\n\nOf 2024\n\nGrain: Rye | 2023: 4 | 2024: 5\n\nGrain: Oats | 2023: 1",
            id="below a title",
        ),
        pytest.param(
            [["Phone", "0471"], ["Fax", "0472"], ["Zip", "9"]], "Phone | 0471\n\nFax | 0472\n\nZip | 9", id="values"
        ),
        pytest.param(
            [["Miller", "Ann"], ["Baker", "Ben"], ["Boss", "Eve"]],
            "Miller | Ann\n\nBaker | Ben\n\nBoss | Eve",
            id="words",
        ),
        pytest.param(
            [["A", "B", "C"], ["A", "D", "E"], ["F", "G", "H"]], "A | B | C\n\nA | D | E\n\nF | G | H", id="not once"
        ),
    ],
)
def test_only_a_first_row_that_looks_like_it_names_the_columns(rows: list[list[object]], text: str) -> None:
    assert text_of(spreadsheet({"A": rows})) == text


def test_several_sheets_stand_under_their_names() -> None:
    found = text_of(spreadsheet({"Prices": [["Bolt", 2]], "Empty": [], "Hours": [["Monday", "#1: closed"]]}))

    assert found == "# Prices\n\nBolt | 2\n\n# Hours\n\nMonday | #1: closed"


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (0.1 + 0.2, "0.3"),
        (date(2024, 3, 5), "2024-03-05"),
        (datetime.fromisoformat("2024-03-05 14:30"), "2024-03-05 14:30"),
        (time(9, 30), "09:30"),
        (True, "TRUE"),
        ("two\nlines", "two lines"),
        ("# no heading", " # no heading"),
    ],
)
def test_cells_say_what_programs_show(cell: object, words: str) -> None:
    assert text_of(spreadsheet({"A": [[cell, "is it"]]})) == f"{words} | is it".strip()


def test_a_locked_spreadsheet_is_named_as_that() -> None:
    old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
    manifest = {"content.xml": "<a/>", "META-INF/manifest.xml": "<m><encryption-data/></m>"}

    assert refusal("a.xlsx", old + "EncryptedPackage".encode("utf-16-le")) == (
        "it is encrypted; save a copy without the password"
    )
    assert refusal("a.ods", zipped(manifest)) == "it is encrypted; save a copy without the password"


@pytest.mark.parametrize("name", ["a.xlsx", "a.xls", "a.ods"])
def test_what_is_no_spreadsheet_is_refused(name: str) -> None:
    assert refusal(name, b"Words.") == f"it is damaged or no {name[2:].upper()} file"


def test_a_spreadsheet_without_words_is_refused() -> None:
    assert refusal("a.xlsx", spreadsheet({"A": []})) == "it holds no text"
