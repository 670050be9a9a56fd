"""Where an item of a list begins to say something, and which number it has."""

from __future__ import annotations

import pytest

from retrieval.text.list_items import after_marker, numbers_at


@pytest.mark.parametrize(
    ("item", "numbers"),
    [
        ("3. Oil the axle.", {3}),
        ("12) Oil the axle.", {12}),
        ("(3) Oil the axle.", {3}),
        ("b. Oil the axle.", {2}),
        ("iv) Oil the axle.", {4}),
        ("i. Oil the axle.", {1, 9}),
        ("- Oil the axle.", set()),
        ("- ✅ Oil the axle.", set()),
        ("Oil the axle.", set()),
        ("2024. Oil was dear.", set()),
        ("B. Lund oils the axle.", set()),
        ("3.5 litres of oil.", set()),
    ],
)
def test_an_item_of_a_list_has_the_number_that_stands_before_it(item: str, numbers: set[int]) -> None:
    text = f"The mill\n\n  {item}"

    assert numbers_at(text, text.index(item)) == numbers
    said = text[after_marker(text, text.index(item)) :]
    assert said == ("Oil the axle." if "Oil the axle." in item else item)


def test_a_number_within_a_line_begins_no_item() -> None:
    text = "Wait for 3) Oil the axle."

    assert numbers_at(text, text.index("3)")) == frozenset()
