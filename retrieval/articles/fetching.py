"""Fetch one page, file or feed from the web, as it comes, by an address that a person names.

The extra ``feeds`` brings httpx, which is loaded only here and in ``public_network``. robots.txt is not asked: it is
for programs that choose their pages, and here a person has.
"""

from __future__ import annotations

import hashlib
import re
import ssl
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib import metadata
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, TypeVar

from retrieval.articles.formats.registry import FORMATS
from retrieval.errors import FetchFailed, FetchingMissing, FetchProblem

if TYPE_CHECKING:
    import httpx

    from retrieval.articles.public_network import Resolve

Progress = Callable[[str, int, int], None]
"""Told of the stage "fetching", how many KiB have come, and of how many (0 where the server does not say)."""


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """How long fetching may take, in seconds, and how often one may be sent on."""

    connecting: float = 10.0
    silence: float = 20.0
    """Between two pieces of the answer."""
    total: float = 300.0
    redirects: int = 5


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file as a server gave it, and what is known of where it comes from."""

    address: str
    """As it was asked for, without a fragment."""
    suffix: str
    """Of the format that it is in."""
    content: bytes
    day: date
    """Of fetching, in UTC."""
    content_type: str
    last_modified: str
    """When the server says that it changed last, in the server's words; empty where it does not say."""
    stem: str
    """What the file is called before its suffix, after the address."""
    said: Mapping[str, str] = field(default_factory=dict)
    """Title, source and the like, from a feed that lists it."""

    @property
    def names(self) -> tuple[str, str]:
        """A name for the file, and another for where a different address has the first."""
        mark = hashlib.sha256(self.address.encode()).hexdigest()[:8]
        return f"{self.stem}{self.suffix}", f"{self.stem}-{mark}{self.suffix}"


@dataclass(frozen=True, slots=True)
class FetchedFeed:
    """A feed as a server gave it."""

    address: str
    """Where it was found in the end, to which addresses in it are relative."""
    content: bytes
    content_type: str
    etag: str
    last_modified: str


_Got = TypeVar("_Got")

_FEED_MIB = 8

_LONGEST_ADDRESS = 2_000
_LONGEST_HEADER = 200
_LONGEST_STEM = 80

_CHUNK = 2**16

_BY_TYPE = {
    "application/epub+zip": ".epub",
    "application/json": ".json",
    "application/jsonl": ".jsonl",
    "application/pdf": ".pdf",
    "application/rtf": ".rtf",
    "application/vnd.oasis.opendocument.text": ".odt",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/x-ndjson": ".jsonl",
    "application/x-pdf": ".pdf",
    "application/x-subrip": ".srt",
    "application/xhtml+xml": ".xhtml",
    "message/rfc822": ".eml",
    "text/html": ".html",
    "text/markdown": ".md",
    "text/rtf": ".rtf",
    "text/vtt": ".vtt",
    "text/x-markdown": ".md",
}
"""Suffixes by what a server says that it gives."""

_PLAIN = {".txt", ".text", ".md", ".markdown", ".json", ".jsonl", ".srt", ".vtt"}
_PACKED = {".docx", ".epub", ".odt", ".pptx"}
_BY_ADDRESS = {
    "": set(FORMATS),
    "application/octet-stream": set(FORMATS),
    "application/x-download": set(FORMATS),
    "application/zip": _PACKED,
    "binary/octet-stream": set(FORMATS),
    "text/plain": _PLAIN,
}
"""The suffixes that an address may choose among, for types that do not say enough."""

_STATUS: dict[int, FetchProblem] = {
    401: "forbidden",
    403: "forbidden",
    404: "missing",
    410: "gone",
    429: "busy",
    451: "forbidden",
    503: "busy",
}


class Fetcher:
    """Fetches from public addresses and, wherever they are, from the ``hosts`` that are named.

    Every fetching is for itself: no cookie, name or password is sent or kept.
    """

    def __init__(
        self, hosts: frozenset[str] = frozenset(), limits: FetchLimits | None = None, resolve: Resolve | None = None
    ) -> None:
        self._hosts = hosts
        self._limits = limits or FetchLimits()
        self._resolve = resolve

    def fetch(self, address: str, progress: Progress | None = None) -> Fetched:
        """The page or file at an ``address``.

        Raises:
            FetchFailed: it cannot be had, is in no format that Quoth reads, or must not be fetched.
            FetchingMissing: httpx is not installed.
        """
        first = _checked(address)
        return self._get(first, {}, lambda response: _received(first, response, progress or (lambda *_: None)))

    def fetch_feed(self, address: str, etag: str = "", last_modified: str = "") -> FetchedFeed | None:
        """The feed at an ``address``; None where it is as it was when the server said those two of it.

        Raises what ``fetch`` does; in what format it is, only reading it shows.
        """
        known = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        return self._get(_checked(address), {name: value for name, value in known.items() if value}, _received_feed)

    def _get(self, first: httpx.URL, headers: Mapping[str, str], receive: Callable[[httpx.Response], _Got]) -> _Got:
        """Ask for an address, go where redirects lead, and ``receive`` the answer there."""
        url = first
        with self._client() as client:
            for _ in range(self._limits.redirects + 1):
                with _failures(str(url)), client.stream("GET", url, headers=headers) as response:
                    if not response.has_redirect_location:
                        return receive(response)
                    url = _sent_on(url, response.headers["location"])
        raise FetchFailed(str(first), "redirects", str(self._limits.redirects))

    def _client(self) -> httpx.Client:
        import httpx

        from retrieval.articles.public_network import PublicTransport, look_up

        return httpx.Client(
            transport=PublicTransport(self._hosts, self._limits.total, self._resolve or look_up),
            timeout=httpx.Timeout(self._limits.silence, connect=self._limits.connecting),
            headers={"User-Agent": _user_agent(), "Accept": "text/html, */*;q=0.8", "Accept-Encoding": "gzip, deflate"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            trust_env=False,
        )


def _user_agent() -> str:
    try:
        version = metadata.version("quoth")
    except metadata.PackageNotFoundError:
        version = "unknown"
    return f"Quoth/{version} (fetches pages and feeds that a person names)"


# --- addresses -----------------------------------------------------------------------------------------------


def _checked(address: str) -> httpx.URL:
    """An address that may be asked for, without its fragment; one with a name or password in it is never repeated."""
    try:
        import httpx
    except ImportError as error:
        raise FetchingMissing from error
    try:
        url = httpx.URL(address.strip())
    except (httpx.InvalidURL, ValueError) as error:
        shown = "The address" if "@" in address else address
        raise FetchFailed(shown, "address", str(error) if "@" not in address else "") from error
    if url.userinfo:
        raise FetchFailed(f"{url.scheme}://{url.host}", "credentials")
    if url.scheme not in {"http", "https"}:
        raise FetchFailed(address, "scheme")
    if not url.host:
        raise FetchFailed(address, "address", "it names no host")
    if len(address) > _LONGEST_ADDRESS:
        raise FetchFailed(url.host, "address", f"it is longer than {_LONGEST_ADDRESS:,} characters")
    return url.copy_with(fragment=None)


def _sent_on(url: httpx.URL, location: str) -> httpx.URL:
    """Where a redirect leads, if it may be followed."""
    import httpx

    try:
        target = _checked(str(url.join(location)))
    except (httpx.InvalidURL, ValueError) as error:
        raise FetchFailed(str(url), "broken", "it sends on to no address") from error
    if url.scheme == "https" and target.scheme == "http":
        raise FetchFailed(str(url), "downgrade")
    return target


def _stem(url: httpx.URL) -> str:
    """A name for a file after its address, of letters, digits, dots and dashes."""
    path = PurePosixPath(url.path)
    if path.suffix.lower() in FORMATS:
        path = path.with_suffix("")
    host = ".".join(re.findall(r"[\w-]+", url.host.removeprefix("www."))).strip("-")
    return "-".join([host, *re.findall(r"\w+", str(path).lower())])[:_LONGEST_STEM].rstrip("-.") or "page"


# --- answers -------------------------------------------------------------------------------------------------


def _received(asked: httpx.URL, response: httpx.Response, progress: Progress) -> Fetched:
    """What a server gives, read no further than its format allows."""
    address = str(response.url)
    if response.status_code != 200:  # noqa: PLR2004 - "here it is", the one answer that brings the file
        raise _refusal(address, response)
    kind = response.headers.get("content-type", "")[:_LONGEST_HEADER]
    suffix = _suffix(address, kind, (asked, response.url))
    return Fetched(
        address=str(asked),
        suffix=suffix,
        content=_content(address, response, FORMATS[suffix].max_mib, progress),
        day=datetime.now(UTC).date(),
        content_type=kind,
        last_modified=response.headers.get("last-modified", "")[:_LONGEST_HEADER],
        stem=_stem(asked),
    )


def _received_feed(response: httpx.Response) -> FetchedFeed | None:
    address = str(response.url)
    if response.status_code == 304:  # noqa: PLR2004 - "as it was"
        return None
    if response.status_code != 200:  # noqa: PLR2004 - likewise
        raise _refusal(address, response)
    of_feed = (response.headers.get(name, "")[:_LONGEST_HEADER] for name in ("content-type", "etag", "last-modified"))
    return FetchedFeed(address, _content(address, response, _FEED_MIB, lambda *_: None), *of_feed)


def _refusal(address: str, response: httpx.Response) -> FetchFailed:
    status = response.status_code
    problem = _STATUS.get(status, "server" if status >= 500 else "status")  # noqa: PLR2004 - RFC 9110, 15.6
    if problem == "busy":
        words, seconds = _wait(response)
        return FetchFailed(address, problem, words, seconds)
    return FetchFailed(address, problem, str(status))


_USUAL_WAIT_S = 3_600
_LONGEST_WAIT_S = 7 * 86_400


def _wait(response: httpx.Response) -> tuple[str, int]:
    """How long a server wants to be left alone, in words and seconds: it gives seconds, a time, or nothing."""
    wait = response.headers.get("retry-after", "")[:_LONGEST_HEADER]
    if wait.isascii() and wait.isdigit():
        return f"for {wait} seconds", min(int(wait), _LONGEST_WAIT_S)
    try:
        seconds = (parsedate_to_datetime(wait) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError):
        return "for a while", _USUAL_WAIT_S
    return f"until {wait}", int(min(max(seconds, 0), _LONGEST_WAIT_S))


def _suffix(address: str, content_type: str, urls: tuple[httpx.URL, ...]) -> str:
    """The suffix of the format that a server names or, where that does not say enough, the address."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind in _BY_TYPE:
        return _BY_TYPE[kind]
    for url in urls:
        suffix = PurePosixPath(url.path).suffix.lower()
        if suffix in _BY_ADDRESS.get(kind, ()):
            return suffix
    if kind == "text/plain":
        return ".txt"
    raise FetchFailed(address, "type", kind or "no type is named")


def _content(address: str, response: httpx.Response, max_mib: int, progress: Progress) -> bytes:
    """The bytes of an answer, unpacked; more than ``max_mib`` are neither read nor unpacked."""
    said = response.headers.get("content-length", "")
    announced = int(said) if said.isascii() and said.isdigit() else 0
    if announced > max_mib * 2**20:
        raise FetchFailed(address, "large", f"{max_mib} MiB")
    packed = response.headers.get("content-encoding", "identity").strip().lower()
    content = bytearray()
    for piece in _unpacked(address, response.iter_raw(_CHUNK), packed):
        content += piece
        if len(content) > max_mib * 2**20:
            raise FetchFailed(address, "large", f"{max_mib} MiB")
        progress("fetching", len(content) // 2**10, announced // 2**10 if packed == "identity" else 0)
    return bytes(content)


def _unpacked(address: str, raw: Iterator[bytes], packed: str) -> Iterator[bytes]:
    """The pieces of an answer, unpacked a little at a time, so that one that swells a thousandfold fills no memory."""
    if packed in {"", "identity"}:
        yield from raw
        return
    if packed not in {"gzip", "x-gzip", "deflate"}:
        raise FetchFailed(address, "broken", f"it is packed as {packed[:_LONGEST_HEADER]}, which was not asked for")
    unpacking = zlib.decompressobj(zlib.MAX_WBITS | 32)  # gzip or zlib, by its first bytes
    try:
        for piece in raw:
            left = piece
            while left and not unpacking.eof:
                yield unpacking.decompress(left, _CHUNK)
                left = unpacking.unconsumed_tail
    except zlib.error as error:
        raise FetchFailed(address, "broken", "it is packed, and damaged") from error
    if not unpacking.eof:
        raise FetchFailed(address, "broken", "it is packed, and its end is missing")


@contextmanager
def _failures(address: str) -> Iterator[None]:
    """Say what went wrong on the network as ``FetchFailed``."""
    import httpx

    try:
        yield
    except httpx.TimeoutException as error:
        raise FetchFailed(address, "slow") from error
    except httpx.ConnectError as error:
        refused = _certificate(error)
        raise FetchFailed(address, "tls" if refused else "unreachable", refused or str(error)) from error
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
        raise FetchFailed(address, "broken", str(error)) from error


def _certificate(error: BaseException | None) -> str:
    """What is wrong with the server's certificate or its encryption, if that is what an error comes from."""
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return getattr(error, "verify_message", "") or error.reason or "no TLS"
        error = error.__cause__ or error.__context__
    return ""
