"""Feeds whose entries are withdrawn, whose servers misbehave, or that hold what no feed should."""

from __future__ import annotations

import gzip
import json
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from retrieval.articles import care, feeds
from retrieval.articles.feed_list import Feed, FeedList
from retrieval.articles.feeds import Wanted, follow, update_all
from retrieval.articles.fetching import Fetcher, FetchLimits
from retrieval.errors import FetchFailed
from tests.retrieval.articles.feeding import (
    FETCHER,
    articles,
    dated,
    item,
    numbers,
    of_day,
    rss,
    sitemap,
    story,
    texts,
    update,
    withdraw,
)
from tests.retrieval.articles.web import HERE, Page, Web

if TYPE_CHECKING:
    from http.server import BaseHTTPRequestHandler
    from pathlib import Path

    from retrieval.articles.received import FetchedFeed

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

# --- what is withdrawn ---------------------------------------------------------------------------------------


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
BOMB = Page(gzip.compress(bytes(2**26), 1), "application/rss+xml", headers={"Content-Encoding": "gzip"})


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
        pytest.param(Page(gzip.compress(bytes(2**26), 1), "application/gzip"), "no feed", id="a bomb in a file"),
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
