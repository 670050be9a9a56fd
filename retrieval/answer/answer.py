"""An answer: what the articles say to a question, or that they do not say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from retrieval.answer.asking.spelling import Slip
from retrieval.answer.doubting.doubts import Doubt
from retrieval.answer.follow_ups.interpretation import Interpretation
from retrieval.answer.query import Context
from retrieval.answer.quoting.quotes import Quote
from retrieval.answer.search import Hit

Stage = Literal["searching", "reading", "deciding"]
"""Finding passages, finding the words in them that answer, and choosing what to quote and how sure it is."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the articles say to a question, or that they do not say.

    True when the question is answered. Iterating gives the quotes that answer: none when it was declined, though
    ``quotes`` then holds the nearest passages' sentences.
    """

    question: str
    """As it was typed."""
    answered: bool
    """Whether the first quote is likely enough to answer; otherwise the question was declined."""
    confidence: float
    """Probability that the first quote answers: 0 to 1."""
    quotes: tuple[Quote, ...]
    """Best first. When not answered these are the nearest passages' sentences, and no answer."""
    hits: tuple[Hit, ...]
    """The passages found, best first: those that were read by what the reader found in them, then the rest. In context
    the search has more of a say (``likelihood.rerank``)."""
    evidence: Mapping[str, float] = field(default_factory=dict)
    """What the confidence was made of (``evidence.Evidence``)."""
    doubts: tuple[Doubt, ...] = ()
    """What the question asks for and the first quote lacks."""
    elapsed_ms: float = 0.0
    """Of questions answered together, each has its share of what they took together."""
    seconds: Mapping[Stage, float] = field(default_factory=dict, compare=False)
    """What of that each stage took."""
    corrected: str = ""
    """The question on one line with its slips put right: what was searched for, and what a next one goes on from."""
    slips: tuple[Slip, ...] = ()
    """Words that were read as others, which the articles have."""
    interpretation: Interpretation = field(default_factory=Interpretation)
    """Whether the question was taken for a follow-up, and why."""
    context: Context | None = None
    """What was said before the question, when it goes on from it."""
    next_context: Context | None = None
    """What a next question may go on from: this one or, when it was declined, what was said before it."""

    def __bool__(self) -> bool:
        return self.answered

    def __iter__(self) -> Iterator[Quote]:
        return iter(self.quotes if self.answered else ())

    @property
    def read_as(self) -> str:
        """The question as the reader got it: as typed, or with what its references stand for."""
        return self.interpretation.read_as
