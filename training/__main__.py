"""``python -m training SQUAD``: train the reader and write its weights and card. See README.md here."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shlex
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from torch.nn.functional import cross_entropy, pad
from torch.utils.data import DataLoader, Dataset

from retrieval.models.loading import native_number_type
from retrieval.models.runtimes import encoder_named
from retrieval.models.span_model import Inputs, SpanModel
from retrieval.models.token_scores import WEIGHTS_FILE, Pair
from training.examples import Example, Examples

BLOCK = 64
"""Batches whose examples are sorted by length together, so that little is padded."""
TOGETHER, GPU_TOGETHER = 10, 64
"""Passages of a batch, sorted by length, that go through the network together. On a processor 25 a second instead of 19
with all at once, of which 30 % would be padding."""
GPU_WORKERS = 8
"""Processes, at most, that get batches ready for a GPU, which would wait most of the time for one."""
CHECKPOINT_S = 300


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run depends on besides its data."""

    minutes: float | None
    questions: int | None
    """Train on so many, instead of for minutes: then another run on the same data sees the same ones."""
    learning_rate: float
    negative: float
    wrong: int
    batch: int
    dropout: float
    seed: int
    start: str | None
    """SHA-256 of the weights that were trained further."""
    average: bool
    """Whether what is written is the mean of these and of what they became."""


@dataclass(slots=True)
class Progressed:
    """How far a run has come; saved with every checkpoint."""

    seconds: float = 0.0
    examples: int = 0
    passages: int = 0
    epoch: int = 0
    batches: int = 0
    """Of the epoch, done."""
    loss: float = float("nan")
    """Moving average over the last hundred batches or so."""


class Trainer:
    """One run, which a checkpoint in ``out`` may continue."""

    def __init__(self, data: Examples, out: Path, settings: Settings, start: Path | None) -> None:
        self._data, self._out, self._settings = data, out, settings
        torch.manual_seed(settings.seed)
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.model = SpanModel.trainable(start and start / WEIGHTS_FILE, settings.dropout)
        self._net = self.model.network.to(self.device).train()
        native = native_number_type("cpu") if self.device == "cpu" else torch.bfloat16
        self._autocast = native != torch.float32
        if self.device == "cpu" and self._autocast:  # the fused attention of PyTorch 2.13 is slow backwards there
            self._net.set_attn_implementation("eager")
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

    @property
    def share(self) -> float:
        """What part of the run is done."""
        if self._settings.minutes is None:
            return self.at.examples / (self._settings.questions or 1)
        return self.at.seconds / (60 * self._settings.minutes)

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
        """Train to the end. The learning rate warms up, and falls with the share of the run that has passed."""
        task = bar.add_task("", total=1.0, loss=self.at.loss, rate=0.0)
        saved = last = time.perf_counter()
        for batch in self._batches():
            if self.share >= 1:
                break
            self._step(batch, min(self.share / 0.04, 1.0) * (1 - self.share))
            now = time.perf_counter()
            self.at.seconds += now - last
            last = now
            rate = self.at.passages / self.at.seconds
            bar.update(task, completed=self.share, loss=self.at.loss, rate=rate)
            if now - saved > CHECKPOINT_S:
                self.save_checkpoint()
                bar.console.print(
                    f"{self.at.examples:,} questions, {rate:.1f} passages a second, loss {self.at.loss:.3f}"
                )
                saved = last = time.perf_counter()
        self.save_checkpoint()

    def average_with(self, start: Path) -> None:
        """Go halfway back to the weights that the run began with.

        The mean of two runs' weights does better on what neither has seen than either: weight averaging (Izmailov et
        al. 2018, https://arxiv.org/abs/1803.05407), each run with a falling learning rate being one of its cycles.
        """
        before = dict(SpanModel.trainable(start / WEIGHTS_FILE).network.named_parameters())
        for name, parameter in self._net.named_parameters():
            if SpanModel.is_trained(name):
                parameter.data.lerp_(before[name].data.to(parameter), 0.5)

    def _batches(self) -> Iterator[Batch]:
        chosen = self._settings
        workers = 0 if self.device == "cpu" else min(GPU_WORKERS, os.cpu_count() or 1)
        together = TOGETHER if self.device == "cpu" else GPU_TOGETHER
        while True:
            examples = self._data.shuffled(
                self.at.epoch, negative=chosen.negative, wrong=chosen.wrong, seed=chosen.seed
            )
            every = [batch for block in _blocks(examples, chosen.batch) for batch in block]
            ready = Batches(every[self.at.batches :], self.model, together)
            for batch in DataLoader(ready, batch_size=None, collate_fn=_as_it_is, num_workers=workers):
                self.at.batches += 1
                yield batch
            self.at.epoch, self.at.batches = self.at.epoch + 1, 0

    def _step(self, batch: Batch, rate: float) -> None:
        for group in self._optimizer.param_groups:
            group["lr"] = self._settings.learning_rate * rate
        starts, ends = self._read(batch)
        places, groups = (torch.from_numpy(each).to(self.device) for each in (batch.places, batch.groups))
        loss = (_loss(starts, places[:, 0], groups) + _loss(ends, places[:, 1], groups)) / 2
        self._optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._net.parameters(), 1.0)
        self._optimizer.step()
        value = float(loss.detach())
        self.at.loss = 0.99 * self.at.loss + 0.01 * value if self.at.examples else value
        self.at.examples += len(groups)
        self.at.passages += len(places)

    def _read(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits of each passage's tokens as first and as last of the answer, of shape (pairs, tokens) each."""
        starts: list[torch.Tensor] = []
        ends: list[torch.Tensor] = []
        widest = max(inputs.allowed.shape[1] for inputs in batch.parts)
        for inputs in batch.parts:
            with torch.autocast(self.device, dtype=torch.bfloat16, enabled=self._autocast):
                logits = self.model.logits(inputs, self.device)
            beyond = (0, widest - inputs.allowed.shape[1])
            first, last = (
                pad(each, beyond, value=torch.finfo(each.dtype).min) for each in (logits.starts, logits.ends)
            )
            starts.append(first)
            ends.append(last)
        return torch.cat(starts), torch.cat(ends)


def _loss(logits: torch.Tensor, places: torch.Tensor, groups: torch.Tensor) -> torch.Tensor:
    """Of logits (pairs, tokens), the mean of two losses; ``places`` and ``groups`` as ``Batch`` has them.

    In each passage by itself the answer is to win over all other tokens, the first among them, or the first where
    there is no answer: this makes a margin say whether there is one. And the answer is to win over all tokens of all
    the question's passages (the shared norm of Clark and Gardner 2018, https://arxiv.org/abs/1710.10723): this makes
    margins comparable between passages. Logits are taken relative to the first token's throughout, as the reader does.
    """
    margins = logits - logits[:, :1]
    alone = cross_entropy(margins, places)
    each = torch.logsumexp(margins[:, 1:], 1)[groups].masked_fill(groups < 0, torch.finfo(logits.dtype).min)
    total = torch.logsumexp(pad(each, (1, 0)), 1)  # no answer has the margin 0
    right = margins.gather(1, places[:, None])[groups[:, 0], 0]
    return (alone + (total - right).mean()) / 2


@dataclass(frozen=True, slots=True)
class Batch:
    """Questions over passages, ready for the network."""

    parts: Sequence[Inputs]
    """All pairs, shortest first, as they go through it together."""
    places: NDArray[np.int64]
    """(pairs, 2): first and last token of the answer, or the first of all twice where there is none."""
    groups: NDArray[np.int64]
    """(questions, passages of one at most): numbers of each one's pairs, the one that answers first; -1 for none."""


class Batches(Dataset[Batch]):
    """Examples to batches, each made when it is asked for."""

    def __init__(self, batches: Sequence[Sequence[Example]], model: SpanModel, together: int) -> None:
        self._batches, self._model, self._together = batches, model, together

    def __len__(self) -> int:
        return len(self._batches)

    def __getitem__(self, number: int) -> Batch:
        examples = self._batches[number]
        pairs = [Pair(e.question, passage.title, passage.text) for e in examples for passage in e.passages]
        answers = [place for e in examples for place in (e.answer, *[None] * (len(e.passages) - 1))]
        order = sorted(range(len(pairs)), key=lambda row: sum(map(len, pairs[row])))
        parts: list[Inputs] = []
        places: list[tuple[int, int]] = []
        for start in range(0, len(order), self._together):
            rows = order[start : start + self._together]
            parts.append(self._model.inputs([pairs[row] for row in rows]))
            places.extend(parts[-1].tokens_of(at, answers[row]) for at, row in enumerate(rows))
        places_of = iter(np.argsort(order).tolist())
        groups = [list(islice(places_of, len(e.passages))) for e in examples]
        most = max(map(len, groups))
        table = [group + [-1] * (most - len(group)) for group in groups]
        return Batch(parts, np.array(places), np.array(table))


def _as_it_is(batch: Any) -> Any:
    return batch


def _blocks(examples: Iterator[Example], size: int) -> Iterator[list[list[Example]]]:
    """Batches of examples of like length, shuffled within blocks."""
    while block := list(islice(examples, BLOCK * size)):
        block.sort(key=lambda e: len(e.question) + max(len(p.title) + len(p.text) for p in e.passages))
        batches = [block[start : start + size] for start in range(0, len(block), size)]
        random.Random(len(batches[0][0].question)).shuffle(batches)  # noqa: S311 - repeatable on purpose
        yield batches


def _card(trainer: Trainer, asked: argparse.Namespace, settings: Settings) -> dict[str, Any]:
    sets = [{"file": asked.squad.name, "set": "SQuAD 1.1 train (Rajpurkar et al. 2016)", "licence": "CC BY-SA 4.0"}]
    if asked.search_questions:
        licence = "Apache 2.0; its paragraphs are Wikipedia's, CC BY-SA 3.0"
        sets.append({"file": asked.search_questions.name, "set": "QED (Lamm et al. 2020)", "licence": licence})
    paths = [path for path in (asked.squad, asked.search_questions, asked.start, asked.out) if path]
    elsewhere = [path for path in paths if path.is_absolute() or ".." in path.parts]
    names = {str(path): path.name for path in elsewhere}  # where they lie on this machine is nobody's business
    before = asked.start / "card.json" if asked.start else None
    return {
        "what": "Reader of Quoth: weights of all-MiniLM-L6-v2's six layers and a head for answer spans",
        "base": "sentence-transformers/all-MiniLM-L6-v2 (Apache 2.0)",
        "data": sets,
        "command": shlex.join(["python", "-m", "training", *(names.get(word, word) for word in sys.argv[1:])]),
        "settings": asdict(settings),
        "device": trainer.device,
        "questions": trainer.at.examples,
        "passages": trainer.at.passages,
        "seconds": round(trainer.at.seconds),
        "final_loss": round(trainer.at.loss, 4),
        "finished": datetime.now(UTC).date().isoformat(),
        "torch": torch.__version__,
        "trained_further_from": json.loads(before.read_text("utf-8")) if before and before.is_file() else None,
    }


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description=main.__doc__)
    parser.add_argument("squad", type=Path, help="SQuAD 1.1's train-v1.1.json, plain or .gz")
    parser.add_argument("--search-questions", type=Path, help="QED's qed-dev.jsonlines, plain or .gz, to train on too")
    parser.add_argument("--out", type=Path, default=Path("data/reader"), help="folder for the weights and their card")
    parser.add_argument("--start", type=Path, help="folder with weights to train further, instead of the bare encoder")
    long = parser.add_mutually_exclusive_group()
    long.add_argument("--minutes", type=float, help="of training, whatever was done before a restart; 90 by default")
    long.add_argument("--questions", type=int, help="to train on instead, so that the run can be made again")
    parser.add_argument("--learning-rate", type=float, default=2e-4)
    parser.add_argument("--negative", type=float, default=0.75, help="share of questions with a wrong passage beside")
    parser.add_argument("--wrong", type=int, default=1, help="how many wrong passages such a question has beside it")
    parser.add_argument("--batch", type=int, default=24, help="questions a step")
    parser.add_argument("--dropout", type=float, default=0.0, help="for runs that see a question more than once")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--average", action="store_true", help="write the mean of these weights and --start's")
    return parser


def _settings(asked: argparse.Namespace) -> Settings:
    """What was asked for on the command line, as the trainer takes it."""
    start = hashlib.sha256((asked.start / WEIGHTS_FILE).read_bytes()).hexdigest() if asked.start else None
    minutes = (90.0 if asked.minutes is None else asked.minutes) if asked.questions is None else None
    return Settings(
        minutes=minutes,
        questions=asked.questions,
        learning_rate=asked.learning_rate,
        negative=asked.negative,
        wrong=asked.wrong,
        batch=asked.batch,
        dropout=asked.dropout,
        seed=asked.seed,
        start=start,
        average=asked.average,
    )


def main() -> None:
    """Train, or go on training, for the minutes or the number of questions asked for."""
    asked = _options().parse_args()
    if asked.average and not asked.start:
        sys.exit("--average needs --start, the weights to take the mean with.")
    settings = _settings(asked)
    asked.out.mkdir(parents=True, exist_ok=True)
    console = Console(stderr=True)
    with Progress(TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn(), console=console) as bar:
        task = bar.add_task(f"Cutting {asked.squad.name} into passages, and searching them for wrong ones")
        data = Examples(
            asked.squad,
            encoder_named(),
            search_questions=asked.search_questions,
            kept=asked.out,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    console.print(f"{len(data):,} questions over {len(data.passages):,} passages.")
    trainer = Trainer(data, asked.out, settings, asked.start)
    if trainer.checkpoint.exists():
        trainer.resume()
        console.print(f"Going on after {trainer.at.examples:,} questions.")
    columns = (
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %  loss {task.fields[loss]:.3f}  {task.fields[rate]:.1f} passages/s"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bar:
        trainer.run(bar)
    if asked.average:
        trainer.average_with(asked.start)
    card = json.dumps(_card(trainer, asked, settings), indent=2)  # before its own folder's card is overwritten
    trainer.model.save(asked.out)
    (asked.out / "card.json").write_text(card + "\n", encoding="utf-8")
    trainer.checkpoint.unlink()
    data.forget()
    console.print(f"Wrote {asked.out}: {trainer.at.examples:,} questions, loss {trainer.at.loss:.3f}.")


if __name__ == "__main__":
    main()
