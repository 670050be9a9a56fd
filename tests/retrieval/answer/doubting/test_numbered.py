"""What goes by a name and a number."""

from __future__ import annotations

import pytest

from retrieval.answer.doubting.numbered import another_numbered


@pytest.mark.parametrize(
    ("question", "passage", "expected"),
    [
        ("Who sits in Room 7?", "The clerk sits in Room 4.", ("Room 7", "Room 4")),
        ("Who sits in Room 7?", "Room 4 is for the clerk, room 7 for the mayor.", None),
        ("Who sits in Room 7?", "The mayor sits upstairs.", None),
        ("When does Ferry.js 30 come?", "Ferry.js v26 came in May.", ("Ferry.js 30", "Ferry.js 26")),
        ("What is new in Ferry 1.4?", "Ferry 1.4.230 has a new bell.", None),
        ("What is new in Ferry 1.4.230?", "Of the series Ferry 1.4 much is new.", None),
        ("What is new in Ferry 1.4?", "Ferry 1.40 has a new bell.", ("Ferry 1.4", "Ferry 1.40")),
        ("Who was there in May 2019?", "In May 2018 Ann Lee was there.", None),
        ("Do all Under 12 go free?", "Under 16 all go free.", None),
        ("What did the Harbours 80’s band play?", "The Harbours 90 played.", None),
    ],
)
def test_a_number_tells_things_of_one_name_apart(question: str, passage: str, expected: tuple[str, str] | None) -> None:
    assert another_numbered(question, passage) == expected
