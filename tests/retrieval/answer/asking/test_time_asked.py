"""The time that a question names."""

from __future__ import annotations

import pytest

from retrieval.answer.asking.time_asked import TimeAsked, time_asked


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("who was mayor in December 2020?", TimeAsked(2020, 12)),
        ("who won in 1998?", TimeAsked(1998)),
        ("what happened on 2 March?", TimeAsked(None, 3, 2)),
        ("who died on March 5, 2021?", TimeAsked(2021, 3, 5)),
        ("what happened in May?", TimeAsked(None, 5)),
        ("what happened on 2024-03-05?", TimeAsked(2024, 3, 5)),
        ("what happened on 25/03/2024?", TimeAsked(2024, 3, 25)),
        ("what happened on 3/25/2024?", TimeAsked(2024, 3, 25)),
        ("what happened on 05/03/2024?", TimeAsked(2024)),
        ("was geschah am 5.3.2024?", TimeAsked(2024, 3, 5)),
        ("what was the toll in Jan. 2022?", TimeAsked(2022, 1)),
        ("what was the toll in Sept 2022?", TimeAsked(2022, 9)),
        ("who won the 1998 election?", TimeAsked(1998)),
        ("кто был мэром в 2020 году?", TimeAsked(2020)),
        ("what was the toll in the 1990s?", TimeAsked()),
        ("who paid $2000 for it?", None),
        ("where is room 12.2024?", None),
        ("what does the MX2000 do?", None),
        ("who was the first mayor?", TimeAsked()),
        ("may she resign?", None),
        ("who is April Jones?", None),
        ("did 2000 people march?", None),
        ("who is the mayor?", None),
    ],
)
def test_the_time_that_a_question_names_is_understood(question: str, expected: TimeAsked | None) -> None:
    assert time_asked(question) == expected
