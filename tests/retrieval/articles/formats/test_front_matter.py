"""Names and values at the head of text files, as people and programs write them."""

from __future__ import annotations

from datetime import date

import pytest

from retrieval.articles.article import Article
from retrieval.articles.parsing import parse

DAY = date(2024, 3, 5)


def read(text: str, name: str = "note.md") -> Article:
    [article] = parse(name, text.encode()).articles
    return article


@pytest.mark.parametrize(
    "head",
    [
        "----\ntitle: The mill turns\ndate: 2024-03-05\n----\n",
        '---toml\ntitle = "The mill turns"\ndate = 2024-03-05\n---\n',
        '---json\n{"title": "The mill turns", "date": "2024-03-05"}\n---\n',
        "---yaml\ntitle: The mill turns\ndate: 2024-03-05\n---\n",
        "title: The mill turns\ndate: 2024/3/5\n---\n",
        "Slug: mill\nTitle: The mill turns\nDate: 2024-03-05 10:20\nTags: a, b\n",
        "% The mill turns\n% Ann Reed; Bo Lund\n% March 5, 2024\n",
        "% The mill\n  turns\n%\n% 5 March 2024\n",
        "---\ntitle: The mill turns\npubDate: 2024-03-05\n---\n",
        "---\ntitle: The mill turns\npublishDate: 2024-03-05T10:00:00Z\ndraft: false\n---\n",
        "---\ntitle: >-\n  The mill\n  turns\nabout: it: goes on\ndate: 2024-03-05\n---\n",
        '---\nabout: "a\\\'s"\ntitle: The mill turns\ndate:\n  2024-03-05\n---\n',
    ],
)
def test_the_head_of_a_file_of_any_program_gives_title_and_date_and_is_no_text(head: str) -> None:
    article = read(f"{head}\nIt stood still for a year.\n")

    assert (article.title, article.published, article.text) == ("The mill turns", DAY, "It stood still for a year.")


@pytest.mark.parametrize("line", ["canonical_url: https://a.example/mill", "canonicalURL: https://a.example/mill"])
def test_the_address_that_a_page_is_known_by_is_its_link(line: str) -> None:
    assert read(f"---\ntitle: The mill\n{line}\n---\nText.").url == "https://a.example/mill"


def test_a_place_on_the_site_is_no_link() -> None:
    assert read("---\ntitle: The mill\nurl: /posts/mill/\n---\nText.").url is None


def test_lines_at_the_head_of_minutes_that_are_no_metadata_stay_in_the_text() -> None:
    article = read("Date: 5 March 2024\nPlace: Town hall\nPresent: Ann Reed,\n  Bo Lund\n\nThe fee rises.\n", "a.txt")

    assert article.published == DAY
    assert article.text == "Place: Town hall\nPresent: Ann Reed,\n  Bo Lund\n\nThe fee rises."


@pytest.mark.parametrize(
    "text", ["% of all\n\nmills turn.", "----\n\nText.\n\n----\n\nMore.", "---toml\nx\n---\n\nText."]
)
def test_what_only_begins_as_a_head_does_is_text(text: str) -> None:
    assert read(text, "a.txt").text == text


def test_a_day_as_a_database_exports_it_is_the_date() -> None:
    article = read('{"text": "The mill turns.", "date": {"$date": "2024-03-05T00:00:00Z"}}', "a.json")

    assert article.published == DAY
