"""Cutting texts into sentences and passages: nothing lost, nothing twice, at places where a reader would cut."""

from __future__ import annotations

import gc
import re
import time
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from retrieval.articles.files import read
from retrieval.text.passages import MAX_WORDS, Passage, cut
from retrieval.text.sentences import Span, after_dateline, paragraph_around, sentences
from tests.retrieval.examples import SHIPPED, article_of, assert_covers

_FRAGMENTS = (
    "They met in Sochi on May 6. ",
    "Mr. Abe spoke; nobody, it seems, listened (or nearly nobody): why? ",
    "TOKYO, November 28. /TASS/. ",
    "No. ",
    "word ",
    "# Heading\n",
    "### A heading that goes on and on\n",
    "#",
    "- an item of a list\n",
    "1) another item\n",
    "\n",
    "\n\n",
    "\r\n",
    " \t ",
    "\N{LINE SEPARATOR}",
    "\N{GRINNING FACE}",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 ",
    "e\N{COMBINING ACUTE ACCENT}te\N{COMBINING ACUTE ACCENT}. ",
    "התקיימה פגישה. ",
    "التقى الرئيسان. ",
    "甲は行った。乙は来た。",
    "ไปเที่ยว",
    "x" * 40,
    '"Quoted," he said. ',
    "/.",
)

texts = st.one_of(
    st.text(max_size=200),
    st.lists(st.sampled_from(_FRAGMENTS), max_size=60).map("".join),
    # One fragment over and over is what makes long sentences, long paragraphs and towers of headings.
    st.builds(
        lambda before, fragment, count, after: before + fragment * count + after,
        st.sampled_from(_FRAGMENTS),
        st.sampled_from(_FRAGMENTS),
        st.integers(50, 700),
        st.text(max_size=20),
    ),
)


def sentence_texts(text: str) -> list[str]:
    return [text[sentence.start : sentence.end] for sentence in sentences(text)]


def passage_texts(text: str) -> list[str]:
    return [text[start:end] for start, end in cut(text)]


# --- for any text --------------------------------------------------------------------------------------------


@given(texts)
@example("")
@example(" \n\n ")
@example("A b c d." + " " * 20_000 + "E f g h.")
def test_passages_hold_every_character_once_and_in_order(text: str) -> None:
    assert_covers(text, cut(text))


@given(texts)
@example("They met in Sochi on May 6. " * 1_000)
def test_sentences_hold_every_character_once_and_in_order(text: str) -> None:
    assert_covers(text, (Span(sentence.start, sentence.end) for sentence in sentences(text)))


@given(texts)
def test_no_passage_is_longer_than_the_encoder_can_read(text: str) -> None:
    for passage in passage_texts(text):
        assert len(passage.split()) <= MAX_WORDS
        assert len(re.sub(r"\s", "", passage)) <= 16 * MAX_WORDS
        assert len(re.findall("[\u3040-\u30ff\u3400-\u9fff]", passage)) <= MAX_WORDS


@given(texts)
def test_only_headings_stand_before_a_heading_in_its_passage(text: str) -> None:
    heading = re.compile(r"^#{1,6} +\S", re.MULTILINE)
    headings = [match.start() for match in heading.finditer(text)]
    for start, end in cut(text):
        line = text.rfind("\n", 0, start) + 1
        for place in headings:
            if start < place < end:
                before = text[line:place].split("\n")
                assert all(heading.match(part) or not part.strip() for part in before)


@given(texts)
def test_passages_are_whole_sentences_unless_one_alone_is_too_long(text: str) -> None:
    starts = {sentence.start for sentence in sentences(text)}
    longest = max((sum(1 for _ in cut(part)) for part in sentence_texts(text)), default=0)
    for start, _ in cut(text):
        assert start in starts or longest > 1


@given(texts, st.data())
def test_the_paragraph_around_a_span_is_around_it_and_stops_at_blank_lines(text: str, data: st.DataObject) -> None:
    found = sentences(text)
    if not found:
        return
    first = data.draw(st.integers(0, len(found) - 1))
    last = data.draw(st.integers(first, min(first + 2, len(found) - 1)))
    span = Span(found[first].start, found[last].end)

    start, end = paragraph_around(text, span)

    assert start <= span.start < span.end <= end
    assert not re.search(r"\n\s*\n", text[start : span.start])
    assert not re.search(r"\n\s*\n", text[span.end : end])


# --- sentences -----------------------------------------------------------------------------------------------


def test_a_dateline_stays_with_the_sentence_behind_it() -> None:
    article = read(SHIPPED, "economy-minister-urges-cooperation-with-russia.md")

    (report,) = [text for text in sentence_texts(article.text) if "/TASS/" in text]

    assert report.startswith("TOKYO, November 28. /TASS/. Japan’s Minister of Economy")
    assert report.endswith("Kyodo news agency reported Monday.")


def test_a_fragment_stays_with_its_neighbour() -> None:
    assert sentence_texts("Never. They would not hear of it. The end.") == [
        "Never. They would not hear of it. The end."
    ]
    assert sentence_texts("They met in Sochi. Why? Nobody could say for sure.") == [
        "They met in Sochi.",
        "Why? Nobody could say for sure.",
    ]
    assert sentence_texts("Never.") == ["Never."]


def test_a_sentence_that_ends_in_a_link_is_no_dateline() -> None:
    link = "Whoever wants to know how the two of them came to meet there may read on at https://a.example/b/."

    assert sentence_texts(f"{link} They met in Sochi on May 6.") == [link, "They met in Sochi on May 6."]


def test_a_script_without_spaces_has_sentences_too() -> None:
    assert sentence_texts("安倍首相はソチに行った。会談は三時間続いた。") == [
        "安倍首相はソチに行った。",
        "会談は三時間続いた。",
    ]


def test_headings_and_items_of_lists_are_sentences_of_their_own() -> None:
    text = (
        "# The plan\nIt has three parts today:\n- trade between the islands\n- a peace treaty now\n12. islands, four of"
    )

    assert [(text[s.start : s.end], s.heading, s.opens) for s in sentences(text)] == [
        ("# The plan", True, True),
        ("It has three parts today:", False, True),
        ("- trade between the islands", False, False),
        ("- a peace treaty now", False, False),
        ("12. islands, four of", False, False),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\N{GRINNING FACE} They all met again. 𝔗𝔥𝔢𝔶 met here again.", "𝔗𝔥𝔢𝔶 met here again."),
        ("Ils ont e\u0301te\u0301 bien la\u0300. They met here again.", "They met here again."),
        ("פגישה חשובה התקיימה שם. הם נפגשו שוב היום.", "הם נפגשו שוב היום."),
        ("They met here before.\r\n\r\nThey met here again.\r\n", "They met here again."),
    ],
    ids=["astral", "combining", "right to left", "CRLF"],
)
def test_offsets_count_code_points(text: str, expected: str) -> None:
    assert sentence_texts(text)[-1] == expected


def test_a_long_paragraph_has_the_sentences_that_a_short_one_has() -> None:
    # It goes through the splitter a stretch at a time; where one stretch ends no sentence may end for it.
    lines = [f"Delegate number {number} met delegate number {number + 1} in Sochi." for number in range(1_000)]
    endless = "and they met again " * 1_000

    assert sentence_texts(" ".join(lines)) == lines
    assert sentence_texts(f"First of all, {endless}.") == [f"First of all, {endless}."]


# --- passages ------------------------------------------------------------------------------------------------


def words(count: int, word: str = "word") -> str:
    """A sentence of so many words."""
    return " ".join([*[word] * (count - 1), "end."])


def test_short_paragraphs_are_joined_while_they_fit() -> None:
    first, second, third = (words(40, word) for word in ("one", "two", "three"))

    assert passage_texts(f"{first}\n\n{second}\n\n{third}") == [f"{first}\n\n{second}", third]


def test_a_heading_opens_a_passage_with_what_stands_under_it() -> None:
    text = f"# Top\n\n## Sub\n\n{words(5)}\n\n# Next\n{words(6)}\n\n# Last"

    assert passage_texts(text) == [f"# Top\n\n## Sub\n\n{words(5)}", f"# Next\n{words(6)}", "# Last"]


def test_a_long_paragraph_is_shared_out_evenly() -> None:
    paragraph = " ".join(words(10) for _ in range(12))

    assert [len(passage.split()) for passage in passage_texts(paragraph)] == [60, 60]


def test_what_is_left_of_a_long_paragraph_is_joined_to_the_next() -> None:
    paragraph = " ".join([words(90), words(10)])

    assert [len(passage.split()) for passage in passage_texts(f"{paragraph}\n\n{words(5)}")] == [90, 15]


def test_an_endless_sentence_is_cut_behind_a_comma_or_between_words() -> None:
    with_comma = " ".join(["word"] * 60 + ["here,"] + ["more"] * 60)
    without = " ".join(["word"] * 120)

    assert passage_texts(with_comma)[0].endswith("word here,")
    assert [len(passage.split()) for passage in passage_texts(without)] == [95, 25]


def test_a_script_without_spaces_is_measured_in_characters() -> None:
    assert [len(passage) for passage in passage_texts("行" * 100)] == [95, 5]
    assert max(len(passage) for passage in passage_texts("一行。" * 100)) <= MAX_WORDS


def test_a_passage_is_its_articles_text() -> None:
    article = article_of("They met. \N{GRINNING FACE} It rained.")

    assert Passage(article, 10, 11).text == "\N{GRINNING FACE}"


def test_the_paragraph_around_a_span_of_two_paragraphs_is_both() -> None:
    text = "# Head\nOne is here. Two is here.\n\nThree is here. Four is here.\n\nFive is here."

    assert text[slice(*paragraph_around(text, Span(text.index("Two"), text.index("Four") - 1)))] == (
        "One is here. Two is here.\n\nThree is here. Four is here."
    )


# --- time ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "They met in Sochi on May 6. " * 4_000,
        "word and more " * 20_000,
        "a" * 300_000,
        "\n" * 30_000 + "a",
        "#\n" * 7_000,
        "# a\n" * 10_000,
        "- a\n" * 5_000,
        "Foo bar/. " * 3_000,
        "甲は行った。" * 3_000,
        "AB Cd 1 " * 7_000,
        "a." + " " * 30_000 + "b",
    ],
    ids=lambda text: f"{text[:12]!r}",
)
def test_time_grows_with_length_and_not_with_its_square(text: str) -> None:
    def seconds(part: str) -> float:
        gc.disable()  # else what other tests left would be looked through meanwhile
        started = time.process_time()
        cut(part)
        took = time.process_time() - started
        gc.enable()
        return took

    sample = max(seconds(text[: len(text) // 64]), 0.0003)

    # 64 times as long takes about 64 times as long, and 4,096 times where time grows with the square: between the two
    # there is room for a machine that does other things meanwhile.
    assert any(seconds(text) < 500 * sample for _ in range(3))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("WASHINGTON (AP) — The Senate passed a bill.", "The Senate passed a bill."),
        ("TOKYO, November 28. /TASS/. The minister urged firms.", "The minister urged firms."),
        ("LONDON, Jan 5 (Reuters) - Shares rose.", "Shares rose."),
        ("NEW YORK — A man was hurt.", "A man was hurt."),
        ("PARIS, France (CNN) -- The Louvre closed.", "The Louvre closed."),
        ("ELLMOUTH, 20 February 2024 — The toll rose.", "The toll rose."),
        ("NEW YORK, Feb. 3, 2024 – The toll rose.", "The toll rose."),
        ("SEOUL, South Korea, March 6 (Yonhap) -- The firm said.", "The firm said."),
        ("WASHINGTON, D.C. — The toll rose.", "The toll rose."),
        ("BERLIN (dpa) - Der Preis stieg.", "Der Preis stieg."),
        ("Paris, le 5 mai 2024 (AFP) - Le prix monte.", "Le prix monte."),
        ("Ellmouth, 5 March 2024 – The toll rose.", "The toll rose."),
        ("ЭЛЬМУТ, 20 февраля. /ТАСС/. Музей открыла Анна.", "Музей открыла Анна."),
        ("ЭЛЬМУТ, 20 февраля. Музей открыла Анна.", "Музей открыла Анна."),
        ("Ann Lee (Sweden) – 5 points.", "Ann Lee (Sweden) – 5 points."),
        ("Paris — once small — grew.", "Paris — once small — grew."),
        ("NATO, 12 states in all. It grew.", "NATO, 12 states in all. It grew."),
        ("NATO met in Brussels.", "NATO met in Brussels."),
        ("The EU (a union) grew.", "The EU (a union) grew."),
    ],
)
def test_a_report_says_something_behind_its_dateline(text: str, says: str) -> None:
    assert text[after_dateline(text, 0) :] == says


def test_a_passage_knows_its_title_and_the_headings_that_it_stands_under() -> None:
    text = "Before.\n\n# Backend\n\n### Old\n\nGone.\n\n## Redis\n\n### PORT\n\nIt is 6379.\n\n## Mail\n\nNone."
    article = article_of(text)

    def above(words: str) -> str:
        return Passage(article, text.index(words), len(text)).above

    assert above("Before") == article.title
    assert above("It is") == f"{article.title}. Backend. Redis. PORT"
    assert above("### PORT") == f"{article.title}. Backend. Redis"
    assert above("None") == f"{article.title}. Backend. Mail"


def test_of_endless_headings_the_last_words_are_kept() -> None:
    text = f"# {'long ' * 1_000}end\n\nIt rained."
    article = article_of(text)

    above = Passage(article, text.index("It"), len(text)).above

    assert len(above) < len(article.title) + 250
    assert above.endswith("long end")


@pytest.mark.parametrize(
    ("question", "above"),
    [
        ("When does Riverside Library open?", "Riverside Library. Questions"),
        ("when does the library open?", "Riverside Library. Questions"),
        ("When do you open?", "Questions"),
    ],
)
def test_the_source_stands_above_a_passage_where_a_question_names_it(question: str, above: str) -> None:
    article = replace(article_of("We open at nine."), title="Questions", source="Riverside Library")

    assert Passage(article, 0, 16).above_for(question) == above
    assert Passage(replace(article, source=None), 0, 16).above_for(question) == "Questions"
