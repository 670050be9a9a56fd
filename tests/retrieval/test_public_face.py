"""The engine as a library: the five lines that a script needs, and names that cost nothing until they are used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import retrieval
from retrieval import Engine
from retrieval.errors import FolderMissing, QuestionEmpty
from tests.fakes import FakeEncoder
from tests.retrieval.examples import SHIPPED


def test_five_lines_answer_with_the_models_that_ship(tmp_path: Path) -> None:
    engine = Engine.open(str(SHIPPED), index=str(tmp_path / "index"))
    answer = engine.ask("who met in Sochi?")
    said = [f"{quote.text} {quote.article.title}" for quote in answer]
    talk = engine.conversation()
    talk.ask("who met in Sochi?")
    followed = talk.ask("when was that?")

    assert answer
    assert "Shinzo Abe" in said[0]
    assert "Vladimir Putin" in said[0]
    assert followed.interpretation.in_context
    assert any("May 6" in quote.text for quote in followed)
    assert not engine.ask("What is the capital of France?")


def test_an_index_lies_beside_the_articles_unless_it_is_put_elsewhere(articles: Path) -> None:
    engine = Engine.open(articles, encoder=FakeEncoder(), reader="none")

    assert engine.ask("Who opened the Gullholm bridge?")
    assert (articles.parent / "index").is_dir()
    assert {path.name for path in articles.iterdir()} == {"harbour", "science", "sports"}


def test_how_sure_is_sure_enough_can_be_set(articles: Path) -> None:
    engine = Engine.open(articles, encoder=FakeEncoder(), reader="none", confidence=1.0)

    assert not engine.ask("Who opened the Gullholm bridge?")


def test_indexing_can_be_watched(articles: Path) -> None:
    stages: list[str] = []

    Engine.open(articles, encoder=FakeEncoder(), reader="none", progress=lambda stage, *_: stages.append(stage))

    assert "encoding" in stages


def test_errors_are_quoths_own(tmp_path: Path, articles: Path) -> None:
    with pytest.raises(retrieval.QuothError) as caught:
        Engine.open(tmp_path / "nowhere", encoder=FakeEncoder())
    assert isinstance(caught.value, FolderMissing)
    with pytest.raises(retrieval.errors.QuestionEmpty):
        Engine.open(articles, encoder=FakeEncoder(), reader="none").ask("?")
    assert retrieval.errors.QuestionEmpty is QuestionEmpty


def test_every_public_name_is_there_and_no_other() -> None:
    assert all(getattr(retrieval, name) is not None for name in retrieval.__all__)
    assert set(retrieval.__all__) <= set(dir(retrieval))
    with pytest.raises(AttributeError, match="no attribute 'Enigne'"):
        retrieval.Enigne  # noqa: B018


def test_importing_the_package_imports_no_library() -> None:
    code = "import sys, retrieval, retrieval.errors; print(*sorted({'numpy', 'torch', 'faiss'} & set(sys.modules)))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == ""


@pytest.mark.parametrize("package", ["bot", "retrieval"])
def test_both_packages_say_that_they_are_typed(package: str) -> None:
    assert (SHIPPED.parents[1] / package / "py.typed").is_file()
