"""What a network says of a passage's tokens, whatever runs it: how well each begins and ends an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

WEIGHTS_FILE = "model.safetensors"
"""The trained weights in a reader's folder."""

MAX_TOKENS = 384
"""Of question, title and passage together: three times what a passage of 95 words needs."""


class Pair(NamedTuple):
    """What a network reads at once."""

    question: str
    title: str
    """Of the article, with the headings that the passage stands under."""
    passage: str


@dataclass(frozen=True, slots=True)
class TokenScores:
    """A network's scores for the tokens of one passage, without those that were cut off for length."""

    offsets: NDArray[np.int64]
    """(tokens, 2): each token's range of code points in the passage."""
    starts: NDArray[np.float32]
    """Of every token as first of the answer, shape (tokens,); ``ends`` as last."""
    ends: NDArray[np.float32]
    no_answer: float
    """Of "no answer here", to compare with the sum of a start and an end."""
    answerable: float = 0.0
    """Log odds that the passage answers; 0 where the network has no head for it."""

    def margins(self, longest: int) -> NDArray[np.float32]:
        """Score over "no answer" of the span from each token to each, shape (tokens, tokens).

        It is -inf where there is no such span: the end lies before the start, or more than ``longest`` tokens on.
        """
        count = len(self.offsets)
        margins = self.starts[:, None] + self.ends[None, :] - self.no_answer
        return np.where(_spans(longest)[:count, :count], margins, np.float32(-np.inf))


@cache
def _spans(longest: int) -> NDArray[np.bool_]:
    """Whether a span may go from a token to another, (tokens, tokens)."""
    numbers = np.arange(MAX_TOKENS)
    length = numbers[None, :] - numbers[:, None]
    return (length >= 0) & (length < longest)


class SpanScorer(Protocol):
    """Scores passages' tokens as answers to questions. Safe to use from several threads."""

    def score(self, pairs: Sequence[Pair]) -> list[TokenScores]:
        """The scores for each pair."""
