"""Tables: a row an article."""

from __future__ import annotations

from datetime import date

import pytest

from retrieval.articles.parsing import parse
from tests.retrieval.articles.samples import refusal


@pytest.mark.parametrize(
    ("name", "between"), [("a.csv", ","), ("a.csv", ";"), ("a.csv", "\t"), ("a.csv", "|"), ("a.tsv", "\t")]
)
def test_a_row_is_an_article_whatever_stands_between_its_columns(name: str, between: str) -> None:
    rows = [
        ["Title", "Date", "Article Body", "Link"],
        [
            "Bridge opens",
            "2019-06-01",
            '"The bridge, at last, opened.\r\n\r\nIt ""rained""; so what | who."',
            "https://a.example/1",
        ],
        ["Snow", "", "It snowed.", ""],
    ]
    table = "\ufeff" + "\r\n".join(between.join(row) for row in rows)

    bridge, snow = parse(name, table.encode()).articles

    assert (bridge.id, bridge.title, bridge.published) == (f"{name}#1", "Bridge opens", date(2019, 6, 1))
    assert bridge.text == 'The bridge, at last, opened.\n\nIt "rained"; so what | who.'
    assert bridge.url == "https://a.example/1"
    assert (snow.id, snow.text, snow.published, snow.url) == (f"{name}#2", "It snowed.", None, None)


def test_questions_and_answers_make_articles() -> None:
    [article] = parse(
        "faq.csv", b"id,question,answer\n7,How do I reset it?,Hold the button for ten seconds.\n"
    ).articles

    assert (article.title, article.text) == ("How do I reset it?", "Hold the button for ten seconds.")


def test_a_table_without_texts_is_one_article_row_by_row() -> None:
    [staff] = parse("our_staff.csv", b"name,role,since\nAnn  Lee,# Miller,2019\n\nBen,,2021\nEve\n").articles

    assert (staff.id, staff.title) == ("our_staff.csv", "our staff")
    assert staff.text == "name: Ann Lee | role: # Miller | since: 2019\n\nname: Ben | since: 2021\n\nEve"


@pytest.mark.parametrize(
    ("table", "text"),
    [
        pytest.param("Ann,Miller,2019\nBen,Cook,2021\n", "Ann | Miller | 2019\n\nBen | Cook | 2021", id="no names"),
        pytest.param(
            "# of May\nname;born, in\nAnn;1911\n", "# of May\n\nname: Ann | born, in: 1911", id="a note above"
        ),
        pytest.param("Fees,\nship,fee\nAuk,9\n", "Fees\n\nship: Auk | fee: 9", id="a title above"),
        pytest.param(
            "ship;fee\nAuk;1,5\nTern;2,5\n", "ship: Auk | fee: 1,5\n\nship: Tern | fee: 2,5", id="broken numbers"
        ),
        pytest.param("#,end_date\n1,May\n", "1 | end date: May", id="names of programs"),
        pytest.param("grain,2023,2024\nRye,4,5\n", "grain: Rye | 2023: 4 | 2024: 5", id="years"),
        pytest.param("ships\nAuk\nTern\n", "ships\n\nAuk\n\nTern", id="one column"),
    ],
)
def test_names_stand_before_cells_where_a_row_names_the_columns(table: str, text: str) -> None:
    [article] = parse("a.csv", table.encode()).articles

    assert article.text.strip() == text


def test_articles_in_rows_may_stand_below_a_title() -> None:
    assert [each.text for each in parse("a.csv", b"Our news\ntitle,text\nSnow,It snowed.\n").articles] == ["It snowed."]


def test_a_row_without_text_is_named_and_the_others_are_read() -> None:
    parsed = parse("a.csv", b"title,text\nOne\nTwo,It snowed.\n")

    assert [article.id for article in parsed.articles] == ["a.csv#2"]
    assert parsed.skipped is not None
    assert parsed.skipped.path == "a.csv#1"


def test_a_cell_may_be_long() -> None:
    text = "It snowed. " * 20_000

    assert parse("a.csv", f"title,text\nSnow,{text}\n".encode()).articles[0].text == text.strip()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it holds no text"),
        (b"title,text\n", "it holds no article"),
        (b"title,text\nA,\0\n", "it is not a text file"),
        (
            b"year,price\n" + b"2019,3\n" * 20_000,
            'it has 20,001 rows, and no column named "text"; of such a table at most 20,000 are read',
        ),
    ],
)
def test_a_table_without_articles_is_refused(content: bytes, reason: str) -> None:
    assert refusal("a.csv", content) == reason
