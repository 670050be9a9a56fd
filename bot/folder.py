"""The articles folder as a person changes it: files put in and taken out, each atomically."""

from __future__ import annotations

import difflib
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from retrieval.articles import READERS, ArticleInfo, Skipped, parse, read, read_bytes, scan
from retrieval.errors import ArticleExists, ArticleUnknown, ArticleUnreadable, StorageFailed


def survey(folder: Path) -> tuple[list[ArticleInfo], list[Skipped]]:
    """Read every file of ``folder``: the articles, and the files that are none, both in order of their path.

    Raises:
        FolderMissing, StorageFailed: the folder cannot be listed.
    """
    files, skipped = scan(folder)
    found: list[ArticleInfo] = []
    for file in files:
        try:
            found.append(read(folder, file.path).info)
        except ArticleUnreadable as error:
            skipped.append(Skipped(error.path, error.reason))
    return found, sorted(skipped, key=lambda file: file.path)


def add(folder: Path, files: Sequence[Path]) -> tuple[list[str], list[str]]:
    """Copy ``files`` into ``folder``; nothing lands unless all of them are readable articles.

    Returns:
        The ids of the articles that were added, and of those that were there already.

    Raises:
        ArticleUnreadable: a file is no article, or has a name that the index would pass over.
        ArticleExists: another article has that name.
        StorageFailed: the folder cannot be written.
    """
    contents: dict[str, bytes] = {}
    present: list[str] = []
    for file in files:
        content = _checked(file)
        with _storage(folder):
            there = contents.get(
                file.name, (folder / file.name).read_bytes() if (folder / file.name).exists() else None
            )
        if there is None:
            contents[file.name] = content
        elif there == content:
            present.append(file.name)
        else:
            raise ArticleExists(folder / file.name)
    with _storage(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            _write(folder / name, content)
    return list(contents), present


def _checked(file: Path) -> bytes:
    """The file's bytes, once they proved to be an article."""
    if file.suffix.lower() not in READERS:
        raise ArticleUnreadable(str(file), f"its name ends in none of {', '.join(READERS)}")
    if file.name.startswith("."):
        raise ArticleUnreadable(str(file), "its name begins with a dot, which hides it")
    content = read_bytes(file.parent, file.name)
    parse(file.name, content)
    return content


def _write(target: Path, content: bytes) -> None:
    """Put ``content`` at ``target`` in one step, so that nobody ever reads half an article."""
    # A dot keeps the unfinished file out of the index.
    descriptor, name = tempfile.mkstemp(prefix=".adding-", dir=target.parent)
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
    """Delete the articles with these ``ids``; none is deleted unless all of them are there.

    Only what the folder's own listing holds can be named, so that no id leads out of it.

    Raises:
        FolderMissing: there is no such folder.
        ArticleUnknown: no article has an id; the error names those that look alike.
        StorageFailed: a file cannot be deleted.
    """
    known = [file.path for file in scan(folder)[0]]
    for name in ids:
        if name not in known:
            raise ArticleUnknown(name, tuple(difflib.get_close_matches(name, known, n=3)))
    with _storage(folder):
        for name in dict.fromkeys(ids):
            (folder / name).unlink()


@contextmanager
def _storage(folder: Path) -> Iterator[None]:
    """Say what the system refused as ``StorageFailed``."""
    try:
        yield
    except OSError as error:
        raise StorageFailed(Path(error.filename or folder), error.strerror or str(error)) from error
