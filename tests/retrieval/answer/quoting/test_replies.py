"""A question that an article asks itself is quoted with what the article says to it."""

from __future__ import annotations

import pytest

from retrieval.answer.quoting.replies import with_reply
from tests.retrieval.examples import completed


@pytest.mark.parametrize(
    ("text", "words", "seen"),
    [
        (
            "Is the hall open on Sundays? No. The hall rests on that day. Dogs have to stay out.",
            "Sundays",
            "Is the hall open on Sundays? No. The hall rests on that day.",
        ),
        (
            "# How do I renew a card?\n\nCome to the desk with it. It is free of charge.",
            "renew",
            "# How do I renew a card?\n\nCome to the desk with it.",
        ),
        ("Who owns the mill in Harn? Nobody knows who does. The mill stands empty.", "empty", "The mill stands empty."),
        ("The mill in Harn stands empty. Who owns the mill in Harn?", "owns", "Who owns the mill in Harn?"),
        (
            "Is the sauna in it? Yes. The sauna opens at noon.",
            "noon",
            "Is the sauna in it? Yes. The sauna opens at noon.",
        ),
        ("Who owns the mill in Harn?\n\n# Weather\n\nIt rains.", "owns", "Who owns the mill in Harn?"),
    ],
)
def test_what_is_said_to_a_question_comes_along(text: str, words: str, seen: str) -> None:
    assert completed(with_reply, text, words) == seen
