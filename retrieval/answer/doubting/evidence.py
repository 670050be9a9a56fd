"""The evidence for an answer: the numbers that its confidence is made of, and the doubts about its first quote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from retrieval.answer.asking.question import kind_of
from retrieval.answer.doubting.doubts import Doubt, doubts_about, word_lacking
from retrieval.answer.quoting.quotes import Quote
from retrieval.answer.reading.reader import Reading
from retrieval.answer.search import Hit
from retrieval.index.protocol import Terms
from retrieval.text.terms import coverage

_BESIDE = 300
"""Passages that coverage supposes beside those there are, so that it means the same in a small collection."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the first quote of an answer has for it, and against it."""

    figures: Mapping[str, float]
    """The numbers that the confidence is made of, by name; none where nothing was found. See ``gather``."""
    doubts: tuple[Doubt, ...]


def gather(
    first: Quote | None,
    reading: Reading | None,
    variants: Sequence[str],
    hits: Sequence[Hit],
    common: Terms,
) -> Evidence:
    """The evidence for the best quote. No number depends on how the rest of the corpus scores.

    Args:
        first: the best quote as it is shown, with all that completes it; what it lacks then is doubted.
        reading: the best, which the first quote was made of.
        variants: the question as typed and, last, as it was read: coverages are their mean, for the words that a
            conversation lends a question are there anyway.
        hits: what was found; it tells which words of a question typed in small letters are names.
        common: how common each term is.
    """
    # Tried, and of no use beside these: the second-best span elsewhere, the passage's rank, how many spans vie with it,
    # what part of the question's words quote or span have, the rarest word that the quote lacks, how many names the
    # passage lacks, numbers that it lacks, words that are not of the kind asked for.
    if first is None or reading is None:
        return Evidence({}, ())
    doubts = doubts_about(first, variants, [hit.passage.text for hit in hits], common)
    weighed = [common.weights(variant, beside=_BESIDE) for variant in variants]
    numbers = {
        "reading": reading.score,
        "margin": reading.signals.margin,
        "answerable": reading.signals.answerable,
        "cosine": first.hit.dense,
        "coverage": _coverage(variants[-1], first, weighed),
        "names": float(any(doubt.about in ("name", "swapped", "identifier", "office", "unnamed") for doubt in doubts)),
        "unnamed": float(any(doubt.about == "unnamed" for doubt in doubts)),
        "yes_no": float(kind_of(variants[-1]) == "yes or no"),
        "contradicted": float(any(doubt.contradicts for doubt in doubts)),
    }
    return Evidence(numbers, doubts or word_lacking(variants[0], first, weighed[0]))


def _coverage(question: str, quote: Quote, weighed: Sequence[Mapping[str, float]]) -> float:
    """What part of the question's rare words the quote's passage has with what stands above, the mean over variants."""
    text = f"{quote.above_for(question)} {quote.hit.passage.text}"
    return sum(coverage(each, text) for each in weighed) / len(weighed)
