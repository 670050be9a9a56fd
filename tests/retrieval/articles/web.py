"""A web server on the loopback that gives what a test puts on it."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HERE = frozenset({"127.0.0.1"})


@dataclass(frozen=True, slots=True)
class Page:
    """What the server gives at a path."""

    content: bytes = b""
    type: str = "text/html"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    send: Callable[[BaseHTTPRequestHandler], None] | None = None
    """Sends the body instead, at its own pace; its length is then not announced."""


class Web:
    """The pages, by their paths, and what was asked for."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.pages: dict[str, Page] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []

    def at(self, path: str, page: Page | None = None) -> str:
        """The address of a path, at which a page may be put."""
        if page:
            self.pages[path] = page
        return f"http://127.0.0.1:{self.port}{path}"


@contextmanager
def serving(context: ssl.SSLContext | None = None) -> Iterator[Web]:
    """A server while the block runs, over TLS with a ``context``."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            web.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            page = web.pages.get(self.path, Page(b"nothing here", status=404))
            self.send_response(page.status)
            if page.type:
                self.send_header("Content-Type", page.type)
            for name, value in page.headers.items():
                self.send_header(name, value)
            if not page.send and "Content-Length" not in page.headers:
                self.send_header("Content-Length", str(len(page.content)))
            self.end_headers()
            with suppress(OSError):  # whoever asked may have gone away
                (page.send or (lambda _: self.wfile.write(page.content)))(self)

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            """Someone who breaks off is what tests are about."""

    server = Server(("127.0.0.1", 0), Handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    web = Web(server.server_port)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
