"""What in a quote does not fit its question."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from retrieval.answer.doubting.doubts import Doubt
from retrieval.answer.doubting.evidence import Evidence, gather
from retrieval.answer.quoting.completing import complete
from retrieval.answer.quoting.quotes import Quote
from retrieval.answer.reading.reader import Reading, Signals
from retrieval.answer.search import Hit
from retrieval.articles.article import Article
from retrieval.index.lexical import LexicalIndex
from retrieval.index.protocol import Index, Terms
from retrieval.text.passages import Passage
from retrieval.text.sentences import Span

TEXT = "Abe met Putin in Sochi on May 6, 2016. They spoke for three hours. Preparations go on in Moscow."
ARTICLE = Article("a.md", "A meeting", source=None, published=None, url=None, path="a.md", text=TEXT)
HIT = Hit(Passage(ARTICLE, 0, len(TEXT)), score=1.0, dense=0.5, lexical=2.0, dense_z=1.0, lexical_z=1.0)
QUOTE = Quote(ARTICLE, 0, 38, highlights=(Span(0, 3),), score=2.0, hit=HIT)
READING = Reading(HIT, Span(0, 3), (Span(0, 3),), 1.0, Signals(margin=4.0, answerable=2.0))


def gathered(quote: Quote, reading: Reading, question: str, hit: Hit, terms: Terms) -> Evidence:
    """The evidence for a quote, with what completes it, as an answer to a question."""
    (whole,) = complete([quote], question)
    return gather(whole, reading, [question], [hit], terms)


@pytest.fixture
def doubts(news: Index) -> Callable[[str], tuple[Doubt, ...]]:
    """What is doubted of the quote when a question is asked."""
    return lambda question: gathered(QUOTE, READING, question, HIT, news.terms).doubts


def test_nothing_is_doubted_of_a_quote_that_has_what_is_asked_for(doubts: Callable[[str], tuple[Doubt, ...]]) -> None:
    assert doubts("Who met Putin in Sochi on May 6?") == ()


def test_a_name_that_the_quote_lacks_is_doubted_and_what_stands_in_its_place_is_told(
    doubts: Callable[[str], tuple[Doubt, ...]],
) -> None:
    assert doubts("who met in Moscow?") == (Doubt("name", "Moscow", "Sochi"),)
    assert doubts("Who met Merkel?") == (Doubt("unnamed", "Merkel"),)


def test_a_name_in_the_very_place_of_another_contradicts_the_quote(doubts: Callable[[str], tuple[Doubt, ...]]) -> None:
    (swapped,) = doubts("Who met Putin in Moscow on May 6?")

    assert swapped == Doubt("swapped", "Moscow", "Sochi")
    assert swapped.contradicts
    assert doubts("who met putin in moscow on may 6, 2016?") == (Doubt("swapped", "moscow", "Sochi"),)


@pytest.mark.parametrize(
    "question",
    [
        "Did Abe meet Putin in Moscow on May 6?",  # to which the quote says no
        "Who met Putin in Moscow in 2016?",
        "Who met Putin in Moscow on the 6th of May?",
    ],
)
def test_a_name_that_is_only_lacking_does_not_contradict_it(
    question: str, doubts: Callable[[str], tuple[Doubt, ...]]
) -> None:
    assert doubts(question)[0] == Doubt("name", "Moscow", "Sochi")
    assert not doubts(question)[0].contradicts


def test_the_most_telling_word_that_the_quote_lacks_is_named_where_nothing_else_is_doubted(
    doubts: Callable[[str], tuple[Doubt, ...]],
) -> None:
    assert doubts("who cancelled the ferry?") == (Doubt("word", "cancelled"),)
    assert doubts("Who met?") == ()


def test_what_the_headings_above_a_quote_say_is_not_lacking(news: Index) -> None:
    text = "# Settings\n\n## LOG_LEVEL\n\nHow much is told.\n\n## OTP_SECRET\n\n### Version 3\n\nGenerate it once."
    article = Article("a.md", "Manual", source=None, published=None, url=None, path="a.md", text=text)
    start = text.index("Generate")
    hit = Hit(Passage(article, start, len(text)), score=1.0, dense=0.5, lexical=2.0, dense_z=1.0, lexical_z=1.0)
    quote = Quote(article, start, len(text), highlights=(Span(start, len(text)),), score=2.0, hit=hit)

    def doubted(question: str) -> tuple[Doubt, ...]:
        return gathered(quote, READING, question, hit, news.terms).doubts

    assert doubted("what does the setting OTP_SECRET do in Version 3?") == ()
    assert doubted("what does LOG_LEVEL do?") == (Doubt("identifier", "LOG_LEVEL", None),)


def test_a_number_that_the_quote_lacks_is_doubted(doubts: Callable[[str], tuple[Doubt, ...]]) -> None:
    assert doubts("Who met in Sochi in 2014?") == (Doubt("date", "2014", "2016"),)
    assert doubts("Who met in Sochi in June?") == (Doubt("figure", "June", "May"),)


@pytest.mark.parametrize("asked", ["in 2014", "in June", "on 5 Sundays"])
def test_a_figure_of_another_kind_does_not_stand_in_place_of_the_one_asked_for(asked: str, news: Index) -> None:
    text = "Abe met Putin on Monday, and paid 1.35 million."
    article = Article("a.md", "A meeting", source=None, published=None, url=None, path="a.md", text=text)
    hit = Hit(Passage(article, 0, len(text)), score=1.0, dense=0.5, lexical=2.0, dense_z=1.0, lexical_z=1.0)
    quote = Quote(article, 0, len(text), highlights=(Span(0, 3),), score=2.0, hit=hit)
    reading = Reading(hit, Span(0, 3), (Span(0, 3),), 1.0, Signals(margin=4.0, answerable=2.0))

    found = gathered(quote, reading, f"Who met Putin {asked}?", hit, news.terms).doubts

    assert [doubt.found for doubt in found if doubt.about == "figure"] == [None]


def test_a_span_of_another_kind_than_was_asked_for_is_doubted(doubts: Callable[[str], tuple[Doubt, ...]]) -> None:
    assert doubts("When did they meet?") == (Doubt("kind", "when", "Abe"),)


def test_the_figures_are_of_the_quote_and_of_what_was_read(news: Index) -> None:
    found = gathered(QUOTE, READING, "Is Putin in Moscow?", HIT, news.terms).figures

    assert (found["margin"], found["answerable"], found["reading"]) == (4.0, 2.0, 1.0)
    assert (found["cosine"], found["names"], found["yes_no"]) == (0.5, 1.0, 1.0)  # Moscow is in another sentence
    assert found["coverage"] == pytest.approx(1.0)


def test_in_a_small_collection_a_word_that_it_lacks_does_not_outweigh_those_it_has() -> None:
    question = "What day did Abe meet Putin in Sochi?"
    lexical = LexicalIndex.build([TEXT] * 4)

    assert gathered(QUOTE, READING, question, HIT, lexical).figures["coverage"] > 0.5


def found_in(text: str, marked: str, question: str, news: Index) -> Evidence:
    """What is found of a quote that is an article's whole text."""
    article = Article("b.md", "A visit", source=None, published=None, url=None, path="b.md", text=text)
    hit = Hit(Passage(article, 0, len(text)), score=1.0, dense=0.5, lexical=2.0, dense_z=1.0, lexical_z=1.0)
    start = text.index(marked)
    quote = Quote(article, 0, len(text), highlights=(Span(start, start + len(marked)),), score=2.0, hit=hit)
    return gathered(quote, READING, question, hit, news.terms)


def test_the_words_that_ask_are_not_lacking(news: Index) -> None:
    assert found_in("Per Lund spoke for three hours.", "three hours", "how long?", news).doubts == ()
    assert found_in("Per Lund is a builder of boats.", "a builder of boats", "who is Per Lund?", news).doubts == ()


@pytest.mark.parametrize(("before", "lacking"), [("Ann Lund came in. ", []), ("", ["Ann"]), ("Tom Lund. ", ["Ann"])])
def test_a_last_name_is_enough_of_a_full_name_that_the_article_has(
    before: str, lacking: list[str], news: Index
) -> None:
    text = f"{before}Ms Lund resigned at noon."
    article = Article("b.md", "A visit", source=None, published=None, url=None, path="b.md", text=text)
    hit = Hit(Passage(article, 0, len(text)), score=1.0, dense=0.5, lexical=2.0, dense_z=1.0, lexical_z=1.0)
    quote = Quote(article, len(before), len(text), highlights=(Span(len(text) - 5, len(text) - 1),), score=2.0, hit=hit)

    found = gathered(quote, READING, "When did Ann Lund resign?", hit, news.terms)

    assert [doubt.asked for doubt in found.doubts] == lacking


@pytest.mark.parametrize(
    ("question", "lacking"),
    [
        ("Who left the WHO in 2020?", []),
        ("Who left the UK in 2020?", []),
        ("Who left the UN in 2020?", ["UN"]),
        ("Who left the OUK in 2020?", ["OUK"]),
    ],
)
def test_initials_name_what_a_quote_has_in_full(question: str, lacking: list[str], news: Index) -> None:
    text = "Ann Lund of the World Health Organization left the United Kingdom in 2020."

    assert [doubt.asked for doubt in found_in(text, "Ann Lund", question, news).doubts] == lacking


@pytest.mark.parametrize(
    ("question", "contradicted"),
    [
        ("What is the default of SMTP_PORT?", 1.0),
        ("what is the default of smtp_port", 1.0),
        ("What does --max-wait default to?", 1.0),
        ("What is the default of DB_PORT?", 0.0),
        ("What does --db-port default to?", 0.0),
        ("What is the default of db_retry?", 0.0),
        ("What is the default of SMTP?", 0.0),
    ],
)
def test_the_value_of_another_setting_contradicts(question: str, contradicted: float, news: Index) -> None:
    text = "It is DB_PORT that says where. Defaults to 5432. See DB-retry."

    found = found_in(text, "Defaults to 5432.", question, news)

    assert found.figures["contradicted"] == contradicted
    assert ("identifier" in [doubt.about for doubt in found.doubts]) is bool(contradicted)


def test_an_office_that_is_anothers_contradicts_and_counts_as_a_name_that_is_lacking(news: Index) -> None:
    found = found_in("Russian President Putin came to Japan.", "Putin", "Who is the president of Japan?", news)

    assert found.doubts == (Doubt("office", "Japan", "Russian"),)
    assert (found.figures["names"], found.figures["contradicted"]) == (1.0, 1.0)


@pytest.mark.parametrize(
    ("question", "contradicted"),
    [("When did the bridge in Lund open?", 1.0), ("When will the bridge open?", 0.0), ("Did the bridge open?", 0.0)],
)
def test_what_was_still_to_come_contradicts_a_question_about_what_happened(
    question: str, contradicted: float, news: Index
) -> None:
    text = "The old bridge in Lund was closed. The new bridge in Lund is to open on 5 May."

    found = found_in(text, "5 May", question, news)

    assert found.figures["contradicted"] == contradicted
    assert ([doubt.about for doubt in found.doubts] == ["time"]) is bool(contradicted)


def test_a_quote_that_only_asks_contradicts_unless_a_question_is_asked_for(news: Index) -> None:
    text = "Ann Lund asked: Is the fee 5 euros? What does a locker cost?"

    found = found_in(text, "What does a locker cost", "How much does a locker cost?", news)
    asked_for = found_in(text, "What does a locker cost", "What did Ann Lund ask about lockers?", news)

    assert "question" in [doubt.about for doubt in found.doubts]
    assert found.figures["contradicted"] == 1.0
    assert asked_for.figures["contradicted"] == 0.0


def test_the_day_when_an_article_was_published_is_not_lacking(news: Index) -> None:
    text = "Ann Lund won six votes."
    day = date(2024, 11, 18)
    article = Article("b.md", "Votes", source=None, published=day, url=None, path="b.md", text=text)
    hit = Hit(Passage(article, 0, len(text)), score=1.0, dense=0.5, lexical=2.0, dense_z=1.0, lexical_z=1.0)
    quote = Quote(article, 0, len(text), highlights=(Span(13, 16),), score=2.0, hit=hit)

    def doubted(question: str) -> list[str]:
        return [doubt.asked for doubt in gathered(quote, READING, question, hit, news.terms).doubts]

    assert doubted("How many votes did Ann Lund win on November 18, 2024?") == []
    assert doubted("How many votes did Ann Lund win on November 17, 2024?") == ["17 November"]


@pytest.mark.parametrize(
    ("question", "other"),
    [
        ("How many visits are free per month?", True),
        ("How many visits are free each year?", True),
        ("How many visits are free per season?", False),
        ("How many visits are free per guest?", False),
        ("How many visits are free?", False),
        ("How many visits are free for a second guest?", False),
        ("How many guests come daily?", False),
        ("How many times a week do guests come?", False),
    ],
)
def test_an_amount_counted_by_another_period_contradicts(question: str, other: bool, news: Index) -> None:
    text = "Some six guests a day come. Six visits per season are free."

    found = found_in(text, "Six", question, news)

    assert ("period" in [doubt.about for doubt in found.doubts], found.figures["contradicted"]) == (other, float(other))


def test_another_thing_of_the_same_name_contradicts(news: Index) -> None:
    found = found_in("The clerk sits in Room 4.", "The clerk", "Who sits in Room 7?", news)

    assert Doubt("identifier", "Room 7", "Room 4") in found.doubts
    assert found.figures["contradicted"] == 1.0


@pytest.mark.parametrize(
    ("question", "text", "none"),
    [
        ("How many ferries ran in 2013?", "The first ferries ran in 2013, but folk heard of them in May.", True),
        ("How many ferries ran in 2013?", "Two ferries ran in 2013.", False),
        ("How many guests came?", "2000 guests came to the harbour.", False),
        ("How many ferries ran in 2013?", "In 2013 ferries ran as many days as they could.", True),
        ("How much does a berth cost?", "3. Pay the fee for the berth.", True),
        ("How much does a berth cost?", "A berth is free of charge.", False),
        ("What is the salary of the harbour master?", "The council sets the salary of the harbour master.", True),
        ("What is the salary of the harbour master?", "The salary of the harbour master is 900 crowns.", False),
        ("What is the price list for?", "The price list is for guests.", False),
        ("What is the fee?", "The fee was set by the council in 2016.", True),
        ("The price of herring was low until when?", "It stayed low until the war.", False),
    ],
)
def test_a_quote_without_any_number_does_not_say_how_many(question: str, text: str, none: bool, news: Index) -> None:
    article = replace(ARTICLE, text=text)
    hit = Hit(Passage(article, 0, len(text)), score=1.0, dense=0.5, lexical=2.0, dense_z=1.0, lexical_z=1.0)
    quote = Quote(article, 0, len(text), highlights=(Span(0, 8),), score=2.0, hit=hit)

    found = gathered(quote, READING, question, hit, news.terms)

    assert (Doubt("kind", "number") in found.doubts, found.figures["contradicted"]) == (none, float(none))


@pytest.mark.parametrize(
    ("question", "text", "lacking"),
    [
        ("What is the phone number of the desk?", "The desk answers the phone from nine to five.", "phone number"),
        ("What is the phone number of the desk?", "The desk answers at +47 22 33 44 55.", None),
        ("phone number of the desk", "The desk rests on May 12, 2016.", "phone number"),
        ("What's the library's e-mail address?", "Write an e-mail to the desk.", "e-mail address"),
        ("What's your email?", "Write to desk [at] library [dot] example.", None),
        ("What is your email sent for?", "It is sent for news.", None),
        ("What is a phone number good for?", "It is good for calls.", None),
    ],
)
def test_what_people_are_reached_by_has_to_be_there_where_it_is_asked_for(
    question: str, text: str, lacking: str | None, news: Index
) -> None:
    article = replace(ARTICLE, text=text)
    hit = Hit(Passage(article, 0, len(text)), score=1.0, dense=0.5, lexical=2.0, dense_z=1.0, lexical_z=1.0)
    quote = Quote(article, 0, len(text), highlights=(Span(0, 8),), score=2.0, hit=hit)

    found = gathered(quote, READING, question, hit, news.terms)

    assert [doubt.asked for doubt in found.doubts if doubt.about == "contact"] == ([lacking] if lacking else [])
    assert found.figures["contradicted"] == float(lacking is not None)


def test_a_name_that_no_article_has_counts_beside_one_that_only_the_quote_lacks(news: Index) -> None:
    unnamed = gathered(QUOTE, READING, "Who met Merkel?", HIT, news.terms).figures
    lacking = gathered(QUOTE, READING, "Who met in Moscow?", HIT, news.terms).figures

    assert (unnamed["names"], unnamed["unnamed"]) == (1.0, 1.0)
    assert (lacking["names"], lacking["unnamed"]) == (1.0, 0.0)
