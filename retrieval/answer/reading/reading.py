"""What is read of what was found: which passages for which variant of a question, and what follows from it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from retrieval.answer.asking.question import asks_for_sources
from retrieval.answer.follow_ups.likelihood import FollowUpWeights, rerank
from retrieval.answer.follow_ups.variants import QueryVariants
from retrieval.answer.reading.reader import Reading, ReadingTask, total_score, whole_sentences
from retrieval.answer.search import Hit
from retrieval.text.back_matter import is_back_matter
from retrieval.text.sentences import Span


@dataclass(frozen=True, slots=True)
class TaskReadings:
    """A task, and what the reader found for it."""

    task: ReadingTask
    readings: Sequence[Reading]


def reading_tasks(
    question: QueryVariants,
    hits: Sequence[Hit],
    terms_of: Callable[[str], Mapping[str, float]],
    weights: FollowUpWeights,
    *,
    compares_variants: bool,
) -> list[ReadingTask]:
    """Tasks for a reader: the question as typed, with its references resolved, or both.

    Both where the reader is to tell which is meant (``compares_variants``). What is surely found for one meaning is
    read for that one only. To such a reader it does not count which words a sentence shares: those of what was said
    before are all around it.

    Args:
        question: its variants.
        hits: what was found for it, best first.
        terms_of: the terms of a text with what each counts.
        weights: how sure is sure.
        compares_variants: see ``Reader``.
    """
    if question.context is None or not hits:
        return [ReadingTask(question.typed, hits, terms_of(question.typed))]
    if not compares_variants:
        text = question.resolved if hits[0].posterior >= weights.in_context else question.typed
        return [ReadingTask(text, hits, terms_of(text))]
    if question.resolved == question.typed or not question.content_terms:
        return [ReadingTask(question.resolved, hits, {})]
    as_typed = [hit for hit in hits if hit.posterior < weights.sure]
    in_context = [hit for hit in hits if hit.posterior > 1 - weights.sure]
    both = ReadingTask(question.typed, as_typed, {}), ReadingTask(question.resolved, in_context, {})
    return [task for task in both if task.hits]


def quotable(readings: Iterable[Reading], question: str) -> list[Reading]:
    """The readings without those in back matter (a list of references, say), unless the question asks for such."""
    if asks_for_sources(question):
        return list(readings)
    return [each for each in readings if not is_back_matter(each.hit.passage.article.text, each.span)]


def best_readings(read: Sequence[TaskReadings]) -> list[Reading]:
    """What was read for one question; where a sentence was read in several variants, its best reading."""
    if len(read) == 1:
        return list(read[0].readings)
    best: dict[tuple[int, Span], Reading] = {}
    for reading in chain.from_iterable(each.readings for each in read):
        sentence = id(reading.hit), whole_sentences(reading.hit.passage.article.text, reading.span)
        best[sentence] = max(best.get(sentence, reading), reading, key=total_score)
    return list(best.values())


def read_as(read: Sequence[TaskReadings], best: Reading | None) -> str:
    """The variant of the question for which the ``best`` reading was found; the first where nothing was."""
    return next(
        (each.task.question for each in read if any(reading is best for reading in each.readings)),
        read[0].task.question,
    )


def reranked(
    hits: Sequence[Hit], read: Sequence[TaskReadings], weights: FollowUpWeights, *, compares_variants: bool
) -> list[Hit]:
    """Hits by the best that was read in them, and behind them those that were not read.

    In context a reader whose scores tell which variant a passage answers has a say in each meaning's order
    (``likelihood.rerank``).
    """
    scores = [_best_scores(hits, each.readings) for each in read]
    likelihoods = [hit.likelihood for hit in hits if hit.likelihood]
    if likelihoods and compares_variants:
        # What was not read is taken for no better than the worst that was.
        least = [min((score for score in each if score > -math.inf), default=0.0) for each in scores]
        as_typed, in_context = ([max(score, least[task]) for score in scores[task]] for task in (0, -1))
        return [hits[number] for number in rerank(likelihoods, as_typed, in_context, weights)]
    best = [hit.score + max(each) for hit, *each in zip(hits, *scores, strict=True)]
    return [hits[number] for number in sorted(range(len(hits)), key=lambda number: -best[number])]


def _best_scores(hits: Sequence[Hit], readings: Iterable[Reading]) -> list[float]:
    """Of each hit the best score of what was read in it; -inf for none."""
    best = dict.fromkeys(map(id, hits), -math.inf)
    for reading in readings:
        best[id(reading.hit)] = max(best[id(reading.hit)], reading.score)
    return [best[id(hit)] for hit in hits]
