"""Whether a further quote says anything that a better one does not: the names, numbers and answering words of both."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from retrieval.text.terms import content_terms, stop_terms, term, terms

_SMALL = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_VALUES = {word: value for value, word in enumerate(_SMALL)} | {word: 10 * n for n, word in enumerate(_TENS, 2)}

_TEN = "|".join(_TENS)
_UNIT = "|".join(_SMALL[1:10])
_NUMBER = re.compile(
    rf"\b(?:(?P<digits>\d+(?:[.,]\d+)*)(?!\d)"
    rf"|(?:(?P<ten>{_TEN})(?:[-\u2010\s](?P<unit>{_UNIT}))?|(?P<word>{'|'.join(_SMALL[2:])})"
    r"|(?P<scale>half|quarter|dozen|hundred|thousand|million|billion|trillion))s?\b)",
    re.IGNORECASE,
)
"""A number in digits, in words up to 99, or what it counts in. "One" is none: it is a pronoun more often than not."""

_NAME = re.compile(r"(?<![^\w,;)’'&|/%—–-]\s)(?<!\n[—–-]\s)(?<!^[—–-]\s)(?<!\n\s)(?<!^)(?<![“\"‘(])\b[A-Z][\w’-]*\w")
"""A capitalised word that does not open a sentence, or what stands behind a sign: "- ⏲ Time: 5 min"."""

_NOT = re.compile(
    r"\b(?:not|no|never|nobody|none|nothing|without|nicht|kein\w*|pas|jamais|nunca|não|не)\b|n['’]t\b", re.IGNORECASE
)

_OPPOSITES = tuple(
    (frozenset(map(term, one.split())), frozenset(map(term, other.split())))
    for one, other in (
        ("approve accept back support confirm pass", "reject oppose refuse deny block decline"),
        ("rise rose increase grow gain climb", "fall fell decrease shrink lose drop decline"),
        ("win beat", "lose"),
        ("open begin start", "close end shut stop"),
        ("before", "after"),
        ("more higher", "less fewer lower"),
        ("arrive join enter", "leave depart resign"),
        ("guilty convict", "innocent acquit clear"),
        ("alive survive", "dead die kill"),
    )
)
"""Words of which two sentences that are otherwise alike do not say the same."""

_OPENER = re.compile(r"[A-Z][\w’-]*\w")
"""A word that a sentence begins with, and that may be a name."""

_LABELLED = re.compile(r"[\W\d_]*[^\W\d_][^:|.!?\n]{0,40}[:|]\s[^\n]{0,80}(?<![.!?”\"\s])\s*")

_DECIMALS = re.compile(r"(?<=\d)(?:(\.\d*?[1-9])0+|\.0+)$")
"""Zeros at the end of a broken number."""

_SAME = 0.8
"""What part of both quotes' terms they share when they are one told twice."""

_ABOUT = 0.3
"""What part of a quote's terms a better one has when it may tell the same in other words."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a piece of text has that another may lack."""

    names: frozenset[str]
    numbers: frozenset[str]
    terms: frozenset[str]

    @property
    def all(self) -> frozenset[str]:
        """The terms with the numbers, which are compared by value."""
        return self.terms | self.numbers


@lru_cache(maxsize=1024)
def facts(text: str) -> Facts:
    """The names, numbers and content terms of a text; a number is the same in digits and in words."""
    words = _NUMBER.sub(" ", text)
    return Facts(
        frozenset(term(_singular(word)) for word in _NAME.findall(text)) - stop_terms(),
        frozenset(map(_value, _NUMBER.finditer(text))),
        frozenset(content_terms(words)),
    )


def nearly_the_same(one: str, other: str) -> bool:
    """Whether two sentences share nearly all of their terms and every number and name."""
    ours, theirs = facts(one), facts(other)
    if ours.numbers != theirs.numbers or not ours.names <= theirs.all or not theirs.names <= ours.all:
        return False
    shared, every = len(ours.terms & theirs.terms), len(ours.terms | theirs.terms)
    return bool(every) and shared >= _SAME * every


def contradict(one: str, other: str) -> bool:
    """Whether of two sentences about the same one may deny the other: "not", "rejected", or who did it to whom."""
    if bool(_NOT.search(one)) != bool(_NOT.search(other)):
        return True
    ours, theirs = set(terms(one)), set(terms(other))
    for sides in (*_OPPOSITES, *((right, left) for left, right in _OPPOSITES)):
        if ours & sides[0] and theirs & sides[1] and not (ours & sides[1] or theirs & sides[0]):
            return True
    first, second = _opener(one), _opener(other)
    return bool(first and second) and first != second and first in theirs and second in ours


def _opener(text: str) -> str:
    """The term of the name that a sentence begins with; nothing where it begins with another word."""
    found = _OPENER.match(text)
    opener = term(found[0]) if found else ""
    return "" if opener in stop_terms() else opener


def adds_nothing(better: str, title: str, other: str) -> bool:
    """Whether ``other`` has no name and no number that a ``better`` quote with its title lacks.

    The two have to be about the same: to share some of their terms.
    """
    known, new = facts(f"{better}\n{title}"), facts(other)
    if not new.names <= known.all or not new.numbers <= known.numbers:
        return False
    return len(new.terms & known.terms) >= _ABOUT * len(new.terms)


def has_words(better: str, title: str, marked: Iterable[str]) -> bool:
    """Whether a quote with its title has every one of the words that another is ``marked`` to answer with."""
    return facts("\n".join(marked)).all <= facts(f"{better}\n{title}").all


def is_labelled(text: str) -> bool:
    """Whether words are a line such as "Price: 5 euros", which says something of its own article alone."""
    return bool(_LABELLED.fullmatch(text))


def _value(number: re.Match[str]) -> str:
    if number["digits"]:
        digits = re.sub(r"^(\d+),(\d\d?)$", r"\1.\2", number["digits"])
        return _DECIMALS.sub(r"\1", digits.replace(",", ""))
    if number["scale"]:
        return number["scale"].lower()
    if number["word"]:
        return str(_VALUES[number["word"].lower()])
    return str(_VALUES[number["ten"].lower()] + (_VALUES[number["unit"].lower()] if number["unit"] else 0))


def _singular(name: str) -> str:
    """A name without the ending of the possessive."""
    return re.sub(r"[’']s?$", "", name)
