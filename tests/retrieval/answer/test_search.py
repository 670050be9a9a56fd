"""Hybrid search: the fused score is what the design measured, and filters let through what they name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest

from retrieval.answer.follow_ups.variants import QueryVariants
from retrieval.answer.query import Context, Filters
from retrieval.answer.search import Hit, Searcher, SearchWeights
from retrieval.errors import ArticleUnknown
from retrieval.index.protocol import Index
from retrieval.index.snapshot import Snapshot, open_latest
from retrieval.index.updating import open_up_to_date, update
from retrieval.text.passages import cut
from tests.fakes import FakeEncoder
from tests.retrieval.examples import write

WORDS = ["ferry", "bridge", "whale", "mayor", "captain", "apple", "penalty", "harbour", "song", "island", "storm"]


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """Enough passages that neither ranking puts all of them forward."""
    root = tmp_path_factory.mktemp("large")
    draw = np.random.default_rng(7)
    for number in range(40):
        sections = [f"# Part {part}\n\nThe {' '.join(draw.choice(WORDS, 12))} {number}." for part in range(8)]
        write(root / "articles", f"{number:02}.md", f"---\ntitle: Story {number}\n---\n" + "\n\n".join(sections))
    update(root / "articles", root / "index", FakeEncoder())
    return open_latest(root / "index")


def searched(index: Index, question: str, k: int = 10, filters: Filters | None = None) -> list[Hit]:
    return Searcher(index, FakeEncoder()).search(question, k, filters)


def ids(hits: Iterable[Hit]) -> list[str]:
    """Articles in the order in which they first come."""
    return list(dict.fromkeys(hit.passage.article.id for hit in hits))


@pytest.mark.parametrize("question", ["Where is the whale?", "mayor and captain", "Story 17 of a storm", "zebra", "12"])
def test_the_fused_score_is_seven_tenths_dense_and_three_tenths_lexical(large: Snapshot, question: str) -> None:
    cosines = large.dense.vectors().astype(np.float64) @ FakeEncoder().encode_query([question])[0]
    lexical = large.lexical.scores(question).astype(np.float64)
    dense_z = (cosines - cosines.mean()) / cosines.std()
    lexical_z = (lexical - lexical.mean()) / lexical.std() if lexical.any() else np.zeros_like(lexical)
    fused = 0.7 * dense_z + 0.3 * lexical_z
    assert large.passages == 320

    hits = searched(large, question)

    assert [hit.score for hit in hits] == pytest.approx(sorted(fused, reverse=True)[:10], abs=3e-3)
    rows = {(p.article.id, p.start): number for number, p in enumerate(large.passages_at(range(320)))}
    for hit in hits:
        row = rows[hit.passage.article.id, hit.passage.start]
        assert (hit.score, hit.dense, hit.lexical, hit.dense_z, hit.lexical_z) == pytest.approx(
            (fused[row], cosines[row], lexical[row], dense_z[row], lexical_z[row]), abs=3e-3
        )


def test_a_filter_changes_what_is_found_and_not_how_it_scores(large: Snapshot) -> None:
    every = searched(large, "whale song", 320)
    only = Filters(articles=frozenset({"03.md", "21.md"}))

    hits = searched(large, "whale song", 320, only)

    # Neither list is cut short: k is above the number of passages.
    assert hits == [hit for hit in every if hit.passage.article.id in {"03.md", "21.md"}]
    assert len(hits) == 16


def test_the_best_of_few_are_the_best(large: Snapshot) -> None:
    assert searched(large, "whale song", 3) == searched(large, "whale song", 320)[:3]
    assert len(searched(large, "whale song", 150)) == 150


def test_equal_scores_keep_the_order_of_the_articles(tmp_path: Path) -> None:
    for name, mark in {"c.txt": ".", "a.txt": "!", "b.txt": "?"}.items():
        write(tmp_path / "articles", name, f"---\ntitle: Same\n---\nThe same words stand here{mark}")
    snapshot, _ = open_up_to_date(tmp_path / "articles", tmp_path / "index", FakeEncoder())

    assert ids(searched(snapshot, "same words")) == ["a.txt", "b.txt", "c.txt"]


@pytest.mark.parametrize("question", ["Who opened it?", "zebra"])
def test_a_single_passage_is_found_and_scores_nothing(tmp_path: Path, question: str) -> None:
    write(tmp_path / "articles", "a.txt", "The mayor opened it.")
    snapshot, _ = open_up_to_date(tmp_path / "articles", tmp_path / "index", FakeEncoder())

    (hit,) = searched(snapshot, question)

    assert (hit.passage.text, hit.score, hit.dense_z, hit.lexical_z) == ("The mayor opened it.", 0.0, 0.0, 0.0)


def test_a_change_of_subject_keeps_what_is_best_for_the_question_alone(large: Snapshot) -> None:
    talk = Context("Where is the whale?", "Where is the whale song?", large.passages_at([3])[0].text)
    alone = searched(large, "mayor penalty apple")

    within = Searcher(large, FakeEncoder()).search("mayor penalty apple", context=talk)

    assert len(within) == 10
    assert alone[0].passage in [hit.passage for hit in within]
    assert within == sorted(within, key=lambda hit: -hit.score)


def test_who_reads_what_was_found_gets_the_best_of_both_readings(large: Snapshot) -> None:
    talk = Context("Where is the whale?", "Where is the whale song?", large.passages_at([3])[0].text)
    searcher = Searcher(large, FakeEncoder())
    alone = searched(large, "mayor penalty it")

    question = QueryVariants.of("mayor penalty it", talk)
    (found,) = searcher.search_all([question], [Filters()], 10, for_reader=True)

    assert 10 < len(found.hits) <= 20
    allocated = searcher.search("mayor penalty it", context=talk)
    assert {hit.passage for hit in allocated} | {hit.passage for hit in alone[:2]} <= {
        hit.passage for hit in found.hits
    }
    assert list(found.hits) == sorted(found.hits, key=lambda hit: -hit.score)


# --- filters -------------------------------------------------------------------------------------------------

BRIDGE, FERRY, WHALES, FINAL = "harbour/bridge.md", "harbour/ferry.txt", "science/whales.md", "sports/final.txt"


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(), {BRIDGE, FERRY, WHALES, FINAL}),
        (Filters(articles=frozenset({FINAL, WHALES})), {FINAL, WHALES}),
        (Filters(source="NORTHERN Herald"), {BRIDGE, WHALES}),
        (Filters(source="Northern"), set()),
        (Filters(after=date(2019, 7, 15)), {FERRY, WHALES}),
        (Filters(before=date(2019, 7, 15)), {BRIDGE, FERRY}),
        (Filters(after=date(2019, 6, 2), before=date(2021, 3, 8)), {FERRY}),
        (Filters(after=date(2019, 7, 15), before=date(2019, 7, 15)), {FERRY}),
        (Filters(source="northern herald", before=date(2020, 1, 1)), {BRIDGE}),
        (Filters(articles=frozenset({FINAL}), after=date(1900, 1, 1)), set()),
        (Filters(after=date(2022, 1, 1)), set()),
    ],
    ids=lambda value: " ".join(sorted(value)) if isinstance(value, set) else None,
)
def test_filters_let_through_what_they_name(news: Index, filters: Filters, expected: set[str]) -> None:
    hits = searched(news, "the Gullholm ferry", 10, filters)

    assert set(ids(hits)) == expected
    assert len(hits) == sum(len(cut(news.article(id).text)) for id in expected)


def test_no_text_is_encoded_when_no_article_is_let_through(news: Index) -> None:
    class Unwilling(FakeEncoder):
        def encode_query(self, texts: Sequence[str]) -> NoReturn:  # noqa: ARG002
            raise AssertionError("asked for a vector that nothing can be near to")

    assert Searcher(news, Unwilling()).search("ferry", 10, Filters(source="nobody")) == []


def test_an_unknown_article_is_answered_with_ids_that_look_like_it(news: Index) -> None:
    with pytest.raises(ArticleUnknown) as caught:
        searched(news, "ferry", 10, Filters(articles=frozenset({"harbour/fery.txt"})))

    assert (caught.value.id, caught.value.near[0]) == ("harbour/fery.txt", FERRY)


@pytest.mark.parametrize(
    ("day", "first"), [("18 October 2024", True), ("October 18, 2024", True), ("18 October", False), ("no day", False)]
)
def test_articles_of_the_very_day_that_a_question_names_go_before_others(day: str, first: bool, tmp_path: Path) -> None:
    for number, letter in enumerate("abcdefghijklmnopqrst", 10):
        text = f"---\ntitle: Minutes\ndate: 2024-10-{number}\n---\nThe council met. Nobody spoke of {letter * 3}."
        write(tmp_path / "articles", f"{letter}.md", text)
    update(tmp_path / "articles", tmp_path / "index", FakeEncoder())
    searcher = Searcher(open_latest(tmp_path / "index"), FakeEncoder(), weights=SearchWeights(of_the_day=9.0))

    hits = searcher.search(f"Who spoke in the council on {day}?", 3)

    assert (hits[0].passage.article.id == "i.md") is first
