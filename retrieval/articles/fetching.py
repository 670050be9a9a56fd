"""Fetch one page, file or feed from the web, as it comes.

The extra ``feeds`` brings httpx, which is loaded only here and in ``public_network``. An address that a person names is
asked for as a browser does; robots.txt, which is for programs that choose their pages, is asked before others are.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib import metadata
from typing import TYPE_CHECKING, TypeVar

from retrieval.articles.confined import read_from_web
from retrieval.articles.manners import Turns
from retrieval.articles.received import (
    Fetched,
    FetchedFeed,
    Progress,
    received_anything,
    received_feed,
    received_file,
    received_rules,
)
from retrieval.errors import ArticleUnreadable, FetchFailed, FetchingMissing

if TYPE_CHECKING:
    import httpx

    from retrieval.articles.public_network import Resolve


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """How long fetching may take, in seconds, and how often one may be sent on."""

    connecting: float = 10.0
    silence: float = 20.0
    """Between two pieces of the answer."""
    total: float = 300.0
    redirects: int = 5
    pause: float | None = None
    """Between two requests to a host; None: ``manners.PAUSE_S``."""


_Got = TypeVar("_Got")

_LONGEST_ADDRESS = 2_000

_RULES_S = 3_600.0
"""For so long a host's robots.txt is not asked for again."""

_FAILING_RULES_S = 300.0

_AGENT = "Quoth"

_FEEDS = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.8"

_MOVED = {301, 308}
"""Redirects that hold from now on."""


class Fetcher:
    """Fetches from public addresses and, wherever they are, from the ``hosts`` that are named.

    Every fetching is for itself: no cookie, name or password is sent or kept. Any number of threads may share it; they
    take turns at each host.

    Args:
        hosts: may be inside of a network.
        limits: how long fetching may take.
        resolve: looks hosts up.
        contact: tells servers whom to turn to, as an address on the web or for mail.
    """

    def __init__(
        self,
        hosts: frozenset[str] = frozenset(),
        limits: FetchLimits | None = None,
        resolve: Resolve | None = None,
        contact: str = "",
    ) -> None:
        self._hosts = hosts
        self._limits = limits or FetchLimits()
        self._resolve = resolve
        self._contact = contact
        self._turns = Turns(self._limits.pause)
        self._rules: dict[str, tuple[float, bytes | FetchFailed]] = {}
        """By host: until when on the clock it holds, and a robots.txt, or why it does not come."""

    def fetch(self, address: str, progress: Progress | None = None, *, named: bool = True) -> Fetched:
        """The page or file at an ``address``; robots.txt is asked first unless a person has ``named`` it.

        Raises:
            FetchFailed: it cannot be had, is in no format that Quoth reads, or must not be fetched.
            FetchingMissing: httpx is not installed.
        """
        first, tell = _checked(address), progress or (lambda *_: None)
        return self._get(first, {}, lambda response, _: received_file(first, response, tell), named=named)

    def look_for(self, address: str) -> None:
        """See that there is something at an ``address``, of which nothing is read; raises as ``fetch`` where not."""
        self._get(_checked(address), {}, received_anything, named=False)

    def fetch_feed(
        self, address: str, etag: str = "", last_modified: str = "", *, named: bool = True
    ) -> FetchedFeed | None:
        """The feed at an ``address``; None where it is as it was when the server said those two of it.

        Raises what ``fetch`` does; in what format it is, only reading it shows.
        """
        known = {"If-None-Match": etag, "If-Modified-Since": last_modified, "Accept": _FEEDS}
        headers = {name: value for name, value in known.items() if value}
        return self._get(_checked(address), headers, received_feed, named=named)

    def _get(
        self,
        first: httpx.URL,
        headers: Mapping[str, str],
        receive: Callable[[httpx.Response, str], _Got],
        *,
        named: bool,
    ) -> _Got:
        """Ask for an address, go where redirects lead, and ``receive`` the answer there.

        ``receive`` is also told where it is from now on, as far as that is not where it was asked for.
        """
        url, moved, for_good = first, "", True
        with self._client() as client:
            for hop in range(self._limits.redirects + 1):
                if not named:
                    self._check_rules(url)
                with (
                    self._turns.turn(url.host, at_once=hop > 0),
                    _failures(str(url)),
                    client.stream("GET", url, headers=headers) as response,
                ):
                    if not response.has_redirect_location:
                        return receive(response, moved)
                    url = _sent_on(url, response.headers["location"])
                    for_good = for_good and response.status_code in _MOVED
                    moved = str(url) if for_good else moved
        raise FetchFailed(str(first), "redirects", str(self._limits.redirects))

    def _check_rules(self, url: httpx.URL) -> None:
        """Raise ``FetchFailed`` where a host's robots.txt keeps programs from an address (RFC 9309)."""
        rules = self._rules_of(f"{url.scheme}://{url.netloc.decode()}")
        if isinstance(rules, FetchFailed):
            raise rules
        if not rules.strip():
            return
        try:
            said = read_from_web("robots", {"agent": _AGENT, "address": str(url)}, rules)
        except ArticleUnreadable as error:
            raise FetchFailed(str(url), "robots", error.reason) from error
        self._turns.slow_down(url.host, said["delay"])
        if not said["allowed"]:
            raise FetchFailed(str(url), "robots", "it disallows this address")

    def _rules_of(self, root: str) -> bytes | FetchFailed:
        """A host's robots.txt, or why it does not come: asked for once in a while either way."""
        until, rules = self._rules.get(root, (0.0, b""))
        if until < time.monotonic():
            try:
                rules = self._get(_checked(f"{root}/robots.txt"), {}, received_rules, named=True)
            except FetchFailed as failure:
                rules = failure
            seconds = _FAILING_RULES_S if isinstance(rules, FetchFailed) else _RULES_S
            self._rules[root] = time.monotonic() + seconds, rules
        return rules

    def _client(self) -> httpx.Client:
        import httpx

        from retrieval.articles.public_network import PublicTransport, look_up

        agent = _user_agent(self._contact)
        return httpx.Client(
            transport=PublicTransport(self._hosts, self._limits.total, self._resolve or look_up),
            timeout=httpx.Timeout(self._limits.silence, connect=self._limits.connecting),
            headers={"User-Agent": agent, "Accept": "text/html, */*;q=0.8", "Accept-Encoding": "gzip"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            trust_env=False,
        )


def _user_agent(contact: str) -> str:
    try:
        version = metadata.version("quoth")
    except metadata.PackageNotFoundError:
        version = "unknown"
    whom = f"+{contact}; " if contact else ""
    return f"{_AGENT}/{version} ({whom}fetches pages and feeds that a person follows)"


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


# --- failures ------------------------------------------------------------------------------------------------


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
