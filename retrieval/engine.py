"""The engine: a question in, an answer of verbatim quotes out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from retrieval.answer.answer import Answer, Stage
from retrieval.answer.arranging import ArrangingWeights, arranged, without_echo
from retrieval.answer.conversation import Conversation, Turn
from retrieval.answer.courtesies import without_courtesies
from retrieval.answer.evidence import Evidence, gather
from retrieval.answer.interpretation import Interpretation, interpret
from retrieval.answer.likelihood import FollowUpWeights
from retrieval.answer.newer import NewerArticles, NewerWeights
from retrieval.answer.overlap_reader import OverlapReader
from retrieval.answer.query import Context, Filters, Query, as_probability, checked
from retrieval.answer.quotes import Quote, QuoteWeights, choose, without_weak
from retrieval.answer.reader import Reader, total_score
from retrieval.answer.reading import TaskReadings, best_readings, quotable, read_as, reading_tasks, reranked
from retrieval.answer.references import next_context
from retrieval.answer.search import Found, Searcher, SearchWeights
from retrieval.answer.spelling import Correction, Speller
from retrieval.answer.tracing import Trace, trace
from retrieval.answer.variants import QueryVariants
from retrieval.articles.article import ArticleInfo
from retrieval.index.address import where
from retrieval.index.changes import Freshness, Progress, Stale
from retrieval.index.protocol import Index
from retrieval.models.encoder import Encoder
from retrieval.text.quote_link import QuoteLink

if TYPE_CHECKING:
    from retrieval.answer.grouping import Remembering

THRESHOLD = 0.27
"""Confidence from which an answer is given. Of near misses about articles that nothing was fitted on it declines .52,
and .10 of what these articles answer; of questions about other articles .99, and .12 of their own (docs/measuring.md).
It is the least that declines four of five near misses about news (tests/answers)."""

_CANDIDATES = 3
"""Quotes that are chosen at least, however few are shown: the second may be of a newer article, or say the same."""


@dataclass(frozen=True, slots=True)
class EngineWeights:
    """The tuned weights of every stage but the reader's, which it has itself."""

    search: SearchWeights = field(default_factory=SearchWeights)
    follow_up: FollowUpWeights = field(default_factory=FollowUpWeights)
    quotes: QuoteWeights = field(default_factory=QuoteWeights)
    arranging: ArrangingWeights = field(default_factory=ArrangingWeights)
    newer: NewerWeights = field(default_factory=NewerWeights)


class Engine:
    """Answers questions from an index of the articles. ``Engine.open`` makes one of a folder of articles.

    Any number of threads may ask at once.

    Args:
        index: the articles as they were indexed.
        encoder: the one that they were indexed with.
        articles: their folder, for telling of quotes from files that have changed since; None for not telling.
        reader: what finds the words that answer; None for one that needs no model.
        threshold: the confidence from which an answer is given.
        weights: the stages' tuned weights.
    """

    def __init__(
        self,
        index: Index,
        encoder: Encoder,
        *,
        articles: Path | None = None,
        reader: Reader | None = None,
        threshold: float = THRESHOLD,
        weights: EngineWeights | None = None,
    ) -> None:
        self.index = index
        self._weights = weights or EngineWeights()
        self._encoder = encoder
        self._remembering: Remembering | None = None
        self._speller = Speller(index)
        self._searcher = Searcher(index, encoder, weights=self._weights.search, follow_up=self._weights.follow_up)
        self._newer = NewerArticles(index, self._weights.newer)
        self._reader = reader or OverlapReader()
        self._freshness = Freshness(articles, index) if articles else None
        self._threshold = as_probability("threshold", threshold)

    @classmethod
    def open(
        cls,
        articles: str | Path,
        *,
        index: str | Path | None = None,
        encoder: str | Encoder = "bundled",
        reader: str | Reader = "trained",
        device: str | None = None,
        confidence: float = THRESHOLD,
        progress: Progress | None = None,
    ) -> Engine:
        """The engine over a folder of articles, whose index is brought up to date first.

        Args:
            articles: the folder.
            index: where its index is kept, a folder or ``milvus://host:19530/name``; without it, a folder ``index``
                beside the articles.
            encoder: ``bundled``, a sentence-transformers model's folder or name, or an ``Encoder``.
            reader: ``trained`` for the one that ships, ``none`` for one that needs no model, a model's folder or name,
                or a ``Reader``.
            device: where models run, as PyTorch names it; by default on the processor, by ONNX Runtime.
            confidence: the confidence, 0 to 1, from which an answer is given.
            progress: told how far indexing is.

        Raises:
            FolderMissing, NoArticles, StorageFailed, IndexLocked: see ``index.updating.update``.
            EncoderUnavailable, WeightsMismatch, DeviceUnavailable, ReaderUnavailable: a model cannot be loaded.
        """
        from retrieval.answer.span_reader import reader_named
        from retrieval.index.updating import open_up_to_date
        from retrieval.models.runtimes import encoder_named

        folder, threshold = _folder(articles), as_probability("confidence", confidence)
        encoder = encoder_named(encoder, device) if isinstance(encoder, str) else encoder
        chosen = reader_named(reader, device) if isinstance(reader, str) else reader
        place = folder.absolute().parent / "index" if index is None else where(str(index))
        opened, _ = open_up_to_date(folder, place, encoder, progress=progress)
        return cls(opened, encoder, articles=folder, reader=chosen, threshold=threshold)

    def ask(
        self,
        question: str,
        filters: Filters | None = None,
        top: int = 3,
        *,
        weak: bool = False,
        context: Context | None = None,
    ) -> Answer:
        """Answer ``question`` with at most ``top`` quotes from the articles that ``filters`` let through.

        Quotes that fall far behind the first are left out unless ``weak`` asks for them too. The question may go on
        from a ``context``; whether it does, and why, is in the answer's ``interpretation``.

        Raises:
            QuestionEmpty, QuestionTooLong: it is no question.
            ArticleUnknown: a filter names an article that is not there.
            ReaderUnavailable, EncoderUnavailable, WeightsMismatch, DeviceUnavailable: a model cannot be loaded, which
                the first question sees to.
        """
        return self.ask_all([question], filters, top, weak=weak, contexts=[context])[0]

    def ask_all(
        self,
        questions: Sequence[str],
        filters: Filters | None = None,
        top: int = 3,
        *,
        weak: bool = False,
        contexts: Sequence[Context | None] | None = None,
    ) -> list[Answer]:
        """Answer each of ``questions`` as ``ask`` does. They are encoded and read together, which takes less time.

        Raises:
            QuestionEmpty, QuestionTooLong, ArticleUnknown: as ``ask`` does; then none is answered.
        """
        asked = [questions] if isinstance(questions, str) else list(questions)
        queries = [
            Query(question, filters or Filters(), top, context, weak)
            for question, context in zip(asked, contexts or [None] * len(asked), strict=True)
        ]
        return self.answer_all(queries)

    def more(self, turn: Turn, filters: Filters | None = None, top: int = 3) -> tuple[Quote, ...]:
        """At most ``top`` further quotes for a turn's question, best first, that do not overlap any shown yet.

        When the question was declined they are the next nearest passages' sentences, and no answer. Raises as ``ask``.
        """
        fuller = self.ask(turn.answer.question, filters, len(turn.shown) + top, weak=True, context=turn.before)
        return turn.unseen(fuller)[:top]

    def conversation(self, filters: Filters | None = None, top: int = 3) -> Conversation:
        """A conversation, whose questions may each go on from those before it."""
        return Conversation(self, filters, top)

    def trace(self, link: QuoteLink) -> Trace:
        """What became of the quote that a link leads to: where its words stand, or what stands there instead."""
        found = trace(self.index, link)
        if found.article is None:
            return found
        stands = found.span if found.state != "changed" else None
        newer = self._newer.beside(found.article, stands) if stands else None
        return replace(found, stale=self.stale(found.article), newer=newer)

    def stale(self, article: ArticleInfo) -> Stale | None:
        """What became of the file of one of the articles since it was indexed, if anything."""
        return self._freshness.stale(article.path) if self._freshness else None

    def grouped(self, questions: Sequence[str], around: Sequence[str] = ()) -> list[tuple[int, ...]]:
        """Groups of questions that mean the same; see ``answer.grouping.grouped``."""
        from retrieval.answer.grouping import Remembering, grouped

        if self._remembering is None:
            self._remembering = Remembering(self._encoder)
        return grouped(questions, self._remembering, around=around)

    # --- the pipeline --------------------------------------------------------------------------------------------

    def answer_all(self, queries: Sequence[Query]) -> list[Answer]:
        """Answer queries: courtesies, spelling, variants, search, reading, quotes and confidence, in this order.

        Raises:
            QuestionEmpty, QuestionTooLong, ArticleUnknown: as ``ask`` does; then none is answered.
        """
        if not queries:
            return []
        started = time.perf_counter()
        corrections = [self._speller.corrected(without_courtesies(checked(query.text))) for query in queries]
        variants = [
            QueryVariants.of(correction.text, query.context)
            for correction, query in zip(corrections, queries, strict=True)
        ]
        found = self._searcher.search_all(
            variants, [query.filters for query in queries], self._weights.search.passages, for_reader=True
        )
        searched = time.perf_counter()
        read = self._read(variants, found)
        done = time.perf_counter()
        answers = [self._answer(*stages) for stages in zip(queries, corrections, variants, found, read, strict=True)]
        ended = time.perf_counter()
        took: dict[Stage, float] = {
            "searching": searched - started,
            "reading": done - searched,
            "deciding": ended - done,
        }
        seconds = {stage: each / len(queries) for stage, each in took.items()}
        elapsed_ms = (ended - started) * 1e3 / len(queries)
        return [replace(answer, elapsed_ms=elapsed_ms, seconds=seconds) for answer in answers]

    def _read(self, variants: Sequence[QueryVariants], found: Sequence[Found]) -> list[list[TaskReadings]]:
        """Read what was found for each question, all of it together."""
        tasks = [
            reading_tasks(
                question,
                each.hits,
                self.index.terms.weights,
                self._weights.follow_up,
                compares_variants=self._reader.compares_variants,
            )
            for question, each in zip(variants, found, strict=True)
        ]
        readings = iter(self._reader.read([task for some in tasks for task in some]))
        return [[TaskReadings(task, next(readings)) for task in some] for some in tasks]

    def _confidence(self, evidence: Evidence, interpretation: Interpretation) -> float:
        """Probability that the first quote answers; 0 without one."""
        if not evidence.figures:
            return 0.0
        return self._reader.calibration.probability(evidence.figures, on_topic=interpretation.in_context)

    def _beside(self, quote: Quote, *, answers: bool) -> Quote:
        """A quote with what became of its file and, where it answers, the newer article about the same."""
        newer = self._newer.about(quote) if answers else None
        return replace(quote, stale=self.stale(quote.article), newer=newer)

    def _answer(
        self,
        query: Query,
        correction: Correction,
        variants: QueryVariants,
        found: Found,
        read: Sequence[TaskReadings],
    ) -> Answer:
        """Interpret the question, choose what to quote of what was read, and say how sure that is."""
        weights = self._weights
        readings = quotable(best_readings(read), variants.typed)
        best = max(readings, key=total_score, default=None)
        interpretation = interpret(
            variants,
            found.estimate,
            read_as=read_as(read, best),
            posterior=best.hit.posterior if best else 0.0,
            likelier=weights.follow_up.in_context,
        )
        candidates = choose(readings, max(query.top, _CANDIDATES), weights.quotes)
        strong = candidates if query.weak else without_weak(candidates, weights.quotes)
        quotes = arranged(strong, interpretation.read_as, weights.arranging)[: query.top]
        evidence = gather(candidates, best, (variants.typed, interpretation.read_as), found.hits, self.index.terms)
        confidence = self._confidence(evidence, interpretation)
        hits = reranked(found.hits, read, weights.follow_up, compares_variants=self._reader.compares_variants)
        answered = bool(quotes) and confidence >= self._threshold
        answer = Answer(
            question=query.text,
            corrected=correction.text,
            slips=correction.slips,
            interpretation=interpretation,
            answered=answered,
            confidence=confidence,
            quotes=tuple(self._beside(quote, answers=answered) for quote in quotes),
            hits=tuple(hits[: weights.search.passages]),
            evidence=evidence.figures,
            doubts=evidence.doubts,
            context=query.context if interpretation.in_context else None,
        )
        return _without_echo(replace(answer, next_context=next_context(answer, query.context)), variants, self._reader)


def _folder(named: str | Path) -> Path:
    """The folder of articles; an empty name, as of a variable that is not set, is not the folder one is in."""
    if not str(named).strip():
        raise ValueError("articles is the path of a folder, and empty")
    return Path(named)


def _without_echo(answer: Answer, variants: QueryVariants, reader: Reader) -> Answer:
    """The answer without bold on words of the question, where its reader has a model, which marks what answers."""
    if not reader.compares_variants:
        return answer
    return replace(answer, quotes=without_echo(answer.quotes, variants.typed))
