"""Data sets to training examples: questions over the product's own passages, one that answers and one that does not."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.answer.search import DENSE_WEIGHT
from retrieval.evaluation.datasets import load
from retrieval.index.lexical import LexicalIndex
from retrieval.models.encoder import Encoder
from retrieval.models.threads import in_threads, thread_count
from retrieval.text.passages import cut
from retrieval.text.sentences import Span
from training.forms import follow_up, slip, stumble
from training.pack import TrainingPassage, holds_any

NEGATIVES = 6
"""A wrong passage is one of this many that the product's search ranks best without their holding the answer."""

SEARCH_QUESTIONS = 3
"""How often a pass takes each question that people typed into a search engine: they are few beside SQuAD's."""

_TOGETHER = 256
"""Questions whose wrong passages a thread looks for at once."""


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

    Each pass over it gives every question with the passage that answers it and, often, with others that do not.
    """

    def __init__(
        self,
        squad: Path,
        encoder: Encoder,
        *,
        search_questions: Path | None = None,
        kept: Path | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        """Cut the articles and search them for wrong passages; ``progress`` is told how much of how much is done.

        ``kept`` is a folder that what was found waits in for a run that goes on from a checkpoint.
        """
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
        told = (encoder.fingerprint, *texts, *(each.question for each in self._asked))
        digest = hashlib.sha256("\0".join(told).encode()).hexdigest()
        self._kept = kept / f"checkpoint.{digest[:16]}.npy" if kept else None
        self._rivals = self._found(texts, encoder, progress)

    def __len__(self) -> int:
        return len(self._asked)

    def forget(self) -> None:
        """Delete what was kept."""
        if self._kept:
            self._kept.unlink(missing_ok=True)

    def shuffled(self, epoch: int, *, negative: float, wrong: int = 1, seed: int) -> Iterator[Example]:
        """The examples of one pass, in an order that depends on the seed and the pass only.

        With the probability ``negative`` one has ``wrong`` passages that do not answer beside the one that does.
        """
        order = [*range(len(self._asked)), *self._often]
        dice = random.Random(f"{seed} {epoch}")  # noqa: S311 - repeatable on purpose
        dice.shuffle(order)
        for number in order:
            asked = self._asked[number]
            rivals = self._rivals[number][self._rivals[number] >= 0].tolist()
            beside = dice.sample(rivals, min(wrong, len(rivals))) if dice.random() < negative else []
            passages = tuple(self.passages[each] for each in (asked.passage, *beside))
            yield Example(self._as_typed(number, dice), passages, asked.place)

    def _found(
        self, texts: Sequence[str], encoder: Encoder, progress: Callable[[int, int], None] | None
    ) -> NDArray[np.int32]:
        """Each question's wrong passages, shape (questions, ``NEGATIVES``): finding them takes minutes."""
        if self._kept and self._kept.is_file():
            kept: NDArray[np.int32] = np.load(self._kept)
            return kept
        rivals = self._search(texts, encoder, progress or (lambda *_: None))
        if self._kept:
            partial = self._kept.with_suffix(".partial.npy")
            np.save(partial, rivals)
            partial.replace(self._kept)
        return rivals

    def _search(
        self, texts: Sequence[str], encoder: Encoder, progress: Callable[[int, int], None]
    ) -> NDArray[np.int32]:
        """The wrong passages that the product's search ranks best, best first; -1 where there are no more."""
        total = len(texts) + 2 * len(self._asked)
        vectors = encoder.encode_document(texts, lambda done: progress(done, total))
        bm25 = LexicalIndex.build(texts)
        parts = [self._asked[start : start + _TOGETHER] for start in range(0, len(self._asked), _TOGETHER)]
        queries = []
        for part in parts:
            queries.append(encoder.encode_query([each.question for each in part]))
            progress(len(texts) + _TOGETHER * len(queries), total)

        def rank(number: int) -> NDArray[np.int32]:
            cosines = queries[number] @ vectors.T
            return np.stack([self._ranked(*each, bm25) for each in zip(parts[number], cosines, strict=True)])

        found = []
        for rows in in_threads(rank, range(len(parts)), thread_count()):
            found.append(rows)
            progress(total - len(self._asked) + _TOGETHER * len(found), total)
        return np.concatenate(found)

    def _ranked(self, asked: _Asked, cosines: NDArray[np.float32], bm25: LexicalIndex) -> NDArray[np.int32]:
        scores = bm25.scores(asked.question)
        fused = DENSE_WEIGHT * cosines / cosines.std() + (1 - DENSE_WEIGHT) * scores / (scores.std() or 1.0)
        best = np.argpartition(-fused, min(3 * NEGATIVES, len(fused) - 1))[: 3 * NEGATIVES]
        ranked = best[np.argsort(-fused[best])]
        wrong = [number for number in ranked if not holds_any(self.passages[number].text.lower(), asked.answers)][
            :NEGATIVES
        ]
        return np.array(wrong + [-1] * (NEGATIVES - len(wrong)), dtype=np.int32)

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

    def _as_typed(self, number: int, dice: random.Random) -> str:
        """The question as people type it.

        A third without the question mark, one in twelve with a slip of the finger, one in twelve stumbling over
        another question about the same text, and one in twelve going on from that one.
        """
        question, other = self._asked[number].question, self._asked[number - 1].question.rstrip("? ")
        if dice.random() < 1 / 3:
            question = question.rstrip("? ")
        if dice.random() < 1 / 12:
            question = slip(question, dice)
        if dice.random() < 1 / 12:
            question = stumble(question, other, dice)
        elif dice.random() < 1 / 12:
            question = follow_up(question, other, dice)
        return question
