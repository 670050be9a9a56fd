"""Back matter: lists of references, contents, footers and navigation, told by their looks.

They stay in the text and are found, but say nothing of the article's subject: a date in a reference is no date of what
it refers to. What is meant to be read must never be taken for them, so that each sign alone is not enough: a paragraph
looks like an entry from its first word on, or stands under a heading that says so.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import takewhile
from typing import NamedTuple

from retrieval.articles.formats.values import HEADING
from retrieval.text.sentences import Span

_LONGEST = 1200
"""Code points of a paragraph that may be an entry; longer ones are text."""

_TWO_LINES, _FEW_LINES = 160, 400
"""Code points: what is longer is no title, and no footer."""


def is_back_matter(text: str, span: Span) -> bool:
    """Whether every paragraph that ``text[span]`` touches is one of a list of references, a footer or the like."""
    found = [part for part in _paragraphs_of(text, span) if not HEADING.match(text, part.start)]
    return bool(found) and all(_is_listed(text, part) for part in found)


def entry_around(text: str, span: Span) -> Span:
    """The entries of a list that a span of back matter touches, whole: they have full stops inside."""
    found = list(_paragraphs_of(text, span))
    return Span(found[0].start, found[-1].end) if found else span


def _paragraphs_of(text: str, span: Span) -> Iterator[Span]:
    """The paragraphs that a span touches; of one of many lines, only the lines that it touches."""
    before = text.rfind("\n\n", 0, span.start)
    start = 0 if before < 0 else before + 2
    while start < span.end:
        end = text.find("\n\n", start)
        end = len(text) if end < 0 else end
        yield from _units(text, Span(start, end), span)
        start = end + 2


def _units(text: str, paragraph: Span, span: Span) -> Iterator[Span]:
    """A paragraph as a whole or, where several of its lines begin as entries do, or it is headed, those in the span."""
    words = text[paragraph.start : paragraph.end]
    lines = [match.span() for match in re.finditer(r"[^\n]+", words)]
    apart = len(lines) > 1 and sum(bool(_begins(words[first:last])) for first, last in lines) > 1
    if not apart and not HEADING.match(words):
        yield from _trimmed(text, paragraph)
        return
    for first, last in lines:
        line = Span(paragraph.start + first, paragraph.start + last)
        if line.start < span.end and span.start < line.end:
            yield from _trimmed(text, line)


def _trimmed(text: str, span: Span) -> Iterator[Span]:
    words = text[span.start : span.end]
    if words.strip():
        start = span.start + len(words) - len(words.lstrip())
        yield Span(start, start + len(words.strip()))


# --- sections ------------------------------------------------------------------------------------------------

_REFERENCES = (
    "references?|bibliography|works cited|literature cited|citations|further reading|external links|see also|weblinks|"
    "einzelnachweise|literatur|literaturverzeichnis|bibliographie|références|voir aussi|bibliografía|referencias|"
    "bibliografi|referanser"
)
_NOTES = "notes|footnotes|endnotes|sources|notes and references|anmerkungen|quellen|notes et références|publications"
_CONTENTS = "contents|table of contents|inhalt|inhaltsverzeichnis|table des matières|sommaire|índice|innhold"

_TITLE = re.compile(
    rf"^(?P<mark>#{{1,6}} +)?(?:\d{{1,2}}\.?\d?[.)]? +)?"
    rf"(?:(?P<references>{_REFERENCES})|(?P<notes>{_NOTES})|(?P<contents>{_CONTENTS})) *:? *$",
    re.MULTILINE | re.IGNORECASE,
)


_CONTENTS_LIST = re.compile(
    r"""(?:\s*^[ \t]*(?:
        [-*•]\ [^.!?\n]{1,120}
        |\d[\d.]*[.)]?\ [^.!?\n]{2,100}
        |[^#\n]{2,120}(?:\s|\.)(?:\d{1,4}|[ivxlc]{1,6})
    )[ \t]*$)*""",
    re.MULTILINE | re.VERBOSE,
)
"""The lines of a table of contents: items, numbered titles, or titles with their pages."""


class _Section(NamedTuple):
    """A part of a text under a heading that says that a list follows."""

    start: int
    end: int
    kind: str


def _list_end(text: str, start: int) -> int:
    found = _CONTENTS_LIST.match(text, start)
    return found.end() if found else start


@lru_cache(maxsize=64)
def _sections(text: str) -> tuple[_Section, ...]:
    """The text's sections of references, notes and contents."""
    return tuple(_section(text, title) for title in _TITLE.finditer(text))


def _section(text: str, title: re.Match[str]) -> _Section:
    """The section under a title; one of contents ends where its list does."""
    kind = title.lastgroup or ""
    if kind == "contents":
        return _Section(title.end(), _list_end(text, title.end()), kind)
    level = len((title["mark"] or "######").strip())
    below = (each.start() for each in HEADING.finditer(text, title.end()) if len(each[1]) <= level)
    # A line of text that is no heading may say the same by chance.
    return _Section(title.end(), next(below, len(text)), kind if title["mark"] else "notes")


def _section_of(text: str, place: int) -> str:
    """The kind of the section that a place is in; empty for what is none of these."""
    found = _sections(text)
    number = bisect_right(found, place, key=lambda section: section.start) - 1
    return found[number].kind if number >= 0 and place < found[number].end else ""


# --- looks ---------------------------------------------------------------------------------------------------


def _is_listed(text: str, part: Span) -> bool:
    """Whether a paragraph is of a list beside the text."""
    words, section = text[part.start : part.end], _section_of(text, part.start)
    if len(words) > _LONGEST:
        return False
    return section == "contents" or _is_reference(words, section) or _is_footer(words) or _is_contents(text, part)


_INITIALS = r"[^\W\d_a-z]\.(?:[ -]?[^\W\d_a-z]\.)*"
_SURNAME = r"(?:(?:van|von|de|der|den|la|le|di|el)\ ){0,2}[^\W\d_a-z][\w’'-]+"

_BULLET = r"(?:[-*•]\ +)"

_NUMBER = r"(?:\(\d{1,3}\)\ +|\d{1,3}[.)]\ +)"

_ENTRY = re.compile(
    rf"""(?:(?P<caret>(?:{_BULLET}|{_NUMBER})?[\^↑]\ *(?:[a-z]\ )*)|{_BULLET}?(?P<bracket>\[\d{{1,3}}\])?{_NUMBER}?\ *)
    (?:(?P<author>{_SURNAME},\ {_INITIALS}
        |{_INITIALS}\ ?{_SURNAME}(?:,|\ and\ |\ &\ |:|\.)
        |{_SURNAME}\ [A-Z]{{1,3}}[,.:]
        |{_SURNAME},\ [^\W\d_a-z]\w+(?:\ [A-Z]\.)?\ ?(?:\(\d{{4}}|\.|,\ and))
    |(?P<title>["“«][^"”»]{{4,200}}[.,?!]?["”»][.,]))?""",
    re.VERBOSE,
)
"""How an entry of a list of references begins."""

_SIGNS = tuple(
    re.compile(sign, flags)
    for sign, flags in (
        (r"\b(?:retrieved|accessed|archived|viewed|abgerufen|consulté|consultado|hentet)\b", re.IGNORECASE),
        (r"\b(?:doi|isbn|issn|arxiv|pmid|pmc|oclc|jstor|hdl|s2cid)\b[ :.]|https?://(?:dx\.)?doi\.org", re.IGNORECASE),
        (
            r"\bpp?\. ?\d|\bvol\. ?\d|\bno\. ?\d|\bS\. \d|\b\d{1,4} ?\(\d{1,3}\)|\b\d{1,4}:\s?\d{1,5}\b|\d[–-]\d{2,}",
            re.IGNORECASE,
        ),
        (r"\((?:[A-Z]\w+ )?(?:1[5-9]|20)\d\d[a-z]?\)|[,.\w] (?:1[5-9]|20)\d\d[a-z]?\.?$|(?:1[5-9]|20)\d\d[a-z]?\. ", 0),
        (
            r"\b(?:Proc|Proceedings|Journal|J|Press|Publishers?|Verlag|Trans|Univ|University|Conf|Conference|thesis|eds?|Transl)\b",
            0,
        ),
        (r"https?://|\bwww\.", re.IGNORECASE),
        (r"\bet al\.", 0),
        (r"\b\d{1,2} \w{3,9} (?:19|20)\d\d\b|\b[A-Z][a-z]{2,8} \d{1,2}, (?:19|20)\d\d\b", 0),
    )
)
"""What references have beside their titles, each of its own kind: how it was found, numbers, places in a volume, the
year, who printed it, an address, authors, a day."""

_TOLD = re.compile(
    r"\((?:19|20)\d\d[a-z]?\),? [a-z]{2}"
    r"|\b(?:said|says|told|argues?d?|found|showe?d|shows|measured|reported|wrote|writes|is|are|was|were|has|have|had|will)"
    r"\b [a-z]"
)
"""What prose says, and titles seldom."""


_SENTENCE = re.compile(r"[.!?][\"”’)]*$")


def _is_reference(words: str, section: str) -> bool:
    """Whether a paragraph is an entry of a list of references."""
    begins = _begins(words)
    if section == "references":
        short = len(words) <= _TWO_LINES and not _SENTENCE.search(words)
        signs = _signs(words)
        return (signs > 0 and not (signs == 1 and _TOLD.search(words))) or short
    if section == "notes":
        signs = _signs(words)
        return signs > 1 or (signs == 1 and bool(begins))
    if not begins:
        return False  # most paragraphs, which are not searched for signs: that takes far longer
    if begins["caret"]:
        return _signs(words) > 0
    sure = begins["author"] or begins["bracket"] or any(sign.search(words) for sign in _SIGNS[:2])
    return bool(sure) and not _TOLD.search(words) and _signs(words) > 1


def _signs(words: str) -> int:
    """How many kinds of signs of a reference a paragraph has."""
    return sum(bool(sign.search(words)) for sign in _SIGNS)


def _begins(words: str) -> re.Match[str] | None:
    """How a paragraph begins, where it begins as an entry does."""
    found = _ENTRY.match(words)
    return found if found and any(found.groups()) else None


_LEADER = re.compile(r"(?:(?:\. ?){4,}|…|_{4,}) *(?:(\d{1,4})|[ivxlc]{1,6})[ \t]*$", re.MULTILINE)
"""The end of a line of contents: dots or the like, and a page."""

_PAGE_END = re.compile(r"[\divxlc]")

_AROUND = 1500
"""Code points looked at on each side for further lines of contents."""


def _is_contents(text: str, part: Span) -> bool:
    """Whether a paragraph is lines of a table of contents, whose pages rise; prices behind dots do not."""
    if not all(map(_leads, text[part.start : part.end].split("\n"))):
        return False
    before = text[max(0, part.start - _AROUND) : part.start].split("\n")[::-1]
    behind = text[part.end : part.end + _AROUND].split("\n")
    lines = [*_led(before)[::-1], *text[part.start : part.end].split("\n"), *_led(behind)]
    pages = [int(found[1]) for line in lines if (found := _leads(line)) and found[1]]
    return len(lines) > 1 and pages == sorted(pages)


def _led(lines: Iterable[str]) -> list[str]:
    """The first of some lines that are of contents, as far as none of text stands between them."""
    return list(takewhile(_leads, filter(str.strip, lines)))


def _leads(line: str) -> re.Match[str] | None:
    """The end of a line of contents; most lines end with a full stop, and are not searched: that takes far longer."""
    return _LEADER.search(line) if _PAGE_END.fullmatch(line.rstrip(" \t")[-1:]) else None


_RIGHTS = re.compile(r"(?:©|\(c\)|copyright)\s*(?:©\s*)?(?:19|20)\d\d|all rights reserved", re.IGNORECASE)
_CRUMBS = re.compile(
    r"home\s*(?:[>»\u203a/|·]|->)\s*\w|(?:skip to (?:main )?content|back to top|share this|follow us)\b", re.IGNORECASE
)
_LINKS = frozenset(
    re.findall(
        r"\w+",
        "home about contact us privacy policy terms of use service conditions cookies cookie login log in sign up "
        "register search menu sitemap help faq careers press imprint impressum datenschutz accessibility newsletter "
        "subscribe rss previous next back to top share print advertise jobs and the our",
    )
)
"""Words of links that lead to other pages of any site."""


def _is_footer(words: str) -> bool:
    """Whether a paragraph is a page's footer, or links to other pages."""
    if len(words) > _FEW_LINES:
        return False
    if _RIGHTS.search(words) and (len(words) <= _TWO_LINES or not _TOLD.search(words)):
        return True
    if _CRUMBS.match(words) and len(words) <= _TWO_LINES:
        return True
    links = [link.strip().lower() for link in re.split(r"\s*[|·•»\u203a>]\s*|\n", words) if link.strip()]
    known = [link for link in links if set(re.findall(r"\w+", link)) <= _LINKS]
    return len(links) > 2 and len(known) > len(links) / 2  # noqa: PLR2004 - a row of them
