"""What a colon announces is quoted with it."""

from __future__ import annotations

import pytest

from retrieval.answer.quoting.introduced import with_introduced, with_others
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
        (
            "It rains.\n\nBoat | Seats | Year\n\nAuk | 9 | 1998\n\nTern | 4 | 2011\n\nIt snows.",
            "Boat",
            "Boat | Seats | Year\n\nAuk | 9 | 1998\n\nTern | 4 | 2011",
        ),
        ("It rains.\n\nPat | 9 crowns\n\nKim | 4 crowns", "Kim", "Kim | 4 crowns"),
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


NEEDED = "It rains.\n\nTo join, you need:\n\n1. a coat,\n\n2. a map,\n\n3. the fee.\n\nIt snows."
SENTENCES = "To join, you need:\n\n1. You need a coat.\n\n2. Bring the map."


@pytest.mark.parametrize(
    ("text", "words", "question", "seen"),
    [
        (NEEDED, "map", "what do I need to join?", NEEDED[11:-11]),
        (NEEDED, "coat", "what do I need to join?", NEEDED[11:-11]),
        (NEEDED, "map", "do I need a map?", "2. a map,"),
        (NEEDED, "map", "who sings?", "2. a map,"),
        (NEEDED, "snows", "what do I need to join?", "It snows."),
        (SENTENCES, "coat", "what do I need to join?", "1. You need a coat."),
        ("Here is what you need.\n\n- a coat\n\n- a map", "map", "what do I need?", "- a map"),
        ("- a coat\n\n- a map", "map", "what do I need?", "- a map"),
        (NEEDED.replace("a coat", "a coat " * 60), "map", "what do I need to join?", "2. a map,"),
    ],
)
def test_an_item_without_a_word_of_the_question_is_quoted_with_the_others(
    text: str, words: str, question: str, seen: str
) -> None:
    assert completed(lambda text, span: with_others(text, span, question), text, words) == seen
