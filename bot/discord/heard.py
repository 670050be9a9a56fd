"""What a member wrote, as the question that was meant: Discord's own markup goes, or becomes what it shows. Pure.

Formats: https://discord.com/developers/docs/reference#message-formatting
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

from bot.languages import day, speaking

Named = Callable[[str, int], str | None]
"""The name behind a mention's sign (``@``, ``@&`` or ``#``) and number, or None where it is not known."""

_TOKEN = re.compile(
    r"<(?P<sign>@|@&|#)!?(?P<number>\d{1,20})>"
    r"|<t:(?P<second>-?\d{1,13})(?::\w)?>"
    r"|\[(?P<label>[^\[\]\n]+)\]\(<?https?://[^\s()<>]+(?:\([^\s()]*\)[^\s()<>]*)*>?(?: \"[^\"]*\")?\)"
    r"|(?P<nothing><a?:\w+:\d+>|</[\w -]+:\d+>|<id:\w+>|<?https?://[^\s<>]+>?|@everyone\b|@here\b)",
    re.IGNORECASE,
)
_SHOWN = re.compile(
    r"<(?P<sign>@|@&|#)!?(?P<number>\d{1,20})>|<t:(?P<second>-?\d{1,13})(?::\w)?>"
    r"|<a?:(?P<emoji>\w+):\d+>|</(?P<command>[\w -]+):\d+>"
)
_WANTS_A_NAME = re.compile(
    r"(?i)\b(?:about|of|by|for|from|with|without|to|in|on|at|since|until|before|after|against|and|or|between|like|than"
    r"|is|are|was|were|did|does|do|has|have|had|called|named|the)\s*$"
)
"""Behind such a word a mention is part of the question even where the question ends with it."""
_FENCE = re.compile(r"```(?:\w*\n)?")
_LINE_MARK = re.compile(r"(?m)^[ \t]*(?:>>>|>|-#|#{1,3}|[-*])[ \t]+")
_PAIRS = re.compile(r"(?<![\w\\])(\*{1,3}|__|_|~~|\|\||``?)(?=\S)(.+?)(?<=\S)\1(?!\w)", re.DOTALL)
_NESTED = 3
"""How deep marks within marks are looked for."""
_WORD = re.compile(r"(?i)\b(?!(?:please|pls|thanks|thank|you|thx|ty|cheers|hey|hi|hello|ok|and|or)\b)\w[^.!?]*$")
"""A word that is asked, without a stop behind it."""
_ESCAPE = re.compile(r"\\([^\w\s])")


def question_in(content: str, named: Named = lambda _, __: None) -> str:
    """The words of a message's ``content``: one line, without mentions that only address somebody.

    A mention in the middle of a sentence becomes its name and a time its day; at either end they go, as do custom
    emoji, addresses, and the marks of Markdown. Nothing may be left.
    """
    text = content
    for pattern in (_FENCE, _LINE_MARK):
        text = pattern.sub(" ", text)
    text = _without_tokens(text, named)
    for _ in range(_NESTED):
        text = _PAIRS.sub(r"\2", text)
    words = " ".join(_ESCAPE.sub(r"\1", text).split())
    return re.sub(r" (?=[?!,;:]|\.(?:\s|$))", "", words)


def as_shown(content: str, named: Named) -> str:
    """A message's ``content`` with what Discord shows in the place of each token; its Markdown stays."""
    return _SHOWN.sub(lambda token: _in_its_place(token, named), content)


def _in_its_place(token: re.Match[str], named: Named) -> str:
    if token["sign"]:
        return token["sign"][0] + (named(token["sign"], int(token["number"])) or "…")
    if token["second"]:
        return _day(token["second"])
    return f":{token['emoji']}:" if token["emoji"] else f"/{token['command']}"


def _without_tokens(text: str, named: Named) -> str:
    """The text with what each token of Discord's shows in its place, or nothing."""
    parts: list[str] = []
    end = 0
    for token in _TOKEN.finditer(text):
        parts.append(text[end : token.start()])
        before, behind = "".join(parts), _TOKEN.sub("", text[token.end() :])
        inside = _WORD.search(before) and (_WORD.search(re.split(r"[.!?]", behind)[0]) or _WANTS_A_NAME.search(before))
        parts.append(f" {_shown(token, named, inside=bool(inside))} ")
        end = token.end()
    return "".join([*parts, text[end:]])


def _shown(token: re.Match[str], named: Named, *, inside: bool) -> str:
    """The words that a token stands for in a question; only a link has them wherever it is."""
    if token["label"]:
        return token["label"]
    if not inside or token["nothing"]:
        return ""
    if token["second"]:
        return _day(token["second"])
    name = named(token["sign"], int(token["number"])) or ""
    return " ".join(re.sub(r"[-_]", " ", name).split()) if token["sign"] == "#" else name


def _day(second: str) -> str:
    """The day of a time; nothing where no calendar has it."""
    try:
        with speaking("en"):  # as the articles do
            return day(datetime.fromtimestamp(int(second), UTC).date())
    except (OverflowError, ValueError, OSError):
        return ""
