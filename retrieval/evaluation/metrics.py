"""Data sets to figures: how well the engine finds, quotes and declines, asked as a person would ask it.

``datasets.load`` reads a data set, ``indexed`` puts its articles into an engine of their own, ``outcomes`` asks its
questions one by one, and ``summarise`` makes figures of what came back; ``evaluate`` is all four.
"""

from __future__ import annotations

import time
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from retrieval.answer.answer import Answer
from retrieval.answer.quoting.quotes import Quote
from retrieval.answer.reading.reader import Reader, whole_sentences
from retrieval.articles.article import Article
from retrieval.engine import Engine
from retrieval.errors import StorageFailed
from retrieval.evaluation.datasets import Dataset, Question, as_file, holds, load, normalise
from retrieval.index.address import Where
from retrieval.index.changes import Progress
from retrieval.index.places import place_of
from retrieval.index.updating import Report, update
from retrieval.models.encoder import Encoder

_T = TypeVar("_T")

_DEPTH = 10
"""Ranks below this one count as not found, in MRR@10 too."""

_QUOTES = 3
"""Quotes asked for, as a person gets them."""

_THRESHOLDS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
"""Confidences at which the figures say what declining would have been like."""


_BINS = 10
"""Of confidence, for the calibration error."""


@dataclass(frozen=True, slots=True)
class Marks:
    """How good one answer was. What was quoted is marked even where the engine called it no answer."""

    answerable: bool
    answered: bool
    confidence: float
    """What the engine said, 0 to 1."""
    rank: int | None
    """Of the first passage overlapping the question's own paragraph, from 1; None below the tenth."""
    first_quote: bool
    first_three: bool
    em: float | None
    """1 where the first highlight is one of the answers, else 0; None where answers are whole sentences."""
    f1: float | None
    """Overlap in words, 0 to 1, of the first highlight with the answer it is most like."""
    elapsed_ms: float
    quotes: int
    """How many there were, right or not."""
    cut: int
    """How many of them are not whole sentences, or have something in bold outside: none, if all is well."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A question, what the engine said, and how good that was."""

    question: Question
    answer: Answer
    marks: Marks


@dataclass(frozen=True, slots=True)
class Declining:
    """What would be declined if ``confidence`` were the threshold. Rates are in 0..1; None of no questions."""

    confidence: float
    unanswerable: float | None
    """How often a question that nothing answers is declined, and one that something does."""
    answerable: float | None
    right: float | None
    """How often the first quote holds an answer, of all questions that are not declined."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Every rate is in 0..1, over the answerable questions unless it says otherwise; None where there are none."""

    articles: int
    passages: int
    questions: int
    answerable: int
    hit_at_1: float | None
    """How often one of the first k passages overlaps the question's own paragraph."""
    hit_at_5: float | None
    hit_at_10: float | None
    mrr_at_10: float | None
    first_quote: float | None
    """How often the first quote holds an answer, and one of the first three; see ``holds``."""
    first_three: float | None
    span_em: float | None
    """Of the first highlight of the first quote, as SQuAD measures (Rajpurkar et al. 2016, arXiv:1606.05250)."""
    span_f1: float | None
    answered: float | None
    """How often the engine did not decline."""
    declined: float | None
    """How often it did, of the unanswerable questions."""
    auroc: float | None
    """How often an answerable question has more confidence than an unanswerable one: the area under the ROC curve."""
    calibration_error: float | None
    """Of all questions; see ``calibration_error``."""
    thresholds: tuple[Declining, ...]
    """What other thresholds would have done, from the lowest."""
    quotes: int
    """Of whatever question; and how many of them are cut, as ``Marks`` says."""
    cut: int
    unfilled: int
    """Questions that were left out, since nobody has said yet what answers them."""
    index_s: float
    """Seconds that building the index took."""
    p50_ms: float
    """Milliseconds an answer took, model included: the median, and what 95 % stayed under."""
    p95_ms: float


def evaluate(  # noqa: PLR0913 - what an evaluation is made of
    path: Path,
    encoder: Encoder,
    *,
    articles: Path | None = None,
    reader: Reader | None = None,
    limit: int | None = None,
    threshold: float,
    index: Where | None = None,
    progress: Progress | None = None,
    heard: Callable[[Outcome], object] = lambda _: None,
) -> Figures:
    """Index the articles of the data set at ``path`` in a temporary folder, ask its questions, and sum up.

    ``limit`` questions are asked, spread evenly over the file; all articles are indexed all the same. Where a folder of
    ``articles`` is named, the questions are asked about these instead, with their sources and dates. An ``index`` is
    made and kept where one is named. ``heard`` is told what became of each question.

    Raises:
        FolderMissing, NoArticles: there is no such folder, or nothing in it.
        FileMissing: there is no such file.
        StorageFailed: the file cannot be read, or the temporary index cannot be written.
        DatasetInvalid: the file makes no sense as a data set.
        EncoderUnavailable, WeightsMismatch: see ``encoder``.
    """
    dataset = load(path, only_questions=articles is not None)
    questions = spread(dataset.questions, limit)
    building = indexed(
        dataset, encoder, articles=articles, reader=reader, threshold=threshold, index=index, progress=progress
    )
    with building as (engine, report):
        marks: list[Marks] = []
        for outcome in outcomes(engine, questions, progress):
            marks.append(outcome.marks)
            heard(outcome)
        figures = summarise(marks, articles=len(engine.index.articles), report=report, unfilled=dataset.unfilled)
    # Questions about a folder do not say which paragraph they are about.
    return replace(figures, hit_at_1=None, hit_at_5=None, hit_at_10=None, mrr_at_10=None) if articles else figures


def spread(questions: Sequence[_T], limit: int | None) -> Sequence[_T]:
    """``limit`` of the questions at equal distances, the first among them; all when there are no more than that."""
    total = len(questions)
    if limit is None or limit >= total:
        return questions
    return [questions[number * total // limit] for number in range(limit)]


@contextmanager
def indexed(
    dataset: Dataset,
    encoder: Encoder,
    *,
    articles: Path | None = None,
    reader: Reader | None = None,
    threshold: float,
    index: Where | None = None,
    progress: Progress | None = None,
) -> Iterator[tuple[Engine, Report]]:
    """An engine over the data set's articles, or a folder's, and what building its index took.

    The index is a temporary one unless a place is named.

    Raises:
        StorageFailed, EncoderUnavailable, WeightsMismatch: as ``update`` does.
    """
    with TemporaryDirectory(prefix="quoth-eval-") as name:
        folder = articles or Path(name, "articles")
        if not articles:
            _write(folder, dataset.articles)
        place = index or Path(name, "index")
        report = update(folder, place, encoder, progress=progress)
        yield Engine(place_of(place).open(), encoder, reader=reader, threshold=threshold), report


def _write(folder: Path, articles: Iterable[Article]) -> None:
    """Write each article to a file that reads back as the same article."""
    try:
        folder.mkdir()
        for article in articles:
            (folder / article.path).write_text(as_file(article), encoding="utf-8", newline="\n")
    except OSError as error:
        raise StorageFailed(folder, error.strerror or str(error)) from error


def outcomes(engine: Engine, questions: Sequence[Question], progress: Progress | None = None) -> Iterator[Outcome]:
    """Ask the questions one after the other; ``progress`` is told of each under the stage ``asking``."""
    for number, question in enumerate(questions, 1):
        started = time.perf_counter()
        answer = engine.ask(question.text, top=_QUOTES)
        elapsed_ms = (time.perf_counter() - started) * 1000
        yield Outcome(question, answer, mark(question, answer, elapsed_ms))
        if progress:
            progress("asking", number, len(questions))


def mark(question: Question, answer: Answer, elapsed_ms: float) -> Marks:
    """Compare an answer with what is known."""
    held = [
        any(holds(quote.text, gold, sentence=question.sentences) for gold in question.answers)
        for quote in answer.quotes[:_QUOTES]
    ]
    spans = [] if question.sentences else question.answers
    said = _first_highlight(answer)
    return Marks(
        answerable=bool(question.answers),
        answered=answer.answered,
        confidence=answer.confidence,
        rank=_rank(question, answer),
        first_quote=any(held[:1]),
        first_three=any(held),
        em=max((float(normalise(said) == normalise(gold)) for gold in spans), default=None),
        f1=max((f1(said, gold) for gold in spans), default=None),
        elapsed_ms=elapsed_ms,
        quotes=len(answer.quotes),
        cut=sum(map(_is_cut, answer.quotes)),
    )


def _is_cut(quote: Quote) -> bool:
    place = quote.span
    inside = all(place.start <= start < end <= place.end for start, end in quote.highlights)
    return not inside or whole_sentences(quote.article.text, place) != place


def _rank(question: Question, answer: Answer) -> int | None:
    if question.paragraph is None:
        return None
    start, end = question.paragraph
    for rank, hit in enumerate(answer.hits[:_DEPTH], 1):
        passage = hit.passage
        if passage.article.id == question.article and passage.start < end and start < passage.end:
            return rank
    return None


def _first_highlight(answer: Answer) -> str:
    """The words marked first in the first quote, or none."""
    if not answer.quotes or not answer.quotes[0].highlights:
        return ""
    start, end = answer.quotes[0].highlights[0]
    return answer.quotes[0].article.text[start:end]


def summarise(marks: Sequence[Marks], *, articles: int, report: Report, unfilled: int = 0) -> Figures:
    """Sum up the marks of all answers."""
    answerable = [each for each in marks if each.answerable]
    ranks = [each.rank or _DEPTH + 1 for each in answerable]
    times = sorted(each.elapsed_ms for each in marks)
    return Figures(
        articles=articles,
        passages=report.passages,
        questions=len(marks),
        answerable=len(answerable),
        hit_at_1=_within(ranks, 1),
        hit_at_5=_within(ranks, 5),
        hit_at_10=_within(ranks, 10),
        mrr_at_10=_mean(1 / rank if rank <= _DEPTH else 0.0 for rank in ranks),
        first_quote=_mean(each.first_quote for each in answerable),
        first_three=_mean(each.first_three for each in answerable),
        span_em=_mean(each.em for each in answerable if each.em is not None),
        span_f1=_mean(each.f1 for each in answerable if each.f1 is not None),
        answered=_mean(each.answered for each in answerable),
        declined=_mean(not each.answered for each in marks if not each.answerable),
        auroc=auroc(
            [each.confidence for each in answerable], [each.confidence for each in marks if not each.answerable]
        ),
        calibration_error=calibration_error([each.confidence for each in marks], [each.first_quote for each in marks]),
        thresholds=tuple(_declining(marks, confidence) for confidence in _THRESHOLDS),
        quotes=sum(each.quotes for each in marks),
        cut=sum(each.cut for each in marks),
        unfilled=unfilled,
        index_s=report.elapsed_s,
        p50_ms=_quantile(times, 0.5),
        p95_ms=_quantile(times, 0.95),
    )


def _declining(marks: Sequence[Marks], threshold: float) -> Declining:
    return Declining(
        confidence=threshold,
        unanswerable=_mean(each.confidence < threshold for each in marks if not each.answerable),
        answerable=_mean(each.confidence < threshold for each in marks if each.answerable),
        right=_mean(each.first_quote for each in marks if each.confidence >= threshold),
    )


def auroc(higher: Iterable[float], lower: Iterable[float]) -> float | None:
    """How often one of ``higher`` exceeds one of ``lower``, a draw counting half; None where one has no values."""
    ours, theirs = list(higher), sorted(lower)
    if not ours or not theirs:
        return None
    won = sum(bisect_left(theirs, value) + bisect_right(theirs, value) for value in ours)
    return won / 2 / len(ours) / len(theirs)


def calibration_error(confidences: Sequence[float], right: Sequence[bool]) -> float | None:
    """How far confidence is from how often it is right, on average over equal bins; None of no questions.

    The expected calibration error of Guo et al. 2017, https://arxiv.org/abs/1706.04599.
    """
    excess = [0.0] * _BINS
    for confidence, held in zip(confidences, right, strict=True):
        excess[min(int(confidence * _BINS), _BINS - 1)] += confidence - held
    return sum(map(abs, excess)) / len(confidences) if confidences else None


def _within(ranks: Iterable[int], k: int) -> float | None:
    return _mean(rank <= k for rank in ranks)


def _mean(values: Iterable[float]) -> float | None:
    numbers = list(values)
    return sum(numbers) / len(numbers) if numbers else None


def _quantile(ordered: Sequence[float], share: float) -> float:
    """The smallest of the values that at least ``share`` of them do not exceed."""
    return ordered[ceil(share * len(ordered)) - 1]


# --- comparing texts -----------------------------------------------------------------------------------------


def f1(said: str, gold: str) -> float:
    """Harmonic mean of precision and recall in words, as SQuAD's own script has it, 0 to 1."""
    ours, theirs = normalise(said).split(), normalise(gold).split()
    if not ours or not theirs:
        return float(ours == theirs)
    common = (Counter(ours) & Counter(theirs)).total()
    return 2 * common / (len(ours) + len(theirs))
