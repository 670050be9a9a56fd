"""What becomes of ranks when a question has two meanings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.answer.follow_ups.likelihood import ContextLikelihood, FollowUpWeights, allocate, over_fetch, rerank

WEIGHTS = FollowUpWeights()


def likelihoods(log_odds: float, *each: tuple[float, float]) -> list[ContextLikelihood]:
    return [ContextLikelihood(as_typed, in_context, log_odds) for as_typed, in_context in each]


AS_TYPED, IN_CONTEXT, NEITHER = (-0.1, -6.0), (-6.0, -0.1), (-4.0, -4.0)


@pytest.mark.parametrize(("log_odds", "first"), [(-6.0, 0), (6.0, 1)])
def test_the_likelier_meaning_says_what_comes_first(log_odds: float, first: int) -> None:
    passages = likelihoods(log_odds, AS_TYPED, IN_CONTEXT, NEITHER)

    assert rerank(passages, [0.0] * 3, [0.0] * 3, WEIGHTS)[0] == first


def test_what_a_reader_finds_in_one_meaning_counts_as_much_as_that_meaning_does() -> None:
    passages = likelihoods(-6.0, NEITHER, NEITHER)

    assert rerank(passages, [0.0, 1.0], [0.0, 0.0], WEIGHTS) == [1, 0]
    assert rerank(passages, [0.1, 0.0], [0.0, 9.0], WEIGHTS) == [0, 1]


def test_a_reader_whose_weight_is_nought_has_no_say() -> None:
    passages = likelihoods(-6.0, NEITHER, NEITHER)

    assert rerank(passages, [0.0, 9.0], [0.0, 9.0], FollowUpWeights(reader=0.0)) == [0, 1]


def test_both_meanings_keep_places_among_the_first_ten_while_it_is_in_doubt() -> None:
    as_typed = [(-0.1 * n, -30.0) for n in range(12)]
    in_context = [(-30.0, -0.1 * n) for n in range(12)]

    order = rerank(likelihoods(0.0, *as_typed, *in_context), [0.0] * 24, [0.0] * 24, WEIGHTS)

    assert set(order[:10]) == {0, 1, 2, 3, 4, 12, 13, 14, 15, 16}
    assert sorted(order) == list(range(24))


@pytest.mark.parametrize("log_odds", [-2000.0, 0.0, 2000.0])
def test_a_score_is_finite_however_sure_the_gate_is(log_odds: float) -> None:
    passage = ContextLikelihood(-900.0, -0.5, log_odds)

    assert -2000 < passage.score(WEIGHTS.temperature) < 1
    assert passage.posterior == pytest.approx(0.0 if log_odds < -1000 else 1.0)


RANKS = st.lists(st.integers(0, 40), unique=True)


@given(RANKS, RANKS, st.floats(-20, 20), st.integers(0, 14))
def test_places_go_to_passages_of_either_ranking_each_once(
    as_typed: list[int], in_context: list[int], log_odds: float, places: int
) -> None:
    few = allocate(as_typed, in_context, log_odds, places, WEIGHTS)
    many = over_fetch(as_typed, in_context, log_odds, places, WEIGHTS)

    assert len(few) <= places
    assert len(set(few)) == len(few)
    assert len(set(many)) == len(many)
    assert {*few, *many} <= {*as_typed, *in_context}
