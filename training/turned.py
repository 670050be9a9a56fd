"""Near misses made of questions: one name, number, date or word is turned, so that the passage no longer answers.

Not all come out as meant: some still have their answer, some make no sense. So nobody is to take them for
unanswerable who has not read them; ``python -m training.with_teacher`` has its teacher read them.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

_NAME = re.compile(
    r"(?<![.!?] )(?<!^)\b[A-Z][\w’'-]+(?:\s+(?:(?:of|the|de|van|von)\s+)?[A-Z][\w’'-]+)*"  # not a sentence's first word
)
_NUMBER = re.compile(r"\b\d[\d,.]*\d\b|\b\d\b")
_YEAR = re.compile(r"1[0-9]{3}|20[0-2][0-9]")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_YEARS_OFF = (-30, -12, -5, -2, -1, 1, 2, 4, 9, 20)
_OPPOSITES = """first last;largest smallest;biggest smallest;highest lowest;oldest youngest;longest shortest;most least
more less;more fewer;before after;north south;east west;northern southern;eastern western;increase decrease
increased decreased;increasing decreasing;rise fall;rose fell;win lose;won lost;winner loser;begin end;began ended
start stop;started stopped;open close;opened closed;male female;men women;man woman;king queen;father mother
son daughter;brother sister;husband wife;boys girls;import export;imports exports;imported exported;hot cold;warm cold
upper lower;early late;earlier later;maximum minimum;major minor;majority minority;public private;internal external
domestic foreign;urban rural;allowed forbidden;legal illegal;accept reject;accepted rejected;support oppose
supported opposed;approve reject;approved rejected;inside outside;above below;left right;old new;young old;rich poor
strong weak;positive negative;advantage disadvantage;success failure;successful unsuccessful;friend enemy;ally enemy
buy sell;bought sold;arrive leave;arrived left;enter leave;entered left;birth death;born died;alive dead;summer winter
spring autumn;day night;morning evening;past future;known unknown;common rare;full empty;heavy light;fast slow
faster slower;thick thin;wide narrow;deep shallow;same different;similar different;like dislike;love hate
encourage discourage;include exclude;included excluded;includes excludes;appear disappear;create destroy
created destroyed;built demolished;founded dissolved;join leave;joined left;attack defend;attacked defended;defeat lose
improve worsen;improved worsened;gain lose;gained lost;expand shrink;expanded shrank;raise lower;raised lowered
allies enemies;ancient modern;easy difficult;cheap expensive;front back;top bottom;indoor outdoor;senior junior"""
_AUXILIARY = re.compile(r"\b(was|were|is|are|has|have|had|can|could|will|would)\b(?= )")
_NEGATED = 0.12
"""How often a negation is among the ways to turn a question; people ask so less often still."""


def _pairs() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for pair in re.split(r"[;\n]", _OPPOSITES):
        one, other = pair.split()
        found.setdefault(one, []).append(other)
        found.setdefault(other, []).append(one)
    return found


OPPOSITES = _pairs()


@dataclass(frozen=True, slots=True)
class Thing:
    """A name, a number or a date in a text."""

    start: int
    text: str
    kind: str


def things(text: str) -> list[Thing]:
    """All of a text's, names first."""
    found = [(match.start(), match[0]) for pattern in (_NAME, _NUMBER) for match in pattern.finditer(text)]
    return [Thing(start, words, _kind(words)) for start, words in found]


def _kind(words: str) -> str:
    if _YEAR.fullmatch(words):
        return "year"
    if words[0].isdigit():
        return "number"
    return "month" if words in _MONTHS else "name"


def turned(
    question: str, passage: str, names: Sequence[str], answers: Sequence[str], dice: random.Random
) -> tuple[str, str] | None:
    """How a question was turned, and what it became; None where it has nothing to turn.

    ``names`` are some of the article's, and none of ``answers`` is put in.
    """
    ways: list[Callable[[], Iterator[tuple[str, str]]]] = [
        lambda: _swaps(question, passage, names, answers, dice),
        lambda: _opposites(question, dice),
        lambda: _negations(question, dice),
    ]
    found = [each for way in ways for each in way()]
    return dice.choice(found) if found else None


def _swaps(
    question: str, passage: str, names: Sequence[str], answers: Sequence[str], dice: random.Random
) -> Iterator[tuple[str, str]]:
    have = question.lower()
    of_passage = things(passage)
    for thing in things(question):
        if thing.kind == "name" and thing.text.lower() not in passage.lower():
            continue
        size = len(thing.text.split())
        pool = [
            other.text for other in of_passage if other.kind == thing.kind and abs(len(other.text.split()) - size) <= 1
        ]
        pool += _made_up(thing, names, dice)
        pool = [each for each in pool if each.lower() not in have and each not in answers]
        if pool:
            end = thing.start + len(thing.text)
            yield thing.kind, question[: thing.start] + dice.choice(pool) + question[end:]


def _made_up(thing: Thing, names: Sequence[str], dice: random.Random) -> list[str]:
    if thing.kind == "year":
        return [str(int(thing.text) + dice.choice(_YEARS_OFF))]
    if thing.kind == "month":
        return list(_MONTHS)
    return dice.sample(names, min(2, len(names))) if thing.kind == "name" else []


def _opposites(question: str, dice: random.Random) -> Iterator[tuple[str, str]]:
    for word in re.finditer(r"[a-z-]+", question):
        if word[0] in OPPOSITES:
            yield "opposite", question[: word.start()] + dice.choice(OPPOSITES[word[0]]) + question[word.end() :]


def _negations(question: str, dice: random.Random) -> Iterator[tuple[str, str]]:
    found = _AUXILIARY.search(question)
    if found and dice.random() < _NEGATED:
        yield "negation", question[: found.end()] + " not" + question[found.end() :]
