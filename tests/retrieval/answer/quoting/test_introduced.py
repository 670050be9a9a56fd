"""What a colon announces is quoted with it."""

from __future__ import annotations

import pytest

from retrieval.answer.quoting.introduced import with_introduced
from tests.retrieval.examples import completed


@pytest.mark.parametrize(
    ("text", "words", "seen"),
    [
        (
            "The ferry sails on Sundays. The address of the timetable is:\n\nhttps://ferry.example/times\n\nIt rains.",
            "address",
            "The address of the timetable is:\n\nhttps://ferry.example/times",
        ),
        ("Run it with:\n\nsudo ferry --start\n\nThen wait.", "sudo", "Run it with:\n\nsudo ferry --start"),
        ("Bring along:\n\n- a coat\n\n- a map\n\nIt rains.", "Bring", "Bring along:\n\n- a coat\n\n- a map"),
        ("Bring along:\n- a coat\n- a map\n\nIt rains.", "Bring", "Bring along:\n- a coat\n- a map"),
        (
            "Prices:\n\nAdult | 9 crowns\n\nChild | 4 crowns\n\nIt rains.",
            "Prices",
            "Prices:\n\nAdult | 9 crowns\n\nChild | 4 crowns",
        ),
        ("**What it costs:**\n\nNine crowns.", "costs", "**What it costs:**\n\nNine crowns."),
        ("The mayor said:\n\n## Weather\n\nIt rains.", "mayor", "The mayor said:"),
        ("## What to bring:\n\nA coat is enough.", "coat", "A coat is enough."),
        ("The list says:\n\n" + "A very long line of it " * 30, "list", "The list says:"),
        ("The mayor of Harn left in the evening. The list on the door says:", "list", "The list on the door says:"),
        ("The mayor said: wait.\n\nIt rains.", "wait", "The mayor said: wait."),
    ],
)
def test_what_a_colon_announces_is_quoted_with_it(text: str, words: str, seen: str) -> None:
    assert completed(with_introduced, text, words) == seen
