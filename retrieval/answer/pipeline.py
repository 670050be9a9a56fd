"""The way of a question: from what was typed to an answer of quotes, one stage after the other.

A question is understood (``courtesies``, ``spelling``, ``variants``), passages are found for it (``search``) and read
(``reading``, ``reader``), and then it is decided how it was meant (``interpretation``), what is quoted (``quotes``,
``arranging``), and how sure that is (``evidence``, ``confidence``).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from retrieval.answer.answer import Answer
from retrieval.answer.asking.courtesies import without_courtesies
from retrieval.answer.asking.spelling import Correction, Speller
from retrieval.answer.doubting.evidence import Evidence, gather
from retrieval.answer.follow_ups.interpretation import Interpretation, interpret
from retrieval.answer.follow_ups.likelihood import FollowUpWeights
from retrieval.answer.follow_ups.variants import QueryVariants
from retrieval.answer.newer import NewerArticles, NewerWeights
from retrieval.answer.query import Query, checked
from retrieval.answer.quoting.arranging import ArrangingWeights, arranged, without_echo
from retrieval.answer.quoting.completing import complete
from retrieval.answer.quoting.quotes import Quote, QuoteWeights, choose, without_weak
from retrieval.answer.reading.reader import Reader, total_score
from retrieval.answer.reading.reading import TaskReadings, best_readings, quotable, read_as, reading_tasks, reranked
from retrieval.answer.references import next_context
from retrieval.answer.search import Found, Searcher, SearchWeights
from retrieval.index.changes import Freshness
from retrieval.index.protocol import Index

_CANDIDATES = 3
"""Quotes that are chosen at least, however few are shown: the second may be of a newer article, or say the same."""


@dataclass(frozen=True, slots=True)
class StageWeights:
    """The tuned weights of every stage but the reader's, which it has itself."""

    search: SearchWeights = field(default_factory=SearchWeights)
    follow_up: FollowUpWeights = field(default_factory=FollowUpWeights)
    quotes: QuoteWeights = field(default_factory=QuoteWeights)
    arranging: ArrangingWeights = field(default_factory=ArrangingWeights)
    newer: NewerWeights = field(default_factory=NewerWeights)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A query as it is understood: without courtesies, with its slips put right, and in its variants."""

    query: Query
    correction: Correction
    variants: QueryVariants


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The stages, put together over one index. Any number of threads may ask at once."""

    index: Index
    speller: Speller
    searcher: Searcher
    reader: Reader
    newer: NewerArticles
    freshness: Freshness | None
    """Tells of quotes from files that have changed since they were indexed; None for not telling."""
    threshold: float
    """The confidence from which an answer is given."""
    weights: StageWeights

    def answers(self, queries: Sequence[Query]) -> list[Answer]:
        """Answer queries: understand, search and read them, and decide on each what to quote.

        Raises:
            QuestionEmpty, QuestionTooLong: one of them is no question; then none is answered.
            ArticleUnknown: a filter names an article that is not there.
        """
        if not queries:
            return []
        started = time.perf_counter()
        asked = [self._understood(query) for query in queries]
        found = self._search(asked)
        searched = time.perf_counter()
        read = self._read(asked, found)
        done = time.perf_counter()
        answers = [self._answer(*stages) for stages in zip(asked, found, read, strict=True)]
        ended, share = time.perf_counter(), 1 / len(queries)
        return [
            replace(
                answer,
                elapsed_ms=(ended - started) * 1e3 * share,
                seconds={
                    "searching": (searched - started) * share,
                    "reading": (done - searched) * share,
                    "deciding": (ended - done) * share,
                },
            )
            for answer in answers
        ]

    def _understood(self, query: Query) -> _Asked:
        """The query without courtesies, with its slips put right, and in its variants."""
        correction = self.speller.corrected(without_courtesies(checked(query.text)))
        return _Asked(query, correction, QueryVariants.of(correction.text, query.context))

    def _search(self, asked: Sequence[_Asked]) -> list[Found]:
        """Find passages for each question, all of them together."""
        variants, filters = [each.variants for each in asked], [each.query.filters for each in asked]
        return self.searcher.search_all(variants, filters, self.weights.search.passages, for_reader=True)

    def _read(self, asked: Sequence[_Asked], found: Sequence[Found]) -> list[list[TaskReadings]]:
        """Read what was found for each question, all of it together."""
        tasks = [
            reading_tasks(
                question.variants,
                each.hits,
                self.index.terms.weights,
                self.weights.follow_up,
                compares_variants=self.reader.compares_variants,
            )
            for question, each in zip(asked, found, strict=True)
        ]
        readings = iter(self.reader.read([task for some in tasks for task in some]))
        return [[TaskReadings(task, next(readings)) for task in some] for some in tasks]

    def _confidence(self, evidence: Evidence, interpretation: Interpretation) -> float:
        """Probability that the first quote answers; 0 without one."""
        if not evidence.figures:
            return 0.0
        # What a follow-up goes on from tells its topic, but not of a name that it adds and that is nowhere.
        on_topic = interpretation.in_context and not evidence.figures["unnamed"]
        return self.reader.calibration.probability(evidence.figures, on_topic=on_topic)

    def _beside(self, quote: Quote, *, answers: bool) -> Quote:
        """A quote with what became of its file and, where it answers, the newer article about the same."""
        newer = self.newer.about(quote) if answers else None
        stale = self.freshness.stale(quote.article.path) if self.freshness else None
        return replace(quote, stale=stale, newer=newer)

    def _answer(self, asked: _Asked, found: Found, read: Sequence[TaskReadings]) -> Answer:
        """Interpret the question, choose what to quote of what was read, and say how sure that is."""
        query, variants, weights = asked.query, asked.variants, self.weights
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
        whole = complete(strong, interpretation.read_as)
        quotes = arranged(whole, interpretation.read_as, weights.arranging)[: query.top]
        first, meant = whole[0] if whole else None, (variants.typed, interpretation.read_as)
        evidence = gather(first, best, meant, found.hits, self.index.terms)
        confidence = self._confidence(evidence, interpretation)
        hits = reranked(found.hits, read, weights.follow_up, compares_variants=self.reader.compares_variants)
        answered = bool(quotes) and confidence >= self.threshold
        answer = Answer(
            question=query.text,
            corrected=asked.correction.text,
            slips=asked.correction.slips,
            interpretation=interpretation,
            answered=answered,
            confidence=confidence,
            quotes=tuple(self._beside(quote, answers=answered) for quote in quotes),
            hits=tuple(hits[: weights.search.passages]),
            evidence=evidence.figures,
            doubts=evidence.doubts,
            context=query.context if interpretation.in_context else None,
        )
        return _without_echo(replace(answer, next_context=next_context(answer, query.context)), variants, self.reader)


def _without_echo(answer: Answer, variants: QueryVariants, reader: Reader) -> Answer:
    """The answer without bold on words of the question, where its reader has a model, which marks what answers."""
    if not reader.compares_variants:
        return answer
    return replace(answer, quotes=without_echo(answer.quotes, variants.typed))
