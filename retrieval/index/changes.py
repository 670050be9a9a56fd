"""Changes: what differs between the articles folder and an index, as a whole and for single files."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Literal

from retrieval.articles.article import Article, Skipped
from retrieval.articles.files import SourceFile, contents, locate, read_bytes, scan, stamp
from retrieval.articles.formats.metadata import SIDECAR
from retrieval.articles.formats.progress import listening
from retrieval.articles.parsing import parse
from retrieval.errors import ArticleUnreadable
from retrieval.index.protocol import Index
from retrieval.index.sources import Source, all_skipped
from retrieval.index.spool import Spool
from retrieval.models.encoder import Encoder

Progress = Callable[[str, int, int], None]
"""Called with the stage (``waiting``, ``reading``, ``pages`` of a long file, ``encoding``), how much of it is done, and
how much there is."""

_RACY_NS = 2_000_000_000
"""A file changed this shortly before a build may change again without its time stamp showing it (as in git)."""

Stale = Literal["changed", "removed"]
"""What became of a file since it was indexed."""


@dataclass(frozen=True, slots=True)
class Differences:
    """How the articles folder, the encoder and the rules differ from an index; false when nothing does."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    """Files and articles that cannot be read, and why."""
    skipped_changed: bool
    files_changed: bool
    """Whether any file has other bytes, even if its articles are the same."""
    encoder_changed: bool
    rules_changed: bool

    def __bool__(self) -> bool:
        articles = self.added or self.changed or self.removed
        return bool(articles or self.skipped_changed or self.files_changed or self.rebuild_reason)

    @property
    def rebuild_reason(self) -> str | None:
        """Why every passage has to be encoded anew, or None."""
        if self.encoder_changed:
            return "the encoder changed"
        return "this version of Quoth cuts texts by other rules" if self.rules_changed else None


def compare(articles: Path, index: Index, encoder: Encoder) -> Differences:
    """What ``update`` would change in an index; nothing is written.

    Raises:
        FolderMissing, StorageFailed: the articles cannot be listed.
    """
    return differences_of(survey_folder(articles, index, None), index, encoder)


@dataclass(slots=True)
class Survey:
    """The articles folder as it is now."""

    refused: Sequence[Skipped]
    sources: dict[str, Source] = field(default_factory=dict)
    read: dict[str, Callable[[], Article]] = field(default_factory=dict)
    """By id: a function that gives an article of the files that were read."""
    known: Index | None = None
    """The index that has those of the others."""

    @property
    def empty(self) -> bool:
        """Whether there is no article."""
        return not any(source.articles for source in self.sources.values())

    def reader(self, id: str) -> Callable[[], Article]:
        """A function that gives the article with this id."""
        if id in self.read or self.known is None:
            return self.read[id]
        return partial(self.known.article, id)

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """Files and articles that were passed over, by path."""
        return all_skipped(self.sources.values(), self.refused)


def survey_folder(articles: Path, known: Index | None, progress: Progress | None, *, thorough: bool = False) -> Survey:
    """List the folder; read files whose size or time differ from the index's, or whose time is too recent to trust.

    A ``thorough`` survey reads all of them. Only files whose bytes differ are parsed.
    """
    files, refused = scan(articles)
    if known and not known.by_rules_in_force:
        known = None
    survey, spool = Survey(refused, known=known), Spool()
    trusted_ns = trusted_until_ns(known) if known and not thorough else 0
    for done, file in enumerate(files):
        before = known.sources.get(file.path) if known else None
        if before and not before.sha256:  # it could not be read, and permission changes no time stamp
            before = None
        read: Sequence[Article] = ()
        if before and before.stamp == file.stamp and file.touched_ns < trusted_ns:
            source = before
        else:
            with listening(progress and partial(progress, "pages")):
                source, read = _read_source(articles, file, before)
        survey.sources[file.path] = source
        survey.read.update((article.id, spool.keep(article)) for article in read)
        if progress and done % 64 == 0:
            progress("reading", done, len(files))
    return survey


def trusted_until_ns(index: Index) -> int:
    """The time before which an unchanged time stamp proves that a file is unchanged."""
    return int(index.built_at.timestamp() * 1e9) - _RACY_NS


def _read_source(articles: Path, file: SourceFile, before: Source | None) -> tuple[Source, Sequence[Article]]:
    """Read one file, and parse it unless its bytes are those of ``before``."""
    source = Source(**asdict(file))
    try:
        content = read_bytes(articles, file.path)
        sidecar = read_bytes(articles, file.path + SIDECAR) if file.sidecar_modified_ns else None
        source = replace(source, sha256=file_digest(content, sidecar))
        if before and before.sha256 == source.sha256:
            return replace(before, **asdict(file)), ()
        parsed = parse(file.path, content, sidecar)
    except ArticleUnreadable as error:
        return replace(source, skipped=error.reason), ()
    source = replace(source, articles={article.id: article.digest for article in parsed.articles})
    if parsed.skipped:
        source = replace(source, skipped=parsed.skipped.reason, skipped_id=parsed.skipped.path)
    if parsed.note:
        source = replace(source, note=parsed.note.reason, note_id=parsed.note.path)
    return source, parsed.articles


def file_digest(content: bytes, sidecar: bytes | None) -> str:
    """The hash of a file's bytes; with metadata beside it, of both, each at its length."""
    whole = content if sidecar is None else b"%d\n%b%b" % (len(content), content, sidecar)
    return hashlib.sha256(whole).hexdigest()


def differences_of(survey: Survey, before: Index | None, encoder: Encoder) -> Differences:
    """What differs between the folder as surveyed and an index."""
    sources = before.sources if before else {}
    found = _Articles()
    for path, source in survey.sources.items():
        found.compare(source.articles, sources[path].articles if path in sources else {})
    kept = [path for path in survey.sources if path in sources]
    gone = [
        id
        for path, source in sources.items()
        for id in _without(source.articles, survey.sources[path].articles if path in survey.sources else {})
    ]
    return Differences(
        added=tuple(found.added),
        changed=tuple(found.changed),
        removed=tuple(gone),
        unchanged=tuple(found.unchanged),
        skipped=survey.skipped,
        skipped_changed=survey.skipped != (before.skipped if before else ()),
        files_changed=any(survey.sources[path].sha256 != sources[path].sha256 for path in kept),
        encoder_changed=before is not None and before.fingerprint != encoder.fingerprint,
        rules_changed=before is not None and not before.by_rules_in_force,
    )


@dataclass(frozen=True, slots=True)
class _Articles:
    """Articles by id, and what became of them."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)

    def compare(self, now: Mapping[str, str], then: Mapping[str, str]) -> None:
        """Add the articles of a file, which are given with their digests, as they are now and as they were."""
        if now == then:  # as mostly: there may be a million
            self.unchanged.extend(now)
            return
        for id, digest in now.items():
            before = then.get(id)
            (self.added if before is None else self.unchanged if before == digest else self.changed).append(id)


def _without(some: Mapping[str, str], others: Mapping[str, str]) -> Iterable[str]:
    """The ids of some articles that are not among others."""
    return () if some.keys() <= others.keys() else (id for id in some if id not in others)


class Freshness:
    """Tells whether single files have changed since an index was built.

    That costs two ``stat`` calls. A file is read only when its size or time differ, and then once for each stamp.
    """

    def __init__(self, articles: Path, index: Index) -> None:
        self._articles = articles
        self._sources = index.sources
        self.trusted_ns = trusted_until_ns(index)
        self._verdicts: dict[tuple[str, tuple[int, ...]], Stale | None] = {}

    def stale(self, path: str) -> Stale | None:
        """Whether the file at ``path`` was changed or removed since it was indexed; None when neither."""
        known = self._sources[path]
        try:
            seen = stamp(self._articles, path)
        except (FileNotFoundError, NotADirectoryError):
            return "removed"
        except OSError:
            return "changed"
        if seen == known.stamp and known.touched_ns < self.trusted_ns:
            return None
        if (path, seen) in self._verdicts:
            return self._verdicts[path, seen]
        return self._judge(known)

    def _judge(self, known: Source) -> Stale | None:
        """Compare the file's hash; the verdict is kept if the time stamp is old enough to show the next change."""
        began_ns = time.time_ns()
        try:
            file = locate(self._articles, known.path)
            verdict: Stale | None = None if file_digest(*contents(self._articles, file)) == known.sha256 else "changed"
        except ArticleUnreadable:
            return "changed"
        if file.touched_ns < began_ns - _RACY_NS:
            self._verdicts[file.path, file.stamp] = verdict
        return verdict
