"""A list that a question names is quoted as a whole."""

from __future__ import annotations

import pytest

from retrieval.answer.reading.reader import sentences_of
from retrieval.answer.reading.whole_lists import is_list, words_of_list
from retrieval.text.passages import Passage
from tests.retrieval.examples import article_of

HARBOUR = """\
# The harbour of Orvik

It has three jetties.

## Rules

1. Sail slowly. Wave to the ferry.

2. Feed the gulls.

Who breaks them pays.

## Boats

Boat | Seats

Heron | 8

Otter | 4

## Leaving

Do these before you leave:

- Clean the deck.

- Put out the lamps.

## Notes

- Only one.
"""
RULES = "1. Sail slowly. Wave to the ferry.\n\n2. Feed the gulls."
BOATS = "Boat | Seats\n\nHeron | 8\n\nOtter | 4"
LEAVING = "- Clean the deck.\n\n- Put out the lamps."


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("what are the rules?", [RULES]),
        ("What are your rules in the harbour?", [RULES]),
        ("list all the harbour rules", [RULES]),
        ("tell me the rules of Orvik", [RULES]),
        ("which rules are there?", [RULES]),
        ("which boats are there in Orvik?", [BOATS]),
        ("what boats does the harbour have?", [BOATS]),
        ("what are the steps for leaving?", [LEAVING]),
        ("what are the rules of the lighthouse?", []),
        ("what are the penalties?", []),
        ("which boats have eight seats?", []),
        ("who made the rules?", []),
        ("what rules boats?", []),
        ("what are the notes?", []),
        ("what are the rules that gulls keep?", []),
    ],
)
def test_a_list_is_told_by_its_name_and_what_it_is_of(question: str, said: list[str]) -> None:
    passage = Passage(article_of(HARBOUR, title="The harbour of Orvik"), 0, len(HARBOUR))

    found = [words_of_list(question, passage, sentence) for sentence in sentences_of(passage)]

    assert [HARBOUR[slice(*words)] for words in found if words] == said
    assert all(is_list(question, passage, words) for words in found if words)


ROLES = """\
# Roles

## Keeper

### Duties

- Light the lamps.

- Help the sailors.

## Sailor

### Duties

- Clean the deck.

- Wake the keeper.
"""


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("what are the duties of the keeper?", ["- Light the lamps.\n\n- Help the sailors."]),
        ("what are the duties of sailors?", ["- Clean the deck.\n\n- Wake the keeper."]),
        ("what are the duties of the cook?", []),
        ("what are the duties? (who is the keeper)", ["- Light the lamps.\n\n- Help the sailors."]),
        ("what are the duties?", []),
    ],
)
def test_of_several_lists_of_one_name_the_one_is_meant_whose_headings_the_question_has(
    question: str, said: list[str]
) -> None:
    passage = Passage(article_of(ROLES, title="Roles"), 0, len(ROLES))

    found = [words_of_list(question, passage, sentence) for sentence in sentences_of(passage)]

    assert [ROLES[slice(*words)] for words in found if words] == said


def test_of_a_long_list_the_first_items_are_quoted() -> None:
    text = "\n\n".join(f"- Lamp number {number} is lit at dusk by the keeper." for number in range(40))
    passage = Passage(article_of(text, title="Lamps"), 0, len(text))

    (words,) = filter(None, (words_of_list("what are the lamps?", passage, each) for each in sentences_of(passage)))

    assert words.start == 0
    assert 800 < words.end <= 900


def test_a_list_of_references_is_none_that_is_asked_for() -> None:
    text = "## References\n\n1. Lund, B. Rules of the sea. Oslo, 1999.\n\n2. Ohm, C. Rules of the quay. Oslo, 2001."
    passage = Passage(article_of(text, title="Rules"), 0, len(text))

    assert not any(words_of_list("what are the references?", passage, each) for each in sentences_of(passage))
