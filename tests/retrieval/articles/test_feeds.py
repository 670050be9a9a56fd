"""Following feeds: what becomes an article, once, and what servers that say no are told."""

from __future__ import annotations

import gzip
import json
import sqlite3
import sys
import threading
import time
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from retrieval.articles import care, feeds
from retrieval.articles.article import ArticleInfo
from retrieval.articles.feed_list import FILE, Feed, FeedList
from retrieval.articles.feeds import FeedUpdate, Wanted, follow, update_all
from retrieval.articles.fetching import Fetcher, FetchLimits
from retrieval.articles.received import FetchedFeed
from retrieval.errors import FeedsBusy, FeedUnknown, FetchFailed, FetchingMissing, FolderMissing, StorageFailed
from tests.retrieval.articles.web import HERE, Page, Web

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

FETCHER = Fetcher(HERE, FetchLimits(pause=0))
TEXTS = Wanted(pages="never")
MILL = "<p>The Golden mill burned down in <b>1911</b>, says the Herald.</p>"


def item(id: str, text: str = MILL, title: str = "The mill", day: datetime | None = None, link: str = "") -> str:
    """An entry in RSS."""
    dated = f"<pubDate>{format_datetime(day or datetime(2016, 11, 28, 10, tzinfo=UTC))}</pubDate>"
    said = f"<title><![CDATA[{title}]]></title><link>{link or f'https://example.org/{id}'}</link>"
    return f"<item><guid>tag:{id}</guid>{said}{dated}<description><![CDATA[{text}]]></description></item>"


def rss(*items: str, title: str = "Herald") -> Page:
    text = f'<?xml version="1.0"?><rss version="2.0"><channel><title>{title}</title>{"".join(items)}</channel></rss>'
    return Page(text.encode(), "application/rss+xml")


ATOM = b"""<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>Nature &amp; more</title><id>tag:nature</id>
<entry><id>tag:whales</id><title type="html">Whales of the &lt;i&gt;north&lt;/i&gt;</title>
<link href="/whales"/><author><name>Ann Lee</name></author><published>2020-02-01T10:00:00Z</published>
<summary>Short.</summary><content type="html">&lt;p&gt;Blue whales eat krill in the north.&lt;/p&gt;</content></entry>
<entry><id>tag:plain</id><title>Bread</title><content type="text">Bread rises &lt; fast.</content></entry>
</feed>"""


def update(library: Path) -> FeedUpdate:
    [found] = update_all(library, FETCHER)
    return found


def articles(library: Path) -> list[str]:
    return [article.id for article in care.survey(library)[0]]


def texts(library: Path) -> dict[str, str]:
    return {id: care.find(library, id).text for id in articles(library)}


def numbers(found: FeedUpdate) -> tuple[int, int, int]:
    return found.added, found.changed, found.without_text


# --- entries -------------------------------------------------------------------------------------------------


def test_an_entry_becomes_an_article_with_what_the_feed_says_of_it(library: Path, web: Web) -> None:
    found = follow(library, web.at("/feed", rss(item("1"))), FETCHER)

    [article] = care.survey(library)[0]
    text = care.find(library, article.id).text
    assert numbers(found) == (1, 0, 0)
    assert "The Golden mill burned down in 1911, says the Herald." in text
    assert (article.title, article.source, article.published, article.url) == (
        "The mill",
        "Herald",
        date(2016, 11, 28),
        "https://example.org/1",
    )
    assert article.id.startswith("127.0.0.1-the-mill-")


def test_atom_is_read_with_its_full_text_its_author_and_addresses_relative_to_it(library: Path, web: Web) -> None:
    follow(library, web.at("/news/feed", Page(ATOM, "application/atom+xml")), FETCHER)

    found = {article.title: article for article in care.survey(library)[0]}
    whales, bread = found["Whales of the north"], found["Bread"]
    assert (whales.source, whales.url) == ("Nature & more", web.at("/whales"))
    assert care.find(library, whales.id).text.endswith("Blue whales eat krill in the north.")
    assert "author: Ann Lee" in (library / f"{whales.id}.meta.yaml").read_text("utf-8")
    assert care.find(library, bread.id).text.endswith("Bread rises < fast.")
    assert bread.published is None


def test_an_entry_comes_once_however_often_and_wherever_it_is_listed(library: Path, web: Web) -> None:
    follow(library, web.at("/a", rss(item("1"), item("1"))), FETCHER)
    follow(library, web.at("/b", rss(item("1"))), FETCHER)

    assert [numbers(found) for found in update_all(library, FETCHER)] == [(0, 0, 0), (0, 0, 0)]
    assert len(articles(library)) == 1


def test_a_changed_entry_changes_its_article(library: Path, web: Web) -> None:
    follow(library, web.at("/feed", rss(item("1"))), FETCHER)
    before = articles(library)
    web.at("/feed", rss(item("1", MILL.replace("1911", "1912"), "The old mill"), item("2")))

    assert numbers(update(library)) == (1, 1, 0)
    assert set(before) < set(articles(library))
    changed = care.find(library, before[0])
    assert changed.title == "The old mill"
    assert "1912" in changed.text


def test_what_a_person_has_removed_stays_away(library: Path, web: Web) -> None:
    address = web.at("/feed", rss(item("1"), item("2")))
    follow(library, address, FETCHER)
    care.remove(library, articles(library)[:1])
    web.at("/feed", rss(item("1", "Other."), item("2", "Other.")))

    assert numbers(update(library)) == (0, 1, 0)
    FeedList(library).remove(address)
    follow(library, address, FETCHER)
    assert len(articles(library)) == 1


def test_only_so_many_and_so_young_entries_are_kept(library: Path, web: Web) -> None:
    now = datetime.now(UTC)
    entries = [
        item(str(days), f"<p>Told {days} days ago.</p>", day=now - timedelta(days=days)) for days in (40, 9, 1, 5)
    ]
    address = web.at("/feed", rss(*entries))

    follow(library, address, FETCHER, Wanted(most=2))
    texts = " ".join(care.find(library, id).text for id in articles(library))
    assert "Told 1 days" in texts
    assert "Told 5 days" in texts
    assert len(articles(library)) == 2

    assert numbers(follow(library, address, FETCHER, Wanted(days=30))) == (1, 0, 0)


def test_an_entry_without_text_is_counted_once_and_is_no_article(library: Path, web: Web) -> None:
    found = follow(
        library, web.at("/feed", rss(item("1", ""), item("2", "<img src='a.png'>", ""), item("3"))), FETCHER, TEXTS
    )

    assert numbers(found) == (1, 0, 2)
    assert numbers(update(library)) == (0, 0, 0)


# --- servers -------------------------------------------------------------------------------------------------


def test_a_server_is_told_what_is_known_and_may_answer_that_nothing_changed(library: Path, web: Web) -> None:
    page = rss(item("1"))
    headers = {"ETag": '"a1"', "Last-Modified": "Mon, 28 Nov 2016 10:00:00 GMT"}
    address = web.at("/feed", Page(page.content, page.type, headers=headers))
    follow(library, address, FETCHER)
    web.at("/feed", Page(status=304))

    assert numbers(update(library)) == (0, 0, 0)
    asked = web.asked[-1][1]
    assert (asked["if-none-match"], asked["if-modified-since"]) == ('"a1"', headers["Last-Modified"])
    [feed] = FeedList(library).all()
    assert feed.came
    assert not feed.failed


def test_a_server_that_wants_to_be_left_alone_is_left_alone(library: Path, web: Web) -> None:
    follow(library, web.at("/feed", rss()), FETCHER)
    web.at("/feed", Page(status=429, headers={"Retry-After": "3600"}))

    first, second = update(library), update(library)

    assert first.failure
    assert first.failure.problem == "busy"
    assert second.failure is None
    assert len(web.asked) == 2  # followed, refused, and not asked again


def test_a_feed_that_is_gone_for_good_is_asked_for_no_more(library: Path, web: Web) -> None:
    follow(library, web.at("/feed", rss(item("1"))), FETCHER)
    web.at("/feed", Page(status=410))

    assert update(library).failure
    assert update(library).feed.gone
    assert len(web.asked) == 2
    assert len(articles(library)) == 1


def test_a_feed_that_fails_does_not_stop_the_others(library: Path, web: Web) -> None:
    for path in ("/a", "/b", "/c"):
        follow(library, web.at(path, rss()), FETCHER)
    web.at("/a", Page(status=500))
    web.at("/b", Page(b"<html><p>No feed.</p></html>"))
    web.at("/c", rss(item("1")))

    found = list(update_all(library, FETCHER))

    assert [each.failure.problem if each.failure else None for each in found] == ["server", "no feed", None]
    assert [feed.failed for feed in FeedList(library).all()] == ["server", "no feed", ""]
    assert len(articles(library)) == 1


# --- which are followed --------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", [Page(b"<html><p>A page.</p></html>"), Page(status=404), Page(b"", "")])
def test_what_is_no_feed_is_not_followed(library: Path, web: Web, page: Page) -> None:
    with pytest.raises(FetchFailed):
        follow(library, web.at("/feed", page), FETCHER)

    assert FeedList(library).all() == []


def test_a_feed_inside_of_a_network_is_not_followed(library: Path, web: Web) -> None:
    with pytest.raises(FetchFailed, match="private"):
        follow(library, web.at("/feed", rss()), Fetcher())


def test_a_feed_that_is_removed_leaves_its_articles(library: Path, web: Web) -> None:
    address = web.at("/feed", rss(item("1")))
    follow(library, address, FETCHER)

    with pytest.raises(FeedUnknown) as caught:
        FeedList(library).remove(address + "s")
    FeedList(library).remove(address)

    assert caught.value.near == (address,)
    assert FeedList(library).all() == []
    assert len(articles(library)) == 1


def test_a_list_that_is_damaged_or_has_no_folder_says_so(library: Path, tmp_path: Path) -> None:
    (library / FILE).write_bytes(b"no database " * 100)

    with pytest.raises(StorageFailed, match="not a database"):
        FeedList(library).all()
    with pytest.raises(FolderMissing):
        FeedList(tmp_path / "none")


def test_the_list_is_plain_sqlite(library: Path, web: Web) -> None:
    follow(library, web.at("/feed", rss(item("1"))), FETCHER)

    with sqlite3.connect(library / FILE) as database:
        assert database.execute("SELECT id FROM entries").fetchall() == [("tag:1",)]
    database.close()


def test_a_list_of_an_earlier_version_is_read_and_goes_on(library: Path, web: Web) -> None:
    address = web.at("/feed", rss(item("1"), item("2")))
    with sqlite3.connect(library / FILE) as database:
        database.execute("CREATE TABLE feeds (address TEXT PRIMARY KEY, most INTEGER, days INTEGER, title TEXT)")
        database.execute("CREATE TABLE entries (id TEXT PRIMARY KEY, feed TEXT, digest TEXT, file TEXT)")
        database.execute("INSERT INTO feeds VALUES (?, 50, NULL, 'Herald')", (address,))
        database.execute("INSERT INTO entries VALUES ('tag:1', ?, 'x', '')", (address,))
    database.close()

    assert FeedList(library).all() == [Feed(address, 50, title="Herald")]
    assert numbers(update(library)) == (2, 0, 0)


def test_two_programs_do_not_update_the_same_feeds_at_once(library: Path, web: Web) -> None:
    follow(library, web.at("/feed", rss()), FETCHER)

    with FeedList(library).updating():
        with pytest.raises(FeedsBusy):
            update(library)
        with pytest.raises(FeedsBusy):
            follow(library, web.at("/feed"), FETCHER)

    update(library)


def test_without_the_library_reading_feeds_says_so(library: Path, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "feedparser", None)

    with pytest.raises(FetchingMissing):
        follow(library, web.at("/feed", rss()), FETCHER)


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


def test_a_json_feed_is_followed_as_others_are(library: Path, web: Web) -> None:
    follow(library, web.at("/feed.json", Page(JSON_FEED, "application/json")), FETCHER)

    [article] = care.survey(library)[0]
    assert (article.title, article.source, article.published) == ("The mill", "Herald", date(2016, 11, 28))
    assert article.url == web.at("/mill")


def story(words: str, title: str = "A story") -> Page:
    return Page(
        f"<html><head><title>{title}</title></head><body><article><p>{words}</p></article></body></html>".encode()
    )


def sitemap(web: Web, *paths: str, day: str = "2020-01-01") -> Page:
    inside = "".join(f"<url><loc>{web.at(path)}</loc><lastmod>{day}</lastmod></url>" for path in paths)
    return Page(f"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{inside}</urlset>".encode(), "text/xml")


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


# --- what is withdrawn ---------------------------------------------------------------------------------------


def dated(web: Web, *numbers: int) -> Page:
    """Entries, one a day, each with a page of its own."""
    day = datetime(2016, 11, 28, 10, tzinfo=UTC)
    items = [
        item(str(n), f"<p>Told on day {n}.</p>", f"News {n}", day + timedelta(days=n), web.at(f"/{n}", story("Here.")))
        for n in numbers
    ]
    return rss(*items)


def of_day(library: Path, number: int) -> ArticleInfo | None:
    return next((each for each in care.survey(library)[0] if each.title == f"News {number}"), None)


def withdraw(web: Web, number: int) -> None:
    web.at("/feed", dated(web, 5, 3, 1))
    web.at(f"/{number}", Page(status=404))


def test_an_entry_that_is_taken_out_of_a_feed_with_its_page_is_kept_and_marked(library: Path, web: Web) -> None:
    follow(library, web.at("/feed", dated(web, 5, 4, 3, 2, 1)), FETCHER)
    withdraw(web, 4)

    found = update(library)

    assert (found.withdrawn, found.added, found.changed) == (1, 0, 0)
    marked, still = of_day(library, 4), of_day(library, 2)
    assert marked
    assert still
    assert marked.source == f"Herald (withdrawn {datetime.now(UTC).date().isoformat()})"
    assert still.source == "Herald"  # its page is there
    assert update(library).withdrawn == 0
    assert FeedList(library).withdrawn(web.at("/feed")) == 1

    web.at("/feed", dated(web, 5, 4, 3, 1))
    assert numbers(update(library)) == (0, 1, 0)
    again = of_day(library, 4)
    assert again
    assert again.source == "Herald"


def test_an_entry_that_is_withdrawn_is_removed_where_that_is_wanted(library: Path, web: Web) -> None:
    follow(library, web.at("/feed", dated(web, 5, 4, 3, 2, 1)), FETCHER, Wanted(remove_withdrawn=True))
    withdraw(web, 4)

    assert update(library).withdrawn == 1
    assert of_day(library, 4) is None
    web.at("/feed", dated(web, 5, 4, 3, 1))
    assert numbers(update(library)) == (1, 0, 0)


def test_entries_that_only_grew_too_old_for_the_feed_are_not_withdrawn(library: Path, web: Web) -> None:
    follow(library, web.at("/feed", dated(web, 3, 2, 1)), FETCHER)
    web.at("/feed", dated(web, 5, 4, 3))
    for number in (1, 2):
        web.at(f"/{number}", Page(status=404))

    assert update(library).withdrawn == 0
    web.at("/feed", rss())
    assert update(library).withdrawn == 0
    assert len(articles(library)) == 5


def test_whether_an_entry_is_withdrawn_is_asked_again_when_it_cannot_be_told(library: Path, web: Web) -> None:
    follow(library, web.at("/feed", dated(web, 5, 4, 3)), FETCHER)
    web.at("/feed", dated(web, 5, 3))
    web.at("/4", Page(status=503))

    assert update(library).withdrawn == 0
    web.at("/4", Page(status=410))
    assert update(library).withdrawn == 1


def test_a_page_that_is_gone_from_a_sitemap_is_withdrawn(library: Path, web: Web) -> None:
    for path in ("/a", "/b"):
        web.at(path, story(f"The words of {path} are here.", f"Story {path}"))
    follow(library, web.at("/sitemap.xml", sitemap(web, "/a", "/b")), FETCHER)
    web.at("/sitemap.xml", sitemap(web, "/b"))
    web.at("/a", Page(status=410))

    assert update(library).withdrawn == 1


# --- servers of all kinds ------------------------------------------------------------------------------------


def drip(handler: BaseHTTPRequestHandler) -> None:
    while True:
        handler.wfile.write(b"<")
        threading.Event().wait(0.02)


def endless(handler: BaseHTTPRequestHandler) -> None:
    while True:
        handler.wfile.write(b" " * 2**16)


HUGE = {"Content-Length": str(2**30)}
BOMB = Page(gzip.compress(bytes(2**26)), "application/rss+xml", headers={"Content-Encoding": "gzip"})


class Waiting(Fetcher):
    """Waits for one feed no longer than it needs to be sure, and for others as long as ever."""

    def fetch_feed(self, address: str, *known: str, named: bool = True) -> FetchedFeed | None:
        patient = not address.endswith("/feed")
        return (FETCHER if patient else HASTY).fetch_feed(address, *known, named=named)


HASTY = Fetcher(HERE, FetchLimits(total=0.3, pause=0))


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        pytest.param(Page(send=endless), "large", id="endless"),
        pytest.param(Page(b"", headers=HUGE), "large", id="a gigabyte"),
        pytest.param(BOMB, "large", id="a bomb"),
        pytest.param(Page(gzip.compress(bytes(2**26)), "application/gzip"), "no feed", id="a bomb in a file"),
        pytest.param(Page(send=drip), "slow", id="a drip"),
        pytest.param(Page(status=302, headers={"Location": "/feed"}), "redirects", id="a circle"),
        pytest.param(Page(status=301, headers={"Location": "http://10.0.0.1/"}), "private", id="into a network"),
        pytest.param(Page(status=410), "gone", id="410"),
        pytest.param(Page(status=429, headers={"Retry-After": "60"}), "busy", id="429"),
        pytest.param(Page(status=503), "busy", id="503"),
        pytest.param(Page(status=500), "server", id="500"),
        pytest.param(Page(b"<rss version='2.0'", headers={"Content-Length": "9999"}), "broken", id="broken off"),
        pytest.param(Page(b"", "application/rss+xml"), "no feed", id="empty"),
        pytest.param(Page(b"\0" * 1000, "application/rss+xml"), "no feed", id="zeros"),
    ],
)
def test_a_server_that_gives_no_feed_is_told_for_what_it_does_and_stops_no_other(
    library: Path, web: Web, page: Page, problem: str
) -> None:
    follow(library, web.at("/feed", rss()), FETCHER)
    follow(library, web.at("/other", rss()), FETCHER)
    web.at("/feed", page)
    web.at("/other", rss(item("1")))

    first, second = update_all(library, Waiting() if problem == "slow" else FETCHER)

    assert first.failure
    assert (first.failure.problem, second.added) == (problem, 1)
    known = FeedList(library).all()[0]
    assert (known.failed, known.failures) == (problem, 1)


def test_a_server_that_cannot_show_who_it_is_gives_no_feed(library: Path, web: Web) -> None:
    feed = Feed(web.at("/feed", rss(item("1"))).replace("http:", "https:"), 50)
    FeedList(library).put(feed)  # as when its server has changed since it was added

    found = update(library)

    assert found.failure
    assert found.failure.problem == "tls"


def test_a_feed_that_has_moved_for_good_is_asked_for_at_its_new_place(library: Path, web: Web) -> None:
    follow(library, web.at("/old", rss(item("1"))), FETCHER)
    web.at("/new", rss(item("1"), item("2")))
    web.at("/old", Page(status=301, headers={"Location": "/new"}))

    assert numbers(update(library)) == (1, 0, 0)
    assert numbers(update(library)) == (0, 0, 0)
    assert [path for path, _ in web.asked] == ["/old", "/old", "/new", "/new"]
    assert FeedList(library).all()[0].address == web.at("/old")

    web.at("/old", rss(item("3")))
    web.at("/new", Page(status=404))
    assert numbers(update(library)) == (1, 0, 0)


def test_a_feed_that_is_elsewhere_for_a_while_is_asked_for_where_it_was(library: Path, web: Web) -> None:
    web.at("/new", rss(item("1")))
    follow(library, web.at("/old", Page(status=302, headers={"Location": "/new"})), FETCHER)

    update(library)

    assert [path for path, _ in web.asked] == ["/old", "/new"] * 2


@pytest.mark.filterwarnings("ignore:A test tried to use:UserWarning")
def test_a_feed_whose_name_comes_to_mean_a_private_address_is_refused(library: Path, web: Web) -> None:
    answers = [["127.0.0.1"], ["10.0.0.7"], ["93.184.216.34", "10.0.0.7"]]
    names: list[str] = []

    def resolve(host: str, _: int) -> list[str]:
        names.append(host)
        return answers[min(len(names), len(answers)) - 1]

    web.at("/feed", rss(item("1")))
    address = f"http://news.example:{web.port}/feed"
    limits = FetchLimits(pause=0)
    follow(library, address, Fetcher(frozenset({"news.example"}), limits, resolve))

    for _ in range(2):
        [found] = update_all(library, Fetcher(limits=limits, resolve=resolve))
        assert found.failure
        assert found.failure.problem == "private"
    assert len(names) == 3  # each time looked up once
    assert len(web.asked) == 1


def test_ten_thousand_entries_are_listed_and_as_many_kept_as_may_be(library: Path, web: Web) -> None:
    entry = "<item><guid>tag:{0}</guid><description>Told as number {0}.</description></item>"
    page = rss(*(entry.format(number) for number in range(10_000)))

    assert numbers(follow(library, web.at("/feed", page), FETCHER, Wanted(most=5))) == (5, 0, 0)


def test_a_link_that_changes_changes_the_article_and_makes_no_second(library: Path, web: Web) -> None:
    follow(library, web.at("/feed", rss(item("1"))), FETCHER)
    web.at("/feed", rss(item("1", link="https://example.org/elsewhere")))

    assert numbers(update(library)) == (0, 1, 0)
    [article] = care.survey(library)[0]
    assert article.url == "https://example.org/elsewhere"


def test_an_entry_of_a_feed_that_is_followed_no_longer_belongs_to_the_next_that_lists_it(
    library: Path, web: Web
) -> None:
    follow(library, web.at("/a", rss(item("1"))), FETCHER)
    FeedList(library).remove(web.at("/a"))

    found = follow(library, web.at("/b", rss(item("1", "<p>It burned in 1912.</p>"))), FETCHER)

    assert numbers(found) == (0, 1, 0)
    assert "1912" in next(iter(texts(library).values()))


# --- what no feed should hold --------------------------------------------------------------------------------


def test_half_characters_and_endless_names_are_kept_as_well_as_can_be(library: Path, web: Web) -> None:
    odd = {
        "id": "\ud800",
        "title": "\udfff" + "鐘" * 400,
        "content_text": "A \ud800 bell.",
        "authors": [{"name": "\ud800"}],
    }
    long = {"id": "x" * 100_000, "title": "T" * 5_000, "url": "https://e.org/" + "y" * 5_000, "content_text": "A mill."}
    page = json.dumps({"version": "https://jsonfeed.org/version/1", "title": "\ud800", "items": [odd, long]})

    assert numbers(follow(library, web.at("/feed", Page(page.encode())), FETCHER)) == (2, 0, 0)
    assert numbers(update(library)) == (0, 0, 0)
    assert {text.split("\n")[-1] for text in texts(library).values()} == {"A \ufffd bell.", "A mill."}


NO_LISTINGS: list[object] = [None, [], {}, {"kind": "other"}]
NO_LISTINGS += [{"kind": "feed", "title": 1, "every_s": "x", "entries": [], "links": []}]
FEED = {"kind": "feed", "title": "", "every_s": 1, "links": []}
NO_LISTINGS += [FEED | {"entries": [3]}, FEED | {"entries": [{}]}, FEED | {"entries": 5}]


@pytest.mark.parametrize("told", NO_LISTINGS, ids=repr)
def test_a_process_that_a_feed_has_taken_over_leads_nobody_astray(
    library: Path, web: Web, monkeypatch: pytest.MonkeyPatch, told: object
) -> None:
    monkeypatch.setattr(feeds, "read_from_web", lambda *_: told)

    with pytest.raises(FetchFailed, match="led astray"):
        follow(library, web.at("/feed", rss()), FETCHER)


def test_how_many_entries_are_seen_to_is_told(library: Path, web: Web) -> None:
    told: list[tuple[str, int, int]] = []

    follow(library, web.at("/feed", rss(item("1"), item("2"))), FETCHER, None, lambda *news: told.append(news))

    assert told == [("entries", 0, 2), ("entries", 1, 2)]
