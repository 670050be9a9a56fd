"""What stands beside a quote, in words: what its article says of it, its section, its "Monday", newer articles."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import shorten
from typing import TYPE_CHECKING

from bot import languages
from bot.languages import day, number, say, sentence
from bot.wording import line

if TYPE_CHECKING:
    from retrieval.answer.quoting.claims import Kind
    from retrieval.answer.times import Explained
    from retrieval.articles.article import Article, ArticleInfo

OLDER = sentence("An older article")
NEWER = sentence("A newer article is about the same: {title}, {day}")
_VERDICTS: Mapping[Kind, str] = {
    "claim": sentence("But the article says"),
    "correction": sentence("The article corrects this"),
    "satire": sentence("Satire"),
}
_HEADINGS, _LONGEST_HEADING = 2, 80
"""How many headings above a quote are told, and code points of each."""
_SATIRE = sentence("Satire, as its title or source says")


def verdict(article: Article, start: int, end: int) -> str | None:
    """What an article says of the standing of its words at ``start`` to ``end``: a claim's verdict, a correction."""
    from retrieval.answer.quoting.claims import verdict as found_by
    from retrieval.text.sentences import Span

    found = found_by(article, Span(start, end))
    if found is None:
        return None
    words = article.text[found.span.start : found.span.end] if found.span else None
    return f"{say(_VERDICTS[found.kind])}: {words}" if words else say(_SATIRE)


def standing(article: Article, start: int, end: int) -> list[str]:
    """Where in its article a quote stands, in words: its headings, its page, and whether OCR has read it."""
    page = article.page_at(start)
    found = [say("under “{headings}”", headings=headings)] if (headings := _headings(article, start)) else []
    found += [] if page is None else [say("page {n}", n=number(page))]
    return [*found, say("read by OCR")] if article.is_scanned(start, end) else found


def _headings(article: Article, start: int) -> str:
    """The last headings that a quote stands under, but for one that only repeats the title."""
    from retrieval.text.sentences import headings_above

    told = [line(words) for words in headings_above(article.text, start)]
    told = [words for words in told if words.casefold() != line(article.title).casefold()]
    return " › ".join(shorten(words, _LONGEST_HEADING, placeholder=" …") for words in told[-_HEADINGS:])


def newer(article: ArticleInfo) -> str:
    """That an article which a quote is not from is newer and about the same."""
    return say(NEWER, title=line(article.title), day=day(article.published) if article.published else "")


def notes(article: Article, start: int, end: int, *, older: bool) -> list[str]:
    """What explains a quote: that its article is older than another, and which day its "Monday" was."""
    from retrieval.answer.times import explained

    found = explained(article.text[start:end], article.published)
    times = "; ".join(f"{each.words} · {_meaning(each)}" for each in found)
    return [*([say(OLDER)] if older else []), *([times] if times else [])]


def _meaning(time: Explained) -> str:
    """A time in words; in other languages than English by its first and last day."""
    if time.first == time.last:
        return day(time.first)
    return f"{day(time.first)} – {day(time.last)}" if languages.spoken() != "en" else time.meaning
