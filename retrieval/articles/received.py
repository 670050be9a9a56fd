"""What a server answers: a page or file in a format that Quoth reads, a feed, or a refusal; no more than is allowed."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from retrieval.articles.formats.registry import FORMATS
from retrieval.errors import FetchFailed, FetchProblem

if TYPE_CHECKING:
    import httpx

Progress = Callable[[str, int, int], None]
"""Told of the stage "fetching", how many KiB have come, and of how many (0 where the server does not say)."""


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
    owned: bool = False
    """Whether its name is its own, so that whatever has it is an earlier version."""

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
    moved: str = ""
    """Where it is from now on, where its server says so; else empty."""


FEED_MIB = 8
_RULES_BYTES = 500 * 2**10

_LONGEST_HEADER = 200
_LONGEST_STEM = 120
"""Bytes."""

_CHUNK = 2**16

_BY_TYPE = {
    "application/csv": ".csv",
    "application/epub+zip": ".epub",
    "application/json": ".json",
    "application/jsonl": ".jsonl",
    "application/mbox": ".mbox",
    "application/pdf": ".pdf",
    "application/rtf": ".rtf",
    "application/vnd.oasis.opendocument.spreadsheet": ".ods",
    "application/vnd.oasis.opendocument.text": ".odt",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/x-ipynb+json": ".ipynb",
    "application/x-ndjson": ".jsonl",
    "application/x-pdf": ".pdf",
    "application/x-subrip": ".srt",
    "application/xhtml+xml": ".xhtml",
    "message/rfc822": ".eml",
    "text/csv": ".csv",
    "text/html": ".html",
    "text/markdown": ".md",
    "text/prs.fallenstein.rst": ".rst",
    "text/rtf": ".rtf",
    "text/tab-separated-values": ".tsv",
    "text/vtt": ".vtt",
    "text/x-markdown": ".md",
    "text/x-rst": ".rst",
}
"""Suffixes by what a server says that it gives."""

_PLAIN = {
    *(".csv", ".ipynb", ".json", ".jsonl", ".markdown", ".mbox", ".md", ".mdx", ".rst", ".srt", ".text", ".tsv"),
    *(".txt", ".vtt"),
}
_PACKED = {".docx", ".epub", ".odt", ".ods", ".pptx", ".xlsx"}
_TABLES = {".csv", ".tsv", ".xls", ".xlsx"}
_BY_ADDRESS = {
    "": set(FORMATS),
    "application/octet-stream": set(FORMATS),
    "application/vnd.ms-excel": _TABLES,
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

_NOT_NOW = {429}


def received_file(asked: httpx.URL, response: httpx.Response, progress: Progress) -> Fetched:
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


def received_feed(response: httpx.Response, moved: str) -> FetchedFeed | None:
    """What a server gives as a feed; None where it says that nothing has changed."""
    address = str(response.url)
    if response.status_code == 304:  # noqa: PLR2004 - "as it was"
        return None
    if response.status_code != 200:  # noqa: PLR2004 - likewise
        raise _refusal(address, response)
    kind, etag, last = (
        response.headers.get(name, "")[:_LONGEST_HEADER] for name in ("content-type", "etag", "last-modified")
    )
    return FetchedFeed(address, _content(address, response, FEED_MIB, lambda *_: None), kind, etag, last, moved)


def received_anything(response: httpx.Response, _: str) -> None:
    """That something is there; raises ``FetchFailed`` where nothing is."""
    if response.status_code >= 400:  # noqa: PLR2004 - RFC 9110, 15.5
        raise _refusal(str(response.url), response)


def received_rules(response: httpx.Response, _: str) -> bytes:
    """A robots.txt, as far as robots have to read it; nothing, which allows everything, where there is none."""
    status = response.status_code
    if status in _NOT_NOW or status >= 500:  # noqa: PLR2004 - RFC 9309, 2.3.1.4: then nothing is allowed
        raise _refusal(str(response.url), response)
    if status != 200:  # noqa: PLR2004 - "here it is"
        return b""
    rules = bytearray()
    packed = response.headers.get("content-encoding", "identity").strip().lower()
    for piece in _unpacked(str(response.url), response.iter_raw(_CHUNK), packed):
        rules += piece
        if len(rules) >= _RULES_BYTES:
            break
    return bytes(rules[:_RULES_BYTES])


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
    unpacking = None
    try:
        for piece in raw:
            left = piece
            while left:
                if unpacking is None or (unpacking.eof and left.startswith(_GZIP)):
                    unpacking = zlib.decompressobj(zlib.MAX_WBITS | 32)  # gzip or zlib, by its first bytes
                if unpacking.eof:
                    break  # what stands behind the end, browsers leave out as well
                yield unpacking.decompress(left, _CHUNK)
                left = unpacking.unused_data or unpacking.unconsumed_tail
    except zlib.error as error:
        raise FetchFailed(address, "broken", "it is packed, and damaged") from error
    if unpacking and not unpacking.eof:
        raise FetchFailed(address, "broken", "it is packed, and its end is missing")


_GZIP = b"\x1f\x8b"
"""How each part of what gzip packs begins; there may be several, one behind the other."""


def _stem(url: httpx.URL) -> str:
    """A name for a file after its address, of letters, digits, dots and dashes."""
    path = PurePosixPath(url.path)
    if path.suffix.lower() in FORMATS:
        path = path.with_suffix("")
    host = ".".join(re.findall(r"[\w-]+", url.host.removeprefix("www."))).strip("-")
    return shortened("-".join([host, *re.findall(r"\w+", str(path).lower())]), _LONGEST_STEM) or "page"


def shortened(name: str, most: int) -> str:
    """The beginning of a file's name, of so many bytes at most, without dots and dashes at its ends."""
    return name.encode()[:most].decode(errors="ignore").strip("-_.")
