"""Units that an answer needs where a question asks how much there is of something."""

from __future__ import annotations

import pytest

from retrieval.answer.doubting.amounts import measured


@pytest.mark.parametrize(
    ("question", "words", "has"),
    [
        ("How much did the wall cost?", "It cost 40 million euros.", True),
        ("How much did the wall cost?", "Forty people built it.", False),
        ("how high is the dam", "It is 90 metres high.", True),
        ("how high is the dam", "It holds back 80 million litres.", False),
        ("How old is Berg?", "Berg, 54, steers it.", True),
        ("How old is Berg?", "Captain Berg steers it.", False),
        ("How long did they talk?", "They talked for three hours.", True),
        ("How long does it cook?", "It cooks for 5 min.", True),
        ("How far did sales fall?", "They fell by 4%.", True),
        ("How many ships are there?", "There are ships.", True),
    ],
)
def test_an_answer_to_how_much_of_something_has_a_unit_of_it(question: str, words: str, has: bool) -> None:
    assert measured(question, words) is has
