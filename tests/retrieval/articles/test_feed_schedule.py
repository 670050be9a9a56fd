"""When feeds are asked for: as often as somebody says, less often while they fail, and whatever happens."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from retrieval.articles import feed_schedule
from retrieval.articles.feed_list import FILE, Feed, FeedList
from retrieval.articles.feed_schedule import due_s, interval, keep_up
from retrieval.articles.feeds import FeedUpdate, Wanted, follow, update_all
from retrieval.articles.fetching import Fetcher, FetchLimits
from retrieval.errors import BackgroundFailed, QuothError, StorageFailed
from tests.retrieval.articles.feeding import item, rss
from tests.retrieval.articles.web import HERE, Page, Web

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

FETCHER = Fetcher(HERE, FetchLimits(pause=0))
HOUR, DAY = 3_600.0, 86_400.0


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ({}, HOUR),
        ({"every_s": 2 * HOUR}, 2 * HOUR),
        ({"every_s": 60.0}, 900.0),
        ({"every_s": 90 * DAY}, 7 * DAY),
        ({"every_s": 2 * HOUR, "interval_s": 60.0}, 60.0),
        ({"failures": 1}, 2 * HOUR),
        ({"failures": 3}, 8 * HOUR),
        ({"failures": 2_000}, DAY),
        ({"failures": 5, "interval_s": 30 * DAY}, 30 * DAY),
    ],
)
def test_a_feed_is_asked_for_as_often_as_is_said_and_less_while_it_fails(
    said: dict[str, float], seconds: float
) -> None:
    assert interval(Feed("https://example.org/", 50, **said), HOUR) == seconds  # type: ignore[arg-type]


def test_a_feed_is_due_after_its_interval_and_not_before_its_server_wants() -> None:
    feed = "https://example.org/"

    assert due_s(Feed(feed, 50), HOUR) == 0.0
    assert due_s(Feed(feed, 50, asked_s=1_000.0), HOUR) == 4_600.0
    assert due_s(Feed(feed, 50, asked_s=1_000.0, not_before=9_000.0), HOUR) == 9_000.0
    assert due_s(Feed(feed, 50, gone=True), HOUR) == float("inf")


Told = list[FeedUpdate | QuothError]


def until(library: Path, seen: int, usual_s: float = 0.0) -> Told:
    """What is told, until so much is."""
    told: Told = []
    stop = threading.Event()

    def hear(news: FeedUpdate | QuothError) -> None:
        told.append(news)
        if len(told) >= seen:
            stop.set()

    keep_up(library, FETCHER, usual_s, hear, stop)
    return told


def test_feeds_are_asked_for_again_and_again_each_at_its_own_pace(library: Path, web: Web) -> None:
    follow(library, web.at("/often", rss(item("1"))), FETCHER)
    follow(library, web.at("/seldom", rss(item("2"))), FETCHER, Wanted(interval_s=DAY))

    told = until(library, 3)

    assert [news.feed.address for news in told if isinstance(news, FeedUpdate)] == [web.at("/often")] * 3


def test_a_feed_that_is_added_meanwhile_is_asked_for_too(
    library: Path, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_schedule, "LOOK_S", 0.01)
    address = web.at("/feed", rss(item("1")))
    told: Told = []
    stop = threading.Event()

    def hear(news: FeedUpdate | QuothError) -> None:
        told.append(news)
        if isinstance(news, FeedUpdate):  # the list may also be busy, while it is added
            stop.set()

    following = threading.Thread(target=keep_up, args=(library, FETCHER, 0.0, hear, stop))
    following.start()
    follow(library, address, FETCHER)
    following.join()

    assert isinstance(told[-1], FeedUpdate)
    assert told[-1].feed.address == address


def test_an_error_is_told_once_and_ends_nothing(library: Path, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_schedule, "LOOK_S", 0.01)
    follow(library, web.at("/feed", rss(item("1"))), FETCHER)
    whole = (library / FILE).read_bytes()
    told: Told = []
    stop, rounds = threading.Event(), iter(range(6))
    real = update_all

    def update(*given: object) -> Iterator[FeedUpdate]:
        match next(rounds):
            case 0 | 1:
                raise ZeroDivisionError
            case 2:
                (library / FILE).write_bytes(b"no database " * 100)
            case 3:
                (library / FILE).write_bytes(whole)
        return real(*given)  # type: ignore[arg-type]

    def hear(news: FeedUpdate | QuothError) -> None:
        told.append(news)
        if isinstance(news, FeedUpdate):
            stop.set()

    monkeypatch.setattr(feed_schedule, "update_all", update)
    keep_up(library, FETCHER, 0.0, hear, stop)

    assert [type(news) for news in told] == [BackgroundFailed, StorageFailed, FeedUpdate]


def test_what_fails_is_asked_for_again_later(library: Path, web: Web) -> None:
    follow(library, web.at("/feed", rss(item("1"))), FETCHER)
    web.at("/feed", Page(status=500))

    until(library, 2)

    [feed] = FeedList(library).all()
    assert (feed.failed, feed.failures) == ("server", 2)
