"""Answers on a terminal: quotes, their sources, and the scores behind them, as Rich renders them. Pure.

What came out of an article passes through ``wording.clean`` and is put into ``rich.text.Text``, which knows no markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.table import Table
from rich.text import Text

from bot import links
from bot.beside import newer, notes, standing, verdict
from bot.languages import count, day
from bot.unwrapping import unwrapped
from bot.wording import (
    NEAREST,
    NOT_SAID,
    STALE,
    clean,
    filters,
    line,
    understood,
    why_declined,
    why_follow_up,
)
from retrieval.articles.article import ArticleInfo

if TYPE_CHECKING:
    from retrieval.answer.answer import Answer
    from retrieval.answer.query import Filters
    from retrieval.answer.quoting.quotes import Quote

READING_WIDTH = 100
"""Columns of a line on a terminal at most: longer ones are hard to read."""
DIM = "dim"

_HIGHLIGHT = "bold cyan"
_WITHIN = "bold"
"""The quote in its paragraph."""
_BAR = "cyan"
_VERDICT = "yellow"


@dataclass(frozen=True, slots=True)
class Ruled:
    """Text wrapped for reading, with ``rule`` before its lines; a pipe gets its paragraphs unwrapped."""

    text: Text
    rule: str
    style: str = ""
    hanging: bool = False
    """Whether the rule stands before the first line only, with blanks under it. Such text is a note, not for reading:
    it may be as wide as the terminal."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        """Yield the lines, none wider than the console."""
        reading = console.is_terminal and not self.hanging
        width = min(options.max_width, READING_WIDTH) if reading else options.max_width
        rule = Text(self.rule.replace("│", "|") if options.ascii_only else self.rule, self.style)
        for piece in self.text.wrap(console, max(1, width - cell_len(self.rule))):
            piece.rstrip()
            yield Text.assemble(rule, piece, no_wrap=True, overflow="ignore")
            if self.hanging:
                rule = Text(" " * cell_len(self.rule))


def answer(found: Answer, server: str = "") -> RenderableType:
    """An answer: its quotes or, when the articles do not say, that and the nearest passages as no answer.

    ``server`` is the address that links to the quotes lead to; without it there are none.
    """
    how = understood(found)
    parts: list[RenderableType] = [Text(f"({line(how)})", DIM)] if how else []
    if found.answered:
        return Group(*parts, quotes(found.quotes, server=server))
    parts.append(Text(NOT_SAID))
    if found.quotes:
        parts += [Text(), Text(NEAREST, DIM), quotes(found.quotes, answered=False, server=server)]
    return Group(*parts)


def quotes(several: Sequence[Quote], *, answered: bool = True, first: int = 1, server: str = "") -> RenderableType:
    """Quotes, best first, with where they stand; numbered from ``first`` where there are several."""
    parts: list[RenderableType] = []
    shown: dict[str, int] = {}
    told: set[tuple[str, str]] = set()
    for number, quote in enumerate(several, first):
        label = f"  {number}  " if len(several) > 1 or first > 1 else "  "
        before = shown.setdefault(quote.article.id, number)
        marks = quote.highlights if answered else ()
        body = _quoted(quote, marks)
        parts += [Text()] if parts else []
        parts.append(Ruled(body if answered else _dimmed(body), "│ ", _BAR if answered else DIM))
        parts += _verdict_line(quote)
        where = _whence(quote) if before == number else _again(before, quote)
        parts.append(_source_line(where, label))
        # A newer article is told once beside the quotes of one article.
        pair = (quote.article.id, quote.newer.id if quote.newer else "")
        parts += _notes(quote, " " * len(label), tells_newer=pair not in told)
        told.add(pair)
        if quote.also_in:
            others = "; ".join(_short(other, quote.article) for other in quote.also_in)
            parts.append(_source_line(Text(f"also in: {others}"), " " * len(label)))
        parts += _stale_line(quote, " " * len(label))
        parts += _link_line(quote, " " * len(label), server)
    return Group(*parts)


def _quoted(quote: Quote, marks: Iterable[tuple[int, int]]) -> Text:
    """A quote's words, between marks of what is left out of a very long sentence."""
    body = passage(quote.article.text, quote.start, quote.end, marks)
    return Text.assemble("… " if quote.cut.before else "", body, " …" if quote.cut.after else "")


def passage(text: str, start: int, end: int, marks: Iterable[tuple[int, int]] = (), style: str = _HIGHLIGHT) -> Text:
    """The words ``text[start:end]`` with those within ``marks`` in ``style``; all offsets count from 0 of ``text``."""
    shown = Text(unwrapped(clean(text[start:end])))
    for mark_start, mark_end in marks:
        shown.stylize(style, mark_start - start, mark_end - start)
    return shown


def context(quote: Quote, server: str = "") -> RenderableType:
    """The paragraph that a quote stands in, the quote highlighted."""
    start, end = quote.paragraph
    body = passage(quote.article.text, start, end, [(quote.start, quote.end)], _WITHIN)
    where = _source_line(_whence(quote), "  ")
    below: list[RenderableType] = [*_notes(quote, "  "), *_stale_line(quote, "  "), *_link_line(quote, "  ", server)]
    return Group(Ruled(body, "│ ", _BAR), *_verdict_line(quote), where, *below)


def _whence(quote: Quote) -> Text:
    """Where a quote stands, its section and page among it."""
    at_words = links.at_words(quote.url, quote.text)
    return attribution(quote.article, standing(quote.article, quote.start, quote.end), quote.url, at_words)


def _again(number: int, quote: Quote) -> Text:
    """That a quote is of the same article as the one with that number, and where in it."""
    within = standing(quote.article, quote.start, quote.end)
    return Text(" · ").join(map(Text, [f"the same article as {number}", *within]))


def attribution(
    article: ArticleInfo, within: Sequence[str] = (), url: str | None = None, opens: str | None = None
) -> Text:
    """Where a quote stands: title · source · 28 November 2016 · page 12 · link, which is ``url`` or the article's.

    A click on it opens the address ``opens``, where that is given.
    """
    facts = [Text(line(article.title))]
    facts += [Text(line(article.source))] if article.source else []
    facts += [Text(day(article.published))] if article.published else []
    facts += map(Text, within)
    if url := line(url or article.url or ""):
        # Only what is a web address becomes a link that a click follows.
        facts.append(Text(url, f"link {line(opens or url)}" if re.fullmatch(r"https?://\S+", url) else ""))
    return Text(" · ").join(facts)


def sources(several: Sequence[Quote]) -> RenderableType:
    """The articles that quotes come from and those that say the same, each once, with their files."""
    articles: dict[str, ArticleInfo] = {}
    for quote in several:
        for article in (quote.article, *quote.also_in):
            articles.setdefault(article.id, article)
    return Group(
        *(
            Ruled(attribution(article).append(f" · {line(article.path)}", DIM), f"{number}  ", hanging=True)
            for number, article in enumerate(articles.values(), 1)
        )
    )


def _source_line(text: Text, label: str) -> Ruled:
    return Ruled(_dimmed(text), label, DIM, hanging=True)


def _verdict_line(quote: Quote) -> list[Ruled]:
    """What the article says of the quote's standing, right under it, as good to see as the quote."""
    said = verdict(quote.article, quote.start, quote.end)
    return [Ruled(Text(line(said)), "│ → ", _VERDICT, hanging=True)] if said else []


def _notes(quote: Quote, label: str, *, tells_newer: bool = True) -> list[Ruled]:
    # That there is a newer article says that this one is older.
    several = notes(quote.article, quote.start, quote.end, older=quote.older and not quote.newer)
    several += [newer(quote.newer)] if quote.newer and tells_newer else []
    return [_source_line(Text(line(note)), label) for note in several]


def _stale_line(quote: Quote, label: str) -> list[Ruled]:
    return [_source_line(Text(f"{STALE[quote.stale]}: run quoth index"), label)] if quote.stale else []


def _link_line(quote: Quote, label: str, server: str) -> list[Text]:
    """The link to a quote on one line, however long, so that it can be copied; nothing without a server.

    Print it with ``crop=False``: the terminal itself goes on in the next row.
    """
    if not server:
        return []
    address = links.address_of(quote.link, server)
    return [Text.assemble(label, (address, f"{DIM} link {address}"), no_wrap=True, overflow="ignore", end="\n")]


def _short(article: ArticleInfo, beside: ArticleInfo) -> str:
    """Where the same stands too: that article's title and source or, where these are the same, its id."""
    if (article.title, article.source) == (beside.title, beside.source):
        return line(article.id)
    return line(article.title) + (f" ({line(article.source)})" if article.source else "")


def _dimmed(text: Text) -> Text:
    text.stylize(DIM)
    return text


# --- the opening of a chat -----------------------------------------------------------------------------------


def opening(found: Sequence[ArticleInfo], chosen: Filters) -> RenderableType:
    """How a chat begins: how many articles there are, how new, and which of them a filter leaves."""
    newest = max((article.published for article in found if article.published), default=None)
    dated = "" if newest is None else f", {'dated' if len(found) == 1 else 'the newest of'} {day(newest)}"
    limited = f" Quoting {filters(chosen)}." if filters(chosen) else ""
    return Text(f"{count(len(found), 'article')}{dated}.{limited} Ask a question, or type /help.", DIM)


# --- explanations --------------------------------------------------------------------------------------------


def explanation(found: Answer, threshold: float) -> RenderableType:
    """Each stage's scores: of the passages found, of the words read in them, and what the confidence is made of."""
    talked = any(hit.likelihood for hit in found.hits)
    hits = columns("", "fused", "dense", "z", "BM25", "z", *(["talk"] if talked else []), "passage")
    for number, hit in enumerate(found.hits, 1):
        scores = (hit.score, hit.dense, hit.dense_z, hit.lexical, hit.lexical_z, *([hit.posterior] if talked else []))
        hits.add_row(str(number), *(f"{score:.2f}" for score in scores), _beginning(hit.passage.text))
    read = columns("", "score", "reader", "of", "quote")
    for number, quote in enumerate(found.quotes, 1):
        origin = next((str(place) for place, hit in enumerate(found.hits, 1) if hit is quote.hit), "")
        figures = (f"{quote.score:.2f}", f"{quote.score - quote.hit.score:.2f}", origin)
        read.add_row(str(number), *figures, _beginning(quote.text))
    evidence = ", ".join(f"{line(name)} {value:.2f}" for name, value in found.evidence.items())
    sign = "≥" if found.answered else "<"
    said = f"Confidence {found.confidence:.2f} {sign} {threshold:.2f} asked for ({evidence}), {found.elapsed_ms:.1f} ms"
    return Group(
        *_reading(found),
        Text("Passages found", "bold"),
        hits,
        Text("Words read", "bold"),
        read,
        Text(said),
        *map(Text, why_declined(found)),
    )


def _reading(found: Answer) -> list[RenderableType]:
    """The question as the reader got it, what it goes on from, and why; nothing where it is the first as typed."""
    behind = [f"first asked: {found.context.first}", f"before: {found.context.previous}"] if found.context else []
    behind += [f"quoted: {found.context.quoted}"] if found.context else []
    behind += [why] if (why := why_follow_up(found)) else []
    if not behind and not found.slips:
        return []
    return [Text("Question", "bold"), *(Text(line(text)) for text in (f"read as: {found.read_as}", *behind))]


def _beginning(text: str) -> Text:
    return Text(line(text[:200]), no_wrap=True, overflow="ellipsis")


def columns(*names: str, left: int = 1) -> Table:
    """A bare table whose last ``left`` columns hold text and the others figures."""
    table = Table(box=None, pad_edge=False, header_style=DIM)
    for place, name in enumerate(names):
        # Figures keep their width, and a column of text gives way.
        text = place >= len(names) - left
        table.add_column(name, justify="left" if text else "right", no_wrap=not text, overflow="fold")
    return table
