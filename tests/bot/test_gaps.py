"""Which questions count as asked in vain, and what is told of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from bot import gaps
from bot.gaps import Gaps
from bot.question_log import Logged, Nearest
from tests.bot.test_question_log import ASKED, NOW

if TYPE_CHECKING:
    import pytest


def by_first_word(questions: Sequence[str], _: Sequence[str]) -> list[list[int]]:
    """Stands in for the model: questions mean the same when they begin alike."""
    first = [question.split()[0].casefold() for question in questions]
    return [[n for n, word in enumerate(first) if word == each] for each in dict.fromkeys(first)]


def found(*asked: tuple[str, bool, int, int]) -> Gaps:
    """The gaps of questions, each answered or not, with its votes for and against; one a minute."""
    log = [
        Logged(NOW + timedelta(minutes=n), replace(ASKED, understood=question, answered=answered), up, down)
        for n, (question, answered, up, down) in enumerate(asked)
    ]
    return gaps.find(log, by_first_word)


def test_the_most_frequent_comes_first_by_its_most_frequent_wording() -> None:
    all_of_them = found(
        ("when is it open", False, 0, 0),
        ("who is it?", False, 0, 0),
        ("When do you open?", False, 0, 0),
        ("WHEN DO YOU OPEN", False, 0, 1),
        ("when do you open?", False, 0, 0),
        ("when do you open?", False, 0, 0),
        ("what is right?", True, 0, 0),
    )
    when, who = all_of_them.found

    assert (all_of_them.questions, all_of_them.answered, all_of_them.declined, all_of_them.unhelpful) == (7, 1, 6, 0)
    assert (when.question, when.others, when.times, when.declined, when.down) == (
        "when do you open?",
        ("when is it open",),
        5,
        5,
        1,
    )
    assert (when.first, when.last) == (NOW, NOW + timedelta(minutes=5))
    assert who.times == 1


def test_what_was_answered_later_in_the_same_words_is_no_gap() -> None:
    assert found(("who is it?", False, 0, 0), ("Who is it", True, 0, 0)).found == ()
    assert len(found(("who is it?", True, 0, 0), ("Who is it", False, 0, 0)).found) == 1


def test_what_was_voted_down_is_a_gap_until_somebody_found_it_helpful() -> None:
    down = found(("who is it?", True, 0, 2), ("who is it?", True, 1, 1))

    assert (down.unhelpful, [(gap.times, gap.declined, gap.up, gap.down) for gap in down.found]) == (1, [(1, 0, 0, 2)])
    assert found(("who is it?", True, 0, 2), ("who is it?", True, 1, 0)).found == ()


def test_what_came_nearest_is_that_of_the_surest_answer() -> None:
    sure = replace(ASKED, understood="who was it", confidence=0.19, nearest=Nearest("b.md", "B", "It was."))
    none = replace(ASKED, understood="who else", confidence=0.5, nearest=None)
    [gap] = gaps.find([Logged(NOW, each, 0, 0) for each in (ASKED, sure, none)], by_first_word).found

    assert (gap.nearest, gap.confidence) == (Nearest("b.md", "B", "It was."), 0.19)


def test_of_very_many_wordings_those_asked_least_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gaps, "MOST", 1)
    most = found(("who is it?", False, 0, 0), ("when is it?", False, 0, 0), ("when is it?", False, 0, 0))

    assert ([gap.question for gap in most.found], most.left_out) == (["when is it?"], 1)


def test_without_a_question_nothing_is_encoded() -> None:
    def no_model(*_: object) -> list[list[int]]:
        raise AssertionError

    assert gaps.find([], no_model) == Gaps(0, 0, 0, 0, ())
