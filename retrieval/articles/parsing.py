"""A file's bytes to articles: metadata, titles, dates and ids."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from retrieval.articles import confined as isolation
from retrieval.articles.article import SURROGATE, Article, Skipped
from retrieval.articles.formats.metadata import read_sidecar
from retrieval.articles.formats.values import HEADING, Extract, Fault
from retrieval.errors import ArticleUnreadable

MAX_TITLE_LENGTH = 150
"""Code points: a longer first line is a paragraph."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a file holds."""

    articles: tuple[Article, ...]
    skipped: Skipped | None = None
    """The first of those articles that cannot be read, if there are such, with the number of the others."""


def parse(name: str, content: bytes, sidecar: bytes | None = None) -> Parsed:
    """Make articles of a file's ``content``, with the metadata in ``sidecar`` before those in the content.

    ``name`` gives the format, the ids and, failing all else, the title. A file that may hold several articles is
    readable when one of them is.

    Raises:
        ArticleUnreadable: there is no article in it.
    """
    metadata = read_sidecar(name, sidecar) if sidecar is not None else {}
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
    text = SURROGATE.sub("\N{REPLACEMENT CHARACTER}", found.text).strip()
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
    return " ".join(SURROGATE.sub("\N{REPLACEMENT CHARACTER}", value or "").split()) or None


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
