"""What a person gets who asks about the shipped article: the real encoder, the real reader, the real weights."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.answer.answer import Answer
from retrieval.answer.reading.span_reader import SpanReader
from retrieval.engine import Engine
from retrieval.index.updating import open_up_to_date
from retrieval.models.runtimes import encoder_named

ARTICLES = Path(__file__).parents[4] / "data" / "articles"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    encoder = encoder_named()
    snapshot, _ = open_up_to_date(ARTICLES, tmp_path_factory.mktemp("index"), encoder)
    return Engine(snapshot, encoder, reader=SpanReader())


def bold(answer: Answer) -> list[str]:
    """The words set in bold in the first quote, best first."""
    quote = answer.quotes[0]
    return [quote.article.text[start:end] for start, end in quote.highlights]


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("When did Abe and Putin meet in Sochi?", "May 6"),
        ("Where did Abe meet Putin?", "Sochi"),
        ("Who is Japan's Minister of Economy, Trade and Industry?", "Hiroshige Seko"),
        ("How many priority projects were formed?", "30"),
        ("When will Putin visit Japan?", "December 15-16"),
        ("Which islands are disputed?", "Shikotan, Khabomai, Iturup and Kunashir"),
        ("What did Abe put forward?", "eight-point cooperation plan"),
        ("What does JFTC stand for?", "Japan Foreign Trade Council"),
        ("Which news agency reported it?", "Kyodo"),
        ("What does Japan call the islands?", "northern territories"),
        ("Why are preparations underway in Moscow and Tokyo?", "forthcoming visit"),
    ],
)
def test_the_words_that_answer_are_in_bold(engine: Engine, question: str, words: str) -> None:
    answer = engine.ask(question)

    assert answer.answered
    assert words in bold(answer)[0]


def test_who_met_has_both_names_in_bold(engine: Engine) -> None:
    answer = engine.ask("who met in Sochi?")

    assert answer.answered
    assert set(bold(answer)) == {"Shinzo Abe", "Vladimir Putin"}


@pytest.mark.parametrize(
    "question",
    [
        "Who wrote Hamlet?",
        "What is the capital of France?",
        "How tall is Mount Fuji?",
        "Who won the World Cup in 2018?",
        "When was the Eiffel Tower built?",
        "What is the population of Norway?",
    ],
)
def test_what_the_article_does_not_say_is_declined(engine: Engine, question: str) -> None:
    assert not engine.ask(question).answered


def test_what_a_quote_has_from_the_sentence_before_is_not_lacking(engine: Engine) -> None:
    answer = engine.ask("What did Seko urge companies to do?")

    assert "he said" in answer.quotes[0].text
    assert "Seko" in answer.quotes[0].text
    assert answer.doubts == ()


def test_a_clause_that_only_repeats_the_question_does_not_go_before_the_time_asked_for(tmp_path: Path) -> None:
    (tmp_path / "mill.md").write_text(
        "# The mill\n\n## Winter hours\n\nWe close at four from 1 November to 28 February. A guide who is new may have"
        " to take a course first. When a holiday falls within winter hours, you can visit on the day before."
    )
    encoder = encoder_named()
    snapshot, _ = open_up_to_date(tmp_path, tmp_path / "index", encoder)

    answer = Engine(snapshot, encoder, reader=SpanReader()).ask("When are winter hours?")

    assert bold(answer) == ["1 November to 28 February"]


FAQ = """---
source: Riverside Library
---
## When are you open?

We open at nine on weekdays and at ten on Saturdays. We close at six.

## Do you lend e-books?

Yes: with your card's number you can borrow them by the Libby app on your phone.

## How do I find the desk?

1. Go in by the main door.

2. Turn left at the stairs.

3. Follow the red line.
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    folder = tmp_path_factory.mktemp("library")
    (folder / "articles").mkdir()
    (folder / "articles" / "faq.md").write_text(FAQ, "utf-8")
    return Engine.open(folder / "articles", index=folder / "index")


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("When does Riverside Library open?", "We open at nine"),
        ("Does Riverside Library lend e-books?", "borrow them by the Libby app"),
        ("How do I find the desk?", "Go in by the main door.\n\n2. Turn left at the stairs.\n\n3. Follow"),
    ],
)
def test_answers_in_the_name_of_their_source_are_found_and_instructions_are_whole(
    library: Engine, question: str, words: str
) -> None:
    answer = library.ask(question)

    assert answer.answered
    assert words in answer.quotes[0].text


@pytest.mark.parametrize("question", ["Do you lend Kindles?", "What is the phone number of the library?"])
def test_what_is_nowhere_in_the_articles_is_declined(library: Engine, question: str) -> None:
    assert not library.ask(question).answered


def test_a_name_that_is_nowhere_is_declined_in_a_talk_too(engine: Engine) -> None:
    talk = engine.conversation()
    talk.ask("who met in Sochi?")

    assert not talk.ask("Is there a Symbian version of the plan?").answered
