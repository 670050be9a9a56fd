"""Answers about twelve articles of different days, some of the same events, by the encoder and reader that ship."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from retrieval.answer.reading.span_reader import SpanReader
from retrieval.articles.files import read, scan
from retrieval.engine import THRESHOLD
from retrieval.evaluation.datasets import holds, load
from retrieval.evaluation.metrics import evaluate
from retrieval.models.runtimes import encoder_named

NEWS = Path(__file__).parent / "news"
QUESTIONS = NEWS.with_suffix(".jsonl")

pytestmark = pytest.mark.timeout(900)
"""Answers take a fifth of a second each on a quiet machine, a whole one on a busy."""

ASKED = int(os.environ.get("NEWS_QUESTIONS", "16"))
"""How many of the eighty are asked; all by hand."""


def test_there_are_twelve_articles_and_forty_questions_of_each_kind() -> None:
    files, skipped = scan(NEWS)
    texts = [read(NEWS, file.path).text for file in files]
    questions = load(QUESTIONS, only_questions=True).questions

    assert (len(texts), skipped) == (12, [])
    assert sum(bool(question.answers) for question in questions) == 40
    assert sum(not question.answers for question in questions) == 40
    for question in questions:
        assert all(any(holds(text, answer) for text in texts) for answer in question.answers), question.text


def test_first_quotes_hold_the_answers_and_most_near_misses_are_declined() -> None:
    figures = evaluate(QUESTIONS, encoder_named(), articles=NEWS, reader=SpanReader(), threshold=THRESHOLD, limit=ASKED)

    assert figures.first_quote is not None
    assert figures.declined is not None
    assert figures.first_quote >= 0.85
    assert figures.declined >= 0.75
    assert figures.cut == 0
