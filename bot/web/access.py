"""Who may ask, and what a browser may do with what it gets: a wrapper around the whole application."""

from __future__ import annotations

import base64
import hmac
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request

from bot.web.problems import Problem

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEALTH = "/health"
"""Needs no token, which a monitor would have to be given; it tells nothing of the articles."""

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""Nothing runs but the server's own script, nothing comes from another host, no other page learns what was asked."""

_CHALLENGE = {"WWW-Authenticate": 'Basic realm="Quoth", charset="UTF-8"'}
"""Has a browser ask for a name, which may be any, and a password, which is the token."""


def is_loopback(name: str) -> bool:
    """Whether a host's name or address leads to this machine, and from nowhere else."""
    if name.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Access:
    """Who may ask."""

    token: str | None = None
    """What has to come with each request; None for none."""
    any_host: bool = False
    """Whether the server answers by whatever name it is called. Else only by names of the loopback: a page of a site
    whose name is suddenly said to lead to this machine could read the articles otherwise."""

    @property
    def shows_gaps(self) -> bool:
        """Whether whoever may ask may also see what others asked in vain: not where that is everybody."""
        return self.token is not None or not self.any_host

    origins: frozenset[str] = frozenset()
    """Other sites whose pages may ask from a visitor's browser, such as ``https://news.example.org``."""

    def problem(self, headers: Headers) -> Problem | None:
        """Why a request with these headers is not answered; None when it is."""
        if self.token is not None:
            if hmac.compare_digest(_given(headers).encode(), self.token.encode()):
                return None
            remedy = "Send it as the password of basic authentication, or in a header: Authorization: Bearer TOKEN."
            return Problem("token", remedy, _CHALLENGE)
        if self.any_host or is_loopback(_host(headers.get("host", ""))):
            return None
        return Problem(
            "host", "Call it 127.0.0.1 or localhost; other names need QUOTH_SERVE_TOKEN or QUOTH_SERVE_OPEN."
        )


def _host(header: str) -> str:
    """The name in a ``Host`` header, without the port."""
    name, bracket, _ = header.partition("]")
    return name + bracket if bracket else header.rpartition(":")[0] if ":" in header else header


def _given(headers: Headers) -> str:
    """The token that came with a request; empty without one."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value.strip()).decode("utf-8", "replace").partition(":")[2]
        except ValueError:
            return ""
    return ""


class Guard:
    """An application that answers only those who may ask, and tells browsers what they may do.

    Args:
        app: the application.
        access: who may ask.
        refuse: makes the response to those who may not.
    """

    def __init__(self, app: ASGIApp, access: Access, refuse: Callable[[Request, Problem], Response]) -> None:
        self._app, self._access, self._refuse = app, access, refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        free = scope["path"] == HEALTH or scope["path"].startswith(f"{HEALTH}/")
        problem = None if free else self._access.problem(Headers(scope=scope))
        app = self._app if problem is None else self._refuse(Request(scope), problem)
        await app(scope, receive, send_guarded)
