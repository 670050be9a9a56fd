"""An answer: what the articles say to a question, or that they do not say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from retrieval.answer.follow_up import Context
from retrieval.answer.quotes import Quote
from retrieval.answer.search import Hit
from retrieval.answer.spelling import Slip


@dataclass(frozen=True, slots=True)
class Answer:
    """What the articles say to a question, or that they do not say."""

    question: str
    answered: bool
    confidence: float
    """Probability that the first quote answers: 0 to 1."""
    quotes: tuple[Quote, ...]
    """Best first. When not answered these are the nearest passages' sentences, and no answer."""
    hits: tuple[Hit, ...]
    """The passages found, best first: those that were read by what the reader found in them, then the rest. In a talk
    the search has more of a say (``placed``)."""
    evidence: Mapping[str, float] = field(default_factory=dict)
    """What the confidence was made of."""
    elapsed_ms: float = 0.0
    """Of questions answered together, each has its share of what they took together."""
    context: Context | None = None
    """The talk before the question, when the question goes on from it."""
    read_as: str = ""
    """The question as the reader got it."""
    slips: tuple[Slip, ...] = ()
    """Words that were read as others, which the articles have."""
