"""What a network is to make small: how wrong it is about spans, about passages, and about there being an answer."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, log_softmax, pad, softmax

from training.networks import LOWEST, Logits


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is known of a batch's pairs, each of shape (pairs, …)."""

    places: torch.Tensor
    """(pairs, 2): first and last token of the answer, or the first of all twice where there is none."""
    counts: torch.Tensor
    """(pairs,): 1, or 0 where it is not known whether the passage answers."""
    groups: torch.Tensor
    """(questions, passages of one at most): each one's pairs, the one it is about first; -1 for none."""


@dataclass(frozen=True, slots=True)
class Taught:
    """What the teacher said of a batch's pairs."""

    starts: torch.Tensor
    ends: torch.Tensor
    """(pairs, tokens), as ``Logits`` has them; the lowest number throughout where it was not asked."""
    answerable: torch.Tensor
    """(pairs,): a probability."""
    asked: torch.Tensor
    """(pairs,): 1, or 0 where it was not."""


def hard_loss(logits: Logits, wanted: Wanted) -> torch.Tensor:
    """How far a network is from what people marked.

    In each passage by itself the answer is to win over all other tokens, the first among them, or the first where
    there is no answer: this makes a margin say whether there is one. And the answer is to win over all tokens of all
    the question's passages (the shared norm of Clark and Gardner 2018, https://arxiv.org/abs/1710.10723): this makes
    margins comparable between passages. Both also for the head that says whether there is an answer.
    """
    starts, ends, answerable = logits
    loss = (_marked(starts, wanted.places[:, 0], wanted) + _marked(ends, wanted.places[:, 1], wanted)) / 2
    there = (wanted.places[:, 0] > 0).float()
    judged = binary_cross_entropy_with_logits(answerable, there, wanted.counts, reduction="sum")
    return loss + judged / wanted.counts.sum().clamp(min=1) / 2


def soft_loss(logits: Logits, taught: Taught, groups: torch.Tensor) -> torch.Tensor:
    """How far a network is from its teacher, in each passage and over all of a question's.

    What the teacher was not asked it is taken to give nothing.
    """
    starts, ends, answerable = logits
    spans = (_alike(starts, taught.starts, taught, groups) + _alike(ends, taught.ends, taught, groups)) / 2
    judged = binary_cross_entropy_with_logits(answerable, taught.answerable, taught.asked, reduction="sum")
    return spans + judged / taught.asked.sum().clamp(min=1) / 2


def _marked(margins: torch.Tensor, places: torch.Tensor, wanted: Wanted) -> torch.Tensor:
    alone = (cross_entropy(margins, places, reduction="none") * wanted.counts).sum() / wanted.counts.sum().clamp(min=1)
    total = _total(margins.masked_fill((wanted.counts == 0)[:, None], LOWEST), wanted.groups)
    first = wanted.groups[:, 0]
    right = margins.gather(1, places[:, None])[first, 0]
    known = wanted.counts[first]
    return (alone + ((total - right) * known).sum() / known.sum().clamp(min=1)) / 2


def _alike(margins: torch.Tensor, theirs: torch.Tensor, taught: Taught, groups: torch.Tensor) -> torch.Tensor:
    each = -(softmax(theirs, 1) * log_softmax(margins, 1)).sum(1)
    alone = (each * taught.asked).sum() / taught.asked.sum().clamp(min=1)
    owner = torch.zeros(len(margins), dtype=torch.long, device=margins.device)
    numbers = torch.arange(len(groups), device=groups.device)[:, None].expand_as(groups)
    owner[groups[groups >= 0]] = numbers[groups >= 0]
    ours, total = _total(margins, groups), _total(theirs, groups)
    share = torch.exp(theirs[:, 1:] - total[owner][:, None])
    missed = (share * (ours[owner][:, None] - margins[:, 1:])).sum(1)
    none = torch.exp(-total) * ours
    return (alone + (none + torch.zeros_like(none).index_add_(0, owner, missed)).mean()) / 2


def _total(margins: torch.Tensor, groups: torch.Tensor) -> torch.Tensor:
    """Logarithm of what all tokens of a question's passages and "no answer", once, weigh; shape (questions,)."""
    each = torch.logsumexp(margins[:, 1:], 1)[groups].masked_fill(groups < 0, LOWEST)
    return torch.logsumexp(pad(each, (1, 0)), 1)
