"""Hits made by hand, a network that reads them, and what its readings say."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from retrieval.answer.reading.reader import Reading
from retrieval.answer.search import Hit
from retrieval.models.token_scores import Pair, TokenScores
from retrieval.text.passages import Passage
from tests.retrieval.examples import article_of

TEXT = """\
# The Gullholm bridge

Mayor Ingrid Solberg opened the bridge on Saturday. It cost 410 million kroner. Doctors reach the island in six minutes.
"""


def hit_of(text: str, start: int = 0, end: int | None = None, score: float = 1.0, title: str = "A note") -> Hit:
    passage = Passage(article_of(text, title=title), start, len(text) if end is None else end)
    return Hit(passage, score, dense=0.5, lexical=1.0, dense_z=score, lexical_z=score)


def text_of(reading: Reading) -> str:
    start, end = reading.span
    return reading.hit.passage.article.text[start:end]


def bold(reading: Reading) -> list[str]:
    return [reading.hit.passage.article.text[start:end] for start, end in reading.highlights]


class FakeNetwork:
    """In place of a trained network: tokens are words, and the words it likes begin and end answers."""

    def __init__(self, ends: Mapping[str, float] | None = None, **likes: float) -> None:
        """``ends`` is for the ends alone, where these are not the same."""
        self._likes = likes
        self._ends = ends or likes
        self.passages: list[str] = []
        self.titles: list[str] = []
        self.passes = 0

    def score(self, pairs: Sequence[Pair]) -> list[TokenScores]:
        self.passes += 1
        self.passages.extend(pair.passage for pair in pairs)
        self.titles.extend(pair.title for pair in pairs)
        return [self._scores(pair.passage) for pair in pairs]

    def _scores(self, passage: str) -> TokenScores:
        words = list(re.finditer(r"\w+", passage))
        starts, ends = (
            np.array([likes.get(word[0], -5.0) for word in words], dtype=np.float32)
            for likes in (self._likes, self._ends)
        )
        return TokenScores(np.array([word.span() for word in words]).reshape(-1, 2), starts, ends, no_answer=0.0)
