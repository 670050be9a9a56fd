"""Permanent links to quotes: their addresses, reading one that was pasted, and what became of a quote in words."""

from __future__ import annotations

import difflib
import re
import string
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote as percent_encoded

from bot.wording import line
from retrieval.errors import LinkUnreadable
from retrieval.text.quote_link import QuoteLink
from retrieval.text.sentences import Span

if TYPE_CHECKING:
    from retrieval.answer.tracing import State, Trace

QUOTES = "/quotes"
"""The folder of addresses under which a server shows quotes."""

_PASTED = re.compile(rf"(?:\S*{QUOTES}/)?([\w-]+)/?(?:[?#]\S*)?", re.ASCII)
"""One link: of several that stand together, none may pass for all."""

_AROUND = string.whitespace + "<>()[]\"'“”„‘’«».,;:!?"
"""What may stand around a link that was taken out of a text, and is no part of it."""

SAID: Mapping[State, str] = {
    "stands": "These words stand where they were quoted.",
    "moved": "These words stand in the article, at another place than when they were quoted.",
    "renamed": "These words stand in the article, which is in another file now.",
    "elsewhere": "The article that was quoted is no longer here. Another has the same words.",
    "changed": "The article does not have these words. It has changed since, or never had them.",
    "gone": "No article here has these words. The one that was quoted is no longer here, or never was.",
}
"""What became of a quote. A link is not signed: without the words, whether they ever stood there only it says."""

THEN, NOW, NOT_LIKE_IT = "What was quoted, as the link has it", "What it says now", "It says nothing like it now."


def address_of(link: QuoteLink, server: str = "") -> str:
    """The address of a quote on a server; without one, as it is below any."""
    return f"{server}{QUOTES}/{link.token}"


def read(pasted: str) -> QuoteLink:
    """The link that somebody has pasted: an address of any server, or the part behind its last stroke.

    Raises:
        LinkUnreadable: it is none.
    """
    found = _PASTED.fullmatch(pasted.strip(_AROUND))
    if found is None:
        raise LinkUnreadable(pasted, "it has other characters than a link")
    return QuoteLink.read(found[1])


def said(found: Trace) -> str:
    """What became of a quote, in a sentence or two."""
    if found.state == "changed" and found.also_in:
        return f"{SAID[found.state]} Another has them: {line(found.also_in.title)}."
    return SAID[found.state]


def differing(words: str, others: str) -> list[Span]:
    """Where words stand that others lack: what to mark of two versions of a sentence."""
    ours, theirs = list(re.finditer(r"\S+", words)), others.split()
    matcher = difflib.SequenceMatcher(None, [word[0] for word in ours], theirs, autojunk=False)
    return [
        Span(ours[first].start(), ours[last - 1].end())
        for kind, first, last, _, _ in matcher.get_opcodes()
        if kind in ("replace", "delete")
    ]


# --- addresses of the articles themselves ----------------------------------------------------------------------

_EXACT, _WORDS, _CHARACTERS = 80, 5, 16
"""Up to so many characters a text fragment has the quote whole; else so many words, or characters, of both its ends."""


def at_words(url: str | None, words: str) -> str | None:
    """An article's own address, which opens at the words of a quote in browsers that know text fragments.

    One that leads to a place already, such as a page of a PDF, stays; so does that of a table's row, whose cells stand
    apart on the page.
    """
    if not url or "#" in url or " | " in words or not re.match(r"https?://", url, re.IGNORECASE):
        return url
    plain = " ".join(words.split())
    pieces = [plain]
    if len(plain) > _EXACT:
        several = plain.split(" ")
        pieces = [" ".join(several[:_WORDS]), " ".join(several[-_WORDS:])]
        if len(several) <= 2 * _WORDS:
            pieces = [plain[:_CHARACTERS], plain[-_CHARACTERS:]]
    return f"{url}#:~:text={','.join(map(_fragment, pieces))}"


def _fragment(words: str) -> str:
    """Words as they stand in a text fragment, in which hyphens, commas and ampersands mean something."""
    return percent_encoded(words.encode("utf-8", "replace"), safe="").replace("-", "%2D")
