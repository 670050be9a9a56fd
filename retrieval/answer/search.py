"""Hybrid search: a question to hits, by a weighted sum of dense and lexical scores, with filters, within a talk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from retrieval.answer.follow_up import (
    IN_CONTEXT,
    Context,
    InTalk,
    Scores,
    allocate,
    going_on,
    has_reference,
    how_far_behind,
    log_shares,
    over_fetch,
)
from retrieval.index.snapshot import Snapshot
from retrieval.models.encoder import Encoder
from retrieval.text.passages import Passage
from retrieval.text.terms import content_terms, coverage

DENSE_WEIGHT = 0.7
"""Of the fused score; the rest is BM25's. Both are z-scores over the corpus, so the weights compare like with like."""

_CANDIDATES = 100
"""How many passages each of the two rankings puts forward; fusing cannot lift one that neither has."""

_ROUNDING = 1e-6
"""Deviations of cosines and of BM25 are of the order of 0.1 and 1; one this small comes of a single passage."""

_TYPED, _QUESTIONS, _QUOTED = 0.42, 0.18, 0.4
"""What the question as typed, behind the talk's questions, and before the passage quoted last weigh in a follow-up's
score. These and the next were tuned on every other talk of CAsT 2021 (``benchmarks.talking``), with a look at all."""

_DENSE_IN_TALK = 0.8
"""``DENSE_WEIGHT`` in the two longer forms, whose words BM25 finds in many a passage that is about something else."""

_QUOTED_ANEW = 0.7
"""Weight of the question as typed for the passage quoted last: the form that holds its very text says nothing of it."""

_AROUND = 10
"""Passages nearest to what was said."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which articles may answer; the defaults let all."""

    articles: frozenset[str] = frozenset()
    """Ids; empty for any."""
    source: str | None = None
    """The source's name, whatever its letter case."""
    after: date | None = None
    """Published on this day or later. Articles without a date pass no filter on dates."""
    before: date | None = None
    """Published on this day or earlier."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that a question found, with each stage's score."""

    passage: Passage
    score: float
    """Fused: the weighted sum of the two z-scores; within a talk a log likelihood, in that unit up to twice it."""
    dense: float
    """Cosine between question and passage."""
    lexical: float
    """BM25."""
    dense_z: float
    lexical_z: float
    talk: InTalk | None = None
    """What the score is made of, where something was said before the question."""

    @property
    def posterior(self) -> float:
        """What part of the passage's likelihood is owed to what was said before: 0 to 1."""
        return self.talk.posterior if self.talk else 0.0


@dataclass(frozen=True, slots=True)
class _Form:
    """The candidates' scores for one form of a question, each of shape (candidates,)."""

    dense: Scores
    lexical: Scores
    dense_z: Scores
    lexical_z: Scores

    def fused(self, dense_weight: float = DENSE_WEIGHT) -> Scores:
        fused: Scores = dense_weight * self.dense_z + (1 - dense_weight) * self.lexical_z
        return fused


@dataclass(frozen=True, slots=True)
class _Candidates:
    """What is compared for one question."""

    ids: NDArray[np.int64]
    """Of passages, ascending."""
    around: NDArray[np.bool_]
    """Which of them are the nearest to what was said, if anything was."""
    forms: Sequence[_Form]
    """Their scores for the question as typed and, in a talk, with what was said."""


class _Lexical(NamedTuple):
    """BM25 of every passage, and its mean and deviation over them."""

    scores: Scores
    mean: float
    deviation: float

    @classmethod
    def of(cls, scores: Scores) -> _Lexical:
        return cls(scores, float(scores.mean()), float(scores.std()))


_FORMS = 3
"""Texts of a question in a talk that passages are scored for; see ``_texts``."""


def _texts(question: str, context: Context | None) -> tuple[str, ...]:
    """The forms of a question: as typed and, in a talk, behind its questions and before the passage quoted last.

    What was said goes along behind them for its nearness to the question only.
    """
    if context is None:
        return (question,)
    quoted = f"{question} {context.previous} {context.quoted}"
    return question, f"{context.questions} {question}", quoted, context.said


class Searcher:
    """Searches one snapshot."""

    def __init__(self, snapshot: Snapshot, encoder: Encoder) -> None:
        self.snapshot = snapshot
        self._encoder = encoder

    def search(
        self, question: str, k: int = 10, filters: Filters | None = None, context: Context | None = None
    ) -> list[Hit]:
        """The ``k`` best passages for ``question``, best first; fewer when the filters leave fewer.

        With a ``context`` a passage is as likely as it is for the question as typed, or for the question within the
        talk, weighted by how likely it is that the question goes on from there (see ``follow_up``). So what stands on
        its own stays as it is, and where that is in doubt the best of both have their places among the ``k``.

        Raises:
            ArticleUnknown: a filter names an article that is not there.
        """
        return self.search_all([question], k, filters, [context])[0]

    def search_all(
        self,
        questions: Sequence[str],
        k: int = 10,
        filters: Filters | None = None,
        contexts: Sequence[Context | None] | None = None,
        *,
        ample: bool = False,
    ) -> list[list[Hit]]:
        """What ``search`` finds for each of ``questions``, in its context if it has one; encoded together.

        ``ample`` is for who reads what was found, and may tell better whether a question goes on from its context:
        where that is in doubt it finds up to ``k`` passages for the question as typed and as many within the talk.
        """
        among = self._among(filters or Filters())
        allowed = None if among is None else self.snapshot.passages_of(among)
        if allowed is not None and not len(allowed):
            return [[] for _ in questions]
        contexts = contexts or [None] * len(questions)
        asked = [_texts(question, context) for question, context in zip(questions, contexts, strict=True)]
        queries = iter(self._encoder.encode_query([text for texts in asked for text in texts]))
        return [
            self._ranked(texts, [next(queries) for _ in texts], k, context, among, allowed, ample=ample)
            for texts, context in zip(asked, contexts, strict=True)
        ]

    def _ranked(
        self,
        texts: Sequence[str],
        queries: Sequence[Scores],
        k: int,
        context: Context | None,
        among: NDArray[np.bool_] | None,
        allowed: NDArray[np.int64] | None,
        *,
        ample: bool,
    ) -> list[Hit]:
        """The ``k`` best passages for a question, whose ``texts`` have the vectors ``queries``; best first."""
        found = self._candidates(texts, queries, max(k, _CANDIDATES), allowed)
        fused = found.forms[0].fused()
        alone = np.lexsort((found.ids, -fused))[:k].tolist()
        if context is None:
            return self._hits(found, alone, among)
        odds = self._leaning(texts[0], context, float(queries[0] @ queries[-1]), how_far_behind(fused, found.around))
        inside = self._within(found, context, among)
        within = np.lexsort((found.ids, -inside)).tolist()
        best = sorted((over_fetch if ample else allocate)(alone, within, odds, len(alone)))
        likely = zip(log_shares(fused)[best].tolist(), log_shares(inside)[best].tolist(), strict=True)
        talks = [InTalk(*each, odds) for each in likely]
        # A passage may be near to what a pronoun stands for, though not by what was quoted.
        near = ((found.forms[0].dense + found.forms[1].dense)[best] / 2).tolist()
        points = has_reference(texts[0])
        hits = [
            replace(
                hit, score=talk.score, talk=talk, dense=dense if points and talk.posterior >= IN_CONTEXT else hit.dense
            )
            for hit, talk, dense in zip(self._hits(found, best, among), talks, near, strict=True)
        ]
        return sorted(hits, key=lambda hit: -hit.score)

    def _candidates(
        self, texts: Sequence[str], queries: Sequence[Scores], depth: int, allowed: NDArray[np.int64] | None
    ) -> _Candidates:
        """The ``depth`` best passages by either ranking for every form, and what lies around what was said."""
        every = [_Lexical.of(self.snapshot.lexical.scores(text)) for text in texts[:_FORMS]]
        near = [self.snapshot.dense.nearest(query, depth, allowed) for query in queries[:_FORMS]]
        named = [_highest(each.scores, depth, allowed, each.mean + 2 * each.deviation) for each in every]
        around = self.snapshot.dense.nearest(queries[-1], _AROUND, allowed) if len(texts) > 1 else near[0]
        ids = np.unique(np.concatenate([*near, *named, around]))
        forms = [self._scored(query, each, ids) for query, each in zip(queries, every, strict=False)]
        return _Candidates(ids, np.isin(ids, around), forms)

    def _hits(self, found: _Candidates, best: Sequence[int], among: NDArray[np.bool_] | None) -> list[Hit]:
        """The candidates numbered ``best``, with their scores for the question as typed."""
        form = found.forms[0]
        fused = form.fused()
        return [
            Hit(
                passage=self.snapshot.passage(int(found.ids[i]), among),
                score=float(fused[i]),
                dense=float(form.dense[i]),
                lexical=float(form.lexical[i]),
                dense_z=float(form.dense_z[i]),
                lexical_z=float(form.lexical_z[i]),
            )
            for i in best
        ]

    def _scored(self, query: Scores, lexical: _Lexical, ids: NDArray[np.int64]) -> _Form:
        """The scores of the passages ``ids`` for one form of the question."""
        dense = self.snapshot.dense.cosines(query, ids)
        dense_z = _z(dense, *self.snapshot.dense.moments(query))
        return _Form(dense, lexical.scores[ids], dense_z, _z(lexical.scores[ids], lexical.mean, lexical.deviation))

    def _leaning(self, question: str, context: Context, nearness: float, behind: float) -> float:
        """Log odds that the question goes on from the talk."""
        said = coverage(self.snapshot.lexical.weights(question), context.said) if content_terms(question) else 0.0
        return going_on(question, nearness, said, behind)

    def _within(self, found: _Candidates, context: Context, among: NDArray[np.bool_] | None) -> Scores:
        """Scores of the question within the talk."""
        typed = found.forms[0].fused()
        questions, quoted = (form.fused(_DENSE_IN_TALK) for form in found.forms[1:])
        scores: Scores = _TYPED * typed + _QUESTIONS * questions + _QUOTED * quoted
        for place in np.argsort(-quoted)[:3]:  # it is the nearest to its own text, or a copy of it is
            if self.snapshot.passage(int(found.ids[place]), among).text == context.quoted:
                scores[place] = _QUOTED_ANEW * typed[place] + (1 - _QUOTED_ANEW) * questions[place]
        return scores

    def _among(self, filters: Filters) -> NDArray[np.bool_] | None:
        """A mask of the articles that the filters let through; None for all."""
        if filters == Filters():
            return None
        named = {self.snapshot.number_of(id) for id in filters.articles}
        source = filters.source.casefold() if filters.source else None
        return np.array(
            [
                (not named or number in named)
                and (source is None or (article.source or "").casefold() == source)
                and (filters.after is None or (article.published is not None and article.published >= filters.after))
                and (filters.before is None or (article.published is not None and article.published <= filters.before))
                for number, article in enumerate(self.snapshot.articles)
            ]
        )


def _highest(scores: Scores, k: int, allowed: NDArray[np.int64] | None, likely: float) -> NDArray[np.int64]:
    """The ids with the ``k`` highest scores, among ``allowed`` if given; quick where that many are over ``likely``."""
    pool = np.flatnonzero(scores > likely) if allowed is None else allowed[scores[allowed] > likely]
    if len(pool) < k:
        pool = np.arange(len(scores)) if allowed is None else allowed
    return pool[np.argpartition(-scores[pool], k - 1)[:k]] if len(pool) > k else pool


def _z(scores: NDArray[np.float32], mean: float, deviation: float) -> NDArray[np.float32]:
    """Scores in deviations from the mean. A corpus whose passages all score alike tells nothing: zeros."""
    return (scores - np.float32(mean)) / np.float32(deviation) if deviation > _ROUNDING else np.zeros_like(scores)
