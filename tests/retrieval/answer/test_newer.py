"""Whether a newer article is about the same as a quote."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from retrieval.answer.query import Filters
from retrieval.engine import Engine
from retrieval.text.quote_link import QuoteLink
from tests.fakes import FakeEncoder

FERRY = "The ferry Nordlys ran aground off Skarvik with captain Jonas Ekeland aboard."
UPDATE = "The ferry Nordlys off Skarvik was towed away, said captain Jonas Ekeland."
HARBOUR = (
    "In the old harbour of Skarvik a museum of fishing nets, paid for by Jonas Ekeland, opened its doors to pupils."
)
OTHER = "The ferry Sunniva ran aground off Bergsund with captain Erik Tofte aboard."
ASKED = "which ferry ran aground off Skarvik?"


def engine_over(folder: Path, *articles: tuple[str, str, str]) -> Engine:
    """An engine over articles, each with its name, its day and its text."""
    folder.mkdir()
    for name, day, text in articles:
        date = f"published: {day}\n" if day else ""
        (folder / name).write_text(f"---\ntitle: About {name}\n{date}---\n{text}\n", encoding="utf-8")
    return Engine.open(folder, encoder=FakeEncoder(), reader="none", confidence=0.0)


@pytest.mark.parametrize(
    ("day", "text", "told"),
    [
        ("2022-01-14", UPDATE, True),
        ("2022-01-08", UPDATE, False),
        ("2022-01-10", UPDATE, False),
        ("", UPDATE, False),
        ("2022-01-14", HARBOUR, False),
        ("2022-01-14", OTHER, False),
        ("2022-01-14", FERRY, False),
    ],
    ids=["update", "older", "same day", "undated", "same names", "same kind of event", "same words"],
)
def test_only_a_later_article_about_the_same_is_told(tmp_path: Path, day: str, text: str, told: bool) -> None:
    engine = engine_over(tmp_path / "articles", ("a.md", "2022-01-10", FERRY), ("b.md", day, text))

    (quote, *_) = engine.ask(ASKED, Filters(frozenset({"a.md"}))).quotes

    assert (quote.newer.id if quote.newer else None) == ("b.md" if told else None)


def test_of_several_the_newest_is_told_and_of_the_newest_none(tmp_path: Path) -> None:
    several = (("b.md", "2022-01-14", UPDATE), ("c.md", "2022-02-01", UPDATE.replace("towed", "taken")))
    engine = engine_over(tmp_path / "articles", ("a.md", "2022-01-10", FERRY), *several)

    told = {id: engine.ask(ASKED, Filters(frozenset({id}))).quotes[0].newer for id in ("a.md", "b.md", "c.md")}

    assert {id: article and article.id for id, article in told.items()} == {
        "a.md": "c.md",
        "b.md": "c.md",
        "c.md": None,
    }


def test_an_undated_quote_and_one_without_names_have_no_newer_article(tmp_path: Path) -> None:
    engine = engine_over(
        tmp_path / "articles",
        ("a.md", "", FERRY),
        ("b.md", "2022-01-14", UPDATE),
        ("c.md", "2020-01-01", "whales eat krill in winter."),
        ("d.md", "2021-01-01", "whales eat krill in summer."),
    )

    for id, question in (("a.md", ASKED), ("c.md", "what do whales eat?")):
        assert engine.ask(question, Filters(frozenset({id}))).quotes[0].newer is None


def test_it_is_told_of_words_that_a_link_leads_to_while_they_stand(tmp_path: Path) -> None:
    long = "\n\n".join(
        [*(f"Wind number {n} blew over the town all day long. " * 8 for n in range(9)), "## At sea", FERRY]
    )
    engine = engine_over(tmp_path / "articles", ("a.md", "2022-01-10", long), ("b.md", "2022-01-14", UPDATE))
    article = engine.index.article("a.md")
    start = article.text.index(FERRY)
    link = QuoteLink.to(article, start, start + len(FERRY))
    weather = QuoteLink.to(article, 0, 40)

    assert (newer := engine.trace(link).newer) is not None
    assert newer.id == "b.md"
    assert engine.trace(weather).newer is None
    assert engine.trace(QuoteLink.to(replace(article, text="The ferry sank."), 0, 15)).newer is None


def test_what_is_no_answer_has_no_newer_article(tmp_path: Path) -> None:
    engine = engine_over(tmp_path / "articles", ("a.md", "2022-01-10", FERRY), ("b.md", "2022-01-14", UPDATE))
    sure = Engine(engine.index, FakeEncoder(), threshold=1.0)

    assert [quote.newer for quote in sure.ask(ASKED).quotes] == [None] * len(sure.ask(ASKED).quotes)
