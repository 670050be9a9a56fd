"""How common terms are in a store's passages, from which BM25 and its mean over all passages follow without them."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from retrieval.index.lexical import K1, B, idf, shares
from retrieval.index.moments import Moments
from retrieval.text.terms import terms

Words = dict[int, float]
"""A sparse vector: numbers of terms, and what each counts."""

_DIGITS = 6


class Usage(NamedTuple):
    """How a term is used over all passages."""

    frequency: int
    """Passages that have it."""
    sum: float
    """Of what it counts in them, before its idf; see ``weighed``."""
    squares: float
    """The sum of the squares of that."""


@lru_cache(maxsize=2**17)
def number(term: str) -> int:
    """A term's number in sparse vectors. Of a million terms about a hundred share theirs with another one."""
    return zlib.crc32(term.encode("utf-8", "surrogatepass")) % (2**32 - 5)  # Milvus takes no number from 2**32 - 1 on


def weighed(passage: str, length: float) -> dict[str, float]:
    """What each term of a passage counts in BM25 before its idf, among passages of about ``length`` terms."""
    counts = Counter(terms(passage))
    norm = K1 * (1 - B + B * counts.total() / max(length, 1e-9))
    return {term: count / (count + norm) for term, count in counts.items()}


def words_of(weights: Mapping[str, float]) -> Words:
    """A passage's sparse vector; it has at least one number, as Milvus wants it."""
    words: Words = {}
    for term, weight in weights.items():
        words[number(term)] = words.get(number(term), 0.0) + weight
    return words or {0: 1e-9}


@dataclass(frozen=True, slots=True)
class Statistics:
    """How many passages there are, and how each term is used in them."""

    passages: int = 0
    usage: Mapping[str, Usage] = field(default_factory=dict)

    @classmethod
    def of(cls, passages: Iterable[Mapping[str, float]]) -> Statistics:
        """Those of passages, given what each one's terms count."""
        count, usage = 0, dict[str, Usage]()
        for weights in passages:
            count += 1
            for term, weight in weights.items():
                known = usage.get(term, Usage(0, 0.0, 0.0))
                usage[term] = Usage(known.frequency + 1, known.sum + weight, known.squares + weight * weight)
        return cls(count, usage)

    def plus(self, other: Statistics, times: int = 1) -> Statistics:
        """Those of two corpora together or, with -1 ``times`` the other, of one without a part of it."""
        usage = dict(self.usage)
        for term, (frequency, total, squares) in other.usage.items():
            known = usage.get(term, Usage(0, 0.0, 0.0))
            usage[term] = Usage(
                known.frequency + times * frequency, known.sum + times * total, known.squares + times * squares
            )
            if not usage[term].frequency:
                del usage[term]
        return Statistics(self.passages + times * other.passages, usage)

    @property
    def value(self) -> object:
        """As JSON can hold it."""
        usage = {term: (each[0], round(each[1], _DIGITS), round(each[2], _DIGITS)) for term, each in self.usage.items()}
        return {"passages": self.passages, "usage": usage}

    @classmethod
    def unpacked(cls, value: Mapping[str, Mapping[str, tuple[int, float, float]]]) -> Statistics:
        """What ``value`` says."""
        return cls(int(value["passages"]), {term: Usage(*each) for term, each in value["usage"].items()})  # type: ignore[call-overload]

    # --- what is asked of them -----------------------------------------------------------------------------------

    @property
    def vocabulary(self) -> Collection[str]:
        """Every term."""
        return self.usage.keys()

    def frequency(self, term: str) -> int:
        """How many passages have a term."""
        return self.usage[term].frequency if term in self.usage else 0

    def weights(self, question: str, *, beside: int = 0) -> dict[str, float]:
        """Each term of a question but stop words, with its share of the sum of their idf; see ``Terms``."""
        return shares(question, self.frequency, self.passages + beside)

    def asked(self, question: str) -> dict[str, float]:
        """What each term of a question that any passage has counts: its idf, as often as the question has it."""
        found = Counter(term for term in terms(question) if term in self.usage)
        return {term: count * idf(self.frequency(term), self.passages) for term, count in found.items()}

    def moments(self, asked: Mapping[str, float]) -> Moments:
        """Mean and deviation of a question's BM25 over all passages.

        The mean is exact. The deviation is what it would be if terms came independently of each other.
        """
        mean = variance = 0.0
        for term, weight in asked.items():
            _, total, squares = self.usage[term]
            each = total / self.passages
            mean += weight * each
            variance += weight * weight * max(squares / self.passages - each * each, 0.0)
        return Moments(mean, variance**0.5)
