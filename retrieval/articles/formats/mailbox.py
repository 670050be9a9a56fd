"""Mail archives (.mbox), as mailing lists, Thunderbird and Gmail export them: a message an article."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from typing import TYPE_CHECKING

from retrieval.articles.formats.mail import article_of, header_text, message_in
from retrieval.articles.formats.progress import tell
from retrieval.articles.formats.values import Extracted, UnreadableArticle
from retrieval.errors import ArticleUnreadable

if TYPE_CHECKING:
    from email.message import MIMEPart

_BETWEEN = re.compile(rb"^From (?:-?[ \t]*+\r?|(?=[^\n]{0,200}?\d:\d\d)[^\n]*+)\n(?=[!-9;-~]{1,80}:)", re.MULTILINE)
"""The line before each message: whose it is, or not, and a time. Behind a sentence that begins so there is no header.

The module ``mailbox`` of the standard library opens files, and takes every "From" behind an empty line for one.
"""

_ESCAPED = re.compile(rb"^>(?=>*+From )", re.MULTILINE)
"""What programs put before a line of a message that looks like the one between messages."""

_TOLD_EVERY = 100

_EXPUNGED = 0x0008
"""Thunderbird's mark of a message that goes when its folder is compacted."""

_THROWN_AWAY = frozenset({"spam", "trash"})
"""Labels of Gmail, in whose export of all mail are these too."""

_INTERNAL = "DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA"
"""What mail servers put there for themselves."""


def read_mailbox(name: str, content: bytes) -> list[Extracted]:
    """An article a message, each as an e-mail by itself is read, but for those that somebody threw away."""
    places = list(_BETWEEN.finditer(content))
    if not places or content[: places[0].start()].removeprefix(BOM_UTF8).strip():
        raise ArticleUnreadable(name, "it is damaged or no MBOX file")
    ends = [*(place.start() for place in places[1:]), len(content)]
    found: list[Extracted] = []
    for number, (place, end) in enumerate(zip(places, ends, strict=True), 1):
        if number % _TOLD_EVERY == 0:
            tell(number, len(places))
        found += _articles(name, _ESCAPED.sub(b"", content[place.end() : end]), number)
    return found


def _articles(name: str, content: bytes, number: int) -> Iterator[Extracted]:
    """The article that a message is, or why it is none; neither of one that is thrown away."""
    try:
        message = message_in(content)
        if not _is_thrown_away(message):
            yield article_of(name, message, number)
    except ArticleUnreadable as error:
        yield UnreadableArticle(number, error.reason)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - of a damaged message the library says whatever went wrong first
        yield UnreadableArticle(number, "it is damaged")


def _is_thrown_away(message: MIMEPart) -> bool:
    expunged = re.match(r"[0-9a-fA-F]{1,8}", header_text(message, "X-Mozilla-Status"))
    labels = {label.strip().lower() for label in header_text(message, "X-Gmail-Labels").split(",")}
    return (
        (expunged is not None and bool(int(expunged[0], 16) & _EXPUNGED))
        or "D" in header_text(message, "X-Status")
        or not labels.isdisjoint(_THROWN_AWAY)
        or header_text(message, "Subject").startswith(_INTERNAL)
    )
