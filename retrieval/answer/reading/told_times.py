"""Whether an article tells of the year or the day that a question names, as "in 2021" or "on 9 October"."""

from __future__ import annotations

import re
from functools import lru_cache

from retrieval.answer.asking.time_asked import TimeAsked, time_asked
from retrieval.answer.times import MONTHS, explained
from retrieval.text.passages import Passage

_BOUNDS = "since|before|after|until|till|by|from|between|to|than|prior|through|as"
"""What makes a year a bound: "after 2010" is answered by a sentence about 2012."""
_WITHIN = rf"\b(?:the\s+|(?:in|on|during|for|of)\s+(?:(?!(?:{_BOUNDS})\b)[\w.,]+\s+){{0,3}})"
_NO_YEAR = r"(?![\w%]|['’]s|[.,:/]\d|\s*[-–—]|\s+(?:to|until|and|or)\b|\s+(?!(?:is|was|as|has|does)\b)[a-z]+s\b)"
"""What follows a number of four digits that is no year by itself: "2000 cars", "2000 to 2005"."""

_YEAR = re.compile(r"(?<![\d,.])(?:1\d{3}|20\d\d)(?!\d)")
_STRETCH = re.compile(r"(?<!\d)(\d{1,4})(?:st|nd|rd|th)?\s*(?:[-–—/]|to|until|through|and)\s*(\d{1,4})(?!\d)")
_SINCE = re.compile(r"\b(?:since|from|until|till|before|after|by)\s+(?:[^\W\d]\w*\s+)?(1\d{3}|20\d\d)\b", re.IGNORECASE)
_DATE = re.compile(
    rf"\b(?:\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?(?:{'|'.join(MONTHS)})|(?:{'|'.join(MONTHS)})\s+\d{{1,2}})\b",
    re.IGNORECASE,
)
_ISO = re.compile(r"\b\d{4}-\d\d-\d\d\b")


@lru_cache(maxsize=64)
def _within(question: str) -> TimeAsked | None:
    """The year or the day that the answer has to be of; None where a question names none, or only a bound."""
    asked = time_asked(question)
    if asked is None or (asked.year is None and asked.day is None):
        return None
    if asked.day is not None:
        return asked
    return asked if re.search(f"{_WITHIN}{asked.year}{_NO_YEAR}", question, re.IGNORECASE) else None


def time_lacking(question: str, passage: Passage) -> str | None:
    """The year or the day that a question names, where the passage's article has no word of it and is of another time.

    None where the article is of about that time, names or spans it, or where nothing tells of which time it is.
    """
    asked = _within(question)
    return _lacking(asked, passage) if asked else None


@lru_cache(maxsize=64)
def _lacking(asked: TimeAsked, passage: Passage) -> str | None:
    if asked.year is not None and _lacks_year(asked.year, passage):
        return str(asked.year)
    if asked.day and asked.month and _lacks_day(asked.day, asked.month, asked, passage):
        return f"{asked.day} {MONTHS[asked.month - 1].title()}"
    return None


def _lacks_year(year: int, passage: Passage) -> bool:
    article = passage.article
    text, published = f"{article.title}\n{article.text}", article.published
    if published is not None and abs(published.year - year) <= 1:
        return False  # "in December", "last year" and "next year" are told without the figure
    if re.search(rf"(?<!\d){year}(?!\d)|[./'’–-]{year % 100:02d}(?!\d)", text):
        return False
    if any(low <= year <= high for low, high in _stretches(text)):
        return False
    if any(int(bound) <= year for bound in _SINCE.findall(text)):
        return False
    return published is not None or bool(_YEAR.search(text))


def _lacks_day(day: int, month: int, asked: TimeAsked, passage: Passage) -> bool:
    published, text = passage.article.published, f"{passage.above}\n{passage.text}"
    if published is not None and (
        asked.holds(published) or any(asked.holds(each.first) for each in explained(text, published))
    ):
        return False
    if re.search(rf"(?<![\d.,])0?{day}(?:st|nd|rd|th)?(?!\d)", text):
        return False
    if any(low <= day <= high for low, high in _stretches(text)):
        return False
    if re.search(_written(day, month), passage.article.text, re.IGNORECASE):
        return False
    return published is not None or bool(_DATE.search(text))


def of_another_day(question: str, passage: Passage, sentence: str) -> bool:
    """Whether a sentence has another day than the question names, which a sentence beside it in the passage has."""
    asked = _within(question)
    if asked is None or not asked.day or not asked.month:
        return False
    written = re.compile(_written(asked.day, asked.month), re.IGNORECASE)
    other = _DATE.search(sentence) or _ISO.search(sentence)
    return bool(other) and not written.search(sentence) and bool(written.search(passage.text))


def _written(day: int, month: int) -> str:
    """A pattern for a day as texts have it: "9th of October", "Oct 9", "2024-10-09"."""
    name = MONTHS[month - 1][:3]
    return (
        rf"\b0?{day}(?:st|nd|rd|th)?\s+(?:of\s+)?{name}|\b{name}[a-z]*\.?\s+0?{day}(?!\d)"
        rf"|\b\d{{4}}-{month:02d}-{day:02d}"
    )


def _stretches(text: str) -> list[tuple[int, int]]:
    """The stretches of years and days in a text: "1914–18", "from 3 to 12 May"."""
    return [(int(low), int(f"{low[: -len(high)]}{high}")) for low, high in _STRETCH.findall(text)]
