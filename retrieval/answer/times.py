"""What "Monday" and "last month" mean in a text: the days of them, told from its article's date."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)

_MENTION = re.compile(
    rf"""
    \b(?:(?P<which>last|next|this|coming|past|previous)\s+)?(?P<weekday>{"|".join(WEEKDAYS)})\b
    | \b(?P<day>(?:the\s+)?day\s+(?:before\s+yesterday|after\s+tomorrow)
    |yesterday|today|tonight|tomorrow|last\s+night)\b
    | \b(?P<side>last|next|this|previous)\s+(?P<unit>week|month|year)\b
    """,
    re.IGNORECASE | re.VERBOSE,
)

_ANY_DAY = rf"(?:{'|'.join(WEEKDAYS)})"
_TO = r"(?:\s+(?:to|through|thru|till|until)\s+|\s*[-–—]\s*)"

_NO_DAY = re.compile(
    r"\b(?:(?:an?|one|some|most|any|each|every|the|other|first|second|third|fourth|following|week\s+(?:on|from))\s+"
    rf"(?:{_ANY_DAY}(?:,|,?\s+and|,?\s+or)\s+)*"
    r"|(?-i:Black|Bloody|Good|Ash|Palm|Easter|Maundy|Cyber|Super|Holy|Shrove|Whit|Giving|Sheffield|USA)\s+"
    rf"|{_ANY_DAY}{_TO}|between\s+(?:{_ANY_DAY}\s+and\s+)?)$",
    re.IGNORECASE,
)
"""Before a day: then it is one of many, an end of a stretch of days, or a name."""

_DATED = re.compile(
    rf"{_TO}{_ANY_DAY}\b|"
    r"(?:\s+(?:morning|afternoon|evening|night))?,?\s*(?:the\s+)?"
    rf"(?:\(?\d|(?:{'|'.join(month[:3] for month in MONTHS)})[a-z]*\.?\s+\d)"
    r"|\s+(?-i:Times|Telegraph|Mail|Mirror|Herald|Express|Post|School|Night Football|Mercury|World|League)\b"
    r"|\s+(?:school|roast|best|last|week)\b|,?\s+in\s+(?:early\s+|mid-?|late\s+)?(?:\d{4}|" + "|".join(MONTHS) + r")\b",
    re.IGNORECASE,
)
"""After a weekday: the text has the date itself, or it begins a stretch of days, or it is a name."""

_THE, _OF = re.compile(r"\bthe\s+$", re.IGNORECASE), re.compile(r"\s+of\b", re.IGNORECASE)
"""Around "next week" or "last Monday": it is told from another time than the day of publication."""

_TENSE = re.compile(
    r"(?P<to_come>\b(?:will|shall|won't|to\s+be|due|scheduled|expected|upcoming|set\s+(?:to|for)|until|till"
    r"|(?:would|should|must)(?!\s+have\b)|(?:plans?|intends?|hopes?|wants?|aims?|is|are|going)\s+to|remains?|stays?"
    r"|takes?\s+place)\b"
    r"|\b(?:by|(?:re-?)?opens?|begins?|starts?|ends?|closes|resumes?|continues?|expires?|go(?:es)?\s+to\s+the\s+polls"
    r"|(?:planned|slated|called|due)\s+for|takes?\s+(?:effect|office|over)|comes?\s+into\s+(?:force|effect))"
    r"(?=\s+(?:on\s+)?$))"
    r"|\b(?:since|said|says|told|reported|announced|added|wrote|confirmed|claimed|denied|warned)\b",
    re.IGNORECASE,
)
"""What stands before a weekday, and tells whether it is still to come; what stands nearest to it counts."""

_AHEAD = re.compile(
    r"(?:\s+(?:morning|afternoon|evening|night))?,?\s+"
    r"(?:(?!(?:\w+ed|said|says|told|was|were|had|did|met|won|lost|went|began|took|made|came|gave|held|saw|left|found|as"
    r"|when|that|which|who|because|after|before|until)\b)[\w'’-]+\s+){0,6}?"
    r"(?:will|shall|won['’]t|(?:is|are)\s+(?:to|due|expected|scheduled|set|going\s+to)|(?:re-?)?opens|begins|starts)\b",
    re.IGNORECASE,
)
"""After a weekday: its clause tells of what is to come, as "on Saturday the festival will begin"."""

_CLAUSE = re.compile(r"[^.;!?]*$")

_BEFORE = 120
"""Code points before a weekday that tell its tense."""

_DAYS = {
    "day before yesterday": -2,
    "day after tomorrow": 2,
    "yesterday": -1,
    "last night": -1,
    "today": 0,
    "tonight": 0,
    "tomorrow": 1,
}

_SIDES = {"last": -1, "previous": -1, "this": 0, "next": 1}


@dataclass(frozen=True, slots=True)
class Explained:
    """Words of a text that mean a time, and which time they mean."""

    words: str
    """As the text has them: "Monday", "last month"."""
    first: date
    last: date
    """The first and the last day of that time; the same day for a day."""

    @property
    def meaning(self) -> str:
        """The time as people write it: "28 November 2016", "21–27 November 2016", "November 2016", "2016"."""
        first, last = self.first, self.last
        if first == last:
            return _day(first)
        if last - first < timedelta(days=7):
            if first.month == last.month:
                return f"{first.day}–{_day(last)}"
            return f"{_day(first) if first.year != last.year else _day(first)[:-5]} – {_day(last)}"
        return f"{first.year}" if first.month != last.month else f"{MONTHS[first.month - 1].title()} {first.year}"


def explained(text: str, published: date | None) -> tuple[Explained, ...]:
    """Each of the text's words for a time whose meaning hangs on the day when it was published, once, in order.

    A weekday is the latest up to that day, as newspapers write, or the next where the clause before it tells of what is
    to come. None where the text gives the date itself, or means one of many: "every Monday", "Good Friday".
    """
    if published is None:
        return ()
    found: dict[str, Explained] = {}
    for words, first, last in _meanings(text, published):
        found.setdefault(words.casefold(), Explained(words, first, last))
    return tuple(found.values())


def _meanings(text: str, published: date) -> Iterator[tuple[str, date, date]]:
    for match in _MENTION.finditer(text):
        words = " ".join(match[0].split())
        if _NO_DAY.search(text, 0, match.start()) or _is_of_another(text, match):
            continue
        try:
            if match["weekday"]:
                if not _DATED.match(text, match.end()):
                    start, end = match.span()
                    to_come = _is_to_come(text[max(0, start - _BEFORE) : start], text[end : end + _BEFORE])
                    found = _weekday(match["weekday"], (match["which"] or "").lower(), published, to_come=to_come)
                    yield words, found, found
            elif match["day"]:
                found = published + timedelta(days=_DAYS[words.lower().removeprefix("the ")])
                yield words, found, found
            else:
                yield words, *_period(match["unit"].lower(), _SIDES[match["side"].lower()], published)
        except (OverflowError, ValueError):
            continue  # before the first year that a date can have, or after the last


def _is_of_another(text: str, match: re.Match[str]) -> bool:
    """Whether it is told from another time than the day of publication: "the next week", "the last week of March"."""
    relative = match["side"] or match["which"]
    return bool(relative and (_THE.search(text, 0, match.start()) or _OF.match(text, match.end())))


def _is_to_come(before: str, behind: str) -> bool:
    """Whether the clause that ends here, or else the one that begins here, tells of what is to come."""
    clause = _CLAUSE.search(before)
    told = list(_TENSE.finditer(before, clause.start() if clause else 0))
    if told and told[-1][0].lower() == "by" and behind.startswith(("'s", "’s")):
        return False  # "hit by Sunday's storm" tells by what, not until when
    return bool(told[-1]["to_come"] if told else _AHEAD.match(behind))


def _weekday(name: str, which: str, published: date, *, to_come: bool) -> date:
    """The day of that name that is meant on the day of publication."""
    ahead = (WEEKDAYS.index(name.lower()) - published.weekday()) % 7
    if which in ("next", "coming"):
        return published + timedelta(days=ahead or 7)
    if which in ("last", "past", "previous"):
        return published + timedelta(days=ahead - 7)
    if which == "this":
        to_come = to_come or WEEKDAYS.index(name.lower()) > published.weekday()
    return published + timedelta(days=ahead if to_come or not ahead else ahead - 7)


def _period(unit: str, side: int, published: date) -> tuple[date, date]:
    """First and last day of the week (from Monday), month or year that lies ``side`` from the day's own."""
    if unit == "week":
        first = published - timedelta(days=published.weekday()) + timedelta(weeks=side)
        return first, first + timedelta(days=6)
    if unit == "month":
        first = published.replace(day=1) + relativedelta(months=side)
        return first, first + relativedelta(months=1, days=-1)
    return date(published.year + side, 1, 1), date(published.year + side, 12, 31)


def _day(value: date) -> str:
    return f"{value.day} {MONTHS[value.month - 1].title()} {value.year}"
