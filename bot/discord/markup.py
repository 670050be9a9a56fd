"""Text as Discord's Markdown: escaped so that it does nothing, shortened, and quoted with words in bold. Pure.

Articles and questions are untrusted. Whatever comes out of one passes through ``escaped``, for display only, and is
shortened at the bounds of graphemes, so that no character and no escape is ever cut in two.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address
from itertools import accumulate
from urllib.parse import quote as percent_encoded
from urllib.parse import urlsplit

import regex

from bot import links
from bot.languages import day
from bot.unwrapping import unwrapped
from retrieval.articles.article import Article, ArticleInfo
from retrieval.text.sentences import Span


def size(text: str) -> int:
    """Length in UTF-16 units, which is never less than that in code points."""
    return len(text) + sum(character > "\uffff" for character in text)


# --- text that can do nothing --------------------------------------------------------------------------------

_BLANK = r"\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0\U000e0100-\U000e01ef"
"""Letters and marks that show nothing."""
_JOINER = regex.compile(rf"(?<=[^\x00-\x7f\p{{C}}\p{{Z}}{_BLANK}])[\u200c\u200d](?=[^\x00-\x7f\p{{C}}\p{{Z}}{_BLANK}])")
"""Emoji and several scripts are written with these; between other characters they only hide."""
_SIGNS = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")
"""Of the format characters those that are seen."""
_BLANKS = regex.compile(rf"[{_BLANK}]")
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


def fitting(lines: Iterable[str], limit: int) -> list[str]:
    """As many of the first lines as there is room for, with the ends of lines between them."""
    several = list(lines)
    return several[: _fitting((size(each) + 1 for each in several), limit + 1)]


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


def quotation(
    text: str, span: Span, marks: Sequence[tuple[int, int]], limit: int, cut: tuple[bool, bool] = (False, False)
) -> str:
    """The words ``text[span]`` as a quotation with those within ``marks`` in bold.

    What is longer than ``limit`` is shortened around the first of the marks; ``cut`` says whether its sentences have
    more words before and behind it.
    """
    limit -= (len(_CUT_BEFORE) if cut[0] else 0) + (len(_CUT_AFTER) if cut[1] else 0)
    focus = marks[0] if marks else (span.start, span.start)
    # Nothing further away than the limit can be shown; a long article's text must cost no more than a short one's.
    start = max(span.start, focus[0] - limit)
    end = min(span.end, focus[0] + 2 * limit)
    pieces = list(_pieces(unwrapped(text[start:end]), start, sorted(marks)))
    if start > span.start:
        pieces = pieces[1:]  # the cut may have gone through its first grapheme
    if end < span.end:
        pieces = pieces[:-1]
    first, last = _window(pieces, limit)
    body = _composed(pieces[first:last])
    before = _CUT_BEFORE if cut[0] or first or start > span.start else ""
    after = _CUT_AFTER if cut[1] or last < len(pieces) or end < span.end else ""
    return f"> {before}{body}{after}"


PAGE = 1200
"""Code points of an article that a page has, or up to a fourth less or more."""


def page_of(text: str, place: int) -> int:
    """The page, from 0, on which the character at ``place`` stands."""
    number = place // PAGE
    return number if place < _page_end(text, number) else number + 1


def page(text: str, number: int) -> Span:
    """What of an article's text is on a page: pages end with a paragraph, a sentence or a word."""
    return Span(_page_end(text, number - 1) if number else 0, _page_end(text, number))


def pages(text: str) -> int:
    """How many pages a text has."""
    return max(1, -(-len(text) // PAGE))


def _page_end(text: str, number: int) -> int:
    """Where a page ends: at the best of the places to end that are near the whole number of its characters."""
    at = (number + 1) * PAGE
    if at >= len(text):
        return len(text)
    start = at - PAGE // 4
    near = text[start:at]
    for end in ("\n\n", ". ", "\n", " "):
        if (place := near.rfind(end)) >= 0:
            return start + place + len(end)
    return at


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


_LONGEST_TITLE, _LONGEST_SOURCE, _LONGEST_WITHIN, _LONGEST_URL = 300, 120, 200, 500


def attribution(article: ArticleInfo, within: Sequence[str] = (), url: str | None = None) -> str:
    """Where a quote stands: title, linked to ``url`` or the article's address · source · 28 November 2016 · page 12."""
    url = address(url or article.url or "")
    # Discord's link text may hold no brackets, escaped or not.
    title = article.title.translate({ord("["): "(", ord("]"): ")"}) if url else article.title
    facts = [f"[{escaped(title, _LONGEST_TITLE)}](<{url}>)" if url else escaped(title, _LONGEST_TITLE)]
    facts += [escaped(article.source, _LONGEST_SOURCE)] if article.source else []
    facts += [day(article.published)] if article.published else []
    facts += [escaped(each, _LONGEST_WITHIN) for each in within]
    return " · ".join(facts)


def opened_at(article: Article, span: Span) -> str:
    """The article's own address, which opens at its words where that is not too long; nothing where it has none."""
    url = article.url_at(span.start)
    at_words = links.at_words(url, article.text[span.start : span.end])
    return address(at_words or "") or address(url or "") or ""


def address(url: str) -> str | None:
    """A web address as it may stand in a link, of at most ``_LONGEST_URL``; None when it is none.

    A host of other letters than English is written as machines do (``xn--``), so that none looks like another. With
    a name before the host ("good.example@evil.example") it is none.
    """
    if visible(url) != url or any(character.isspace() for character in url):
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
        host = f"[{IPv6Address(host)}]" if ":" in host else host.encode("idna").decode("ascii")
    except ValueError:  # UnicodeError is one
        return None
    if parts.scheme.lower() not in {"http", "https"} or "@" in parts.netloc or not _HOST.fullmatch(host):
        return None
    path = percent_encoded(parts.path, safe=_KEPT)
    query = f"?{percent_encoded(parts.query, safe=_KEPT)}" if parts.query else ""
    fragment = f"#{percent_encoded(parts.fragment, safe=_KEPT)}" if parts.fragment else ""
    whole = f"{parts.scheme.lower()}://{host}{port}{path}{query}{fragment}"
    return whole if size(whole) <= _LONGEST_URL else None


_HOST = re.compile(r"[\w.-]*\w[\w.-]*|\[[\da-f:.]+\]", re.ASCII)
_KEPT = ":/?@!$&+,;=%~-._"
