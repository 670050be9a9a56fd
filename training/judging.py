"""How well a network reads what nobody trained it on: see ``heldout``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from retrieval.evaluation.datasets import normalise
from retrieval.evaluation.metrics import auroc
from training.heldout import HeldOut
from training.networks import SpanNetwork
from training.pack import TrainingPassage
from training.tokens import Passages, parts, together, tokenised_questions

_TOKENS = 2**15
_LONGEST_SPAN = 30
WEIGHTS = (0.1, 0.25, 0.5)
"""What a margin may weigh beside the score that the search gave."""
LOST = (0.07, 0.08)
"""Shares of the answerable questions that are declined."""


@dataclass(frozen=True, slots=True)
class Read:
    """A network's best span of each of several pairs."""

    margins: NDArray[np.float64]
    judged: NDArray[np.float64]
    spans: list[tuple[int, int]]
    """Ranges of code points."""


@torch.inference_mode()
def read(network: SpanNetwork, tokenizer: Any, pairs: Sequence[tuple[str, TrainingPassage]], device: str) -> Read:
    """Read passages for questions."""
    network.eval()
    passages = Passages(tokenizer, [passage for _, passage in pairs], device)
    questions, lengths = tokenised_questions(tokenizer, [question for question, _ in pairs], device)
    margins, judged = np.zeros(len(pairs)), np.zeros(len(pairs))
    spans = [(0, 0)] * len(pairs)
    for part in parts(lengths + passages.lengths, _TOKENS):
        numbers = torch.from_numpy(part).to(device)
        with torch.autocast(device, dtype=torch.bfloat16, enabled=device != "cpu"):
            both = together(network.marks, questions, numbers, passages, numbers)
            starts, ends, sure = network(both)
        width = starts.shape[1]
        band = torch.ones(width, width, dtype=torch.bool, device=device).triu().tril(_LONGEST_SPAN - 1)
        band[0] = False
        scores = (starts[:, :, None] + ends[:, None, :]).masked_fill(~band, -1e9).flatten(1)
        best, places = scores.max(1)
        first = both.first
        margins[part], judged[part] = best.cpu().numpy(), sure.cpu().numpy()
        begins, stops = (places // width - first).tolist(), (places % width - first).tolist()
        for number, begin, stop in zip(part.tolist(), begins, stops, strict=True):
            spans[number] = passages.characters(number, max(begin, 0), max(stop, 0))
    return Read(margins, judged, spans)


def judged(network: SpanNetwork, tokenizer: Any, questions: Sequence[HeldOut], device: str) -> dict[str, float]:
    """Figures with the paragraph given, and over what the product found; a group's answerable ones, or all of it."""
    given = read(network, tokenizer, [(each.question, each.paragraph) for each in questions], device)
    answerable = np.array([bool(each.answers) for each in questions])
    said = [each.paragraph.text[slice(*span)] for each, span in zip(questions, given.spans, strict=True)]
    scored = [_marks(words, each.answers) for words, each in zip(said, questions, strict=True) if each.answers]
    figures = {"em": float(np.mean([em for em, _ in scored])), "f1": float(np.mean([f1 for _, f1 in scored]))}
    figures |= _apart("given", given.margins, given.judged, answerable)
    return figures | _found(network, tokenizer, questions, answerable, device)


def _found(
    network: SpanNetwork,
    tokenizer: Any,
    questions: Sequence[HeldOut],
    answerable: NDArray[np.bool_],
    device: str,
) -> dict[str, float]:
    pairs = [(each.question, TrainingPassage(hit.title, hit.text)) for each in questions for hit in each.hits]
    over = read(network, tokenizer, pairs, device)
    starts = np.concatenate([[0], np.cumsum([len(each.hits) for each in questions])])
    scores = np.array([hit.score for each in questions for hit in each.hits])
    figures: dict[str, float] = {}
    for weight in WEIGHTS:
        worth = scores + weight * np.maximum(over.margins, -12.0)
        best = [int(start + worth[start:end].argmax()) for start, end in pairwise(starts)]
        held = [
            _holds(each, at - start, over.spans[at])
            for each, at, start in zip(questions, best, starts.tolist(), strict=False)
            if each.answers
        ]
        figures[f"first quote, weight {weight}"] = float(np.mean(held))
        if weight == WEIGHTS[1]:
            figures |= _apart("found", over.margins[best], over.judged[best], answerable)
    return figures


def _holds(asked: HeldOut, hit: int, span: tuple[int, int]) -> bool:
    sentences = asked.hits[hit].sentences
    return any(holds for start, end, holds in sentences if start < span[1] and span[0] < end)


def _apart(
    name: str, margins: NDArray[np.float64], judged: NDArray[np.float64], answerable: NDArray[np.bool_]
) -> dict[str, float]:
    """How well margins, the head and their sum tell answerable questions from others, where there are both."""
    if answerable.all():
        return {}
    found: dict[str, float] = {}
    for what, scores in (("margin", margins), ("head", judged), ("both", margins + judged)):
        found[f"{name}: {what}: AUROC"] = auroc(scores[answerable].tolist(), scores[~answerable].tolist()) or 0.0
        for lost in LOST:
            threshold = np.quantile(scores[answerable], lost)
            found[f"{name}: {what}: declined at {lost} lost"] = float((scores[~answerable] < threshold).mean())
    return found


def _marks(said: str, answers: Sequence[str]) -> tuple[float, float]:
    """Whether a span is one of the answers, and how like the likest in words, as SQuAD measures."""
    ours = normalise(said).split()
    best = exact = 0.0
    for answer in answers:
        theirs = normalise(answer).split()
        common = (Counter(ours) & Counter(theirs)).total()
        exact = max(exact, float(ours == theirs))
        best = max(best, 2 * common / (len(ours) + len(theirs)) if common else float(ours == theirs))
    return exact, best
