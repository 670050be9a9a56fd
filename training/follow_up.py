"""``python -m training.follow_up CAST SQUAD``: fit the follow-up gate, and write its weights.

CAST are the evaluation topics of TREC CAsT 2021 (manual), SQUAD the dev set of SQuAD 1.1, among whose paragraphs the
talks' passages lie. Every turn of an even talk is asked behind what was said before it, and is a follow-up; and behind
what was said in another talk, and is none. A logistic regression is fitted from the engine's evidence
(``retrieval.answer.follow_ups.follow_up``) to which of the two it was. A turn counts the more, the more the two
rankings, as typed and in context, disagree about the passage that answers it: where they agree it does not matter what
it is taken for. What the fit is worth, and the weights in place, is measured on the odd talks.

The weights that ship (intercept 1.2, cosine 5.8, shared_terms 3.5, score_gap -0.96, few_terms 1.2) come of such a fit
on the even talks which was made by hand, before there was this command; how much a disagreement counted in it was not
written down. So this command finds weights near to them and not the same: whoever replaces them measures both with
``python -m benchmarks.talking cast``.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import track

from benchmarks.talking import Turn, cast_among_squad, shuffled, whole_passages
from retrieval.answer.follow_ups.follow_up import GATE_FILE, FollowUpEvidence, FollowUpGate
from retrieval.answer.follow_ups.likelihood import FollowUpWeights
from retrieval.answer.follow_ups.variants import QueryVariants
from retrieval.answer.query import Filters
from retrieval.answer.search import Hit, Searcher
from retrieval.evaluation.metrics import auroc
from retrieval.models.runtimes import encoder_named

EVIDENCE = ("cosine", "shared_terms", "score_gap", "few_terms")
_DEPTH = 10
"""Ranks below this one count as not found."""
_AGREEING = 0.1
"""What a turn counts about whose passage the two rankings agree; one of which only one finds it first counts 1 more."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A turn behind what was said before it, or in another talk."""

    evidence: FollowUpEvidence
    follow_up: bool
    """Whether that was said before it."""
    weight: float
    even: bool
    """Whether it belongs to the talks that are fitted on."""


def samples(turns: Sequence[Turn], searcher: Searcher) -> Iterator[Sample]:
    """Search for every turn behind its own talk, if it is not the first there, and behind another."""
    own = [(turn, True) for turn in turns if turn.context]
    other = [(turn, False) for turn in shuffled(turns)]
    for turn, follow_up in track([*own, *other], "Searching", console=Console(stderr=True)):
        question = QueryVariants.of(turn.question, turn.context)
        (found,) = searcher.search_all([question], [Filters()], _DEPTH, for_reader=True)
        if found.estimate:
            weight = _AGREEING + disagreement(found.hits, turn.article)
            yield Sample(found.estimate.evidence, follow_up, weight, turn.talk % 2 == 0)


def disagreement(hits: Sequence[Hit], article: str) -> float:
    """How much the rankings as typed and in context disagree about an article: reciprocal ranks' distance, 0 to 1."""
    likelihoods = [(hit.passage.article.id, hit.likelihood) for hit in hits if hit.likelihood]
    as_typed = sorted(likelihoods, key=lambda each: -each[1].as_typed)
    in_context = sorted(likelihoods, key=lambda each: -each[1].in_context)
    typed, context = (
        next((1 / rank for rank, (id, _) in enumerate(ranked[:_DEPTH], 1) if id == article), 0.0)
        for ranked in (as_typed, in_context)
    )
    return abs(typed - context)


def fit(asked: Sequence[Sample]) -> FollowUpGate:
    """The gate that the samples of even talks teach."""
    from sklearn.linear_model import LogisticRegression

    even = [sample for sample in asked if sample.even]
    model = LogisticRegression(C=1e3)
    table = np.array([[float(getattr(sample.evidence, name)) for name in EVIDENCE] for sample in even])
    model.fit(table, [sample.follow_up for sample in even], [sample.weight for sample in even])
    weights = dict(zip(EVIDENCE, (round(float(weight), 2) for weight in model.coef_[0]), strict=True))
    return FollowUpGate(intercept=round(float(model.intercept_[0]), 2), **weights)


def measured(gate: FollowUpGate, asked: Sequence[Sample]) -> dict[str, float]:
    """How well a gate tells follow-ups on the odd talks."""
    odd = [sample for sample in asked if not sample.even]
    said = [gate.estimate(sample.evidence).log_odds for sample in odd]
    right = [(log_odds > 0) == sample.follow_up for log_odds, sample in zip(said, odd, strict=True)]
    yes = [log_odds for log_odds, sample in zip(said, odd, strict=True) if sample.follow_up]
    no = [log_odds for log_odds, sample in zip(said, odd, strict=True) if not sample.follow_up]
    return {
        "turns": len(odd),
        "auroc": round(auroc(yes, no) or 0.0, 4),
        "right": round(sum(right) / len(right), 4),
    }


def as_file(gate: FollowUpGate, figures: dict[str, float]) -> dict[str, Any]:
    """What ``FollowUpGate.load`` reads, and how good it is."""
    weights = asdict(gate)
    return {
        "fitted_on": "the even talks of TREC CAsT 2021 (manual)",
        "intercept": weights.pop("intercept"),
        "weights": weights,
        "measured_on_odd_talks": figures,
    }


def main() -> None:
    """Fit, measure, write."""
    parser = argparse.ArgumentParser(prog="python -m training.follow_up", description=__doc__)
    parser.add_argument("cast", type=Path, help="CAsT 2021's manual evaluation topics, .json.gz")
    parser.add_argument("squad", type=Path, help="SQuAD 1.1's dev set, .json.gz")
    parser.add_argument("--out", type=Path, default=GATE_FILE, help="where the weights go, as JSON")
    asked = parser.parse_args()
    articles, turns = cast_among_squad(asked.cast, asked.squad)
    encoder = encoder_named()
    with TemporaryDirectory(prefix="quoth-follow-up-") as folder:
        snapshot = whole_passages(Path(folder), articles, encoder)
        # Both meanings have all of their places, so that both ranks of a passage are known.
        found = list(samples(turns, Searcher(snapshot, encoder, follow_up=FollowUpWeights(least_places=_DEPTH))))
    before, gate = FollowUpGate.load(), fit(found)
    print(f"in place: {before} {measured(before, found)}")
    print(f"fitted:   {gate} {measured(gate, found)}")
    written = json.dumps(as_file(gate, measured(gate, found)), indent=2)
    asked.out.write_text(f"{written}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
