"""What the teacher says of questions over passages, kept for its pupil to learn from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from training.losses import Taught
from training.networks import LOWEST, SpanNetwork
from training.pack import Asked, Pack
from training.tokens import LONGEST, Pairs, Passages, parts, together, tokenised_questions

_TOKENS = 2**16


@dataclass(frozen=True, slots=True)
class Targets:
    """The teacher's scores, row by row; a row for each passage of each question that it was asked about."""

    rows: NDArray[np.int64]
    """(questions + 1,): the row of each question's own passage, which those of its first rivals follow."""
    margins: torch.Tensor
    """(rows, tokens, 2): of each token of the passage and its title as first and as last of the answer."""
    answerable: torch.Tensor
    """(rows,): a probability."""

    def of(self, questions: NDArray[np.int64], slots: NDArray[np.int64]) -> NDArray[np.int64]:
        """Rows of passages by their slots, see ``families.Batch``; -1 where the teacher was not asked."""
        rows = self.rows[questions] + slots
        return np.where((slots >= 0) & (rows < self.rows[questions + 1]), rows, -1)

    def taught(self, rows: torch.Tensor, pairs: Pairs) -> Taught:
        """What the teacher said of a batch's pairs."""
        asked = rows >= 0
        known = rows.clamp(min=0)
        places = pairs.within.clamp(0, self.margins.shape[1] - 1)
        margins = self.margins[known[:, None], places].float()
        margins = margins.masked_fill(~(pairs.allowed & asked[:, None])[:, :, None], LOWEST)
        margins[:, 0] = 0.0
        starts, ends = margins.unbind(-1)
        return Taught(starts, ends, self.answerable[known] * asked, asked.float())


def asked_about(asked: Asked, rivals: int) -> int:
    """Of how many of a question's passages the teacher is asked: of one made from another a rival less."""
    return 1 + min(len(asked.rivals), rivals if asked.twin is None else rivals - 1)


@torch.inference_mode()
def targets(
    network: SpanNetwork, pack: Pack, passages: Passages, tokenizer: Any, device: str, *, rivals: int
) -> Targets:
    """Ask the teacher about each question's own passage and its first rivals."""
    network.eval()
    counts = [asked_about(asked, rivals) for asked in pack.questions]
    rows = np.concatenate([[0], np.cumsum(counts)])
    of_question = np.repeat(np.arange(len(counts)), counts)
    of_passage = np.array(
        [
            each
            for asked, count in zip(pack.questions, counts, strict=True)
            for each in (asked.passage, *asked.rivals)[:count]
        ]
    )
    questions, lengths = tokenised_questions(tokenizer, [asked.question for asked in pack.questions], device)
    width = min(int(passages.lengths[of_passage].max()), LONGEST)
    margins = torch.full((len(of_question), width, 2), LOWEST, dtype=torch.float16, device=device)
    answerable = torch.zeros(len(of_question), device=device)
    for part in parts(lengths[of_question] + passages.lengths[of_passage], _TOKENS):
        numbers, ours, theirs = (
            torch.from_numpy(each).to(device) for each in (part, of_question[part], of_passage[part])
        )
        with torch.autocast(device, dtype=torch.bfloat16, enabled=device != "cpu"):
            pairs = together(network.marks, questions, ours, passages, theirs)
            starts, ends, judged = network(pairs)
        places = pairs.first[:, None] + torch.arange(width, device=device)[None, :]
        inside = places < starts.shape[1]
        places = places.clamp(max=starts.shape[1] - 1)
        found = torch.stack([each.gather(1, places).masked_fill(~inside, LOWEST) for each in (starts, ends)], dim=2)
        margins[numbers] = found.to(margins.dtype)
        answerable[numbers] = torch.sigmoid(judged)
    return Targets(rows, margins, answerable)
