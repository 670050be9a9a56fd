"""Readings to quotes: whole sentences, merged where they are one, each said once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from retrieval.answer.quoting import quotes as module
from retrieval.answer.quoting.quotes import Quote, QuoteWeights, without_weak
from retrieval.answer.reading.reader import Reading
from retrieval.answer.search import Hit
from retrieval.articles.article import Article
from retrieval.text.passages import Passage
from retrieval.text.sentences import Span
from tests.retrieval.examples import article_of, assert_verbatim, bold


def choose(readings: Sequence[Reading], top: int) -> tuple[Quote, ...]:
    return module.choose(readings, top, QuoteWeights())


LONG = "One met Two here. Three met Four there. Five met Six again. Seven met Eight at last."


def reading(words: str, score: float, highlight: str | None = None, article: Article | None = None) -> Reading:
    """A reading of ``words`` in an article."""
    article = article or article_of(LONG)
    start = article.text.index(words)
    bold_at = article.text.index(highlight or words)
    hit = Hit(Passage(article, 0, len(article.text)), 0.0, dense=0.0, lexical=0.0, dense_z=0.0, lexical_z=0.0)
    spans = (Span(bold_at, bold_at + len(highlight or words)),) if highlight != "" else ()
    return Reading(hit, Span(start, start + len(words)), spans, score)


def test_quotes_are_whole_sentences_best_first() -> None:
    quotes = choose([reading("Four", 1.0), reading("Eight", 3.0), reading("Two", 2.0)], 2)

    assert [quote.text for quote in quotes] == ["Seven met Eight at last.", "One met Two here."]


def test_readings_of_one_sentence_are_one_quote_with_both_in_bold() -> None:
    (quote,) = choose([reading("Three", 1.0), reading("Four", 2.0), reading("Three met", 0.5)], 3)

    assert (quote.text, quote.score) == ("Three met Four there.", 2.0)
    # Best first; and what overlaps something bold already adds nothing.
    assert bold(quote) == ["Four", "Three"]


def test_overlapping_quotes_are_merged() -> None:
    (quote,) = choose([reading("there. Five", 2.0), reading("Six", 1.0), reading("Four", 1.5)], 3)

    assert quote.text == "Three met Four there. Five met Six again."
    assert_verbatim(quote)


def test_a_quote_that_spans_two_others_makes_one_of_the_three() -> None:
    bridge = reading("here. Three", 1.0, highlight="here")
    quotes = choose([reading("One", 3.0), reading("Three", 2.0), bridge, reading("Six", 0.5)], 3)

    assert bold(quotes[0]) == ["One", "here", "Three"]
    assert [quote.text for quote in quotes] == ["One met Two here. Three met Four there.", "Five met Six again."]
    for quote in quotes:
        assert_verbatim(quote)


def test_a_merge_needs_no_place_among_the_quotes_asked_for() -> None:
    (quote,) = choose([reading("One", 3.0), reading("Three", 2.0), reading("here. Three", 1.0)], 1)

    assert quote.text == "One met Two here. Three met Four there."


def test_after_the_first_quote_one_with_nothing_in_bold_adds_nothing() -> None:
    quotes = choose([reading("One", 3.0, highlight=""), reading("Three", 2.0, highlight=""), reading("Six", 1.0)], 3)

    assert [quote.text for quote in quotes] == ["One met Two here.", "Five met Six again."]


@pytest.mark.parametrize(
    ("words", "behind", "quoted"),
    [
        ("Four", 2.0, ["One met Two here. Three met Four there."]),
        ("Four", 2.1, ["One met Two here.", "Three met Four there."]),  # there is no doubt
        ("Six", 0.1, ["One met Two here.", "Five met Six again."]),  # a sentence lies between
    ],
)
def test_neighbours_that_answer_about_as_well_are_one_quote(words: str, behind: float, quoted: list[str]) -> None:
    best = reading("One", 3.0)
    other = replace(reading(words, 3.0 - behind), hit=best.hit)

    quotes = choose([other, best], 3)

    assert [quote.text for quote in quotes] == quoted
    assert quotes[0].score == 3.0
    assert [words for quote in quotes for words in bold(quote)] == ["One", words]


def test_neighbours_in_two_paragraphs_are_two_quotes() -> None:
    best = reading("read them", 1.0, article=article_of("Nobody read them.\n\nSomebody wrote them."))
    other = Reading(best.hit, Span(19, 27), (Span(19, 27),), 0.9)

    assert [quote.text for quote in choose([best, other], 3)] == ["Nobody read them.", "Somebody wrote them."]


def test_the_same_words_about_another_are_another_quote() -> None:
    ada, ben = (article_of(f"{name} ran here in May. Then she won the race.", id=name) for name in ("Ada", "Ben"))

    quotes = choose([reading("won", 2.0, article=ada), reading("won", 1.0, article=ben)], 3)

    assert [(quote.text, quote.also_in) for quote in quotes] == [(ada.text, ()), (ben.text, ())]


POINTING = (
    "Ada met Ben today. He paid for tea. Later, she left by train.\n\nThey wrote long letters. Nobody else read them."
)


@pytest.mark.parametrize(
    ("words", "quoted"),
    [
        ("Ben", "Ada met Ben today."),
        ("tea", "Ada met Ben today. He paid for tea."),
        ("train", "Ada met Ben today. He paid for tea. Later, she left by train."),
        ("letters", "They wrote long letters."),  # what is before belongs to another paragraph
        ("read them", "Nobody else read them."),
    ],
)
def test_a_quote_brings_along_what_its_pronouns_stand_for(words: str, quoted: str) -> None:
    (quote,) = choose([reading(words, 1.0, article=article_of(POINTING))], 1)

    assert quote.text == quoted
    assert bold(quote) == [words]
    assert_verbatim(quote)


def test_what_pronouns_stand_for_is_told_once() -> None:
    article = article_of(POINTING)
    tea, ben = reading("tea", 1.0, article=article), reading("Ben", 1.0, article=article)

    assert [quote.text for quote in choose([tea, replace(ben, score=0.5)], 3)] == [
        "Ada met Ben today. He paid for tea."
    ]
    assert [quote.text for quote in choose([ben, replace(tea, score=0.5)], 3)] == [
        "Ada met Ben today.",
        "He paid for tea.",
    ]


def test_a_quote_that_falls_far_behind_the_first_adds_nothing() -> None:
    readings = [reading("One", 7.0), reading("Three", 4.0), reading("Five", 2.0), reading("Two", 0.5)]

    (first, second) = without_weak(choose(readings, 3), QuoteWeights())

    assert [quote.text for quote in (first, second)] == ["One met Two here.", "Three met Four there."]
    assert bold(first) == ["One", "Two"]  # what it merges with may be as weak as it likes


def test_prints_that_differ_only_in_case_and_punctuation_say_the_same() -> None:
    other = article_of("ONE met Two, here!", id="b.txt")
    third = article_of("One met  Two here", id="c.txt")

    (quote,) = choose(
        [
            reading("One", 3.0),
            reading("Two", 2.0, article=other),
            reading("Two", 1.5, article=third),
            reading("met", 1.0, article=other),
        ],
        3,
    )

    assert quote.article.id == "a.txt"
    assert [article.id for article in quote.also_in] == ["b.txt", "c.txt"]


def test_a_label_with_a_value_that_another_article_has_too_is_not_said_of_the_same() -> None:
    one, other = (article_of("Servings: 4", id=name) for name in ("soup.md", "tea.md"))

    (quote,) = choose([reading("4", 2.0, article=one), reading("4", 1.0, article=other)], 3)

    assert (quote.article.id, quote.also_in) == ("soup.md", ())


def test_a_sentence_told_twice_in_one_article_is_quoted_once() -> None:
    article = article_of("They met in Sochi.\n\nThen it rained.\n\nThey met in Sochi.")
    again = Reading(reading("They", 1.0, article=article).hit, Span(37, 41), (Span(37, 41),), 1.0)

    (quote,) = choose([reading("They", 2.0, article=article), again], 3)

    assert (quote.start, quote.end, quote.also_in) == (0, 18, ())


@pytest.mark.parametrize(
    ("marked", "seen"),
    [
        ("2", "2.4"),
        ("03/", "05/03/2016"),
        ("-03", "2016-03-05"),
        ("30 pm", "7:30 pm"),
        ("1,240", "1,240.50"),
        ("£2", "£2.5m"),
        ("42", "E42"),
        ("2.5m", "£2.5m"),
        ("$30", "A$30m"),
        ("8", "8%"),
        ("May", "May"),
    ],
)
def test_of_a_number_all_is_bold_or_nothing(marked: str, seen: str) -> None:
    article = article_of(
        "In May the Tarn rose by 2.4 metres until 7:30 pm, which cost 1,240.50 euros, £2.5m or A$30m (8%), "
        "and led to E42. "
        "It ended on 05/03/2016, or 2016-03-05."
    )
    (quote,) = choose([reading(marked, 1.0, article=article)], 3)

    assert bold(quote) == [seen]


@pytest.mark.parametrize(
    ("text", "marked", "seen"),
    [
        ("Директором музея назначен Пётр Ильин.", "Д", "Директором"),
        ("Η γέφυρα άνοιξε τον Μάιο.", "έφυρ", "γέφυρα"),
        ("पुल मई में खुला था।", "प", "पुल"),
        ("The bread was unleavened then.", "leaven", "unleavened"),
        ("灯台は1912年に建てられました。", "は1912", "は1912"),
    ],
)
def test_no_part_of_a_word_is_bold(text: str, marked: str, seen: str) -> None:
    article = article_of(text)
    [quote] = choose([reading(text, 1.0, highlight=marked, article=article)], 1)

    assert bold(quote) == [seen]


@pytest.mark.parametrize(
    ("marked", "seen"),
    [
        ('called it "a mess', 'called it "a mess."'),
        ('a mess."', "a mess."),
        ('"a mess', '"a mess."'),
        ('"a mess." The', '"a mess." The'),
        ("The mayor'", "The mayor"),
        ("7 men)", "7 men"),
        ("office (7 men", "office (7 men)"),
        ("(7 men", "(7 men)"),
    ],
)
def test_both_quotation_marks_are_bold_or_none(marked: str, seen: str) -> None:
    article = article_of('He called it "a mess." The mayor\'s office (7 men) did not.')
    (quote,) = choose([reading(marked, 1.0, article=article)], 3)

    assert bold(quote) == [seen]


def test_two_parts_of_one_number_are_bold_once() -> None:
    article = article_of("The Tarn rose by 2.4 metres.")
    (quote,) = choose([reading("2", 2.0, article=article), reading("4", 1.0, article=article)], 3)

    assert bold(quote) == ["2.4"]


def test_a_full_stop_alone_is_not_bold_and_is_no_further_quote() -> None:
    quotes = choose([reading("Eight", 3.0), reading("One met Two here.", 2.9, highlight=".")], 3)

    assert [bold(quote) for quote in quotes] == [["Eight"]]
