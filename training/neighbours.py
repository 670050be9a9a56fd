"""Wrong passages by meaning: those whose vectors are nearest to a question's without their holding its answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any

import torch
from numpy.typing import NDArray

from training.networks import SpanNetwork
from training.pack import Asked, Pack, holds_any
from training.tokens import Passages, Ragged, alone, parts, tokenised_questions

if TYPE_CHECKING:
    import numpy as np

NEAREST, KEPT = 12, 4
"""Passages looked at for each question, and how many of these are kept at most."""
RIVALS = 8
"""Of each question in the end."""
_TOKENS = 2**16
_AT_ONCE = 2048


def with_neighbours(pack: Pack, passages: Passages, network: SpanNetwork, tokenizer: Any, device: str) -> Pack:
    """The pack, in which rivals by meaning and by words take turns, the nearest first.

    ``network`` is a sentence encoder, not yet trained to read.
    """
    anchors = [number for number, asked in enumerate(pack.questions) if asked.twin is None]
    questions, lengths = tokenised_questions(tokenizer, [pack.questions[each].question for each in anchors], device)
    theirs = _vectors(network, passages.tokens, passages.lengths, device)
    ours = _vectors(network, questions, lengths, device)
    nearest = torch.cat([(some @ theirs.T).topk(min(NEAREST, len(theirs)), dim=1)[1] for some in ours.split(_AT_ONCE)])
    lowered = [passage.text.lower() for passage in pack.passages]
    found = {
        number: [each for each in row if not holds_any(lowered[each], pack.questions[number].answers)][:KEPT]
        for number, row in zip(anchors, nearest.tolist(), strict=True)
    }
    return Pack(pack.passages, [_with(asked, number, found) for number, asked in enumerate(pack.questions)])


def _with(asked: Asked, number: int, found: Mapping[int, Sequence[int]]) -> Asked:
    """A question with more rivals; one that was turned has none, for it is compared with its passage only."""
    if asked.twin is not None and not asked.rivals:
        return asked
    near = found[number if asked.twin is None else asked.twin]
    turns = chain.from_iterable(zip_longest(near, asked.rivals))
    others = dict.fromkeys(each for each in turns if each is not None and each != asked.passage)
    return replace(asked, rivals=tuple(others)[:RIVALS])


@torch.inference_mode()
def _vectors(network: SpanNetwork, texts: Ragged, lengths: NDArray[np.int64], device: str) -> torch.Tensor:
    """Unit vectors of all texts."""
    network.eval()
    found: torch.Tensor | None = None
    for rows in parts(lengths, _TOKENS):
        numbers = torch.from_numpy(rows).to(device)
        with torch.autocast(device, dtype=torch.bfloat16, enabled=device != "cpu"):
            vectors = network.embedded(alone(network.marks, texts, numbers))
        if found is None:
            found = vectors.new_empty((len(lengths), vectors.shape[1]))
        found[numbers] = vectors
    if found is None:
        raise ValueError("there is nothing to encode")
    return found
