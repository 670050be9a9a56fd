"""Web pages: title, day of publication and lead."""

from __future__ import annotations

from datetime import date

import pytest

from retrieval.articles.parsing import parse
from tests.retrieval.articles.pages import QUAY, TEXT, page
from tests.retrieval.articles.samples import paragraphs


@pytest.mark.parametrize(
    ("head", "extra", "published"),
    [
        ('<meta property="article:modified_time" content="2025-01-07T09:08:22+00:00">', "", None),
        (
            (
                '<meta property="article:modified_time" content="2025-01-07"><script type="application/ld+json">'
                '{"@graph": [{"datePublished": "2020-07-10T14:15:42+00:00", "dateModified": "2025-01-07"}]}</script>'
            ),
            "",
            date(2020, 7, 10),
        ),
        (
            (
                '<meta property="article:published_time" content="2020-07-10">'
                '<meta property="article:modified_time" content="2025-01-07">'
            ),
            "",
            date(2020, 7, 10),
        ),
        (
            "",
            (
                '<table><tr><td>Founded 28 February 1998<span style="display:none"> (<span class="published">1998-02-28'
                "</span>)</span></td></tr></table>"
            ),
            None,
        ),
        ("", "<footer>This page was last edited on 4 May 2021</footer>", None),
        ("", '<p>Updated <time class="updated" datetime="2021-05-04">4 May</time></p>', None),
        ("", '<time class="published" datetime="2019-05-04">4 May</time>', date(2019, 5, 4)),
    ],
)
def test_the_date_is_the_day_of_publication_or_none(head: str, extra: str, published: date | None) -> None:
    assert page(f"<article><h1>The harbour</h1>{TEXT}</article>{extra}", head).published == published


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("A new bridge", f"<header><h1>Harbour News</h1></header><article><h2>A new bridge</h2>{TEXT}</article>"),
        ("A new bridge | Harbour News", f"<h1>Harbour News beta</h1><article><h2>A new bridge</h2>{TEXT}</article>"),
        ("Harbour News - A new bridge", f"<h1>Harbour News</h1><article><h2>A new bridge</h2>{TEXT}</article>"),
        ("A new bridge", f"<article>{TEXT}</article>"),
        ("A new bridge", "<p>Few words.</p>"),
        ("A new bridge – Harbour News", f"<article><h1>A new bridge</h1>{TEXT}</article>"),
        ("A new bridge • Harbour News", f"<article>{TEXT}</article>"),
        ("A new bridge › Harbour", f"<article>{TEXT}</article>"),
    ],
)
def test_the_title_is_the_articles_and_not_the_sites(title: str, body: str) -> None:
    site = '<meta property="og:site_name" content="Harbour News">'

    assert page(body, f"<title>{title}</title>{site}").title == "A new bridge"


def test_the_title_that_a_page_gives_to_be_shared_goes_before_the_name_of_its_site() -> None:
    head = '<title>Harbour News - detail</title><meta property="og:title" content="A new bridge">'

    assert page(f"<h1>detail</h1><article><h2>A new bridge</h2>{TEXT}</article>", head).title == "A new bridge"


def test_the_name_of_a_site_that_nothing_else_tells_is_cut_off_where_a_heading_lacks_it() -> None:
    body = f"<article><h1>A new bridge</h1>{TEXT}</article>"

    assert page(body, "<title>A new bridge - Harbour News</title>").title == "A new bridge"
    assert page(body, "<title>A new bridge | Harbour News Ltd</title>" + OTHER_NAME).title == "A new bridge"


OTHER_NAME = (
    '<meta property="og:site_name" content="HN"><meta property="og:title" content="A new bridge | Harbour News Ltd">'
)


DESCRIBED = (
    "<title>The harbour</title><meta name='description' content='A bridge that was promised in 1911 opens to all, and "
    "the old ferry stops…'>"
)


LEAD = "A bridge that was promised in 1911 opens to all, and the old ferry stops for good."


def test_the_lead_above_the_article_is_read_where_the_page_describes_itself_so() -> None:
    head = f"<div class='head'><h1>The harbour</h1><div class='teaser'><b>{LEAD}</b></div></div>"
    article = page(f"<div class='page'>{head}<div class='ads'>Ads</div><article>{TEXT * 3}</article></div>", DESCRIBED)

    assert LEAD in paragraphs(article)[:2]


@pytest.mark.parametrize("place", ["<footer>{}</footer>", "<aside><p>{}</p></aside>", "<div class='about'>{}</div>"])
def test_a_description_below_the_article_is_no_lead(place: str) -> None:
    article = page(f"<article><h1>The harbour</h1>{TEXT * 3}</article>{place.format(f'<p>{LEAD}</p>')}", DESCRIBED)

    assert LEAD not in paragraphs(article)[:2]


def test_a_lead_that_stands_in_the_article_is_read_once() -> None:
    article = page(f"<article><h1>The harbour</h1><p>{LEAD}</p>{TEXT * 3}</article>", DESCRIBED)

    assert article.text.count("promised in 1911") == 1


def test_the_name_of_the_site_in_its_banner_is_no_title() -> None:
    head, banner = "<title>Coast Post - Quay is sold</title>", "<div class='logo'><h1>Coast Post</h1></div>"
    page = f"<html><head>{head}</head><body>{banner}{QUAY * 4}</body></html>"

    assert parse("a.html", page.encode()).articles[0].title == "Quay is sold"
