"""What a talk remembers."""

from __future__ import annotations

from bot.conversation import MAX_TURNS, Conversation
from tests.bot.examples import ARTICLE, QUOTE, a_quote, an_answer, an_article


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
