"""Hits to the words that answer: the ``Reader`` protocol, and a reader that needs no model."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from retrieval.lexical import LexicalIndex, located_terms
from retrieval.passages import Passage, Sentence, Span, sentences
from retrieval.search import Hit


@dataclass(frozen=True, slots=True)
class Reading:
    """A place in a hit that may answer the question."""

    hit: Hit
    span: Span
    """What answers, in the article's text; the quote will be the sentences around it."""
    highlights: tuple[Span, ...]
    """The words to set in bold, inside those sentences; disjoint and in order."""
    score: float
    """Comparable between the readings of one question, and in the unit of a hit's fused score."""


class Reader(Protocol):
    """Finds what answers in the best passages."""

    def read(self, question: str, hits: Sequence[Hit]) -> list[Reading]:
        """Everything in ``hits`` that may answer ``question``, in any order."""


class OverlapReader:
    """Takes a sentence for the better answer, the more of the question's rare words it shares.

    It highlights the shared words. Choosing one sentence from the five best passages this way finds one that holds
    the answer for three questions of four (SQuAD 1.1 dev).
    """

    _WEIGHT = 6.0
    """A sentence with all of the question's words against one with none, in units of the fused score. Anything from
    4 to 8 does as well (tuned on every fifth question of SQuAD 1.1 dev)."""

    def __init__(self, lexical: LexicalIndex) -> None:
        self._lexical = lexical

    def read(self, question: str, hits: Sequence[Hit]) -> list[Reading]:
        """One reading a sentence."""
        weights = self._lexical.weights(question)
        return [self._reading(hit, sentence, weights) for hit in hits for sentence in sentences_of(hit.passage)]

    def _reading(self, hit: Hit, sentence: Sentence, weights: dict[str, float]) -> Reading:
        words = located_terms(hit.passage.article.text, sentence.start, sentence.end)
        shared = [(term, Span(start, end)) for term, start, end in words if term in weights]
        covered = sum(weights[term] for term in {term for term, _ in shared})
        return Reading(
            hit=hit,
            span=Span(sentence.start, sentence.end),
            highlights=tuple(span for _, span in shared),
            score=self._WEIGHT * covered,
        )


def sentences_of(passage: Passage) -> Iterator[Sentence]:
    """The whole sentences that a passage touches; headings only when it has nothing else."""
    found = _overlapping(passage.article.text, Span(passage.start, passage.end))
    bodies = [sentence for sentence in found if not sentence.heading]
    yield from bodies or found


def whole_sentences(text: str, span: Span) -> Span:
    """The smallest run of whole sentences that holds ``span``."""
    found = _overlapping(text, span)
    return Span(found[0].start, found[-1].end) if found else span


def _overlapping(text: str, span: Span) -> Sequence[Sentence]:
    every = sentences(text)
    first = max(0, bisect_right(every, span.start, key=lambda sentence: sentence.start) - 1)
    last = bisect_right(every, span.end - 1, key=lambda sentence: sentence.start)
    return [sentence for sentence in every[first:last] if sentence.end > span.start]
