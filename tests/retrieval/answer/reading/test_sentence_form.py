"""Who does what: the order of a question's words in a sentence, and reasons."""

from __future__ import annotations

import pytest

from retrieval.answer.reading.sentence_form import defines, gives_reason, of_another_row, only_repeats, reverses
from retrieval.articles.article import Article
from retrieval.text.passages import Passage
from retrieval.text.sentences import Span


@pytest.mark.parametrize(
    ("question", "sentence", "expected"),
    [
        ("What did Nora ask the bakers to do?", "Nora Lind asked all bakers of the town to open on Sundays.", False),
        ("What did Nora ask the bakers to do?", "The bakers of the town asked Nora for a new oven.", True),
        ("what did nora ask the bakers to do", "The bakers were asked by Nora to open on Sundays.", False),
        ("Who sponsored House Bill 11?", "Representative Lee sponsored House Bill 11.", False),
        ("Who sponsored House Bill 11?", "House Bill 11 was sponsored by Lee.", False),
        ("Who did Ann beat?", "Ann, the youngest of all, beat Ben.", False),
        ("Who beat Ann?", "Ann beat Ben in May.", True),
        ("What did the company heads want?", "Heads of two companies want a new road.", False),
        ("Where is the mill?", "The mill is behind the church.", False),
        ("What did Ann say in Lund?", "In Lund it rained.", False),
    ],
)
def test_a_sentence_may_have_the_words_of_a_question_the_other_way_round(
    question: str, sentence: str, expected: bool
) -> None:
    assert reverses(question, sentence) is expected


@pytest.mark.parametrize(
    ("question", "sentence", "expected"),
    [
        ("Why was the school closed?", "It was closed because a pipe had burst.", 1.0),
        ("Why was the school closed?", "The school was closed to save money.", 0.5),
        ("Why was the school closed?", "The school was closed on Monday.", 0.0),
        ("How did they free the ship?", "They freed it by digging through the night.", 1.0),
        ("How did they free the ship?", "They freed it on Monday.", 0.0),
        ("How many ships are there?", "Ships are freed by digging.", 0.0),
    ],
)
def test_a_reason_is_one_to_a_question_for_it(question: str, sentence: str, expected: float) -> None:
    assert gives_reason(question, sentence) == expected


@pytest.mark.parametrize(
    ("question", "answer", "expected"),
    [
        ("When are winter hours?", "When a holiday falls within winter hours", True),
        ("when is the harbour frozen", "while the harbour is frozen", True),
        ("When are winter hours?", "from November to March", False),
        ("When is the mill closed?", "when it rains", False),
        ("When did Ann leave?", "After the storm that Ann had seen", False),
        ("What happens within winter hours?", "When a holiday falls within winter hours", False),
    ],
)
def test_a_clause_may_only_repeat_the_question(question: str, answer: str, expected: bool) -> None:
    assert only_repeats(question, answer) is expected


@pytest.mark.parametrize(
    ("question", "row", "other"),
    [
        ("What is the Price for the Auk?", "Auk | 9 | Lund", False),
        ("What is the Price for the Auk?", "Tern | 7 | Ystad", True),
        ("Who has a berth in Lund?", "Tern | 7 | Ystad", True),
        ("Who pays 7?", "Tern | 7 | Ystad", False),
        ("What does Berg say of the Tern?", "Captain Berg asks 9 for all.", False),
        ("What did Orvik pay?", "Tern | 7 | Ystad", False),
    ],
)
def test_a_row_that_lacks_the_name_which_another_row_has_is_another_s(question: str, row: str, other: bool) -> None:
    text = "Ship | Price | Berth\n\nAuk | 9 | Lund\n\nTern | 7 | Ystad\n\nCaptain Berg asks 9 for all."
    article = Article("a.md", "Fees", source=None, published=None, url=None, path="a.md", text=text)
    start = text.index(row)

    assert of_another_row(question, Passage(article, 0, len(text)), Span(start, start + len(row))) is other


@pytest.mark.parametrize(
    ("question", "sentence", "says"),
    [
        ("What is chaff?", "Chaff is what is left of the ears.", True),
        ("what is chaff?", "Chaff\nWhat is left of the ears.", True),
        ("What is chaff?", "**Chaff**: what is left of the ears.", True),
        ("What is chaff", "Chaff (husks) – what is left of the ears.", True),
        ("What are mill stones?", "The mill stones are of granite.", True),
        ("What's a mill stone?", "A “mill stone” turns.", False),
        ("What does chaff mean?", "Chaff means husks.", True),
        ("define chaff", "Chaff refers to husks.", True),
        ("Who is Marta Lund?", "Marta Lund is the miller.", True),
        ("What does OMC stand for?", "The Orvik Mill Club (OMC) meets on Sundays.", True),
        ("what does the acronym OMC stand for", "OMC (Orvik Mill Club) meets.", True),
        ("What is OMC short for?", "OMC stands for Orvik Mill Club.", True),
        ("What does OMC stand for?", "The OMC meets on Sundays.", False),
        ("What is chaff?", "The chaff lies on the floor.", False),
        ("What is chaff?", "Wheat chaff is eaten by geese.", False),
        ("What is the price?", "The price is 9 crowns.", False),
        ("What is chaff made of?", "Chaff is what is left.", False),
        ("Where is Orvik?", "Orvik is a town.", False),
    ],
)
def test_a_sentence_that_begins_with_the_thing_asked_for_says_what_it_is(
    question: str, sentence: str, says: bool
) -> None:
    assert defines(question, sentence) is says
