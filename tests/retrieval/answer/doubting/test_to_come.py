"""Whether a question asks what happened, and a sentence tells of what is to come."""

from __future__ import annotations

import pytest

from retrieval.answer.doubting.to_come import asks_what_happened, is_to_come


@pytest.mark.parametrize(
    ("question", "happened"),
    [
        ("When did the minister visit Lund?", True),
        ("in which hall was the trial of Ann Lee held", True),
        ("How many were at the meeting?", True),
        ("When will the minister visit Lund?", False),
        ("When is the trial?", False),
        ("Did the minister visit Lund?", False),
        ("Was the trial held?", False),
        ("When was the visit planned for?", False),
        ("What did the minister promise?", False),
        ("What did the minister urge the firms to do?", False),
        ("When did he say the trial begins?", False),
        ("trial date", False),
    ],
)
def test_a_question_is_about_the_past_by_its_first_verb(question: str, *, happened: bool) -> None:
    assert asks_what_happened(question) is happened


@pytest.mark.parametrize(
    ("sentence", "to_come"),
    [
        ("The minister will visit Lund on 5 May.", True),
        ("Work goes on for the forthcoming visit of the minister to Lund, scheduled for 5 May.", True),
        ("The trial is to begin in June.", True),
        ("The hall is expected to hold 900.", True),
        ("Voters won’t go to the polls before May.", True),
        ("The minister visited Lund on 5 May.", False),
        ("The visit was scheduled for 5 May.", False),
        ("The minister will visit Lund, his office said.", False),
        ("The hall, opened in May, will hold 900.", False),
        ("The hall holds 900.", False),
    ],
)
def test_a_sentence_is_about_what_is_to_come_where_nothing_in_it_has_happened(sentence: str, *, to_come: bool) -> None:
    assert is_to_come(sentence) is to_come
