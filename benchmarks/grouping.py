"""How well questions that mean the same are put together: 1,000 of a public set, half of them paraphrases of the rest.

Disfl-QA (Gupta et al. 2021) has questions of SQuAD 2.0's development set as a person might stumble over them: its
originals with these are one kind of paraphrase. The other kind is made by rules, as people retype a question: only its
telling words, its last phrase first, other words of a small list, polite words around it. The rules take turns.

    python -m benchmarks.grouping DISFL-QA SQUAD-2.0 [--titles FILE --half report] [--answerable] [--scan]

``--titles`` is a JSON object of lists of titles, and ``--half`` the one of them whose questions are asked. ``--scan``
tries other weights, to choose them by.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retrieval.answer.grouping import GroupingWeights, QuestionEncoder, Remembering, grouped
from retrieval.evaluation.metrics import spread
from retrieval.models.runtimes import encoder_named
from retrieval.text.stop_words import STOP_WORDS

_QUESTIONS = 500
"""Originals; each is there twice, as it was and paraphrased."""

_SYNONYMS = {
    "begin": "start",
    "began": "started",
    "biggest": "largest",
    "build": "construct",
    "built": "constructed",
    "called": "named",
    "city": "town",
    "country": "nation",
    "created": "made",
    "die": "pass away",
    "died": "passed away",
    "established": "founded",
    "famous": "well-known",
    "found": "discover",
    "happened": "occurred",
    "help": "assist",
    "important": "significant",
    "kind": "sort",
    "largest": "biggest",
    "located": "situated",
    "main": "chief",
    "many": "numerous",
    "name": "title",
    "people": "persons",
    "purpose": "aim",
    "reason": "cause",
    "type": "kind",
    "used": "employed",
    "war": "conflict",
    "what": "which",
    "year": "time",
}


def _keywords(question: str) -> str:
    """Its words that tell something, in small letters, as one types them into a box."""
    words = re.findall(r"[\w'’-]+", question.lower())
    kept = [word for word in words if word not in STOP_WORDS or word in {"who", "when", "where", "why", "how"}]
    return " ".join(kept)


def _turned(question: str) -> str:
    """Its last phrase first: "In Sochi, who met?"."""
    found = re.fullmatch(r"(.{8,}) ((?:in|on|at|during|for|from|of|by|with|to) [^?]+)\?\s*", question)
    if not found:
        return question
    return f"{found[2][0].upper()}{found[2][1:]}, {found[1][0].lower()}{found[1][1:]}?"


def _other_words(question: str) -> str:
    return re.sub(r"[a-z]+", lambda word: _SYNONYMS.get(word[0], word[0]), question)


def _polite(question: str) -> str:
    return f"Hi, can somebody tell me please: {question[0].lower()}{question[1:].rstrip('? ')}"


_RULES: Sequence[Callable[[str], str]] = (_keywords, _turned, _other_words, _polite)


def by_rule(question: str, number: int) -> tuple[str, str]:
    """A paraphrase made by the first rule, in their turn, that changes the question, and the rule's name."""
    for turn in range(len(_RULES)):
        rule = _RULES[(number + turn) % len(_RULES)]
        if (made := rule(question)) != question and made:
            return made, rule.__name__.strip("_").replace("_", " ")
    return question, "none"


@dataclass(frozen=True, slots=True)
class Score:
    """How far groups agree with what belongs together, 0 to 1: over pairs and, B-cubed, over questions."""

    precision: float
    recall: float
    f1: float
    b_cubed_f1: float


def score(groups: Sequence[Sequence[int]], belongs: Sequence[int]) -> Score:
    """Compare groups with the number of the original that each question belongs to."""
    inside = [Counter(belongs[member] for member in group) for group in groups]
    right = sum(n * (n - 1) // 2 for counts in inside for n in counts.values())
    made = sum(len(group) * (len(group) - 1) // 2 for group in groups)
    wanted = sum(n * (n - 1) // 2 for n in Counter(belongs).values())
    precision, recall = right / made if made else 0.0, right / wanted
    sizes = Counter(belongs)
    exact = sum(n * n / len(group) for counts, group in zip(inside, groups, strict=True) for n in counts.values())
    whole = sum(n * n / sizes[one] for counts in inside for one, n in counts.items())
    b_precision, b_recall = exact / len(belongs), whole / len(belongs)
    return Score(precision, recall, _harmonic(precision, recall), _harmonic(b_precision, b_recall))


def _harmonic(one: float, other: float) -> float:
    return 2 * one * other / (one + other) if one + other else 0.0


def pairs(disfl: Path, squad: Path, titles: frozenset[str] | None, *, answerable: bool) -> list[tuple[str, str]]:
    """Originals of these titles, or of all, each with how a person might stumble over it."""
    asked = _read(disfl)
    found = []
    for article in _read(squad)["data"]:
        if titles is not None and article["title"] not in titles:
            continue
        for question in (row for part in article["paragraphs"] for row in part["qas"]):
            one = asked.get(question["id"])
            # A few lines of the set are what a spreadsheet makes of a formula.
            if one and "#" not in one["original"] + one["disfluent"] and not (answerable and question["is_impossible"]):
                found.append((one["original"].strip(), one["disfluent"].strip()))
    return list(dict(found).items())


def _read(path: Path) -> Any:
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        return json.load(file)


def _sets(originals: Sequence[tuple[str, str]]) -> Iterator[tuple[str, list[str]]]:
    """Kinds of paraphrases, each with all questions: the originals first, then a paraphrase of each."""
    plain = [original for original, _ in originals]
    made = [by_rule(original, number)[0] for number, original in enumerate(plain)]
    mixed = [stumbled if number % 2 else made[number] for number, (_, stumbled) in enumerate(originals)]
    yield "half of each", [*plain, *mixed]
    yield "stumbled over (Disfl-QA)", [*plain, *(stumbled for _, stumbled in originals)]
    yield "made by rules", [*plain, *made]


def _scan(questions: Sequence[str], belongs: Sequence[int], encoder: QuestionEncoder) -> None:
    for words in (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3):
        for farthest in (0.16, 0.18, 0.2, 0.22, 0.24, 0.26, 0.28, 0.3, 0.32, 0.34):
            found = grouped(questions, encoder, weights=GroupingWeights(farthest, words))
            print(f"farthest {farthest:.2f} words {words:.2f} {score(found, belongs)}")


def main() -> None:
    """Print the figures."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("disfl", type=Path)
    options.add_argument("squad", type=Path)
    options.add_argument("--titles", type=Path)
    options.add_argument("--half", default="report")
    options.add_argument("--answerable", action="store_true")
    options.add_argument("--scan", action="store_true")
    chosen = options.parse_args()
    titles = frozenset(_read(chosen.titles)[chosen.half]) if chosen.titles else None
    originals = spread(pairs(chosen.disfl, chosen.squad, titles, answerable=chosen.answerable), _QUESTIONS)
    belongs = [*range(len(originals))] * 2
    encoder = Remembering(encoder_named("bundled", None))
    for kind, questions in _sets(originals):
        started = time.perf_counter()
        found = grouped(questions, encoder)
        took, got = time.perf_counter() - started, score(found, belongs)
        print(
            f"{len(questions):,} questions, {kind}: {len(found)} groups; pairs: precision {got.precision:.3f}, "
            f"recall {got.recall:.3f}, F1 {got.f1:.3f}; B-cubed F1 {got.b_cubed_f1:.3f}; {took:.1f} s"
        )
        if chosen.scan:
            _scan(questions, belongs, encoder)


if __name__ == "__main__":
    main()
