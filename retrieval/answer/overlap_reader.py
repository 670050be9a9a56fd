"""A reader that needs no model: sentences that share the question's rare words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from retrieval.answer.confidence import Calibration
from retrieval.answer.reader import Asked, Reading, sentences_of
from retrieval.answer.search import Hit
from retrieval.text.sentences import Sentence, Span
from retrieval.text.terms import located_terms


class OverlapReader:
    """Takes a sentence for the better answer, the more of the question's rare words it shares.

    It highlights the shared words. Choosing one sentence from the five best passages this way finds one that holds
    the answer for three questions of four (SQuAD 1.1 dev).
    """

    _WEIGHT = 6.0
    """A sentence with all of the question's words against one with none, in units of the fused score. Anything from
    4 to 8 does as well (tuned on every fifth question of SQuAD 1.1 dev)."""

    _READ = 5
    """Passages. No other number was tried."""

    compares = False
    """The fewer words a form has, the more of them a sentence shares."""

    calibration = Calibration(-10.2, {"cosine": 13.0, "coverage": 8.5})
    """Fitted on half of every fifth question of SQuAD 1.1 dev, with every other article indexed, to tell questions
    about these from questions about the rest. Nothing goes into it that depends on the rest of the corpus."""

    def load(self) -> None:
        """There is nothing to load."""

    def read(self, asked: Sequence[Asked]) -> list[list[Reading]]:
        """One reading a sentence."""
        return [
            [
                self._reading(hit, sentence, each.weights)
                for hit in each.hits[: self._READ]
                for sentence in sentences_of(hit.passage)
            ]
            for each in asked
        ]

    def _reading(self, hit: Hit, sentence: Sentence, weights: Mapping[str, float]) -> Reading:
        words = located_terms(hit.passage.article.text, sentence.start, sentence.end)
        shared = [(term, Span(start, end)) for term, start, end in words if term in weights]
        covered = sum(weights[term] for term in {term for term, _ in shared})
        return Reading(
            hit=hit,
            span=Span(sentence.start, sentence.end),
            highlights=tuple(span for _, span in shared),
            score=self._WEIGHT * covered,
        )
