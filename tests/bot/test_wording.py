"""What people and programs read: quotes, refusals, reports, errors; and what articles cannot do to a terminal."""

from __future__ import annotations

import io
import json
import unicodedata
from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console, RenderableType
from rich.text import Text

from bot import wording as rendering
from bot.settings import DiscordRefused, SettingInvalid
from bot.wording import Finding
from retrieval import errors
from retrieval.answer.query import Filters
from retrieval.articles.article import Skipped
from retrieval.errors import QuothError
from retrieval.evaluation.metrics import Declining, Figures
from retrieval.index.updating import Report
from tests.bot.examples import ARTICLE, QUOTE, TEXT, a_quote, also_in, an_answer, an_article

DIRECTIONS = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
anything = st.text(st.characters(codec=None, exclude_categories=()), min_size=1)


def shown(thing: RenderableType, width: int = 80, *, terminal: bool = False, encoding: str = "utf-8") -> str:
    """What a console prints of it; a terminal has colours."""
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="replace")
    console = Console(
        file=file, width=width, force_terminal=terminal, color_system="standard" if terminal else None, markup=False
    )
    console.print(thing)
    file.seek(0)
    return file.read()


def dangerous(text: str) -> set[str]:
    """The characters of ``text`` that a terminal may obey instead of showing."""
    return {char for char in text if unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} or char in DIRECTIONS} - {
        "\n"
    }


# --- untrusted text ------------------------------------------------------------------------------------------


@given(anything)
def test_no_text_brings_a_control_character_to_the_terminal(text: str) -> None:
    assert not dangerous(rendering.clean(text))
    assert not dangerous(rendering.line(text))
    assert "\n" not in rendering.line(text)


@given(anything, st.data())
def test_highlights_stay_on_their_words_whatever_surrounds_them(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    marks = sorted(data.draw(st.lists(st.integers(start, end), min_size=2, max_size=2)))

    said = rendering.passage(text, start, end, [(marks[0], marks[1])])

    assert len(said.plain) == end - start
    for span in said.spans:
        assert (span.start + start, span.end + start) == tuple(marks)
    assert not dangerous(said.plain)


@given(anything)
def test_everything_an_article_says_of_itself_is_cleaned(text: str) -> None:
    article = replace(an_article(text), title=text, source=text, url=text, path=text)
    answer = an_answer(also_in(a_quote(article, 0, len(text), (0, 1)), text))

    assert not dangerous(shown(rendering.answer(answer)))
    assert not dangerous(shown(rendering.sources(answer.quotes)))
    assert not dangerous(shown(rendering.articles([article], [Skipped(text, text)])))
    assert not dangerous(shown(rendering.explanation(answer, 0.5)))


@given(anything, st.data())
def test_json_offsets_give_back_the_slice(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))

    said = json.loads(json.dumps(rendering.answer_json(an_answer(a_quote(an_article(text), start, end, (start, end))))))

    quote = said["quotes"][0]
    assert quote["text"] == text[quote["start"] : quote["end"]]
    assert quote["highlights"] == [[start, end]]


def test_markup_of_rich_is_shown_and_not_obeyed() -> None:
    article = an_article("He said [bold]no[/bold] to it.", title="[red]Title[/red]")

    text = shown(rendering.answer(an_answer(a_quote(article, 0, len(article.text)))))

    assert "He said [bold]no[/bold] to it." in text
    assert "[red]Title[/red]" in text


def test_only_web_addresses_become_links() -> None:
    harmless = shown(rendering.attribution(ARTICLE), terminal=True)
    odd = shown(rendering.attribution(replace(ARTICLE, url="javascript:alert(1)")), terminal=True)

    assert "\x1b]8;" in harmless
    assert "\x1b]8;" not in odd
    assert "javascript:alert(1)" in odd


# --- answers -------------------------------------------------------------------------------------------------


def test_an_answer_shows_the_quote_and_where_it_stands() -> None:
    assert shown(rendering.answer(an_answer(QUOTE))) == (
        "│ Shinzo Abe met Vladimir Putin in Sochi.\n"
        "  Abe and Putin meet · TASS · 28 November 2016 · https://example.org/sochi\n"
    )


def test_highlights_are_bold_and_coloured_on_a_terminal() -> None:
    text = shown(rendering.answer(an_answer(QUOTE)), terminal=True)

    assert "\x1b[1;36mShinzo Abe\x1b[0m met \x1b[1;36mVladimir Putin\x1b[0m" in text


def test_several_quotes_are_numbered_and_name_who_else_says_so() -> None:
    second = a_quote(ARTICLE, 65, 75)

    text = shown(rendering.quotes([also_in(QUOTE, "Other", "Third"), second], first=4))

    assert "  4  Abe and Putin meet" in text
    assert "     also in: Other (TASS); Third (TASS)\n\n│ They left." in text
    assert "  5  Abe and Putin meet" in text


def test_a_quote_from_a_file_that_has_changed_says_so_and_how_to_mend_it() -> None:
    stale = replace(QUOTE, stale="changed")

    for text in (shown(rendering.quotes([stale])), shown(rendering.context(stale))):
        assert text.endswith("\n  Its file has changed since it was indexed: run quoth index\n")
    assert rendering.answer_json(an_answer(stale), explain=True)["explain"]["stale"] == {"sochi.md": "changed"}
    assert rendering.answer_json(an_answer(stale)) == rendering.answer_json(an_answer(QUOTE))


def test_an_article_without_metadata_is_named_by_its_title() -> None:
    bare = replace(ARTICLE, source=None, published=None, url=None)

    assert rendering.attribution(bare).plain == "Abe and Putin meet"
    assert "also in: Abe and Putin meet\n" in shown(rendering.quotes([replace(QUOTE, also_in=(bare.info,))]))


def test_declining_says_so_and_calls_the_nearest_no_answer() -> None:
    text = shown(rendering.answer(an_answer(QUOTE, answered=False)), terminal=True)

    assert text.startswith("The articles do not say.\n\n")
    assert text.index("Nearest, though not an answer:") < text.index("Shinzo Abe met Vladimir Putin")
    assert "\x1b[1;36m" not in text


def test_declining_with_nothing_near_is_one_line() -> None:
    assert shown(rendering.answer(an_answer(answered=False))) == "The articles do not say.\n"


@pytest.mark.parametrize("width", [20, 60, 80, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    article = an_article("Nobody knew why the ship had turned back so early. " * 20 + "x" * 300, title="The ship " * 20)
    answer = an_answer(also_in(a_quote(article, 0, len(article.text)), "Another " * 20))

    lines = shown(rendering.answer(answer), width, terminal=True, encoding="utf-8").splitlines()

    plain = [Text.from_ansi(line) for line in lines]
    assert max(line.cell_len for line in plain) <= width
    quoted = [line.cell_len for line in plain if line.plain.startswith("│")]
    assert max(quoted) <= min(width, rendering.READING_WIDTH)


def test_a_pipe_gets_a_paragraph_on_one_line() -> None:
    article = an_article("Words that a program looks for\nmay stand anywhere. " * 40 + "\n\nEnd.")

    lines = shown(rendering.answer(an_answer(a_quote(article, 0, len(article.text)))), 1_000_000).splitlines()

    assert [line[:14].rstrip() for line in lines[:3]] == ["│ Words that a", "│", "│ End."]


def test_a_list_keeps_its_lines() -> None:
    assert rendering.passage("Bring\nmany\n- bread\n2. salt", 0, 27).plain == "Bring many\n- bread\n2. salt"


def test_a_terminal_without_box_characters_gets_a_plain_bar() -> None:
    assert shown(rendering.answer(an_answer(QUOTE)), encoding="ascii").startswith("| Shinzo Abe met")


def test_context_sets_the_quote_in_its_paragraph() -> None:
    text = shown(rendering.context(QUOTE), terminal=True)

    assert "\x1b[1mShinzo Abe met Vladimir Putin in Sochi.\x1b[0m It rained." in text
    assert "They left" not in text


def test_sources_name_each_article_once_with_its_file() -> None:
    text = shown(rendering.sources([also_in(QUOTE, "Other"), a_quote(ARTICLE, 0, 5)]), 200)

    assert text.splitlines() == [
        "1  Abe and Putin meet · TASS · 28 November 2016 · https://example.org/sochi · sochi.md",
        "2  Other · TASS · 28 November 2016 · https://example.org/sochi · Other.md",
    ]


def test_json_has_what_the_contract_says() -> None:
    assert rendering.answer_json(an_answer(QUOTE)) == {
        "question": "who met in Sochi?",
        "answered": True,
        "confidence": 0.75,
        "quotes": [
            {
                "text": "Shinzo Abe met Vladimir Putin in Sochi.",
                "start": 13,
                "end": 52,
                "highlights": [[13, 23], [28, 42]],
                "score": 4.25,
                "article": {
                    "id": "sochi.md",
                    "title": "Abe and Putin meet",
                    "source": "TASS",
                    "published": "2016-11-28",
                    "url": "https://example.org/sochi",
                    "path": "sochi.md",
                },
            }
        ],
        "elapsed_ms": 12.35,
    }


def test_explaining_adds_every_stage_to_the_json() -> None:
    said = rendering.answer_json(an_answer(QUOTE), explain=True)["explain"]

    assert said["evidence"] == {"cosine": 0.8, "coverage": 1.0}
    assert said["hits"][0] | {"article": "sochi.md", "start": 0, "end": len(TEXT), "score": 1.5} == said["hits"][0]


def test_explaining_shows_every_stage() -> None:
    text = shown(rendering.explanation(an_answer(QUOTE), 0.5))

    assert "1   1.50   0.80  1.40  9.00  1.70  They spoke." in text
    assert "1   4.25    2.75   1  Shinzo Abe met" in text
    assert "Confidence 0.75 ≥ 0.50 asked for (cosine 0.80, coverage 1.00), 12.3 ms" in text


# --- articles, index, figures --------------------------------------------------------------------------------


def test_the_opening_counts_and_dates_the_articles() -> None:
    older = replace(ARTICLE, published=date(2010, 1, 2))
    undated = replace(ARTICLE, published=None)

    assert shown(rendering.opening([older, ARTICLE], Filters())) == (
        "2 articles, the newest of 28 November 2016. Ask a question, or type /help.\n"
    )
    assert "1 article, dated 28 November 2016." in shown(rendering.opening([ARTICLE], Filters()))
    assert "1 article. Ask" in shown(rendering.opening([undated], Filters()))


def test_a_filter_is_put_in_words() -> None:
    chosen = Filters(frozenset({"b.md", "a.md"}), "TASS", date(2016, 1, 1), date(2016, 12, 31))

    assert rendering.filters(chosen) == (
        "only from TASS, of 1 January 2016 or later, of 31 December 2016 or earlier, among a.md, b.md"
    )
    assert "the articles are from TASS." in rendering.excluded(Filters(source="Reuters"), [ARTICLE])
    assert "quoth articles lists" in rendering.excluded(Filters(after=date(2030, 1, 1)), [ARTICLE])


def a_report(**changes: Any) -> Report:
    names = dict.fromkeys((field.name for field in fields(Report)), ())
    plain = {"passages": 7, "encoded": 3, "built": True, "reason": None, "elapsed_s": 0.25}
    return Report(**(names | plain | changes))


def test_a_report_says_what_was_done_and_what_was_skipped() -> None:
    made = a_report(added=tuple("abcdefg"), removed=("x",), skipped=(Skipped("bad.txt", "it holds no text"),))

    assert shown(rendering.report(made)) == (
        "Added a, b, c, d, e and 2 more.\nRemoved x.\nSkipped bad.txt: it holds no text.\n"
        "Indexed 7 articles, 7 passages; encoded 3 of them in 0.2 s.\n"
    )
    assert rendering.report_json(made)["skipped"] == [{"path": "bad.txt", "reason": "it holds no text"}]


def test_a_report_says_when_nothing_had_changed_and_why_more_was_done() -> None:
    assert shown(rendering.report(a_report(unchanged=("a",), built=False))) == (
        "Nothing has changed: 1 article, 7 passages.\n"
    )
    assert "in 0.2 s (forced)." in shown(rendering.report(a_report(reason="forced")))


FIGURES = Figures(
    articles=48, passages=2067, questions=10570, answerable=10570, hit_at_1=0.8111, hit_at_5=0.95, hit_at_10=0.979,
    mrr_at_10=0.87, first_quote=0.74, first_three=0.88, span_em=0.1, span_f1=0.2, answered=0.9, declined=None,
    auroc=None, calibration_error=0.0212,
    thresholds=(Declining(0.1, None, 0.02, 0.75555), Declining(0.5, None, 0.2, None)),
    quotes=22040, cut=0, index_s=12.0, p50_ms=9.5, p95_ms=14.0,
)  # fmt: skip


def test_figures_leave_out_what_the_data_set_cannot_give() -> None:
    text = shown(rendering.figures(FIGURES))

    assert text.startswith("10,570 questions (10,570 answerable) over 48 articles, 2,067 passages\n")
    assert "  hit@1" in text
    assert "0.811" in text
    assert "declined" not in text
    assert "AUROC" not in text
    assert "expected calibration error" in text
    assert "0 of 22,040" in text
    assert rendering.figures_json(FIGURES) | {"hit_at_1": 0.8111, "declined": None} == rendering.figures_json(FIGURES)
    assert rendering.figures_json(FIGURES)["thresholds"] == [
        {"confidence": 0.1, "unanswerable": None, "answerable": 0.02, "right": 0.7556},
        {"confidence": 0.5, "unanswerable": None, "answerable": 0.2, "right": None},
    ]
    without = replace(FIGURES, hit_at_1=None, hit_at_5=None, hit_at_10=None, mrr_at_10=None)
    assert "Passages" not in shown(rendering.figures(without))


def test_figures_of_unanswerable_questions_say_what_each_threshold_would_decline() -> None:
    measured = (Declining(0.1, 0.5, 0.02, 0.75), Declining(0.5, 1.0, 1.0, None))

    text = shown(rendering.figures(replace(FIGURES, declined=0.6, thresholds=measured)))

    assert text.endswith(
        "threshold  unanswerable declined  answerable declined  right, of the answered\n"
        "     0.10                  0.500                0.020                   0.750\n"
        "     0.50                  1.000                1.000                       –\n"
    )


def test_findings_stand_under_their_section_with_their_remedy() -> None:
    found = [Finding("model", "The weights are whole"), Finding("index", "It is stale", "run quoth index")]

    assert shown(rendering.findings(found)) == (
        "Model\n  · The weights are whole\nIndex\n  ! It is stale\n    → run quoth index\n\n1 thing to do.\n"
    )
    assert shown(rendering.findings(found[:1])).endswith("All is well.\n")
    assert rendering.finding_json(found[0]) == {"section": "model", "text": "The weights are whole", "remedy": None}


def test_an_article_is_shown_passage_by_passage_with_its_offsets() -> None:
    passages = [(0, 11), (13, len(TEXT))]

    text = shown(rendering.article(ARTICLE, passages))

    assert text.startswith(
        "sochi.md\nAbe and Putin meet · TASS · 28 November 2016 · https://example.org/sochi\n\n0 to 11\n"
    )
    assert f"13 to {len(TEXT)}\nShinzo Abe met" in text
    assert rendering.article_text_json(ARTICLE, passages)["passages"] == [[0, 11], [13, len(TEXT)]]


def test_the_same_text_under_the_same_title_is_told_by_its_place() -> None:
    copy = replace(ARTICLE, id="copies/sochi.md").info
    other = replace(ARTICLE, title="Summit", source=None).info

    text = shown(rendering.quotes([replace(QUOTE, also_in=(copy, other))]))

    assert "also in: copies/sochi.md; Summit" in text


# --- errors --------------------------------------------------------------------------------------------------

PATH = Path("data/thing.txt")
ERRORS: dict[QuothError, tuple[str, str]] = {
    errors.FolderMissing(PATH): ("data/thing.txt", "--articles"),
    errors.NoArticles(PATH, 0): ("holds no article", "quoth articles add FILE"),
    errors.NoArticles(PATH, 2): ("2 files", "mend"),
    errors.ArticleUnreadable("a.txt", "it holds no text"): ("it holds no text", "leave it out"),
    errors.ArticleUnknown("a.txt"): ("a.txt", "quoth articles lists"),
    errors.ArticleUnknown("a.txt", ("b.txt", "c.txt")): ("a.txt", "did you mean b.txt or c.txt?"),
    errors.ArticleOneOfMany("n.jsonl#3", "n.jsonl"): ("one of several", "quoth articles remove n.jsonl"),
    errors.ArticleExists(PATH): ("already", "quoth articles remove thing.txt"),
    errors.EncoderUnavailable("bundled", "gone"): ("gone", "install Quoth again"),
    errors.EncoderUnavailable("my-model", "gone"): ("my-model", "QUOTH_ENCODER"),
    errors.ReaderUnavailable("data/reader", "gone"): ("data/reader", "put its files back"),
    errors.DeviceUnavailable("cuda:9", "there is none"): ("cuda:9", "QUOTH_DEVICE"),
    errors.BackgroundFailed("following the index", "KeyError: 'x'"): ("following the index", "please report it"),
    errors.WeightsMismatch(PATH, "a" * 64, "b" * 64): ("bbbbbbbbbbbb…", "--force-reinstall"),
    errors.IndexMissing(PATH): ("no index", "quoth index"),
    errors.IndexCorrupt(PATH, "vectors.faiss has changed"): ("vectors.faiss has changed", "quoth index --force"),
    errors.IndexForeign(PATH, "another version of Quoth wrote it"): ("another version", "quoth index"),
    errors.IndexLocked(PATH, "process 7"): ("process 7", "try again"),
    errors.FileMissing(PATH): ("no file", "name one that is there"),
    errors.StorageFailed(PATH, "No space left on device"): ("No space left on device", "make room"),
    errors.QuestionEmpty(): ("empty", "ask it in words"),
    errors.QuestionTooLong(100_000, 2_000): ("100,000 characters", "2,000"),
    errors.DatasetInvalid(PATH, "no JSON in line 3"): ("no JSON in line 3", "SQuAD"),
    SettingInvalid("QUOTH_TOP", "many", "a whole number"): ("QUOTH_TOP is 'many'", "it must be a whole number"),
    DiscordRefused("token"): ("no token", "QUOTH_DISCORD_TOKEN"),
    DiscordRefused("valid token"): ("does not accept the token", "copy it anew"),
    DiscordRefused("intents"): ("refuses the intents", "see to the bot"),
    DiscordRefused("servers"): ("too many servers", "leave some"),
    DiscordRefused("connection"): ("cannot be reached", "try again later"),
}


@pytest.mark.parametrize("failure", ERRORS, ids=repr)
def test_every_error_is_one_sentence_with_its_cause_and_its_remedy(failure: QuothError) -> None:
    sentence = rendering.error(failure)

    cause, remedy = ERRORS[failure]
    assert cause in sentence
    assert remedy in sentence
    assert sentence[-1] in ".?"
    assert "\n" not in sentence
    assert sentence.count(". ") == 0


def test_no_error_goes_without_words() -> None:
    known = set(QuothError.__subclasses__())
    known |= {further for error in known for further in error.__subclasses__()}
    assert {type(failure) for failure in ERRORS} == known
    assert rendering.error(QuothError("odd")) == "Quoth met QuothError('odd'): please report it."


def test_an_error_cannot_carry_escape_codes_to_the_terminal() -> None:
    assert not dangerous(rendering.error(errors.ArticleUnknown("\x1b[2J\u202e")))
