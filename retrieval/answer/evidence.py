"""The evidence for an answer: what its confidence is made of."""

from __future__ import annotations

from collections.abc import Sequence

from retrieval.answer.quotes import Quote
from retrieval.index.lexical import LexicalIndex
from retrieval.text.terms import coverage


def gather(quotes: Sequence[Quote], variants: Sequence[str], lexical: LexicalIndex) -> dict[str, float]:
    """What speaks for the first quote, by name; nothing without a quote. ``confidence`` makes a probability of it.

    ``reading`` is the reader's score, ``cosine`` how near the quote's passage is, ``coverage`` what part of the
    question's rare words are there, and ``gap`` how far ahead the quote is of the next.

    Args:
        quotes: best first, at least two where there are two.
        variants: the question as typed and as it was read: coverage is their mean, for the words that a conversation
            lends a question are there anyway.
        lexical: what each term counts.
    """
    if not quotes:
        return {}
    best, *others = quotes
    passage = best.hit.passage
    text = f"{passage.article.title} {passage.text}"
    covered = sum(coverage(lexical.weights(variant), text) for variant in variants) / len(variants)
    return {
        "reading": best.score - best.hit.score,
        "cosine": best.hit.dense,
        "coverage": covered,
        "gap": best.score - others[0].score if others else 0.0,
    }
