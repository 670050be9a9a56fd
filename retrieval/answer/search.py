"""Hybrid search: a question to hits, by a weighted sum of dense and lexical scores, with filters and in context."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from retrieval.answer.asking.question import asks_for_sources
from retrieval.answer.asking.time_asked import time_asked
from retrieval.answer.follow_ups.follow_up import (
    FollowUpEstimate,
    FollowUpEvidence,
    FollowUpGate,
    Scores,
    score_gap,
    shipped_gate,
)
from retrieval.answer.follow_ups.likelihood import (
    ContextLikelihood,
    FollowUpWeights,
    allocate,
    log_likelihoods,
    over_fetch,
)
from retrieval.answer.follow_ups.variants import QueryVariants
from retrieval.answer.query import Context, Filters
from retrieval.index.candidates import EVERYTHING, Asked, Candidates, Scope
from retrieval.index.protocol import Index
from retrieval.models.encoder import Encoder
from retrieval.text.back_matter import is_back_matter
from retrieval.text.passages import Passage
from retrieval.text.sentences import Span
from retrieval.text.terms import coverage

DENSE_WEIGHT = 0.7
"""Of the fused score; the rest is BM25's. Both are z-scores over the corpus, so the weights compare like with like."""


@dataclass(frozen=True, slots=True)
class SearchWeights:
    """How many passages are found, and what each score counts.

    The weights in context were tuned on the even talks of CAsT 2021 (``python -m benchmarks.talking cast``), with a
    look at all.
    """

    passages: int = 14
    """Passages that are found for a question, of which at most so many are read; in a conversation up to as many more.
    Reading more than ten finds the words for one question in two hundred more (SQuAD 1.1 dev)."""
    candidates: int = 100
    """Passages that each of the two rankings puts forward."""
    dense: float = DENSE_WEIGHT
    """Of the dense score in the fused one."""
    dense_in_context: float = 0.8
    """The same for the two longer variants, whose words BM25 finds in many a passage about something else."""
    as_typed: float = 0.42
    """What the question as typed counts in a follow-up's score."""
    with_history: float = 0.18
    """What the question behind the conversation's questions counts there."""
    with_passage: float = 0.4
    """What the question before the passage quoted last counts there."""
    typed_for_quoted: float = 0.7
    """What the question as typed counts for the very passage quoted last: the variant that holds its text says nothing
    of it."""
    of_the_day: float = 1.5
    """What it adds to a passage's place in the order that its article is of the very day that the question names."""
    near_context: int = 10
    """Passages nearest to what was said that the follow-up gate looks at."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that a question found, with each stage's score."""

    passage: Passage
    score: float
    """Fused: the weighted sum of the two z-scores; in context a log likelihood, in that unit up to twice it."""
    dense: float
    """Cosine between question and passage."""
    lexical: float
    """BM25."""
    dense_z: float
    lexical_z: float
    likelihood: ContextLikelihood | None = None
    """What the score is made of, where something was said before the question."""

    @property
    def posterior(self) -> float:
        """Probability, 0 to 1, that the question is meant in context, given that this passage answers it."""
        return self.likelihood.posterior if self.likelihood else 0.0


@dataclass(frozen=True, slots=True)
class Found:
    """What the search found for one question."""

    hits: Sequence[Hit] = ()
    """Best first."""
    estimate: FollowUpEstimate | None = None
    """How likely the question is a follow-up, by the gate; None without a context or without hits."""


class Searcher:
    """Searches an index.

    Args:
        index: the articles.
        encoder: the one that they were indexed with.
        weights: what each score counts.
        follow_up: how the two meanings of a follow-up share the ranks.
        gate: how likely a question is a follow-up; without it, the one that ships.
    """

    def __init__(
        self,
        index: Index,
        encoder: Encoder,
        *,
        weights: SearchWeights | None = None,
        follow_up: FollowUpWeights | None = None,
        gate: FollowUpGate | None = None,
    ) -> None:
        self._index = index
        self._encoder = encoder
        self._weights = weights or SearchWeights()
        self._follow_up = follow_up or FollowUpWeights()
        self._gate = gate or shipped_gate()

    def search(
        self, question: str, k: int = 10, filters: Filters | None = None, context: Context | None = None
    ) -> list[Hit]:
        """The ``k`` best passages for ``question``, best first; fewer when the filters leave fewer.

        With a ``context`` a passage is as likely as it is for the question as typed, or for the question in context,
        weighted by how likely it is a follow-up (see ``likelihood``). So what stands on its own stays as it is, and
        where that is in doubt the best of both have their places among the ``k``.

        Raises:
            ArticleUnknown: a filter names an article that is not there.
        """
        (found,) = self.search_all([QueryVariants.of(question, context)], [filters or Filters()], k)
        return list(found.hits)

    def search_all(
        self, questions: Sequence[QueryVariants], filters: Sequence[Filters], k: int, *, for_reader: bool = False
    ) -> list[Found]:
        """What ``search`` finds for each of ``questions`` among the articles of its filters; encoded together.

        ``for_reader`` is for a reader that chooses from what was found, and may tell better whether a question is a
        follow-up: where that is in doubt it finds up to ``k`` passages for each of its two meanings.

        Raises:
            ArticleUnknown: a filter names an article that is not there.
        """
        scopes = {each: self._scope(each) for each in dict.fromkeys(filters)}
        texts = [
            () if scopes[each].empty else question.encoded for question, each in zip(questions, filters, strict=True)
        ]
        flat = [text for some in texts for text in some]
        vectors = iter(self._encoder.encode_query(flat) if flat else ())
        return [
            self._found(question, [next(vectors) for _ in some], scopes[each], k, for_reader=for_reader)
            for question, some, each in zip(questions, texts, filters, strict=True)
        ]

    def _found(
        self, question: QueryVariants, vectors: Sequence[Scores], scope: Scope, k: int, *, for_reader: bool
    ) -> Found:
        """The best passages for a question whose ``encoded`` texts have these vectors; none without vectors."""
        if not vectors:
            return Found()
        weights, context, variants = self._weights, question.context, question.searched
        asked = Asked(
            variants,
            vectors[: len(variants)],
            vectors[-1] if context else None,
            depth=max(k, weights.candidates),
            near=weights.near_context,
        )
        found = self._index.candidates(asked, scope)
        fused = found.variants[0].fused(weights.dense)
        best = self._ordered(question, found, fused, scope, k)[:k]
        if context is None:
            return Found(self._hits(found, best, scope))
        gap = score_gap(fused, found.near_context)
        estimate = self._estimate(question, context, float(vectors[0] @ vectors[-1]), gap)
        in_context = self._in_context(found, context, scope)
        best_in_context = self._ordered(question, found, in_context, scope, 2 * k)
        choose = over_fetch if for_reader else allocate
        some = sorted(choose(best, best_in_context, estimate.log_odds, len(best), self._follow_up))
        likelihoods = self._likelihoods(fused, in_context, some, estimate.log_odds)
        hits = self._hits_in_context(question, found, some, likelihoods, scope)
        return Found(sorted(hits, key=lambda hit: -hit.score), estimate)

    def _ordered(
        self, question: QueryVariants, found: Candidates, scores: Scores, scope: Scope, depth: int
    ) -> list[int]:
        """The candidates by their scores, best first; behind the ``depth`` best, those of them that are back matter.

        That is lists of references and the like, where the question does not ask for such.
        """
        scores = scores + self._of_the_day(question, found, scope)
        order: list[int] = np.lexsort((found.rows, -scores)).tolist()
        if asks_for_sources(question.typed):
            return order
        text: list[int] = []
        rest: list[int] = []
        while order and len(text) < depth:
            some, order = order[: depth - len(text)], order[depth - len(text) :]
            for number, passage in zip(some, self._passages(found, some, scope), strict=True):
                listed = is_back_matter(passage.article.text, Span(passage.start, passage.end))
                (rest if listed else text).append(number)
        return [*text, *rest, *order]

    def _of_the_day(self, question: QueryVariants, found: Candidates, scope: Scope) -> Scores:
        """What the candidates' articles add by being of the day that the question names, shape (candidates,)."""
        asked = time_asked(question.typed)
        if asked is None or asked.year is None or asked.day is None:
            return np.zeros(len(found.rows), np.float32)
        days = [each.article.published for each in self._passages(found, range(len(found.rows)), scope)]
        return np.array([self._weights.of_the_day * (day is not None and asked.holds(day)) for day in days], np.float32)

    def _passages(self, found: Candidates, some: Sequence[int], scope: Scope) -> list[Passage]:
        """The candidates numbered ``some``."""
        return self._index.passages_at(found.rows[list(some)].tolist(), scope)

    def _likelihoods(
        self, fused: Scores, in_context: Scores, some: Sequence[int], log_odds: float
    ) -> list[ContextLikelihood]:
        """How likely the candidates numbered ``some`` are in either meaning, by the scores of all, (candidates,)."""
        as_typed, meant = (
            log_likelihoods(scores, self._follow_up.temperature)[some].tolist() for scores in (fused, in_context)
        )
        return [ContextLikelihood(*each, log_odds) for each in zip(as_typed, meant, strict=True)]

    def _estimate(self, question: QueryVariants, context: Context, cosine: float, gap: float) -> FollowUpEstimate:
        """How likely the question is a follow-up, by the gate."""
        weights = self._index.terms.weights(question.typed)
        shared = coverage(weights, context.said) if question.content_terms else 0.0
        return self._gate.estimate(FollowUpEvidence(cosine, shared, gap, few_terms=question.content_terms <= 1))

    def _in_context(self, found: Candidates, context: Context, scope: Scope) -> Scores:
        """The candidates' scores for the question in context, shape (candidates,)."""
        weights = self._weights
        as_typed = found.variants[0].fused(weights.dense)
        with_history, with_passage = (variant.fused(weights.dense_in_context) for variant in found.variants[1:])
        scores: Scores = (
            weights.as_typed * as_typed + weights.with_history * with_history + weights.with_passage * with_passage
        )
        typed = weights.typed_for_quoted
        nearest = np.argsort(-with_passage)[:3].tolist()  # it is the nearest to its own text, or a copy of it is
        for place, passage in zip(nearest, self._passages(found, nearest, scope), strict=True):
            if passage.text == context.quoted:
                scores[place] = typed * as_typed[place] + (1 - typed) * with_history[place]
        return scores

    def _hits(self, found: Candidates, some: Sequence[int], scope: Scope) -> list[Hit]:
        """The candidates numbered ``some``, with their scores for the question as typed."""
        scores = found.variants[0]
        fused = scores.fused(self._weights.dense)
        return [
            Hit(
                passage=passage,
                score=float(fused[i]),
                dense=float(scores.dense[i]),
                lexical=float(scores.lexical[i]),
                dense_z=float(scores.dense_z[i]),
                lexical_z=float(scores.lexical_z[i]),
            )
            for i, passage in zip(some, self._passages(found, some, scope), strict=True)
        ]

    def _hits_in_context(
        self,
        question: QueryVariants,
        found: Candidates,
        some: Sequence[int],
        likelihoods: Sequence[ContextLikelihood],
        scope: Scope,
    ) -> Iterator[Hit]:
        """The candidates numbered ``some``, scored by how likely each is in either meaning of the question."""
        # A passage may be near to what a pronoun stands for, though not by what was quoted.
        near = ((found.variants[0].dense + found.variants[1].dense)[some] / 2).tolist()
        for hit, likelihood, dense in zip(self._hits(found, some, scope), likelihoods, near, strict=True):
            resolved = question.has_reference and likelihood.posterior >= self._follow_up.in_context
            yield replace(
                hit,
                score=likelihood.score(self._follow_up.temperature),
                dense=dense if resolved else hit.dense,
                likelihood=likelihood,
            )

    def _scope(self, filters: Filters) -> Scope:
        """The articles that the filters let through, and their passages."""
        articles = self._articles(filters)
        return EVERYTHING if articles is None else self._index.scope(articles)

    def _articles(self, filters: Filters) -> NDArray[np.bool_] | None:
        """A mask of the articles that the filters let through; None for all."""
        if filters == Filters():
            return None
        let_through = np.ones(len(self._index.articles), dtype=bool)
        if filters.articles:
            let_through[:] = False
            let_through[[self._index.number_of(id) for id in filters.articles]] = True
        if filters.source:
            source = filters.source.casefold()
            let_through &= [(article.source or "").casefold() == source for article in self._index.articles]
        if filters.after:
            let_through &= self._index.days >= filters.after.toordinal()
        if filters.before:
            days = self._index.days
            let_through &= (days > 0) & (days <= filters.before.toordinal())
        return let_through
