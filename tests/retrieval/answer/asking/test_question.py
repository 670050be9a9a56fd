"""What a question asks for: kinds, names and numbers, and which words can be an answer of a kind."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.answer.asking.question import QuestionKind, asks_who_that_is, figures, kind_of, names, suits


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Who met in Sochi?", "who"),
        ("to whom was it given", "who"),
        ("When did they meet?", "when"),
        ("In which year was the bridge built?", "when"),
        ("Where does the Rhine rise?", "where"),
        ("how many islands are disputed?", "number"),
        ("What percentage of the votes was invalid?", "number"),
        ("how hot does the oven get?", "number"),
        ("How often does the ferry leave?", "when"),
        ("Why did the talks fail?", "why"),
        ("How does a lock work?", "how"),
        ("why? (how many islands are disputed)", "why"),
        ("Does the plan cover nuclear energy?", "yes or no"),
        ("Isn't Sochi in Russia?", "yes or no"),
        ("Did they say when they would meet?", "when"),
        ("since when is the bridge shut", "when"),
        ("When did he say who came?", "when"),
        ("when's the fair", "when"),
        ("What happens when the bridge is shut?", "other"),
        ("When the bridge is shut, who rows?", "who"),
        ("Who was mayor when the bridge was built?", "who"),
        ("What did Seko urge?", "other"),
        ("list of priority projects", "other"),
    ],
)
def test_a_question_is_of_the_kind_that_its_words_say(question: str, kind: QuestionKind) -> None:
    assert kind_of(question) == kind


@pytest.mark.parametrize(
    ("kind", "answer", "can_be"),
    [
        ("who", "Shinzo Abe", True),
        ("who", "a plan", False),
        ("who", "May 6, 2016", False),
        ("when", "on Monday", True),
        ("when", "the nineteenth century", True),
        ("when", "twice weekly", True),
        ("when", "really", False),
        ("when", "Moscow", False),
        ("number", "eight-point", True),
        ("number", "four", True),
        ("number", "Sochi", False),
        ("where", "behind the mill", True),
        ("other", "a plan", True),
    ],
)
def test_words_can_be_an_answer_of_some_kinds_only(kind: QuestionKind, answer: str, can_be: bool) -> None:
    assert suits(kind, answer) == can_be


def test_names_are_what_has_capitals_or_has_them_in_the_articles() -> None:
    around = ["The Prime Minister met Vladimir Putin in Sochi to talk about the plan."]

    assert names("What did Abe say in Sochi in May?", around) == ("Abe", "Sochi")
    assert names("Abe and Putin", around) == ("Abe", "Putin")
    assert names("what did putin say about the plan in sochi", around) == ("putin", "sochi")
    assert names("WHAT DID PUTIN SAY ABOUT THE PLAN IN SOCHI?", around) == ("putin", "sochi")
    assert names("NATO", around) == ("NATO",)
    assert names("What was said?", around) == ()


def test_figures_are_numbers_and_what_a_calendar_has() -> None:
    assert figures("On Monday, May 6, 1,200 people came.") == {"Monday", "May", "6", "1200"}
    assert figures("who may come on friday, 6 june", typed=True) == {"Friday", "6", "June"}
    assert figures("did he spy for MI6 in 1992", typed=True) == {"1992"}


def test_who_someone_is_that_a_question_names_need_be_no_name() -> None:
    around = ["The talk was given by Per Lund, a builder."]

    assert asks_who_that_is("who is per lund?", around)
    assert asks_who_that_is("Who was Lund?", around)
    assert not asks_who_that_is("who is the builder?", around)
    assert not asks_who_that_is("Who gave Lund the ladder?", around)


@given(st.text(), st.text())
def test_any_text_is_a_question_of_some_kind(question: str, answer: str) -> None:
    suits(kind_of(question), answer)
    names(question, [answer])
    figures(question, typed=True)
