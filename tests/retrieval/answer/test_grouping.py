"""Which questions are put together as meaning the same."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from retrieval.answer.grouping import Remembering, grouped
from retrieval.models.encoder import Vectors
from retrieval.models.runtimes import encoder_named
from tests.fakes import FakeEncoder


def groups(*questions: str, around: Sequence[str] = ()) -> list[set[str]]:
    found = grouped(questions, FakeEncoder(), around=around)
    assert sorted(number for members in found for number in members) == list(range(len(questions)))
    return [{questions[number] for number in members} for members in found]


def test_marks_spaces_and_letter_case_make_no_difference() -> None:
    asked = "Who met in Sochi?", "who met  in sochi", "WHO MET IN SOCHI???"

    assert groups(*asked) == [set(asked)]


@pytest.mark.parametrize(
    "apart",
    [
        ("who met in Sochi on Friday?", "who met in Tokyo on Friday?"),
        ("how many ships came to the harbour in 1969?", "how many ships came to the harbour in 1970?"),
        ("who built the old stone bridge?", "when built the old stone bridge?"),
        ("which birds can fly over the sea?", "which birds can not fly over the sea?"),
        ("which birds do fly over the sea?", "which birds don't fly over the sea?"),
    ],
)
def test_names_numbers_kinds_and_a_denial_keep_questions_apart(apart: tuple[str, str]) -> None:
    assert groups(*apart) == [{each} for each in apart]


def test_a_name_in_small_letters_is_known_from_who_wrote_it_with_a_capital() -> None:
    asked = ("who met in sochi on friday?", "who met in tokyo on friday?")
    texts = "They went to Sochi.", "They went to Tokyo."

    assert groups(*asked, around=texts) == [{each} for each in asked]


def test_no_chain_of_small_steps_joins_what_differs() -> None:
    steps = [f"{' '.join('abcdefghijklmnop'[n : n + 8])} end" for n in range(8)]

    assert all(len(group) < 5 for group in groups(*steps))


def test_no_question_is_no_group() -> None:
    assert grouped((), FakeEncoder()) == []


def test_a_question_is_encoded_once_and_forgotten_after_many_others() -> None:
    class Counting(FakeEncoder):
        encoded: list[str]

        def encode_query(self, texts: Sequence[str]) -> Vectors:
            self.encoded += texts
            return super().encode_query(texts)

    counting = Counting()
    counting.encoded = []
    encoder = Remembering(counting, kept=2)

    assert np.array_equal(encoder.encode_query(["a", "b", "a"]), FakeEncoder().encode_query(["a", "b", "a"]))
    encoder.encode_query(["b", "c"])
    encoder.encode_query(["a"])
    assert counting.encoded == ["a", "b", "c", "a"]


def test_other_words_for_the_same_are_put_together_by_the_model_that_ships() -> None:
    asked = (
        "How do I reset my password?",
        "who met in Sochi?",
        "Do students get a discount?",
        "which people met in Sochi?",
        "i forgot my password how do i get a new one",
        "is there a discount for students",
        "who met in Tokyo?",
        "student discount?",
    )

    assert grouped(asked, encoder_named("bundled", None)) == [(0, 4), (1, 3), (2, 5, 7), (6,)]
