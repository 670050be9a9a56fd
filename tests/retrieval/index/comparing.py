"""What several tests of the index compare by."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from retrieval.answer.search import Searcher
from retrieval.index.address import Where
from retrieval.index.protocol import Index
from retrieval.index.snapshot import Snapshot, open_latest
from retrieval.index.updating import update
from tests.fakes import FakeEncoder
from tests.retrieval.examples import NEWS
from tests.retrieval.places import open_at

IDS = tuple(sorted(NEWS))
KEEPER = "A new lighthouse keeper was hired in Elvestad."


def tree(folder: Path) -> dict[str, int]:
    """Everything below ``folder`` with the time of its last change."""
    return {path.relative_to(folder).as_posix(): path.stat().st_mtime_ns for path in folder.rglob("*")}


def first_id(index: Index, question: str) -> str:
    return Searcher(index, FakeEncoder()).search(question)[0].passage.article.id


def assert_same_as_fresh(index: Where, articles: Path, tmp_path: Path) -> None:
    """An index that was brought up to date is what one built from nothing would be."""
    update(articles, tmp_path / "fresh", FakeEncoder())
    kept, fresh = open_at(index), open_latest(tmp_path / "fresh")
    assert kept.articles == fresh.articles
    assert [kept.article(each.id) for each in kept.articles] == [fresh.article(each.id) for each in fresh.articles]
    assert kept.passages == fresh.passages
    assert sorted(kept.terms.vocabulary) == sorted(fresh.terms.vocabulary)
    for term in fresh.terms.vocabulary:
        assert kept.terms.frequency(term) == fresh.terms.frequency(term)
    for term in sorted(fresh.terms.vocabulary)[:5]:
        several = ({(each.article.id, each.start) for each in some.having(term, 9)} for some in (kept, fresh))
        assert len({frozenset(each) for each in several}) == 1
    if isinstance(kept, Snapshot):
        np.testing.assert_array_equal(kept.dense.vectors(), fresh.dense.vectors())
        for term in fresh.terms.vocabulary:
            np.testing.assert_array_equal(kept.lexical.scores(term), fresh.lexical.scores(term))
        assert kept.passages_at(range(kept.passages)) == fresh.passages_at(range(fresh.passages))


def found(index: Index, question: str) -> str:
    """The text of the passage that is found first."""
    return Searcher(index, FakeEncoder()).search(question)[0].passage.text
