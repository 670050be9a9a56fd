"""What a question asks for: its kind, and the names, dates and numbers in it."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache
from typing import Literal

from retrieval.answer.times import MONTHS, WEEKDAYS
from retrieval.text.terms import stop_terms, term, terms

QuestionKind = Literal["who", "when", "where", "number", "why", "how", "yes or no", "other"]

_VERB = "(is|are|was|were|am|do|does|did|has|have|had|can|could|will|would|shall|should|may|might|must)"

_KINDS: tuple[tuple[QuestionKind, re.Pattern[str]], ...] = (
    (
        "number",
        re.compile(r"\bhow (many|much|old|long|far|tall|high|big|large|fast|deep|wide|hot|cold)\b", re.IGNORECASE),
    ),
    ("number", re.compile(r"\b(what|which) (number|percent\w*|amount|fraction|proportion|share)\b", re.IGNORECASE)),
    (
        "when",
        re.compile(
            rf"^\W*(\w+ )?when(?=['’]?s\b| {_VERB}\b)|^(?!.*\b(what|whom?|which|why|how)\b).*?(?P<asks>\bwhen\b)"
            r"|\bhow often\b|\b(what|which) (year|month|day|date|decade|century|time)\b",
            re.IGNORECASE,
        ),
    ),
    (
        "yes or no",
        re.compile(
            rf"^\W*(and |so |but )?{_VERB}(n['’]?t)? (?!.*\b(who|whom|where|why|how|what|which)\b)", re.IGNORECASE
        ),
    ),
    ("who", re.compile(r"\bwho(m|se)?\b", re.IGNORECASE)),
    ("where", re.compile(r"\bwhere\b", re.IGNORECASE)),
    ("why", re.compile(r"\bwhy\b", re.IGNORECASE)),
    ("how", re.compile(r"\bhow\b", re.IGNORECASE)),
)
"""The first whose pattern a question has is its kind. Of "what happens when it rains?" no "when" is one."""

_FIGURE = re.compile(r"\d(?:[\d.,]*\d)?")
_FIGURE_TYPED = re.compile(rf"(?<![A-Z]){_FIGURE.pattern}")
"""In a question; in "MI6" it is a part of a name."""
_NUMBER = re.compile(
    r"\d|\b(zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty|forty|fifty|sixty"
    r"|seventy|eighty|ninety|hundreds?|thousands?|[mb]illions?|trillion|dozens?|half|once|twice|third|quarter|several|few"
    r"|many|most|both|double|triple|none|single|majority|pair|couple|no|all)\b",
    re.IGNORECASE,
)
_CALENDAR = re.compile(rf"\b(?:{'|'.join(map(str.title, MONTHS + WEEKDAYS))})\b")
_CALENDAR_TYPED = re.compile(_CALENDAR.pattern.replace("|May|", "|"), re.IGNORECASE)
"""Months and days as people type them; "may" is mostly a verb."""
_TIME = re.compile(
    rf"\d|{_CALENDAR.pattern}|\b(century|centuries|decades?|years?|months?|weeks?|days?|today|yesterday|tomorrow|morning"
    r"|afternoon|evening|night|noon|midnight|spring|summer|autumn|fall|winter|before|after|during|since|until|ago|early"
    r"|late|once|twice|always|never|\w+(?<=dai|nth|eek|ear|all)ly|now|age|era|ad|bc|weekend|hours?)\b",
    re.IGNORECASE,
)
_NAME = re.compile(r"\b[^\W\d_a-z]\w")
_WORD = re.compile(r"\w[\w’'-]*")
_WORD_PART = re.compile(r"\w+")
_QUESTION_WORD = re.compile(r"(who|whom|whose|when|where|why|how|which|what|name)$", re.IGNORECASE)


def wording_of(question: str) -> str:
    """What is the same for questions that differ in marks, spaces and letter case alone."""
    return " ".join(_WORD_PART.findall(question.casefold())) or question


_ABOUT = re.compile(r"\?\s+\(.*\)$")


@lru_cache(maxsize=64)
def kind_of(question: str) -> QuestionKind:
    """The kind of answer that a question asks for; what stands in brackets behind it says what it is about."""
    asked = _ABOUT.sub("?", question)
    return next((kind for kind, pattern in _KINDS if pattern.search(asked)), "other")


def asking_terms(question: str) -> frozenset[str]:
    """The terms of the words by which a question asks, as "how long", and which are no part of what it is about."""
    asking = (
        found.groupdict().get("asks") or found[0] for _, pattern in _KINDS for found in pattern.finditer(question)
    )
    return frozenset(term for words in asking for term in terms(words))


_WHO_IS = re.compile(r"\W*(?:and |so |but )?who(?:['’]s| is| was) ", re.IGNORECASE)


def asks_who_that_is(question: str, texts: Collection[str]) -> bool:
    """Whether a question asks who someone is whom it names: what answers need be no name."""
    found = _WHO_IS.match(question)
    words = _WORD.findall(question[found.end() :]) if found else []
    return bool(words) and set(words) <= set(names(question, texts))


def kinds_in(question: str) -> frozenset[QuestionKind]:
    """All kinds of answers whose words a question has."""
    return frozenset(kind for kind, pattern in _KINDS if pattern.search(question))


_ASKS_FOR_SOURCES = re.compile(
    r"\b(?:references?|cited?|cites|citations?|bibliograph\w+|literature|footnotes?|sources?|publi(?:sh|cation)\w*|papers?|"
    r"stud(?:y|ies)|articles?|journals?|books?|authors?|chapters?|sections?|contents|pages?|doi|isbn|arxiv|retrieved|"
    r"archived|accessed|copyright\w*|rights|licen[cs]\w+|links?|website|homepage|url|thesis|proceedings|edition|printed|"
    r"wrote|written|writes)\b",
    re.IGNORECASE,
)


@lru_cache(maxsize=64)
def asks_for_sources(question: str) -> bool:
    """Whether a question may be answered by a list of references, by contents or by a footer."""
    return bool(_ASKS_FOR_SOURCES.search(question))


def suits(kind: QuestionKind, answer: str) -> bool:
    """Whether the words of an answer can be of the kind that was asked for; where that cannot be told, they can."""
    if kind == "number":
        return bool(_NUMBER.search(answer))
    if kind == "when":
        return bool(_TIME.search(answer))
    if kind == "who":
        return bool(_NAME.search(answer)) and not re.search(r"\d{3}", answer)
    return True


def figures(text: str, *, typed: bool = False) -> frozenset[str]:
    """The numbers, years, months and days of the week in a text; ``typed`` by a person, capitals or not."""
    calendar = (_CALENDAR_TYPED if typed else _CALENDAR).findall(text)
    numbers = (found.replace(",", "") for found in (_FIGURE_TYPED if typed else _FIGURE).findall(text))
    return frozenset((*numbers, *(word.capitalize() for word in calendar)))


def names(question: str, texts: Collection[str]) -> tuple[str, ...]:
    """The words of a question that are names: by its capitals or, where these tell nothing, by those in ``texts``."""
    words = _WORD.findall(question)
    if question.isupper() and any(map(_opens, words)):  # all of it is in capitals, which tell nothing then
        words = [word.lower() for word in words]
    capital = [
        word
        for number, word in enumerate(words)
        if word[0].isupper() and not (number == 0 and _opens(word)) and not _CALENDAR.fullmatch(word)
    ]
    if capital:
        return tuple(dict.fromkeys(capital))
    return tuple(word for word in dict.fromkeys(words) if _is_name(word, texts))


_IDENTIFIER = re.compile(r"(?<!\S)--[a-z][\w-]*\w|\b[A-Za-z]\w*_\w*[A-Za-z0-9]\b")


def identifiers(text: str) -> tuple[str, ...]:
    """The settings and options that a text names as programs write them: "DB_PORT", "--max-time"."""
    return tuple(dict.fromkeys(_IDENTIFIER.findall(text)))


def _opens(word: str) -> bool:
    """Whether a question's first word has its capital from standing first."""
    return term(word) in stop_terms() or bool(_QUESTION_WORD.match(word))


def _is_name(word: str, texts: Collection[str]) -> bool:
    """Whether a word typed in small letters stands in ``texts`` with a capital within a sentence, and never without."""
    if len(word) < 3 or not word.isalpha() or term(word) in stop_terms() or _CALENDAR_TYPED.fullmatch(word):  # noqa: PLR2004
        return False
    capital = word.capitalize()
    if not any(capital in text for text in texts):  # as nearly always, which is told before a pattern is compiled
        return False
    within = re.compile(rf"(?<=[\w,] ){re.escape(capital)}\b")
    small = re.compile(rf"\b{re.escape(word)}\b")
    return any(map(within.search, texts)) and not any(map(small.search, texts))


_ASKED_IN = {
    "de": re.compile(
        r"\b(?:wer|wen|wem|wessen|wann|wo|wohin|warum|wieso|wie|wieviele?|welche[mnrs]?)\b", re.IGNORECASE
    ),
    "fr": re.compile(r"\b(?:qui|quand|où|pourquoi|comment|combien|quel(?:le)?s?|est-ce)\b", re.IGNORECASE),
    "es": re.compile(
        r"¿|\b(?:qui[eé]n(?:es)?|qu[eé]|cu[aá]ndo|d[oó]nde|c[oó]mo|cu[aá]l(?:es)?|cu[aá]nt[ao]s?)\b", re.IGNORECASE
    ),
    "pt": re.compile(r"\b(?:quem|quando|onde|como|qual|quais|quant[ao]s?|por que)\b", re.IGNORECASE),
    "ru": re.compile(r"[\u0400-\u04ff]"),
}
"""What tells that a question is in another language than English."""


def asked_in(question: str) -> tuple[str, ...]:
    """The languages that a question may be in, but English: "de", "fr", "es", "pt" or "ru"; none for most."""
    return tuple(language for language, asks in _ASKED_IN.items() if asks.search(question))
