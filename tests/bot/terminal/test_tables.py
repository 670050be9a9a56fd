"""Reports, figures, findings and lists of articles as people read them."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from bot import contract
from bot.terminal import json_output, tables
from bot.terminal.doctor import Finding
from retrieval.articles.article import Skipped
from retrieval.evaluation.metrics import Declining, Figures
from retrieval.index.updating import Report
from tests.bot.examples import ARTICLE, TEXT
from tests.bot.terminal.screen import shown


def a_report(**changes: Any) -> Report:
    names = dict.fromkeys((field.name for field in fields(Report)), ())
    plain = {"passages": 7, "encoded": 3, "built": True, "reason": None, "elapsed_s": 0.25}
    return Report(**(names | plain | changes))


def test_a_report_says_what_was_done_and_what_was_skipped() -> None:
    made = a_report(
        added=tuple("abcdefg"),
        removed=("x",),
        skipped=(Skipped("bad.txt", "it holds no text"), Skipped("long.txt", "its title was cut", in_part=True)),
    )

    assert shown(tables.report(made)) == (
        "Added a, b, c, d, e and 2 more.\nRemoved x.\nSkipped bad.txt: it holds no text.\n"
        "Read in part long.txt: its title was cut.\n"
        "Indexed 7 articles, 7 passages; encoded 3 of them in 0.2 s.\n"
    )
    assert json_output.report_json(made)["skipped"] == [{"path": "bad.txt", "reason": "it holds no text"}]
    assert json_output.report_json(made)["read_in_part"] == [{"path": "long.txt", "reason": "its title was cut"}]


def test_a_report_says_when_nothing_had_changed_and_why_more_was_done() -> None:
    assert shown(tables.report(a_report(unchanged=("a",), built=False))) == (
        "Nothing has changed: 1 article, 7 passages.\n"
    )
    assert "in 0.2 s (forced)." in shown(tables.report(a_report(reason="forced")))


FIGURES = Figures(
    unfilled=0,
    articles=48, passages=2067, questions=10570, answerable=10570, hit_at_1=0.8111, hit_at_5=0.95, hit_at_10=0.979,
    mrr_at_10=0.87, first_quote=0.74, first_three=0.88, span_em=0.1, span_f1=0.2, answered=0.9, declined=None,
    auroc=None, calibration_error=0.0212,
    thresholds=(Declining(0.1, None, 0.02, 0.75555), Declining(0.5, None, 0.2, None)),
    quotes=22040, cut=0, index_s=12.0, p50_ms=9.5, p95_ms=14.0,
)  # fmt: skip


def test_figures_leave_out_what_the_data_set_cannot_give() -> None:
    text = shown(tables.figures(FIGURES))

    assert text.startswith("10,570 questions (10,570 answerable) over 48 articles, 2,067 passages\n")
    assert "  hit@1" in text
    assert "0.811" in text
    assert "declined" not in text
    assert "AUROC" not in text
    assert "expected calibration error" in text
    assert "0 of 22,040" in text
    assert json_output.figures_json(FIGURES) | {"hit_at_1": 0.8111, "declined": None} == json_output.figures_json(
        FIGURES
    )
    assert json_output.figures_json(FIGURES)["thresholds"] == [
        {"confidence": 0.1, "unanswerable": None, "answerable": 0.02, "right": 0.7556},
        {"confidence": 0.5, "unanswerable": None, "answerable": 0.2, "right": None},
    ]
    without = replace(FIGURES, hit_at_1=None, hit_at_5=None, hit_at_10=None, mrr_at_10=None)
    assert "Passages" not in shown(tables.figures(without))


def test_figures_of_unanswerable_questions_say_what_each_threshold_would_decline() -> None:
    measured = (Declining(0.1, 0.5, 0.02, 0.75), Declining(0.5, 1.0, 1.0, None))

    text = shown(tables.figures(replace(FIGURES, declined=0.6, thresholds=measured)))

    assert text.endswith(
        "threshold  unanswerable declined  answerable declined  right, of the answered\n"
        "     0.10                  0.500                0.020                   0.750\n"
        "     0.50                  1.000                1.000                       –\n"
    )


def test_findings_stand_under_their_section_with_their_remedy() -> None:
    found = [Finding("model", "The weights are whole"), Finding("index", "It is stale", "run quoth index")]

    assert shown(tables.findings(found)) == (
        "Model\n  · The weights are whole\nIndex\n  ! It is stale\n    → run quoth index\n\n1 thing to do.\n"
    )
    assert shown(tables.findings(found[:1])).endswith("All is well.\n")
    assert json_output.finding_json(found[0]) == {"section": "model", "text": "The weights are whole", "remedy": None}


def test_an_article_is_shown_passage_by_passage_with_its_offsets() -> None:
    passages = [(0, 11), (13, len(TEXT))]

    text = shown(tables.article(ARTICLE, passages))

    assert text.startswith(
        "sochi.md\nAbe and Putin meet · TASS · 28 November 2016 · https://example.org/sochi\n\n0 to 11\n"
    )
    assert f"13 to {len(TEXT)}\nShinzo Abe met" in text
    assert contract.article_text_json(ARTICLE, passages)["passages"] == [[0, 11], [13, len(TEXT)]]
