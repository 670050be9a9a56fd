"""Slips of the fingers: a word that no article and no dictionary has, read as a near one that the articles have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from retrieval.lexical import located_terms, term
from retrieval.snapshot import Snapshot

_WORD = re.compile(r"[^\W\d_]+")
_SHORTEST = 4
"""Letters of a word that may be a slip: among shorter ones everything is near everything."""
_LONG = 9
"""Letters from which two edits are no more than a slip."""
_SAME_START = 6
"""Letters below which the first must be right: short words that differ there are seldom one."""


@dataclass(frozen=True, slots=True)
class Slip:
    """A word of a question and what it was read as."""

    typed: str
    meant: str


class Mended(NamedTuple):
    """A question with its slips put right, and these."""

    text: str
    slips: tuple[Slip, ...]


class Speller:
    """Reads questions about one snapshot's articles. Any number of threads may use it."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def mended(self, question: str) -> Mended:
        """The question with its slips put right, and these.

        A word is one when neither the articles nor simplemma's English dictionary has it and one edit (two for a
        long word) makes its term one of the articles': by optimal string alignment, which takes two letters that
        changed places for one edit.
        """
        slips = {word: meant for word in _WORD.findall(question) if (meant := self._meant(word)) is not None}
        mended = _WORD.sub(lambda match: slips.get(match[0], match[0]), question)
        return Mended(mended, tuple(Slip(typed, meant) for typed, meant in slips.items()))

    def _meant(self, word: str) -> str | None:
        from simplemma import is_known

        low = word.casefold()
        if len(low) < _SHORTEST or is_known(low, lang="en", low_memory=True):
            return None
        typed, lexical = term(low), self._snapshot.lexical
        if lexical.frequency(typed):  # "Sochy" and "Sochi" are one term, and so are forms of one word
            written = self._written(typed)
            same = written is None or low.startswith(written.casefold()) or written.casefold().startswith(low)
            return None if same else written
        near = min(self._near(low, typed), key=lambda each: (each[0], -lexical.frequency(each[1])), default=None)
        return self._written(near[1]) if near else None

    def _near(self, low: str, typed: str) -> Iterator[tuple[int, str]]:
        """Terms of the articles that a slip would explain, each behind its edits."""
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        edits = 2 if len(low) >= _LONG else 1
        terms = self._snapshot.lexical.vocabulary
        for other, distance, _ in process.extract(typed, terms, scorer=OSA.distance, score_cutoff=edits, limit=None):
            if len(other) >= _SHORTEST - 1 and (len(low) >= _SAME_START or other[0] == low[0]):
                yield int(distance), other

    def _written(self, meant: str) -> str | None:
        """A word of the articles whose term this is, as it is written in a passage or in a title that has it."""
        for number in self._snapshot.lexical.having(meant)[:1].tolist():
            passage = self._snapshot.passage(number)
            for text, start, end in (
                (passage.article.text, passage.start, passage.end),
                (passage.article.title, 0, len(passage.article.title)),
            ):
                for found, first, last in located_terms(text, start, end):
                    if found == meant:
                        return text[first:last]
        return None
