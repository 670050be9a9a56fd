"""What a talk remembers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation import MAX_AGE_S, MAX_TURNS, Conversation, Talks, remark
from tests.bot.examples import ARTICLE, QUOTE, TEXT, a_quote, an_answer, an_article


def test_nothing_was_said_before_the_first_question() -> None:
    assert Conversation().last is None


def test_only_quotes_that_were_not_shown_are_new() -> None:
    talk = Conversation()
    later = a_quote(ARTICLE, 65, 75)
    talk = talk.answered(an_answer(QUOTE))
    assert talk.last is not None
    overlapping = a_quote(ARTICLE, 0, 20)
    elsewhere = a_quote(an_article(ARTICLE.text, id="copy.md"), 13, 52)

    fresh = talk.last.unseen(an_answer(QUOTE, overlapping, later, elsewhere))

    assert fresh == (later, elsewhere)
    talk = talk.shown(fresh)
    assert talk.last is not None
    assert talk.last.shown == (QUOTE, later, elsewhere)
    assert talk.last.answer == an_answer(QUOTE)


def test_a_long_talk_forgets_its_beginning() -> None:
    talk = Conversation()
    for _ in range(MAX_TURNS + 5):
        talk = talk.answered(an_answer(QUOTE))

    assert len(talk.turns) == MAX_TURNS


# --- what a next question may go on from ---------------------------------------------------------------------


def test_the_subject_is_what_was_answered_since_a_question_stood_on_its_own() -> None:
    talk = Conversation().answered(an_answer(QUOTE))

    context = talk.context

    assert context is not None
    assert context.first == context.previous == "who met in Sochi?"
    assert context.quoted == TEXT
    assert context.names[:3] == ("Shinzo Abe", "Vladimir Putin", "Sochi")
    followed = talk.answered(replace(an_answer(QUOTE), question="when was that?", context=context))
    assert followed.context is not None
    assert (followed.context.first, followed.context.previous) == ("who met in Sochi?", "when was that?")


def test_what_was_declined_is_no_subject() -> None:
    assert Conversation().answered(an_answer(QUOTE, answered=False)).context is None


def test_talks_are_kept_apart_and_bounded_in_number_and_age() -> None:
    now = [0.0]
    talks = Talks(clock=lambda: now[0], kept=2)
    for key in ("one", "two", "three"):
        talks.keep(key, Conversation().answered(an_answer(QUOTE)))

    assert len(talks) == 2
    assert talks.of("one").last is None
    assert talks.of("three").last is not None
    now[0] = MAX_AGE_S
    assert talks.of("three").last is None


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans(), st.text(max_size=20)), max_size=60))
def test_no_talk_sees_another_or_outgrows_its_bounds(turns: list[tuple[str, bool, str]]) -> None:
    talks = Talks(kept=2)
    for who, answered, text in turns:
        talk = talks.of(who)
        said = replace(an_answer(QUOTE, answered=answered), question=f"{who} {text}", context=talk.context)
        talks.keep(who, talk.answered(said))

        talk = talks.of(who)
        assert len(talks) <= 2
        assert len(talk.turns) <= MAX_TURNS
        assert all(turn.answer.question.startswith(f"{who} ") for turn in talk.turns)
        if talk.context:
            assert talk.context.first.startswith(f"{who} ")


# --- what is no question -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("Thanks!", "thanks"),
        ("hi", "greeting"),
        ("Who are you?", "who"),
        ("what can I ask?", "help"),
        ("Help", "help"),
        ("more", "more"),
        ("Next", "more"),
        ("where does it say that?", "context"),
        ("show me the article", "sources"),
        ("who are you supposed to call?", None),
        ("more than how many islands?", None),
        ("what is next on the list?", None),
        ("which article of the treaty is that?", None),
        ("thanks to whom did bread rise?", None),
        ("what else did they agree?", None),
        ("", None),
    ],
)
def test_only_a_whole_remark_is_one(said: str, kind: str | None) -> None:
    assert remark(said) == kind
