"""Fetching a page: what comes back, what is refused, and that no way leads into the network that Quoth runs in."""

from __future__ import annotations

import gzip
import subprocess
import sys
import threading
import zlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from retrieval.articles.fetching import Fetcher, FetchLimits
from retrieval.errors import FetchFailed, FetchingMissing
from tests.retrieval.articles.fetches import PAGE, failure, fetch
from tests.retrieval.articles.web import HERE, Page, Web, serving

if TYPE_CHECKING:
    from collections.abc import Callable
    from http.server import BaseHTTPRequestHandler

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

# --- what comes ----------------------------------------------------------------------------------------------


def test_a_page_comes_as_it_is_with_what_is_known_of_it(web: Web) -> None:
    changed = "Mon, 28 Nov 2016 10:00:00 GMT"
    address = web.at("/news/Bridge_opens.html", Page(PAGE.content, PAGE.type, headers={"Last-Modified": changed}))

    found = fetch(address + "#part")

    assert (found.content, found.address, found.suffix) == (PAGE.content, address, ".html")
    assert (found.content_type, found.last_modified) == (PAGE.type, changed)
    assert found.names[0] == "127.0.0.1-news-bridge_opens.html"
    assert abs(found.day - datetime.now(UTC).date()) <= timedelta(days=1)


def test_the_request_says_who_asks_and_carries_nothing_else_of_the_person(web: Web) -> None:
    web.at("/b", PAGE)
    start = web.at("/a", Page(status=302, headers={"Location": "/b", "Set-Cookie": "who=me"}))

    fetch(start)

    assert [path for path, _ in web.asked] == ["/a", "/b"]
    for _, headers in web.asked:
        assert headers["user-agent"].startswith("Quoth/")
        assert not headers.keys() & {"cookie", "authorization", "referer"}


@pytest.mark.parametrize(
    ("path", "kind", "suffix"),
    [
        ("/page", "application/pdf", ".pdf"),
        ("/report.pdf", "application/octet-stream", ".pdf"),
        ("/report.docx", "application/zip", ".docx"),
        ("/report.PDF", "", ".pdf"),
        ("/README.md", "text/plain; charset=utf-8", ".md"),
        ("/prices.csv", "text/plain; charset=utf-8", ".csv"),
        ("/prices.tsv", "text/plain", ".tsv"),
        ("/export?format=csv", "text/csv; charset=utf-8", ".csv"),
        ("/prices", "text/tab-separated-values", ".tsv"),
        ("/prices.csv", "application/vnd.ms-excel", ".csv"),
        ("/prices", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx"),
        ("/page.html", "text/plain", ".txt"),
        ("/page.php", "TEXT/HTML", ".html"),
        ("/x", "text/markdown", ".md"),
        ("/list", "application/mbox", ".mbox"),
        ("/mill.ipynb", "text/plain; charset=utf-8", ".ipynb"),
        ("/mill", "application/x-ipynb+json", ".ipynb"),
    ],
)
def test_the_type_decides_on_the_format_and_the_address_where_it_says_too_little(
    web: Web, path: str, kind: str, suffix: str
) -> None:
    assert fetch(web.at(path, Page(b"text", kind))).suffix == suffix


@pytest.mark.parametrize(("path", "kind"), [("/a.png", "image/png"), ("/a", ""), ("/a.pdf", "application/zip")])
def test_what_is_of_no_kind_that_is_read_is_refused(web: Web, path: str, kind: str) -> None:
    assert failure(web.at(path, Page(b"x", kind))).problem == "type"
    assert failure(web.at(path)).detail == (kind or "no type is named")


def in_two(content: bytes) -> bytes:
    return gzip.compress(content[:20]) + gzip.compress(content[20:]) + b"\0\0"


@pytest.mark.parametrize(("packing", "packed"), [("gzip", gzip.compress), ("deflate", zlib.compress), ("gzip", in_two)])
def test_a_packed_page_is_unpacked(web: Web, packing: str, packed: Callable[[bytes], bytes]) -> None:
    address = web.at("/", Page(packed(PAGE.content), headers={"Content-Encoding": packing}))

    assert fetch(address).content == PAGE.content


def test_how_far_it_is_is_told_in_kib(web: Web) -> None:
    told: list[tuple[str, int, int]] = []

    Fetcher(HERE).fetch(web.at("/a.txt", Page(b"x" * 2**17, "text/plain")), lambda *news: told.append(news))

    assert told[-1] == ("fetching", 128, 128)
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)


# --- what does not -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "headers", "problem", "detail"),
    [
        (404, {}, "missing", "404"),
        (410, {}, "gone", "410"),
        (403, {}, "forbidden", "403"),
        (429, {"Retry-After": "120"}, "busy", "for 120 seconds"),
        (429, {"Retry-After": "Mon, 28 Nov 2016 10:00:00 GMT"}, "busy", "until Mon, 28 Nov 2016 10:00:00 GMT"),
        (503, {}, "busy", "for a while"),
        (500, {}, "server", "500"),
        (204, {}, "status", "204"),
    ],
)
def test_an_answer_without_the_page_is_named_for_what_it_says(
    web: Web, status: int, headers: dict[str, str], problem: str, detail: str
) -> None:
    found = failure(web.at("/", Page(status=status, headers=headers)))

    assert (found.problem, found.detail, found.address) == (problem, detail, web.at("/"))


def endless(handler: BaseHTTPRequestHandler) -> None:
    while True:
        handler.wfile.write(b"x" * 2**16)


def test_more_than_the_format_allows_is_not_read(web: Web) -> None:
    announced = Page(b"", headers={"Content-Length": str(2**33)})

    assert failure(web.at("/announced", announced)).detail == "8 MiB"
    assert failure(web.at("/endless", Page(send=endless))).problem == "large"


def test_nothing_is_packed_as_nothing(web: Web) -> None:
    assert fetch(web.at("/", Page(b"", headers={"Content-Encoding": "gzip"}))).content == b""


def test_a_bomb_is_not_unpacked_further_than_the_format_allows(web: Web) -> None:
    bomb = gzip.compress(bytes(2**26), 1)

    assert len(bomb) < 2**19
    assert failure(web.at("/", Page(bomb, headers={"Content-Encoding": "gzip"}))).problem == "large"


@pytest.mark.parametrize(
    ("packing", "content", "detail"),
    [
        ("gzip", b"no gzip", "damaged"),
        ("gzip", gzip.compress(b"x" * 1_000, mtime=0)[:-9], "end is missing"),
        ("gzip, gzip", b"", "gzip, gzip"),
        ("br", b"", "br"),
    ],
)
def test_what_is_packed_wrongly_is_refused(web: Web, packing: str, content: bytes, detail: str) -> None:
    found = failure(web.at("/", Page(content, headers={"Content-Encoding": packing})))

    assert found.problem == "broken"
    assert detail in found.detail


def test_what_breaks_off_is_not_kept(web: Web) -> None:
    assert failure(web.at("/", Page(b"half", headers={"Content-Length": "1000"}))).problem == "broken"


def test_a_server_that_falls_silent_is_left(web: Web) -> None:
    gone = threading.Event()

    def wait(_: BaseHTTPRequestHandler) -> None:
        gone.wait()

    assert failure(web.at("/", Page(send=wait)), FetchLimits(silence=0.1)).problem == "slow"
    gone.set()


def test_a_server_that_drips_is_left_when_the_time_for_all_is_over(web: Web) -> None:
    pause = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        while True:
            handler.wfile.write(b"x")
            pause.wait(0.02)

    assert failure(web.at("/", Page(send=drip)), FetchLimits(total=0.3)).problem == "slow"


def test_nobody_at_the_other_end_is_told(web: Web) -> None:
    with serving() as gone:
        address = gone.at("/")

    assert failure(address).problem == "unreachable"


def test_a_name_that_nobody_has_is_told() -> None:
    def nobody(host: str, port: int) -> list[str]:
        raise OSError("Name or service not known")

    with pytest.raises(FetchFailed) as caught:
        Fetcher(resolve=nobody).fetch("https://nowhere.example/")

    assert (caught.value.problem, caught.value.address) == ("unknown host", "nowhere.example")


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("ftp://example.org/a.txt", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("https://", "address"),
        ("https://exa mple.org:x/", "address"),
        ("https://example.org/" + "a" * 2_000, "address"),
    ],
)
def test_what_is_no_web_address_is_refused_before_anybody_is_asked(address: str, problem: str) -> None:
    assert failure(address).problem == problem


@pytest.mark.parametrize("address", ["https://anna:geheim@example.org/a", "https://anna:geheim@exa mple.org:x/"])
def test_a_password_in_an_address_is_refused_and_never_repeated(address: str) -> None:
    found = failure(address)

    assert found.problem in {"credentials", "address"}
    assert "geheim" not in repr(found)
    assert "anna" not in repr(found)


# --- the extra -----------------------------------------------------------------------------------------------


def test_without_the_extra_fetching_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "httpx", None)

    with pytest.raises(FetchingMissing):
        fetch("https://example.org/")


def test_nothing_else_loads_what_fetches() -> None:
    code = (
        "import sys, bot.cli, bot.wording, bot.terminal.fetching, retrieval.articles.feeds\n"
        "sys.exit(bool({'httpx', 'httpcore', 'certifi', 'feedparser'} & set(sys.modules)))"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
