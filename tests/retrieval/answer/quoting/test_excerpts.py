"""Of sentences that are too long to be read, the part around the words that answer."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.answer.quoting.completing import complete
from retrieval.answer.quoting.excerpts import LONGEST, excerpt
from retrieval.answer.quoting.quotes import Quote, QuoteWeights, choose
from retrieval.answer.reading.reader import Reading
from retrieval.answer.search import Hit
from retrieval.articles.article import Article
from retrieval.text.passages import Passage
from retrieval.text.sentences import Span
from tests.retrieval.examples import article_of

WAVES = "and then the boat went round the point, "
TALK = "So " + WAVES * 40 + "and Marta Lund took the helm at nine, " + WAVES * 40 + "and we came home"


def quotes_of(article: Article, *words: str) -> list[Quote]:
    """The quotes of readings of these words, the first the best."""
    readings = []
    for number, each in enumerate(words):
        start = article.text.index(each)
        hit = Hit(Passage(article, start, start + len(each)), 0.0, dense=0.0, lexical=0.0, dense_z=0.0, lexical_z=0.0)
        readings.append(Reading(hit, Span(start, start + len(each)), (Span(start, start + len(each)),), -number))
    return complete(choose(readings, 3, QuoteWeights()), "")


def test_what_follows_a_very_long_sentence_is_no_part_of_it() -> None:
    [quote] = quotes_of(article_of(f"{TALK} again. The kettle was still warm."), "came home")

    assert quote.text.endswith("came home again.")


def test_a_text_without_full_stops_is_quoted_around_the_words_that_answer() -> None:
    [quote] = quotes_of(article_of(TALK), "Marta Lund")

    assert 500 < len(quote.text) <= LONGEST
    assert quote.text == TALK[quote.start : quote.end]
    assert quote.text.startswith(("and then", "So"))
    assert quote.text.endswith(",")
    assert "and Marta Lund took the helm at nine" in quote.text
    assert quote.cut == (True, True)
    assert quote.paragraph == (0, len(TALK))


def test_two_answers_far_apart_in_one_long_sentence_are_two_quotes() -> None:
    article = article_of(TALK)

    assert [quote.cut for quote in quotes_of(article, "Marta Lund", "came home")] == [(True, True), (True, False)]


def test_a_sentence_of_usual_length_is_whole_beside_a_long_one() -> None:
    article = article_of(f"Olav Brekke was there. {TALK}.")

    [quote] = quotes_of(article, "Olav Brekke")

    assert quote.text == "Olav Brekke was there."
    assert quote.cut == (False, False)


def test_several_sentences_are_whole_however_long_together() -> None:
    text = "He rowed and rowed. " * 50

    assert excerpt(text, Span(0, 900), Span(3, 8)) == (0, 900)


@pytest.mark.parametrize("text", ["語" * 3000, "a" * 3000, "e\u0301" * 1500, "👩\u200d🔬" * 900])
def test_a_text_without_blanks_is_cut_between_letters(text: str) -> None:
    start, end = excerpt(text, Span(0, len(text)), Span(1500, 1510))

    assert start <= 1500
    assert end >= 1510
    assert end - start <= LONGEST
    assert not {"\u0301", "\u200d"} & {text[start], text[end]}


@given(st.text("ab ,;\n", max_size=200), st.integers(0, 3000), st.integers(1, 900))
def test_an_excerpt_is_never_longer_than_the_limit_and_holds_what_answers(piece: str, at: int, size: int) -> None:
    text = (f"x{piece}" * 3000)[:4000].rstrip()
    focus = Span(min(at, len(text) - 1), min(at + size, len(text)))

    start, end = excerpt(text, Span(0, len(text)), focus)

    if (start, end) != (0, len(text)):
        assert end - start <= LONGEST
        assert start <= focus.start
        assert end >= min(focus.end, focus.start + LONGEST)


def test_the_passage_is_shown_where_no_words_answer() -> None:
    [quote] = quotes_of(article_of(TALK), "Marta Lund")
    nearest = replace(quote, start=0, end=len(TALK), highlights=())

    [shown] = complete([nearest], "")

    assert "Marta Lund" in shown.text
    assert len(shown.text) <= LONGEST


def test_a_long_row_of_a_table_is_cut_between_cells() -> None:
    row = " | ".join(f"Berth {number} of the quay" for number in range(60))
    at = row.index("Berth 30")

    start, end = excerpt(row, Span(0, len(row)), Span(at, at + 8))

    assert row[start:end].startswith("Berth")
    assert row[start:end].endswith("of the quay")
