"""A run: a network learns to read, from what people marked and from what a teacher says, for so many seconds."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader, Dataset

from training.families import Batch, Families, Mixture, Pass
from training.losses import Wanted, hard_loss, soft_loss
from training.networks import SpanNetwork
from training.targets import Targets
from training.tokens import Pairs, Passages, Ragged, together

DOUBT = 0.5
"""Probability of an answer, by the teacher, from which a passage that is said not to answer teaches nothing."""
WARM_UP = 0.05
CLIP = 1.0
TOLD_S = 15.0
WORKERS = 6
"""Processes that draw batches for a GPU."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run depends on besides its data."""

    seconds: float
    learning_rate: float
    tokens: int
    """Of a step, padding included."""
    mixture: Mixture
    hard: float
    """What the marks of people weigh beside the teacher's word, where there is one."""
    average: float
    """Of the weights' moving average, what is kept each step; 0 for none."""
    seed: int


@dataclass(slots=True)
class Progress:
    """How far a run has come."""

    seconds: float = 0.0
    steps: int = 0
    questions: int = 0
    pairs: int = 0
    parts: int = 0
    loss: float = float("nan")


class Learner:
    """A network and what it learns from."""

    def __init__(
        self,
        network: SpanNetwork,
        families: Families,
        passages: Passages,
        tokenizer: Any,
        plan: Plan,
        device: str,
        targets: Targets | None = None,
    ) -> None:
        self.network, self._families, self._passages, self._tokenizer = network, families, passages, tokenizer
        self._plan, self._device, self._targets = plan, device, targets
        questions = families.pack.questions
        ranges = [passages.token_range(asked.passage, asked.place) for asked in questions]
        self._ranges = torch.tensor(ranges, device=device)
        self._turned = torch.tensor([asked.source.startswith("turned") for asked in questions], device=device)
        # What has an answer that was cut off teaches nothing about its own passage.
        lost = [asked.place is not None and first < 0 for asked, (first, _) in zip(questions, ranges, strict=True)]
        self._lost = torch.tensor(lost, device=device)
        self._trained = [each for each in network.parameters() if each.requires_grad]
        self._optimizer = torch.optim.AdamW(
            self._trained, lr=plan.learning_rate, weight_decay=0.01, betas=(0.9, 0.98), fused=True
        )
        self._mean = [each.detach().clone() for each in self._trained] if plan.average else None
        self.at = Progress()

    def run(self, tell: Callable[[str], None]) -> None:
        """Learn until the time is over; the rate rises in the beginning and falls to nothing."""
        self.network.train()
        began = told = time.perf_counter()
        total, since = torch.zeros((), device=self._device), 0
        for batch, questions in self._batches():
            total += self._step(batch, questions)
            since += 1
            now = time.perf_counter()
            self.at.seconds = now - began
            if now - told > TOLD_S or self.at.seconds > self._plan.seconds:
                self.at.loss, told = float(total) / since, now
                rate = self.at.pairs / self.at.seconds
                tell(f"{self.at.seconds:4.0f} s, {self.at.steps} steps, {rate:.0f} pairs/s, loss {self.at.loss:.3f}")
                total, since = torch.zeros_like(total), 0
            if self.at.seconds > self._plan.seconds:
                return

    def averaged(self) -> None:
        """Put the moving average of the weights in their place."""
        if self._mean is not None:
            for each, mean in zip(self._trained, self._mean, strict=True):
                each.data.copy_(mean)

    def _batches(self) -> Iterator[tuple[Batch, Ragged]]:
        """Batches of one part of the data after another, drawn ahead by other processes where a GPU would wait."""
        workers = 0 if self._device == "cpu" else min(WORKERS, os.cpu_count() or 1)
        drawn = _Drawn(self._families, self._plan, self._tokenizer)
        for part in DataLoader(drawn, batch_size=None, collate_fn=_as_it_is, num_workers=workers):
            questions = part.questions.to(self._device)
            for batch in part.batches:
                yield batch, questions
            self.at.parts += 1

    def _step(self, batch: Batch, questions: Ragged) -> torch.Tensor:
        share = self.at.seconds / self._plan.seconds
        for group in self._optimizer.param_groups:
            group["lr"] = self._plan.learning_rate * max(min(share / WARM_UP, 1.0) * (1 - share), 1e-3)
        loss = self._loss(batch, questions)
        self._optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._trained, CLIP)
        self._optimizer.step()
        self.at.steps += 1
        self.at.questions += len(batch.groups)
        self.at.pairs += len(batch.forms)
        if self._mean is not None:
            kept = min(self._plan.average, (1 + self.at.steps) / (10 + self.at.steps))
            torch._foreach_lerp_(self._mean, [each.detach() for each in self._trained], 1 - kept)
        return loss.detach()

    def _loss(self, batch: Batch, questions: Ragged) -> torch.Tensor:
        forms, passages, groups = (self._there(each) for each in (batch.forms, batch.passages, batch.groups))
        pairs = together(self.network.marks, questions, forms, self._passages, passages)
        with torch.autocast(self._device, dtype=torch.bfloat16, enabled=self._device != "cpu"):
            logits = self.network(pairs)
        rows = self._there(self._targets.of(batch.questions, batch.slots)) if self._targets else None
        wanted = self._wanted(batch, pairs, groups, rows)
        loss = hard_loss(logits, wanted)
        if self._targets is None or rows is None:
            return loss
        soft = soft_loss(logits, self._targets.taught(rows, pairs), groups)
        return self._plan.hard * loss + (1 - self._plan.hard) * soft

    def _wanted(self, batch: Batch, pairs: Pairs, groups: torch.Tensor, rows: torch.Tensor | None) -> Wanted:
        """What people marked, but for what the teacher doubts and for what was cut off."""
        asked, slots = self._there(batch.questions), self._there(batch.slots)
        own = slots == 0
        ranges = self._ranges[asked]
        there = own & (ranges[:, 0] >= 0)
        places = torch.where(there[:, None], ranges + pairs.first[:, None], 0)
        beyond = there & (places[:, 1] >= pairs.ids.shape[1] - 1)
        places = torch.where(beyond[:, None], 0, places)
        doubted = beyond | (own & self._lost[asked])
        if self._targets is not None and rows is not None:
            sure = self._targets.answerable[rows.clamp(min=0)] > DOUBT
            doubted |= (rows >= 0) & sure & (~own | self._turned[asked])
        return Wanted(places, (~doubted).float(), groups)

    def _there(self, numbers: NDArray[np.int64]) -> torch.Tensor:
        return torch.from_numpy(np.ascontiguousarray(numbers)).to(self._device, non_blocking=True)


class _Drawn(Dataset[Pass]):
    """Parts of passes without end, each made when it is asked for."""

    def __init__(self, families: Families, plan: Plan, tokenizer: Any) -> None:
        self._families, self._plan, self._tokenizer = families, plan, tokenizer

    def __len__(self) -> int:
        return sys.maxsize

    def __getitem__(self, number: int) -> Pass:
        return self._families.drawn(number, self._plan.mixture, self._plan.tokens, self._plan.seed, self._tokenizer)


def _as_it_is(part: Any) -> Any:
    return part
