"""The engine in use, over the folder of articles under it, which members may change. Nothing here knows Discord."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from bot.discord.memory import Place
from retrieval.articles import care as folder
from retrieval.articles.files import scan
from retrieval.articles.formats.metadata import SIDECAR
from retrieval.articles.parsing import parse
from retrieval.errors import ArticleUnknown, IndexReadOnly, NoArticles, QuothError
from retrieval.index.places import place_of

if TYPE_CHECKING:
    from retrieval.articles.article import Article, ArticleInfo
    from retrieval.articles.received import Fetched
    from retrieval.engine import Engine
    from retrieval.index.address import Where
    from retrieval.index.changes import Progress, Stale
    from retrieval.index.updating import Report


class _Kept:
    """A file of a folder, and the metadata file beside it, as they were."""

    def __init__(self, folder: Path, name: str) -> None:
        files = [folder / name, folder / f"{name}{SIDECAR}"]
        self._before = {file: file.read_bytes() if os.path.isfile(file) else None for file in files}  # noqa: PTH113 - it takes any name
        self.there = self._before[files[0]] is not None

    def restore(self) -> None:
        """Have them so again."""
        for file, content in self._before.items():
            if content is None:
                with suppress(OSError):  # a name that no file can have
                    file.unlink(missing_ok=True)
            elif not file.exists() or file.read_bytes() != content:
                file.write_bytes(content)


class StillReading(Exception):
    """The index is being built for the first time; ``stage``, ``done`` and ``total`` as ``Progress`` tells them."""

    def __init__(self, stage: str, done: int, total: int) -> None:
        super().__init__(stage, done, total)
        self.progress = stage, done, total


class Opened(Protocol):
    """What opening an index gives: an engine that answers from it, and a report of the update, if there was one."""

    @property
    def engine(self) -> Engine:
        """The engine."""
        ...

    @property
    def report(self) -> Report | None:
        """What the update did; None when none was needed."""
        ...


@dataclass(frozen=True, slots=True)
class Beside:
    """What is known of a quote's article beside its text."""

    stale: Stale | None = None
    """What became of its file since it was indexed, if anything."""
    newer: ArticleInfo | None = None
    """An article of a later day that is about the same."""


NOTHING = Beside()


Fetch = Callable[[str, "Progress"], "Fetched"]
"""Fetches the page or file at an address."""

Build = Callable[["Progress"], Opened]
"""Opens an engine over an index that is up to date, telling of its progress."""


class Library:
    """The engine in use, and the folder of articles under it, which members may change.

    Args:
        articles: the folder.
        index: where its index is kept.
        build: opens an engine over an index that is up to date.
        name: tells it from others; the common one has none.
        kept_elsewhere: whether the index is only read, so that no article can be changed here.
    """

    def __init__(
        self, articles: Path, index: Where, build: Build, *, name: str = "", kept_elsewhere: bool = False
    ) -> None:
        self._articles = articles
        self._index = index
        self.name = name
        self._build = build
        self._kept_elsewhere = kept_elsewhere
        self.engine: Engine | None = None
        """None while there are no articles. Replaced as a whole, so that an answer is of one index."""
        self.reading: tuple[str, int, int] | None = None
        """While the index is opened for the first time, how far that is, as ``Progress`` tells it."""
        self.examples: tuple[str, ...] = ()
        """Questions that the articles are sure to answer."""
        self._empty: object = None
        """What there was when no article was found last."""
        self._refreshing = threading.Lock()

    @property
    def articles(self) -> Mapping[str, ArticleInfo]:
        """The articles in the index, by id."""
        return {article.id: article for article in self.engine.index.articles} if self.engine else {}

    @property
    def folders(self) -> tuple[Path, Where]:
        """The folder of the articles, and where the index is kept."""
        return self._articles, self._index

    @property
    def outdated(self) -> bool:
        """Whether another program has published a newer index or, where there was no article, anything changed."""
        if self.engine is None:
            return self._state() != self._empty
        return place_of(self._index).newest() not in (None, self.engine.index.version)

    def _state(self) -> object:
        with suppress(QuothError):
            return scan(self._articles), place_of(self._index).newest()
        return None

    def refresh(self, progress: Progress) -> Report | None:
        """Bring the index up to date and serve from it; None when nothing had changed or no article is left.

        Raises:
            Whatever ``open_up_to_date`` raises but ``NoArticles``.
        """
        with self._refreshing:
            state = self._state()
            try:
                opened = self._build(progress)
            except NoArticles:
                self.engine, self._empty = None, state
                return None
            self.engine = opened.engine
            return opened.report

    def open(self, progress: Progress) -> Report | None:
        """``refresh`` for the first time, during which questions are told how far it is."""

        def told(stage: str, done: int, total: int) -> None:
            self.reading = stage, done, total
            progress(stage, done, total)

        told("reading", 0, 0)

        try:
            return self.refresh(told)
        finally:
            self.reading = None

    def add(self, file: Path, progress: Progress, *, replace: bool = False) -> bool:
        """Put a file, and its metadata file beside it, into the folder and serve it; false when it was there already.

        With ``replace`` it takes the place of the one of that name. Whatever ends the update, an error or a progress
        that raises, leaves the folder as it was. Raises what ``folder.add`` does.
        """
        self._check_changeable()
        kept = _Kept(self._articles, file.name)
        try:
            if replace and kept.there:
                parse(file.name, file.read_bytes())  # before the other is gone
                folder.remove(self._articles, [file.name])
            added, _ = folder.add(self._articles, [file])
            self.refresh(progress)
        except BaseException:
            kept.restore()
            raise
        return bool(added)

    def add_fetched(self, page: Fetched, progress: Progress) -> str:
        """Put a page from the web into the folder and serve it; returns its id.

        Whatever ends the update leaves the folder as it was. Raises what ``folder.add_fetched`` does.
        """
        self._check_changeable()
        kept = [_Kept(self._articles, name) for name in page.names]
        try:
            [name] = folder.add_fetched(self._articles, [page])
            self.refresh(progress)
        except BaseException:
            for each in kept:
                each.restore()
            raise
        return name

    def same_as(self, id: str) -> str | None:
        """Another article that has the very text of the one with this id, if there is one."""
        with suppress(ArticleUnknown):
            copies = self.engine.index.article(id).copies if self.engine else ()
            return copies[0].id if copies else None
        return None

    def remove(self, id: str, progress: Progress) -> None:
        """Delete an article and serve without it. Raises what ``folder.remove`` does."""
        self._check_changeable()
        folder.remove(self._articles, [id])
        self.refresh(progress)

    def _check_changeable(self) -> None:
        if self._kept_elsewhere:
            raise IndexReadOnly(str(self._index))

    def resolve(self, name: str) -> str:
        """The id of the article that a person named by id, by the hash of it or by title; raises ``ArticleUnknown``."""
        known = self.articles
        if name in known:
            return name
        for id, article in known.items():
            if name == short_id(id) or name.casefold() in {id.casefold(), article.title.casefold()}:
                return id
        raise ArticleUnknown(name)

    def article(self, place: Place) -> Article | None:
        """The article that a place is in, unless it is gone or no longer what it was."""
        if self.engine is None:
            return None
        try:
            article = self.engine.index.article(place.article)
        except ArticleUnknown:
            return None
        return article if article.content_hash == place.content else None

    def whole(self, id: str) -> Article:
        """The article with this id; raises ``ArticleUnknown``."""
        if self.engine is None:
            raise ArticleUnknown(id)
        return self.engine.index.article(id)

    def stale(self, article: Article) -> Stale | None:
        """What became of an article's file since it was indexed, if anything."""
        return self.engine.stale(article) if self.engine else None

    def beside(self, article: Article, place: Place) -> Beside:
        """What is known of the article that a place is in; the newer one only as long as it is there."""
        newer = None
        if place.newer:
            with suppress(ArticleUnknown):
                newer = self.whole(place.newer).info
        return Beside(self.stale(article), newer)


_LONGEST_ID = 80
"""Bytes. Discord takes 100 characters, some of which a button needs for saying what it does."""


def short_id(id: str) -> str:
    """An article's id where Discord leaves little room: itself, or a hash of it."""
    return (
        id
        if len(id.encode()) <= _LONGEST_ID and id.isprintable()
        else "#" + hashlib.sha256(id.encode()).hexdigest()[:32]
    )
