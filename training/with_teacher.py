"""``python -m training.with_teacher PACK``: train the reader, and before it a larger network that it learns from."""

from __future__ import annotations

import argparse
import hashlib
import json
import shlex
import sys
import time
from collections import Counter
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from retrieval.models.span_model import SpanModel
from retrieval.models.token_scores import WEIGHTS_FILE
from training.families import Families, Mixture
from training.heldout import HeldOut, load_held_out
from training.judging import judged
from training.learning import Learner, Plan, Progress
from training.neighbours import with_neighbours
from training.networks import SpanNetwork, student, teacher
from training.pack import Pack
from training.targets import Targets, targets
from training.tokens import Passages

SAVED_S = 60
TEACHER_MIXTURE = Mixture(rivals=1, twins=0.0, foreign=0.05)
REPORT = "report.json"


class Session:
    """One run of the command: what it trains on, where, and what came of it."""

    def __init__(self, asked: argparse.Namespace) -> None:
        self.asked = asked
        self._began = time.perf_counter()
        self.device = asked.device or ("cuda" if torch.cuda.is_available() else "cpu")
        torch.manual_seed(asked.seed)
        torch.set_float32_matmul_precision("high")
        torch.backends.cuda.enable_cudnn_sdp(enabled=False)  # it plans anew for every shape
        self.reader = SpanModel.trainable(asked.start and asked.start / WEIGHTS_FILE, asked.dropout, asked.base)
        self.tokenizer = self.reader.tokenizer
        self.pack = _limited(Pack.load(asked.pack), asked.questions)
        self.tell(f"{len(self.pack.questions):,} questions over {len(self.pack.passages):,} passages on {self.device}")
        self.passages = Passages(self.tokenizer, self.pack.passages, self.device)
        self.held_out: dict[str, list[HeldOut]] = {}
        for path in asked.held_out:
            for each in load_held_out(path)[: asked.questions]:
                self.held_out.setdefault(each.group, []).append(each)
        self.report: dict[str, Any] = {}
        self._saved = 0.0
        self.tell("tokenised")

    def tell(self, what: str) -> None:
        """Print with the time that has passed."""
        print(f"[{time.perf_counter() - self._began:5.0f} s] {what}", flush=True)

    def judge(self, name: str, network: SpanNetwork) -> None:
        """Figures of a network on what is held out."""
        for group, questions in self.held_out.items():
            figures = {
                key: round(value, 4) for key, value in judged(network, self.tokenizer, questions, self.device).items()
            }
            self.report[f"{name}: {group}"] = figures
            self.tell(f"{name}: {group}: {json.dumps(figures)}")
        (self.asked.out / REPORT).write_text(json.dumps(self.report, indent=2) + "\n", encoding="utf-8")

    def learnt(self, name: str, network: SpanNetwork, plan: Plan, known: Targets | None) -> Learner:
        """Train a network."""
        if self.asked.compile:
            for block in network.blocks:
                block.compile(dynamic=True)
        families = Families(self.pack, self.passages.lengths)
        learner = Learner(network, families, self.passages, self.tokenizer, plan, self.device, known)
        learner.run(lambda what: self._told(f"{name}: {what}", keep=known is not None or not self.asked.teacher))
        self.tell(f"{name}: {learner.at}")
        return learner

    def _told(self, what: str, *, keep: bool) -> None:
        self.tell(what)
        if keep and time.perf_counter() - self._saved > SAVED_S:  # what a kill leaves behind
            self.reader.save(self.asked.out)
            self._saved = time.perf_counter()

    def taught(self) -> tuple[Targets, Progress]:
        """Train the teacher and have it read everything."""
        asked = self.asked
        network = teacher(asked.teacher, self.tokenizer, self.device, bare=asked.bare_teacher)
        self.tell("teacher loaded")
        self.pack = with_neighbours(self.pack, self.passages, network, self.tokenizer, self.device)
        self.tell("wrong passages found by meaning")
        plan = Plan(
            seconds=60 * asked.teacher_minutes,
            learning_rate=asked.teacher_learning_rate,
            tokens=asked.teacher_tokens,
            mixture=TEACHER_MIXTURE,
            hard=1.0,
            average=0.0,
            seed=asked.seed,
        )
        learner = self.learnt("teacher", network, plan, None)
        self.judge("teacher", network)
        known = targets(network, self.pack, self.passages, self.tokenizer, self.device, rivals=asked.rivals_taught)
        self.tell(f"{len(known.answerable):,} pairs read by the teacher: {json.dumps(_doubts(self.pack, known))}")
        return known, learner.at


def _doubts(pack: Pack, known: Targets) -> dict[str, float]:
    """By where questions come from, how often the teacher sees an answer in their own passage."""
    sure = (known.answerable > 1 / 2).cpu().numpy()[known.rows[:-1]]
    total, seen = Counter[str](), Counter[str]()
    for asked, each in zip(pack.questions, sure.tolist(), strict=True):
        name = asked.source + (" answerable" if asked.place else "")
        total[name] += 1
        seen[name] += each
    return {name: round(seen[name] / count, 3) for name, count in total.items()}


def _limited(pack: Pack, questions: int | None) -> Pack:
    """The first so many questions that were made from none, with those made from them, over their passages only."""
    if questions is None:
        return pack
    chosen = [number for number, asked in enumerate(pack.questions) if asked.twin is None][:questions]
    new = {number: at for at, number in enumerate(chosen)}
    chosen += [number for number, asked in enumerate(pack.questions) if asked.twin in new]
    some = [pack.questions[number] for number in chosen]
    used = dict.fromkeys(each for asked in some for each in (asked.passage, *asked.rivals))
    places = {passage: at for at, passage in enumerate(used)}
    renumbered = [
        replace(
            asked,
            passage=places[asked.passage],
            rivals=tuple(places[each] for each in asked.rivals),
            twin=None if asked.twin is None else new[asked.twin],
        )
        for asked in some
    ]
    return Pack([pack.passages[passage] for passage in used], renumbered)


def _card(session: Session, plan: Plan, at: Progress, taught: Progress | None) -> dict[str, Any]:
    asked = session.asked
    before = asked.start / "card.json" if asked.start else None
    paths = [path for path in (asked.pack, asked.start, asked.base, asked.teacher, asked.out, *asked.held_out) if path]
    names = {str(path): path.name for path in paths if path.is_absolute() or ".." in path.parts}
    words = ["python", "-m", "training.with_teacher", *(names.get(word, word) for word in sys.argv[1:])]
    return {
        "what": "Reader of Quoth: weights of all-MiniLM-L6-v2's six layers, and heads for answer spans and for whether "
        "there is an answer",
        "base": "sentence-transformers/all-MiniLM-L6-v2 (Apache 2.0)",
        "teacher": "sentence-transformers/all-mpnet-base-v2 (Apache 2.0), trained to read beforehand"
        if taught
        else None,
        "data": dict(Counter(question.source for question in session.pack.questions)),
        "command": shlex.join(words),
        "plan": asdict(plan),
        "learnt": asdict(at),
        "taught": asdict(taught) if taught else None,
        "held_out": session.report,
        "device": torch.cuda.get_device_name() if session.device == "cuda" else session.device,
        "start": hashlib.sha256((asked.start / WEIGHTS_FILE).read_bytes()).hexdigest() if asked.start else None,
        "finished": datetime.now(UTC).date().isoformat(),
        "torch": torch.__version__,
        "trained_further_from": json.loads(before.read_text("utf-8")) if before and before.is_file() else None,
    }


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training.with_teacher", description=main.__doc__)
    parser.add_argument("pack", type=Path, help="what python -m training.prepare wrote")
    parser.add_argument("--out", type=Path, default=Path("data/reader"), help="folder for the weights and their card")
    parser.add_argument("--start", type=Path, help="folder with weights to train further, instead of the bare encoder")
    parser.add_argument("--base", type=Path, help="folder with all-MiniLM-L6-v2, where the package is not installed")
    parser.add_argument("--teacher", type=Path, help="folder with all-mpnet-base-v2, to learn from")
    parser.add_argument("--bare-teacher", action="store_true", help="rehearse with a teacher that knows nothing")
    parser.add_argument("--held-out", type=Path, action="append", default=[], help="from python -m training.heldout")
    parser.add_argument("--minutes", type=float, default=90.0, help="of training")
    parser.add_argument("--teacher-minutes", type=float, default=60.0)
    parser.add_argument("--learning-rate", type=float, default=2.5e-4)
    parser.add_argument("--teacher-learning-rate", type=float, default=5e-5)
    parser.add_argument("--tokens", type=int, default=2**14, help="a step, padding included")
    parser.add_argument("--teacher-tokens", type=int, default=2**14)
    parser.add_argument("--rivals", type=int, default=2, help="wrong passages beside a question's own")
    parser.add_argument("--rivals-taught", type=int, default=2, help="how many of these the teacher reads")
    parser.add_argument("--twins", type=float, default=0.5, help="how often a near miss that was turned goes along")
    parser.add_argument("--hard", type=float, default=0.4, help="what people's marks weigh beside the teacher's word")
    parser.add_argument("--average", type=float, default=0.999, help="of the weights' moving average, kept each step")
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--questions", type=int, help="rehearse on so many")
    parser.add_argument("--compile", action="store_true", help="have PyTorch compile the layers")
    parser.add_argument("--device")
    return parser


def main() -> None:
    """Train the teacher if there is one, and the reader, each for its minutes."""
    asked = _options().parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    session = Session(asked)
    network = student(session.reader.network, session.tokenizer, asked.dropout).to(session.device)
    for parameter in network.model.embeddings.parameters():
        parameter.requires_grad = False
    session.judge("before", network)
    known, taught = session.taught() if asked.teacher else (None, None)
    plan = Plan(
        seconds=60 * asked.minutes,
        learning_rate=asked.learning_rate,
        tokens=asked.tokens,
        mixture=Mixture(rivals=asked.rivals, twins=asked.twins if known else 0.0, foreign=0.1),
        hard=asked.hard,
        average=asked.average,
        seed=asked.seed,
    )
    learner = session.learnt("reader", network, plan, known)
    session.judge("reader, last", network)
    (asked.out / "last").mkdir(exist_ok=True)
    session.reader.save(asked.out / "last")
    learner.averaged()
    session.judge("reader, averaged", network)
    card = json.dumps(_card(session, plan, learner.at, taught), indent=2)
    session.reader.save(asked.out)
    (asked.out / "card.json").write_text(card + "\n", encoding="utf-8")
    session.tell(f"wrote {asked.out}")


if __name__ == "__main__":
    main()
