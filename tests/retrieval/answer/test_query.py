"""What a script asks: filters as people write them, and numbers that make no sense, refused in a sentence."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from retrieval import Engine, Filters
from retrieval.answer.reading.overlap_reader import OverlapReader
from retrieval.errors import FolderMissing
from retrieval.index.protocol import Index
from retrieval.index.updating import update
from tests.fakes import FakeEncoder


@pytest.fixture(scope="module")
def engine(news: Index) -> Engine:
    return Engine(news, FakeEncoder(), reader=OverlapReader())


@pytest.mark.parametrize(
    "articles", ["harbour/ferry.txt", ["harbour/ferry.txt"], ("harbour/ferry.txt",), {"harbour/ferry.txt"}]
)
def test_one_id_and_a_list_of_ids_are_filters(engine: Engine, articles: Collection[str]) -> None:
    answer = engine.ask("When does the last ferry sail?", Filters(articles))

    assert {hit.passage.article.id for hit in answer.hits} == {"harbour/ferry.txt"}
    assert Filters(articles) == Filters(frozenset({"harbour/ferry.txt"}))
    assert len({Filters(articles), Filters(frozenset({"harbour/ferry.txt"}))}) == 1


def test_a_moment_stands_for_its_day(engine: Engine) -> None:
    moment = datetime(2016, 11, 28, 23, 59, tzinfo=UTC)

    assert Filters(after=moment, before=moment) == Filters(after=date(2016, 11, 28), before=date(2016, 11, 28))
    engine.ask("When does the last ferry sail?", Filters(after=moment))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"articles": [1]}, "articles are ids, not"),
        ({"source": ["TASS"]}, "source is the name of one source, not"),
        ({"after": "2016-01-01"}, "after is a day, such as date"),
        ({"before": 2016}, "before is a day, such as date"),
    ],
)
def test_a_filter_of_another_kind_is_refused_with_its_name(given: dict[str, Any], told: str) -> None:
    with pytest.raises(TypeError, match=told):
        Filters(**given)


def test_filters_that_are_none_are_refused(engine: Engine) -> None:
    filters: Any = {"source": "TASS"}

    with pytest.raises(TypeError, match="filters are Filters"):
        engine.ask("When does the last ferry sail?", filters)


def test_one_question_is_one_also_where_many_are_asked(engine: Engine) -> None:
    question = "When does the last ferry sail?"

    assert [answer.question for answer in engine.ask_all(question)] == [question]
    several: Any = (asked for asked in [question, question])
    assert len(engine.ask_all(several)) == 2


def test_what_is_no_string_is_no_question(engine: Engine) -> None:
    question: Any = b"When does the last ferry sail?"

    with pytest.raises(TypeError, match="a question is a string, not b'When"):
        engine.ask(question)


@pytest.mark.parametrize("top", [-1, 2.5, None, "3"])
def test_a_number_of_quotes_that_is_none_is_refused(engine: Engine, top: Any) -> None:
    with pytest.raises(ValueError, match="top is the most quotes"):
        engine.ask("When does the last ferry sail?", top=top)


@pytest.mark.parametrize("confidence", [-0.1, 1.1, 7, float("nan"), "balanced"])
def test_a_confidence_that_is_no_probability_is_refused_before_anything_is_done(
    articles: Path, news: Index, confidence: Any
) -> None:
    with pytest.raises(ValueError, match="confidence is a probability, 0 to 1, not"):
        Engine.open(articles, encoder=FakeEncoder(), reader="none", confidence=confidence)
    assert not (articles.parent / "index").exists()
    with pytest.raises(ValueError, match="threshold is a probability, 0 to 1, not"):
        Engine(news, FakeEncoder(), threshold=confidence)


def test_an_empty_path_is_not_the_folder_one_is_in(articles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(articles)

    with pytest.raises(ValueError, match="articles is the path of a folder, and empty"):
        Engine.open("", encoder=FakeEncoder(), reader="none")
    with pytest.raises(ValueError, match="the place of an index is a folder or milvus"):
        Engine.open(articles, index=" ", encoder=FakeEncoder(), reader="none")
    assert not (articles.parent / "index").exists()


def test_a_mistyped_folder_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(FolderMissing):
        Engine.open(tmp_path / "nowhere" / "articles", encoder=FakeEncoder(), reader="none")
    with pytest.raises(FolderMissing):
        update(tmp_path / "nowhere", tmp_path / "index", FakeEncoder())
    assert not list(tmp_path.iterdir())
