"""SQuAD to training examples: the product's own passages, with the answer or with nothing that answers."""

from __future__ import annotations

import gzip
import json
import random
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from retrieval.lexical import LexicalIndex
from retrieval.passages import cut

NEGATIVES = 4
"""A wrong passage is one of this many that BM25 ranks best without their holding the answer."""


@dataclass(frozen=True, slots=True)
class TrainingPassage:
    """A passage as the product would cut it, with its title; a text of its own, since articles are not kept."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Example:
    """A question over a passage; the answer's place in code points of the passage, or None where it has none."""

    question: str
    passage: TrainingPassage
    answer: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class _Asked:
    question: str
    answers: tuple[str, ...]
    passage: int
    place: tuple[int, int]


class SquadExamples:
    """The questions of a SQuAD 1.1 file over passages cut from its articles.

    Each pass over it gives every question with the passage that answers it and, with the probability ``negative``,
    once more with a passage that does not.
    """

    def __init__(self, path: Path, *, negative: float, seed: int) -> None:
        self._negative = negative
        self._seed = seed
        self.passages: list[TrainingPassage] = []
        self._asked: list[_Asked] = []
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rt", encoding="utf-8") as file:
            for article in json.load(file)["data"]:
                self._add(article)
        self._bm25 = LexicalIndex.build([f"{passage.title}. {passage.text}" for passage in self.passages])

    def __len__(self) -> int:
        return len(self._asked)

    def shuffled(self, epoch: int) -> Iterator[Example]:
        """The examples of one pass, in an order that depends on the seed and the pass only."""
        order = list(range(len(self._asked)))
        dice = random.Random(f"{self._seed} {epoch}")  # noqa: S311 - repeatable on purpose
        dice.shuffle(order)
        for number in order:
            asked = self._asked[number]
            question = _as_typed(asked.question, dice)
            yield Example(question, self.passages[asked.passage], asked.place)
            if dice.random() < self._negative and (wrong := self._wrong_passage(asked, dice)):
                yield Example(question, wrong, None)

    def _add(self, article: dict[str, Any]) -> None:
        title = article["title"].replace("_", " ")
        texts = [paragraph["context"] for paragraph in article["paragraphs"]]
        text = "\n\n".join(texts)
        spans = cut(text)
        first, starts = len(self.passages), [span.start for span in spans]
        self.passages.extend(TrainingPassage(title, text[start:end]) for start, end in spans)
        offset = 0
        for paragraph in article["paragraphs"]:
            for asked in paragraph["qas"]:
                answer = asked["answers"][0]
                start = offset + answer["answer_start"]
                end = start + len(answer["text"])
                number = bisect_right(starts, start) - 1
                if number >= 0 and end <= spans[number].end:  # an answer that a passage's border parts is left out
                    place = (start - spans[number].start, end - spans[number].start)
                    answers = tuple({each["text"] for each in asked["answers"]})
                    self._asked.append(_Asked(asked["question"].strip(), answers, first + number, place))
            offset += len(paragraph["context"]) + 2

    def _wrong_passage(self, asked: _Asked, dice: random.Random) -> TrainingPassage | None:
        scores = self._bm25.scores(asked.question)
        best = np.argpartition(-scores, min(3 * NEGATIVES, len(scores) - 1))[: 3 * NEGATIVES]
        ranked = [self.passages[i] for i in best[np.argsort(-scores[best])]]
        wrong = [passage for passage in ranked if not _has_any(passage.text, asked.answers)]
        return dice.choice(wrong[:NEGATIVES]) if wrong else None


def _has_any(text: str, answers: Sequence[str]) -> bool:
    lowered = text.lower()
    return any(answer.lower() in lowered for answer in answers)


def _as_typed(question: str, dice: random.Random) -> str:
    """The question as people type it: a third without the question mark, one in twelve with a slip of the finger."""
    if dice.random() < 1 / 3:
        question = question.rstrip("? ")
    if dice.random() < 1 / 12:
        question = _slip(question, dice)
    return question


def _slip(question: str, dice: random.Random) -> str:
    """One letter of a longer word dropped, doubled or swapped with the next."""
    words = list(re.finditer(r"\w{5,}", question))
    if not words:
        return question
    word = dice.choice(words)
    at = dice.randrange(word.start() + 1, word.end() - 1)
    here, following = question[at], question[at + 1]
    slips = ("", here * 2, following + here)
    slip = dice.choice(slips)
    return question[:at] + slip + question[at + (2 if slip == slips[2] else 1) :]
