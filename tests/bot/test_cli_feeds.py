"""``quoth feeds``: list, add, remove, update and watch, and what the doctor says of feeds."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.terminal import doctor, feeds
from retrieval.articles import feed_schedule, manners
from retrieval.articles.feeds import FeedUpdate
from retrieval.errors import FeedsBusy
from tests.bot.conftest import Quoth
from tests.retrieval.articles.web import Page, Web, serving

pytestmark = [pytest.mark.usefixtures("library"), pytest.mark.allow_hosts(["127.0.0.1"])]


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    monkeypatch.setenv("QUOTH_FETCH_HOSTS", "127.0.0.1")
    monkeypatch.setattr(manners, "PAUSE_S", 0.0)
    with serving() as served:
        yield served


def feed(*texts: str) -> Page:
    items = "".join(
        f"<item><guid>tag:{text}</guid><title>News</title><description>{text}</description></item>" for text in texts
    )
    content = f"<rss version='2.0'><channel><title>Herald</title>{items}</channel></rss>"
    return Page(content.encode(), "application/rss+xml")


def test_a_feed_is_followed_updated_and_answered_from(quoth: Quoth, web: Web) -> None:
    address = web.at("/feed", feed("The Golden mill burned down in 1911."))
    quoth("index")

    added = quoth("feeds", "add", address)
    web.at("/feed", feed("The Golden mill burned down in 1911.", "The Silver bridge opens on Monday."))
    updated = quoth("feeds", "update")

    assert (added.status, updated.status) == (0, 0)
    assert added.out.startswith("Herald: 1 new article, 0 changed.\nAdded 127.0.0.1-news-")
    assert updated.out.startswith("Herald: 1 new article, 0 changed.\nAdded 127.0.0.1-news-")
    [answer] = quoth("ask", "when opens the Silver bridge?", "--json").objects
    assert answer["quotes"][0]["article"]["source"] == "Herald"
    assert quoth("feeds", "update").out == "Herald: 0 new articles, 0 changed.\n"


def test_the_list_says_when_each_came_and_what_failed(quoth: Quoth, web: Web) -> None:
    for path in ("/a", "/b", "/c", "/d"):
        quoth("feeds", "add", web.at(path, feed("", "The Golden mill burned down in 1911.")))
    web.at("/b", Page(status=500))
    web.at("/c", Page(status=410))
    web.at("/d", Page(status=429))

    said = quoth("feeds", "update")

    assert said.status == 2
    assert "(status 500): try again later." in said.err
    lines = quoth("feeds").out.splitlines()
    assert len(lines) == 4
    assert re.search(r": came last at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\.$", lines[0])
    assert all(f"{web.at(path)} (Herald): " in line for path, line in zip(("/a", "/b", "/c", "/d"), lines, strict=True))
    for line, state in zip(
        lines, ("came last at", "failed (server)", "gone for good", "to be left alone"), strict=True
    ):
        assert state in line
    assert quoth("feeds", "list").out.splitlines() == lines
    assert [each["failed"] for each in quoth("feeds", "list", "--json").objects] == ["", "server", "gone", "busy"]
    assert "Herald: its server says that it is gone for good" in quoth("feeds", "update").out


def test_what_is_followed_no_longer_is_said(quoth: Quoth, web: Web) -> None:
    address = web.at("/a", feed("The Golden mill burned down in 1911."))
    quoth("feeds", "add", address)

    said = quoth("feeds", "remove", address)

    assert (said.status, said.out, said.err) == (0, f"Followed no longer: {address}.\n", "")
    assert quoth("feeds").out == "No feed is followed: add one with quoth feeds add ADDRESS.\n"


def test_an_update_as_json_has_an_object_a_feed(quoth: Quoth, web: Web) -> None:
    quoth("feeds", "add", web.at("/a", feed("Words that say something.", " ")))
    quoth("feeds", "add", web.at("/b", feed()))
    web.at("/b", Page(status=404))

    first, second = quoth("feeds", "update", "--json").objects

    assert (first["feed"], first["added"], first["changed"], first["without_text"]) == (web.at("/a"), 0, 0, 0)
    assert "error" not in first
    assert "There is nothing at" in second["error"]


def test_entries_without_text_are_told(quoth: Quoth, web: Web) -> None:
    assert quoth("feeds", "add", web.at("/", feed(""))).out == "Herald: 0 new articles, 0 changed, 1 without text.\n"


def test_a_feed_that_is_removed_is_followed_no_longer(quoth: Quoth, web: Web) -> None:
    address = web.at("/feed", feed())
    quoth("feeds", "add", address)

    assert quoth("feeds", "remove", address).status == 0
    assert quoth("feeds", "list").out == "No feed is followed: add one with quoth feeds add ADDRESS.\n"
    assert quoth("feeds", "update").out == "No feed is followed: add one with quoth feeds add ADDRESS.\n"
    refused = quoth("feeds", "remove", address)
    assert refused.status == 2
    assert "quoth feeds lists those that are" in refused.err


def test_what_is_no_feed_is_refused_with_what_to_do(quoth: Quoth, web: Web) -> None:
    said = quoth("feeds", "add", web.at("/", Page(b"<html><p>A page.</p></html>")))

    assert said.status == 2
    assert "is no feed (text/html): name one in RSS, Atom or JSON Feed" in said.err


def test_each_folder_has_feeds_of_its_own(quoth: Quoth, web: Web, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    quoth("feeds", "add", web.at("/", feed()), "--articles", str(other))

    assert "No feed" in quoth("feeds").out
    for words in (("--articles", str(other)), ("list", "--articles", str(other)), ("--articles", str(other), "list")):
        assert "Herald" in quoth("feeds", *words).out


def test_a_feed_can_be_followed_in_other_ways(quoth: Quoth, web: Web) -> None:
    address = web.at("/", feed())

    quoth("feeds", "add", address, "--full", "--every", "30", "--remove-withdrawn", "--most", "5", "--days", "90")
    [known] = quoth("feeds", "list", "--json").objects
    wanted = ("pages", "interval_s", "remove_withdrawn", "most", "days")
    assert [known[name] for name in wanted] == ["always", 1800.0, True, 5, 90]
    quoth("feeds", "add", address, "--feed-only")
    [known] = quoth("feeds", "list", "--json").objects
    assert [known[name] for name in wanted] == ["never", None, False, 50, None]
    refused = quoth("feeds", "add", address, "--feed-only", "--full")
    assert (refused.status, refused.err) == (2, "quoth: Give either --full or --feed-only: see quoth --help.\n")


def test_pages_that_do_not_come_are_named_and_counted(quoth: Quoth, web: Web) -> None:
    link = web.at("/story", Page(status=404))
    entry = f"<item><guid>tag:1</guid><title>News</title><link>{link}</link></item>"
    content = f"<rss version='2.0'><channel><title>Herald</title>{entry}</channel></rss>".encode()

    said = quoth("feeds", "add", web.at("/", Page(content, "application/rss+xml")))

    assert said.status == 0
    assert said.out == "Herald: 0 new articles, 0 changed, 1 page did not come.\n"
    assert said.err == f"There is nothing at {link}: see whether it is written right.\n"
    [update] = quoth("feeds", "update", "--json").objects
    assert update["pages_failed"] == []


def test_watching_updates_each_feed_when_it_is_due_and_indexes_what_comes(
    quoth: Quoth, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_schedule, "interval", lambda *_: 0.0)
    quoth("feeds", "add", web.at("/feed", feed("The Golden mill burned down in 1911.")))
    rounds = iter(range(10))

    def told(update: FeedUpdate, *, as_json: bool) -> None:
        number = next(rounds)
        if number == 1:
            web.at("/feed", feed("The Silver bridge opens on Monday."))
        if number == 2:
            assert update.added == 1
        if number == 3:  # that one is indexed
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(feeds, "print_update", told)
    usual = signal.getsignal(signal.SIGTERM)

    said = quoth("feeds", "update", "--watch")

    assert said.status == 0
    assert "Following the feeds of data/articles; Ctrl-C ends it.\nEnded." in said.err
    assert "Added 127.0.0.1-news-" in said.out
    assert signal.getsignal(signal.SIGTERM) == usual
    [answer] = quoth("ask", "when opens the Silver bridge?", "--json").objects
    assert answer["quotes"][0]["article"]["source"] == "Herald"


def test_watching_names_an_error_and_goes_on(quoth: Quoth, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_schedule, "LOOK_S", 0.01)
    rounds = iter(range(10))

    def update(*_: object) -> list[FeedUpdate]:
        if next(rounds) == 3:
            raise KeyboardInterrupt
        raise FeedsBusy(Path("data/articles"))

    monkeypatch.setattr(feed_schedule, "update_all", update)

    said = quoth("feeds", "update", "--watch")

    assert said.status == 0
    assert said.err.count("The feeds of data/articles are being updated by another program: try again when it is") == 1


def test_the_doctor_lists_feeds_when_each_came_last_and_what_failed(
    quoth: Quoth, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "verify_bundled", lambda: "53aa51172d142c89")  # hashing it takes a while
    assert "None is followed" in quoth("doctor").out
    for path, status in (("/a", 200), ("/b", 500), ("/c", 410), ("/d", 429)):
        quoth("feeds", "add", web.at(path, feed()))
        web.at(path, feed() if status == 200 else Page(status=status))
    quoth("feeds", "update")

    found = [each for each in quoth("doctor", "--json").objects if each["section"] == "feeds"]

    assert [each["text"].partition(" (Herald): ")[0] for each in found] == [web.at(path) for path in PATHS]
    for each, state in zip(found, ("came last at 20", "failed (server)", "gone for good", "left alone"), strict=True):
        assert state in each["text"]
    assert [bool(each["remedy"]) for each in found] == [False, True, True, False]
    monkeypatch.setattr(doctor, "find_spec", lambda name: None if name == "httpx" else name)
    assert "httpx not installed: no feed can come" in quoth("doctor").out
    (Path("data/articles") / ".feeds.sqlite").write_bytes(b"no database " * 100)
    assert "not a database" in quoth("doctor").out


PATHS = ("/a", "/b", "/c", "/d")
