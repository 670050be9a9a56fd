"""A step of instructions is quoted with the others."""

from __future__ import annotations

import pytest

from retrieval.answer.quoting.steps import with_steps
from tests.retrieval.examples import completed

STEPS = (
    "1. Close the sluice gate.\n\n2. Stop the wheel of the mill. Wait for a minute or two.\n\n"
    "3. Oil the axle with care.\n\nmill --oil\n\n4. Let the wheel turn."
)
DENSE = "1. Close the sluice gate.\n2. Stop the wheel of the mill.\n   Wait for a minute or two."
TWO = "1. Close all the gates.\n\n2. Go home by the mill.\n\n1. Open all the gates.\n\n2. Stay there for a day."
APART = "1. Close all the gates.\n\n## Mill\n\n2. Stay there for a day."
NESTED = "1. Close all the gates.\n\na. First the left one.\n\nb. Then the right one.\n\n2. Go home by the mill."
ROMAN = "i) Close all the gates.\n\nii) Stop the wheel of the mill.\n\niii) Go home by the mill."
LONG = [f"{number}. Turn the wheel number {number} {'slowly and ' * 9}with care." for number in range(1, 13)]


@pytest.mark.parametrize("words", ["Close", "Stop", "axle", "Let the"])
def test_a_step_is_quoted_with_the_others_of_its_list(words: str) -> None:
    assert completed(with_steps, f"# The mill\n\nIt has a wheel.\n\n{STEPS}\n\nIt grinds rye.", words) == STEPS


@pytest.mark.parametrize(
    ("text", "words", "seen"),
    [
        (STEPS, "minute", "Wait for a minute or two."),
        ("It has a wheel.\n\nIt grinds rye.", "rye", "It grinds rye."),
        (f"{DENSE}\n\nIt grinds rye.", "Stop", DENSE),
        (TWO, "Open", "1. Open all the gates.\n\n2. Stay there for a day."),
        (NESTED, "home", NESTED),
        (NESTED, "right", "a. First the left one.\n\nb. Then the right one."),
        (ROMAN, "wheel", ROMAN),
        (APART, "Close", "1. Close all the gates."),
        (APART, "Stay", "2. Stay there for a day."),
        ("\n\n".join(LONG), "number 4", "\n\n".join(LONG[3:9])),
    ],
)
def test_what_is_of_another_list_or_too_long_stays_away(text: str, words: str, seen: str) -> None:
    assert completed(with_steps, text, words) == seen
