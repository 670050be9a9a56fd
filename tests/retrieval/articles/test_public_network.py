"""Where fetching goes: redirects, private addresses and TLS."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pytest_socket import SocketConnectBlockedError

from retrieval.articles.fetching import Fetcher
from retrieval.articles.public_network import is_public
from retrieval.errors import FetchFailed
from tests.retrieval.articles.fetches import PAGE, PUBLIC, Names, failure, fetch
from tests.retrieval.articles.web import HERE, Page, Web, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

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
