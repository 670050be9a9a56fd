"""What goes by a name and a number, as "Node.js 26", "Room 4" or "Article 12"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from retrieval.answer.times import MONTHS
from retrieval.text.terms import stop_terms, term

_NUMBERED = re.compile(r"(?<![\w.])([A-Z][\w.’'-]*) v?(\d+(?:\.\d+)*)(?!\w|[’',:/%-]\w|%)")
_NUMBER = re.compile(r"(?<![\w.])v?(\d+(?:\.\d+)*)")


def another_numbered(question: str, passage: str) -> tuple[str, str] | None:
    """What a question names by a number that a passage lacks, and what of that name it has: "Room 7" and "Room 4".

    A number may be short for a longer one: version 1.4 for 1.4.230.
    """
    numbers = _NUMBER.findall(passage)
    for name, number in _named(question):
        others = [f"{other} {each}" for other, each in _named(passage) if other == name]
        if others and not any(_alike(number, each) for each in numbers):
            return f"{name} {number}", others[0]
    return None


def _alike(one: str, other: str) -> bool:
    """Whether one of two numbers is the other, or short for it."""
    return f"{one}.".startswith(f"{other}.") or f"{other}.".startswith(f"{one}.")


def _named(text: str) -> Iterator[tuple[str, str]]:
    """The names in a text that a number follows, each with it; "In 7" and "May 7" are none."""
    for name, number in _NUMBERED.findall(text):
        if term(name) not in stop_terms() and name.lower() not in MONTHS:
            yield name, number
