"""Manners: one connection at a time to a host, a pause between two, who asks, and what a host's robots.txt wants."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler

import pytest

from retrieval.articles import manners
from retrieval.articles.fetching import Fetcher, FetchLimits
from retrieval.articles.manners import LONGEST_PAUSE_S, Turns
from retrieval.errors import FetchFailed
from tests.retrieval.articles.web import HERE, Page, Web, serving

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What would have been waited; the clock stands still."""
    found: list[float] = []
    monkeypatch.setattr("retrieval.articles.manners.time.sleep", found.append)
    monkeypatch.setattr("retrieval.articles.manners.time.monotonic", lambda: 100.0)
    return found


def test_between_two_requests_to_a_host_there_is_a_pause_and_none_to_another(waited: list[float]) -> None:
    turns = Turns(2.0)
    for host in ("a", "a", "b"):
        with turns.turn(host):
            pass
    with turns.turn("a", at_once=True):
        pass

    assert waited == [0.0, 2.0, 0.0]


def test_a_host_may_ask_for_a_longer_pause_within_reason_but_not_for_a_shorter(waited: list[float]) -> None:
    turns = Turns(2.0)
    for host, wanted in (("a", 7.0), ("b", 0.0), ("c", 9_999.0)):
        with turns.turn(host):
            pass
        turns.slow_down(host, wanted)
        with turns.turn(host):
            pass

    assert waited[1::2] == [7.0, 2.0, LONGEST_PAUSE_S]


def test_programs_pause_by_themselves() -> None:
    assert Turns()._pause_s == manners.PAUSE_S > 0


def test_threads_take_turns_at_a_host(web: Web) -> None:
    here, most, lock = [0], [0], threading.Lock()

    def count(handler: BaseHTTPRequestHandler) -> None:
        with lock:
            here[0] += 1
            most[0] = max(most[0], here[0])
        time.sleep(0.01)  # time for another to come, were it let
        handler.wfile.write(b"words")
        with lock:
            here[0] -= 1

    fetcher = Fetcher(HERE, FetchLimits(pause=0))
    address = web.at("/a.txt", Page(type="text/plain", send=count))
    threads = [threading.Thread(target=fetcher.fetch, args=(address,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(web.asked) == 4
    assert most == [1]


def test_robots_txt_says_how_long_to_pause_and_is_asked_for_once(web: Web, waited: list[float]) -> None:
    web.at("/robots.txt", Page(b"User-agent: *\nCrawl-delay: 5\n", "text/plain"))
    fetcher = Fetcher(HERE, FetchLimits(pause=1.0, total=1e9))
    for path in ("/a.txt", "/b.txt"):
        fetcher.fetch(web.at(path, Page(b"words", "text/plain")), named=False)

    assert waited == [0.0, 5.0, 5.0]
    assert [path for path, _ in web.asked] == ["/robots.txt", "/a.txt", "/b.txt"]


def test_robots_txt_is_asked_of_where_a_redirect_leads_too(web: Web) -> None:
    with serving() as other:
        other.at("/robots.txt", Page(b"User-agent: *\nDisallow: /", "text/plain"))
        address = web.at("/", Page(status=302, headers={"Location": other.at("/there", Page(b"words"))}))

        with pytest.raises(FetchFailed) as caught:
            Fetcher(HERE, FetchLimits(pause=0)).fetch(address, named=False)

        assert (caught.value.problem, [path for path, _ in other.asked]) == ("robots", ["/robots.txt"])


def test_what_a_person_names_needs_no_robots_txt(web: Web) -> None:
    Fetcher(HERE).fetch(web.at("/a.txt", Page(b"words", "text/plain")))

    assert [path for path, _ in web.asked] == ["/a.txt"]


def test_an_endless_robots_txt_is_read_as_far_as_robots_have_to(web: Web) -> None:
    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"User-agent: *\nDisallow: /private\n")
        while True:
            handler.wfile.write(b"# words\n" * 2**13)

    web.at("/robots.txt", Page(type="text/plain", send=endless))
    fetcher = Fetcher(HERE, FetchLimits(pause=0))

    fetcher.fetch(web.at("/a.txt", Page(b"words", "text/plain")), named=False)
    with pytest.raises(FetchFailed, match="robots"):
        fetcher.fetch(web.at("/private/a.txt"), named=False)


def test_a_server_is_told_who_asks_and_whom_to_turn_to(web: Web) -> None:
    address = web.at("/a.txt", Page(b"words", "text/plain"))
    Fetcher(HERE).fetch(address)
    Fetcher(HERE, contact="https://example.org/bot").fetch(address)

    alone, with_contact = (asked["user-agent"] for _, asked in web.asked)
    assert alone.startswith("Quoth/")
    assert "+https://example.org/bot" in with_contact
    assert "cookie" not in web.asked[1][1]
