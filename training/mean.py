"""``python -m training.mean OUT SQUAD UNANSWERABLE --of FILE FILE``: the mean of several runs of ``training.judge``.

Runs that began at the same weights differ in what they got wrong; the mean of their weights is one network that is
mostly better than each (Wortsman et al. 2022, https://arxiv.org/abs/2203.05482).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from retrieval.answer.reading.span_reader import JUDGE_FILE
from retrieval.evaluation.metrics import spread
from retrieval.models.span_model import SpanModel
from retrieval.models.token_scores import WEIGHTS_FILE
from training.judge import figures
from training.near_misses import SEED, held_out
from training.sources import Sources

CARD_FILE = "judge-card.json"


def mean_of(files: Sequence[Path]) -> SpanModel:
    """A network each of whose weights is the mean of those in the files."""
    first, *others = (SpanModel.trainable(file) for file in files)
    with torch.no_grad():
        for number, other in enumerate(others, 2):
            for mine, theirs in zip(first.network.parameters(), other.network.parameters(), strict=True):
                mine.lerp_(theirs, 1 / number)
    first.network.eval()
    return first


def _card(files: Sequence[Path], measured: dict[str, Any]) -> dict[str, Any]:
    """What is known of the mean, and of the runs that it is of."""
    cards = [file.with_name(CARD_FILE) for file in files]
    known = [json.loads(card.read_text("utf-8")) for card in cards if card.is_file()]
    return {
        "what": "Second network of Quoth's reader, the mean of the weights of several runs of training.judge",
        "held_out": measured,
        "finished": datetime.now(UTC).date().isoformat(),
        "torch": torch.__version__,
        "mean_of": known,
    }


def main() -> None:
    """Measure each run and their mean on what is held out, and write the mean with its card."""
    parser = argparse.ArgumentParser(prog="python -m training.mean", description=main.__doc__)
    parser.add_argument("out", type=Path, help="folder to write")
    parser.add_argument("squad", type=Path, help="as training.judge has it")
    parser.add_argument("unanswerable", type=Path, help="as training.judge has it")
    parser.add_argument("--of", type=Path, nargs="+", required=True, help="weights, each with its card beside it")
    parser.add_argument("--held-out", type=int, default=600, help="pairs to measure on")
    asked = parser.parse_args()
    sources = Sources()
    sources.add_squad(asked.squad)
    sources.add_lines(asked.unanswerable)
    pairs = list(spread(held_out(sources, SEED)[0], asked.held_out))
    measured = {}
    for name, files in [*((file.parent.name, [file]) for file in asked.of), ("mean", asked.of)]:
        measured[name] = figures(mean_of(files), pairs)
        print(f"{name}: {json.dumps(measured[name])}", flush=True)
    asked.out.mkdir(parents=True, exist_ok=True)
    mean_of(asked.of).save(asked.out)
    (asked.out / WEIGHTS_FILE).replace(asked.out / JUDGE_FILE)
    (asked.out / CARD_FILE).write_text(json.dumps(_card(asked.of, measured), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
