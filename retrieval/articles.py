"""Articles and the files they come from: reading each format, metadata, ids and content hashes.

An article's text is plain text in which paragraphs are set apart by blank lines and headings stand on lines of
their own behind ``#`` marks. A format's reader brings a file into that form; what it returns is what is quoted.
"""

from __future__ import annotations

import codecs
import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any

from retrieval.errors import ArticleUnreadable, FolderMissing, StorageFailed

MAX_FILE_BYTES = 32 * 2**20
"""Larger files are skipped: the Bible is 4 MiB of text, so this is a mistake or an attack, not an article."""

MAX_TITLE_LENGTH = 150
"""Code points: a longer first line is a paragraph."""


@dataclass(frozen=True, slots=True)
class ArticleInfo:
    """What is known of an article besides its text."""

    id: str
    """Path below the articles folder, with ``/`` on every system: unique, and what a person can point at."""
    title: str
    source: str | None
    published: date | None
    url: str | None
    path: str
    """The file it was read from, below the articles folder."""


@dataclass(frozen=True, slots=True)
class Article(ArticleInfo):
    """An article; every offset in Quoth counts Unicode code points of ``text``."""

    text: str

    @property
    def info(self) -> ArticleInfo:
        """The article without its text."""
        return ArticleInfo(**{field.name: getattr(self, field.name) for field in fields(ArticleInfo)})

    @property
    def content_hash(self) -> str:
        """SHA-256 of what is encoded (title and text), so that a renamed or re-dated file costs no encoding."""
        return hashlib.sha256(f"{self.title}\0{self.text}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was passed over, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Extract:
    """What a format's reader finds in a file: the text, and metadata under the names of ``_METADATA_NAMES``."""

    text: str
    metadata: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that may hold an article, as the folder lists it."""

    path: str
    size: int
    modified_ns: int


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
    return SourceFile(name, status.st_size, status.st_mtime_ns)


def _files_below(folder: Path) -> Iterator[Path]:
    """Every readable, unhidden file below ``folder``, in a stable order; linked folders are not entered."""

    def give_up(error: OSError) -> None:
        raise StorageFailed(Path(error.filename or folder), error.strerror or str(error))

    for here, folders, names in os.walk(folder, onerror=give_up):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith(".") and Path(name).suffix.lower() in READERS:
                yield Path(here, name)


def read(folder: Path, name: str) -> Article:
    """Read the article in the file ``name`` below ``folder``.

    Raises:
        ArticleUnreadable: the file is too large, binary, undecodable, empty, or its metadata make no sense.
    """
    return parse(name, read_bytes(folder, name))


def read_bytes(folder: Path, name: str) -> bytes:
    """The file's bytes, or ``ArticleUnreadable`` when it is too large or cannot be read."""
    path = folder / name
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ArticleUnreadable(name, f"it is larger than {MAX_FILE_BYTES // 2**20} MiB")
        return path.read_bytes()
    except OSError as error:
        raise ArticleUnreadable(name, error.strerror or str(error)) from error


def parse(name: str, content: bytes) -> Article:
    """Make an article of a file's ``content``; ``name`` gives its format, its id and, failing all else, its title."""
    extract = READERS[Path(name).suffix.lower()](name, content)
    text = extract.text.strip()
    if not re.search(r"\w", text):
        raise ArticleUnreadable(name, "it holds no text")
    known = _named(name, extract.metadata)
    title = _line(known.get("title")) or _title_in(text) or _title_from(name)
    return Article(
        id=name,
        title=title,
        source=_line(known.get("source")),
        published=_date(name, known.get("published")),
        url=_line(known.get("url")),
        path=name,
        text=text,
    )


_METADATA_NAMES = {
    "title": ("title",),
    "source": ("source", "publisher", "site"),
    "published": ("published", "date"),
    "url": ("url", "link"),
}


def _named(name: str, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Metadata under our names, whichever of the usual names they came under."""
    lowered = {str(key).strip().lower(): value for key, value in metadata.items()}
    found = {
        ours: next((lowered[name] for name in names if lowered.get(name) is not None), None)
        for ours, names in _METADATA_NAMES.items()
    }
    for field, value in found.items():
        if isinstance(value, (list, dict, set)):
            raise ArticleUnreadable(name, f"its {field} is not a single value")
    return {field: value for field, value in found.items() if value is not None}


def _line(value: object) -> str | None:
    """A value as one line of text, or None when there is nothing in it."""
    # YAML can escape half of a surrogate pair, which no file and no terminal takes.
    words = _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", str(value)).split() if value is not None else []
    return " ".join(words) or None


def _date(name: str, value: object) -> date | None:
    if value is None or isinstance(value, datetime):
        return value.date() if value else None
    if isinstance(value, date):
        return value
    from dateutil import parser

    try:
        # What is not written ("May 2016", "Monday") dateutil takes from a default: two must give the same day.
        first, second = (parser.parse(str(value), default=default).date() for default in _DEFAULT_DATES)
    except (ValueError, OverflowError):
        first, second = None, None
    if first is None or first != second:
        raise ArticleUnreadable(name, f"its date {str(value)[:40]!r} is not one; write it as 2016-11-28")
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


def _title_from(name: str) -> str:
    return _line(re.sub(r"[-_]+", " ", Path(name).stem)) or name


_SURROGATE = re.compile("[\ud800-\udfff]")

HEADING = re.compile(r"^(#{1,6}) +(\S.*)$", re.MULTILINE)
"""A heading's line in an article's text."""


# --- formats -------------------------------------------------------------------------------------------------


def decode(name: str, content: bytes) -> str:
    """Bytes to text: UTF-8 with or without BOM, UTF-16 by its BOM, else what charset-normalizer is sure of."""
    encoding = "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = _detect(name, content)
    if "\0" in text:
        raise ArticleUnreadable(name, "it is not a text file")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _detect(name: str, content: bytes) -> str:
    import charset_normalizer

    if b"\0" not in content and (best := charset_normalizer.from_bytes(content).best()):
        return str(best)
    raise ArticleUnreadable(name, "its encoding cannot be told; save it as UTF-8")


_FRONT_MATTER = re.compile(r"\A\s*^---[ \t]*\n(.*?)^---[ \t]*$", re.DOTALL | re.MULTILINE)

_MAX_FRONT_MATTER = 2**14
"""Code points. PyYAML takes its time, and what is longer is no title, source and date."""

_YAML_SLIPS = (ValueError, LookupError, AttributeError, TypeError, RecursionError)
"""What PyYAML raises, of its own, for tagged values that make no sense, such as ``!!bool maybe``."""


def _front_matter(name: str, text: str) -> Extract:
    """Split YAML front matter from the text behind it; two rules with no names and values between them are text."""
    import yaml

    match = _FRONT_MATTER.match(text)
    if match is None:
        return Extract(text, {})
    if len(match[1]) > _MAX_FRONT_MATTER:
        raise ArticleUnreadable(name, "its front matter is too long")
    try:
        # Not the faster loader in C: values nested deeply enough overflow its stack and end the process.
        metadata = yaml.safe_load(match[1])
    except (yaml.YAMLError, *_YAML_SLIPS) as error:
        mark = getattr(error, "problem_mark", None)
        line = f" (line {text.count(chr(10), 0, match.start(1)) + mark.line + 1})" if mark else ""
        raise ArticleUnreadable(name, f"its front matter is not valid YAML{line}") from error
    return Extract(text[match.end() :], metadata) if isinstance(metadata, Mapping) else Extract(text, {})


def _read_text(name: str, content: bytes) -> Extract:
    return _front_matter(name, decode(name, content))


def _read_markdown(name: str, content: bytes) -> Extract:
    extract = _front_matter(name, decode(name, content))
    return Extract(_plain_markdown(extract.text), extract.metadata)


def _plain_markdown(text: str) -> str:
    """Markdown (CommonMark) as plain text: no emphasis marks, link targets, images or HTML; headings keep ``#``.

    Structure is read off markdown-it-py's tokens, https://markdown-it-py.readthedocs.io.
    """
    from markdown_it import MarkdownIt

    blocks: list[str] = []
    prefix = ""
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        match token.type:
            case "heading_open":
                prefix = "#" * int(token.tag[1]) + " "
            case "list_item_open":
                prefix = "- "
            case "inline":
                line = _plain_inline(token.children or [])
                if line.strip():
                    blocks.append(prefix + (line.replace("\n", " ") if prefix.startswith("#") else line))
                prefix = ""
            case "fence" | "code_block":
                blocks.append(token.content.rstrip())
            case _:
                pass
    return "\n\n".join(blocks)


def _plain_inline(tokens: list[Any]) -> str:
    """The words of an inline token's children."""
    words = {"text", "text_special", "code_inline"}
    return "".join(
        "\n" if token.type in {"softbreak", "hardbreak"} else token.content if token.type in words else ""
        for token in tokens
    )


READERS: Mapping[str, Callable[[str, bytes], Extract]] = {
    ".txt": _read_text,
    ".text": _read_text,
    ".md": _read_markdown,
    ".markdown": _read_markdown,
}
"""By suffix: a function of the file's name and bytes. A new format is one function here."""
