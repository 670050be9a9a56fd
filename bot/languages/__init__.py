"""What Quoth says itself, in the language of whoever reads it: a sentence in English stands for its translations.

``say`` gives a sentence in the language that is spoken in this thread or task, which is English unless ``speak`` said
otherwise. Each other language has a catalogue, a TOML file beside this one; its parts are those of ``Catalogue``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path

TRANSLATED = ("de", "es", "fr", "ja", "pt", "ru")
"""The languages that there is a catalogue for."""
_ENGLISH = "en"
_FEW = 2, 4
"""Numbers that Russian has a form for, by their last digit, unless they end in 12 to 14."""

_spoken: ContextVar[str] = ContextVar("spoken", default=_ENGLISH)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What a language has for what is said in English."""

    sentences: Mapping[str, str] = field(default_factory=dict)
    """By the sentence in English; a value's place is its name in braces, in both."""
    nouns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By the noun in English, in the singular: its forms beside a number."""
    commands: Mapping[str, str] = field(default_factory=dict)
    """Names of commands and their options, and what describes them."""
    day: str = "{day} {month} {year}"
    months: Sequence[str] = ()
    thousands: str = ","
    """What stands between the thousands and the rest of a number."""


@cache
def catalogue(language: str) -> Catalogue:
    """The catalogue of a language; an empty one for English, and for what there is none for."""
    if language not in TRANSLATED:
        return Catalogue()
    return Catalogue(**tomllib.loads((Path(__file__).parent / f"{language}.toml").read_text(encoding="utf-8")))


def language_of(locale: str) -> str:
    """The language of a locale such as ``pt-BR``, if it is one of those that are spoken; else English."""
    language = locale.partition("-")[0]
    return language if language in TRANSLATED else _ENGLISH


def spoken() -> str:
    """The language that is spoken here."""
    return _spoken.get()


def speak(locale: str) -> None:
    """Speak the language of a locale in what this task or thread does from now on."""
    _spoken.set(language_of(locale))


@contextmanager
def speaking(locale: str) -> Iterator[None]:
    """Speak the language of a locale for a while."""
    before = _spoken.set(language_of(locale))
    try:
        yield
    finally:
        _spoken.reset(before)


def sentence(english: str) -> str:
    """A sentence as it is: it has translations in the catalogues, and ``say`` will find them."""
    return english


def say(english: str, **values: object) -> str:
    """A sentence in the language that is spoken, with ``values`` in their places; unchanged where there is none."""
    said = catalogue(spoken()).sentences.get(english, english)
    return said.format(**values) if values else said


def number(value: int) -> str:
    """A number with its thousands apart: 2,067."""
    return f"{value:,}".replace(",", catalogue(spoken()).thousands)


def count(value: int, noun: str) -> str:
    """A number with its noun: 1 article, 2,067 passages."""
    forms = catalogue(spoken()).nouns.get(noun, (noun, f"{noun}s"))
    return f"{number(value)}{'' if spoken() == 'ja' else ' '}{forms[min(_form(value), len(forms) - 1)]}"


def _form(value: int) -> int:
    """Which of a noun's forms stands beside a number."""
    match spoken():
        case "ru":
            if value % 100 // 10 == 1:
                return 2
            return 0 if value % 10 == 1 else 1 if _FEW[0] <= value % 10 <= _FEW[1] else 2
        case "fr":
            return int(value > 1)
    return int(value != 1)


def day(value: date) -> str:
    """A date as people write it: 28 November 2016."""
    known = catalogue(spoken())
    month = known.months[value.month - 1] if known.months else f"{value:%B}"
    return known.day.format(day=value.day, month=month, year=value.year)
