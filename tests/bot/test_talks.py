"""Sessions: talks are kept apart and bounded."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.talks import MAX_AGE_S, Talks
from retrieval.answer.answer import Answer
from retrieval.answer.conversation import Talk
from retrieval.answer.references import next_context
from retrieval.engine import Engine
from retrieval.errors import QuothError
from retrieval.index.updating import open_up_to_date
from tests.bot.conftest import ARTICLES
from tests.bot.examples import QUOTE, a_quote, an_answer, an_article
from tests.fakes import FakeEncoder
from tests.volume import few


def test_talks_are_kept_apart_and_bounded_in_number_and_age() -> None:
    now = [0.0]
    talks = Talks(clock=lambda: now[0], kept=2)
    for key in ("one", "two", "three"):
        talks.keep(key, Talk().answered(an_answer(QUOTE)))

    assert len(talks) == 2
    assert talks.of("one").last is None
    assert talks.of("three").last is not None
    now[0] = MAX_AGE_S
    assert talks.of("three").last is None


KEYS = ("ann1", "bob2", "cid3")
said = st.tuples(
    st.sampled_from(KEYS),
    st.sampled_from(["answered", "declined", "more", "new", "an hour later"]),
    st.text("ab é?\n'", max_size=20),
    st.booleans(),
)


@given(st.lists(said, max_size=60))
def test_no_talk_sees_another_or_outgrows_its_bounds(turns: list[tuple[str, str, str, bool]]) -> None:
    now = [0.0]
    talks = Talks(clock=lambda: now[0], kept=2)
    for who, what, text, goes_on in turns:
        talk = talks.of(who)
        if what == "an hour later":
            now[0] += MAX_AGE_S
            assert talks.of(who) == Talk()
        elif what == "new":
            talks.keep(who, Talk())
        elif what == "more":
            talks.keep(who, talk.shown((QUOTE,)) if talk.last else talk)
        else:
            asked = replace(
                an_answer(a_quote(an_article(f"{who} met Ola Nordmann."), 0, len(who)), answered=what == "answered"),
                question=f"{who} {text}",
                corrected=f"{who} {text}",
                context=talk.context if goes_on else None,
            )
            asked = replace(asked, next_context=next_context(asked, talk.context))
            talks.keep(who, talk.answered(asked))
        _own(who, talks.of(who))
        assert len(talks) <= 2


def _own(who: str, talk: Talk) -> None:
    """All that a talk holds is of the one who talks."""
    held = repr((talk.last and talk.last.answer.question, talk.context))
    assert not any(other in held for other in KEYS if other != who)
    if talk.context:
        assert talk.context.first.startswith(who)
        assert talk.context.quoted.startswith(who)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    root = tmp_path_factory.mktemp("talks")
    (root / "articles").mkdir()
    for name, text in ARTICLES.items():
        (root / "articles" / name).write_text(text, "utf-8")
    snapshot, _ = open_up_to_date(root / "articles", root / "index", FakeEncoder())
    return Engine(snapshot, FakeEncoder(), threshold=0.1)


QUESTIONS = [
    "who met in Sochi?",
    "when was that?",
    "and what did they agree?",
    "why?",
    "what do whales eat?",
    "?!",
    "Sochy",
]


@few(10)
@given(turns=st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(QUESTIONS) | st.text(max_size=30)), max_size=8))
def test_talks_told_in_turn_go_as_each_would_alone(turns: list[tuple[str, str]], engine: Engine) -> None:
    def told(turns: list[tuple[str, str]]) -> dict[str, list[Answer | type[QuothError]]]:
        talks, answers = Talks(), defaultdict[str, list[Answer | type[QuothError]]](list)
        for who, question in turns:
            talk = talks.of(who)
            try:
                answer = engine.ask(question, context=talk.context)
            except QuothError as error:  # it is no question
                answers[who].append(type(error))
                continue
            talks.keep(who, talk.answered(answer))
            answers[who].append(replace(answer, elapsed_ms=0.0))
        return answers

    together = told(turns)

    assert together == {who: told([turn for turn in turns if turn[0] == who])[who] for who in together}


# --- what is no question -------------------------------------------------------------------------------------
