"""Data sets to training examples: questions over the product's own passages, one that answers and one that does not."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.datasets import load
from retrieval.encoder import Encoder, Vectors
from retrieval.lexical import LexicalIndex
from retrieval.passages import Span, cut
from retrieval.search import DENSE_WEIGHT

NEGATIVES = 6
"""A wrong passage is one of this many that the product's search ranks best without their holding the answer."""

SEARCH_QUESTIONS = 3
"""How often a pass takes each question that people typed into a search engine: they are few beside SQuAD's."""

_TOGETHER = 256
"""Questions whose wrong passages are looked for at once."""

_STUMBLES = ("no wait", "no", "I mean", "uh no", "or rather", "sorry", "make that", "um", "er no", "actually")


@dataclass(frozen=True, slots=True)
class TrainingPassage:
    """A passage as the product would cut it, with its title; a text of its own, since articles are not kept."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Example:
    """A question over passages; the answer's place in code points of the first, and none in the others."""

    question: str
    passages: tuple[TrainingPassage, ...]
    answer: tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Asked:
    question: str
    answers: tuple[str, ...]
    passage: int
    place: tuple[int, int]


class Examples:
    """The questions of a SQuAD 1.1 file, and of a file of search questions, over passages cut from their articles.

    Each pass over it gives every question with the passage that answers it and, with the probability ``negative``,
    with one beside it that does not.
    """

    def __init__(
        self,
        squad: Path,
        encoder: Encoder,
        *,
        search_questions: Path | None = None,
        negative: float,
        seed: int,
        kept: Path | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        """Cut the articles and encode their passages; ``progress`` is told how many of how many are encoded.

        ``kept`` is a folder that their vectors wait in for a run that goes on from a checkpoint.
        """
        self._negative, self._seed, self._encoder = negative, seed, encoder
        self.passages: list[TrainingPassage] = []
        self._asked: list[_Asked] = []
        opener = gzip.open if squad.suffix == ".gz" else open
        with opener(squad, "rt", encoding="utf-8") as file:
            for article in json.load(file)["data"]:
                self._add(article)
        self._often: list[int] = []
        if search_questions:
            first = len(self._asked)
            self._add_search_questions(search_questions)
            self._often = list(range(first, len(self._asked))) * (SEARCH_QUESTIONS - 1)
        texts = [f"{passage.title}. {passage.text}" for passage in self.passages]
        self._bm25 = LexicalIndex.build(texts)
        digest = hashlib.sha256("\0".join((encoder.fingerprint, *texts)).encode()).hexdigest()
        self._kept = kept / f"checkpoint.{digest[:16]}.npy" if kept else None
        self._vectors = self._encoded(texts, progress)

    def __len__(self) -> int:
        return len(self._asked)

    def forget(self) -> None:
        """Delete the vectors that were kept."""
        if self._kept:
            self._kept.unlink(missing_ok=True)

    def shuffled(self, epoch: int) -> Iterator[Example]:
        """The examples of one pass, in an order that depends on the seed and the pass only."""
        order = [*range(len(self._asked)), *self._often]
        dice = random.Random(f"{self._seed} {epoch}")  # noqa: S311 - repeatable on purpose
        dice.shuffle(order)
        for start in range(0, len(order), _TOGETHER):
            numbers = order[start : start + _TOGETHER]
            with_wrong = [number for number in numbers if dice.random() < self._negative]
            wrong = dict(zip(with_wrong, self._wrong_passages(with_wrong, dice), strict=True))
            for number in numbers:
                asked = self._asked[number]
                passages = (self.passages[asked.passage], *wrong.get(number, ()))
                yield Example(self._as_typed(number, dice), passages, asked.place)

    def _encoded(self, texts: Sequence[str], progress: Callable[[int, int], None] | None) -> Vectors:
        """The passages' vectors: encoding them takes minutes, so they are kept if they may be."""
        if self._kept and self._kept.is_file():
            kept: Vectors = np.load(self._kept)
            return kept
        told = (lambda done: progress(done, len(texts))) if progress else None
        vectors = self._encoder.encode_document(texts, told)
        if self._kept:
            partial = self._kept.with_suffix(".partial.npy")
            np.save(partial, vectors)
            partial.replace(self._kept)
        return vectors

    def _add(self, article: dict[str, Any]) -> None:
        title = article["title"].replace("_", " ")
        text = "\n\n".join(paragraph["context"] for paragraph in article["paragraphs"])
        spans = self._cut(title, text)
        offset = 0
        for paragraph in article["paragraphs"]:
            for asked in paragraph["qas"]:
                answer = asked["answers"][0]
                start = offset + answer["answer_start"]
                answers = tuple({each["text"] for each in asked["answers"]})
                self._ask(asked["question"].strip(), answers, (start, start + len(answer["text"])), spans)
            offset += len(paragraph["context"]) + 2

    def _add_search_questions(self, path: Path) -> None:
        dataset = load(path)
        texts = {article.id: article.text for article in dataset.articles}
        spans = {article.id: self._cut(article.title, article.text) for article in dataset.articles}
        for asked in dataset.questions:
            if asked.article is None or asked.paragraph is None or not asked.answers:
                continue
            start = texts[asked.article].find(asked.answers[0], *asked.paragraph)
            if start >= 0:
                place = (start, start + len(asked.answers[0]))
                self._ask(asked.text, asked.answers, place, spans[asked.article])

    def _cut(self, title: str, text: str) -> list[tuple[int, Span]]:
        """Add the passages of an article; each one's number and place."""
        spans = cut(text)
        first = len(self.passages)
        self.passages.extend(TrainingPassage(title, text[start:end]) for start, end in spans)
        return list(enumerate(spans, first))

    def _ask(
        self, question: str, answers: tuple[str, ...], place: tuple[int, int], spans: Sequence[tuple[int, Span]]
    ) -> None:
        """Add a question, unless a passage's border parts its answer."""
        after = bisect_right(spans, place[0], key=lambda each: each[1].start)
        number, span = spans[after - 1]
        if after and place[1] <= span.end:
            self._asked.append(_Asked(question, answers, number, (place[0] - span.start, place[1] - span.start)))

    def _wrong_passages(self, numbers: Sequence[int], dice: random.Random) -> list[tuple[TrainingPassage, ...]]:
        """For each question a passage that the search ranks high without its holding an answer, if there is one."""
        if not numbers:
            return []
        asked = [self._asked[number] for number in numbers]
        cosines = self._encoder.encode_query([each.question for each in asked]) @ self._vectors.T
        return [self._wrong_passage(each, row, dice) for each, row in zip(asked, cosines, strict=True)]

    def _wrong_passage(
        self, asked: _Asked, cosines: NDArray[np.float32], dice: random.Random
    ) -> tuple[TrainingPassage, ...]:
        scores = self._bm25.scores(asked.question)
        fused = DENSE_WEIGHT * cosines / cosines.std() + (1 - DENSE_WEIGHT) * scores / (scores.std() or 1.0)
        best = np.argpartition(-fused, min(3 * NEGATIVES, len(fused) - 1))[: 3 * NEGATIVES]
        ranked = [self.passages[i] for i in best[np.argsort(-fused[best])]]
        wrong = [passage for passage in ranked if not _has_any(passage.text, asked.answers)]
        return (dice.choice(wrong[:NEGATIVES]),) if wrong else ()

    def _as_typed(self, number: int, dice: random.Random) -> str:
        """The question as people type it.

        A third without the question mark, one in twelve with a slip of the finger, one in twelve stumbling over
        another question about the same text.
        """
        question = self._asked[number].question
        if dice.random() < 1 / 3:
            question = question.rstrip("? ")
        if dice.random() < 1 / 12:
            question = _slip(question, dice)
        if dice.random() < 1 / 12:
            question = _stumble(question, self._asked[number - 1].question.rstrip("? "), dice)
        return question


def _has_any(text: str, answers: Sequence[str]) -> bool:
    lowered = text.lower()
    return any(answer.lower() in lowered for answer in answers)


def _stumble(question: str, other: str, dice: random.Random) -> str:
    """The question, begun as another one or with a word of another in it, and taken back."""
    meant, begun = question.split(), other.split()
    names = [word for word in begun[1:] if word[0].isupper() or word[0].isdigit()]
    places = [at for at, word in enumerate(meant) if at and (word[0].isupper() or word[0].isdigit())]
    if names and places and dice.random() < 2 / 3:
        at = dice.choice(places)
        return " ".join([*meant[:at], dice.choice(names), dice.choice(_STUMBLES), *meant[at:]])
    return " ".join([*begun[: dice.randint(1, 6)], dice.choice(_STUMBLES), *meant])


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
