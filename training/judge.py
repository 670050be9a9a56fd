"""``python -m training.judge OUT SQUAD UNANSWERABLE``: train the second network, which says whether a passage answers.

It goes on from weights that there are and trains the network's upper layers. What counts is its margin, the best
span's score over "no answer", since that is what the product takes from it (``SpanReader``). A question and its near
miss stand side by side in a batch, over the same words; half of the time these are only the sentences around the
answer, which teaches as much in half the time.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from retrieval.answer.reading.span_reader import JUDGE_FILE
from retrieval.evaluation.metrics import auroc, spread
from retrieval.models.span_model import Inputs, Logits, SpanModel
from retrieval.models.token_scores import WEIGHTS_FILE, Pair
from training.near_misses import SEED, Family, JudgedPair, as_asked, families, held_out, of_both_kinds
from training.quoted import quoted_families
from training.sources import Sources

LONGEST_SPAN = 30
CHUNK = 1200
"""Families that are sorted by length together."""
KEPT_OF_AVERAGE = 0.998
"""Of the weights' moving average, each step."""
LOST = 0.07
SPANS = 0.5
"""What the answer's place counts in the loss beside whether there is one."""
CHECKPOINT = "checkpoint.pt"


class Session:
    """One training: its data, network and state."""

    def __init__(self, asked: argparse.Namespace) -> None:
        torch.manual_seed(asked.seed)
        self.asked = asked
        self.dice = random.Random(asked.seed)  # noqa: S311 - repeatable on purpose
        self.model = SpanModel.trainable(asked.start)
        self.network = self.model.network
        if asked.bfloat16:  # then fused attention, slow on a processor, is what takes the time
            self.network.set_attn_implementation("eager")
        _freeze(self.network, asked.frozen)
        self.parameters = [each for each in self.network.parameters() if each.requires_grad]
        self.average = [each.detach().clone() for each in self.parameters]
        self.optimizer = torch.optim.AdamW(self.parameters, lr=asked.learning_rate, weight_decay=0.01)
        sources = Sources()
        sources.add_squad(asked.squad)
        for path in asked.unanswerable, *asked.searches:
            sources.add_lines(path)
        self.held_out, titles = held_out(sources, SEED)  # whatever the seed, what calibration asks
        self.held_out = list(spread(self.held_out, asked.held_out))  # over all articles
        self.families = families(sources, titles, self.dice)
        if asked.mixed:
            mixed = Sources()
            mixed.add_lines(asked.mixed)
            self.families += asked.mixed_times * of_both_kinds(mixed, self.dice)
            self.dice.shuffle(self.families)
        self.of_product: list[JudgedPair] = []
        if asked.quoted:
            held, more = quoted_families(asked.quoted, titles, self.dice)
            self.of_product = list(spread(held, asked.held_out))
            self.families = more + self.families[: round(asked.paragraphs * len(self.families))]
        self.sources = Counter(pair.source for family in self.families for pair in family)
        self.spent = self.done = 0.0
        self.loss = 0.0
        self.figures: dict[str, dict[str, float]] = {}
        self._began = time.process_time()

    def tell(self, what: str) -> None:
        """Print with the time that has passed."""
        print(f"[{self.spent:5.0f} s] {what}", flush=True)

    def run(self) -> None:
        """Train until the time is up, or every family was seen ``--passes`` times."""
        self.measured("start")
        self._resume()
        seconds, seen = 60 * self.asked.minutes, int(self.done)
        next_measure = self.spent + 60 * self.asked.measure
        next_kept = self.spent + 120
        clock = time.process_time()
        for number, batch in enumerate(self._batches()):
            if number < seen:
                continue
            self._step(batch, min(1.0, self.spent / seconds))
            self.done += 1
            self.spent, clock = self.spent + time.process_time() - clock, time.process_time()
            if self.spent > next_kept:
                self.tell(f"step {self.done:.0f}, loss {self.loss:.4f}")
                self._keep()
                next_kept = self.spent + 120
            if self.spent > next_measure:
                self._measure_average(f"{self.spent / 60:.0f} minutes")
                next_measure, clock = self.spent + 60 * self.asked.measure, time.process_time()
            if self.spent >= seconds:
                break
        self._keep()
        self._measure_average("end")

    def _step(self, batch: Sequence[JudgedPair], share: float) -> None:
        inputs = self.model.inputs([Pair(each.question, each.title, each.text) for each in batch])
        with torch.autocast("cpu", torch.bfloat16, enabled=self.asked.bfloat16):
            logits = self.model.logits(inputs)
        loss = loss_of(logits, inputs, batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        rate = self.asked.learning_rate * min(1.0, (self.done + 1) / 50) * max(0.02, 1 - share)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        kept = min(KEPT_OF_AVERAGE, (self.done + 1) / (self.done + 10))
        with torch.no_grad():
            for mean, now in zip(self.average, self.parameters, strict=True):
                mean.lerp_(now, 1 - kept)
        self.loss += 0.02 * (loss.item() - self.loss) if self.done else loss.item()

    def _batches(self) -> Iterator[list[JudgedPair]]:
        dice = random.Random(self.asked.seed + 1)  # noqa: S311 - repeatable on purpose
        for _ in range(self.asked.passes):
            order = dice.sample(self.families, len(self.families))
            for start in range(0, len(order), CHUNK):
                some = [as_asked(each, dice) for each in order[start : start + CHUNK]]
                yield from batches(some, self.asked.letters, dice)

    def _measure_average(self, name: str) -> None:
        """Figures of the average, which is also written."""
        trained = [each.detach().clone() for each in self.parameters]
        self._use(self.average)
        self.measured(f"{name}, average")
        self.model.save(self.asked.out)
        (self.asked.out / WEIGHTS_FILE).replace(self.asked.out / JUDGE_FILE)
        shutil.copy(self.asked.out / JUDGE_FILE, self.asked.out / f"at-{self.spent:.0f}-s.safetensors")
        (self.asked.out / "judge-card.json").write_text(json.dumps(self.card(), indent=2) + "\n", encoding="utf-8")
        self._use(trained)

    def _use(self, weights: Sequence[torch.Tensor]) -> None:
        with torch.no_grad():
            for mine, other in zip(self.parameters, weights, strict=True):
                mine.copy_(other)

    def measured(self, name: str) -> None:
        """Tell how well the network as it is tells what is held out."""
        self.figures[name] = figures(self.model, self.held_out)
        if self.of_product:
            self.figures[f"{name}, as quoted"] = figures(self.model, self.of_product)
        self.tell(f"{name}: {json.dumps({key: value for key, value in self.figures.items() if key.startswith(name)})}")

    def _keep(self) -> None:
        state = {
            "weights": [each.detach() for each in self.parameters],
            "average": self.average,
            "optimizer": self.optimizer.state_dict(),
            "spent": self.spent,
            "done": self.done,
        }
        torch.save(state, self.asked.out / f"{CHECKPOINT}.new")
        (self.asked.out / f"{CHECKPOINT}.new").replace(self.asked.out / CHECKPOINT)

    def _resume(self) -> None:
        path = self.asked.out / CHECKPOINT
        if path.is_file():
            state = torch.load(path)
            self._use(state["weights"])
            self.average = state["average"]
            self.optimizer.load_state_dict(state["optimizer"])
            self.spent, self.done = state["spent"], state["done"]
            self.tell("goes on")

    def card(self) -> dict[str, Any]:
        """What is known of the weights, and of those that they were trained further from."""
        earlier = self.asked.start.with_name("judge-card.json")
        return {
            "what": "Second network of Quoth's reader: it reads the passage of the best reading once more and says "
            "whether it answers at all; it has no say in what is quoted",
            "pairs": dict(self.sources),
            "files": [path.name for path in (self.asked.squad, self.asked.unanswerable, *self.asked.searches)],
            "settings": {key: value for key, value in vars(self.asked).items() if isinstance(value, int | float)},
            "steps": int(self.done),
            "seconds": round(self.spent),
            "held_out": self.figures,
            "finished": datetime.now(UTC).date().isoformat(),
            "torch": torch.__version__,
            "trained_further_from": json.loads(earlier.read_text("utf-8")) if earlier.is_file() else None,
        }


def loss_of(logits: Logits, inputs: Inputs, batch: Sequence[JudgedPair]) -> torch.Tensor:
    """How wrong the margins are about there being an answer and, less, where the answers are."""
    places = torch.tensor([inputs.tokens_of(row, each.place) for row, each in enumerate(batch)])
    right = torch.tensor([float(each.right) for each in batch])
    known = torch.tensor([each.place is None for each in batch]) | (places[:, 0] > 0)  # else it was cut off
    if not known.any():
        return logits.starts.sum() * 0
    spans = cross_entropy(logits.starts[known], places[known, 0]) + cross_entropy(logits.ends[known], places[known, 1])
    sure = binary_cross_entropy_with_logits(margins(logits, inputs, batch)[known] / 2, right[known])
    return sure + SPANS * spans / 2


def margins(logits: Logits, inputs: Inputs, batch: Sequence[JudgedPair]) -> torch.Tensor:
    """Of each pair the score over "no answer" of the best span, of those over the words asked about; shape (pairs,)."""
    width = logits.starts.shape[1]
    band = torch.ones(width, width, dtype=torch.bool).triu().tril(LONGEST_SPAN - 1)
    band[0] = False
    bands = band.repeat(len(batch), 1, 1)
    for row, each in enumerate(batch):
        first, last = inputs.tokens_of(row, each.quoted)
        if last:
            bands[row, last + 1 :] = False
            bands[row, :, :first] = False
    scores = (logits.starts[:, :, None] + logits.ends[:, None, :]).masked_fill(~bands, -1e9)
    return scores.flatten(1).amax(1) - logits.starts[:, 0] - logits.ends[:, 0]


def batches(several: Sequence[Family], letters: int, dice: random.Random) -> list[list[JudgedPair]]:
    """Families of like length together, of so many letters with their padding at most, in any order."""
    ordered = sorted(several, key=lambda family: max(map(_letters, family)))
    found: list[list[JudgedPair]] = [[]]
    for family in ordered:
        longest = max(map(_letters, family))
        if found[-1] and longest * (len(found[-1]) + len(family)) > letters:
            found.append([])
        found[-1] += family
    dice.shuffle(found)
    return found


def _letters(pair: JudgedPair) -> int:
    return len(pair.question) + len(pair.title) + len(pair.text)


@torch.inference_mode()
def figures(model: SpanModel, pairs: Sequence[JudgedPair]) -> dict[str, float]:
    """How well margins tell pairs with an answer from those without."""
    if not pairs:
        return {}
    order = sorted(range(len(pairs)), key=lambda at: _letters(pairs[at]))
    scores = np.zeros(len(pairs))
    for start in range(0, len(order), 16):
        rows = order[start : start + 16]
        inputs = model.inputs([Pair(pairs[at].question, pairs[at].title, pairs[at].text) for at in rows])
        scores[rows] = margins(model.logits(inputs), inputs, [pairs[at] for at in rows]).numpy()
    there = np.array([pair.right for pair in pairs])
    declined = float((scores[~there] < np.quantile(scores[there], LOST)).mean())
    return {
        "questions": len(pairs),
        "auroc": round(auroc(scores[there].tolist(), scores[~there].tolist()) or 0.0, 4),
        f"declined at {LOST} lost": round(declined, 4),
    }


def _freeze(network: Any, layers: int) -> None:
    network.eval()  # no dropout: no example is seen often
    for part in network.bert.embeddings, *network.bert.encoder.layer[:layers], network.answerable:
        for parameter in part.parameters():
            parameter.requires_grad = False


def main() -> None:
    """Train and write ``judge.safetensors`` with its card."""
    parser = argparse.ArgumentParser(prog="python -m training.judge", description=main.__doc__)
    parser.add_argument("out", type=Path, help="folder to write")
    parser.add_argument("squad", type=Path, help="SQuAD 1.1's train-v1.1.json, plain or .gz")
    parser.add_argument(
        "unanswerable", type=Path, help="JSON lines of near misses with the questions they were made of"
    )
    parser.add_argument("--searches", type=Path, nargs="*", default=[], help="JSON lines with answers' offsets")
    parser.add_argument("--mixed", type=Path, help="JSON lines of questions of both kinds about the same texts")
    parser.add_argument("--mixed-times", type=int, default=2, help="how often each of these in a pass")
    parser.add_argument("--quoted", type=Path, help="folder that training.quoted wrote")
    parser.add_argument("--paragraphs", type=float, default=1.0, help="share of the other families beside its own")
    parser.add_argument(
        "--frozen", type=int, default=2, help="lower layers that stay as they are, a sixth of the time each"
    )
    parser.add_argument("--bfloat16", action="store_true", help="multiply in bfloat16")
    parser.add_argument("--start", type=Path, default=Path("data/reader") / JUDGE_FILE)
    parser.add_argument("--minutes", type=float, default=70.0, help="of processor time")
    parser.add_argument("--measure", type=float, default=15.0, help="minutes from one measuring to the next")
    parser.add_argument("--passes", type=int, default=3)
    parser.add_argument("--letters", type=int, default=12_000, help="a batch, padding included")
    parser.add_argument("--learning-rate", type=float, default=5e-5)
    parser.add_argument("--held-out", type=int, default=600, help="pairs to measure on")
    parser.add_argument("--seed", type=int, default=SEED)
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    Session(asked).run()


if __name__ == "__main__":
    main()
