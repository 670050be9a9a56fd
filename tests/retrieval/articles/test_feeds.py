"""Following feeds: what becomes an article, once, and what servers that say no are told."""

from __future__ import annotations

import sqlite3
import sys
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from retrieval.articles import care
from retrieval.articles.feed_list import FILE, Feed, FeedList
from retrieval.articles.feeds import Wanted, follow, update_all
from retrieval.articles.fetching import Fetcher
from retrieval.errors import FeedsBusy, FeedUnknown, FetchFailed, FetchingMissing, FolderMissing, StorageFailed
from tests.retrieval.articles.feeding import (
    ATOM,
    FETCHER,
    MILL,
    TEXTS,
    articles,
    item,
    numbers,
    rss,
    update,
)
from tests.retrieval.articles.web import Page, Web

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

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


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("mer, 16 nov 2022 00:38:15 +0100", date(2022, 11, 16)),
        ("Mi, 05 M\u00e4r 2025 08:00:00 +0100", date(2025, 3, 5)),
        ("11/12/2016", None),
        ("gestern, gegen Mittag", None),
        ("0001-01-01T00:00:00Z", None),
    ],
)
def test_a_day_in_the_language_of_the_feed_is_the_articles(
    library: Path, web: Web, written: str, meant: date | None
) -> None:
    entry = f"<item><title>A</title><description>Words.</description><pubDate>{written}</pubDate></item>"
    follow(library, web.at("/feed", rss(entry)), FETCHER)

    [article], skipped = care.survey(library)
    assert article.published == meant
    assert not skipped


def test_a_text_without_marks_keeps_its_paragraphs(library: Path, web: Web) -> None:
    text = "A day on the moon &amp; back\n\nThe crew isn&#39;t tired; 3 &lt; 4"
    follow(library, web.at("/feed", rss(item("1", text, "Moon"))), FETCHER, TEXTS)

    [id] = articles(library)
    assert care.find(library, id).text.endswith("A day on the moon & back\n\nThe crew isn't tired; 3 < 4")


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


def test_entries_from_before_1970_are_kept_as_all_others(library: Path, web: Web) -> None:
    old = item("moon", "<p>Two people walked on the Moon.</p>", day=datetime(1969, 7, 21, 10, tzinfo=UTC))

    assert numbers(follow(library, web.at("/feed", rss(item("1"), old)), FETCHER)) == (2, 0, 0)


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
