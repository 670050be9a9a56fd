"""Web pages: tables, answers that are folded, titles and days, whatever markup they are in."""

from __future__ import annotations

from datetime import date

import pytest

from retrieval.articles.parsing import parse
from tests.retrieval.articles.pages import TEXT, page, short_page
from tests.retrieval.articles.samples import paragraphs


def body(extra: str) -> list[str]:
    return paragraphs(page(f"<main><h1>The harbour</h1>{TEXT}{extra}</main>"))


def test_a_cell_that_spans_rows_stands_in_each_of_them() -> None:
    rows = "<tr><th>Ship</th><th>Fee</th></tr><tr><td rowspan='2'>Gull</td><td>9</td></tr><tr><td>7</td></tr>"

    assert body(f"<table>{rows}</table>")[-3:] == ["Ship | Fee", "Gull | 9", "Gull | 7"]


def test_of_a_short_page_the_menu_and_the_foot_are_left_out_whatever_elements_they_are() -> None:
    menu, foot = "<div class='top-menu'><a href='/'>Home</a></div>", "<div id='footer'>Copyright 2024</div>"

    assert page(f"{menu}<div><h1>The harbour</h1>It opens at eight.</div>{foot}").text == (
        "# The harbour\n\nIt opens at eight."
    )


def test_what_a_page_declares_to_be_a_table_is_one() -> None:
    row = "<div role='row'><span role='cell'>{}</span><span role='cell'>{}</span></div>"
    table = f"<div role='table'><div role='rowgroup'>{row.format('Auk', 9)}{row.format('Tern', 7)}</div></div>"

    assert body(table)[-2:] == ["Auk | 9", "Tern | 7"]


def test_a_page_laid_out_in_a_table_with_breaks_for_paragraphs_is_read_without_its_menu() -> None:
    pieces = [words for words in TEXT.replace("<p>", "").split("</p>") if words] * 3
    text = "<br><br>".join(f"{number}. {words}" for number, words in enumerate(pieces))
    menu = "<td><a href='/'>Home</a><br><a href='/n'>News</a><br><a href='/w'>Weather</a></td>"
    article = page(f"<table><tr>{menu}<td><font size='5'>The harbour</font><br><br>{text}</td></tr></table>")

    assert "Weather" not in article.text
    assert f"0. {pieces[0]}\n1. {pieces[1]}" in article.text


@pytest.mark.parametrize(
    "item",
    [
        "<div><button aria-expanded='false'>{}</button><div hidden><p>{}</p></div></div>",
        "<h3><button aria-expanded='false' aria-controls='a{n}'>{}</button></h3><div id='a{n}' hidden><p>{}</p></div>",
        "<h3><button aria-expanded='false'>{}</button></h3><div style='display: none'><p>{}</p></div>",
    ],
)
def test_answers_that_a_button_unfolds_are_read_under_their_questions(item: str) -> None:
    asked = {
        "When does the ferry leave?": "The ferry leaves at eight in the morning.",
        "What is the fee?": "A ticket costs nine crowns for everybody.",
    }
    items = [item.replace("{n}", str(n)).format(*pair) for n, pair in enumerate(asked.items())]
    menu = "<nav><button aria-expanded='false'>Menu</button><div hidden>All of our many pages are here.</div></nav>"
    text = page(f"{menu}<main><h1>Questions</h1>{''.join(items)}</main>").text

    for question, answer in asked.items():
        assert f"# {question}\n\n{answer}" in text
    assert "many pages" not in text


@pytest.mark.parametrize(
    ("title", "headings", "expected"),
    [
        ("Orvik Post » The bridge opens", "<header><h1><a href='/'>Orvik Post</a></h1></header><h2>{}</h2>", None),
        ("Orvik Post", "<header><h1><a href='https://post.example'>Orvik Post</a></h1></header><h2>{}</h2>", None),
        ("Untitled Document", "<h1>{}</h1>", None),
        ("The bridge opens — Local news", "<div><h1>Search</h1></div><h1>{}</h1>", None),
        ("Duck - Wikipedia", "<h1>Duck</h1>", "Duck"),
    ],
)
def test_the_title_is_the_heading_that_the_page_is_named_by(title: str, headings: str, expected: str | None) -> None:
    expected = expected or "The bridge opens"

    assert page(f"{headings.format(expected)}<article>{TEXT}</article>", f"<title>{title}</title>").title == expected


@pytest.mark.parametrize(
    ("extra", "published"),
    [
        ("<p>Posted on March 5, 2024 by Ann Reed</p>", date(2024, 3, 5)),
        ("<p>Published: 5 March 2024 | Last read by nobody</p>", date(2024, 3, 5)),
        ("<p>Published: 5 March 2024 | Last updated: 7 April 2025</p>", date(2024, 3, 5)),
        ("<div>Veröffentlicht am 5. März 2024</div>", date(2024, 3, 5)),
        ("<div>Publié le 5 mars 2024 à 10 h</div>", date(2024, 3, 5)),
        ("<p>The book was published on 5 March 2024, " + "and it is long. " * 14 + "</p>", None),
        ("<div class='comments'><time datetime='2024-09-09'>9 Sep 2024</time> Nice!</div>", None),
        ("<div class='related-news'><a href='/x'>Other</a><time datetime='2023-01-01'>1 Jan 2023</time></div>", None),
        (f"<p><time datetime='2024-06-01'>1 June</time> is the day of the fair. {'It is long. ' * 9}</p>", None),
    ],
)
def test_the_date_is_one_that_the_page_gives_as_its_own(extra: str, published: date | None) -> None:
    assert page(f"<main><h1>The harbour</h1>{extra}{TEXT}</main>").published == published


def test_the_day_on_which_a_page_of_a_wiki_was_begun_is_none() -> None:
    head = "<title>Duck</title><meta name='generator' content='MediaWiki 1.44'>"
    head += "<script type='application/ld+json'>{'datePublished': '2002-02-25'}</script>".replace("'", '"')
    content = f"<html><head>{head}</head><body><h1>Duck</h1>{TEXT}</body></html>"

    assert parse("a.html", content.encode()).articles[0].published is None


@pytest.mark.parametrize(
    ("items", "read"),
    [
        (
            "<ol start='3'><li>Oil the crane.</li><li>Lower the hook.</li></ol>",
            ["3. Oil the crane.", "4. Lower the hook."],
        ),
        (
            "<ol><li value='7'>Oil the crane.</li><li>Lower the hook.</li></ol>",
            ["7. Oil the crane.", "8. Lower the hook."],
        ),
        (
            "<ol reversed><li>Oil the crane.</li><li>Lower the hook.</li></ol>",
            ["2. Oil the crane.", "1. Lower the hook."],
        ),
        (
            "<ol type='A'><li><p>Oil it.</p><p>Twice.</p></li><li><b>Lower</b> it.</li></ol>",
            ["A. Oil it.", "Twice.", "B. Lower it."],
        ),
        ("<ol type='i'><li>Oil it.<ol><li>With care.</li></ol></li></ol>", ["i. Oil it.", "1. With care."]),
        ("<ol><li>1. Oil the crane.</li></ol>", ["- 1. Oil the crane."]),
        ("<ol start='many'><li>Oil the crane.</li></ol>", ["1. Oil the crane."]),
        ("<ol style='list-style: none'><li>Oil the crane.</li></ol>", ["- Oil the crane."]),
        ("<ul><li>Oil the crane.</li></ul>", ["- Oil the crane."]),
    ],
)
def test_an_item_of_an_ordered_list_has_the_number_that_browsers_show(items: str, read: list[str]) -> None:
    assert body(items)[-len(read) :] == read
    assert paragraphs(short_page(items))[-len(read) :] == read
