"""Whole sentences: around a span, and of a passage."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from retrieval.answer.reading.reader import sentences_of, whole_sentences
from retrieval.text.passages import Passage
from retrieval.text.sentences import Span, sentences
from tests.retrieval.answer.reading.readings import TEXT
from tests.retrieval.examples import article_of


@given(st.text("ab. \n#!?甲。\u0301\U0001f600", max_size=80), st.data())
def test_whole_sentences_lie_around_the_span_and_are_the_fewest(text: str, data: st.DataObject) -> None:
    every = sentences(text)
    if not every:
        return
    inside = data.draw(st.sampled_from(every))
    start = data.draw(st.integers(inside.start, inside.end - 1))
    end = data.draw(st.integers(start + 1, every[-1].end))

    found = whole_sentences(text, Span(start, end))

    touched = [sentence for sentence in every if sentence.start < end and start < sentence.end]
    assert found == (touched[0].start, touched[-1].end)
    assert found.start <= start
    assert text[found.end : end].strip() == ""


def test_a_span_between_sentences_stays_what_it_is() -> None:
    assert whole_sentences("", Span(0, 0)) == Span(0, 0)


def test_the_sentences_of_a_passage_are_those_it_touches_without_headings() -> None:
    second = TEXT.index("It cost")
    middle = Passage(article_of(TEXT), second + 3, second + 20)
    whole = Passage(article_of(TEXT), 0, len(TEXT) - 1)

    assert [TEXT[s.start : s.end] for s in sentences_of(middle)] == ["It cost 410 million kroner."]
    assert [TEXT[s.start : s.end][:8] for s in sentences_of(whole)] == ["Mayor In", "It cost ", "Doctors "]


def test_a_passage_of_nothing_but_headings_has_those() -> None:
    text = "# The end of it all\n\n## And after"

    assert [text[s.start : s.end] for s in sentences_of(Passage(article_of(text), 0, len(text)))] == [
        "# The end of it all",
        "## And after",
    ]
