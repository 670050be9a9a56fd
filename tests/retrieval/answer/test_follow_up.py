"""What a question means that follows another: whether it goes on, what it goes on from, and what becomes of ranks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.answer.follow_up import (
    Context,
    InTalk,
    allocate,
    going_on,
    looks_like_follow_up,
    named,
    over_fetch,
    rerank,
)


@pytest.mark.parametrize(
    ("question", "goes_on"),
    [
        ("when was that?", True),
        ("what about the islands?", True),
        ("why?", True),
        ("what is Khabomai?", False),
        ("and who is Hiroshige Seko?", False),
        ("and what about Japan?", True),
        ("who wrote Hamlet for the queen?", False),
    ],
)
def test_what_a_question_looks_like_tells_whether_it_goes_on(question: str, goes_on: bool) -> None:
    assert looks_like_follow_up(question) == goes_on


@pytest.mark.parametrize(
    ("question", "names", "pair", "read"),
    [
        ("when was that?", ("Sochi",), None, "when was that? (Sochi)"),
        ("and what did they agree?", ("Abe", "Putin"), ("Abe", "Putin"), "what did Abe and Putin agree?"),
        ("and what about Tokyo?", ("Sochi",), None, "what about Tokyo?"),
        ("how deadly is it?", (), None, "how deadly is it? (Who met in Sochi)"),
        ("so which stage?", (), None, "which stage? (Who met in Sochi)"),
    ],
)
def test_a_reader_is_told_what_a_follow_up_goes_on_from(
    question: str, names: tuple[str, ...], pair: tuple[str, str] | None, read: str
) -> None:
    assert named(question, Context("Who met in Sochi?", "Who met in Sochi?", "They met.", names, pair)) == read


def test_what_is_near_to_what_was_said_goes_on_more_likely() -> None:
    near, far = (going_on("when was that?", nearness, 0.0, 1.5) for nearness in (0.6, 0.0))

    assert near > far
    assert going_on("when was that?", 0.3, 0.0, 0.0) > going_on("when was that?", 0.3, 0.0, 3.0)


# --- ranks ---------------------------------------------------------------------------------------------------


def talks(odds: float, *likely: tuple[float, float]) -> list[InTalk]:
    return [InTalk(alone, within, odds) for alone, within in likely]


SUBJECT, TALK, NEITHER = (-0.1, -6.0), (-6.0, -0.1), (-4.0, -4.0)


@pytest.mark.parametrize(("odds", "first"), [(-6.0, 0), (6.0, 1)])
def test_the_likelier_meaning_says_what_comes_first(odds: float, first: int) -> None:
    assert rerank(talks(odds, SUBJECT, TALK, NEITHER), [0.0] * 3, [0.0] * 3)[0] == first


def test_what_a_reader_finds_in_one_meaning_counts_as_much_as_that_meaning_does() -> None:
    passages = talks(-6.0, NEITHER, NEITHER)

    assert rerank(passages, alone=[0.0, 1.0], within=[0.0, 0.0]) == [1, 0]
    assert rerank(passages, alone=[0.1, 0.0], within=[0.0, 9.0]) == [0, 1]


def test_both_meanings_keep_places_among_the_first_ten_while_it_is_in_doubt() -> None:
    subject = [(-0.1 * n, -30.0) for n in range(12)]
    talk = [(-30.0, -0.1 * n) for n in range(12)]

    order = rerank(talks(0.0, *subject, *talk), [0.0] * 24, [0.0] * 24)

    assert set(order[:10]) == {0, 1, 2, 3, 4, 12, 13, 14, 15, 16}
    assert sorted(order) == list(range(24))


@pytest.mark.parametrize("odds", [-2000.0, 0.0, 2000.0])
def test_a_score_is_finite_however_sure_the_gate_is(odds: float) -> None:
    passage = InTalk(-900.0, -0.5, odds)

    assert -2000 < passage.score < 1
    assert passage.posterior == pytest.approx(0.0 if odds < -1000 else 1.0)


RANKS = st.lists(st.integers(0, 40), unique=True)


@given(RANKS, RANKS, st.floats(-20, 20), st.integers(0, 14))
def test_places_go_to_passages_of_either_ranking_each_once(
    alone: list[int], within: list[int], odds: float, places: int
) -> None:
    some = allocate(alone, within, odds, places)
    ample = over_fetch(alone, within, odds, places)

    assert len(some) <= places
    assert len(set(some)) == len(some)
    assert len(set(ample)) == len(ample)
    assert {*some, *ample} <= {*alone, *within}
