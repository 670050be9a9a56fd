"""Answers and articles as the values that the templates show. Pure.

What came out of an article passes through ``wording.clean``; the templates escape it. Only addresses of the web become
links.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from bot import beside, links, wording
from bot.languages import count, day
from bot.unwrapping import unwrapped
from bot.web.addresses import address_of
from retrieval.answer.quoting.excerpts import cut_at
from retrieval.text.quote_link import QuoteLink
from retrieval.text.sentences import Span, paragraph_around

if TYPE_CHECKING:
    from bot.gaps import Gap, Gaps
    from retrieval.answer.quoting.quotes import Quote
    from retrieval.articles.article import Article, ArticleInfo
    from retrieval.index.changes import Stale

READ = "/read"
"""The folder of addresses under which articles are read."""

_WEB = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_PARAGRAPH = re.compile(r"\n(?:[^\S\n]*\n)+")


@dataclass(frozen=True, slots=True)
class Piece:
    """Words that are marked, or not, as a whole."""

    text: str
    marked: bool = False
    first: bool = False
    """Whether it is the first that is marked, to which an address may lead."""


@dataclass(frozen=True, slots=True)
class ArticleView:
    """What is shown of an article: where it is read, and whence it came."""

    title: str
    read: str
    source: str = ""
    date: str = ""
    published: str = ""
    """The date in ISO's form."""
    link: str = ""
    """Its address on the web."""
    link_text: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class QuoteView:
    """What is shown of a quote."""

    pieces: Sequence[Piece]
    article: ArticleView
    paragraph: Sequence[Piece]
    """The paragraph around it, if that is more than the quote."""
    within: Sequence[str] = ()
    verdict: str = ""
    notes: Sequence[str] = ()
    also_in: Sequence[ArticleView] = field(default_factory=tuple)
    newer: ArticleView | None = None
    """An article of a later day that is about the same."""
    link: str = ""
    """Where these words are shown later too."""


def article_view(article: ArticleInfo, read: str | None = None, url: str | None = None) -> ArticleView:
    """What is shown of an article; ``read`` and ``url`` lead to a place in it."""
    link = web_address(url or article.url)
    return ArticleView(
        wording.line(article.title),
        read or address_of(READ, article.id),
        source=wording.line(article.source or ""),
        date=day(article.published) if article.published else "",
        published=article.published.isoformat() if article.published else "",
        link=link,
        link_text=_shortened(link),
        id=wording.line(article.id),
    )


def web_address(url: str | None) -> str:
    """An address that a click may follow: one of the web; else nothing."""
    address = wording.line(url or "")
    return address if _WEB.fullmatch(address) else ""


def _shortened(address: str) -> str:
    """The name of the host that an address leads to."""
    return re.sub(r"^https?://(?:[^/@]*@)?(?:www\.)?", "", address, flags=re.IGNORECASE).partition("/")[0][:100]


def quote_view(quote: Quote, *, answered: bool) -> QuoteView:
    """What is shown of a quote; only in one that answers are words marked."""
    marks = quote.highlights if answered else ()
    place, older = quote.span, quote.older and not quote.newer
    view = slice_view(quote.article, place, marks, older=older, stale=quote.stale, newer=quote.newer)
    return replace(view, also_in=[article_view(other) for other in quote.also_in])


def slice_view(
    article: Article,
    place: Span,
    marks: Sequence[Span] = (),
    *,
    older: bool = False,
    stale: Stale | None = None,
    newer: ArticleInfo | None = None,
) -> QuoteView:
    """What is shown of words of an article, with some of them marked."""
    body = [*pieces(article.text, *place, marks)]
    cut = cut_at(article.text, place)
    if cut.before:
        body.insert(0, Piece("… "))
    if cut.after:
        body.append(Piece(" …"))
    around = paragraph_around(article.text, place)
    words = article.text[place.start : place.end]
    return QuoteView(
        body,
        article_view(article, reading_place(article, *place), links.at_words(article.url_at(place.start), words)),
        [*pieces(article.text, *around, [place])] if around != place else [],
        within=beside.standing(article, *place),
        verdict=wording.line(beside.verdict(article, *place) or ""),
        notes=[
            *map(wording.line, beside.notes(article, *place, older=older)),
            *([wording.STALE[stale]] if stale else []),
        ],
        newer=article_view(newer) if newer else None,
        link=links.address_of(QuoteLink.to(article, *place)),
    )


def reading_place(article: Article, start: int, end: int) -> str:
    """The address at which an article is read with the words from ``start`` to ``end`` marked.

    It has a part of the text's hash: in another text the offsets would lead to other words.
    """
    place = urlencode({"start": start, "end": end, "of": fingerprint(article)})
    return f"{address_of(READ, article.id)}?{place}#quote"


def fingerprint(article: Article) -> str:
    """Tells an article's text from another, as it may be after a change."""
    return article.content_hash[:16]


def pieces(text: str, start: int, end: int, marks: Iterable[tuple[int, int]] = ()) -> Iterator[Piece]:
    """The words ``text[start:end]`` in pieces, each marked or not; marks count from 0 of ``text`` too."""
    shown = unwrapped(wording.clean(text[start:end]))
    at, first = 0, True
    for mark_start, mark_end in sorted(marks):
        begins, ends = max(mark_start - start, at), min(mark_end, end) - start
        if begins >= ends:
            continue
        if begins > at:
            yield Piece(shown[at:begins])
        yield Piece(shown[begins:ends], marked=True, first=first)
        at, first = ends, False
    if at < len(shown):
        yield Piece(shown[at:])


def paragraphs(article: Article, mark: tuple[int, int] | None) -> Iterator[list[Piece]]:
    """The paragraphs of an article, with the words from one offset to another marked."""
    start, found = 0, False
    ends = [(each.start(), each.end()) for each in _PARAGRAPH.finditer(article.text)]
    for end, following in [*ends, (len(article.text), len(article.text))]:
        if article.text[start:end].strip():
            cut = [*pieces(article.text, start, end, [mark] if mark else [])]
            # An address leads to the first marked piece of the whole article.
            yield [Piece(each.text, each.marked, each.first and not found) for each in cut]
            found = found or any(each.marked for each in cut)
        start = following


# --- what was asked in vain ----------------------------------------------------------------------------------

GAPS = 100
"""Gaps on the page; ``quoth gaps`` has them all."""


@dataclass(frozen=True, slots=True)
class GapView:
    """What is shown of questions in vain that mean the same."""

    question: str
    ask: str
    """The address that asks it again."""
    facts: str
    others: Sequence[str]
    nearest: str
    quoted: bool
    """Whether that was given as an answer, at least once."""
    title: str
    """Of the article that came nearest, and where it is read."""
    read: str


@dataclass(frozen=True, slots=True)
class GapsView:
    """What is shown of all of them."""

    summary: str
    found: Sequence[GapView]


def gaps_view(gaps: Gaps) -> GapsView:
    """What was asked in vain, as it is shown."""
    said = (
        f"{count(gaps.questions, 'question')}: {gaps.declined:,} declined, {gaps.unhelpful:,} answered and voted down."
    )
    if len(gaps.found) > GAPS:
        said += f" The {GAPS} most frequent of {len(gaps.found):,}, by what they mean; quoth gaps has them all."
    return GapsView(said, [_gap_view(gap) for gap in gaps.found[:GAPS]])


def _gap_view(gap: Gap) -> GapView:
    facts = [f"{gap.times:,}×", f"last on {day(gap.last.astimezone().date())}"]
    facts += [f"{count(gap.down, 'vote')} against, {gap.up:,} for"] if gap.up or gap.down else []
    near = gap.nearest
    return GapView(
        wording.line(gap.question),
        f"/?{urlencode({'q': gap.question})}",
        " · ".join(facts),
        [wording.line(other) for other in gap.others],
        wording.line(near.text) if near else "",
        gap.declined < gap.times,
        wording.line(near.title) if near else "",
        address_of(READ, near.article) if near else "",
    )
