"""A conversation: what was shown, and what a next question may go on from."""

from __future__ import annotations

import pickle
from dataclasses import replace

import pytest

from retrieval.answer.answer import Answer
from retrieval.answer.conversation import Talk
from retrieval.answer.follow_ups.interpretation import Interpretation
from retrieval.answer.query import Context, Filters
from retrieval.answer.quoting.quotes import Quote
from retrieval.answer.references import next_context
from retrieval.answer.search import Hit
from retrieval.articles.article import Article
from retrieval.engine import Engine
from retrieval.errors import QuestionEmpty
from retrieval.index.protocol import Index
from retrieval.text.passages import Passage
from retrieval.text.sentences import Span
from tests.fakes import FakeEncoder
from tests.retrieval.examples import article_of

TEXT = "They spoke.\n\nShinzo Abe met Vladimir Putin in Sochi. It rained.\n\nThey left."
ARTICLE = article_of(TEXT)


def quote_of(article: Article, start: int, end: int, *highlights: tuple[int, int]) -> Quote:
    hit = Hit(Passage(article, 0, len(article.text)), score=1.5, dense=0.8, lexical=9.0, dense_z=1.4, lexical_z=1.7)
    return Quote(article, start, end, tuple(Span(*place) for place in highlights), score=4.25, hit=hit)


QUOTE = quote_of(ARTICLE, 13, 52, (13, 23), (28, 42))


@pytest.mark.parametrize(("words", "read_as"), [("And Abe?", "who met Abe?"), ("why?", "who met Putin?")])
def test_a_part_of_a_question_counts_as_the_question_that_it_is_a_part_of(words: str, read_as: str) -> None:
    before = answer_of(QUOTE, question="who met Putin?").next_context
    asked = answer_of(QUOTE, question=words, before=before)

    context = next_context(
        replace(asked, interpretation=Interpretation(in_context=True, read_as="who met Abe?")), before
    )

    assert context
    assert context.previous == read_as


def answer_of(
    *quotes: Quote,
    question: str = "who met in Sochi?",
    answered: bool = True,
    before: Context | None = None,
    goes_on: bool = True,
) -> Answer:
    """An answer to a question behind what was said ``before``, from which it may go on."""
    answer = Answer(
        question=question,
        corrected=question,
        answered=answered,
        confidence=0.75 if answered else 0.25,
        quotes=quotes,
        hits=tuple(quote.hit for quote in quotes),
        context=before if goes_on else None,
    )
    return replace(answer, next_context=next_context(answer, before))


# --- an answer -----------------------------------------------------------------------------------------------


def test_an_answer_is_true_and_gives_its_quotes() -> None:
    answer = answer_of(QUOTE)

    assert answer
    assert list(answer) == [QUOTE]


def test_a_declined_answer_is_false_and_gives_none_though_it_has_what_is_nearest() -> None:
    answer = answer_of(QUOTE, answered=False)

    assert not answer
    assert list(answer) == []
    assert answer.quotes == (QUOTE,)


# --- what was shown ------------------------------------------------------------------------------------------


def test_nothing_was_said_before_the_first_question() -> None:
    assert Talk() == Talk(last=None, context=None)


def test_only_quotes_that_were_not_shown_are_new() -> None:
    later = quote_of(ARTICLE, 65, 75)
    talk = Talk().answered(answer_of(QUOTE))
    assert talk.last is not None
    overlapping = quote_of(ARTICLE, 0, 20)
    elsewhere = quote_of(article_of(TEXT, id="copy.md"), 13, 52)

    fresh = talk.last.unseen(answer_of(QUOTE, overlapping, later, elsewhere))

    assert fresh == (later, elsewhere)
    talk = talk.shown(fresh)
    assert talk.last is not None
    assert talk.last.shown == (QUOTE, later, elsewhere)
    assert talk.last.answer.question == "who met in Sochi?"


def test_a_talk_takes_no_more_memory_however_long_it_is() -> None:
    talk = Talk()
    sizes = []
    for number in range(300):
        talk = talk.answered(answer_of(QUOTE, question=f"{number:03} who met?", before=talk.context))
        sizes.append(len(pickle.dumps(talk)))

    assert len(set(sizes[2:])) == 1


# --- what a next question may go on from ---------------------------------------------------------------------


def test_the_subject_is_what_was_answered_since_a_question_stood_on_its_own() -> None:
    context = answer_of(QUOTE).next_context

    assert context is not None
    assert context.first == context.previous == "who met in Sochi?"
    assert context.quoted == TEXT
    assert context.names[:3] == ("Shinzo Abe", "Vladimir Putin", "Sochi")
    followed = answer_of(QUOTE, question="when was that?", before=context).next_context
    assert followed is not None
    assert (followed.first, followed.previous) == ("who met in Sochi?", "when was that?")
    changed = answer_of(QUOTE, question="who spoke?", before=context, goes_on=False).next_context
    assert changed is not None
    assert changed.first == changed.previous == "who spoke?"


def test_pronouns_may_stand_for_who_answered_and_never_for_a_date() -> None:
    text = "Shinzo Abe met Vladimir Putin in Sochi on May 6."
    met = answer_of(quote_of(article_of(text), 0, len(text), (0, 10), (15, 29)), question="who met?").next_context
    assert met is not None
    assert met.pair == ("Shinzo Abe", "Vladimir Putin")

    when = quote_of(article_of(text), 0, len(text), (42, 47))
    context = answer_of(when, question="when did they meet?", before=met).next_context

    assert context is not None
    assert context.pair == ("Shinzo Abe", "Vladimir Putin")
    assert "May 6" not in context.names


def test_a_day_and_a_word_that_opens_a_sentence_are_no_names_that_a_pronoun_stands_for() -> None:
    text = "Brown the meat well. On Thursday I add it to what Lund gave me."
    brown = answer_of(quote_of(article_of(text), 0, 20), question="should I brown the meat?").next_context
    added = quote_of(article_of(text), 21, len(text), (24, 32))
    when = answer_of(added, question="when is it added to what lund gave?").next_context

    assert brown is not None
    assert brown.names == ()
    assert when is not None
    assert when.names == ("Lund",)


def test_what_was_declined_is_no_subject() -> None:
    context = answer_of(QUOTE).next_context

    assert answer_of(QUOTE, answered=False).next_context is None
    assert answer_of(QUOTE, question="why?", answered=False, before=context).next_context == context


# --- with the engine -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def engine(news: Index) -> Engine:
    return Engine(news, FakeEncoder())


def test_a_next_question_goes_on_from_the_question_as_the_engine_corrected_it(engine: Engine) -> None:
    answer = engine.ask("When does the last ferry to Gulholm7 sail?")

    context = Talk().answered(answer).context
    assert answer.answered
    assert [(slip.typed, slip.meant) for slip in answer.slips] == [("Gulholm", "Gullholm")]
    assert answer.corrected == "When does the last ferry to Gullholm7 sail?"
    assert answer.question == "When does the last ferry to Gulholm7 sail?"
    assert context is not None
    assert context.previous == answer.corrected


def test_a_question_without_slips_is_its_own_correction(engine: Engine) -> None:
    answer = engine.ask("Who opened the Gullholm bridge?")

    assert answer.corrected == answer.question
    assert answer.slips == ()


def test_a_conversation_goes_on_from_what_was_answered_until_it_begins_anew(engine: Engine) -> None:
    conversation = engine.conversation()

    first = conversation.ask("Who opened the Gullholm bridge?")
    second = conversation.ask("When was that?")

    assert first.context is None
    assert first.interpretation.reason == "nothing was said before"
    assert second.context == first.next_context
    assert second.interpretation.in_context
    assert second.interpretation.estimate is not None
    assert "Ingrid Solberg" in second.read_as or "Gullholm" in second.read_as
    conversation.new()
    assert conversation.talk == Talk()
    assert conversation.ask("When was that?").context is None


def test_more_gives_quotes_that_were_not_shown_until_there_are_none(engine: Engine) -> None:
    conversation = engine.conversation(top=1)
    assert conversation.more() == ()
    seen = list(conversation.ask("When does the last ferry to Gullholm sail?"))

    while quotes := conversation.more():
        assert len(quotes) == 1
        assert not any(quotes[0].overlaps(quote) for quote in seen)
        seen += quotes

    assert len(seen) > 1
    assert conversation.talk.last is not None
    assert conversation.talk.last.shown == tuple(seen)


def test_a_conversations_filters_hold_for_its_questions_and_for_more(engine: Engine) -> None:
    conversation = engine.conversation(Filters(source="Coast Radio"), top=1)

    quotes = [*conversation.ask("When does the last ferry sail?").quotes, *conversation.more()]

    assert {quote.article.id for quote in quotes} == {"harbour/ferry.txt"}


def test_what_is_no_question_leaves_a_conversation_as_it_was(engine: Engine) -> None:
    conversation = engine.conversation()
    conversation.ask("Who opened the Gullholm bridge?")
    before = conversation.talk

    with pytest.raises(QuestionEmpty):
        conversation.ask("?!")

    assert conversation.talk == before
