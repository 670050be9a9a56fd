"""How much there is of something: the unit that an answer needs, and the period that it is counted by."""

from __future__ import annotations

import re

from retrieval.answer.asking.question import figures, kind_of, suits

_UNITS = {
    "money": r"[$€£¥%]|\b(?:dollars?|euros?|pounds?|crowns?|krone[nr]?|yen|yuan|rou?bles?|francs?|pesos?|rupees?|marks?"
    r"|lira|shillings?|pence|penny|cents?|florins?|ducats?|guilders?|gold|silver|free|nothing|percent|per cent"
    r"|[A-Z]{3}(?= ?\d))\b",
    "age": r"\b(?:years?|months?|days?|weeks?|aged?|old|born|centur(?:y|ies)|\d{1,3})\b",
    "time": r"\b(?:sec(?:ond)?s?|min(?:ute)?s?|h(?:ou)?rs?|days?|weeks?|months?|years?|decades?|centur(?:y|ies)|terms?"
    r"|since|until|ever|always|permanent(?:ly)?|indefinitely|overnight|pages?|from \w+ (?:to|until))\b",
    "size": r"\b(?:[mck]?m|metres?|meters?|(?:kilo|centi|milli)met(?:re|er)s?|miles?|feet|foot|ft|yards?|inch(?:es)?"
    r"|acres?|hectares?|leagues?|fathoms?|light-?years?|stor(?:e?y|eys|ies)|floors?|stages?|times|square|size"
    r"|degrees?|per ?cent)\b|[²°%]",
}
"""What the words of an answer have, or those around them, where a question asks for so much of something."""
_MEASURES = tuple(
    (re.compile(pattern, re.IGNORECASE), re.compile(rf"{units}", re.IGNORECASE))
    for pattern, units in (
        (r"\bhow much\b.* (?:cost|earn|pay|paid|worth|spen[dt]|charge|owe)\b|\bprice of\b", _UNITS["money"]),
        (r"\bhow old\b", _UNITS["age"]),
        (r"\bhow long\b", f"{_UNITS['time']}|{_UNITS['size']}"),
        (r"\bhow (?:far|tall|high|deep|wide)\b", _UNITS["size"]),
    )
)
"""Questions for a quantity, and what it is measured in."""
_COUNT = re.compile(
    r"\bhow many\b|\bwhat(?:['’]s| is| was| are| were) (?:the|your) (?:[\w'’-]+ ){0,3}"
    r"(?:price|cost|fee|fare|rent|salary)(?= of\b| for\b|\W*$)",
    re.IGNORECASE,
)
"""Questions that only a number answers, beside those for what something costs."""
_NO_COUNT = re.compile(
    r"\b(?:1[5-9]|20)\d\d\b(?!\s+[a-z]+s\b)|^\s*\d{1,3}[.)]\s|\bas many\b", re.IGNORECASE | re.MULTILINE
)
"""Numbers that count nothing: years, and those of a list's items."""
_PERIOD = r"(second|minute|hour|day|night|week|month|quarter|year|season)"
_RATE = re.compile(
    rf"(?:\b(?:per|each|every|an?(?!\s+second))\s+|/\s?){_PERIOD}\b|\b({_PERIOD}|dai|annual)ly\b|\bannual\b",
    re.IGNORECASE,
)
"""What an amount is counted by: "per month", "yearly"."""
_TIMES_OVER = re.compile(r"\bhow (?:many (?:times|days|nights|hours|weeks|months)|often)\b", re.IGNORECASE)


def measured(question: str, words: str) -> bool:
    """Whether words have a unit of what a question asks how much there is of; where it does not ask that, they have."""
    return all(units.search(words) for asks, units in _MEASURES if asks.search(question))


def number_lacking(question: str, text: str) -> bool:
    """Whether a question asks how many there are, or for a price, and a text has no number but years and its own."""
    costs = kind_of(question) == "number" and _MEASURES[0][0].search(question)
    if not (costs or _COUNT.search(question)):
        return False
    asked = figures(question)
    rest = _NO_COUNT.sub(" ", text)
    counted = re.sub(r"\d[\d.,]*", lambda number: "" if number[0].strip(".,") in asked else number[0], rest)
    return not suits("number", counted) and not _MEASURES[0][1].search(counted)


def asks_amount_by(question: str) -> frozenset[str]:
    """The period that an amount asked for is counted by; none where "daily" may answer "how many times a week?"."""
    counted = kind_of(question) == "number" and not _TIMES_OVER.search(question)
    return periods(question) if counted else frozenset()


def periods(text: str) -> frozenset[str]:
    """What amounts in a text are counted by: "month" of "5 euros a month", "year" of "annual fee"."""
    found = ((match[1] or match[2] or "annual").lower() for match in _RATE.finditer(text))
    return frozenset({"dai": "day", "annual": "year"}.get(period, period) for period in found)
