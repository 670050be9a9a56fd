"""Hits made by hand, and what readings of them say."""

from __future__ import annotations

from retrieval.answer.reading.reader import Reading
from retrieval.answer.search import Hit
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
