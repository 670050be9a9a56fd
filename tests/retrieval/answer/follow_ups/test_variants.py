"""The variants of a question: what its wording says, and what it is with its references resolved."""

from __future__ import annotations

import pytest

from retrieval.answer.follow_ups.variants import QueryVariants, looks_like_follow_up, resolve_references
from retrieval.answer.query import Context

MET = Context("Who met in Sochi?", "and then?", "They met.")


@pytest.mark.parametrize(
    ("question", "follow_up"),
    [
        ("when was that?", True),
        ("what about the islands?", True),
        ("why?", True),
        ("for how long?", True),
        ("which year?", True),
        ("what is Khabomai?", False),
        ("and who is Hiroshige Seko?", False),
        ("and what about Japan?", True),
        ("And The Needle?", True),
        ("and in Tokyo?", True),
        ("And did Abe meet Putin?", False),
        ("and when was Shinzo Abe born?", False),
        ("warum?", True),
        ("¿Por qué?", True),
        ("и когда?", True),
        ("who wrote Hamlet for the queen?", False),
    ],
)
def test_a_questions_wording_makes_it_look_like_a_follow_up(question: str, follow_up: bool) -> None:
    assert looks_like_follow_up(question) == follow_up
    assert QueryVariants.of(question, MET).follow_up_by_wording == follow_up


@pytest.mark.parametrize(
    ("question", "names", "pair", "read"),
    [
        ("when was that?", ("Sochi",), None, "when was that? (Sochi)"),
        ("and what did they agree?", ("Abe", "Putin"), ("Abe", "Putin"), "what did Abe and Putin agree?"),
        ("and what about Tokyo?", ("Sochi",), None, "Who met in Tokyo?"),
        ("And The Needle?", ("Sochi",), None, "Who met in The Needle?"),
        ("and in 2015?", ("Sochi",), None, "Who met in Sochi in 2015?"),
        ("And Abe, Seko and Putin?", ("Sochi",), None, "Abe, Seko and Putin? (Who met in Sochi)"),
        ("warum?", ("Sochi",), None, "warum? (Sochi)"),
        ("and why?", ("Sochi",), None, "why? (Who met in Sochi)"),
        ("for how long?", (), None, "for how long? (Who met in Sochi)"),
        ("how deadly is it?", (), None, "how deadly is it? (Who met in Sochi)"),
        ("so which stage?", (), None, "which stage? (Who met in Sochi)"),
    ],
)
def test_a_reader_is_told_what_a_follow_up_refers_to(
    question: str, names: tuple[str, ...], pair: tuple[str, str] | None, read: str
) -> None:
    context = Context("Who met in Sochi?", "Who met in Sochi?", "They met.", names, pair)

    assert resolve_references(question, context) == read
    assert QueryVariants.of(question, context).resolved == read


@pytest.mark.parametrize(("question", "bare"), [("For how long?", True), ("how long is the bridge?", False)])
def test_a_question_without_a_word_but_those_that_ask_lacks_what_it_is_about(question: str, bare: bool) -> None:
    variants = QueryVariants.of(question, MET)

    assert variants.has_reference is bare
    assert (variants.content_terms == 0) is bare


def test_what_a_few_words_stand_for_is_found_over_several_turns() -> None:
    context = Context("Who owns The Needle?", "And The Anchor?", "It belongs to Vos.", ("Vos",))

    assert resolve_references("And The Gull?", context) == "Who owns The Gull?"


@pytest.mark.parametrize(
    ("before", "question", "read"),
    [
        ("Where was the fair in 2022?", "and in 2021?", "Where was the fair in 2021?"),
        ("Who came in May 2022?", "and in june?", "Who came in june 2022?"),
        ("Who came in May 2022?", "what about June 2021?", "Who came in June 2021?"),
        ("Who came in May 2022?", "and to Oslo?", "to Oslo? (Who came in May 2022)"),
        ("Who may come in 2022?", "and in March?", "Who may come in 2022 in March?"),
    ],
)
def test_another_year_or_month_takes_the_place_of_the_one_before(before: str, question: str, read: str) -> None:
    context = Context(before, before, "In Lund.", ("Lund",))

    assert resolve_references(question, context) == read


@pytest.mark.parametrize("names", [(), ("Lund",)])
@pytest.mark.parametrize(
    ("before", "question", "read"),
    [
        ("What is rule 3?", "and rule 4?", "What is rule 4?"),
        ("What does Room 12 cost?", "And room 7?", "What does room 7 cost?"),
        ("What is rule #3 of the quay?", "what about rule 4", "What is rule 4 of the quay?"),
    ],
)
def test_another_number_takes_the_place_of_the_one_before(
    before: str, question: str, read: str, names: tuple[str, ...]
) -> None:
    context = Context(before, before, "Sail slowly.", names)

    assert resolve_references(question, context) == read


def test_a_question_is_searched_with_what_was_said_before() -> None:
    variants = QueryVariants.of("why?", MET)

    assert variants.searched == ("why?", "Who met in Sochi? and then? why?", "why? and then? They met.")
    assert variants.encoded == (*variants.searched, "Who met in Sochi? and then? They met.")


def test_without_a_context_there_is_one_variant() -> None:
    variants = QueryVariants.of("when was that?", None)

    assert variants.searched == variants.encoded == ("when was that?",)
    assert variants.resolved == "when was that?"
    assert not variants.follow_up_by_wording
