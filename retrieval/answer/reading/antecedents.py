"""Pronouns: the sentences come along that hold what a first word such as "he" or "this" stands for."""

from __future__ import annotations

import re

from retrieval.text.sentences import Span, numbers_in, sentences

_REFERS_BACK = re.compile(
    r"\W*(?:(?:and|but|however|then|later|also|thus|therefore|instead|still|yet|so)\b\W*)?"
    r"(?:he|she|it|they|his|her|its|their|this|that|these|those|such|both)\b",
    re.IGNORECASE,
)
"""How a sentence begins whose pronoun stands for something in the sentence before."""

_MOST = 2
"""Sentences that come along."""


def with_antecedents(text: str, span: Span) -> Span:
    """Whole sentences with those before them that their first word stands for: "He resigned in May" says little alone.

    At most two of them, and none of another paragraph; none of an excerpt, which begins inside of one.
    """
    every, first = sentences(text), numbers_in(text, span).start
    if every[first].start < span.start:
        return span
    for _ in range(_MOST):
        if every[first].opens or not _REFERS_BACK.match(text, every[first].start):
            break
        first -= 1
    return Span(every[first].start, span.end)
