"""Reading data sets in each of their forms, and saying what is wrong with one."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.articles.article import Article
from retrieval.articles.parsing import parse
from retrieval.errors import AnswersMissing, DatasetInvalid, FileFailed, FileMissing
from retrieval.evaluation.datasets import Dataset, Question, as_file, detokenised, holds, load
from retrieval.text.sentences import Span


def squad(*qas: dict[str, Any], context: str = "They met in Sochi.", title: str = "A_summit") -> dict[str, Any]:
    return {"version": "1.1", "data": [{"title": title, "paragraphs": [{"context": context, "qas": list(qas)}]}]}


def asked(question: str, *answers: str, **more: Any) -> dict[str, Any]:
    return {"question": question, "answers": [{"text": answer, "answer_start": 0} for answer in answers], **more}


def loaded(path: Path, *rows: object) -> Dataset:
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return load(path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "set"


def refusal(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(DatasetInvalid) as caught:
        load(path)
    assert caught.value.path == path
    return caught.value.reason


# --- SQuAD ---------------------------------------------------------------------------------------------------


def test_an_article_of_squad_is_its_paragraphs_under_its_title(path: Path) -> None:
    first = {"context": " They met in Sochi. ", "qas": [asked("Where?", "Sochi", "in Sochi", "Sochi")]}
    second = {"context": "It rained\r\nin May.", "qas": [asked("When?", "May")]}

    dataset = loaded(path, {"data": [{"title": "A_summit_%26_more", "paragraphs": [first, second]}]})

    (article,) = dataset.articles
    assert (article.title, article.text) == ("A summit & more", "They met in Sochi.\n\nIt rained\nin May.")
    assert dataset.questions == (
        Question("Where?", ("Sochi", "in Sochi"), article.id, Span(0, 18)),
        Question("When?", ("May",), article.id, Span(20, 37)),
    )


def test_impossible_questions_of_squad_2_have_no_answers(path: Path) -> None:
    dataset = loaded(path, squad(asked("Who left?", is_impossible=True), asked("Where?", "Sochi", is_impossible=False)))

    assert [question.answers for question in dataset.questions] == [(), ("Sochi",)]


def test_squad_may_be_printed_over_many_lines_and_packed(path: Path) -> None:
    path.write_bytes(gzip.compress(b"\xef\xbb\xbf" + json.dumps(squad(asked("Where?", "Sochi")), indent=2).encode()))

    assert load(path).questions[0].answers == ("Sochi",)


def test_an_answer_may_end_within_a_word_as_some_of_squads_do(path: Path) -> None:
    assert loaded(path, squad(asked("Where?", "Soch"))).questions[0].answers == ("Soch",)


# --- JSON lines ----------------------------------------------------------------------------------------------

PLAN = {"title": "Plan", "text": "The plan has eight points."}
SUMMIT = {"title": "Summit", "text": "They met in Sochi."}


def test_lines_of_quoths_own_form_share_the_article_of_their_title(path: Path) -> None:
    dataset = loaded(
        path,
        {**PLAN, "question": "How many points?", "answers": ["eight"]},
        {**SUMMIT, "question": "Where?", "answers": ["Sochi"]},
        {**PLAN, "text": "It was praised.", "question": "By whom?", "answers": []},
        {**PLAN, "question": "Points of what?", "answers": ["plan"]},
    )

    plan, summit = dataset.articles
    assert plan.text == "The plan has eight points.\n\nIt was praised."
    assert [(question.article, question.paragraph, question.answers) for question in dataset.questions] == [
        (plan.id, Span(0, 26), ("eight",)),
        (summit.id, Span(0, 18), ("Sochi",)),
        (plan.id, Span(28, 43), ()),
        (plan.id, Span(0, 26), ("plan",)),
    ]


@pytest.mark.parametrize(
    "answers",
    [
        {"answers": "Sochi"},
        {"answer": "Sochi"},
        {"answer": ["Sochi"]},
        {"answers": {"text": ["Sochi"], "answer_start": [12]}},
    ],
)
@pytest.mark.parametrize("field", ["text", "context"])
def test_answers_and_texts_go_by_the_names_that_others_give_them(
    path: Path, field: str, answers: dict[str, Any]
) -> None:
    found = loaded(path, {"title": "T", field: "They met in Sochi.", "question": "Where?", **answers})

    assert [(one.answers, one.paragraph) for one in found.questions] == [(("Sochi",), Span(0, 18))]


def test_a_line_may_hold_only_a_text_or_only_a_question(path: Path) -> None:
    dataset = loaded(path, PLAN, {"question": "What is the capital of France?"})

    assert [article.title for article in dataset.articles] == ["Plan"]
    assert dataset.questions == (Question("What is the capital of France?", (), None, None),)


def test_clapnqs_answers_are_the_sentences_selected(path: Path) -> None:
    sentences = ["The coat is `` double '' , and soft .", "It is blue ."]
    passage = {"title": "Cat", "text": " ".join(sentences), "sentences": sentences}
    row = {"input": "what coat", "passages": [passage], "output": [{"answer": "", "selected_sentences": sentences[:1]}]}

    dataset = loaded(path, row, {**row, "output": [{"answer": "", "selected_sentences": []}]})

    assert dataset.articles[0].text == 'The coat is "double", and soft. It is blue.'
    assert [(question.answers, question.sentences) for question in dataset.questions] == [
        (('The coat is "double", and soft.',), True),
        ((), True),
    ]


def test_qeds_answers_are_all_that_people_marked(path: Path) -> None:
    marked = [[{"string": "Röntgen , of Germany"}], [{"string": "Röntgen"}, {"string": "Germany"}]]
    row = {
        "title_text": "Prizes",
        "question_text": "who got it",
        "paragraph_text": "Röntgen , of Germany , did .",
        "original_nq_answers": marked,
    }

    dataset = loaded(path, row)

    assert dataset.articles[0].text == "Röntgen, of Germany, did."
    assert dataset.questions[0].answers == ("Röntgen, of Germany", "Röntgen", "Germany")


@pytest.mark.parametrize(
    ("tokens", "printed"),
    [
        ("`` Yes , '' he said .", '"Yes," he said.'),
        ("the grocer 's shop did n't open ( why ? )", "the grocer's shop didn't open (why?)"),
        ("a one - year plan , 98 % of it", "a one-year plan, 98% of it"),
        ("from 1940 -- 1942", "from 1940 – 1942"),
        ("it cost $ 5 ; we 're poor", "it cost $5; we're poor"),
    ],
)
def test_text_in_tokens_is_put_together_as_it_was_printed(tokens: str, printed: str) -> None:
    assert detokenised(tokens) == printed


# --- what makes no sense -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (
            squad(asked("Where?", "Moscow")),
            "'A summit', paragraph 1, question 1: the answer 'Moscow' is not in the text",
        ),
        (squad(asked("Where?")), "question 1: it is marked as answerable and has no answer, or the reverse"),
        (squad(asked("Where?", "Sochi", is_impossible=True)), "has no answer, or the reverse"),
        (squad(asked("?", "Sochi")), "question 1: the question is empty"),
        (squad(asked("Where?", "Sochi"), context=" "), "paragraph 1: the text is empty"),
        (squad(asked("Where?", "Sochi"), title=" "), "paragraph 1: the title is empty"),
        (squad(), "it holds no question"),
        (squad(asked("Where?", "Sochi"), context="Sochi\0"), "the article 'A summit' is not plain text"),
        (squad(asked("So?", "!"), context="!"), "the article 'A summit' is not plain text"),
        ({"data": 1}, "the file: 'data' is missing or of the wrong kind"),
        ({"data": [1]}, "article 1: 'title' is missing or of the wrong kind"),
        ({"data": [{"title": "T"}]}, "'T': 'paragraphs' is missing or of the wrong kind"),
        (PLAN, "it holds no question"),
        ({"question": "Anyone?"}, "it holds no text to search"),
        (
            {"question": "Anyone?", "answers": ["me"]},
            "line 1: it has no text, so that it has to be asked of a folder, by --articles",
        ),
        ({**PLAN, "question": "Why?", "answers": ["so", "points"]}, "line 1: the answer 'so' is not in the text"),
        ({**PLAN, "question": "Why?", "answers": [1]}, "line 1: an answer is not a string"),
        ({**PLAN, "question": "Why?", "answers": 7}, "line 1: 'answers' is missing or of the wrong kind"),
        ({"text": "No title.", "question": "Why?"}, "line 1: 'title' is missing or of the wrong kind"),
        ({"passages": [], "input": "why"}, "line 1: 'text' is missing or of the wrong kind"),
        ({"id": 1}, "line 1: it has neither a question nor a text"),
        ([1, 2], "line 1 is not a JSON object"),
    ],
)
def test_a_fault_is_named_with_its_place(path: Path, document: object, reason: str) -> None:
    assert reason in refusal(path, json.dumps(document).encode())


def test_a_line_that_is_no_json_is_named_by_its_number(path: Path) -> None:
    lines = json.dumps({**PLAN, "question": "Why?"}) + "\n\nnot json\n"

    assert refusal(path, lines.encode()).startswith("line 3 is not JSON")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it holds no question"),
        (b'{"question": "caf\xe9"}', "byte 17 is not UTF-8"),
        (gzip.compress(b"{}" * 500, mtime=0)[:-9], "it is a damaged gzip file"),
        (b"\x1f\x8bnot gzip", "it is a damaged gzip file"),
    ],
)
def test_a_file_that_is_no_text_is_refused(path: Path, content: bytes, reason: str) -> None:
    assert refusal(path, content) == reason


def test_a_file_that_cannot_be_read_is_an_error_of_the_disk(tmp_path: Path) -> None:
    with pytest.raises(FileMissing) as missing:
        load(tmp_path / "missing")
    with pytest.raises(FileFailed) as unreadable:
        load(tmp_path)

    assert (missing.value.path, unreadable.value.path) == (tmp_path / "missing", tmp_path)


_FIELDS = (
    "data title paragraphs context qas question answers text passages input output selected_sentences "
    "paragraph_text title_text original_nq_answers string"
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_FIELDS.split()), inner, max_size=5),
    max_leaves=20,
)


@given(st.one_of(_JSON.map(json.dumps).map(str.encode), st.binary(max_size=50)))
def test_any_file_is_a_data_set_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(content)
    try:
        dataset = load(path)
    except (DatasetInvalid, AnswersMissing):
        return
    assert dataset.articles
    assert dataset.questions


# --- texts ---------------------------------------------------------------------------------------------------


def test_an_article_reads_back_from_its_file() -> None:
    title = 'Title: "quoted" \N{GRINNING FACE} \x7f # ' + "long " * 40
    article = Article("0.txt", title.strip(), None, None, None, "0.txt", "---\nA: line\n---\n\nText.")

    assert parse("0.txt", as_file(article).encode()).articles == (article,)


@pytest.mark.parametrize(
    ("quote", "gold"),
    [
        ("They met in Sochi.", "sochi"),
        ("A five-year plan", "five-year"),
        ("It cost $1,000.", "1,000"),
        ("It was the end of an era", "end of era"),
        ("What?!", "?!"),
    ],
)
def test_a_quote_holds_the_words_of_an_answer_in_a_row(quote: str, gold: str) -> None:
    assert holds(quote, gold)


@pytest.mark.parametrize(
    ("quote", "gold"),
    [
        ("Japanese", "Japan"),
        ("met they", "they met"),
        ("", "word"),
        ("Fine.", "?!"),
        ("met", "they met"),
        ("A five-year plan", "five"),
    ],
)
def test_a_quote_does_not_hold_parts_of_words_nor_words_apart(quote: str, gold: str) -> None:
    assert not holds(quote, gold)


def test_a_quote_holds_a_sentence_of_which_it_is_a_part() -> None:
    assert holds("They met", "They met in Sochi.", sentence=True)
    assert not holds("They left", "They met in Sochi.", sentence=True)
    assert not holds("...", "They met in Sochi.", sentence=True)
