"""Words for a time are explained from the article's date; a question that names a time is understood."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.answer.times import explained

MONDAY = date(2016, 11, 28)


def told(text: str, published: date = MONDAY) -> list[str]:
    return [f"{each.words} · {each.meaning}" for each in explained(text, published)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Kyodo news agency reported Monday.", "Monday · 28 November 2016"),
        ("The talks ended on Thursday.", "Thursday · 24 November 2016"),
        ("The minister will arrive on Thursday.", "Thursday · 1 December 2016"),
        ("Offers are due by Friday.", "Friday · 2 December 2016"),
        ("Farms were hit by Friday’s storm.", "Friday · 25 November 2016"),
        ("The show opens on Friday.", "Friday · 2 December 2016"),
        ("“It will rain,” she said on Saturday.", "Saturday · 26 November 2016"),
        ("He left last Monday.", "last Monday · 21 November 2016"),
        ("They meet next Monday.", "next Monday · 5 December 2016"),
        ("It fell yesterday.", "yesterday · 27 November 2016"),
        ("Schools stay closed tomorrow.", "tomorrow · 29 November 2016"),
        ("Schools remain closed on Tuesday.", "Tuesday · 29 November 2016"),
        ("She plans to resign on Friday.", "Friday · 2 December 2016"),
        ("The final takes place on Sunday.", "Sunday · 4 December 2016"),
        ("He said that it would reopen on Friday.", "Friday · 2 December 2016"),
        ("It would have opened on Friday.", "Friday · 25 November 2016"),
        ("Schools remained closed on Tuesday.", "Tuesday · 22 November 2016"),
        ("On Saturday, the festival will begin.", "Saturday · 3 December 2016"),
        ("Wednesday will be sunny.", "Wednesday · 30 November 2016"),
        ("On Friday the council agreed that the pool will open.", "Friday · 25 November 2016"),
        ("A rumour spread on Friday that she will leave.", "Friday · 25 November 2016"),
        ("Since Friday buses will not stop there.", "Friday · 25 November 2016"),
        ("A vote is planned for Thursday.", "Thursday · 1 December 2016"),
        ("The trial continues on Tuesday.", "Tuesday · 29 November 2016"),
        ("Voters go to the polls on Sunday.", "Sunday · 4 December 2016"),
        ("There is a concert this Friday.", "this Friday · 2 December 2016"),
        ("The concert this Monday was full.", "this Monday · 28 November 2016"),
        ("She left the day before yesterday.", "the day before yesterday · 26 November 2016"),
        ("They fought\nlast\nnight.", "last night · 27 November 2016"),
        ("Prices rose last month.", "last month · October 2016"),
        ("It begins next month.", "next month · December 2016"),
        ("They won last year.", "last year · 2015"),
        ("Strikes are planned this week.", "this week · 28 November – 4 December 2016"),
        ("It was stolen last week.", "last week · 21–27 November 2016"),
    ],
)
def test_a_word_for_a_time_is_explained_from_the_articles_date(text: str, expected: str) -> None:
    assert told(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "They met on Monday, November 28, in Tokyo.",
        "They met on Monday 28 November.",
        "The market is held every Saturday.",
        "The market is held every second Saturday.",
        "It happened on a Sunday.",
        "It happened one Monday in May.",
        "The holiday is the first Monday in May.",
        "It fell on Friday in 1987.",
        "He left the following Monday.",
        "It is due a week on Monday.",
        "She taught at Sunday school.",
        "Shops were full on Black Friday.",
        "The Sunday Times reported it.",
        "It is open on Mondays.",
        "They met in Sochi on May 6.",
        "The library is open Monday to Friday.",
        "It is open from Monday through Saturday, and Tuesday–Thursday at night.",
        "Trains run between Monday and Thursday.",
        "The choir sings every Monday, Wednesday and Friday.",
        "In 2014 it cost twice as much as in the previous year.",
        "It fell ill, and died the next week.",
        "The prize is given in the last week of March.",
        "The council meets on the last Tuesday of a month.",
        "Sheffield Wednesday won.",
        "Her letter to USA Today was printed.",
    ],
)
def test_what_needs_no_day_or_has_one_is_left_alone(text: str) -> None:
    assert told(text) == []


def test_weeks_and_months_go_over_the_ends_of_years() -> None:
    assert told("last month, next week, this week", date(2017, 1, 1)) == [
        "last month · December 2016",
        "next week · 2–8 January 2017",
        "this week · 26 December 2016 – 1 January 2017",
    ]


def test_each_word_is_explained_once_and_an_article_without_a_date_explains_nothing() -> None:
    assert told("On Monday he came. On Monday he went.") == ["Monday · 28 November 2016"]
    assert explained("He came on Monday.", None) == ()


@given(st.text(max_size=200), st.dates())
def test_any_text_of_any_day_can_be_explained(text: str, published: date) -> None:
    for each in explained(f"{text} last year, tomorrow, next week, on Friday", published):
        assert each.first <= each.last
        assert each.meaning
