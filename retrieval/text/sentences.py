"""Sentences and paragraphs of a text, with exact offsets in Unicode code points.

Sentence ends come from sentencex (https://github.com/wikimedia/sentencex), which returns offsets and loses nothing;
``boundaries`` mends what it gets wrong.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from retrieval.articles.formats.values import HEADING
from retrieval.text.boundaries import mended
from retrieval.text.table_heads import table_head

_STUB_WORDS = 4
"""A "sentence" of fewer words is a fragment (``/TASS/.``, ``No.``, ``Mr.``) and stays with its neighbour; a question of
three words ("Is it true?") does not."""

_CREDIT_WORDS = 16
"""What ends in ``/TASS/.`` and is no longer than this is a dateline."""

_SPACELESS = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"

WORD = re.compile(rf"[{_SPACELESS}]|[^\s{_SPACELESS}]{{1,16}}")
"""One unit of length: a word, one character of a script without spaces, or a stretch of an endless "word"."""

_STRETCH = 2**13
"""Code points given to sentencex at once: its time grows with their square in a script without spaces."""

_BLANK_LINES = re.compile(r"\n\s*\n")

_DATELINE = re.compile(r"[^\W\da-z]{2}[^a-z.]*\b[A-Z][a-z]+\.? \d{1,2}\.?$")

_DAY = r"(?:(?:le[ ])?\d{1,2}\.?[ ][^\W\d]{3,}\.?(?:,?[ ]\d{4})?(?:[ ]года)?|[A-Z][a-z]+\.?[ ]\d{1,2}(?:,[ ]\d{4})?)"
_OPENING = re.compile(
    rf"""
    (?:ST\.[ ])?[^\W\da-z][^\W\da-z]+(?:[ -][^\W\da-z]{{2,}})*
    (?:,[ ](?!{_DAY})[A-Z][\w.]*(?:[ ][A-Z][\w.]*){{0,2}})?
    (?:
        (?:,[ ]{_DAY})?\.?[ ](?:(?:\([^\W\d][\w ]*\)|/[^\W\d][\w-]*/)\.?(?:[ ][-–—]{{1,2}})?|[-–—]{{1,2}})
        | ,[ ]{_DAY}\.?(?<=\.)
    )[ ]
    | [A-Z][\w-]+(?:[ ][A-Z][\w-]+)*(?:
        ,[ ]{_DAY}(?:[ ]\([^\W\d][\w ]*\))?
        | [ ]\((?:AFP|AP|dpa|EFE|ANSA|Reuters|UPI|Kyodo|Xinhua|TASS)\)
    )[ ][-–—]{{1,2}}[ ]
    """,
    re.VERBOSE,
)
"""Place, day and agency before a report's first sentence: "WASHINGTON (AP) — "; in small letters with day or agency."""

_LIST_ITEM = re.compile(r"^[ \t]*(?:[-*•–]|\d{1,3}[.)])[ \t]+\S", re.MULTILINE)


class Span(NamedTuple):
    """A half-open range of code points in an article's text."""

    start: int
    end: int


class Sentence(NamedTuple):
    """A sentence without the white space around it. A heading is one, and so is an item of a list."""

    start: int
    end: int
    heading: bool
    opens: bool
    """Whether a paragraph begins here."""


@lru_cache(maxsize=64)
def sentences(text: str) -> tuple[Sentence, ...]:
    """Every sentence of ``text``, in order; together they hold each of its non-blank characters once."""
    return tuple(_sentences(text))


def headings_above(text: str, place: int) -> list[str]:
    """The words of the headings that a place of ``text`` stands under, the highest first; last a table's head."""
    found: list[str] = []
    level = 7  # below any
    for start, own, words in reversed(_headings(text)):
        if start < place and own < level:
            found.append(words)
            level = own
    head = table_head(text, place)
    return [*found[::-1], head] if head else found[::-1]


@lru_cache(maxsize=64)
def _headings(text: str) -> tuple[tuple[int, int, str], ...]:
    """Where each heading begins, its level and its words."""
    if "#" not in text:  # as in most texts, which need not be looked through line by line then
        return ()
    return tuple((found.start(), len(found[1]), found[2]) for found in HEADING.finditer(text))


def _sentences(text: str) -> Iterator[Sentence]:
    for paragraph in _paragraphs(text):
        if HEADING.match(text, paragraph.start):
            yield Sentence(*paragraph, heading=True, opens=True)
            continue
        for number, (start, end) in enumerate(_join_stubs(text, _bounds(text, paragraph))):
            yield Sentence(start, end, heading=False, opens=number == 0)


def _paragraphs(text: str) -> Iterator[Span]:
    """Blocks between blank lines, with headings on their own."""
    start = 0
    for gap in [*(blank.span() for blank in _BLANK_LINES.finditer(text)), (len(text), len(text))]:
        for heading in HEADING.finditer(text, start, gap[0]):
            yield from trimmed(text, start, heading.start())
            yield from trimmed(text, *heading.span())
            start = heading.end()
        yield from trimmed(text, start, gap[0])
        start = gap[1]


def trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    """The span without blanks at its ends; nothing when nothing is left."""
    piece = text[start:end]
    if stripped := piece.strip():
        start += piece.index(stripped[0])
        yield Span(start, start + len(stripped))


def _bounds(text: str, paragraph: Span) -> list[Span]:
    """The paragraph's sentences as sentencex sees them, items of a list apart."""
    items = [paragraph.start, *(item.start() for item in _LIST_ITEM.finditer(text, *paragraph))]
    return [
        span
        for item, end in pairwise([*items, paragraph.end])
        if item < end
        for start, stop in pairwise([*mended(text, [bound.start for bound in _split(text, item, end)], end), end])
        for span in trimmed(text, start, stop)
    ]


def _split(text: str, start: int, end: int) -> Iterator[Span]:
    """Sentences with the space behind them, a stretch of text at a time."""
    from sentencex import get_sentence_boundaries

    stretch = _STRETCH
    while start < end:
        # Half of a surrogate pair, which no file holds, is no text to sentencex.
        piece = text[start : min(start + stretch, end)].encode(errors="replace").decode()
        bounds = get_sentence_boundaries("en", piece)
        if start + stretch < end:
            if len(bounds) == 1:
                stretch *= 2
                continue
            bounds.pop()  # it may go on in the next stretch
        for bound in bounds:
            yield Span(start + bound["start_index"], start + bound["end_index"])
        start += bounds[-1]["end_index"]


def _join_stubs(text: str, spans: Sequence[Span]) -> list[Span]:
    """Join fragments to what follows them, and a last one to what stands before it."""
    joined: list[Span] = []
    pending: int | None = None
    for span in spans:
        start = span.start if pending is None else pending
        if _is_stub(text, Span(start, span.end)):
            pending = start
            continue
        joined.append(Span(start, span.end))
        pending = None
    if pending is not None:
        last = Span(pending, spans[-1].end)
        joined = [*joined[:-1], Span(joined[-1].start, last.end)] if joined else [last]
    return joined


def _is_stub(text: str, span: Span) -> bool:
    words = words_in(text, span)
    asks = text[max(span.start, span.end - 4) : span.end].rstrip("\"'”’»)").endswith(("?", "!"))
    if words >= (_STUB_WORDS - 1 if asks else _CREDIT_WORDS):
        return False
    # "TOKYO, November 28." is a sentence to any splitter, and "TOKYO, November 28. /TASS/." is still none.
    return words < _STUB_WORDS or text.endswith("/.", *span) or bool(_DATELINE.match(text, *span))


def numbers_in(text: str, span: Span) -> range:
    """The numbers of the sentences that ``span`` touches: ``start`` is the first, ``stop`` the first behind it.

    A span that begins between two sentences touches the one before it too.
    """
    every = sentences(text)
    first = max(0, bisect_right(every, span.start, key=_start) - 1)
    return range(first, max(first + 1, bisect_left(every, span.end, key=_start)))


def _start(sentence: Sentence) -> int:
    return sentence.start


def sentences_in(text: str, span: Span) -> Sequence[Sentence]:
    """The sentences that share words with ``span``."""
    numbers = numbers_in(text, span)
    some = sentences(text)[numbers.start : numbers.stop]
    return [sentence for sentence in some if sentence.end > span.start]


def after_dateline(text: str, start: int) -> int:
    """Where the sentence at ``start`` begins to say something: behind its dateline, if it has one."""
    dateline = _OPENING.match(text, start)
    return dateline.end() if dateline else start


def words_in(text: str, span: Span) -> int:
    """Length of a span in words, as passages are measured."""
    return len(WORD.findall(text, *span))


def paragraph_around(text: str, span: Span) -> Span:
    """The paragraph, or the run of paragraphs, that ``span`` lies in."""
    start, end = span
    for paragraph in _paragraphs(text):
        if paragraph.start <= span.start < paragraph.end:
            start = paragraph.start
        if paragraph.start < span.end <= paragraph.end:
            end = paragraph.end
    return Span(start, end)
