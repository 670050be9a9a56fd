"""Data sets to questions over passages, which are cut from their texts by the product's own rules."""

from __future__ import annotations

import gzip
import json
import random
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from retrieval.evaluation.datasets import load
from retrieval.text.passages import cut
from retrieval.text.sentences import Span
from training.pack import Asked, TrainingPassage


@dataclass(slots=True)
class Sources:
    """What was read so far."""

    passages: list[TrainingPassage] = field(default_factory=list)
    questions: list[Asked] = field(default_factory=list)
    paragraphs: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """By a paragraph's text, the passages that it became."""
    numbers: dict[tuple[str, str], int] = field(default_factory=dict)
    """Of answerable questions, by their paragraph and their words."""
    spans: list[Span] = field(default_factory=list)
    """Each passage's place in its article."""

    def add_squad(self, path: Path) -> None:
        """Add a file of SQuAD 1.1: an article is all its paragraphs."""
        with _opened(path) as file:
            articles = json.load(file)["data"]
        for article in articles:
            contexts = [paragraph["context"] for paragraph in article["paragraphs"]]
            places = self._cut(article["title"].replace("_", " "), contexts)
            for paragraph in article["paragraphs"]:
                for row in paragraph["qas"]:
                    found = [(each["answer_start"], each["text"]) for each in row["answers"]]
                    self._ask("squad", row["question"], paragraph["context"], found, places)

    def add_lines(self, path: Path, *, every: int | None = None) -> None:
        """Add JSON lines of ``title``, ``text``, ``question`` and ``answers``, a list of offset and text each.

        Paragraphs of one title are one article. ``every`` is how many questions about a text are taken at most.
        """
        with _opened(path) as file:
            rows = [json.loads(line) for line in file]
        if every is not None:
            rows = _few_of_each(rows, every)
        texts: dict[str, dict[str, None]] = defaultdict(dict)
        for row in rows:
            if row["text"] not in self.paragraphs:
                texts[row["title"]][row["text"]] = None
        places: dict[str, Span] = {}
        for title, paragraphs in texts.items():
            # What has no title has nothing to do with what stands next to it.
            for together in [list(paragraphs)] if title else [[paragraph] for paragraph in paragraphs]:
                places |= self._cut(title.replace("_", " "), together)
        for row in rows:
            self._add_row(row, places)

    def add_data_set(self, path: Path, source: str) -> None:
        """Add any file that ``quoth eval`` reads and whose answers are marked in it."""
        dataset = load(path)
        for article in dataset.articles:
            places = self._cut(article.title, article.text.split("\n\n"))
            for asked in dataset.questions:
                if asked.article == article.id and asked.paragraph is not None and asked.answers:
                    paragraph = article.text[slice(*asked.paragraph)]
                    found = [(paragraph.find(answer), answer) for answer in asked.answers]
                    self._ask(source, asked.text, paragraph, [each for each in found if each[0] >= 0], places)

    def _add_row(self, row: dict[str, Any], places: dict[str, Span]) -> None:
        question, source = row["question"], row["set"]
        if before := row.get("before"):
            question = f"{question} ({before[-1][0].rstrip('? ')})"  # in the form that a follow-up is read in
        if row["answers"]:
            self._ask(source, question, row["text"], [tuple(each) for each in row["answers"]], places)
        elif row["text"] in self.paragraphs:
            twin = self.numbers.get((row["text"], row["was"].strip())) if "was" in row else None
            of_paragraph = self.paragraphs[row["text"]]
            own = self.questions[twin].passage if twin is not None else of_paragraph[0]
            rivals = tuple(each for each in of_paragraph if each != own)
            self.questions.append(Asked(source, question.strip(), own, None, rivals, twin))

    def _cut(self, title: str, paragraphs: Sequence[str]) -> dict[str, Span]:
        """Add an article's passages; where in its text each paragraph is, which ``paragraphs`` then knows too."""
        text = "\n\n".join(paragraphs)
        spans = cut(text)
        first = len(self.passages)
        self.passages.extend(TrainingPassage(title, text[start:end]) for start, end in spans)
        self.spans.extend(spans)
        places, start = {}, 0
        for paragraph in paragraphs:
            end = start + len(paragraph)
            places[paragraph] = Span(start, end)
            self.paragraphs[paragraph] = tuple(
                first + number for number, span in enumerate(spans) if span.start < end and span.end > start
            )
            start = end + 2
        return places

    def _ask(
        self,
        source: str,
        question: str,
        paragraph: str,
        answers: Sequence[tuple[int, str]],
        places: dict[str, Span],
    ) -> None:
        """Add a question, unless a passage's border parts its answer, or the paragraph was met in another set."""
        if not answers or paragraph not in places:
            return
        start = places[paragraph].start + answers[0][0]
        end = start + len(answers[0][1])
        of_paragraph = self.paragraphs[paragraph]
        spans = [self.spans[each] for each in of_paragraph]
        after = bisect_right(spans, start, key=lambda span: span.start)
        if after and end <= spans[after - 1].end:
            at, before = of_paragraph[after - 1], spans[after - 1].start
            self.numbers[(paragraph, question.strip())] = len(self.questions)
            texts = tuple(dict.fromkeys(text for _, text in answers))
            place = (start - before, end - before)
            self.questions.append(Asked(source, question.strip(), at, place, answers=texts))


def _few_of_each(rows: Sequence[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    by_text = defaultdict(list)
    for row in rows:
        by_text[row["text"]].append(row)
    dice = random.Random(1)  # noqa: S311 - repeatable on purpose
    return [row for of_text in by_text.values() for row in dice.sample(of_text, min(most, len(of_text)))]


def _opened(path: Path) -> Any:
    opener = gzip.open if path.suffix == ".gz" else open
    return opener(path, "rt", encoding="utf-8")
