"""Web pages: what is quoted of them."""

from __future__ import annotations

from datetime import date

import pytest

from retrieval.articles.parsing import parse
from tests.retrieval.articles.samples import paragraphs, sample


def test_of_a_web_page_the_article_is_quoted_and_no_menu() -> None:
    article = sample("lighthouse.html")

    assert (article.title, article.source, article.published, article.url) == (
        "Lighthouse at Skarvness gets its keeper back",
        "Northern Herald",
        date(2021, 10, 4),
        "https://herald.example/2021/lighthouse",
    )
    assert paragraphs(article)[0] == "# Lighthouse at Skarvness gets its keeper back"
    assert "## A light of 1868" in paragraphs(article)
    assert "“You hear the sea in the stairs before you see it,” Eide said." in paragraphs(article)
    assert "- She reports the weather to the harbour twice a day." in paragraphs(article)
    assert not any(word in article.text for word in ("Front page", "Ferry fares", "Privacy", "tracker"))


@pytest.mark.parametrize(
    ("name", "title", "source", "sentence"),
    [
        ("embankment.windows-1251.htm", "В Сочи открыли новую набережную", "Вестник побережья", "посадили четыреста"),
        ("library.shift-jis.html", "港町に新しい図書館が開館", "港新聞", "窓から海が見える読書室がある。"),
    ],
)
def test_a_web_page_is_read_in_the_encoding_that_it_names(name: str, title: str, source: str, sentence: str) -> None:
    article = sample(name)

    assert (article.title, article.source) == (title, source)
    assert sentence in article.text


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_goes_before_the_encoding_that_a_page_names(encoding: str) -> None:
    page = '<html><head><meta charset="windows-1251"></head><body><p>Добрый день, Сочи!</p></body></html>'

    assert parse("a.html", page.encode(encoding)).articles[0].text == "Добрый день, Сочи!"


def test_an_encoding_that_no_one_knows_is_told_from_the_text() -> None:
    page = '<html><head><meta charset="klingon"></head><body><p>Добрый день, Сочи!</p></body></html>'

    assert parse("a.html", page.encode()).articles[0].text == "Добрый день, Сочи!"


def test_rows_lines_and_nested_lists_of_a_page_stay_apart() -> None:
    page = (
        "<html><body><article><p>Roses are red,<br>violets are blue.</p>"
        "<ul><li>Trees<ul><li>Oak</li><li>Birch</li></ul></li><li>Ferns</li></ul>"
        "<table><tr><td>Fees</td><td>310</td></tr><tr><td>Rent</td><td>25</td></tr></table></article></body></html>"
    )
    text = parse("a.xhtml", page.encode()).articles[0].text

    assert "Roses are red,\nviolets are blue." in text
    assert "- Oak\n\n- Birch" in text
    assert "Fees | 310\n\nRent | 25" in text


def test_a_day_in_the_text_is_not_taken_for_the_day_of_publication() -> None:
    page = "<html><body><article><p>The bridge was opened on 1 June 2019, and it rained.</p></article></body></html>"

    assert parse("a.html", page.encode()).articles[0].published is None
