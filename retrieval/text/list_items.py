"""Items of lists: where what they say begins behind a bullet or number, and which number that is."""

from __future__ import annotations

import re

from retrieval.text.table_heads import BETWEEN_CELLS

_LABEL = r"\(?(?P<label>\d{1,3}|[a-z]|[ivx]{2,5})[.)]"
_MARKER = re.compile(rf"[ \t]*(?:[-*•–]|{_LABEL})[ \t]+(?:[^\w\s\"“„«(]+[ \t]+)?")
"""A list's bullet or number, and a sign behind it that stands by itself: "- ✅ "."""
_ROMAN = {"i": 1, "v": 5, "x": 10}


def after_marker(text: str, start: int) -> int:
    """Where the sentence at ``start`` begins to say something: behind its bullet or number, if it is a list's item."""
    marker = _marker(text, start)
    return marker.end() if marker else start


def is_listed(text: str, start: int, end: int) -> bool:
    """Whether a sentence is an item of a list, or its first sentence, or a row of a table."""
    return after_marker(text, start) > start or BETWEEN_CELLS in text[start:end]


def label_at(text: str, start: int) -> str:
    """What numbers the item that begins at ``start``, without its marks: "3", "b", "iv"; nothing where none begins."""
    marker = _marker(text, start)
    return (marker["label"] or "") if marker else ""


def numbers_at(text: str, start: int) -> frozenset[int]:
    """The number of the item that begins at ``start``, of "i." the first and the ninth; none where none begins."""
    return numbers_of(label_at(text, start))


def numbers_of(label: str) -> frozenset[int]:
    """What a label may mean, of digits, of one letter or of Roman numerals, in small letters."""
    if label.isdecimal():
        return frozenset({int(label)})
    found = {ord(label) - ord("a") + 1} if re.fullmatch("[a-z]", label) else set()
    if re.fullmatch("[ivx]+", label):
        values = [_ROMAN[each] for each in label]
        found.add(sum(-one if one < after else one for one, after in zip(values, [*values[1:], 0], strict=True)))
    return frozenset(found)


def _marker(text: str, start: int) -> re.Match[str] | None:
    begins = not text[text.rfind("\n", 0, start) + 1 : start].strip()  # else it is within a line
    return _MARKER.match(text, start) if begins else None
