"""Feeds and sitemaps that list pages: what is taken for one, and what the pages behind the links give."""

from __future__ import annotations

import gzip
import time
from datetime import date
from typing import TYPE_CHECKING

import pytest

from retrieval.articles import care
from retrieval.articles.feed_list import FeedList
from retrieval.articles.feeds import Wanted, follow
from retrieval.errors import FetchFailed
from tests.retrieval.articles.feeding import (
    FETCHER,
    articles,
    item,
    numbers,
    rss,
    sitemap,
    story,
    texts,
    update,
)
from tests.retrieval.articles.web import Page, Web

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

# --- what is a feed ------------------------------------------------------------------------------------------


def test_a_page_that_links_to_a_feed_leads_to_it(library: Path, web: Web) -> None:
    feed = web.at("/feed.json", Page(JSON_FEED, "application/feed+json"))
    page = web.at("/blog", Page(b'<html><link rel="alternate" type="application/feed+json" href="/feed.json"><p>A.'))

    found = follow(library, page, FETCHER)

    assert (found.feed.address, found.added) == (feed, 1)
    assert [known.address for known in FeedList(library).all()] == [feed]


def test_a_page_that_links_to_no_feed_but_itself_is_none(library: Path, web: Web) -> None:
    page = web.at("/", Page(b'<html><link rel="alternate" type="application/rss+xml" href="/"><p>A.'))

    with pytest.raises(FetchFailed) as caught:
        follow(library, page, FETCHER)

    assert caught.value.problem == "no feed"
    assert FeedList(library).all() == []


JSON_FEED = (
    b'{"version": "https://jsonfeed.org/version/1.1", "title": "Herald", "items": [{"id": "1", "title": "The mill", '
    b'"url": "/mill", "content_html": "<p>The Golden mill burned down in 1911.</p>", "date_published": "2016-11-28"}]}'
)


def test_a_page_without_a_title_is_kept_under_the_letters_of_its_address(library: Path, web: Web) -> None:
    web.at("/%D0%BC%D0%BE%D1%81%D1%82", story("The bridge opened."))
    address = web.at("/sitemap.xml", sitemap(web, "/%D0%BC%D0%BE%D1%81%D1%82"))

    follow(library, address, FETCHER)

    [id] = articles(library)
    assert id.startswith("127.0.0.1-мост-")


def test_a_json_feed_is_followed_as_others_are(library: Path, web: Web) -> None:
    follow(library, web.at("/feed.json", Page(JSON_FEED, "application/json")), FETCHER)

    [article] = care.survey(library)[0]
    assert (article.title, article.source, article.published) == ("The mill", "Herald", date(2016, 11, 28))
    assert article.url == web.at("/mill")


def test_the_pages_of_a_sitemap_become_articles_up_to_a_limit_and_are_fetched_anew_when_they_change(
    library: Path, web: Web
) -> None:
    for path in ("/a", "/b", "/c"):
        web.at(path, story(f"The words of {path} are here.", f"Story {path}"))
    address = web.at("/sitemap.xml", sitemap(web, "/a", "/b", "/c"))

    assert numbers(follow(library, address, FETCHER, Wanted(most=2))) == (2, 0, 0)
    assert numbers(update(library)) == (0, 0, 0)
    web.at("/a", story("The words of /a are others.", "Story /a"))
    web.at("/sitemap.xml", sitemap(web, "/a", "/b", day="2020-02-02"))
    assert numbers(update(library)) == (0, 2, 0)
    found = {article.title: article for article in care.survey(library)[0]}
    assert set(found) == {"Story /a", "Story /b"}
    assert found["Story /a"].url == web.at("/a")
    assert "are others" in care.find(library, found["Story /a"].id).text


def test_the_sitemaps_of_a_list_are_read_packed_or_not_and_one_that_fails_stops_no_other(
    library: Path, web: Web
) -> None:
    for path in ("/a", "/b"):
        web.at(path, story(f"The words of {path} are here."))
    web.at("/1.xml", sitemap(web, "/a"))
    web.at("/2.xml.gz", Page(gzip.compress(sitemap(web, "/b").content), "application/gzip"))
    parts = "".join(f"<sitemap><loc>{web.at(path)}</loc></sitemap>" for path in ("/0.xml", "/1.xml", "/2.xml.gz"))
    address = web.at("/sitemap.xml", Page(f"<sitemapindex>{parts}</sitemapindex>".encode(), "text/xml"))

    assert numbers(follow(library, address, FETCHER)) == (2, 0, 0)


def test_a_list_of_sitemaps_none_of_which_comes_fails(library: Path, web: Web) -> None:
    part = f"<sitemapindex><sitemap><loc>{web.at('/none.xml')}</loc></sitemap></sitemapindex>"

    with pytest.raises(FetchFailed, match="missing"):
        follow(library, web.at("/sitemap.xml", Page(part.encode(), "text/xml")), FETCHER)


# --- pages behind links --------------------------------------------------------------------------------------

FULL = Wanted(pages="always")


def test_the_page_behind_a_link_is_kept_where_the_feed_has_no_text_or_where_that_is_wanted(
    library: Path, web: Web
) -> None:
    link = web.at("/story", story("The whole story of the mill is told here."))
    web.at("/feed", rss(item("1", "", link=link), item("2", "A summary.", link=link)))

    follow(library, web.at("/feed"), FETCHER)
    assert {texts(library)[id].split("\n")[-1] for id in articles(library)} == {
        "The whole story of the mill is told here.",
        "A summary.",
    }
    follow(library, web.at("/full", rss(item("3", "A summary.", link=link, title="Fire"))), FETCHER, FULL)
    [fire] = [article for article in care.survey(library)[0] if article.title == "Fire"]
    assert (fire.source, fire.url, fire.published) == ("Herald", link, date(2016, 11, 28))
    assert "whole story" in care.find(library, fire.id).text


def test_a_file_behind_a_link_is_kept_as_what_it_is(library: Path, web: Web) -> None:
    link = web.at("/report.txt", Page("Der Mühlenbericht von 1911.".encode("latin-1"), "text/plain; charset=latin-1"))

    follow(library, web.at("/feed", rss(item("1", link=link))), FETCHER, FULL)

    [id] = articles(library)
    assert id.endswith(".txt")
    assert "Der Mühlenbericht von 1911." in care.find(library, id).text


def test_a_page_that_becomes_another_kind_of_file_takes_the_place_of_the_first(library: Path, web: Web) -> None:
    link = web.at("/story", story("The whole story of the mill is told here."))
    follow(library, web.at("/feed", rss(item("1", link=link))), FETCHER, FULL)
    web.at("/story", Page(b"Told in plain text now.", "text/plain"))
    web.at("/feed", rss(item("1", "Changed.", link=web.at("/story.txt", web.pages["/story"]))))

    assert numbers(update(library)) == (0, 1, 0)
    [id] = articles(library)
    assert id.endswith(".txt")


def test_robots_txt_is_asked_before_pages_that_nobody_named_and_the_feed_s_text_stands_in(
    library: Path, web: Web
) -> None:
    web.at("/robots.txt", Page(b"User-agent: *\nDisallow: /private", "text/plain"))
    open_, closed = web.at("/open", story("This story is open to all.")), web.at("/private/1", story("Secret."))
    web.at("/feed", rss(item("1", "", link=open_), item("2", "A summary.", link=closed), item("3", "", link=closed)))

    found = follow(library, web.at("/feed"), FETCHER, FULL)

    assert numbers(found) == (2, 0, 0)
    assert [failure.problem for failure in found.pages_failed] == ["robots", "robots"]
    assert not any(path.startswith("/private") for path, _ in web.asked)
    assert [path for path, _ in web.asked].count("/robots.txt") == 1
    assert numbers(update(library)) == (0, 0, 0)


@pytest.mark.parametrize(("status", "fetched"), [(404, True), (403, True), (500, False), (429, False)])
def test_where_there_is_no_robots_txt_pages_are_fetched_and_where_it_does_not_come_they_are_not(
    library: Path, web: Web, status: int, fetched: bool
) -> None:
    web.at("/robots.txt", Page(status=status))
    web.at("/feed", rss(item("1", "", link=web.at("/story", story("The whole story is told here.")))))

    follow(library, web.at("/feed"), FETCHER)

    assert bool(articles(library)) is fetched


def test_a_page_that_does_not_come_is_tried_again_and_then_the_text_of_the_feed_is_kept(
    library: Path, web: Web
) -> None:
    link = web.at("/story", Page(status=500))
    web.at("/feed", rss(item("1", "A summary.", link=link)))
    page = web.pages["/feed"]
    web.at("/feed", Page(page.content, page.type, headers={"ETag": '"1"'}))

    first = follow(library, web.at("/feed"), FETCHER, FULL)
    assert (numbers(first), first.feed.pages_failed) == ((0, 0, 0), 1)
    assert numbers(update(library)) == (0, 0, 0)
    assert "if-none-match" not in web.asked[-2][1]  # or nothing would be listed
    assert numbers(update(library)) == (1, 0, 0)
    assert [path for path, _ in web.asked].count("/story") == 3
    assert FeedList(library).all()[0].pages_failed == 0


def test_a_host_that_wants_to_be_left_alone_is_asked_for_no_further_page(library: Path, web: Web) -> None:
    links = [web.at(f"/{number}", Page(status=429, headers={"Retry-After": "900"})) for number in range(3)]
    web.at("/feed", rss(*(item(link, "", link=link) for link in links)))

    found = follow(library, web.at("/feed"), FETCHER)

    assert [failure.problem for failure in found.pages_failed] == ["busy"] * 3
    assert [path for path, _ in web.asked if path in {"/0", "/1", "/2"}] == ["/0"]
    asked = len(web.asked)
    assert 890 < FeedList(library).all()[0].not_before - time.time() <= 900
    update(library)
    assert len(web.asked) == asked


def test_a_page_inside_of_a_network_is_not_fetched_for_a_feed(library: Path, web: Web) -> None:
    inside = "http://169.254.169.254/latest/meta-data"
    led = web.at("/led", Page(status=302, headers={"Location": inside}))

    found = follow(library, web.at("/feed", rss(item("1", "", link=inside), item("2", "", link=led))), FETCHER)

    assert {failure.problem for failure in found.pages_failed} == {"private"}
    assert articles(library) == []
