"""The reader that needs no model: sentences by the words that they share with the question."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.answer.reading.overlap_reader import OverlapReader
from retrieval.answer.reading.reader import Reading, ReadingTask
from retrieval.answer.search import Hit
from retrieval.index.lexical import LexicalIndex
from retrieval.text.passages import cut
from tests.retrieval.answer.reading.readings import TEXT, bold, hit_of, text_of

LEXICAL = LexicalIndex.build([TEXT, "The ferry carried cars.", "Whales sing."])


def overlaps_read(question: str, hits: Sequence[Hit]) -> list[Reading]:
    return OverlapReader().read([ReadingTask(question, hits, LEXICAL.weights(question))])[0]


def test_the_sentence_that_shares_the_rare_words_is_the_best() -> None:
    readings = overlaps_read("How much did the bridge cost in kroner?", [hit_of(TEXT)])

    best = max(readings, key=lambda reading: reading.score)
    assert len(readings) == 3
    assert text_of(best) == "It cost 410 million kroner."
    assert bold(best) == ["cost", "kroner"]


def test_forms_of_the_questions_words_are_bold_and_stop_words_are_not() -> None:
    (first, *_) = overlaps_read("Who is opening bridges on the island?", [hit_of(TEXT)])

    assert bold(first) == ["opened", "bridge"]


def test_a_sentence_with_all_of_the_questions_words_gets_the_whole_weight() -> None:
    scores = [reading.score for reading in overlaps_read("Doctors minutes", [hit_of(TEXT)])]

    assert scores == pytest.approx([0.0, 0.0, 6.0])


def test_only_the_best_passages_are_read() -> None:
    hits = [hit_of(f"Whale number {number} sings.") for number in range(9)]

    assert {id(reading.hit) for reading in overlaps_read("whale", hits)} == {id(hit) for hit in hits[:5]}
    assert overlaps_read("whale", []) == []


@given(st.text("whale sing. \n#é\u0301\U0001f600甲。", min_size=1, max_size=120), st.text("whale sing?é", max_size=30))
def test_highlights_lie_in_their_sentence_in_order_and_apart(text: str, question: str) -> None:
    hits = [hit_of(text, start, end) for start, end in cut(text)]

    for reading in overlaps_read(question, hits):
        reached = reading.span.start
        for start, end in reading.highlights:
            assert reached <= start < end <= reading.span.end
            reached = end
