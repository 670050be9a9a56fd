"""The files of an articles folder as they were indexed, and the rules by which they were."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from retrieval.articles.article import Skipped
from retrieval.articles.files import SourceFile
from retrieval.articles.formats import registry as formats
from retrieval.text import passages, terms

RULES = {
    "files": formats.RULES,
    "passages": passages.RULES,
    "terms": terms.RULES,
}
"""The versions of all rules for reading and cutting texts; an index made by other rules is made anew."""


@dataclass(frozen=True, slots=True)
class Source(SourceFile):
    """A file of the articles folder as it was indexed."""

    sha256: str = ""
    """Of it and its metadata file; empty when it could not be read."""
    articles: Mapping[str, str] = field(default_factory=dict)
    """The digests of its articles, by id."""
    skipped: str | None = None
    """Why it, or one of several articles in it, cannot be read."""
    skipped_id: str | None = None
    """That article's id."""
    note: str | None = None
    """What was left out of an article in it, if anything."""
    note_id: str | None = None
    """That article's id."""

    @property
    def recorded(self) -> dict[str, Any]:
        """All of that by name, in a hundredth of ``asdict``'s time."""
        return {name: getattr(self, name) for name in _RECORDED}


_RECORDED = tuple(field.name for field in fields(Source))


def all_skipped(sources: Iterable[Source], refused: Iterable[Skipped]) -> tuple[Skipped, ...]:
    """Files and articles that cannot be read, or not whole, and files refused unread, by path."""
    found = list(refused)
    for source in sources:
        if source.skipped is not None:
            found.append(Skipped(source.skipped_id or source.path, source.skipped))
        if source.note is not None:
            found.append(Skipped(source.note_id or source.path, source.note, in_part=True))
    return tuple(sorted(found, key=lambda skipped: skipped.path))
