"""Whose words a sentence of minutes or of a transcript has."""

from __future__ import annotations

import pytest

from retrieval.answer.reading.turns import said_by_another, turn_before
from retrieval.text.sentences import Span

MINUTES = """\
- Berth fees #12

- Ann Lee: Let us ask 9 crowns. The quay
is old.

- Ohm: No, ask 7. Lee is wrong.

- Falk left early.
"""
TALK = """\
LEE: The quay is old.

It must be mended.

OHM: Who pays?
"""


@pytest.mark.parametrize(
    ("question", "words", "another"),
    [
        ("What did Ohm propose?", "Let us ask 9 crowns.", True),
        ("What did Ohm propose?", "No, ask 7.", False),
        ("what does ann lee say about the quay?", "The quay\nis old.", False),
        ("Why does Ohm ask for 7?", "Berth fees #12", True),
        ("What did Lee get wrong according to Ohm?", "The quay\nis old.", True),
        ("What did Lee do?", "Lee is wrong.", False),
        ("What did Falk do?", "No, ask 7.", False),
        ("What are the fees?", "No, ask 7.", False),
    ],
)
def test_what_neither_names_nor_is_by_the_speaker_asked_about_is_anothers(
    question: str, words: str, another: bool
) -> None:
    start = MINUTES.index(words)

    assert said_by_another(question, MINUTES, Span(start, start + len(words))) is another


def test_a_turn_goes_on_over_paragraphs_but_not_over_items() -> None:
    mended, left = turn_before(TALK, TALK.index("mended")), turn_before(MINUTES, MINUTES.index("left"))

    assert mended is not None
    assert mended["who"] == "LEE"
    assert left is None
