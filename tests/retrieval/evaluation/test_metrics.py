"""Figures: what counts as found, as quoted and as declined, over real indexes of small data sets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.answer.answer import Answer
from retrieval.answer.reading.overlap_reader import OverlapReader
from retrieval.answer.reading.reader import Reading, ReadingTask
from retrieval.errors import DatasetInvalid, StorageFailed
from retrieval.evaluation.datasets import Question, load, normalise
from retrieval.evaluation.metrics import (
    Declining,
    Marks,
    auroc,
    calibration_error,
    evaluate,
    f1,
    indexed,
    mark,
    outcomes,
    spread,
    summarise,
)
from retrieval.index.updating import Report
from retrieval.text.sentences import Span
from tests.fakes import FakeEncoder

SUMMIT = {"title": "Summit", "text": "Shinzo Abe met Vladimir Putin in Sochi. They spoke about energy and medicine."}
RIVER = {"title": "River", "text": "The Rhine rises in the Alps. It flows past Basel, Cologne and Rotterdam."}
BRIDGE = {"title": "Bridge", "text": "The old bridge was built of oak in 1388. A flood swept it away."}

QUESTIONS = [
    {**SUMMIT, "question": "Whom did Shinzo Abe meet in Sochi?", "answers": ["Vladimir Putin", "Putin"]},
    {**RIVER, "question": "Where does the Rhine rise?", "answers": ["the Alps"]},
    {**BRIDGE, "question": "When was the old bridge built?", "answers": ["1388"]},
    {"question": "zebra quantum marmalade"},
]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "questions.jsonl"
    path.write_text("\n".join(map(json.dumps, QUESTIONS)), encoding="utf-8")
    return path


# --- the whole way -------------------------------------------------------------------------------------------


def test_evaluating_asks_every_question_of_an_index_of_the_articles(data: Path) -> None:
    figures = evaluate(data, FakeEncoder(), threshold=0.0)

    assert (figures.articles, figures.questions, figures.answerable) == (3, 4, 3)
    assert figures.passages >= 3
    assert (figures.hit_at_1, figures.hit_at_5, figures.hit_at_10, figures.mrr_at_10) == (1, 1, 1, 1)
    assert (figures.first_quote, figures.first_three) == (1, 1)
    assert figures.answered == 1
    assert 0 < figures.p50_ms <= figures.p95_ms
    assert figures.index_s > 0


def test_a_higher_threshold_declines_more_and_changes_no_other_figure(data: Path) -> None:
    bold, careful = (evaluate(data, FakeEncoder(), threshold=threshold) for threshold in (0.0, 1.0))

    assert (bold.answered, careful.answered) == (1, 0)
    assert careful.declined == 1
    assert (bold.hit_at_1, bold.first_quote, bold.span_f1) == (careful.hit_at_1, careful.first_quote, careful.span_f1)


def test_progress_is_told_of_each_stage(data: Path) -> None:
    told: list[tuple[str, int, int]] = []

    evaluate(data, FakeEncoder(), limit=2, threshold=0.5, progress=lambda *stage: told.append(stage))

    assert told[-2:] == [("asking", 1, 2), ("asking", 2, 2)]
    assert any(stage == "encoding" for stage, _, _ in told)


def test_a_limit_indexes_every_article_all_the_same(data: Path) -> None:
    figures = evaluate(data, FakeEncoder(), limit=1, threshold=0.5)

    assert (figures.articles, figures.questions, figures.declined) == (3, 1, None)


def test_questions_alone_can_be_asked_about_a_folder_of_articles(tmp_path: Path) -> None:
    questions = tmp_path / "questions.jsonl"
    rows = [{"question": "When was the old bridge built?", "answers": ["1388"]}, {"question": "zebra", "answers": []}]
    questions.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    articles = tmp_path / "articles"
    articles.mkdir()
    (articles / "bridge.md").write_text(f"---\ntitle: Bridge\npublished: 2020-01-01\n---\n{BRIDGE['text']}")

    figures = evaluate(questions, FakeEncoder(), articles=articles, threshold=0.0)

    assert (figures.articles, figures.questions, figures.answerable) == (1, 2, 1)
    assert (figures.hit_at_1, figures.mrr_at_10) == (None, None)
    assert figures.first_quote == 1.0
    with pytest.raises(DatasetInvalid, match="has to be asked of a folder"):
        evaluate(questions, FakeEncoder(), threshold=0.0)


def test_a_data_set_that_makes_no_sense_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("[]")

    with pytest.raises(DatasetInvalid):
        evaluate(tmp_path / "x.json", FakeEncoder(), threshold=0.5)


def test_a_full_disk_is_an_error_of_the_disk(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = load(data)

    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", refuse)

    with pytest.raises(StorageFailed, match="No space left"), indexed(dataset, FakeEncoder(), threshold=0.5):
        pass


class SilentReader:
    """A reader that finds nothing in any passage."""

    compares_variants = False
    calibration = OverlapReader.calibration

    def load(self) -> None:
        pass

    def read(self, asked: Sequence[ReadingTask]) -> list[list[Reading]]:
        return [[] for _ in asked]


def test_another_reader_may_be_measured(data: Path) -> None:
    figures = evaluate(data, FakeEncoder(), reader=SilentReader(), threshold=0.5)

    assert (figures.hit_at_1, figures.first_three, figures.answered) == (1, 0, 0)


def test_outcomes_give_the_answer_to_each_question_with_its_marks(data: Path) -> None:
    dataset = load(data)
    with indexed(dataset, FakeEncoder(), threshold=0.0) as (engine, report):
        first, *others = outcomes(engine, dataset.questions)

    assert report.skipped == ()
    assert len(others) == 3
    assert first.answer.quotes[0].text == "Shinzo Abe met Vladimir Putin in Sochi."
    assert (first.marks.rank, first.marks.first_quote) == (1, True)
    assert others[-1].marks.rank is None


# --- marks ---------------------------------------------------------------------------------------------------


@pytest.fixture
def answer(data: Path) -> Answer:
    """What the engine says to the first question, with "Shinzo Abe" as its one highlight."""
    dataset = load(data)
    with indexed(dataset, FakeEncoder(), threshold=0.0) as (engine, _):
        answer = engine.ask(dataset.questions[0].text)
    first, *others = answer.quotes
    return replace(answer, quotes=(replace(first, highlights=(Span(0, 10),)), *others))


def marked(answer: Answer, **changes: Any) -> Marks:
    """The marks of ``answer``, had the data set said something else about its question."""
    known: dict[str, Any] = {"answers": ("Putin",), "article": "00000.txt", "paragraph": Span(0, 76), **changes}
    return mark(Question(answer.question, **known), answer, elapsed_ms=1.0)


def test_only_passages_that_overlap_the_questions_own_paragraph_are_hits(answer: Answer) -> None:
    assert marked(answer).rank == 1
    assert marked(answer, paragraph=Span(10, 12)).rank == 1
    assert marked(answer, paragraph=Span(5000, 5001)).rank is None
    assert marked(answer, article="other.txt").rank is None
    assert marked(answer, article=None, paragraph=None).rank is None


def test_a_quote_that_comes_later_counts_among_the_first_three_alone(answer: Answer) -> None:
    first = answer.quotes[0]
    later = replace(answer, quotes=(replace(first, start=first.end + 1, end=first.end + 5, highlights=()), first))

    assert (marked(answer).first_quote, marked(answer).first_three) == (True, True)
    assert (marked(later).first_quote, marked(later).first_three) == (False, True)


def test_an_answer_that_no_quote_holds_is_marked_so(answer: Answer) -> None:
    marks = marked(answer, answers=("Angela Merkel",))

    assert (marks.first_quote, marks.first_three, marks.em, marks.f1) == (False, False, 0, 0)


def test_whole_sentences_are_held_by_their_parts_and_measure_no_span(answer: Answer) -> None:
    marks = marked(answer, answers=(f"{answer.quotes[0].text} They spoke",), sentences=True)

    assert marks.first_quote
    assert (marks.em, marks.f1) == (None, None)


def test_the_first_highlight_is_measured_against_the_answer_it_is_most_like(answer: Answer) -> None:
    assert marked(answer, answers=("nobody", "SHINZO ABE.", "Abe")).em == 1
    assert marked(answer, answers=("Abe", "nobody")).em == 0
    assert marked(answer, answers=("Abe", "nobody")).f1 == pytest.approx(2 / 3)


def test_an_answer_without_quotes_or_highlights_says_nothing(answer: Answer) -> None:
    bare = replace(answer, quotes=(replace(answer.quotes[0], highlights=()),))

    assert (marked(bare).first_quote, marked(bare).f1) == (True, 0)
    assert (marked(replace(answer, quotes=())).first_three, marked(replace(answer, quotes=())).f1) == (False, 0)


def test_a_quote_is_cut_when_part_of_a_sentence_is_missing_or_something_in_bold_lies_outside(answer: Answer) -> None:
    quote = answer.quotes[0]
    short = replace(quote, start=quote.start + 1, highlights=())
    outside = replace(quote, highlights=(Span(quote.end, quote.end + 1),))

    several = marked(replace(answer, quotes=(quote, short, outside)))

    assert (several.quotes, several.cut) == (3, 2)
    assert marked(replace(answer, quotes=(quote,))).cut == 0


# --- sums ----------------------------------------------------------------------------------------------------


def marks(**changes: Any) -> Marks:
    usual: dict[str, Any] = {
        "answerable": True,
        "answered": True,
        "confidence": 0.5,
        "rank": 1,
        "first_quote": True,
        "first_three": True,
        "em": 1.0,
        "f1": 1.0,
        "elapsed_ms": 10.0,
        "quotes": 2,
        "cut": 0,
    }
    return Marks(**{**usual, **changes})


REPORT = Report((), (), (), (), (), passages=7, encoded=7, built=True, reason=None, elapsed_s=1.5)


def test_rates_are_over_the_questions_they_are_about() -> None:
    figures = summarise(
        [
            marks(),
            marks(rank=4, first_quote=False, em=0.0, f1=0.5, elapsed_ms=30.0),
            marks(rank=None, first_quote=False, first_three=False, em=None, f1=None, answered=False, elapsed_ms=20.0),
            marks(answerable=False, answered=False, rank=1, elapsed_ms=40.0),
            marks(answerable=False, rank=1, elapsed_ms=50.0, cut=1),
        ],
        articles=2,
        report=REPORT,
    )

    assert (figures.articles, figures.passages, figures.questions, figures.answerable) == (2, 7, 5, 3)
    assert (figures.quotes, figures.cut) == (10, 1)
    assert (figures.hit_at_1, figures.hit_at_5, figures.hit_at_10) == pytest.approx((1 / 3, 2 / 3, 2 / 3))
    assert figures.mrr_at_10 == pytest.approx((1 + 1 / 4) / 3)
    assert (figures.first_quote, figures.first_three) == pytest.approx((1 / 3, 2 / 3))
    assert (figures.span_em, figures.span_f1) == (0.5, 0.75)
    assert (figures.answered, figures.declined) == pytest.approx((2 / 3, 1 / 2))
    assert (figures.index_s, figures.p50_ms, figures.p95_ms) == (1.5, 30.0, 50.0)


def test_thresholds_say_what_each_would_decline_and_how_right_the_rest_would_be() -> None:
    figures = summarise(
        [
            marks(confidence=0.9),
            marks(confidence=0.15, first_quote=False),
            marks(answerable=False, first_quote=False, confidence=0.35),
        ],
        articles=1,
        report=REPORT,
    )

    assert Declining(0.1, unanswerable=0.0, answerable=0.0, right=1 / 3) in figures.thresholds
    assert Declining(0.3, unanswerable=0.0, answerable=0.5, right=0.5) in figures.thresholds
    assert Declining(0.5, unanswerable=1.0, answerable=0.5, right=1.0) in figures.thresholds
    assert [each.confidence for each in figures.thresholds] == sorted(each.confidence for each in figures.thresholds)


def test_confidence_that_tells_all_answerable_questions_from_the_others_has_an_auroc_of_one() -> None:
    asked = [(True, 0.9), (True, 0.4), (False, 0.3)]
    told = [marks(answerable=one, first_quote=one, confidence=confidence) for one, confidence in asked]
    mixed = [*told, marks(answerable=False, first_quote=False, confidence=0.4)]

    assert summarise(told, articles=1, report=REPORT).auroc == 1
    assert summarise(mixed, articles=1, report=REPORT).auroc == pytest.approx(3.5 / 4)
    assert summarise(told[:2], articles=1, report=REPORT).auroc is None


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans())))
def test_auroc_does_not_depend_on_how_confident_one_is_but_on_the_order(asked: list[tuple[float, bool]]) -> None:
    ours = [confidence for confidence, answerable in asked if answerable]
    theirs = [confidence for confidence, answerable in asked if not answerable]

    area, other_way = auroc(ours, theirs), auroc(theirs, ours)

    if area is None or other_way is None:
        assert not (ours and theirs)
    else:
        assert area + other_way == pytest.approx(1)


@pytest.mark.parametrize(
    ("confidences", "right", "error"),
    [
        ([0.95, 0.95], [True, True], 0.05),
        ([0.95, 0.95], [False, False], 0.95),
        ([0.55, 0.55, 0.05, 0.05], [True, False, False, False], 0.05),
        ([], [], None),
    ],
)
def test_the_calibration_error_is_how_far_confidence_is_from_being_right(
    confidences: list[float], right: list[bool], error: float | None
) -> None:
    assert calibration_error(confidences, right) == pytest.approx(error)


def test_a_threshold_that_declines_everything_leaves_nothing_to_be_right() -> None:
    assert summarise([marks(confidence=0.2)], articles=1, report=REPORT).thresholds[-1].right is None


def test_a_rate_without_questions_to_be_about_is_none() -> None:
    unanswerable = summarise([marks(answerable=False)], articles=1, report=REPORT)
    answerable = summarise([marks(em=None, f1=None)], articles=1, report=REPORT)

    assert (unanswerable.hit_at_1, unanswerable.mrr_at_10, unanswerable.first_quote) == (None, None, None)
    assert (unanswerable.span_em, unanswerable.answered, unanswerable.declined) == (None, None, 0.0)
    assert (answerable.span_em, answerable.span_f1, answerable.declined) == (None, None, None)


@pytest.mark.parametrize(
    ("total", "limit", "taken"),
    [(10, 5, [0, 2, 4, 6, 8]), (10, 3, [0, 3, 6]), (3, 3, [0, 1, 2]), (3, 9, [0, 1, 2]), (2, None, [0, 1])],
)
def test_a_limit_takes_questions_at_equal_distances(total: int, limit: int | None, taken: list[int]) -> None:
    questions = [Question(str(number), (), None, None) for number in range(total)]

    assert [int(question.text) for question in spread(questions, limit)] == taken


# --- comparing spans as SQuAD's script does ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("The  Plan, a.", "plan"),
        ("An A-frame", "aframe"),
        ("$1,000.50", "100050"),
        ("anthem", "anthem"),
        ("1973–74", "1973–74"),
    ],
)
def test_normalising_drops_case_punctuation_articles_and_spacing(text: str, normal: str) -> None:
    assert normalise(text) == normal


@pytest.mark.parametrize(
    ("said", "gold", "expected"),
    [
        ("the Vladimir Putin", "Vladimir Putin", 1.0),
        ("Putin", "Vladimir Putin", 2 / 3),
        ("Abe", "Putin", 0.0),
        ("", "Putin", 0.0),
        ("the", "a", 1.0),
        ("Putin Putin", "Putin", 2 / 3),
    ],
)
def test_f1_is_the_overlap_in_words(said: str, gold: str, expected: float) -> None:
    assert f1(said, gold) == pytest.approx(expected)
