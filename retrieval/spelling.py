"""Slips of the fingers: a word that no article and no dictionary has, read as a near one that the articles have."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from retrieval.lexical import term
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
        long word) makes it a word of the articles: by optimal string alignment, which takes two letters that
        changed places for one edit.
        """
        slips = {word: meant for word in _WORD.findall(question) if (meant := self._meant(word)) is not None}
        mended = _WORD.sub(lambda match: slips.get(match[0], match[0]), question)
        return Mended(mended, tuple(Slip(typed, meant) for typed, meant in slips.items()))

    def _meant(self, word: str) -> str | None:
        from rapidfuzz import process
        from rapidfuzz.distance import OSA
        from simplemma import is_known

        low = word.casefold()
        if len(low) < _SHORTEST or is_known(low, lang="en") or low in self._words:
            return None
        near = process.extract(
            low,
            self._words.keys(),
            scorer=OSA.distance,
            processor=None,
            score_cutoff=2 if len(low) >= _LONG else 1,
            limit=None,
        )
        able = [(edits, other) for other, edits, _ in near if len(low) >= _SAME_START or other[0] == low[0]]
        if not able or any(_inflected(low, other) for _, other in able):
            return None
        _, best = min(able, key=lambda each: (each[0], each[1][0] != low[0], -self._words[each[1]][1]))
        return self._words[best][0]

    @cached_property
    def _words(self) -> dict[str, tuple[str, int]]:
        """Every word of the articles and their titles in small letters: as it is mostly written, and how often."""
        counts: Counter[str] = Counter()
        for article in self._snapshot.articles:
            counts.update(_WORD.findall(article.title))
            counts.update(_WORD.findall(self._snapshot.article(article.id).text))
        words: dict[str, tuple[str, int]] = {}
        for word, count in counts.items():
            low = word.casefold()
            if len(low) >= _SHORTEST - 1 and count > words.get(low, ("", 0))[1]:
                words[low] = word, count
        return words


def _inflected(word: str, other: str) -> bool:
    """Whether the two are forms of one word, which BM25 takes for the same anyway."""
    return term(word) == term(other) and (word.startswith(other) or other.startswith(word))
