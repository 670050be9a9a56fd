"""Articles and the files they come from: which files there are, metadata, ids and content hashes.

A file holds one article, whose id is its path, or several (JSON), whose ids are its path, ``#`` and their number.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any

from retrieval import formats, isolation
from retrieval.errors import ArticleUnreadable, FolderMissing, StorageFailed
from retrieval.formats import FORMATS, HEADING, SIDECAR, Extract, Fault

MAX_TITLE_LENGTH = 150
"""Code points: a longer first line is a paragraph."""


@dataclass(frozen=True, slots=True)
class ArticleInfo:
    """What is known of an article besides its text."""

    id: str
    """Path below the articles folder, with ``/`` on every system, and ``#`` and a number behind it for one of several
    in a file: unique, and what a person can point at."""
    title: str
    source: str | None
    published: date | None
    url: str | None
    path: str
    """The file it was read from, below the articles folder."""

    @property
    def known(self) -> dict[str, Any]:
        """All of that by name, in a fraction of ``asdict``'s time."""
        return {name: getattr(self, name) for name in _KNOWN}


_KNOWN = tuple(field.name for field in fields(ArticleInfo))


@dataclass(frozen=True, slots=True)
class Article(ArticleInfo):
    """An article; every offset in Quoth counts Unicode code points of ``text``."""

    text: str
    copies: tuple[ArticleInfo, ...] = ()
    """Other articles of a snapshot that have the very same text, whatever their titles."""

    @property
    def info(self) -> ArticleInfo:
        """The article without its text."""
        return ArticleInfo(**self.known)

    @property
    def content_hash(self) -> str:
        """SHA-256 of what is encoded (title and text), so that a renamed or re-dated file costs no encoding."""
        return hashlib.sha256(f"{self.title}\0{self.text}".encode()).hexdigest()

    @property
    def digest(self) -> str:
        """A short hash of all that is known of it, which tells whether anything about it has changed."""
        known = [self.title, self.source, str(self.published), self.url, self.text]
        return hashlib.sha256(json.dumps(known).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was passed over, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that may hold articles, as the folder lists it, and its metadata file, if there is one."""

    path: str
    size: int
    modified_ns: int
    sidecar_size: int = 0
    sidecar_modified_ns: int = 0

    @property
    def stamp(self) -> tuple[int, ...]:
        """What differs when one of the two has been written to."""
        return self.size, self.modified_ns, self.sidecar_size, self.sidecar_modified_ns

    @property
    def touched_ns(self) -> int:
        """When one of the two was last written to."""
        return max(self.modified_ns, self.sidecar_modified_ns)


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a file holds."""

    articles: tuple[Article, ...]
    skipped: Skipped | None = None
    """The first of those articles that cannot be read, if there are such, with the number of the others."""


def scan(folder: Path) -> tuple[list[SourceFile], list[Skipped]]:
    """List the files below ``folder`` that have a readable suffix, in order of their path, and those refused.

    Hidden files and files of other kinds are none of our business and are not mentioned. A symbolic link that
    leads out of the folder is refused: a folder that others may write to must not become a way to read the rest
    of the disk.
    """
    if not folder.is_dir():
        raise FolderMissing(folder)
    root = folder.resolve()
    found: list[SourceFile] = []
    skipped: list[Skipped] = []
    for path in _files_below(folder):
        name = path.relative_to(folder).as_posix()
        try:
            found.append(_source_file(path, name, root))
        except ArticleUnreadable as refused:
            skipped.append(Skipped(refused.path, refused.reason))
    return sorted(found, key=lambda file: file.path), sorted(skipped, key=lambda file: file.path)


def _source_file(path: Path, name: str, root: Path) -> SourceFile:
    """The file ``name`` at ``path``, unless its place, its kind or its name is one to keep away from."""
    if _SURROGATE.search(name):
        # Bytes that are no text arrive as lone surrogates, which no terminal and no JSON file takes.
        raise ArticleUnreadable(os.fsencode(name).decode(errors="replace"), "its name is not valid UTF-8")
    try:
        status = path.stat()
    except OSError as error:
        raise ArticleUnreadable(name, error.strerror or str(error)) from error
    if not path.resolve().is_relative_to(root):
        raise ArticleUnreadable(name, "it is a link to a place outside the articles folder")
    if not stat.S_ISREG(status.st_mode):
        # Opening a named pipe would wait for ever for somebody to write to it.
        raise ArticleUnreadable(name, "it is not a regular file")
    return SourceFile(name, status.st_size, status.st_mtime_ns, *_sidecar_stamp(path, name, root))


def _sidecar_stamp(path: Path, name: str, root: Path) -> tuple[int, int]:
    """Size and time of the metadata file of ``path``; zeros when there is none."""
    sidecar = path.with_name(path.name + SIDECAR)
    try:
        status = sidecar.stat()
    except FileNotFoundError:
        return 0, 0
    except OSError as error:
        raise ArticleUnreadable(name, f"its metadata file: {error.strerror or error}") from error
    if not stat.S_ISREG(status.st_mode) or not sidecar.resolve().is_relative_to(root):
        raise ArticleUnreadable(name, "its metadata file is no regular file inside the articles folder")
    return status.st_size, status.st_mtime_ns


def stamp(folder: Path, name: str) -> tuple[int, ...]:
    """``SourceFile.stamp`` of a file known from before, at the price of two looks at the disk; raises ``OSError``."""
    path = f"{folder}/{name}"
    status = os.stat(path)  # noqa: PTH116 - at every answer, and pathlib takes its time
    try:
        sidecar = os.stat(path + SIDECAR)  # noqa: PTH116
    except FileNotFoundError:
        return status.st_size, status.st_mtime_ns, 0, 0
    return status.st_size, status.st_mtime_ns, sidecar.st_size, sidecar.st_mtime_ns


def locate(folder: Path, name: str) -> SourceFile:
    """The file ``name`` below ``folder``; raises ``ArticleUnreadable`` for one that ``scan`` would refuse."""
    return _source_file(folder / name, name, folder.resolve())


def _files_below(folder: Path) -> Iterator[Path]:
    """Every readable, unhidden file below ``folder``, in a stable order; linked folders are not entered."""

    def give_up(error: OSError) -> None:
        raise StorageFailed(Path(error.filename or folder), error.strerror or str(error))

    for here, folders, names in os.walk(folder, onerror=give_up):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith(".") and Path(name).suffix.lower() in FORMATS:
                yield Path(here, name)


def read(folder: Path, id: str) -> Article:
    """Read the article with this id from its file below ``folder``.

    Raises:
        ArticleUnreadable: the file is too large, damaged, undecodable or empty, its metadata make no sense, it lies
            outside the folder, or it does not hold that article.
    """
    name = path_of(id)
    if Path(name).suffix.lower() not in FORMATS:
        raise ArticleUnreadable(id, f"its name ends in none of {', '.join(FORMATS)}")
    for article in load(folder, locate(folder, name)).articles:
        if article.id == id:
            return article
    raise ArticleUnreadable(id, "its file does not hold it")


def path_of(id: str) -> str:
    """The file that the article with this id is in."""
    path, mark, number = id.rpartition("#")
    return path if mark and number.isdecimal() else id


def load(folder: Path, file: SourceFile) -> Parsed:
    """Read the articles in a file; raises ``ArticleUnreadable`` when there is none."""
    return parse(file.path, *contents(folder, file))


def contents(folder: Path, file: SourceFile) -> tuple[bytes, bytes | None]:
    """The bytes of a file and of its metadata file; raises ``ArticleUnreadable``."""
    content = read_bytes(folder, file.path)
    return content, read_bytes(folder, file.path + SIDECAR) if file.sidecar_modified_ns else None


def read_bytes(folder: Path, name: str) -> bytes:
    """The file's bytes, or ``ArticleUnreadable`` when it is too large for its format or cannot be read."""
    path = folder / name
    limit_mib = FORMATS[path.suffix.lower()].max_mib if path.suffix.lower() in FORMATS else 1
    try:
        if path.stat().st_size > limit_mib * 2**20:
            raise ArticleUnreadable(name, f"it is larger than {limit_mib} MiB")
        return path.read_bytes()
    except OSError as error:
        raise ArticleUnreadable(name, error.strerror or str(error)) from error


def parse(name: str, content: bytes, sidecar: bytes | None = None) -> Parsed:
    """Make articles of a file's ``content``, with the metadata in ``sidecar`` before those in the content.

    ``name`` gives the format, the ids and, failing all else, the title. A file that may hold several articles is
    readable when one of them is.

    Raises:
        ArticleUnreadable: there is no article in it.
    """
    metadata = formats.read_sidecar(name, sidecar) if sidecar is not None else {}
    articles: list[Article] = []
    faults: list[Fault] = []
    for item in isolation.extract(name, content):
        if isinstance(item, Fault):
            faults.append(item)
            continue
        try:
            articles.append(_article(name, item, metadata))
        except ArticleUnreadable as error:
            if item.number is None:
                raise
            faults.append(Fault(item.number, error.reason))
    if not articles:
        raise ArticleUnreadable(name, f"it holds no article{_first_of(faults)}")
    return Parsed(tuple(articles), _skipped(name, faults))


def _first_of(faults: Sequence[Fault]) -> str:
    return f"; number {faults[0].number}: {faults[0].reason}" if faults else ""


def _skipped(name: str, faults: Sequence[Fault]) -> Skipped | None:
    """The first fault, as a million of them would help nobody."""
    if not faults:
        return None
    first = min(faults, key=lambda fault: fault.number)
    more = f" (as with {len(faults) - 1:,} more of that file)" if len(faults) > 1 else ""
    return Skipped(f"{name}#{first.number}", first.reason + more)


def _article(name: str, found: Extract, metadata: Mapping[str, str]) -> Article:
    """An article of what a format's reader found, and of metadata that go before it."""
    text = _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", found.text).strip()
    if not re.search(r"\w", text):
        raise ArticleUnreadable(name, "it holds no text")
    known = {**found.metadata, **metadata}
    return Article(
        id=name if found.number is None else f"{name}#{found.number}",
        title=_line(known.get("title")) or _title_in(text) or _title_from(name, found.number),
        source=_line(known.get("source")),
        published=_date(name, known.get("published")),
        url=_line(known.get("url")),
        path=name,
        text=text,
    )


def _line(value: str | None) -> str | None:
    """A value as one line of text, or None when there is nothing in it."""
    # YAML and JSON can escape half of a surrogate pair, which no file and no terminal takes.
    return " ".join(_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", value or "").split()) or None


def _date(name: str, value: str | None) -> date | None:
    if not value or not value.strip():
        return None
    try:
        return datetime.fromisoformat(value.strip()).date()
    except ValueError:
        pass
    from dateutil import parser

    try:
        # What is not written ("May 2016", "Monday") dateutil takes from a default: two must give the same day.
        first, second = (parser.parse(value, default=default).date() for default in _DEFAULT_DATES)
    except (ValueError, OverflowError):
        first, second = None, None
    if first is None or first != second:
        raise ArticleUnreadable(name, f"its date {value[:40]!r} is not one; write it as 2016-11-28")
    return first


_DEFAULT_DATES = datetime(2000, 1, 1), datetime(2003, 12, 31)  # noqa: DTZ001 - only days are compared
"""They differ in year, month, day and day of the week."""


def _title_in(text: str) -> str | None:
    """The first line, when it looks like a title: a heading, or a short line set apart that ends no sentence."""
    first, _, rest = text.partition("\n")
    if heading := HEADING.match(text):
        return _line(heading[2])
    alone = not rest or rest.startswith("\n")
    return _line(first) if alone and len(first) <= MAX_TITLE_LENGTH and first.rstrip()[-1] not in ".!?:;," else None


def _title_from(name: str, number: int | None) -> str:
    title = _line(re.sub(r"[-_]+", " ", Path(name).stem)) or name
    return title if number is None else f"{title} {number}"


_SURROGATE = re.compile("[\ud800-\udfff]")
