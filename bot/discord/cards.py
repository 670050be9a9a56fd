"""Answers as Discord shows them: its Markdown, its limits, its buttons. Pure, and without Discord's library.

Articles and questions are untrusted. Whatever comes out of one passes through ``escaped``, for display only, and is
shortened at the bounds of graphemes, so that no character and no escape is ever cut in two.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote as percent_encoded

import regex

from bot import wording as rendering
from bot.discord.memory import Place, Record
from bot.talks import Remark
from retrieval.articles.article import Article, ArticleInfo
from retrieval.errors import (
    ArticleExists,
    ArticleOneOfMany,
    ArticleUnknown,
    ArticleUnreadable,
    NoArticles,
    QuestionEmpty,
    QuestionTooLong,
    QuothError,
)
from retrieval.text.sentences import Span, paragraph_around

if TYPE_CHECKING:
    from retrieval.index.changes import Stale
    from retrieval.index.updating import Report

EMBED_TEXT, EMBED_AUTHOR, CONTENT, LABEL, THREAD_NAME, CHOICE = 4096, 256, 2000, 80, 100, 100
"""Discord's limits. Whether it counts code points or UTF-16 units it does not say: ``size`` counts the larger."""

NOT_SAID = rendering.NOT_SAID
BUSY = "I am busy: please try again in a moment."
CLOSING = "I am about to restart: please ask again in a minute."
TOO_OLD = "That answer is too old for its buttons: please ask again."
CHANGED = "That article has changed since it was quoted: please ask again."
NO_ARTICLES = "There are no articles yet. Whoever manages this server can add one with /articles add."
BROKEN = "Something is wrong on my side. Whoever runs me finds out what in my log."
NEW_SUBJECT = "A new subject, then."
NOTHING_MORE = "There is nothing more."
ASK_FIRST = "Ask a question first."
NO_TEXT = "There are no words in that message to look for."
THANKS = "Thank you. Your vote is noted."
NOT_HERE = "I do not answer here."
CARE_REFUSED = "The articles are cared for by members who may manage this server."
CARE_ELSEWHERE = (
    "I am in several servers: whoever runs me has to name, in QUOTH_DISCORD_GUILDS, those that may do this."
)
CARE_BUSY = "Another change to the articles is under way: please try again when it is done."
UP, DOWN = "👍", "👎"

Verb = Literal["page", "paragraph", "nearest", "up", "down", "list", "remove", "keep"]
CUSTOM_ID = r"quoth:(?P<verb>page|paragraph|nearest|up|down|list|remove|keep):(?P<number>\d{1,5}):(?P<key>.{0,80})"
"""What a button's id says, in at most 100 characters: what to do, with which quote, of which answer or article."""


def size(text: str) -> int:
    """Length in UTF-16 units, which is never less than that in code points."""
    return len(text) + sum(character > "\uffff" for character in text)


# --- text that can do nothing --------------------------------------------------------------------------------

_JOINER = regex.compile(r"(?<=[^\x00-\x7f\p{C}\p{Z}])[\u200c\u200d](?=[^\x00-\x7f\p{C}\p{Z}])")
"""Emoji and several scripts are written with these; between other characters they only hide."""
_SIGNS = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")
"""Of the format characters those that are seen."""
_BLANKS = regex.compile(r"[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0\U000e0100-\U000e01ef]")
"""Letters and marks that show nothing."""
_ACTIVE = re.compile(r"[\\`*_~|<\[\]@:]|(?<=discord)\.|(?<=discordapp)\.", re.IGNORECASE)
"""What opens markup, a mention, a link or an emoji wherever it stands (`discord.gg` needs no scheme to be one)."""
_OPENING = re.compile(r"(?m)^([^\S\n]*)(?:([-#>+])|(\d+)([.)]))")
"""What opens a heading, a quotation or a list where a line begins."""


def visible(text: str) -> str:
    """``text`` without what cannot be seen or changes direction; line ends stay."""
    kept = {match.start() for match in _JOINER.finditer(text)}
    return "".join(_seen(character, joins=place in kept) for place, character in enumerate(text))


def _seen(character: str, *, joins: bool) -> str:
    if character.isascii() and character.isprintable():
        return character
    match unicodedata.category(character):
        case "Cc":
            # A carriage return is one grapheme with the line feed behind it, which alone ends a line.
            return character if character == "\n" else " " if character.isspace() and character != "\r" else ""
        case "Zs" | "Zl" | "Zp":
            return " "
        case "Cs":
            return "\N{REPLACEMENT CHARACTER}"
        case "Cf":
            return character if joins or character in _SIGNS else ""
    return "" if _BLANKS.match(character) else character


def escaped(text: str, limit: int | None = None) -> str:
    """``text`` as one line of Discord's Markdown that shows it and does nothing; cut to ``limit`` if need be."""
    line = " ".join(visible(text).split())
    whole = _inert(line)
    if limit is None or size(whole) <= limit:
        return whole
    # A grapheme is escaped as it is within the line; only where the line begins does that depend on its place.
    pieces = list(_pieces(line[: limit + 1], 0, ()))
    fitting = _fitting([size(piece.shown) for piece in pieces], limit - 1)
    return "".join(piece.shown for piece in pieces[:fitting]).rstrip() + "…"


def _fitting(sizes: Iterable[int], limit: int) -> int:
    """How many of the first pieces fit in ``limit``."""
    return bisect_right(list(accumulate(sizes)), limit)


def plain(text: str, limit: int) -> str:
    """``text`` as one line where Discord knows no Markdown: a label, an embed's author, a thread's name."""
    line = " ".join(visible(text).split())
    if size(line) <= limit:
        return line
    graphemes = regex.findall(r"\X", line[: limit + 1])
    return "".join(graphemes[: _fitting(map(size, graphemes), limit - 1)]).rstrip() + "…"


def _inert(text: str) -> str:
    text = _ACTIVE.sub(r"\\\g<0>", text)
    return _OPENING.sub(lambda match: f"{match[1]}{match[3] or ''}\\{match[2] or match[4]}", text)


# --- quotations ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Piece:
    """A grapheme as it is shown, escapes included."""

    shown: str
    bold: bool


_CUT_BEFORE, _CUT_AFTER = "… ", " …"
_NEAR = 24
"""Graphemes within which a cut moves to the next space."""


def quotation(text: str, span: Span, marks: Sequence[tuple[int, int]], limit: int) -> str:
    """The words ``text[span]`` as a quotation with those within ``marks`` in bold.

    What is longer than ``limit`` is shortened around the first of the marks.
    """
    focus = marks[0] if marks else (span.start, span.start)
    # Nothing further away than the limit can be shown; a long article's text must cost no more than a short one's.
    start = max(span.start, focus[0] - limit)
    end = min(span.end, focus[0] + 2 * limit)
    pieces = list(_pieces(rendering.unwrapped(text[start:end]), start, sorted(marks)))
    if start > span.start:
        pieces = pieces[1:]  # the cut may have gone through its first grapheme
    if end < span.end:
        pieces = pieces[:-1]
    first, last = _window(pieces, limit)
    body = _composed(pieces[first:last])
    before = _CUT_BEFORE if first or start > span.start else ""
    after = _CUT_AFTER if last < len(pieces) or end < span.end else ""
    return f"> {before}{body}{after}"


def _pieces(text: str, offset: int, marks: Sequence[tuple[int, int]]) -> Iterator[_Piece]:
    """The graphemes of ``text``, which stands at ``offset``, as they are shown; those that cannot be seen are left out.

    Escaping looks at what stands before a character, so the whole text is escaped at once and shared out after that.
    """
    joins = {match.start() for match in _JOINER.finditer(text)}
    seen = [_seen(character, joins=place in joins) for place, character in enumerate(text)]
    marked = _marked(text, offset, marks)
    shown = iter(_shares("".join(seen)))
    for match in regex.finditer(r"\X", text):
        piece = "".join(next(shown) for place in range(*match.span()) if seen[place])
        if piece:
            yield _Piece(piece, bold=any(marked[match.start() : match.end()]))


def _shares(text: str) -> list[str]:
    """Each character of ``text`` with the escape that stands before it in ``_inert(text)``."""
    before = {match.start() for match in _ACTIVE.finditer(text)}
    before |= {match.start(2) if match[2] else match.start(4) for match in _OPENING.finditer(text)}
    return [f"\\{character}" if place in before else character for place, character in enumerate(text)]


def _marked(text: str, offset: int, marks: Sequence[tuple[int, int]]) -> bytearray:
    """For each character whether it is within ``marks``, blanks at a mark's ends apart."""
    marked = bytearray(len(text))
    for start, end in marks:
        first, last = max(0, start - offset), min(len(text), end - offset)
        words = text[first:last]
        if stripped := words.strip():
            first += words.index(stripped[0])
            marked[first : first + len(stripped)] = b"\1" * len(stripped)
    return marked


def _window(pieces: Sequence[_Piece], limit: int) -> tuple[int, int]:
    """The range of ``pieces`` to show: all of them, or as many around the first bold ones as fit."""
    costs = [0, *accumulate(_costs(pieces))]
    room = limit - len("> ") - len("****")
    if costs[-1] <= room:
        return 0, len(pieces)
    room -= len(_CUT_BEFORE) + len(_CUT_AFTER)
    first = next((place for place, piece in enumerate(pieces) if piece.bold), 0)
    last = next((place for place in range(first, len(pieces)) if not pieces[place].bold), len(pieces))
    last = min(last, bisect_right(costs, costs[first] + room) - 1)
    spare = room - (costs[last] - costs[first])
    # What follows an answer explains more than what precedes it, and what one side leaves the other takes.
    start = bisect_left(costs, costs[first] - spare // 3)
    end = bisect_right(costs, costs[start] + room) - 1
    start = bisect_left(costs, costs[end] - room)
    return _at_spaces(pieces, min(start, first), end, (first, last))


def _costs(pieces: Sequence[_Piece]) -> Iterator[int]:
    """At most how many characters each piece takes, with what it needs around it."""
    bold = False
    for piece in pieces:
        opens = piece.bold and not bold
        bold = piece.bold and piece.shown != "\n"
        yield size(piece.shown) + (len("****") if opens else 0) + (len("> ") if piece.shown == "\n" else 0)


def _at_spaces(pieces: Sequence[_Piece], start: int, end: int, keep: tuple[int, int]) -> tuple[int, int]:
    """The range, cut between words where a space is near; what is to be kept stays."""
    if start:
        spaces = (place + 1 for place in range(start, min(start + _NEAR, keep[0])) if pieces[place].shown.isspace())
        start = next(spaces, start)
    if end < len(pieces):
        backwards = range(end - 1, max(end - _NEAR, keep[1]) - 1, -1)
        end = next((place for place in backwards if pieces[place].shown.isspace()), end)
    return start, end


def _composed(pieces: Sequence[_Piece]) -> str:
    """Pieces as Markdown inside a quotation. Bold ends with its line: Discord's clients differ in what comes after."""
    parts: list[str] = []
    bold = False
    for piece in pieces:
        wanted = piece.bold and piece.shown != "\n"
        if wanted != bold:
            parts.append("**")
            bold = wanted
        parts.append("\n> " if piece.shown == "\n" else piece.shown)
    return "".join([*parts, "**"] if bold else parts)


_QUOTED = 3
"""Articles named at once: as many as always fit."""
_LONGEST_TITLE, _LONGEST_SOURCE, _LONGEST_URL = 300, 120, 500


def attribution(article: ArticleInfo) -> str:
    """Where a quote stands: title, linked if there is an address · source · 28 November 2016."""
    url = _address(article.url or "")
    # Discord's link text may hold no brackets, escaped or not.
    title = article.title.translate({ord("["): "(", ord("]"): ")"}) if url else article.title
    facts = [f"[{escaped(title, _LONGEST_TITLE)}]({url})" if url else escaped(title, _LONGEST_TITLE)]
    facts += [escaped(article.source, _LONGEST_SOURCE)] if article.source else []
    facts += [rendering.day(article.published)] if article.published else []
    return " · ".join(facts)


def _address(url: str) -> str | None:
    """A web address as it may stand in a link, without a preview below the message; None when it is none."""
    if not re.fullmatch(r"https?://[^\s/]\S*", url, re.IGNORECASE) or visible(url) != url:
        return None
    scheme, _, place = url.partition("://")
    address = f"{scheme.lower()}://{percent_encoded(place, safe=':/?#@!$&+,;=%~-._')}"
    return f"<{address}>" if size(address) <= _LONGEST_URL else None


# --- cards ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Button:
    """Something to press. Its ``id`` is all that Discord hands back, even after a restart."""

    label: str
    id: str
    emoji: str | None = None
    enabled: bool = True
    danger: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """A message: with an embed where the bot may send one, else in plain Markdown."""

    embed: str
    """Markdown, at most ``EMBED_TEXT``."""
    plain: str
    """The same, at most ``CONTENT``."""
    question: str = ""
    """What was asked, above the embed; at most ``EMBED_AUTHOR``."""
    buttons: tuple[Button, ...] = ()


def notice(sentence: str, *buttons: Button) -> Card:
    """A sentence of Quoth's own; what it names of others is escaped by whoever made it."""
    return Card("", sentence, buttons=buttons)


def button(verb: Verb, number: int, key: str, label: str = "", **more: bool | str) -> Button:
    """A button of an answer."""
    return Button(label, f"quoth:{verb}:{number}:{key}", **more)  # type: ignore[arg-type]


def answer(record: Record, article: Article | None, number: int = 0, stale: Stale | None = None) -> Card:
    """An answer, showing one of its quotes; ``article`` is the one that it is from, or None when that has changed.

    ``stale`` says what became of the article's file since it was indexed.
    When the articles do not say it is that sentence, and the nearest passages are behind a button.
    """
    votes = (button("up", number, record.key, emoji=UP), button("down", number, record.key, emoji=DOWN))
    if record.answered:
        turns = _paging("page", number, len(record.places), record.key, "quotes")
        buttons = (*turns, button("paragraph", number, record.key, "Paragraph"), *votes)
        return _page(record, article, number, _understood(record), buttons, stale)
    nearest = (button("nearest", 0, record.key, "Nearest passages"),) if record.places else ()
    said = _understood(record) + (f"{NOT_SAID} {escaped(record.note, 600)}" if record.note else NOT_SAID)
    return _titled(record, said, said, (*nearest, *votes))


def quotes(record: Record, article: Article | None, number: int, stale: Stale | None = None) -> Card:
    """Further quotes of an answer or, when the articles do not say, further passages that are none."""
    return (answer if record.answered else nearest)(record, article, number, stale)


def nearest(record: Record, article: Article | None, number: int, stale: Stale | None = None) -> Card:
    """One of the passages that came nearest to a question that the articles do not answer."""
    label = "**Not an answer**, only what comes nearest:\n"
    turns = _paging("nearest", number, len(record.places), record.key, "passages")
    return _page(record, article, number, label, turns, stale)


def paragraph(record: Record, article: Article | None, number: int, stale: Stale | None = None) -> Card:
    """The paragraph around a quote, with the quote in bold."""
    place = record.places[number]
    if article is None:
        return notice(CHANGED)
    span = paragraph_around(article.text, Span(place.start, place.end))
    within = _within(place, article)
    return _quoted(record, article, span, within, "", (), stale)


def _within(place: Place, article: Article) -> Sequence[tuple[int, int]]:
    """The quote as what is bold in its paragraph, around the answer if all of it is more than fits."""
    if place.highlights and place.end - place.start > CONTENT // 2:
        return place.highlights
    return [(place.start, min(place.end, len(article.text)))]


def _page(
    record: Record,
    article: Article | None,
    number: int,
    label: str,
    buttons: tuple[Button, ...],
    stale: Stale | None,
) -> Card:
    place = record.places[number]
    if article is None:
        return _titled(record, CHANGED, CHANGED, buttons)
    marks = place.highlights if record.answered else ()
    return _quoted(record, article, Span(place.start, place.end), marks, label, buttons, stale)


def _quoted(
    record: Record,
    article: Article,
    span: Span,
    marks: Sequence[tuple[int, int]],
    label: str,
    buttons: tuple[Button, ...],
    stale: Stale | None,
) -> Card:
    below = f"\n-# {attribution(article)}" + (f"\n-# {rendering.STALE[stale]}." if stale else "")
    above = _asked(record)
    embed = label + quotation(article.text, span, marks, EMBED_TEXT - size(label + below)) + below
    room = CONTENT - size(above + label + below)
    return Card(
        embed,
        above + label + quotation(article.text, span, marks, room) + below,
        plain(record.question, EMBED_AUTHOR) if record.titled else "",
        buttons,
    )


def _titled(record: Record, embed: str, text: str, buttons: tuple[Button, ...]) -> Card:
    return Card(embed, _asked(record) + text, plain(record.question, EMBED_AUTHOR) if record.titled else "", buttons)


def _understood(record: Record) -> str:
    """How the question was understood, as small print."""
    return f"-# {escaped(record.understood, 300)}\n" if record.understood else ""


def small_talk(kind: Remark | None, articles: Sequence[ArticleInfo]) -> Card:
    """A reply to what is no question."""
    return notice(escaped(rendering.small_talk(kind, articles), CONTENT))


def sources(articles: Sequence[ArticleInfo]) -> Card:
    """The articles that were quoted."""
    several = dict.fromkeys(map(attribution, articles))
    return notice("\n".join(list(several)[:_QUOTED]))


def _asked(record: Record) -> str:
    """The question as small print, where the embed that would have it above is not there."""
    return f"-# {escaped(record.question, 300)}\n" if record.titled else ""


def _paging(verb: Verb, number: int, total: int, key: str, what: str) -> tuple[Button, ...]:
    if total == 1:
        return ()
    # Discord wants different ids on the two, also when one leads nowhere.
    back, on = max(0, number - 1), min(number + 1, total - 1)
    return (
        button(verb, back, key, "◀", enabled=number > 0),
        button(verb, on, key, f"More {what} ({number + 1} of {total}) ▶", enabled=number < total - 1),
    )


# --- caring for the articles ---------------------------------------------------------------------------------

_LISTED = 10
"""Articles on a page: as many as always fit, however long their titles."""

_STAGES = {"waiting": "Waiting for another program", "reading": "Reading articles", "encoding": "Encoding passages"}


def listing(articles: Sequence[ArticleInfo], page: int) -> Card:
    """A page of the list of articles."""
    pages = max(1, -(-len(articles) // _LISTED))
    page = min(page, pages - 1)
    lines = map(_listed, articles[page * _LISTED : (page + 1) * _LISTED])
    text = "\n".join([f"{rendering.count(len(articles), 'article')}:", *lines]) if articles else NO_ARTICLES
    return notice(text, *_paging("list", page, pages, "", "articles"))


def _listed(article: ArticleInfo) -> str:
    facts = [f"- **{escaped(article.title, 64)}**"]
    facts += [escaped(article.source, 25)] if article.source else []
    facts += [rendering.day(article.published)] if article.published else []
    return " · ".join([*facts, escaped(article.id, 50)])


def removal(article: ArticleInfo, key: str) -> Card:
    """Whether an article is really to be removed."""
    choices = (button("remove", 0, key, "Remove", danger=True), button("keep", 0, "", "Keep"))
    return notice(f"Remove **{escaped(article.title, 300)}** ({escaped(article.id, 300)}) for good?", *choices)


def progress(stage: str, done: int, total: int) -> str:
    """How far bringing the index up to date is."""
    return f"{_STAGES.get(stage, 'Working')}: {done:,} of {total:,}…" if total else f"{_STAGES.get(stage, 'Working')}…"


def refreshed(report: Report | None, total: int) -> str:
    """What bringing the index up to date did."""
    changes = {"added": report.added, "changed": report.changed, "removed": report.removed} if report else {}
    said = [f"{len(ids):,} {word}" for word, ids in changes.items() if ids]
    skipped = sum(not file.in_part for file in report.skipped) if report else 0
    said += [f"{skipped:,} skipped"] if skipped else []
    return f"{', '.join(said) or 'Nothing has changed'}: {rendering.count(total, 'article')}."


def failure(error: QuothError) -> str:
    """An error in words for a channel: no paths of the machine, and no remedy that takes its keyboard."""
    sentence = BROKEN
    match error:
        case QuestionEmpty() | QuestionTooLong():
            sentence = rendering.error(error)
        case NoArticles():
            sentence = NO_ARTICLES
        case ArticleUnknown(name):
            sentence = f"There is no article {escaped(name, 200)}: choose one of those offered while you type."
        case ArticleOneOfMany(_, path):
            name = escaped(path.rpartition("/")[2], 200)
            sentence = f"That is one of the articles in {name}, which goes as a whole: whoever runs me can take it out."
        case ArticleUnreadable(path, reason):
            sentence = f"{escaped(path.rpartition('/')[2], 200)} cannot be read as an article, {escaped(reason, 200)}."
        case ArticleExists(path):
            sentence = (
                f"There is another article {escaped(path.name, 200)}: rename the file, or remove that article first."
            )
    return sentence
