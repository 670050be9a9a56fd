"""What a question means that may go on from what was said before it: how likely it does, and what follows for ranks.

A passage is as likely as it is for the question as typed, or for the question within the talk, weighted by how likely
it is that the question goes on from there: a mixture of two experts and a gate (Jacobs et al. 1991,
https://doi.org/10.1162/neco.1991.3.1.79).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.text.terms import content_terms

Scores = NDArray[np.float32]

_TEMPERATURE = 0.6
"""Units of the fused score by which one passage must be ahead to be e times as likely."""

IN_CONTEXT = 0.5
"""Part of a passage's likelihood from which it is owed to the talk."""

_LEANING, _NEARNESS, _SHARED, _BEHIND, _SHORT = 1.2, 5.8, 3.5, -0.96, 1.2
"""Log odds that a question goes on from the talk: at the outset, for each unit of its cosine with what was said, for
the share of its rare words that were said, for each unit by which it scores less around what was said than elsewhere,
and when it has at most one word that means something. A logistic regression on the even talks, in which turns weigh
more where the two rankings disagree about the passage that answers."""

_TELLING = 60
"""Passages from which on it means something that the best lie elsewhere."""

_BEHIND_UNTOLD = 1.5
"""What stands for it where there are fewer."""

_OWN_PART, _OWN_LESS = 0.5, 0.2
"""The part of the places that go to the best for the question as typed when it is even whether it goes on from the
talk, and how much less for each unit of the log odds: both readings keep their best as long as there is doubt."""

_AMPLE, _LEAST = 3.0, 2
"""How many times the places that one of the two readings is due it gets, up to all, where whoever reads the passages
will choose; and how many places each has at least."""

_SAY = 0.25
"""What a unit of a reader's score adds to a passage's log likelihood in the order of passages. On CAsT, whose passages
are long, hit@3 in talk is .784 with it, and .751 with all of the say that a reader has in choosing quotes."""

_FIRST = 10
"""Places that are shared out anew once a reader has spoken."""


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
_THEY = re.compile(r"\b(they|them)\b", re.IGNORECASE)
_AND = re.compile(r"^\W*(and|but|so)\b[\s,]*(?=\w)", re.IGNORECASE)


def has_reference(question: str) -> bool:
    """Whether a question lacks a name: it has a pronoun, or no word that means something by itself."""
    return bool(_PRONOUN.search(question)) or not content_terms(question)


def looks_like_follow_up(question: str) -> bool:
    """Whether a question goes on from something, by its looks: it points, begins so, or says next to nothing."""
    if has_reference(question) or _ABOUT.match(question):
        return True
    named = re.search(r"\s[A-Z]", question)  # a name stands for itself
    return not named and bool(_GOES_ON.match(question) or len(content_terms(question)) <= 1)


def named(question: str, context: Context) -> str:
    """The question with what it goes on from: the names that its pronouns may stand for, or the talk's first question.

    It stands without the "and" that ties it to what was said. Two who were named together stand where "they" stood,
    which a reader understands better than names behind a question; of other pronouns nothing tells which is meant.
    Where no name is known, the talk's first question behind this one tells a reader what it is about.
    """
    question = _AND.sub("", question)
    if not context.names:
        return f"{question} ({context.first.rstrip(' ?')})"
    if not has_reference(question):
        return question
    if context.pair and _THEY.search(question):
        together = " and ".join(context.pair)
        return _THEY.sub(lambda _: together, question, count=1)
    return f"{question} ({', '.join(context.names)})"


# --- how likely it goes on -----------------------------------------------------------------------------------


def going_on(question: str, nearness: float, said: float, behind: float) -> float:
    """Log odds that ``question`` goes on from what was said before it.

    Args:
        question: as typed.
        nearness: its cosine with what was said.
        said: what part of its rare words were said, 0 to 1.
        behind: what ``how_far_behind`` finds.
    """
    return (
        _LEANING
        + _NEARNESS * nearness
        + _SHARED * said
        + _BEHIND * behind
        + _SHORT * (len(content_terms(question)) <= 1)
    )


def how_far_behind(scores: Scores, around: NDArray[np.bool_]) -> float:
    """By how much a question's three best passages around what was said score less than its best anywhere."""
    if len(scores) < _TELLING:
        return _BEHIND_UNTOLD
    best, there = np.sort(scores)[-3:], np.sort(scores[around])[-3:]
    return float(best.mean() - there.mean())


# --- what follows for ranks ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class InTalk:
    """How likely a passage is for a question that may go on from what was said."""

    alone: float
    """Log likelihood if the question stands on its own."""
    within: float
    """Log likelihood if it goes on from what was said."""
    odds: float
    """Log odds that it does, the same for every passage."""

    @property
    def posterior(self) -> float:
        """What part of the likelihood is the second's: 0 to 1."""
        return _sigmoid(self.within - self.alone + self.odds)

    @property
    def score(self) -> float:
        """Log likelihood either way, in units of the fused score.

        The likelier it is that the question goes on, the more a unit counts, twice at most: a reader, which knows less
        of the talk than this, has so much less of a say in a follow-up.
        """
        unit = _TEMPERATURE * (1 + _sigmoid(self.odds))
        return unit * float(np.logaddexp(self.alone, self.within + self.odds) - np.logaddexp(0, self.odds))


def log_shares(scores: Scores) -> Scores:
    """Softmax at ``_TEMPERATURE``, as logarithms."""
    logits = scores / np.float32(_TEMPERATURE)
    shares: Scores = logits - np.logaddexp.reduce(logits)
    return shares


def allocate(alone: Sequence[int], within: Sequence[int], odds: float, places: int) -> list[int]:
    """Passages for so many places: the best of ``alone``, then the best of ``within``; both are best first."""
    part = min(max(_OWN_PART - _OWN_LESS * odds, 0.1), 1.0)
    kept = list(alone[: round(part * places)])
    others = [passage for passage in within if passage not in kept]
    return kept + others[: places - len(kept)]


def over_fetch(alone: Sequence[int], within: Sequence[int], odds: float, places: int) -> list[int]:
    """Passages for up to so many places for the best of ``alone`` and of ``within`` each; both are best first."""
    likely = _sigmoid(odds)
    due = [max(_LEAST, round(min(_AMPLE * share, 1.0) * places)) for share in (1 - likely, likely)]
    return list(dict.fromkeys([*alone[: due[0]], *within[: due[1]]]))


def rerank(talks: Sequence[InTalk], alone: Sequence[float], within: Sequence[float]) -> list[int]:
    """The order of passages, the best first, once a reader has read them for the question in both of its meanings.

    Args:
        talks: of each passage how likely it is; at least one.
        alone: of each the best that a reader found for the question as typed, in units of the fused score.
        within: the same for the question with what it goes on from.
    """
    odds = talks[0].odds
    one = [talk.alone + _SAY * found for talk, found in zip(talks, alone, strict=True)]
    other = [talk.within + _SAY * found for talk, found in zip(talks, within, strict=True)]
    either = np.logaddexp(one, np.add(other, odds)).tolist()
    ranked, ranked_within = (np.argsort(np.negative(each), kind="stable").tolist() for each in (one, other))
    first = set(allocate(ranked, ranked_within, odds, _FIRST))
    return sorted(range(len(talks)), key=lambda number: (number not in first, -either[number]))


def _sigmoid(odds: float) -> float:
    return 1 / (1 + math.exp(-max(-500.0, min(500.0, odds))))
