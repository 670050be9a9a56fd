"""What is shown of the quotes, in which order: nothing twice, the newest first, a time asked about before that."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from retrieval.answer.quoting.arranging import ArrangingWeights, by_time, distinct, without_echo
from retrieval.answer.quoting.completing import complete
from retrieval.answer.quoting.quotes import Quote
from retrieval.answer.quoting.sameness import adds_nothing, facts, nearly_the_same
from retrieval.answer.search import Hit
from retrieval.text.passages import Passage
from retrieval.text.sentences import Span
from tests.retrieval.examples import article_of


def quoted(text: str, marked: str, day: date | None = None, score: float = 5.0, id: str = "") -> Quote:
    """All of a text as a quote with ``marked`` as what answers."""
    article = article_of(text, id or f"{text}{day}", published=day)
    start = text.index(marked)
    hit = Hit(Passage(article, 0, len(text)), 1.0, 1.0, 1.0, 1.0, 1.0)
    return Quote(article, 0, len(text), (Span(start, start + len(marked)),), score, hit)


MARCH, APRIL = date(2021, 3, 2), date(2021, 4, 5)
TOLL = "how many people died in the sinking of the Halcyon?"
OLD = quoted("At least 14 people died in the sinking of the Halcyon.", "14", MARCH)
NEW = quoted("The sinking of the Halcyon killed 31 people.", "31", APRIL, 4.9)


def arranged(*quotes: Quote, question: str = TOLL) -> list[tuple[str, bool]]:
    found = by_time(quotes, question, ArrangingWeights())
    return [(quote.article.text, quote.older) for quote in found]


def test_of_two_quotes_that_answer_alike_the_newer_comes_first() -> None:
    assert arranged(OLD, NEW) == [(NEW.text, False), (OLD.text, True)]
    assert arranged(NEW, OLD) == [(NEW.text, False), (OLD.text, True)]


@pytest.mark.parametrize(
    "question",
    [
        "how many people died in the sinking of the Halcyon in March 2021?",
        "how many people were first said to have died in the sinking of the Halcyon?",
    ],
)
def test_where_the_question_names_a_time_the_newest_does_not_come_first(question: str) -> None:
    assert arranged(OLD, NEW, question=question) == [(OLD.text, False), (NEW.text, False)]


def test_satire_is_not_the_newest() -> None:
    joke = quoted("The sinking of the Halcyon killed 31 people.\n\nThis article is satire.", "31", APRIL, 4.9)
    joke = replace(joke, end=joke.text.index("\n"))

    assert arranged(OLD, joke) == [(OLD.text, False), (joke.article.text, False)]
    assert arranged(joke, OLD) == [(joke.article.text, False), (OLD.text, False)]


def test_the_quote_whose_last_month_is_asked_about_comes_first() -> None:
    old = quoted("14 people died in the sinking of the Halcyon last month.", "14", MARCH)
    asked = "how many people died in the sinking of the Halcyon in February 2021?"

    assert arranged(NEW, old, question=asked) == [(old.text, False), (NEW.text, False)]


def test_the_quote_of_the_time_asked_about_comes_first() -> None:
    asked = "how many people had died in the sinking of the Halcyon in March?"

    assert arranged(NEW, OLD, question=asked) == [(OLD.text, False), (NEW.text, False)]


@pytest.mark.parametrize(
    "other",
    [
        quoted("The sinking of the Halcyon killed 31 people.", "31", None),
        quoted("The sinking of the Halcyon killed 31 people.", "31", APRIL, 2.0),
        quoted("The sinking of the Halcyon made people weep.", "weep", APRIL),
        quoted("The trawler Annika has a crew of 12.", "12", APRIL),
    ],
    ids=["no date", "far behind", "no number", "about something else"],
)
def test_what_does_not_answer_alike_stays_behind(other: Quote) -> None:
    assert arranged(OLD, other) == [(OLD.text, False), (other.text, False)]


def told(*quotes: Quote) -> list[tuple[str, int]]:
    """The quotes that stay, each with the number of further articles that say the same."""
    return [(quote.text, len(quote.also_in)) for quote in distinct(quotes)]


def test_the_same_in_other_words_on_the_same_day_is_one_quote_with_both_sources() -> None:
    again = quoted("Thirty-one people lost their lives in the sinking of the Halcyon.", "Thirty-one", APRIL, 4.0)

    assert told(NEW, again) == [(NEW.text, 1)]


def test_nearly_the_same_words_are_one_quote_whatever_the_day() -> None:
    again = quoted("The sinking of the Halcyon killed thirty-one people!", "thirty-one", MARCH)

    assert told(NEW, again) == [(NEW.text, 1)]


def test_a_further_quote_of_the_same_article_that_adds_nothing_is_left_out() -> None:
    first = quoted("Mayor Ann Lee of Harn resigned on Monday after a quarrel.", "Ann Lee", id="a")
    second = quoted("The mayor, Ann Lee, resigned.", "Ann Lee", id="a")

    assert told(first, second) == [(first.text, 0)]


@pytest.mark.parametrize(
    "other",
    [
        quoted("Thirty-one people lost their lives in the sinking of the Halcyon.", "Thirty-one", MARCH),
        quoted("The sinking of the Halcyon killed 31 people and 4 dogs.", "31", APRIL),
        quoted("The sinking of the Halcyon killed 31 people from Sule.", "31", APRIL),
        quoted("The sinking of the Halcyon killed 31 people who slept.", "slept", APRIL),
        quoted("A heap of 31 planks burns.", "31", APRIL),
    ],
    ids=["another day", "a number", "a name", "an answering word", "another subject"],
)
def test_a_quote_that_adds_something_stays(other: Quote) -> None:
    assert told(NEW, other) == [(NEW.text, 0), (other.text, 0)]


def test_a_claim_is_completed_by_its_verdict_and_the_verdict_is_not_told_twice() -> None:
    text = "CLAIM: The dam burst.\n\nTHE FACTS: The dam stands."
    article = article_of(text)
    hit = Hit(Passage(article, 0, len(text)), 1.0, 1.0, 1.0, 1.0, 1.0)
    claim = Quote(article, 0, text.index("\n"), (Span(7, 14),), 5.0, hit)
    fact = Quote(article, text.index("THE"), len(text), (Span(38, 42),), 4.0, hit)

    assert [quote.text for quote in complete([claim, fact], "")] == [text]


@pytest.mark.parametrize(
    ("question", "seen"),
    [
        ("how do I stop the wheel?", ["1. Close the sluice gate.\n\n2. Stop the wheel of the mill."]),
        ("which wheel has to stop?", ["2. Stop the wheel of the mill.", "1. Close the sluice gate."]),
    ],
)
def test_to_a_question_how_something_is_done_the_steps_are_one_quote(question: str, seen: list[str]) -> None:
    text = "1. Close the sluice gate.\n\n2. Stop the wheel of the mill."
    article = article_of(text)
    hit = Hit(Passage(article, 0, len(text)), 1.0, 1.0, 1.0, 1.0, 1.0)
    close = Quote(article, 0, text.index("\n"), (Span(3, 8),), 4.0, hit)
    stop = Quote(article, text.index("2."), len(text), (Span(30, 34),), 5.0, hit)

    assert [quote.text for quote in complete([stop, close], question)] == seen


def test_numbers_are_the_same_in_digits_and_in_words() -> None:
    assert facts("Thirty-one of 9,000 paid two crowns and 1.5 euros.").numbers == {"31", "9000", "2", "1.5"}
    assert facts("One of them left.").numbers == frozenset()
    assert facts("It cost 2.50 or 4,50 or 100.00, or half a million.").numbers == {
        "2.5",
        "4.5",
        "100",
        "half",
        "million",
    }
    assert facts("It cost 2.5m.").numbers == {"2.5"}
    assert nearly_the_same("It cost 12 crowns.", "It cost twelve crowns!")
    assert not nearly_the_same("It cost 12 crowns.", "It cost 13 crowns.")
    assert adds_nothing("Ann Lee left.", "The mayor of Harn", "Lee, the mayor of Harn, left.")


@pytest.mark.parametrize(
    ("text", "marked", "question", "bold"),
    [
        ("The hall in Harn is open on Sundays.", "hall in Harn", "is the hall in Harn open?", False),
        ("The hall in Harn is open on Sundays.", "Sundays", "when is the hall in Harn open?", True),
        ("The hall in Harn is not open.", "not open", "is the hall in Harn open?", True),
        ("The hall holds 150 people.", "150 people", "how many people does the hall hold?", True),
        ("The Needle won.", "The Needle", "who won, The Needle or The Anchor?", True),
        ("Nobody was hurt.", "Nobody", "was anybody hurt?", True),
    ],
)
def test_words_of_the_question_are_not_bold_by_themselves(text: str, marked: str, question: str, bold: bool) -> None:
    better = quoted("It lies by the sea.", "sea")
    _, quote = without_echo([better, quoted(text, marked)], question)

    assert bool(quote.highlights) == bold


@pytest.mark.parametrize(("question", "bold"), [("is the hall open?", False), ("what is open?", True)])
def test_what_answers_best_stays_bold_unless_yes_or_no_is_asked_for(question: str, bold: bool) -> None:
    [quote] = without_echo([quoted("The hall is open.", "open")], question)

    assert bool(quote.highlights) == bold


STORM = "A storm cut power to 3,000 homes in Harn on Thursday night."


@pytest.mark.parametrize(
    ("one", "other", "marked"),
    [
        (STORM, "A storm did not cut power to 3,000 homes in Harn on Thursday night.", "Thursday"),
        ("Harn’s council approved the plan for a bridge.", "Harn’s council rejected the plan for a bridge.", "council"),
        ("Prices of bread in Harn rose on Monday.", "Prices of bread in Harn fell on Monday.", "Monday"),
        ("Ann beat Bob in the final.", "Bob beat Ann in the final.", "final"),
        ("Half of the homes in Harn are dark.", "A quarter of the homes in Harn are dark.", "homes"),
        ("The dam in Harn cost 2.5 million crowns.", "The dam in Harn cost 2.5 billion crowns.", "dam"),
    ],
)
def test_an_article_that_contradicts_a_quote_is_not_named_as_saying_the_same(one: str, other: str, marked: str) -> None:
    quotes = [quoted(text, marked, MARCH) for text in (one, other)]

    assert [quote.also_in for quote in distinct(quotes)] == [(), ()]
    assert len(distinct(reversed(quotes))) == 2


def test_a_line_of_a_label_and_a_value_is_no_news_of_another_article() -> None:
    quotes = [quoted("- ⏲️ Time: 5 min", "5 min", day) for day in (MARCH, APRIL)]

    assert [quote.also_in for quote in distinct(quotes)] == [()]
    assert not facts("- ⏲️ Time: 5 min\n- ✅ Servings: 8\n- Bread\n").names


def test_an_article_that_says_the_same_in_other_words_is_named() -> None:
    other = quoted("A storm cut the power to 3000 homes in Harn on Thursday night.", "Thursday", APRIL)

    [quote] = distinct([quoted(STORM, "Thursday", MARCH), other])

    assert [article.id for article in quote.also_in] == [other.article.id]
