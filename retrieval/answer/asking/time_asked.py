"""The time that a question names: "in 2021", "last May", "on 9 October", "25/03/2024"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from retrieval.answer.times import MONTHS

_ASKED = re.compile(
    rf"""
    \b(?P<iso>\d{{4}})-(?P<iso_month>\d\d)-(?P<iso_day>\d\d)\b
    | (?<![\d.,/])(?P<one>\d{{1,2}})(?P<sign>[./-])(?P<two>\d{{1,2}})(?P=sign)(?P<last>\d{{4}})\b
    | (?:\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?)?
    \b(?P<month>{"|".join(MONTHS)}|(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?)(?!\w)
    (?:\s+(?P<day_after>\d{{1,2}})(?:st|nd|rd|th)?\b(?!\d))?
    (?:,?\s+(?:of\s+)?(?P<year>\d{{4}})\b)?
    | \b(?:in|of|by|since|during|before|after|until|year|from|for)\s+(?P<alone>1\d{{3}}|20\d\d)\b
    | (?<![\d.,:/$€£¥#])(?<!\d-)(?:\b|\bFY)(?P<bare>(?:19|20)\d\d)(?![\w%]|[.,:/-]\d)
    (?!\s+(?:people|men|women|children|(?!(?:is|was|as|has|does)\b)\w+s)\b)
    """,
    re.IGNORECASE | re.VERBOSE,
)

_PAST = re.compile(
    r"\b(?:first|originally|initially|earlier|earliest|former|formerly|previous|previously|once|used\s+to|ago|"
    r"at\s+the\s+time|back\s+then|(?:last|this)\s+(?:week|month|year)|yesterday|oldest|(?:1\d|20)\d0['’]?s)\b",
    re.IGNORECASE,
)
"""What asks about another time than now, without saying which."""

_MONTH_FOLLOWS = re.compile(
    r"\b(?:in|of|since|by|during|until|from|before|after|early|mid|late|last|this)[\s-]+$", re.IGNORECASE
)
"""Before a month: "may" and "march" are verbs elsewhere, and "April" and "June" are people."""


@dataclass(frozen=True, slots=True)
class TimeAsked:
    """The time that a question names: a year, a month of any year or of one, a day of a month."""

    year: int | None = None
    month: int | None = None
    day: int | None = None

    @property
    def known(self) -> bool:
        """Whether it can be found in a calendar; "at first" cannot."""
        return self.year is not None or self.month is not None

    def holds(self, value: date) -> bool:
        """Whether that day is in it."""
        return self.year in (None, value.year) and self.month in (None, value.month) and self.day in (None, value.day)


def time_asked(question: str) -> TimeAsked | None:
    """The time that a question names; None where it asks about now, as most do that name none.

    "May" counts as a month only where a preposition, a day or a year says so.
    """
    for match in _ASKED.finditer(question):
        if alone := match["alone"] or match["bare"]:
            return TimeAsked(year=int(alone))
        if match["iso"]:
            return TimeAsked(int(match["iso"]), int(match["iso_month"]), int(match["iso_day"]))
        if match["last"]:
            return _in_figures(match)
        day = match["day"] or match["day_after"]
        if day or match["year"] or _MONTH_FOLLOWS.search(question[: match.start("month")]):
            month = next(n for n, name in enumerate(MONTHS, 1) if name.startswith(match["month"][:3].lower()))
            return TimeAsked(int(match["year"]) if match["year"] else None, month, int(day) if day else None)
    return TimeAsked() if _PAST.search(question) else None


def _in_figures(date: re.Match[str]) -> TimeAsked:
    """The time of 25/03/2024, 03/25/2024 or 5.3.2024; of 05/03/2024 nothing tells which is the month."""
    year, one, two = int(date["last"]), int(date["one"]), int(date["two"])
    if date["sign"] == "." or one > len(MONTHS) or one == two:
        return TimeAsked(year, two, one)
    return TimeAsked(year, one, two) if two > len(MONTHS) else TimeAsked(year)
