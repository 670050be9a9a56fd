"""BM25, checked against the formula written out, and the terms it compares."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.index.lexical import K1, B, LexicalIndex, Scores
from retrieval.index.postings import Postings
from retrieval.text.terms import coverage, located_terms, terms

PASSAGES = (
    "The mayor opened the bridge on Saturday. The bridge cost 410 million.",
    "A ferry carried cars; the ferry will stop.",
    "Blue whales sing lower. Nobody knows why whales do.",
    "— … —",
    "The mayor met the captain of the ferry at the bridge, and they opened a bottle.",
)


@pytest.fixture(scope="module")
def index() -> LexicalIndex:
    return LexicalIndex.build(PASSAGES)


def bm25(passages: tuple[str, ...], question: str) -> Scores:
    """Lucene's BM25 as Lù (2024) gives it, one term at a time."""
    rows = [terms(passage) for passage in passages]
    average = sum(map(len, rows)) / len(rows)
    scores = np.zeros(len(rows), dtype=np.float32)
    for term in terms(question):
        having = sum(term in row for row in rows)
        idf = math.log(1 + (len(rows) - having + 0.5) / (having + 0.5))
        for number, row in enumerate(rows):
            frequency = row.count(term)
            scores[number] += idf * frequency / (frequency + K1 * (1 - B + B * len(row) / average))
    return scores


# --- terms ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("some", "others"),
    [
        ("Met", "meets meeting MEET"),
        ("whale", "Whales whale’s"),
        ("café", "cafe CAFÉ cafe\N{COMBINING ACUTE ACCENT}"),
        ("résumé", "re\N{COMBINING ACUTE ACCENT}sume\N{COMBINING ACUTE ACCENT}"),
        ("office", "oﬃce"),
        ("Sochi", "Ｓｏｃｈｉ"),
    ],
)
def test_forms_of_a_word_are_one_term(some: str, others: str) -> None:
    (term,) = terms(some)

    for other in others.split():
        assert terms(other)[0] == term


def test_different_words_are_different_terms() -> None:
    assert len(set(terms("bridge ferry whale Sochi 1974 1975"))) == 6


def test_a_letter_that_is_all_accent_is_a_term() -> None:
    # Half-width katakana's voicing mark counts as a letter, and decomposes into a mark alone.
    assert terms("ﾞ met") == ["ﾞ", "meet"]


@given(st.text(), st.text(max_size=20))
def test_located_terms_are_the_terms_and_know_their_words(text: str, before: str) -> None:
    whole = f"{before} {text}"
    start = len(before) + 1

    located = located_terms(whole, start, len(whole))

    assert [term for term, _, _ in located] == terms(text)
    for term, begin, end in located:
        assert terms(whole[begin:end]) == [term]


def test_threads_get_the_same_terms() -> None:
    passages = [f"{passage} number{number}" for number in range(200) for passage in PASSAGES]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(terms, passages))

    assert found == [terms(passage) for passage in passages]


# --- scores --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "question",
    ["who opened the bridge?", "ferry", "ferries ferry FERRY", "whales and mayors, why", "the", "zebra ferry"],
)
def test_scores_are_the_formulas(index: LexicalIndex, question: str) -> None:
    np.testing.assert_allclose(index.scores(question), bm25(PASSAGES, question), rtol=1e-5, atol=1e-6)


@given(st.lists(st.text("abc de.", max_size=30), min_size=1, max_size=8), st.text("abc de", max_size=12))
def test_scores_are_the_formulas_for_any_words(passages: list[str], question: str) -> None:
    every = ("some word", *passages)

    np.testing.assert_allclose(LexicalIndex.build(every).scores(question), bm25(every, question), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("question", ["zebra", "", "?!"])
def test_a_question_of_unknown_words_scores_nothing(index: LexicalIndex, question: str) -> None:
    assert index.scores(question).tolist() == [0.0] * len(PASSAGES)


def test_what_was_saved_opens_as_the_same(index: LexicalIndex, tmp_path: Path) -> None:
    Postings.build(PASSAGES).save(tmp_path)

    opened = LexicalIndex([Postings.open(tmp_path)])

    assert len(opened) == len(PASSAGES)
    assert sorted(opened.vocabulary) == sorted({term for passage in PASSAGES for term in terms(passage)})
    for question in ("who opened the bridge?", "whale’s song", "zebra"):
        np.testing.assert_array_equal(opened.scores(question), index.scores(question))
        assert opened.weights(question) == index.weights(question)


def test_a_merged_index_is_the_same_as_one_built_anew(tmp_path: Path) -> None:
    Postings.build(PASSAGES).save(tmp_path)
    fresh = ("Goalkeeper saved penalties.", "The bridge is shut.")

    parts = [(Postings.open(tmp_path), np.array([-1, 1, 2, -1, -1])), (Postings.build(fresh), np.array([0, 3]))]
    mixed = LexicalIndex([Postings.merged(parts, 4)])

    passages = (fresh[0], *PASSAGES[1:3], fresh[1])
    assert sorted(mixed.vocabulary) == sorted(LexicalIndex.build(passages).vocabulary)
    for question in ("the ferry on Saturday", "whales saved", "who opened the bridge?"):
        np.testing.assert_allclose(mixed.scores(question), bm25(passages, question), rtol=1e-5)
    assert mixed.weights("mayor bridge") == LexicalIndex.build(passages).weights("mayor bridge")


# --- weights -------------------------------------------------------------------------------------------------


def test_a_rare_word_weighs_more_and_an_unknown_one_most(index: LexicalIndex) -> None:
    weights = index.weights("Did the mayor meet a whale or a zebra?")

    assert weights.keys() == {*terms("mayor"), *terms("meet"), *terms("whale"), *terms("zebra")}
    assert weights[terms("mayor")[0]] < weights[terms("whale")[0]] < weights[terms("zebra")[0]]
    assert sum(weights.values()) == pytest.approx(1.0)


def test_weights_are_shares_of_lucenes_idf(index: LexicalIndex) -> None:
    ferry, whale = math.log(1 + 3.5 / 2.5), math.log(1 + 4.5 / 1.5)

    assert index.weights("ferry whale") == pytest.approx(
        {terms("ferry")[0]: ferry / (ferry + whale), terms("whale")[0]: whale / (ferry + whale)}
    )


def test_a_question_of_nothing_but_stop_words_keeps_them(index: LexicalIndex) -> None:
    assert index.weights("what is the").keys() == set(terms("what is the"))


def test_coverage_is_the_share_of_the_question_that_a_text_has(index: LexicalIndex) -> None:
    weights = index.weights("ferry whale")

    assert coverage(weights, "Whales, whales!") == weights[terms("whale")[0]]
    assert coverage(weights, "The ferry carried a whale.") == pytest.approx(1.0)
    assert coverage(weights, "Nothing of the kind.") == 0
