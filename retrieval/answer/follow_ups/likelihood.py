"""Ranks of passages for a question that may be meant as typed, or as going on from what was said before.

A passage is as likely as it is for the question as typed, or for the question in context, weighted by how likely it is
that the question is a follow-up: a mixture of two experts and a gate (Jacobs et al. 1991,
https://doi.org/10.1162/neco.1991.3.1.79). The gate is in ``follow_up``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.answer.confidence import sigmoid
from retrieval.answer.follow_ups.follow_up import Scores


@dataclass(frozen=True, slots=True)
class FollowUpWeights:
    """How the two meanings of a question share the ranks.

    Tuned on the even talks of CAsT 2021 (``python -m benchmarks.talking cast``), with a look at all, unless a field
    says otherwise.
    """

    temperature: float = 0.6
    """Units of the fused score by which one passage must be ahead to be e times as likely."""
    in_context: float = 0.5
    """Posterior from which a passage is found for the question in context rather than as typed: the likelier."""
    sure: float = 0.9
    """Posterior of either meaning from which a passage is read for that meaning only. Reading only the others for both
    saves a third of the readings, and ranks CAsT's turns as well."""
    typed_share: float = 0.5
    """Part of the places that go to the best for the question as typed at even odds: both meanings keep their best as
    long as there is doubt."""
    typed_share_less: float = 0.2
    """How much less for each unit of the log odds."""
    over_fetch: float = 3.0
    """How many times the places that a meaning is due it gets, up to all, where a reader will choose."""
    least_places: int = 2
    """Places that each meaning has at least, where a reader will choose."""
    reader: float = 0.25
    """What a unit of a reader's score adds to a passage's log likelihood in the order of passages. On CAsT, whose
    passages are long, hit@3 in context is .784 with it, and .751 with all of the say that a reader has in choosing
    quotes."""
    reallocated: int = 10
    """Places that are allocated anew once a reader has read: as many as ``quoth eval`` looks at."""


@dataclass(frozen=True, slots=True)
class ContextLikelihood:
    """How likely a passage is for a question in a conversation."""

    as_typed: float
    """Log likelihood if the question stands on its own."""
    in_context: float
    """Log likelihood if it goes on from what was said."""
    log_odds: float
    """That it does, the same for every passage."""

    @property
    def posterior(self) -> float:
        """Probability, 0 to 1, that the question is meant in context, given that this passage answers it."""
        return sigmoid(self.in_context - self.as_typed + self.log_odds)

    def score(self, temperature: float) -> float:
        """Log likelihood in either meaning, in units of the fused score.

        The likelier it is that the question is a follow-up, the more a unit counts, twice at most: a reader, which
        knows less of what was said than the search, has so much less of a say in a follow-up.
        """
        unit = temperature * (1 + sigmoid(self.log_odds))
        either = np.logaddexp(self.as_typed, self.in_context + self.log_odds) - np.logaddexp(0, self.log_odds)
        return unit * float(either)


def log_likelihoods(scores: Scores, temperature: float) -> Scores:
    """Softmax of fused scores, as logarithms."""
    logits = scores / np.float32(temperature)
    likelihoods: Scores = logits - np.logaddexp.reduce(logits)
    return likelihoods


def allocate(
    as_typed: Sequence[int], in_context: Sequence[int], log_odds: float, places: int, weights: FollowUpWeights
) -> list[int]:
    """The passages to read, when there is room for so many: the best as typed, then the best in context.

    Args:
        as_typed: passages, best first; so is ``in_context``.
        in_context: see above.
        log_odds: that the question is a follow-up.
        places: how many passages there will be, if there are enough.
        weights: how the places are shared.
    """
    share = min(max(weights.typed_share - weights.typed_share_less * log_odds, 0.1), 1.0)
    kept = list(as_typed[: round(share * places)])
    others = [passage for passage in in_context if passage not in kept]
    return kept + others[: places - len(kept)]


def over_fetch(
    as_typed: Sequence[int], in_context: Sequence[int], log_odds: float, places: int, weights: FollowUpWeights
) -> list[int]:
    """Passages for a reader to choose from: up to so many places for each meaning. Arguments as of ``allocate``."""
    probability = sigmoid(log_odds)
    typed, context = (
        max(weights.least_places, round(min(weights.over_fetch * share, 1.0) * places))
        for share in (1 - probability, probability)
    )
    return list(dict.fromkeys([*as_typed[:typed], *in_context[:context]]))


def rerank(
    likelihoods: Sequence[ContextLikelihood],
    read_as_typed: Sequence[float],
    read_in_context: Sequence[float],
    weights: FollowUpWeights,
) -> list[int]:
    """The order of passages, best first, once a reader has read them for the question in both of its meanings.

    Args:
        likelihoods: of each passage; at least one.
        read_as_typed: of each the best reader's score for the question as typed, in units of the fused score.
        read_in_context: the same for the question with its references resolved.
        weights: how much the reader counts, and how places are shared.
    """
    log_odds = likelihoods[0].log_odds
    typed = [each.as_typed + weights.reader * read for each, read in zip(likelihoods, read_as_typed, strict=True)]
    context = [each.in_context + weights.reader * read for each, read in zip(likelihoods, read_in_context, strict=True)]
    either = np.logaddexp(typed, np.add(context, log_odds)).tolist()
    by_typed, by_context = (np.argsort(np.negative(each), kind="stable").tolist() for each in (typed, context))
    first = set(allocate(by_typed, by_context, log_odds, weights.reallocated, weights))
    return sorted(range(len(likelihoods)), key=lambda number: (number not in first, -either[number]))
