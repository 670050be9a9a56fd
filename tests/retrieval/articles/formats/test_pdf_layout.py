"""PDF files: words, rows and columns, in whatever pieces and order a program draws them."""

from __future__ import annotations

import re

import pytest

from retrieval.articles.parsing import parse
from tests.retrieval.articles.formats.test_pdf import LEADING, column, pdf_of, read_pdf
from tests.retrieval.articles.samples import refusal


def reset(*lines: tuple[float, float, float, str]) -> bytes:
    """A page whose pieces are each drawn as a line by themselves, as reportlab does it."""
    content = pdf_of(list(lines))
    return content.replace(b") Tj ET", b") Tj T* ET").replace(b"BT /F1", b"BT 14 TL /F1")


def test_cells_that_are_drawn_one_by_one_are_rows() -> None:
    rows = [("Ship", "Berth", "Fee"), ("Auk", "North pier", "9"), ("Tern", "South pier, by the mill", "7")]
    cells = [
        (x, 700 - 18 * n, 10, text) for n, row in enumerate(rows) for x, text in zip((100, 140, 280), row, strict=True)
    ]
    before, after = (72, 730, 10, "The board has set the fees."), (72, 640, 10, "They hold for a year.")

    assert read_pdf(reset(before, *cells, after)) == (
        "The board has set the fees.\n\nShip | Berth | Fee\n\nAuk | North pier | 9\n\n"
        "Tern | South pier, by the mill | 7\n\nThey hold for a year."
    )


def test_columns_whose_lines_are_drawn_one_by_one_in_turn_are_read_one_after_the_other() -> None:
    left = [
        "The fee for a berth is nine crowns",
        "a night in summer, and four in the",
        "winter, when the pier is mostly",
    ]
    left += ["empty and nobody mans the lights", "but for the keeper and his dog."]
    right = [
        "A crane lifts up to sixty tons, but",
        "not when the wind from the north",
        "is stronger than that, for then",
    ]
    right += ["the arm swings over the quay and", "the masts of ships are in danger."]
    lines = [
        (x, 700 - n * LEADING, 10, text)
        for n, pair in enumerate(zip(left, right, strict=True))
        for x, text in zip((60, 320), pair, strict=True)
    ]

    assert read_pdf(reset(*lines)).split("\n\n") == [" ".join(left), " ".join(right)]


def test_words_that_are_drawn_one_by_one_are_lines() -> None:
    text = ["The ferry leaves at eight in the morning", "and comes back at noon."]
    words = [
        (72 + 5 * found.start(), 700 - LEADING * n, 10, found[0])
        for n, line in enumerate(text)
        for found in re.finditer(r"\S+", line)
    ]

    assert read_pdf(reset(*words)) == " ".join(text)


def test_numbered_items_are_no_rows() -> None:
    items = [(x, 700 - 30 * n, 10, text) for n in (1, 2) for x, text in ((72, f"{n}."), (110, f"Bring sack {n}."))]

    assert read_pdf(reset(*items)) == "1. Bring sack 1.\n\n2. Bring sack 2."


@pytest.mark.parametrize("leader", [". " * 20, "_" * 20, "\xb7" * 20])
def test_lines_of_contents_stay_apart_whatever_leads_the_eye(leader: str) -> None:
    lines = column(f"The ferry {leader} 3", f"The crane {leader} 7")

    assert read_pdf(pdf_of(lines)) == "The ferry … 3\n\nThe crane … 7"


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (("The inter\xad", "national line is", "long."), "The international line is long."),
        (("She is vice-", "president there."), "She is vice-president there."),
        (("It is a state-of-", "the-art crane."), "It is a state-of-the-art crane."),
        (("They met in Stratford-", "upon-Avon."), "They met in Stratford-upon-Avon."),
    ],
)
def test_words_that_are_broken_at_a_lines_end_are_whole(lines: tuple[str, ...], text: str) -> None:
    assert read_pdf(pdf_of(column(*lines)).replace(b"/BaseFont", b"/Encoding /WinAnsiEncoding /BaseFont")) == text


@pytest.mark.parametrize("title", ["(anonymous)", "untitled", "report.html"])
def test_a_title_that_a_program_made_up_is_none(title: str) -> None:
    content = pdf_of(column("The new crane", top=740, size=20) + column("It is red."), title=title)

    assert parse("a.pdf", content.replace(b"(anonymous)", rb"\(anonymous\)")).articles[0].title == "The new crane"


def test_a_file_whose_end_is_missing_is_read_as_far_as_it_goes() -> None:
    content = pdf_of(column("The crane is red."), column("The mill is old."))
    cut = content[: content.index(b"trailer")]

    assert "The mill is old." in read_pdf(cut)
    assert refusal("a.pdf", b"%PDF-1.4\n%%EOF\n") == "it is damaged or no PDF file"


@pytest.mark.parametrize("name", ["a.pdf", "a.docx", "a.epub", "a.xlsx"])
def test_a_web_page_under_the_name_of_another_file_is_named_as_that(name: str) -> None:
    page = b"<!DOCTYPE html><html><body><p>Not found</p></body></html>"

    assert refusal(name, page) == "it is a web page; let its name end in .html"
