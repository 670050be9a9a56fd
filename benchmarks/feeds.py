"""``python -m benchmarks.feeds FOLDER``: every file of a folder is served on the loopback and followed as a feed.

For feedparser's own tests (https://github.com/kurtmckee/feedparser, ``tests``), whose files say in a comment with which
headers they are to be served. What is listed is compared with what feedparser itself finds.
"""

from __future__ import annotations

import argparse
import io
import logging
import re
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import feedparser

from retrieval.articles import care
from retrieval.articles.confined import let_go
from retrieval.articles.feeds import Wanted, follow, read_listing, update_all
from retrieval.articles.fetching import Fetcher, FetchLimits
from retrieval.articles.received import FetchedFeed
from retrieval.errors import FetchFailed

_HEADER = re.compile(rb"^Header:\s*([\w-]+)\s*:\s*(.+?)\s*$", re.MULTILINE)
_OURS = ("broke the program", "processor time", "damaged:", "reason")
"""Reasons that are a failure of Quoth rather than of a feed."""


def headers_of(file: Path, content: bytes) -> dict[str, str]:
    """What a file is to be served with."""
    said = {name.decode().lower(): value.decode("latin-1") for name, value in _HEADER.findall(content[:4_096])}
    usual = "application/json" if file.suffix == ".json" else "application/xml"
    return {"content-type": usual, **{name: value for name, value in said.items() if name != "content-length"}}


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The folder on the loopback while the block runs; gives the address of its root."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            file = folder / unquote(self.path.lstrip("/"))
            content = file.read_bytes() if file.is_file() else b""
            self.send_response(200 if file.is_file() else 404)
            for name, value in headers_of(file, content).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


def listed_by_feedparser(found: FetchedFeed) -> tuple[bool, int]:
    """Whether feedparser takes a content for a feed, and how many entries it finds there."""
    headers = {"content-type": found.content_type, "content-location": found.address}
    read = feedparser.parse(io.BytesIO(found.content), response_headers=headers)
    return bool(read.get("version")), len(read.entries)


def outcome(library: Path, address: str, fetcher: Fetcher) -> str:
    """What becomes of a feed, in a word or two; begins with ``OURS`` where that is not as it should be."""
    raw = fetcher.fetch_feed(address)
    if raw is None:
        return "OURS: nothing came"
    is_feed, entries = listed_by_feedparser(raw)
    try:
        follow(library, address, fetcher, Wanted(pages="never"))
        found = read_listing(raw)
    except FetchFailed as failure:
        if is_feed or any(word in failure.detail for word in _OURS):
            return f"OURS: {failure!r}"
        return f"refused: {failure.problem}"
    if is_feed and len(found.entries) != entries and entries < 2:  # noqa: PLR2004 - several may have one id
        return f"OURS: {len(found.entries)} entries of {entries}"
    return f"{found.kind}, {'no entry' if not found.entries else 'entries'}"


def main() -> int:
    """Follow them all, update them all, and print what became of them."""
    logging.disable()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder.resolve()
    files = sorted(file for file in folder.rglob("*") if file.suffix in {".xml", ".json"} and file.is_file())
    started, counts = time.monotonic(), Counter[str]()
    fetcher = Fetcher(frozenset({"127.0.0.1"}), FetchLimits(pause=0))
    with tempfile.TemporaryDirectory() as place, served(folder) as root:
        library = Path(place)
        for file in files:
            name = file.relative_to(folder).as_posix()
            try:
                said = outcome(library, root + quote(name), fetcher)
            except Exception as error:  # noqa: BLE001 - that is what is looked for
                said = f"OURS: {error!r}"
            counts[said if not said.startswith("OURS") else "OURS"] += 1
            if said.startswith("OURS"):
                print(name, said)
        again = Counter(update.failure.problem if update.failure else "came" for update in update_all(library, fetcher))
        articles, skipped = care.survey(library)
    let_go()
    print(
        f"{len(files)} files in {time.monotonic() - started:.0f} s; {len(articles)} articles, {len(skipped)} unreadable"
    )
    for said, number in counts.most_common():
        print(f"{number:6,} {said}")
    print("updated: " + ", ".join(f"{number:,} {said}" for said, number in again.most_common()))
    return int(bool(counts["OURS"]) or any(problem != "came" for problem in again))


if __name__ == "__main__":
    sys.exit(main())
