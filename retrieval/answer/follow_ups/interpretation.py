"""Whether a question was taken as typed or in context, and why: decided once, after the reader has read for both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from retrieval.answer.follow_ups.follow_up import FollowUpEstimate
from retrieval.answer.follow_ups.variants import QueryVariants

Reason = Literal[
    "nothing was said before",
    "its wording stands on its own",
    "the best reading is of the question in context",
    "the best passage is likelier in context",
    "the best reading is of the question as typed",
]
"""Why a question is, or is not, taken for a follow-up."""


@dataclass(frozen=True, slots=True)
class Interpretation:
    """How a question was understood."""

    in_context: bool = False
    """Whether it was taken for a follow-up: it goes on from what was said before."""
    reason: Reason = "nothing was said before"
    posterior: float = 0.0
    """Probability, 0 to 1, that the best passage answers the question in context rather than as typed."""
    read_as: str = ""
    """The variant of the question in which the reader found the best answer."""
    estimate: FollowUpEstimate | None = None
    """What the follow-up gate made of it, before anything was read; None without a context."""


def interpret(
    variants: QueryVariants, estimate: FollowUpEstimate | None, *, read_as: str, posterior: float, likelier: float
) -> Interpretation:
    """Decide whether a question is a follow-up.

    It is one if its wording looks like it and either its best reading is of the question with its references resolved,
    or the passage read best is likelier for the question in context.

    Args:
        variants: the question.
        estimate: of the follow-up gate.
        read_as: the variant of the question in which the reader found the best answer.
        posterior: of the passage of the best reading; 0 without one.
        likelier: posterior from which the passage counts as found in context.
    """
    in_context, reason = _decided(variants, read_as=read_as, likely=posterior >= likelier)
    return Interpretation(in_context, reason, posterior, read_as, estimate)


def _decided(variants: QueryVariants, *, read_as: str, likely: bool) -> tuple[bool, Reason]:
    """Whether a question is a follow-up, and why."""
    if variants.context is None:
        return False, "nothing was said before"
    if not variants.follow_up_by_wording:
        return False, "its wording stands on its own"
    if read_as != variants.typed:
        return True, "the best reading is of the question in context"
    if likely:
        return True, "the best passage is likelier in context"
    return False, "the best reading is of the question as typed"
