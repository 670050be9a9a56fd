"""Whether an article tells of the year or the day that a question names."""

from __future__ import annotations

from datetime import date

import pytest

from retrieval.answer.reading.told_times import of_another_day, time_lacking
from retrieval.articles.article import Article
from retrieval.text.passages import Passage


def lacking(question: str, text: str, published: date | None = None) -> str | None:
    """What the first sentence's article lacks."""
    article = Article("a.md", "Fairs", source=None, published=published, url=None, path="a.md", text=text)
    return time_lacking(question, Passage(article, 0, text.index(".") + 1))


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("Where was the fair in 2021?", "In 2022 it was in Lund.", "2021"),
        ("and in 2021?", "In 2022 it was in Lund.", "2021"),
        ("Where was the fair in the spring of 2021?", "In 2022 it was in Lund.", "2021"),
        ("Where was the 2021 fair?", "In 2022 it was in Lund.", "2021"),
        ("Where were the 2000 guests?", "In 2022 they were in Lund.", None),
        ("Where was the fair in 2022?", "In 2022 it was in Lund.", None),
        ("Where was the fair in 2022?", "It was in Lund. Many came in 2022.", None),
        ("Where was the fair in 2021?", "It was in Lund.", None),
        ("Where was the fair in 2021?", "From 2019 to 2022 it was in Lund.", None),
        ("Where was the fair in 2021?", "In 2019–22 it was in Lund.", None),
        ("Where was the fair in 2021?", "In 2020/21 it was in Lund.", None),
        ("Where was the fair in 2021?", "Since May 2018 it is in Lund.", None),
        ("Where was the fair after 2021?", "In 2022 it was in Lund.", None),
        ("Where was the fair from 2019 to 2021?", "In 2022 it was in Lund.", None),
        ("Where was the fair in the 1980s?", "In 1984 it was in Lund.", None),
        ("Who came to the fair of 2021 artists?", "In 2022 it was in Lund.", None),
    ],
)
def test_a_year_is_lacking_where_the_article_names_others_and_spans_none(
    question: str, text: str, expected: str | None
) -> None:
    assert lacking(question, text) == expected


@pytest.mark.parametrize(("published", "expected"), [(2021, None), (2022, None), (2020, None), (2024, "2021")])
def test_of_the_year_when_an_article_was_published_and_of_those_beside_it_it_need_not_say_so(
    published: int, expected: str | None
) -> None:
    assert lacking("Where was the fair in 2021?", "It was in Lund.", date(published, 5, 1)) == expected


@pytest.mark.parametrize(
    ("question", "text", "published", "expected"),
    [
        ("Who came on 9 October 2024?", "Ann Lee came.", date(2024, 10, 11), "9 October"),
        ("Who came on October 9?", "Ann Lee came on 11 October.", None, "9 October"),
        ("Who came on 9 October 2024?", "Ann Lee came.", date(2024, 10, 9), None),
        ("Who came on 9 October 2024?", "Ann Lee came on Wednesday.", date(2024, 10, 11), None),
        ("Who came on 9 October 2024?", "Ann Lee came on the 9th.", date(2024, 10, 11), None),
        ("Who came on 9 October 2024?", "It was open from 3 to 12 October.", date(2024, 10, 11), None),
        ("Who came on 9 October?", "Ann Lee came. So it was told on Oct. 9.", date(2024, 10, 11), None),
        ("Who came on 9 October?", "Ann Lee came.", None, None),
    ],
)
def test_a_day_is_lacking_where_article_and_passage_are_of_other_days(
    question: str, text: str, published: date | None, expected: str | None
) -> None:
    assert lacking(question, text, published) == expected


@pytest.mark.parametrize(
    ("question", "sentence", "expected"),
    [
        ("What was changed on 2018-01-31?", "2017-12-22: the fee for rooms.", True),
        ("What was changed on 31 January 2018?", "2018-01-31: the fee for boats.", False),
        ("What was changed on 31 January 2018?", "2017-12-22: the fee for rooms.", True),
        ("What was changed on 31 January 2018?", "So it was told.", False),
        ("What was changed on 22 May 2018?", "2018-01-31: the fee for boats.", False),
        ("What was changed in January 2018?", "2017-12-22: the fee for rooms.", False),
    ],
)
def test_an_entry_of_another_day_is_told_from_the_one_asked_for(question: str, sentence: str, expected: bool) -> None:
    text = "2017-12-22: the fee for rooms.\n\n2018-01-31: the fee for boats.\n\nSo it was told."
    article = Article("a.md", "Fees", source=None, published=None, url=None, path="a.md", text=text)

    assert of_another_day(question, Passage(article, 0, len(text)), sentence) is expected
