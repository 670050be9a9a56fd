"""A file's bytes to articles: metadata, titles, dates and ids."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path

from retrieval.articles.article import SURROGATE, Article, Skipped
from retrieval.articles.confined import extract_confined
from retrieval.articles.formats.decoding import without_soft_hyphens
from retrieval.articles.formats.metadata import Metadata, read_sidecar
from retrieval.articles.formats.values import HEADING, ExtractedArticle, UnreadableArticle, titled
from retrieval.errors import ArticleUnreadable

MAX_TITLE_LENGTH = 150
"""Code points: a longer first line is a paragraph."""

MAX_FIELD_LENGTH = 500
"""Code points of a title, a source, a date or an address; a title goes into the text of every passage."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a file holds."""

    articles: tuple[Article, ...]
    skipped: Skipped | None = None
    """The first of those articles that cannot be read, if there are such, with the number of the others."""
    note: Skipped | None = None
    """The first thing that was left out of an article, if there is such, with the number of the others."""


def parse(name: str, content: bytes, sidecar: bytes | None = None) -> Parsed:
    """Make articles of a file's ``content``, with the metadata in ``sidecar`` before those in the content.

    ``name`` gives the format, the ids and, failing all else, the title. A file that may hold several articles is
    readable when one of them is.

    Raises:
        ArticleUnreadable: there is no article in it.
    """
    metadata = read_sidecar(name, sidecar) if sidecar is not None else Metadata()
    articles: list[Article] = []
    unreadable: list[UnreadableArticle] = []
    notes: list[Skipped] = []
    for item in extract_confined(name, _as_served(content, metadata.charset)):
        if isinstance(item, UnreadableArticle):
            unreadable.append(item)
            continue
        try:
            article, left_out = _article(name, item, metadata)
        except ArticleUnreadable as error:
            if item.number is None:
                raise
            unreadable.append(UnreadableArticle(item.number, error.reason))
        else:
            articles.append(article)
            notes.extend(Skipped(article.id, reason, in_part=True) for reason in left_out)
    if not articles:
        raise ArticleUnreadable(name, f"it holds no article{_first_of(unreadable)}")
    faults = [Skipped(f"{name}#{item.number}", item.reason) for item in sorted(unreadable, key=lambda it: it.number)]
    return Parsed(tuple(articles), _summary(faults), _summary(notes))


_MEANT = {"iso-8859-1": "cp1252", "latin1": "cp1252", "us-ascii": "cp1252", "shift_jis": "cp932", "gb2312": "gb18030"}
"""What servers mostly mean by these names."""


def _as_served(content: bytes, charset: str) -> bytes:
    """A text in the encoding that its server named as UTF-8 with its mark, before which no other name counts.

    What is UTF-8 or UTF-16 by itself stays as it is: servers name the encoding of all their pages, not of this one.
    """
    if not charset or charset.lower() in {"utf-8", "utf8"}:
        return content
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in content[:_HEAD_BYTES]:
        return content
    with suppress(UnicodeDecodeError):
        content.decode()
        return content
    with suppress(LookupError, ValueError):
        found = codecs.lookup(_MEANT.get(charset.lower(), charset))
        if found.name not in _NO_CHARSETS:
            return codecs.BOM_UTF8 + str(content, found.name).encode()  # str takes encodings of text alone
    return content


_NO_CHARSETS = {"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"}
"""Python's own, and those that read the same bytes as something else or take for ever."""

_HEAD_BYTES = 1_024


def _first_of(unreadable: Sequence[UnreadableArticle]) -> str:
    return f"; number {unreadable[0].number}: {unreadable[0].reason}" if unreadable else ""


def _summary(skipped: Sequence[Skipped]) -> Skipped | None:
    """The first of them, with the number of the others: a million of them would help nobody."""
    if not skipped:
        return None
    more = f" (as with {len(skipped) - 1:,} more of that file)" if len(skipped) > 1 else ""
    return replace(skipped[0], reason=skipped[0].reason + more)


def _article(name: str, found: ExtractedArticle, metadata: Metadata) -> tuple[Article, list[str]]:
    """An article of what a format's reader found and of metadata that go before it, and what was left out of it."""
    whole = found.text if found.pages else without_soft_hyphens(found.text)  # pages begin at places in it
    text = SURROGATE.sub("\N{REPLACEMENT CHARACTER}", whole).strip()
    stripped = len(whole) - len(whole.lstrip())
    if not re.search(r"\w", text):
        raise ArticleUnreadable(name, "it holds no text")
    known = {**found.metadata, **metadata.values}
    notes = [*found.notes, *metadata.notes]
    article = Article(
        id=name if found.number is None else f"{name}#{found.number}",
        title=_cut("title", _line(known.get("title")) or _title_in(text), notes) or _title_from(name, found.number),
        source=_cut("source", _line(known.get("source")), notes),
        published=_date(known.get("published"), notes),
        url=_short(_line(known.get("url")), notes),
        path=name,
        text=text,
        pages=tuple(min(max(page - stripped, 0), len(text)) for page in found.pages),
        scanned=found.scanned,
    )
    return article, notes


def _line(value: str | None) -> str | None:
    """A value as one line of text, or None when there is nothing in it."""
    # YAML and JSON can escape half of a surrogate pair, which no file and no terminal takes.
    return " ".join(SURROGATE.sub("\N{REPLACEMENT CHARACTER}", without_soft_hyphens(value or "")).split()) or None


def _cut(field: str, value: str | None, notes: list[str]) -> str | None:
    """A value of no more than ``MAX_FIELD_LENGTH``; that it was cut is put among the notes."""
    if value is None or len(value) <= MAX_FIELD_LENGTH:
        return value
    notes.append(f"its {field} is longer than {MAX_FIELD_LENGTH} characters and was cut")
    return value[: MAX_FIELD_LENGTH - 1].rstrip() + "…"


def _short(url: str | None, notes: list[str]) -> str | None:
    """An address that is no longer than ``MAX_FIELD_LENGTH``; half of one would lead elsewhere."""
    if url is None or _PLACE.match(url):
        return None
    if len(url) <= MAX_FIELD_LENGTH:
        return url
    notes.append(f"its address is longer than {MAX_FIELD_LENGTH} characters and was left out")
    return None


_PLACE = re.compile(r"\.{0,2}/(?!/)|#")
"""How a place on a site begins, which leads nowhere from here."""


def _date(value: str | None, notes: list[str]) -> date | None:
    """The day that a value names; that it names none is put among the notes."""
    if not value or not value.strip():
        return None
    if len(value) > MAX_FIELD_LENGTH:  # parsing one takes time that grows with its square
        notes.append(f"its date is longer than {MAX_FIELD_LENGTH} characters and was left out")
        return None
    written = value.strip()
    found = _iso_day(written) or _counted_day(written) or _written_day(written) or _foreign_day(written)
    if found is None:
        notes.append(f"its date {value[:40]!r} is not one and was left out; write it as 2016-11-28")
    return found


def written_day(value: str) -> date | None:
    """The day that a value names, in any way and language in which an article may write it; None for none."""
    return _date(value, [])


def _iso_day(value: str) -> date | None:
    """A day as in 2016-11-28, with or without a time, or as in 28.11.2016, where the day goes before the month."""
    try:
        if dotted := _DOTTED_DAY.match(value):
            return date(int(dotted[3]), int(dotted[2]), int(dotted[1]))
        return None if _WEEK.fullmatch(value) else datetime.fromisoformat(value).date()
    except ValueError:
        return None


def _counted_day(value: str) -> date | None:
    """A day as programs export it: in seconds or thousandths of them since 1970."""
    counted = _SECONDS.fullmatch(value)
    return datetime.fromtimestamp(int(counted[1]), UTC).date() if counted else None


_SECONDS = re.compile(r"([1-9]\d{8,9})(?:\d{3}|\.\d+)?")

_WEEK = re.compile(r"\d{4}-?W\d{2}")
"""Python takes a week for its Monday."""

_YEAR = re.compile(r"(?<!\d)[12]\d{3}(?!\d)")

_DOTTED_DAY = re.compile(r"(\d{1,2})\. ?(\d{1,2})\. ?(\d{4})(?!\d)")


def _written_day(value: str) -> date | None:
    """A day in any usual English way of writing."""
    from dateutil import parser

    if _DOTTED_DAY.match(value):
        return None
    try:
        # What is not written ("May 2016", "Monday") dateutil takes from a default: two must give the same day.
        days = (parser.parse(value, default=default, ignoretz=True).date() for default in _DEFAULT_DATES)
        first, second = days
    except (ValueError, OverflowError):
        return None
    # Of "5-8 March 2024" dateutil takes 5 for the year.
    years = _YEAR.findall(value) or [str(first.year)]
    return first if first == second and str(first.year) in years else None


@lru_cache(maxsize=4096)
def _foreign_day(value: str) -> date | None:
    """A day that is written out in another language, as in 5 mars 2024."""
    if not _YEAR.search(value) or not _FOREIGN.search(value) or _SEVERAL.search(value):
        return None
    import dateparser

    found = dateparser.parse(value, settings=_WHOLE_DAY)
    return found.date() if found else None


_FOREIGN = re.compile(r"(?<!\d)\d{1,2}(?!\d).{0,9}[^\W\d_]")

_SEVERAL = re.compile(r"\d\.?\s?[-–—]\s?\d")

_WHOLE_DAY = {"REQUIRE_PARTS": ["day", "month", "year"], "STRICT_PARSING": True, "PARSERS": ["absolute-time"]}

_DEFAULT_DATES = datetime(2000, 1, 1), datetime(2003, 12, 31)  # noqa: DTZ001 - only days are compared
"""They differ in year, month, day and day of the week."""


_NO_TITLE = re.compile(
    r"""[-*•–>|\#]\s  # an item of a list, a quotation
    |\w+://|www\.|\S+@\S+$     # an address
    |by\s+\w|(?-i:(?:Von|Par|Por|Di|Av|Af|Door)(?:\ [^\W\d_a-z][\w.’'-]+){2,3}$)          # whoever wrote it
    |(?:first\ |last\ )?(?:published|posted|updated|veröffentlicht|publié|publicado)\b.*\d{4}$   # when
    |page\ \d+\b|\d+\ min(?:ute)?s?\ read$|(?:copyright|©)\b
    |[\W\d_]*$        # no letter in it
    |.*\ \|\         # a row of a table
    """,
    re.IGNORECASE | re.VERBOSE,
)

_SENTENCE = re.compile(
    r"""[.!?:;,…\u3002\uff01\uff1f\uff1b\uff1a\u3001\u060c\u061f\u061b\u06d4\u0964]
    [\s"'\u2018-\u201d«»\u2039\u203a\u300d\u300f)\]]*$""",
    re.VERBOSE,
)
"""The end of a sentence, a Chinese, Arabic or Hindi one too."""

_BELOW_TITLE = re.compile(r"[=~*_-]{3,}|[Bb][Yy] [^\W\d_a-z].{0,60}")
"""What stands below a title: a line drawn under it, or who wrote the article."""


def _title_in(text: str) -> str | None:
    """The first line, when it looks like a title: a heading, or a short line set apart that ends no sentence.

    Behind a first line that is none, such as a menu, the one heading of the highest level is it.
    """
    first, _, rest = text.partition("\n")
    if heading := HEADING.match(text):
        return _line(heading[2])
    if len(first) > MAX_TITLE_LENGTH or _SENTENCE.search(first):
        return None
    below = rest.partition("\n")[0].strip()
    alone = not below or _BELOW_TITLE.fullmatch(below)
    if alone and not _NO_TITLE.match(first) and not written_day(first):
        return _line(first)
    if _SENTENCE.search(_BLANK_LINE.split(text, maxsplit=1)[0]):
        return None
    highest = [_line(heading[2]) for heading in HEADING.finditer(text[:_HEAD_LENGTH]) if heading[1] == "#"]
    return highest[0] if len(highest) == 1 and not _OF_PART.fullmatch(highest[0] or "") else None


_BLANK_LINE = re.compile(r"\n\s*\n")

_OF_PART = re.compile(r"abstract|bibliography|(?:table of )?contents|introduction|notes|references", re.IGNORECASE)
"""Headings of a part of an article."""


_HEAD_LENGTH = 1_000
"""Code points in which an article's title stands."""


_DAY_BEFORE = re.compile(r"\d{4}([-_.])\d{2}\1\d{2}[-_ ]+(?=\S)")


def _title_from(name: str, number: int | None) -> str:
    title = _line(titled(_DAY_BEFORE.sub("", Path(name).stem))) or name
    return title if number is None else f"{title} {number}"
