"""Sentences that the faces share: untrusted text made clean, filters and doubts in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given

from bot import wording
from retrieval.answer.doubting.doubts import Doubt
from retrieval.answer.query import Filters
from tests.bot.examples import ARTICLE, QUOTE, an_answer
from tests.bot.terminal.screen import anything, dangerous


@given(anything)
def test_no_text_brings_a_control_character_to_the_terminal(text: str) -> None:
    assert not dangerous(wording.clean(text))
    assert not dangerous(wording.line(text))
    assert "\n" not in wording.line(text)


def test_a_filter_is_put_in_words() -> None:
    chosen = Filters(frozenset({"b.md", "a.md"}), "TASS", date(2016, 1, 1), date(2016, 12, 31))

    assert wording.filters(chosen) == (
        "only from TASS, of 1 January 2016 or later, of 31 December 2016 or earlier, among a.md, b.md"
    )
    assert "the articles are from TASS." in wording.excluded(Filters(source="Reuters"), [ARTICLE])
    assert "quoth articles lists" in wording.excluded(Filters(after=date(2030, 1, 1)), [ARTICLE])


@pytest.mark.parametrize(
    ("doubt", "said"),
    [
        (Doubt("name", "Tokyo", "Sochi"), "The passage is about Sochi, not Tokyo."),
        (Doubt("swapped", "Tokyo", "Sochi"), "The passage is about Sochi, not Tokyo."),
        (Doubt("name", "Merkel"), "The passage does not name Merkel."),
        (Doubt("identifier", "DB_PORT"), "The passage does not name DB_PORT."),
        (Doubt("office", "Japan", "Russian"), "The passage is about Russian, not Japan."),
        (Doubt("time", "When did they meet?"), "The passage tells of what was still to come."),
        (Doubt("unnamed", "Merkel"), "The article says nothing of Merkel."),
        (Doubt("contact", "phone number"), "The passage gives no phone number."),
        (Doubt("period", "month", "season"), "The passage counts by the season, not by the month."),
        (Doubt("question", "What is the fee?"), "The passage only asks that."),
        (Doubt("date", "2014", "2016"), "The passage gives 2016, not 2014."),
        (Doubt("date", "9 October"), "The article says nothing of 9 October."),
        (Doubt("figure", "2014", "2016"), "The passage gives 2016, not 2014."),
        (Doubt("figure", "2014"), "The passage does not give 2014."),
        (Doubt("word", "cancelled"), "The passage says nothing of “cancelled”."),
        (Doubt("kind", "number", "Abe"), "“Abe” does not say how many or how much."),
        (Doubt("kind", "number"), "The passage does not say how many or how much."),
        (Doubt("identifier", "Room 7", "Room 4"), "The passage is about Room 4, not Room 7."),
    ],
)
def test_what_keeps_a_passage_from_being_an_answer_is_put_in_words(doubt: Doubt, said: str) -> None:
    answer = an_answer(QUOTE, answered=False)

    assert wording.why_declined(replace(answer, doubts=(doubt,))) == (said,)
    assert wording.why_declined(replace(answer, answered=True, doubts=(doubt,))) == ()


def test_where_nothing_is_lacking_it_is_said_whether_anything_reads_like_an_answer() -> None:
    answer = an_answer(QUOTE, answered=False)

    assert "hardly answers" in wording.why_declined(replace(answer, evidence={"margin": 2.0}))[0]
    assert "like an answer" in wording.why_declined(replace(answer, evidence={"margin": -2.0}))[0]


def test_articles_of_one_title_are_named_once() -> None:
    days = [replace(ARTICLE, id=f"chat.json#{n}", title="general") for n in range(9)]
    others = [replace(ARTICLE, title=title) for title in ("Mills", "Bridges", "Boats")]

    assert wording.small_talk("help", days).endswith(" Ask me about “general”.")
    assert wording.small_talk(None, [*days, *others]).endswith("“general”, “Mills”, “Bridges” and 1 more.")
