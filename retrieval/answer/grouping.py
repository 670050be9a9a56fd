"""Questions that mean the same put together: by their vectors, and by the words, names and numbers that they share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from retrieval.answer.asking.question import figures, kinds_in, names, wording_of
from retrieval.text.terms import content_terms, terms

if TYPE_CHECKING:
    from retrieval.models.encoder import Vectors

_FAR = 2.0
"""The distance of questions that are not near."""
_BLOCK = 1024
"""Questions that are compared with all others at a time."""
_NEGATED = re.compile(
    r"n['’]t\b|\b(?:do|does|did|is|are|was|were|has|have|had|can|could|will|would|should) not\b|\bnever\b"
)
_CAPITAL = re.compile(r"(?<=[\w,] )[^\W\d_a-z][\w’'-]+")
"""A word with a capital that opens no sentence."""
_SMALL = re.compile(r"\b[^\W\d_A-Z][\w’'-]{2,}")


@dataclass(frozen=True, slots=True)
class GroupingWeights:
    """How far apart two questions of one group may be, and what makes a distance.

    ``python -m benchmarks.grouping`` chose them, on questions of other articles than it gives figures of.
    """

    farthest: float = 0.3
    """The greatest distance of two questions in a group: 1 less their cosine, and what follows."""
    words: float = 0.25
    """Added where they share no word of the one that has fewer, and in proportion where they share some."""


class QuestionEncoder(Protocol):
    """What of an encoder is needed here."""

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        """Vectors of questions, shape (texts, dimension)."""
        ...


class Remembering:
    """An encoder that remembers the vectors of the latest questions, which are asked to be grouped again and again.

    Args:
        encoder: encodes what is new.
        kept: questions that are remembered, each in about two kilobytes.
    """

    def __init__(self, encoder: QuestionEncoder, kept: int = 4_000) -> None:
        self._encoder = encoder
        self._kept = kept
        self._known: dict[str, Vectors] = {}

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        """Vectors of questions, shape (texts, dimension)."""
        known = self._known.copy()  # other threads read it too
        new = [text for text in dict.fromkeys(texts) if text not in known]
        if new:
            known |= dict(zip(new, self._encoder.encode_query(new), strict=True))
        vectors = np.stack([known[text] for text in texts])
        self._known = dict(list(known.items())[-self._kept :])
        return vectors


def grouped(
    questions: Sequence[str],
    encoder: QuestionEncoder,
    *,
    around: Iterable[str] = (),
    weights: GroupingWeights | None = None,
) -> list[tuple[int, ...]]:
    """Groups of questions that mean the same, as indices into ``questions``, in the order of their first ones.

    Within a group any two are near each other (complete linkage), so that no chain of small steps joins what differs.
    Questions of which each has a name or a number that the other lacks, or that ask for other kinds of things (who,
    when), are never in one group. ``around`` are texts that show which of their words are names.

    Raises:
        EncoderUnavailable, WeightsMismatch, DeviceUnavailable: see ``encoder``.
    """
    if not questions:
        return []
    chosen = weights or GroupingWeights()
    same = _written_alike(questions)
    firsts = [members[0] for members in same]
    traits = _traits([questions[first] for first in firsts], around)
    vectors = encoder.encode_query([questions[first] for first in firsts])
    labels = _labels(_distances(vectors, traits, chosen), len(firsts), chosen.farthest)
    found: dict[int, list[int]] = {}
    for label, members in zip(labels, same, strict=True):
        found.setdefault(label, []).extend(members)
    return sorted(tuple(sorted(members)) for members in found.values())


def _written_alike(questions: Sequence[str]) -> list[list[int]]:
    """Indices of questions that differ in marks, spaces and letter case at most."""
    alike: dict[str, list[int]] = {}
    for number, question in enumerate(questions):
        alike.setdefault(wording_of(question), []).append(number)
    return list(alike.values())


@dataclass(frozen=True, slots=True)
class _Traits:
    """What keeps a question apart from others, whatever their vectors."""

    names: frozenset[str]
    numbers: frozenset[str]
    kinds: frozenset[str]
    negated: bool
    all: frozenset[str]
    content: frozenset[str]

    def apart(self, other: _Traits) -> bool:
        """Whether two questions cannot mean the same."""
        if self.negated != other.negated:
            return True
        if self.kinds and other.kinds and not self.kinds & other.kinds:
            return True
        if self.numbers - other.numbers and other.numbers - self.numbers:
            return True
        return bool(self.names - other.all and other.names - self.all)

    def lacking(self, other: _Traits) -> float:
        """What part of the words of the question that has fewer the other one lacks: 0 to 1."""
        fewer = min(len(self.content), len(other.content))
        return 1 - len(self.content & other.content) / fewer if fewer else 0.0


def _traits(questions: Sequence[str], around: Iterable[str]) -> list[_Traits]:
    known = _Capitals.of([*around, *(question for question in questions if names(question, ()))])
    return [
        _Traits(
            names=frozenset(term for name in names(question, ()) or known.names(question) for term in terms(name)),
            numbers=figures(question, typed=True),
            kinds=kinds_in(question),
            negated=bool(_NEGATED.search(question.lower())),
            all=frozenset(terms(question)),
            content=frozenset(content_terms(question)),
        )
        for question in questions
    ]


@dataclass(frozen=True, slots=True)
class _Capitals:
    """Which words are names, as texts by people who use capitals show: for questions by those who do not."""

    capital: frozenset[str]
    small: frozenset[str]

    @classmethod
    def of(cls, texts: Iterable[str]) -> _Capitals:
        text = "\n".join(texts)
        return cls(frozenset(_CAPITAL.findall(text)), frozenset(_SMALL.findall(text)))

    def names(self, question: str) -> list[str]:
        """The words of a question that have a capital within a sentence elsewhere, and are never without."""
        words = _SMALL.findall(question)
        return [word for word in words if word.capitalize() in self.capital and word not in self.small]


def _distances(vectors: Vectors, traits: Sequence[_Traits], weights: GroupingWeights) -> dict[tuple[int, int], float]:
    """The distances of those pairs, the lower index first, that may be in one group."""
    near: dict[tuple[int, int], float] = {}
    for one, other, cosine in _near(vectors, 1 - weights.farthest):
        if not traits[one].apart(traits[other]):
            # Of no length two texts that differ are: a sparse matrix would leave that out.
            distance = max(1e-6, 1 - cosine) + weights.words * traits[one].lacking(traits[other])
            if distance <= weights.farthest:
                near[one, other] = distance
    return near


def _near(vectors: Vectors, least: float) -> Iterator[tuple[int, int, float]]:
    """Pairs of vectors, the lower index first, whose cosine is ``least`` or more."""
    for start in range(0, len(vectors), _BLOCK):
        cosines = vectors[start : start + _BLOCK] @ vectors[start:].T
        rows, columns = np.nonzero(np.triu(cosines >= least, 1))
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
            yield start + row, start + column, float(cosines[row, column])


def _labels(near: dict[tuple[int, int], float], count: int, farthest: float) -> list[int]:
    """The group of each question. Groups are sought in one component of the near pairs after the other."""
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial.distance import squareform

    pairs = np.array(list(near), dtype=np.int64).reshape(-1, 2)
    graph = coo_array((list(near.values()), (pairs[:, 0], pairs[:, 1])), shape=(count, count)).tocsr()
    _, component = connected_components(graph, directed=False)
    members: dict[int, list[int]] = {}
    for number, its in enumerate(component.tolist()):
        members.setdefault(its, []).append(number)
    labels, used = [0] * count, 0
    for some in members.values():
        parts: Sequence[int] = [1] * len(some)
        if len(some) > 2:  # noqa: PLR2004 - two are near each other, or they were not in one component
            distances = graph[some][:, some].toarray()
            distances = np.where(distances > 0, distances, _FAR)
            nearer = np.minimum(distances, distances.T)
            np.fill_diagonal(nearer, 0.0)
            parts = fcluster(linkage(squareform(nearer, checks=False), "complete"), farthest, "distance").tolist()
        for number, part in zip(some, parts, strict=True):
            labels[number] = used + part
        used += max(parts)
    return labels
