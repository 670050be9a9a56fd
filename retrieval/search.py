"""Hybrid search: a question to hits, by a weighted sum of dense and lexical scores, with filters, within a talk."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from retrieval.encoder import Encoder
from retrieval.lexical import coverage, telling
from retrieval.passages import Passage
from retrieval.snapshot import Snapshot

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

_TEMPERATURE = 0.6
"""Units of the fused score by which one passage must be ahead to be e times as likely."""

OWED = 0.5
"""Part of a passage's likelihood from which it is owed to the talk."""

_LEANING, _NEARNESS, _SHARED, _BEHIND, _SHORT = 1.2, 5.8, 3.5, -0.96, 1.2
"""Log odds that a question goes on from the talk: at the outset, for each unit of its cosine with what was said, for
the share of its rare words that were said, for each unit by which it scores less around what was said than elsewhere,
and when it has at most one word that means something. A logistic regression on the even talks, in which turns weigh
more where the two rankings disagree about the passage that answers."""

_AROUND, _TELLING = 10, 60
"""Passages nearest to what was said; and passages from which on it means something that the best lie elsewhere."""

_BEHIND_UNTOLD = 1.5
"""What stands for it where there are fewer."""

_OWN_PART, _OWN_LESS = 0.5, 0.2
"""The part of the places that go to the best for the question as typed when it is even whether it goes on from the
talk, and how much less for each unit of the log odds: both readings keep their best as long as there is doubt."""

_AMPLE, _LEAST = 3.0, 2
"""How many times the places that one of the two readings is due it gets, up to all, where whoever reads the passages
will choose; and how many places each has at least."""


@dataclass(frozen=True, slots=True)
class Context:
    """What was said before a question that may go on from there."""

    first: str
    """The talk's first question."""
    previous: str
    """The question before this one; may be the first."""
    quoted: str
    """The passage that was quoted to answer it."""
    names: tuple[str, ...] = ()
    """Whom and what pronouns may stand for, best first."""
    pair: tuple[str, str] | None = None
    """Two that were named together, for which "they" may stand."""

    @property
    def questions(self) -> str:
        """The questions, each once."""
        return " ".join(dict.fromkeys((self.first, self.previous)))

    @property
    def said(self) -> str:
        """All of it."""
        return f"{self.questions} {self.quoted}"


_PRONOUN = re.compile(
    r"\b(it|its|they|them|their|theirs|he|him|his|she|her|hers|this|that|these|those|there|then|ones?)\b",
    re.IGNORECASE,
)
_GOES_ON = re.compile(r"\W*(and|but|so|or)\b", re.IGNORECASE)
_ABOUT = re.compile(r"\W*((and|but|so|or)\s+)?(what|how) about\b", re.IGNORECASE)


def pointing(question: str) -> bool:
    """Whether a question lacks a name: it has a pronoun, or no word that means something by itself."""
    return bool(_PRONOUN.search(question)) or not telling(question)


def dependent(question: str) -> bool:
    """Whether a question goes on from something, by its looks: it points, begins so, or says next to nothing."""
    if pointing(question) or _ABOUT.match(question):
        return True
    named = re.search(r"\s[A-Z]", question)  # a name stands for itself
    return not named and bool(_GOES_ON.match(question) or len(telling(question)) <= 1)


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
    talk: float = 0.0
    """What part of the passage's likelihood is owed to the talk before the question: 0 to 1."""


_Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Form:
    """The candidates' scores for one form of a question, each of shape (candidates,)."""

    dense: _Scores
    lexical: _Scores
    dense_z: _Scores
    lexical_z: _Scores

    def fused(self, dense_weight: float = DENSE_WEIGHT) -> _Scores:
        fused: _Scores = dense_weight * self.dense_z + (1 - dense_weight) * self.lexical_z
        return fused


class _Lexical(NamedTuple):
    """BM25 of every passage, and its mean and deviation over them."""

    scores: _Scores
    mean: float
    deviation: float

    @classmethod
    def of(cls, scores: _Scores) -> _Lexical:
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
        talk, weighted by how likely it is that the question goes on from there: a mixture of two experts and a gate
        (Jacobs et al. 1991, https://doi.org/10.1162/neco.1991.3.1.79). So what stands on its own stays as it is, and
        where that is in doubt the best of both have their places among the ``k``.

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
        queries: Sequence[_Scores],
        k: int,
        context: Context | None,
        among: NDArray[np.bool_] | None,
        allowed: NDArray[np.int64] | None,
        *,
        ample: bool,
    ) -> list[Hit]:
        """The ``k`` best passages for a question, whose ``texts`` have the vectors ``queries``; best first."""
        every = [_Lexical.of(self.snapshot.lexical.scores(text)) for text in texts[:_FORMS]]
        depth = max(k, _CANDIDATES)
        near = [self.snapshot.dense.nearest(query, depth, allowed) for query in queries[:_FORMS]]
        named = [_highest(each.scores, depth, allowed, each.mean + 2 * each.deviation) for each in every]
        around = self.snapshot.dense.nearest(queries[-1], _AROUND, allowed) if context else near[0]
        ids = np.unique(np.concatenate([*near, *named, around]))
        forms = [self._scored(query, each, ids) for query, each in zip(queries, every, strict=False)]
        typed, *others = forms
        fused, dense, talk = typed.fused(), typed.dense, np.zeros(len(ids), np.float32)
        best = np.lexsort((ids, -fused))[:k]
        if context:
            odds = self._leaning(
                texts[0], context, float(queries[0] @ queries[-1]), _behind(fused, np.isin(ids, around))
            )
            within = self._within(forms, context, ids, among)
            best = (_amply if ample else _shared_out)(best, np.lexsort((ids, -within)), odds)
            fused, talk = _mixed(fused, within, odds)
            best = best[np.lexsort((ids[best], -fused[best]))]
            if pointing(texts[0]):  # a passage may be near to what it stands for, though not by what was quoted
                dense = np.where(talk < OWED, dense, (dense + others[0].dense) / 2)
        return [
            Hit(
                passage=self.snapshot.passage(int(ids[i]), among),
                score=float(fused[i]),
                dense=float(dense[i]),
                lexical=float(typed.lexical[i]),
                dense_z=float(typed.dense_z[i]),
                lexical_z=float(typed.lexical_z[i]),
                talk=float(talk[i]),
            )
            for i in best
        ]

    def _scored(self, query: _Scores, lexical: _Lexical, ids: NDArray[np.int64]) -> _Form:
        """The scores of the passages ``ids`` for one form of the question."""
        dense = self.snapshot.dense.cosines(query, ids)
        dense_z = _z(dense, *self.snapshot.dense.moments(query))
        return _Form(dense, lexical.scores[ids], dense_z, _z(lexical.scores[ids], lexical.mean, lexical.deviation))

    def _leaning(self, question: str, context: Context, nearness: float, behind: float) -> float:
        """Log odds that the question goes on from the talk."""
        words = telling(question)
        said = coverage(self.snapshot.lexical.weights(question), context.said) if words else 0.0
        return _LEANING + _NEARNESS * nearness + _SHARED * said + _BEHIND * behind + _SHORT * (len(words) <= 1)

    def _within(
        self, forms: Sequence[_Form], context: Context, ids: NDArray[np.int64], among: NDArray[np.bool_] | None
    ) -> _Scores:
        """Scores of the question within the talk."""
        typed, questions, quoted = forms[0].fused(), *(form.fused(_DENSE_IN_TALK) for form in forms[1:])
        scores: _Scores = _TYPED * typed + _QUESTIONS * questions + _QUOTED * quoted
        for place in np.argsort(-quoted)[:3]:  # it is the nearest to its own text, or a copy of it is
            if self.snapshot.passage(int(ids[place]), among).text == context.quoted:
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


def _behind(scores: _Scores, around: NDArray[np.bool_]) -> float:
    """By how much a question's three best passages around what was said score less than its best anywhere."""
    if len(scores) < _TELLING:
        return _BEHIND_UNTOLD
    best, there = np.sort(scores)[-3:], np.sort(scores[around])[-3:]
    return float(best.mean() - there.mean())


def _shared_out(typed: NDArray[np.int64], within: NDArray[np.int64], odds: float) -> NDArray[np.int64]:
    """As many places as ``typed`` has, for the best of it and then the best of ``within``; both are best first."""
    part = min(max(_OWN_PART - _OWN_LESS * odds, 0.1), 1.0)
    kept = typed[: round(part * len(typed))]
    others = within[~np.isin(within, kept)]
    return np.concatenate([kept, others[: len(typed) - len(kept)]])


def _amply(typed: NDArray[np.int64], within: NDArray[np.int64], odds: float) -> NDArray[np.int64]:
    """Up to as many places as ``typed`` has for the best of it and of ``within`` each; both are best first."""
    going_on = 1 / (1 + math.exp(-odds))
    places = [max(_LEAST, round(min(_AMPLE * share, 1.0) * len(typed))) for share in (1 - going_on, going_on)]
    return np.union1d(typed[: places[0]], within[: places[1]])


def _mixed(alone: _Scores, within: _Scores, odds: float) -> tuple[_Scores, _Scores]:
    """Log likelihoods under either of the two, in units of the fused score; and the part owed to the second.

    The likelier it is that the question goes on from the talk, the more a unit counts, twice at most: a reader, which
    knows less of the talk than this, has so much less of a say in a follow-up.
    """
    one = _log_share(alone) - np.logaddexp(0, odds)
    other = _log_share(within) - np.logaddexp(0, -odds)
    both = np.logaddexp(one, other)
    unit = _TEMPERATURE * (1 + 1 / (1 + math.exp(-odds)))
    return np.float32(unit) * both, np.exp(other - both)


def _log_share(scores: _Scores) -> _Scores:
    """Softmax at ``_TEMPERATURE``, as logarithms."""
    logits = scores / np.float32(_TEMPERATURE)
    shares: _Scores = logits - np.logaddexp.reduce(logits)
    return shares


def _highest(scores: _Scores, k: int, allowed: NDArray[np.int64] | None, likely: float) -> NDArray[np.int64]:
    """The ids with the ``k`` highest scores, among ``allowed`` if given; quick where that many are over ``likely``."""
    pool = np.flatnonzero(scores > likely) if allowed is None else allowed[scores[allowed] > likely]
    if len(pool) < k:
        pool = np.arange(len(scores)) if allowed is None else allowed
    return pool[np.argpartition(-scores[pool], k - 1)[:k]] if len(pool) > k else pool


def _z(scores: NDArray[np.float32], mean: float, deviation: float) -> NDArray[np.float32]:
    """Scores in deviations from the mean. A corpus whose passages all score alike tells nothing: zeros."""
    return (scores - np.float32(mean)) / np.float32(deviation) if deviation > _ROUNDING else np.zeros_like(scores)
