"""What is asked, without the words that are only polite."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.answer.asking.courtesies import without_courtesies


@pytest.mark.parametrize(
    "typed",
    [
        "please tell me who met in Sochi?",
        "hey, who met in Sochi?",
        "hey who met in Sochi? thanks!",
        "Hello everyone! I have a question. who met in Sochi? Thanks in advance!",
        "Quoth, who met in Sochi? 😀",
        "Hi quoth! Could you please tell us who met in Sochi? Many thanks!!",
        "does anyone here know who met in Sochi?",
        "who met in Sochi please?",
        "who met in Sochi, anyone?",
        "Excuse me, quick question: who met in Sochi? ty",
        "🙏 ok - I was wondering who met in Sochi? :)",
        "who met in Sochi? can you tell me?",
        "lol who met in Sochi?",
        "Great, thanks. who met in Sochi?",
        "Nice! who met in Sochi?",
        "Hallo, who met in Sochi? Danke!",
        "bonjour, who met in Sochi, s'il vous plaît ?",
        "Привет! who met in Sochi? Спасибо",
        "こんにちは、who met in Sochi?",
        "does the article say who met in Sochi?",
    ],
)
def test_politeness_is_no_part_of_what_is_asked(typed: str) -> None:
    assert without_courtesies(typed) == "who met in Sochi?"


@pytest.mark.parametrize(
    "typed",
    [
        "does the article mention Lund?",
        "do any articles say anything about Lund?",
        "is there any information about Lund?",
    ],
)
def test_whether_the_articles_mention_something_is_asked_by_its_name_alone(typed: str) -> None:
    assert without_courtesies(typed) == "Lund?"


@pytest.mark.parametrize(
    "typed",
    [
        "who met in Sochi?",
        "Hello Kitty was drawn by whom?",
        "Nice, France: how large is it?",
        "No. 10 is whose house?",
        "Yes, Minister was about whom?",
        "Hey Jude was written by whom?",
        "Cheers was filmed in which city?",
        "who said thanks",
        "thanks to whom did bread rise?",
        "does the article mention?",
        "did the mayor mention a bridge?",
        "is there a bridge?",
        "do the articles of the treaty cover fishing?",
        "can members vote as they please?",
        "Well-fed animals do what?",
        "do you know the muffin man?",
        "tell me about the treaty",
        "Who is asking?",
        "thanks",
        "please",
        "hey!",
        "🙂",
        "",
    ],
)
def test_what_only_looks_polite_stays(typed: str) -> None:
    assert without_courtesies(typed) == typed


words = st.sampled_from(
    ["please", "hey", "thanks", *",.!?-", "who", "tell", "me", "can", "you", "🙂", "Sochi", "quoth", "ok"]
)


@given(st.lists(words, max_size=12).map(" ".join))
def test_what_is_left_is_settled_and_never_nothing(typed: str) -> None:
    asked = without_courtesies(typed)

    assert without_courtesies(asked) == asked
    assert bool(asked.strip()) == bool(typed.strip())
