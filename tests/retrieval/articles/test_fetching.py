"""Fetching a page: what comes back, what is refused, and that no way leads into the network that Quoth runs in."""

from __future__ import annotations

import gzip
import ssl
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pytest_socket import SocketConnectBlockedError

from retrieval.articles.fetching import Fetcher, FetchLimits
from retrieval.articles.public_network import is_public, look_up
from retrieval.articles.received import Fetched
from retrieval.errors import FetchFailed, FetchingMissing
from tests.retrieval.articles.web import HERE, Page, Web, serving

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

PAGE = Page(b"<html><body><p>The bridge opened on Monday.</p></body></html>", "text/html; charset=utf-8")
PUBLIC = "93.184.216.34"


class Names:
    """A resolver whose answers for a name are given one after the other; the last holds from then on."""

    def __init__(self, **answers: Sequence[str]) -> None:
        self.answers = {f"{name}.example": list(given) for name, given in answers.items()}
        self.asked: list[str] = []

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        if host not in self.answers:
            return look_up(host, port)
        answers = self.answers[host]
        return answers.pop(0).split() if len(answers) > 1 else answers[0].split()


def fetch(address: str, limits: FetchLimits | None = None, names: Names | None = None) -> Fetched:
    return Fetcher(HERE, limits, names).fetch(address)


def failure(address: str, limits: FetchLimits | None = None, names: Names | None = None) -> FetchFailed:
    with pytest.raises(FetchFailed) as caught:
        fetch(address, limits, names)
    return caught.value


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
        ("/page.html", "text/plain", ".txt"),
        ("/page.php", "TEXT/HTML", ".html"),
        ("/x", "text/markdown", ".md"),
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


@pytest.mark.parametrize(("packing", "packed"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_a_packed_page_is_unpacked(web: Web, packing: str, packed: type[bytes]) -> None:
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


def test_a_bomb_is_not_unpacked_further_than_the_format_allows(web: Web) -> None:
    bomb = gzip.compress(bytes(2**26))

    assert len(bomb) < 2**17
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


# --- redirects -----------------------------------------------------------------------------------------------


def test_a_page_that_has_moved_keeps_the_address_that_was_asked_for(web: Web) -> None:
    web.at("/new.pdf", Page(b"%PDF", "application/octet-stream"))
    address = web.at("/old", Page(status=301, headers={"Location": "new.pdf"}))

    found = fetch(address)

    assert (found.address, found.suffix, found.content) == (address, ".pdf", b"%PDF")


def test_a_circle_of_redirects_ends(web: Web) -> None:
    address = web.at("/", Page(status=302, headers={"Location": "/"}))

    assert failure(address).problem == "redirects"
    assert len(web.asked) == 6


@pytest.mark.parametrize(
    ("location", "problem"),
    [
        ("file:///etc/passwd", "scheme"),
        ("http://anna:geheim@127.0.0.1/", "credentials"),
        ("http://host:x/", "broken"),
        ("http://localhost:1/", "private"),
        ("http://169.254.169.254/latest/meta-data", "private"),
        ("http://inside.example/", "private"),
    ],
)
def test_a_redirect_is_checked_as_an_address_is(web: Web, location: str, problem: str) -> None:
    address = web.at("/", Page(status=302, headers={"Location": location}))

    assert failure(address, names=Names(inside=["10.0.0.7"])).problem == problem


# --- private addresses ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",  # noqa: S104
        "224.0.0.1", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fec0::1",
        "ff0e::1", "::ffff:10.0.0.1", "::ffff:93.184.216.34", "64:ff9b::a00:1", "2002:a00:1::", "2001:0:1::1",
    ],
)  # fmt: skip
def test_addresses_inside_of_networks_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


def test_a_name_without_an_address_leads_nowhere() -> None:
    assert failure("http://empty.example/", names=Names(empty=[""])).problem == "unreachable"


def test_one_private_address_among_those_of_a_name_is_enough_to_refuse_it() -> None:
    found = failure("http://mixed.example/", names=Names(mixed=[f"{PUBLIC} 10.0.0.7"]))

    assert (found.problem, found.address, found.detail) == ("private", "mixed.example", "10.0.0.7")


@pytest.mark.filterwarnings("ignore:A test tried to use:UserWarning")
def test_a_connection_goes_to_the_address_that_was_checked_and_not_to_what_the_name_means_by_then(web: Web) -> None:
    names = Names(rebinding=[PUBLIC, "127.0.0.1"])

    # The tests' own guard stops the connection, and says where it would have gone.
    with pytest.raises(SocketConnectBlockedError, match=PUBLIC):
        fetch(f"http://rebinding.example:{web.port}/", names=names)

    assert names.asked == ["rebinding.example"]
    assert web.asked == []


def test_a_name_is_checked_anew_when_a_redirect_leads_to_it_again(web: Web) -> None:
    names = Names(rebinding=["10.0.0.7"])
    address = web.at("/", Page(status=302, headers={"Location": f"http://rebinding.example:{web.port}/"}))

    assert failure(address, names=names).problem == "private"
    assert [path for path, _ in web.asked] == ["/"]


def test_a_host_that_is_named_may_be_inside_and_is_asked_by_its_name(web: Web) -> None:
    web.at("/", PAGE)

    found = Fetcher(frozenset({"wiki.example"}), resolve=Names(wiki=["127.0.0.1"])).fetch(
        f"http://WIKI.example:{web.port}/"
    )

    assert found.content == PAGE.content
    assert web.asked[0][1]["host"] == f"wiki.example:{web.port}"


@pytest.mark.allow_hosts(["127.0.0.1", "127.0.0.2"])
def test_the_next_address_of_a_name_is_tried_where_the_first_does_not_answer(web: Web) -> None:
    web.at("/", PAGE)

    found = Fetcher(frozenset({"wiki.example"}), resolve=lambda *_: ["127.0.0.2", "127.0.0.1"])

    assert found.fetch(f"http://wiki.example:{web.port}/").content == PAGE.content


# --- TLS -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for news.example, which is its own authority, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "news.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("news.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "news.pem"
    encodings = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path.write_bytes(key.private_bytes(*encodings) + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def secure(certificate: Path) -> Iterator[Web]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with serving(context) as served:
        yield served


INSIDE = frozenset({"news.example", "other.example"})
NEWS = {"news": ["127.0.0.1"], "other": ["127.0.0.1"]}


def test_the_certificate_is_held_against_the_name_and_not_the_address(
    secure: Web, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    secure.at("/", PAGE)
    fetcher = Fetcher(INSIDE, resolve=Names(**NEWS))

    assert fetcher.fetch(f"https://news.example:{secure.port}/").content == PAGE.content
    with pytest.raises(FetchFailed) as caught:
        fetcher.fetch(f"https://other.example:{secure.port}/")
    assert caught.value.problem == "tls"
    assert "mismatch" in caught.value.detail


def test_a_server_without_a_known_certificate_is_refused(secure: Web) -> None:
    with pytest.raises(FetchFailed) as caught:
        Fetcher(INSIDE, resolve=Names(**NEWS)).fetch(f"https://news.example:{secure.port}/")

    assert (caught.value.problem, caught.value.detail) == ("tls", "self-signed certificate")


def test_a_server_that_speaks_no_tls_is_refused(web: Web) -> None:
    assert failure(web.at("/").replace("http:", "https:")).problem == "tls"


def test_a_redirect_out_of_tls_is_refused(
    secure: Web, web: Web, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    secure.at("/", Page(status=302, headers={"Location": web.at("/", PAGE)}))

    with pytest.raises(FetchFailed) as caught:
        Fetcher(INSIDE | HERE, resolve=Names(**NEWS)).fetch(f"https://news.example:{secure.port}/")

    assert caught.value.problem == "downgrade"
    assert web.asked == []


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
