"""What passes over the training data consist of: questions in some form, each over some passages, in batches.

A question, the near misses made from it and their passages go through the network in one batch, so that what tells
them apart is what the step is about (Gardner et al. 2020, https://arxiv.org/abs/2004.02709).
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.forms import as_typed
from training.pack import Pack
from training.tokens import Ragged, tokenised_questions

BLOCK = 64
"""Batches whose families are sorted by length together, so that little is padded."""

OFTEN: Mapping[str, int] = {"qed-train": 2, "qed-train-more": 2, "qed-dev": 2, "squad2-half": 2}
"""How often a pass takes a set's questions: those that people typed into a search engine are few beside SQuAD's."""

PART = 2**14
"""Questions drawn at once, about."""

HARDEST = 2
"""Rivals, at the head of each question's, that come as often as all others together."""


@dataclass(frozen=True, slots=True)
class Mixture:
    """What a pass is made of."""

    rivals: int
    """Wrong passages beside a question's own."""
    twins: float
    """How often a near miss that was turned goes along with the question that it was made from."""
    foreign: float
    """How often a passage of some other article is one of the rivals."""
    typed: bool = True
    """Whether questions come as people type them."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Pairs by number: the question's form, the question, the passage, and which of the question's passages it is."""

    forms: NDArray[np.int64]
    questions: NDArray[np.int64]
    passages: NDArray[np.int64]
    slots: NDArray[np.int64]
    """0 for the one that the question is about, then its rivals from 1 on; -1 for none of these."""
    groups: NDArray[np.int64]
    """(questions, passages of one at most): pairs, -1 for none."""


@dataclass(frozen=True, slots=True)
class Pass:
    """A part of a pass over the data."""

    questions: Ragged
    """In the forms that batches mean."""
    batches: Sequence[Batch]


@dataclass(slots=True)
class _Group:
    """One question over its passages."""

    question: int
    slots: list[int]
    passages: list[int]


@dataclass(slots=True)
class Families:
    """The questions of a pack, and who was made from whom."""

    pack: Pack
    lengths: NDArray[np.int64]
    """Tokens of each passage."""
    anchors: list[int] = field(init=False)
    twins: dict[int, list[int]] = field(init=False)

    def __post_init__(self) -> None:
        questions = self.pack.questions
        self.anchors = [number for number, asked in enumerate(questions) if asked.twin is None]
        self.anchors += [each for each in self.anchors for _ in range(OFTEN.get(questions[each].source, 1) - 1)]
        self.twins = {}
        for number, asked in enumerate(questions):
            if asked.twin is not None:
                self.twins.setdefault(asked.twin, []).append(number)

    def drawn(self, number: int, mixture: Mixture, tokens: int, seed: int, tokenizer: Any) -> Pass:
        """A part of a pass, which number and seed decide, in batches of so many tokens; in the processor's memory."""
        parts = -(-len(self.anchors) // PART)
        order = list(self.anchors)
        random.Random(f"{seed} {number // parts}").shuffle(order)  # noqa: S311 - repeatable on purpose
        order = order[number % parts :: parts]
        dice = random.Random(f"{seed} {number}")  # noqa: S311 - likewise
        families = [self._family(anchor, mixture, dice) for anchor in order]
        forms = [self._form(group.question, mixture, dice) for family in families for group in family]
        ragged, lengths = tokenised_questions(tokenizer, forms, "cpu")
        numbered, number = [], 0
        for family in families:
            numbered.append([(number + at, group) for at, group in enumerate(family)])
            number += len(family)
        return Pass(ragged, list(self._batches(numbered, lengths, tokens, dice)))

    def _family(self, anchor: int, mixture: Mixture, dice: random.Random) -> list[_Group]:
        asked = self.pack.questions[anchor]
        family = [self._group(anchor, asked.rivals, mixture.rivals, mixture.foreign, dice)]
        for twin in self.twins.get(anchor, ()):
            real = not self.pack.questions[twin].source.startswith("turned")
            if real or dice.random() < mixture.twins:
                family.append(self._group(twin, self.pack.questions[twin].rivals if real else (), 1, 0.0, dice))
        return family

    def _group(self, question: int, rivals: Sequence[int], count: int, foreign: float, dice: random.Random) -> _Group:
        slots = [0]
        left = list(range(1, len(rivals) + 1))
        while left and len(slots) <= count:
            hardest = [slot for slot in left if slot <= HARDEST]
            slot = dice.choice(hardest) if hardest and dice.random() < 1 / 2 else dice.choice(left)
            left.remove(slot)
            slots.append(slot)
        passages = [self.pack.questions[question].passage, *(rivals[slot - 1] for slot in slots[1:])]
        if dice.random() < foreign:
            slots.append(-1)
            passages.append(dice.randrange(len(self.pack.passages)))
        return _Group(question, slots, passages)

    def _form(self, question: int, mixture: Mixture, dice: random.Random) -> str:
        text = self.pack.questions[question].question
        return as_typed(text, self.pack.questions[question - 1].question, dice) if mixture.typed else text

    def _batches(
        self, families: list[list[tuple[int, _Group]]], lengths: NDArray[np.int64], tokens: int, dice: random.Random
    ) -> Iterator[Batch]:
        sizes = [
            max(int(lengths[form]) + int(self.lengths[passage]) for form, group in family for passage in group.passages)
            for family in families
        ]
        block = max(1, BLOCK * tokens // 400)
        found: list[list[list[tuple[int, _Group]]]] = []
        for start in range(0, len(families), block):
            some = sorted(range(start, min(start + block, len(families))), key=lambda number: sizes[number])
            now: list[list[tuple[int, _Group]]] = []
            pairs = 0
            for number in some:
                count = sum(len(group.passages) for _, group in families[number])
                if now and (pairs + count) * (sizes[number] + 8) > tokens:
                    found.append(now)
                    now, pairs = [], 0
                now.append(families[number])
                pairs += count
            found.append(now)
        dice.shuffle(found)
        for some_families in found:
            yield _batch([each for family in some_families for each in family])


def _batch(groups: Sequence[tuple[int, _Group]]) -> Batch:
    rows = [
        (form, group.question, passage, slot)
        for form, group in groups
        for passage, slot in zip(group.passages, group.slots, strict=True)
    ]
    most = max(len(group.slots) for _, group in groups)
    table = np.full((len(groups), most), -1, dtype=np.int64)
    at = 0
    for number, (_, group) in enumerate(groups):
        count = len(group.slots)
        table[number, :count] = np.arange(at, at + count)
        at += count
    forms, questions, passages, slots = np.array(rows, dtype=np.int64).T
    return Batch(forms, questions, passages, slots, table)
