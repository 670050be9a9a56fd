"""The row over a table that names its columns, found in an article's text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.text.sentences import headings_above
from retrieval.text.table_heads import table_head

FEES = "## Fees\n\nPay on board.\n\nTicket | Price\n\nAdult | 12\n\nChild. Or dog | 7\n\nAsk us."


@pytest.mark.parametrize(
    ("words", "head"),
    [
        ("Adult", "Ticket | Price"),
        ("12", "Ticket | Price"),
        ("Or dog", "Ticket | Price"),
        ("Ticket", None),
        ("Pay", None),
        ("Ask us", None),
    ],
)
def test_a_row_stands_under_the_one_that_names_the_columns(words: str, head: str | None) -> None:
    place = FEES.index(words)

    assert table_head(FEES, place) == head
    assert headings_above(FEES, place) == ["Fees", *([head] if head else [])]


@pytest.mark.parametrize(
    "table",
    [
        pytest.param("Phone | 0471\n\nFax | 0472\n\nZip | 9", id="a name and a value in each"),
        pytest.param("Miller | Ann\n\nBaker | Ben\n\nBoss | Eve", id="words in two columns"),
        pytest.param("Rye | 4 | 9\n\nOats | 5 | 8\n\nBran | 5 | 7", id="figures from the first on"),
        pytest.param(
            "name: Ann | role: Boss | city: Oslo\n\nname: Ben | role: Cook | city: Lima\n\na | b | c", id="named"
        ),
        pytest.param("A | B | C\n\nA | D | E\n\nF | G | H", id="a word again in its column"),
        pytest.param("Ann | Boss | Oslo\n\nBen | Cook | Lima", id="one row below"),
        pytest.param(f"{'How many? ' * 11} | A | B\n\nBen | Cook | Lima\n\nEve | Cook | Lima", id="a text"),
    ],
)
def test_what_does_not_look_like_names_names_nothing(table: str) -> None:
    assert {table_head(table, place) for place in range(len(table))} == {None}


def test_the_names_are_found_far_above_but_not_beyond_all_bounds() -> None:
    rows = "\n\n".join(f"Ship {number} | Harbour {number} | {number}" for number in range(9_000))
    table = f"Ship | Harbour | Berth\n\n{rows}"

    assert table_head(table, table.index("Ship 900 ")) == "Ship | Harbour | Berth"
    assert table_head(table, len(table) - 1) is None


@given(st.lists(st.sampled_from(["\n\n", "\n", " | ", "|", "a", "9", " "]), max_size=40).map("".join))
def test_a_head_stands_above_the_place_in_any_text(text: str) -> None:
    for place in range(len(text)):
        head = table_head(text, place)
        assert head is None or 0 <= text.find(head) < place
