"""``python -m training SQUAD``: train the reader and write its weights and card. See README.md here."""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from torch.nn.functional import cross_entropy

from retrieval.span_model import SpanModel
from training.examples import Example, SquadExamples

BATCH = 32
BLOCK = 64
"""Batches whose examples are sorted by length together, so that little is padded."""
CHECKPOINT_S = 300


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run depends on besides its data."""

    minutes: float
    learning_rate: float
    negative: float
    seed: int


@dataclass(slots=True)
class Progressed:
    """How far a run has come; saved with every checkpoint."""

    seconds: float = 0.0
    examples: int = 0
    epoch: int = 0
    blocks: int = 0
    """Blocks of the epoch that are done."""
    loss: float = float("nan")
    """Moving average over the last hundred batches or so."""


class Trainer:
    """One run, which a checkpoint in ``out`` may continue."""

    def __init__(self, data: SquadExamples, out: Path, settings: Settings) -> None:
        self._data, self._out, self._settings = data, out, settings
        torch.manual_seed(settings.seed)
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.model = SpanModel.untrained()
        self._net = self.model.network.to(self.device).train()
        trained = [parameter for name, parameter in self._net.named_parameters() if SpanModel.is_trained(name)]
        for parameter in self._net.parameters():
            parameter.requires_grad = False
        for parameter in trained:
            parameter.requires_grad = True
        self._optimizer = torch.optim.AdamW(trained, lr=settings.learning_rate, weight_decay=0.01, fused=True)
        self.at = Progressed()

    @property
    def checkpoint(self) -> Path:
        """The file that a run is continued from."""
        return self._out / "checkpoint.pt"

    def resume(self) -> None:
        """Continue where the checkpoint stopped; a run with other settings is not mixed up with this one."""
        state = torch.load(self.checkpoint, weights_only=True, map_location=self.device)
        if state["settings"] != asdict(self._settings):
            sys.exit(f"{self.checkpoint} belongs to a run with other settings: delete it or give the same ones.")
        self._net.load_state_dict(state["net"])
        self._optimizer.load_state_dict(state["optimizer"])
        self.at = Progressed(**state["at"])

    def save_checkpoint(self) -> None:
        """Write the checkpoint, so that a kill at any moment leaves this or the one before."""
        state = {
            "settings": asdict(self._settings),
            "net": self._net.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "at": asdict(self.at),
        }
        partial = self.checkpoint.with_suffix(".partial")
        torch.save(state, partial)
        partial.replace(self.checkpoint)

    def run(self, bar: Progress) -> None:
        """Train until the time is over. The learning rate warms up and falls with the share of it that has passed."""
        task = bar.add_task("", total=self._settings.minutes * 60, loss=self.at.loss, rate=0.0)
        saved = last = time.perf_counter()
        for batch in self._batches():
            share = self.at.seconds / (60 * self._settings.minutes)
            if share >= 1:
                break
            self._step(batch, min(share / 0.04, 1.0) * (1 - share))
            now = time.perf_counter()
            self.at.seconds += now - last
            last = now
            rate = self.at.examples / self.at.seconds
            bar.update(task, completed=self.at.seconds, loss=self.at.loss, rate=rate)
            if now - saved > CHECKPOINT_S:
                self.save_checkpoint()
                bar.console.print(f"{self.at.examples:,} examples, {rate:.1f} a second, loss {self.at.loss:.3f}")
                saved = last = time.perf_counter()
        self.save_checkpoint()

    def _batches(self) -> Iterator[Sequence[Example]]:
        while True:
            for number, block in enumerate(_blocks(self._data.shuffled(self.at.epoch))):
                if number < self.at.blocks:
                    continue
                yield from block
                self.at.blocks = number + 1
            self.at.epoch, self.at.blocks = self.at.epoch + 1, 0

    def _step(self, batch: Sequence[Example], rate: float) -> None:
        for group in self._optimizer.param_groups:
            group["lr"] = self._settings.learning_rate * rate
        inputs = self.model.inputs([(e.question, e.passage.title, e.passage.text) for e in batch])
        starts, ends = zip(*(inputs.tokens_of(row, e.answer) for row, e in enumerate(batch)), strict=True)
        with torch.autocast(self.device, dtype=torch.bfloat16):
            start_logits, end_logits = self.model.logits(inputs, self.device)
        targets = torch.tensor([starts, ends], device=self.device)
        loss = (cross_entropy(start_logits, targets[0]) + cross_entropy(end_logits, targets[1])) / 2
        self._optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._net.parameters(), 1.0)
        self._optimizer.step()
        self.at.examples += len(batch)
        value = float(loss.detach())
        self.at.loss = value if self.at.examples == len(batch) else 0.99 * self.at.loss + 0.01 * value


def _blocks(examples: Iterator[Example]) -> Iterator[list[list[Example]]]:
    """Batches of examples of like length, shuffled within blocks."""
    block: list[Example] = []
    for example in examples:
        block.append(example)
        if len(block) == BLOCK * BATCH:
            yield _in_batches(block)
            block = []
    if block:
        yield _in_batches(block)


def _in_batches(block: list[Example]) -> list[list[Example]]:
    block = sorted(block, key=lambda e: len(e.question) + len(e.passage.title) + len(e.passage.text))
    batches = [block[start : start + BATCH] for start in range(0, len(block), BATCH)]
    random.Random(len(batches[0][0].question)).shuffle(batches)  # noqa: S311 - repeatable on purpose
    return batches


def _card(trainer: Trainer, data: Path, settings: Settings) -> dict[str, Any]:
    return {
        "what": "Reader of Quoth: weights of all-MiniLM-L6-v2's six layers and a head for answer spans",
        "base": "sentence-transformers/all-MiniLM-L6-v2 (Apache 2.0)",
        "data": {"file": data.name, "set": "SQuAD 1.1 train (Rajpurkar et al. 2016)", "licence": "CC BY-SA 4.0"},
        "command": f"python -m training {data.name} --minutes {settings.minutes:g}",
        "settings": asdict(settings) | {"batch": BATCH},
        "device": trainer.device,
        "examples": trainer.at.examples,
        "seconds": round(trainer.at.seconds),
        "final_loss": round(trainer.at.loss, 4),
        "finished": datetime.now(UTC).date().isoformat(),
        "torch": torch.__version__,
    }


def main() -> None:
    """Train, or go on training, for the minutes asked for."""
    parser = argparse.ArgumentParser(prog="python -m training", description=main.__doc__)
    parser.add_argument("squad", type=Path, help="SQuAD 1.1's train-v1.1.json, plain or .gz")
    parser.add_argument("--out", type=Path, default=Path("data/reader"), help="folder for the weights and their card")
    parser.add_argument("--minutes", type=float, default=90.0, help="of training, whatever was done before a restart")
    parser.add_argument("--learning-rate", type=float, default=2e-4)
    parser.add_argument("--negative", type=float, default=1 / 3, help="wrong passages per question")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    settings = Settings(asked.minutes, asked.learning_rate, asked.negative, asked.seed)
    asked.out.mkdir(parents=True, exist_ok=True)
    console = Console(stderr=True)
    console.print(f"Cutting {asked.squad.name} into passages …")
    data = SquadExamples(asked.squad, negative=settings.negative, seed=settings.seed)
    console.print(f"{len(data):,} questions over {len(data.passages):,} passages.")
    trainer = Trainer(data, asked.out, settings)
    if trainer.checkpoint.exists():
        trainer.resume()
        console.print(f"Going on after {trainer.at.examples:,} examples.")
    columns = (
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %  loss {task.fields[loss]:.3f}  {task.fields[rate]:.1f} examples/s"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bar:
        trainer.run(bar)
    trainer.model.save(asked.out)
    card = json.dumps(_card(trainer, asked.squad, settings), indent=2)
    (asked.out / "card.json").write_text(card + "\n", encoding="utf-8")
    trainer.checkpoint.unlink()
    console.print(f"Wrote {asked.out}: {trainer.at.examples:,} examples, loss {trainer.at.loss:.3f}.")


if __name__ == "__main__":
    main()
