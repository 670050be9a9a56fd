"""The passages with the highest BM25 are the same, whether all are scored or only those that may be among them."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from retrieval.index import by_words
from retrieval.index.by_words import EveryScore, SomeScores
from retrieval.index.lexical import LexicalIndex
from retrieval.index.order import Order
from retrieval.index.postings import Postings

WORDS = [f"word{number}" for number in range(300)]
"""The first are the most common, as in a language (Zipf)."""

QUESTIONS = (
    "word0 word1 word2",
    "word0 word40",
    "word0 word0 word7 word200",
    "word299",
    "word3 nowhere word150 word151 word0",
    "nowhere",
    "",
)


@cache
def texts() -> list[str]:
    """A thousand passages."""
    draw = np.random.default_rng(5)
    chances = 1 / np.arange(1, len(WORDS) + 1)
    return [" ".join(draw.choice(WORDS, draw.integers(5, 40), p=chances / chances.sum())) for _ in range(1000)]


@cache
def in_one() -> LexicalIndex:
    return LexicalIndex.build(texts())


@cache
def in_three() -> LexicalIndex:
    """The passages over three segments, not in their order, with others between them that are gone."""
    passages = texts()
    shuffled = np.random.default_rng(6).permutation(len(passages))
    rows = np.empty(len(passages), dtype=np.int64)
    everything = ["word0 word299 gone"] * (len(passages) + 50)
    places = np.sort(np.random.default_rng(8).choice(len(everything), len(passages), replace=False))
    rows[shuffled] = places
    for number, row in enumerate(rows.tolist()):
        everything[row] = passages[number]
    cut = np.array_split(np.arange(len(everything)), [100, 700])
    parts = [Postings.build([everything[row] for row in part]) for part in cut]
    return LexicalIndex(parts, Order.of(rows, len(everything)))


@pytest.fixture(params=[in_one, in_three])
def lexical(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> LexicalIndex:
    """A thousand passages, which are many here."""
    monkeypatch.setattr(by_words, "EVERY", 250)
    index: LexicalIndex = request.param()
    return index


def masks() -> list[NDArray[np.int64] | None]:
    draw = np.random.default_rng(9)
    return [None, np.sort(draw.choice(1000, 60, replace=False)), np.sort(draw.choice(1000, 600, replace=False))]


@pytest.mark.parametrize("allowed", masks(), ids=["all", "few", "most"])
@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("k", [1, 10, 200])
def test_the_highest_are_those_of_all_scores(
    lexical: LexicalIndex, question: str, k: int, allowed: NDArray[np.int64] | None
) -> None:
    some, every = lexical.ranking.of(question), EveryScore(lexical.scores(question))
    assert isinstance(some, SomeScores)

    found, expected = some.highest(k, allowed), every.highest(k, allowed)

    # Passages that have none of the words are not looked for.
    scores = np.sort(every.at(expected))[::-1]
    np.testing.assert_array_equal(np.sort(some.at(found))[::-1][: np.count_nonzero(scores)], scores[scores > 0])
    assert allowed is None or np.isin(found, allowed).all()
    assert len(set(found.tolist())) == len(found) <= k


@pytest.mark.parametrize("question", QUESTIONS)
def test_scores_of_some_are_those_of_all(lexical: LexicalIndex, question: str) -> None:
    rows = np.array([3, 999, 4, 500])
    np.testing.assert_array_equal(lexical.ranking.of(question).at(rows), lexical.scores(question)[rows])


@pytest.mark.parametrize("question", QUESTIONS)
def test_mean_and_deviation_are_near_those_of_all(lexical: LexicalIndex, question: str) -> None:
    some, every = lexical.ranking.of(question), EveryScore(lexical.scores(question))

    assert some.mean == pytest.approx(every.mean, rel=1e-4)
    assert some.deviation == pytest.approx(every.deviation, rel=0.05)


def test_a_sample_that_misleads_costs_time_and_no_passage(
    lexical: LexicalIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = lexical.ranking.of("word0 word40")
    monkeypatch.setattr(SomeScores, "_likely_least", lambda *_: 5.5)

    found = some.highest(10, None)

    every = EveryScore(lexical.scores("word0 word40"))
    np.testing.assert_array_equal(np.sort(some.at(found)), np.sort(every.at(every.highest(10, None))))


def test_the_first_that_have_a_word_are_the_first_of_all_that_have_it(
    lexical: LexicalIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retrieval.index.lexical._LOOKED_THROUGH", 32)
    for word in ("word0", "word9", "word299", "nowhere"):
        first = lexical.first_having(word, 5)[:5]
        np.testing.assert_array_equal(first, lexical.having(word)[:5])
