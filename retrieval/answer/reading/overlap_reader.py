"""A reader that needs no model: the sentences that share the question's rare words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from retrieval.answer.confidence import Calibration
from retrieval.answer.reading.reader import Reading, ReadingTask, sentences_of
from retrieval.answer.search import Hit
from retrieval.text.sentences import Sentence, Span
from retrieval.text.terms import located_terms


@dataclass(frozen=True, slots=True)
class OverlapWeights:
    """What a shared word counts, and how much is read."""

    shared_terms: float = 6.0
    """A sentence with all of the question's words against one with none, in units of the fused score. Anything from
    4 to 8 does as well (tuned on every fifth question of SQuAD 1.1 dev)."""
    passages: int = 5
    """Passages that are read. No other number was tried."""


class OverlapReader:
    """Takes a sentence for the better answer, the more of the question's rare words it shares.

    It highlights the shared words. Choosing one sentence from the five best passages this way finds one that holds
    the answer for three questions of four (SQuAD 1.1 dev).
    """

    compares_variants = False
    """The fewer words a variant has, the more of them a sentence shares."""

    calibration = Calibration(-10.2, {"cosine": 13.0, "coverage": 8.5})
    """Fitted on half of every fifth question of SQuAD 1.1 dev, with every other article indexed, to tell questions
    about these from questions about the rest. Nothing goes into it that depends on the rest of the corpus."""

    def __init__(self, weights: OverlapWeights | None = None) -> None:
        self._weights = weights or OverlapWeights()

    def load(self) -> None:
        """There is nothing to load."""

    def read(self, tasks: Sequence[ReadingTask]) -> list[list[Reading]]:
        """One reading a sentence."""
        return [
            [
                self._reading(hit, sentence, task.weights)
                for hit in task.hits[: self._weights.passages]
                for sentence in sentences_of(hit.passage)
            ]
            for task in tasks
        ]

    def _reading(self, hit: Hit, sentence: Sentence, terms: Mapping[str, float]) -> Reading:
        words = located_terms(hit.passage.article.text, sentence.start, sentence.end)
        shared = [(term, Span(start, end)) for term, start, end in words if term in terms]
        covered = sum(terms[term] for term in {term for term, _ in shared})
        return Reading(
            hit=hit,
            span=Span(sentence.start, sentence.end),
            highlights=tuple(span for _, span in shared),
            score=self._weights.shared_terms * covered,
        )
