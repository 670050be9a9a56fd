"""What people are reached by, where a question asks for it: a phone number, an e-mail address."""

from __future__ import annotations

import re

_WHOSE = r"\bwhat(?:['’]?s| is| are) (?:the|your|their|its|his|her|our|[\w’']+['’]s) (?:[\w’']+ ){0,2}"
_CONTACTS = (
    ("phone number", r"(?:phone|telephone|fax|mobile)(?: phone)? numbers?\b", r"\d(?:[\s()./–-]*\d){4}"),
    ("e-mail address", r"e-?mail(?: address(?:es)?\b|(?=\W*$))", r"\S@\S|[(\[]at[)\]]|\bat\W{1,2}\w+\W+dot\b"),
)
"""What people are reached by, how it is asked for, and what a text has that gives it."""


def contact_lacking(question: str, text: str) -> str | None:
    """What a question asks for by which people are reached, as "phone number", and a text does not give."""
    if not re.search(r"number|mail", question, re.IGNORECASE):
        return None  # before the patterns below are compiled, which takes longer
    for contact, named, given in _CONTACTS:
        asks = rf"{_WHOSE}{named}(?! \w+ed\b)|^{named} (?:of|for)\b"
        if re.search(asks, question, re.IGNORECASE) and not re.search(given, text):
            return contact
    return None
