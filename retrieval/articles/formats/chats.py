"""Exports of chats in JSON: a day of a channel is an article, in which each message says who wrote it.

Known are DiscordChatExporter's files, Telegram Desktop's, and the days of a Slack export. WhatsApp's have a module
of their own.
"""

from __future__ import annotations

import html
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any

from retrieval.articles.formats.decoding import unix_lines
from retrieval.articles.formats.values import ExtractedArticle, no_headings
from retrieval.errors import ArticleUnreadable

_WRITTEN = {"Default", "Reply", "message"}
"""Types of messages that somebody wrote; the others say that somebody joined, or pinned something."""
_ASIDE = {"bot_message", "channel_join", "channel_leave", "channel_name", "channel_purpose", "channel_topic", "bot_add"}
"""What Slack calls messages that nobody wrote."""
_SLACK_LINK = re.compile(r"<([^<>|\s]+)(?:\|([^<>]*))?>")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_ID = re.compile(r"[UWB][A-Z0-9]{7,}")
"""How Slack calls an author whose name stands in another file."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message of a chat."""

    day: str
    """As 2016-11-28; nothing where it is not known."""
    author: str
    text: str


def chat_days(name: str, document: object) -> list[ExtractedArticle] | None:
    """The days of an export of a chat; None where a document is none.

    Raises:
        ArticleUnreadable: nobody wrote a message with words.
    """
    about = document if isinstance(document, dict) else {}
    written = about.get("messages", document)
    if not isinstance(written, list) or not any(_is_message(each) for each in written):
        return None
    if not about and not any("ts" in each for each in written if isinstance(each, dict)):
        return None  # articles have authors and dates too
    return articles_of(
        name, _messages(written), {"title": _channel(name, about), "source": _named(about.get("guild"), "name")}
    )


def articles_of(name: str, messages: Iterable[Message], known: Mapping[str, str]) -> list[ExtractedArticle]:
    """An article a day of a chat, with what is ``known`` of all.

    Raises:
        ArticleUnreadable: there is no message.
    """
    days: dict[str, list[Message]] = defaultdict(list)
    for message in messages:
        days[message.day].append(message)
    if not days:
        raise ArticleUnreadable(name, "nobody wrote a message with words in it")
    return [
        ExtractedArticle(
            _text(days[day]), {key: said for key, said in {**known, "published": day}.items() if said}, number
        )
        for number, day in enumerate(sorted(days), 1)
    ]


def _is_message(item: object) -> bool:
    if not isinstance(item, dict) or "title" in item or not {"content", "text"} & item.keys():
        return False
    return bool(_author(item) and _day(item))


def _messages(written: Sequence[object]) -> Iterator[Message]:
    """The messages with words, but for those of programs, among which may be our own answers."""
    for item in written:
        if not isinstance(item, dict) or not _is_message(item):
            continue
        if str(item.get("type", "message")) not in _WRITTEN or str(item.get("subtype")) in _ASIDE:
            continue
        if isinstance(author := item.get("author"), dict) and author.get("isBot"):
            continue
        if text := _words(item):
            yield Message(_day(item), _author(item), text)


def _text(messages: Sequence[Message]) -> str:
    said = (each.text if _ID.fullmatch(each.author) else f"{each.author}: {each.text}" for each in messages)
    return no_headings("\n\n".join(said))


def _channel(name: str, about: Mapping[str, Any]) -> str:
    """What the channel is called; Slack keeps a channel's days in a folder of its name."""
    path = PurePath(name)
    named = _named(about.get("channel"), "name") or _named(about, "name")
    return named or (path.parent.name if _DAY.match(path.stem) else "") or path.stem


def _named(value: object, *names: str) -> str:
    """The first of an object's fields that is a name; nothing where it has none."""
    found = (value.get(each) for each in names) if isinstance(value, dict) else ()
    return next((each.strip() for each in found if isinstance(each, str) and each.strip()), "")


def _author(item: Mapping[str, Any]) -> str:
    return (
        _named(item.get("author"), "nickname", "name")
        or _named(item.get("user_profile"), "display_name", "real_name")
        or _named(item, "from", "username", "user")
    )


def _day(item: Mapping[str, Any]) -> str:
    """The day of a message, as 2016-11-28; nothing where it has no time."""
    if _DAY.match(said := _named(item, "timestamp", "date")):
        return said[:10]
    try:
        return datetime.fromtimestamp(float(_named(item, "ts")), UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return ""


def _words(item: Mapping[str, Any]) -> str:
    """What a message says; Telegram cuts it at its links, Slack has marks around them."""
    said = item.get("content", item.get("text"))
    if isinstance(said, list):
        parts = (each.get("text") if isinstance(each, dict) else each for each in said)
        said = "".join(part for part in parts if isinstance(part, str))
    if not isinstance(said, str):
        return ""
    if "ts" in item:
        said = html.unescape(_SLACK_LINK.sub(lambda link: link[2] or link[1], said))
    return unix_lines(said).strip()
