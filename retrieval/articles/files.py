"""The files of an articles folder: listing them, keeping away from unsafe ones, reading their articles.

A file holds one article, whose id is its path, or several (JSON), whose ids are its path, ``#`` and their number.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from retrieval.articles.article import SURROGATE, Article, Skipped
from retrieval.articles.formats.metadata import SIDECAR
from retrieval.articles.formats.registry import FORMATS, NO_FORMAT
from retrieval.articles.parsing import Parsed, parse
from retrieval.errors import ArticleUnknown, ArticleUnreadable, FolderMissing, StorageFailed


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


def scan(folder: Path) -> tuple[list[SourceFile], list[Skipped]]:
    """List the files below ``folder`` that have a readable suffix, in order of their path, and what was refused.

    Hidden files and files of other kinds are none of our business and are not mentioned. A symbolic link that
    leads out of the folder is refused: a folder that others may write to must not become a way to read the rest
    of the disk.
    """
    if not folder.is_dir():
        raise FolderMissing(folder)
    root = folder.resolve()
    found: list[SourceFile] = []
    skipped: list[Skipped] = []
    for path in _files_below(folder, skipped):
        if path.suffix.lower() not in FORMATS:
            continue
        name = path.relative_to(folder).as_posix()
        try:
            found.append(_source_file(path, name, root))
        except ArticleUnreadable as refused:
            skipped.append(Skipped(refused.path, refused.reason))
    return sorted(found, key=lambda file: file.path), sorted(skipped, key=lambda file: file.path)


def other_kinds(folder: Path) -> Counter[str]:
    """How many files lie below ``folder`` that ``scan`` does not mention, by suffix; hidden files are not counted.

    Raises:
        StorageFailed: the folder cannot be listed.
    """
    names = [path.name.lower() for path in _files_below(folder, [])]
    kinds = (Path(name).suffix for name in names if not name.endswith(SIDECAR))
    return Counter(kind for kind in kinds if kind not in FORMATS)


def _source_file(path: Path, name: str, root: Path) -> SourceFile:
    """The file ``name`` at ``path``, unless its place, its kind or its name is one to keep away from."""
    if SURROGATE.search(name):
        # Bytes that are no text arrive as lone surrogates, which no terminal and no JSON file takes.
        raise ArticleUnreadable(os.fsencode(name).decode(errors="replace"), "its name is not valid UTF-8")
    try:
        status = path.stat()
    except OSError as error:
        nowhere = path.is_symlink() and isinstance(error, FileNotFoundError)
        reason = "it is a link that leads nowhere" if nowhere else error.strerror or str(error)
        raise ArticleUnreadable(name, reason) from error
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
        if error.errno == errno.ENAMETOOLONG:  # nor can there be one
            return 0, 0
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
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ENAMETOOLONG):
            raise
        return status.st_size, status.st_mtime_ns, 0, 0
    return status.st_size, status.st_mtime_ns, sidecar.st_size, sidecar.st_mtime_ns


def locate(folder: Path, name: str) -> SourceFile:
    """The file ``name`` below ``folder``; raises ``ArticleUnreadable`` for one that ``scan`` would refuse."""
    return _source_file(folder / name, name, folder.resolve())


_SNAPSHOT = re.compile(r"snapshot-\d{8}-[0-9a-f]{16}")
"""What the folders in an index are called; ``retrieval.index.snapshot`` names them, which nothing here may import."""


def _files_below(folder: Path, skipped: list[Skipped]) -> Iterator[Path]:
    """Every unhidden file below ``folder``, in a stable order.

    A folder in it that cannot be listed, or is a link to one, is put among those ``skipped``.
    """

    def skip(here: Path, reason: str) -> None:
        name = os.fsencode(here.relative_to(folder).as_posix()).decode(errors="replace")
        skipped.append(Skipped(name, reason))

    def pass_over(error: OSError) -> None:
        reason = error.strerror or str(error)
        here = Path(error.filename or folder)
        if here == folder:
            raise StorageFailed(here, reason)
        skip(here, f"the folder cannot be listed: {reason}")

    for here, folders, names in os.walk(folder, onerror=pass_over):
        if any(map(_SNAPSHOT.fullmatch, folders)) and Path(here) != folder:
            folders.clear()
            continue  # an index that lies among the articles
        folders[:] = sorted(name for name in folders if not name.startswith(".") and not _SNAPSHOT.fullmatch(name))
        for linked in filter(Path.is_symlink, (Path(here, name) for name in folders)):
            skip(linked, "it is a link to a folder, and those are not entered")
        for name in sorted(names):
            if not name.startswith("."):
                yield Path(here, name)


def read(folder: Path, id: str) -> Article:
    """Read the article with this id from its file below ``folder``.

    Raises:
        ArticleUnreadable: the file is too large, damaged, undecodable or empty, its metadata make no sense, or it lies
            outside the folder.
        ArticleUnknown: it does not hold that article; the error names those that it holds.
    """
    name = path_of(id)
    if Path(name).suffix.lower() not in FORMATS:
        raise ArticleUnreadable(id, NO_FORMAT)
    there = {article.id: article for article in load(folder, locate(folder, name)).articles}
    if id not in there:
        raise ArticleUnknown(id, tuple(there)[:3])
    return there[id]


def known_as(name: str, known: Iterable[str]) -> str | None:
    """The one of several names that is ``name``, or the same in Unicode's other form (é as one character or as two)."""
    names = list(known)
    if name in names:
        return name
    composed = unicodedata.normalize("NFC", name)
    return next((each for each in names if unicodedata.normalize("NFC", each) == composed), None)


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
