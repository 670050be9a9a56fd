"""A chat as WhatsApp exports it, a text file of lines: a day is an article, in which each message says who wrote it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import PurePath

from retrieval.articles.formats.chats import Message, articles_of
from retrieval.articles.formats.values import ExtractedArticle

_LINE = re.compile(
    r"""^\u200e?(?:
        \[(?P<in_brackets>\d{1,4}[./-]\d{1,2}[./-]\d{1,4}),?\ [^]\n]{4,20}]\           # [16.03.24, 10:02:31]
      | (?P<before_dash>\d{1,4}[./-]\d{1,2}[./-]\d{1,4}),?\ \d{1,2}[:.]\d\d[^-–\n]{0,12}\ [-–]\   # 3/16/24, 10:02 AM -
    )(?:(?P<author>[^:\n]{1,60}):\ )?""",
    re.MULTILINE | re.VERBOSE,
)
"""How a message begins, on iPhones and on Android; a notice has no author."""
_LOOKED_AT = 20
"""Messages of which one has an author, in a chat."""
_NO_WORDS = re.compile(r"\u200e.*|<[^<>]*>")
"""What stands for a picture or a call: "<Media omitted>" or, behind a mark that nobody sees, "image omitted"."""
_DAYS, _MONTHS, _CENTURY = 31, 12, 100


def whatsapp_days(name: str, text: str) -> list[ExtractedArticle] | None:
    """The days of a chat; None where a text does not begin as WhatsApp's files do.

    Raises:
        ArticleUnreadable: nobody wrote a message with words.
    """
    begins = list(_LINE.finditer(text)) if _LINE.match(text) else []
    if not any(each["author"] for each in begins[:_LOOKED_AT]):
        return None
    path = PurePath(name)
    title = path.parent.name if path.stem == "_chat" and path.parent.name else path.stem
    return articles_of(name, _messages(text, begins), {"title": title})


def _messages(text: str, begins: Sequence[re.Match[str]]) -> Iterator[Message]:
    """The messages with words, which may go over several lines; notices and pictures are left out."""
    written = [each["in_brackets"] or each["before_dash"] for each in begins]
    order = _order(written)
    ends = [each.start() for each in begins[1:]] + [len(text)]
    for begin, end, day in zip(begins, ends, written, strict=True):
        words = text[begin.end() : end].strip()
        if begin["author"] and words and not _NO_WORDS.fullmatch(words):
            yield Message(_iso(day, order), begin["author"].strip("\u200e\u202a\u202c ~"), words)


def _order(written: Sequence[str]) -> str:
    """In which order all days have year, month and day, as "dmy"; nothing where they do not tell."""
    numbers = [[int(number) for number in re.findall(r"\d+", day)] for day in written]
    if any(first > _DAYS for first, *_ in numbers):
        return "ymd"
    if "." in written[0] or any(first > _MONTHS for first, *_ in numbers):
        return "dmy"
    return "mdy" if any(second > _MONTHS for _, second, _ in numbers) else ""


def _iso(day: str, order: str) -> str:
    """A day as 2016-11-28; nothing where its order is not known, or it is none."""
    part = dict(zip(order, map(int, re.findall(r"\d+", day)), strict=False))
    try:
        return date(part["y"] if part["y"] >= _CENTURY else 2000 + part["y"], part["m"], part["d"]).isoformat()
    except (KeyError, ValueError):
        return ""
