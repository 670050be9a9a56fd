"""The articles folder as a person changes it: files put in and taken out, each atomically."""

from __future__ import annotations

import difflib
import os
import re
import tempfile
import time
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path

from retrieval.articles.article import Article, ArticleInfo, Skipped
from retrieval.articles.files import known_as, load, path_of, read, read_bytes, scan
from retrieval.articles.formats.metadata import SIDECAR, fetched_sidecar, read_sidecar, withdrawn_sidecar
from retrieval.articles.formats.registry import FORMATS, NO_FORMAT
from retrieval.articles.parsing import parse
from retrieval.articles.received import Fetched
from retrieval.errors import (
    ArticleExists,
    ArticleOneOfMany,
    ArticleUnknown,
    ArticleUnreadable,
    FetchFailed,
    FileMissing,
    StorageFailed,
)

_UNFINISHED = ".adding-"
"""The dot keeps the unfinished file out of the index."""

FOLDER = "it is a folder"
"""Why what was named as a file is no article."""
_LONGEST_NAME = 255
"""Bytes that file systems take in a name; the file of an article's metadata has the longer one."""


def survey(folder: Path) -> tuple[list[ArticleInfo], list[Skipped]]:
    """Read every file of ``folder``: the articles, and the files that are none, both in order of their path.

    Raises:
        FolderMissing, StorageFailed: the folder cannot be listed.
    """
    files, skipped = scan(folder)
    found: list[ArticleInfo] = []
    for file in files:
        try:
            parsed = load(folder, file)
        except ArticleUnreadable as error:
            skipped.append(Skipped(error.path, error.reason))
        else:
            found.extend(article.info for article in parsed.articles)
            skipped.extend(filter(None, (parsed.skipped, parsed.note)))
    return found, sorted(skipped, key=lambda file: file.path)


def find(folder: Path, id: str) -> Article:
    """Read the article with this ``id``.

    Raises:
        FolderMissing, StorageFailed: the folder cannot be listed.
        ArticleUnknown: there is no file for it, or it does not hold it; the error names ids that look alike.
        ArticleUnreadable: its file cannot be read.
    """
    known = [file.path for file in scan(folder)[0]]
    path = path_of(id)
    if (there := known_as(path, known)) is None:
        raise ArticleUnknown(id, tuple(difflib.get_close_matches(id, known, n=3)))
    return read(folder, there + id.removeprefix(path))


def add(folder: Path, files: Sequence[Path]) -> tuple[list[str], list[str]]:
    """Copy ``files`` into ``folder``, with their metadata files; nothing lands unless all of them hold articles.

    Returns:
        The names of the files that were added, and of those that were there already.

    Raises:
        FileMissing: a file is not there.
        ArticleUnreadable: a file is no article, or has a name that the index would pass over.
        ArticleExists: another article has that name.
        StorageFailed: the folder cannot be written.
    """
    added: dict[str, bytes] = {}
    present: list[str] = []
    for file in files:
        if file.is_dir():
            raise ArticleUnreadable(str(file), FOLDER)
        if not os.path.lexists(file):
            raise FileMissing(file)
        _check_name(file)
        content = read_bytes(file.parent, file.name)
        beside = file.with_name(file.name + SIDECAR)
        sidecar = read_bytes(beside.parent, beside.name) if beside.exists() else None
        parse(file.name, content, sidecar)
        if not _is_new(folder, file.name, content, added):
            present.append(file.name)
        if sidecar is not None:
            _is_new(folder, beside.name, sidecar, added)
    _land(folder, added)
    return [name for name in added if not name.endswith(SIDECAR)], present


def add_text(folder: Path, content: bytes, name: str | None) -> tuple[list[str], list[str]]:
    """Put ``content`` into ``folder`` as the file ``name`` or, without one, as Markdown named after its title.

    Returns and raises what ``add`` does.
    """
    if name is None:
        name = f"{_slug(parse('standard-input.md', content).articles[0].title)}.md"
    _check_name(Path(name))
    if Path(name).name != name or "\\" in name:
        raise ArticleUnreadable(name, "its name must be that of a file, without a folder")
    parse(name, content)
    added: dict[str, bytes] = {}
    if not _is_new(folder, name, content, added):
        return [], [name]
    _land(folder, added)
    return [name], []


def add_fetched(folder: Path, pages: Sequence[Fetched]) -> list[str]:
    """Put ``pages`` from the web into ``folder``, each with a metadata file; nothing lands unless all hold articles.

    A page whose address is that of a file which is there takes its place; what a person wrote into its metadata file
    stays.

    Returns:
        The names of their files.

    Raises:
        ArticleExists: other articles have the names that a page could have.
        FetchFailed: a page is no article.
        StorageFailed: the folder cannot be written.
    """
    landing: dict[str, bytes] = {}
    names: list[str] = []
    for page in pages:
        name, known = _place(folder, page, landing)
        sidecar = fetched_sidecar(known, _said_of(page))
        try:
            parse(name, page.content, sidecar)
        except ArticleUnreadable as error:
            raise FetchFailed(page.address, "unreadable", error.reason) from error
        landing |= {name: page.content, name + SIDECAR: sidecar}
        names.append(name)
    _land(folder, landing)
    return names


def address_of(folder: Path, name: str) -> str:
    """Where the metadata file of an article says that it stands on the web; empty where it does not."""
    try:
        return read_sidecar(name, read_bytes(folder, name + SIDECAR)).values.get("url", "")
    except ArticleUnreadable:
        return ""


def mark_withdrawn(folder: Path, name: str, day: date) -> None:
    """Write into the metadata file of an article that its feed has withdrawn it.

    Raises:
        ArticleUnreadable, StorageFailed: that file cannot be read or written.
    """
    beside = name + SIDECAR
    known = read_bytes(folder, beside) if (folder / beside).exists() else b"{}"
    _land(folder, {beside: withdrawn_sidecar(known, day)})


def sweep(folder: Path, older_than_s: float = 3_600.0) -> None:
    """Delete what was left of files that were being written when the program was killed."""
    since = time.time() - older_than_s
    with suppress(OSError):
        for path in folder.glob(f"{_UNFINISHED}*"):
            if path.stat().st_mtime < since:
                path.unlink()


def _said_of(page: Fetched) -> dict[str, str]:
    server = {"url": page.address, "fetched": page.day.isoformat()}
    server |= {"content_type": page.content_type, "last_modified": page.last_modified}
    return {**page.said, **server}


def _place(folder: Path, page: Fetched, taken: Container[str]) -> tuple[str, bytes]:
    """The name for a page's file, and the metadata file that is there from when it was fetched before."""
    for name in page.names:
        if name in taken:
            continue
        beside = folder / (name + SIDECAR)
        known = read_bytes(folder, beside.name) if beside.exists() else b""
        if page.owned or not (folder / name).exists() or read_sidecar(name, known).values.get("url") == page.address:
            return name, known
    raise ArticleExists(folder / page.names[0])


def _slug(title: str) -> str:
    """A title as the name of a file."""
    return "-".join(re.findall(r"\w+", title.lower()))[:60].strip("-_") or "article"


def _check_name(file: Path) -> None:
    if file.suffix.lower() not in FORMATS:
        raise ArticleUnreadable(str(file), NO_FORMAT)
    if len(os.fsencode(file.name + SIDECAR)) > _LONGEST_NAME:
        raise ArticleUnreadable(str(file), f"its name is longer than {_LONGEST_NAME - len(SIDECAR)} bytes")
    if file.name.startswith("."):
        raise ArticleUnreadable(str(file), "its name begins with a dot, which hides it")


def _is_new(folder: Path, name: str, content: bytes, added: dict[str, bytes]) -> bool:
    """Put a file among those to be ``added``, unless it is there already."""
    with _storage(folder):
        there = added.get(name, (folder / name).read_bytes() if (folder / name).exists() else None)
    if there is not None and there != content:
        raise ArticleExists(folder / name)
    if there is None:
        added[name] = content
    return there is None


def _land(folder: Path, added: Mapping[str, bytes]) -> None:
    with _storage(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name in sorted(added, key=lambda name: not name.endswith(SIDECAR)):  # no article without its metadata
            _write(folder / name, added[name])


def _write(target: Path, content: bytes) -> None:
    """Put ``content`` at ``target`` in one step, so that nobody ever reads half an article."""
    descriptor, name = tempfile.mkstemp(prefix=_UNFINISHED, dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def remove(folder: Path, ids: Sequence[str]) -> None:
    """Delete the files with these ``ids`` and their metadata files; none is deleted unless all of them are there.

    Only what the folder's own listing holds can be named, so that no id leads out of it.

    Raises:
        FolderMissing: there is no such folder.
        ArticleUnknown: no article has an id; the error names those that look alike.
        ArticleOneOfMany: an article shares its file with others.
        StorageFailed: a file cannot be deleted.
    """
    known = [file.path for file in scan(folder)[0]]
    ids = [known_as(name, known) or name for name in ids]
    for name in ids:
        if path_of(name) != name and (path := known_as(path_of(name), known)):
            raise ArticleOneOfMany(name, path)
        if name not in known:
            raise ArticleUnknown(name, tuple(difflib.get_close_matches(name, known, n=3)))
    with _storage(folder):
        for name in dict.fromkeys(ids):
            (folder / name).unlink()
            (folder / (name + SIDECAR)).unlink(missing_ok=True)


@contextmanager
def _storage(folder: Path) -> Iterator[None]:
    """Say what the system refused as ``StorageFailed``."""
    try:
        yield
    except OSError as error:
        path = Path(error.filename or folder)
        named = path.parent if path.name.startswith(_UNFINISHED) else path
        raise StorageFailed(named, error.strerror or str(error)) from error
