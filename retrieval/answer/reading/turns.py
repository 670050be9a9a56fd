"""Whose turn it is to speak, in a transcript or in minutes: "OHM: I do not agree.", "- Ann Lee: Let us vote."."""

from __future__ import annotations

import re
from functools import lru_cache

from retrieval.text.list_items import after_marker
from retrieval.text.sentences import Span, numbers_in, sentences
from retrieval.text.terms import words_of

_NAME = r"(?:[A-ZÀ-ÖØ-ÞА-ЯЁ][\w.’'-]*|de|van|von)"
TURN = re.compile(rf"^(?:[ \t]*[-*•–][ \t]+)?(?P<who>(?:{_NAME}[ ]?){{1,4}}):(?=\s)", re.MULTILINE)
"""The beginning of a line that says who speaks."""
_FAR = 1000
"""Code points over which a turn goes on at most."""
_WHOSE = re.compile(r"\b(?:according to|did|does|do|has|had|would|should|could|can) ([\w’'-]+)", re.IGNORECASE)
"""Before one whose words, or deeds, a question asks for. The last one counts."""


def turn_before(text: str, place: int) -> re.Match[str] | None:
    """The beginning of the turn that a place lies in: in its paragraph or, if that is no item of a list, before it."""
    every, first = sentences(text), numbers_in(text, Span(place, place + 1)).start
    while not every[first].opens:
        first -= 1
    paragraph = every[first].start
    start = paragraph if after_marker(text, paragraph) > paragraph else max(0, place - _FAR)
    *_, turn = (None, *(turn for turn in TURN.finditer(text, start, place + _FAR) if turn.start() <= place))
    return turn


def said_by_another(question: str, text: str, sentence: Span) -> bool:
    """Whether a question asks for one speaker's words, and a sentence neither is theirs nor has their name."""
    *_, asked = ("", *map(str.lower, _WHOSE.findall(question)))
    if not asked or asked not in _speakers(text):
        return False
    turn = turn_before(text, sentence.start)
    said = f"{turn['who'] if turn else ''} {text[sentence.start : sentence.end]}"
    return asked not in map(str.lower, words_of(said))


@lru_cache(maxsize=64)
def _speakers(text: str) -> frozenset[str]:
    """The words of the names of all who speak in a text; none where only one does."""
    names = {turn["who"].lower() for turn in TURN.finditer(text)}
    return frozenset(word for name in names for word in words_of(name)) if len(names) > 1 else frozenset()
