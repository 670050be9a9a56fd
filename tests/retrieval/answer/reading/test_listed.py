"""What is asked for by its number: an item of a list, or a part of an article."""

from __future__ import annotations

import pytest

from retrieval.answer.reading.listed import is_item, words_of_item
from retrieval.answer.reading.reader import sentences_of
from retrieval.text.passages import Passage
from tests.retrieval.examples import article_of

RULES = """\
# Rules of the harbour

Who comes to the harbour keeps them.

1. Sail slowly. Wave to the ferry.

2. Paint no boat on the quay.

3. Feed the gulls.
"""
STEPS = "How to paint a boat:\n\na) Clean the hull.\nb) Paint it twice,\n   and let it dry.\n\nThen the boat is done."
CODE = "# Code of the crew\n\n## 1. Respect\n\nBe kind. Wait for all.\n\n## 2. Privacy\n\nOpen no letters.\n"
LAW = "Section 1. Boats have lamps.\n\nSection 2: Lamps are lit at dusk.\n\nSection three – Lamps are green."
WINDOWS = "# Gull 3\n\nGull 3 is a boat.\n\n1. It has one mast.\n\n2. It has two lamps.\n\n3. It has a cabin."
NOTES = (
    "# Rules\n\n## References\n\n1. Lund, B. Rules of the sea. Oslo, 1999.\n\n2. Ohm, C. Rules of the quay. Oslo, 2001."
)


@pytest.mark.parametrize(
    ("question", "text", "said"),
    [
        ("what is rule 1?", RULES, "1. Sail slowly. Wave to the ferry."),
        ("What does the second rule say?", RULES, "2. Paint no boat on the quay."),
        ("rule #2", RULES, "2. Paint no boat on the quay."),
        ("What does rule number three of the harbour say about gulls?", RULES, "3. Feed the gulls."),
        ("what's harbour rule 3", RULES, "3. Feed the gulls."),
        ("and rule 3? (what is rule 2)", RULES, "3. Feed the gulls."),
        ("what is rule 4?", RULES, None),
        ("what is law 2?", RULES, None),
        ("what is rule 2 of the lighthouse?", RULES, None),
        ("what does rule 2 forbid?", RULES, None),
        ("when is rule 2 read?", RULES, None),
        ("who made rule 2?", RULES, None),
        ("what is step b?", STEPS, "b) Paint it twice,\n   and let it dry."),
        ("what is the second step of painting a boat?", STEPS, "b) Paint it twice,\n   and let it dry."),
        ("what does section 1 say?", CODE, "Be kind. Wait for all."),
        ("what is rule 2 of the code?", CODE, None),
        ("what is section 2 about?", LAW, "Section 2: Lamps are lit at dusk."),
        ("what does section 3 say?", LAW, "Section three – Lamps are green."),
        ("what is gull 3?", WINDOWS, None),
        ("what is rule 2?", NOTES, None),
    ],
)
def test_the_item_is_told_by_its_number_in_a_list_of_that_name(question: str, text: str, said: str | None) -> None:
    passage = Passage(article_of(text, title="A note"), 0, len(text))

    found = [words_of_item(question, passage, sentence) for sentence in sentences_of(passage)]

    assert [text[slice(*words)] for words in found if words] == ([said] if said else [])
    assert all(is_item(question, passage, words) for words in found if words)


def test_of_a_long_part_its_beginning_is_quoted() -> None:
    text = f"# Code\n\n## Rule 2: Lamps\n\n{'The lamps of all boats are lit at dusk. ' * 30}"
    passage = Passage(article_of(text), 0, len(text))

    (words,) = filter(None, (words_of_item("what is rule 2?", passage, each) for each in sentences_of(passage)))

    assert 500 < words.end - words.start <= 600
