"""Connections to public addresses only: each host is looked up once, checked, and connected to at what was checked.

Whoever asks for a page by its name could otherwise be led into the network that Quoth runs in: by a name that stands
for an address there, by one whose answer changes between the check and the connection, or by a redirect.
"""

from __future__ import annotations

import functools
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import certifi
import httpcore
import httpx

from retrieval.errors import FetchFailed

Resolve = Callable[[str, int], Sequence[str]]
"""The IP addresses of a host for a connection to a port; raises ``OSError`` when there are none."""

_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
"""NAT64: an IPv4 address, perhaps a private one, is in the last four bytes."""


def look_up(host: str, port: int) -> list[str]:
    """The IP addresses that the system's resolver gives for ``host``, in its order."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(place[4][0]) for place in found))


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the internet at large, and hides no other address in itself."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        hides_another = ip.ipv4_mapped or ip.sixtofour or ip.teredo or ip in _TRANSLATED
        if hides_another or ip.is_site_local or ip.scope_id:
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


class PublicTransport(httpx.HTTPTransport):
    """Carries httpx's requests over HTTP/1.1, each on a connection of its own, until ``seconds`` have passed in all.

    ``hosts`` are those that may have addresses that are not public.
    """

    def __init__(self, hosts: frozenset[str], seconds: float, resolve: Resolve = look_up) -> None:
        context = _certificates(ssl.get_default_verify_paths())
        super().__init__(verify=context, trust_env=False)
        self._pool.close()
        self._pool = httpcore.ConnectionPool(
            ssl_context=context,
            max_keepalive_connections=0,
            network_backend=_PublicBackend(hosts, time.monotonic() + seconds, resolve),
        )


@functools.cache
def _certificates(_: ssl.DefaultVerifyPaths) -> ssl.SSLContext:
    """The system's certificates and those of SSL_CERT_FILE, as everywhere, and Mozilla's where a system has none.

    Reading them takes longer than most requests.
    """
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


class _PublicBackend(httpcore.NetworkBackend):
    """Opens httpcore's connections, to the very address that was checked."""

    def __init__(self, hosts: frozenset[str], deadline: float, resolve: Resolve) -> None:
        self._hosts = hosts
        self._deadline = deadline
        self._resolve = resolve
        self._system = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        refused: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        for address in self._addresses(host, port):
            seconds = _remaining(self._deadline, timeout)
            try:
                opened = self._system.connect_tcp(address, port, seconds, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                refused = error
            else:
                return _TimedStream(opened, self._deadline)
        raise refused or httpcore.ConnectError("it has no address")

    def _addresses(self, host: str, port: int) -> Sequence[str]:
        try:
            addresses = self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise FetchFailed(host, "unknown host") from error
        if host.lower() not in self._hosts:
            for address in addresses:
                if not is_public(address):
                    raise FetchFailed(host, "private", address)
        return addresses


class _TimedStream(httpcore.NetworkStream):
    """A connection that ends at the deadline, however slowly its other side goes on sending."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _remaining(self._deadline, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _remaining(self._deadline, timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        seconds = _remaining(self._deadline, timeout)
        return _TimedStream(self._stream.start_tls(ssl_context, server_hostname, seconds), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _remaining(deadline: float, timeout: float | None) -> float:
    """The seconds that one step may take; raises ``ReadTimeout`` when none is left."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the time for all of it is over")
    return left if timeout is None else min(left, timeout)
