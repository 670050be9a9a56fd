"""Neighbours by cosine, checked against plain numpy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from retrieval.index import dense
from retrieval.index.dense import VECTORS_FILE, DenseIndex
from retrieval.models.encoder import Vectors


def unit_vectors(count: int, dimension: int = 16, seed: int = 0) -> Vectors:
    # Shifted off the origin, as real embeddings are: their mean cosine is not nought.
    drawn = np.random.default_rng(seed).normal(0.3, 1.0, (count, dimension)).astype(np.float32)
    unit: Vectors = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    return unit


@pytest.fixture(scope="module")
def vectors() -> Vectors:
    return unit_vectors(300)


@pytest.fixture(scope="module")
def index(vectors: Vectors) -> DenseIndex:
    return DenseIndex.build(vectors)


QUERY = unit_vectors(1, seed=1)[0]


def test_the_nearest_are_the_nearest(index: DenseIndex, vectors: Vectors) -> None:
    assert index.nearest(QUERY, 10).tolist() == np.argsort(-(vectors @ QUERY))[:10].tolist()


def test_only_allowed_passages_are_found(index: DenseIndex, vectors: Vectors) -> None:
    allowed = np.array([3, 50, 51, 299], dtype=np.int64)

    assert index.nearest(QUERY, 10, allowed).tolist() == allowed[np.argsort(-(vectors[allowed] @ QUERY))].tolist()


def test_asking_for_more_than_there_is_brings_all(index: DenseIndex) -> None:
    assert sorted(index.nearest(QUERY, 10_000).tolist()) == list(range(300))


def test_cosines_come_in_the_order_of_the_ids(index: DenseIndex, vectors: Vectors) -> None:
    ids = np.array([7, 2, 200], dtype=np.int64)

    np.testing.assert_allclose(index.cosines(QUERY, ids), vectors[ids] @ QUERY, atol=1e-3)


def test_moments_are_those_of_all_cosines(index: DenseIndex, vectors: Vectors) -> None:
    every = vectors.astype(np.float64) @ QUERY.astype(np.float64)

    assert index.moments(QUERY) == pytest.approx((every.mean(), every.std()), abs=1e-6)


def test_a_single_passage_deviates_from_nothing() -> None:
    vectors = unit_vectors(1)

    mean, deviation = DenseIndex.build(vectors).moments(QUERY)

    assert mean == pytest.approx(float(vectors[0] @ QUERY), abs=1e-6)
    assert deviation == pytest.approx(0.0, abs=1e-6)


def test_what_was_saved_opens_as_the_same(index: DenseIndex, vectors: Vectors, tmp_path: Path) -> None:
    index.save(tmp_path)

    opened = DenseIndex.open(tmp_path)

    assert len(opened) == 300
    np.testing.assert_array_equal(opened.vectors(), index.vectors())
    np.testing.assert_allclose(opened.vectors(), vectors, atol=1e-3)
    assert opened.nearest(QUERY, 5).tolist() == index.nearest(QUERY, 5).tolist()
    assert opened.moments(QUERY) == pytest.approx(index.moments(QUERY), abs=1e-4)


def test_a_file_that_is_no_index_is_refused(index: DenseIndex, tmp_path: Path) -> None:
    index.save(tmp_path)
    (tmp_path / VECTORS_FILE).write_bytes(b"no index")

    with pytest.raises(RuntimeError):
        DenseIndex.open(tmp_path)


# --- approximate, from so many passages on -------------------------------------------------------------------


@pytest.fixture
def clustered(monkeypatch: pytest.MonkeyPatch) -> Vectors:
    """Vectors near one of 40 others each, more of them than are searched exactly."""
    monkeypatch.setattr(dense, "EXACT", 500)
    mixed = unit_vectors(40)[np.arange(2000) % 40] + 0.3 * unit_vectors(2000, seed=2)
    unit: Vectors = mixed / np.linalg.norm(mixed, axis=1, keepdims=True)
    return unit


def recall(index: DenseIndex, vectors: Vectors) -> float:
    """What part of the ten nearest is found, of questions near the vectors."""
    found = 0
    for query in vectors[::20] + 0.3 * unit_vectors(len(vectors[::20]), seed=3):
        found += len({*np.argsort(-(vectors @ query))[:10].tolist()} & {*index.nearest(query, 10).tolist()})
    return found / (10 * len(vectors[::20]))


def test_of_many_passages_nearly_all_nearest_are_found(clustered: Vectors, tmp_path: Path) -> None:
    index = DenseIndex.build(clustered)
    index.save(tmp_path)
    opened = DenseIndex.open(tmp_path)

    assert index._index.nprobe < index._index.nlist
    assert recall(index, clustered) > 0.95
    assert recall(opened, clustered) == recall(index, clustered)
    np.testing.assert_allclose(opened.vectors(), clustered, atol=1e-3)
    ids = np.array([7, 2, 200], dtype=np.int64)
    np.testing.assert_allclose(opened.cosines(QUERY, ids), clustered[ids] @ QUERY, atol=1e-3)


@pytest.mark.parametrize("every", [2, 100])
def test_of_many_passages_only_allowed_ones_are_found(clustered: Vectors, every: int) -> None:
    index = DenseIndex.build(clustered)
    allowed = np.arange(0, 2000, every)

    found = index.nearest(clustered[4], 5, allowed)

    assert (
        found.tolist()[0]
        in allowed[clustered[allowed] @ clustered[4] > 0.99 * (clustered[allowed] @ clustered[4]).max()]
    )
    assert set(found.tolist()) <= set(allowed.tolist())
    assert len(found) == 5


def test_an_update_keeps_the_cells_of_what_stays(clustered: Vectors, tmp_path: Path) -> None:
    fresh = unit_vectors(3, seed=4)
    order = np.concatenate([np.arange(100, 1500), [2000, 2001, 2002], np.arange(1500, 2000)])
    expected = np.concatenate([clustered, fresh])[order]
    DenseIndex.build(clustered).save(tmp_path)
    before = DenseIndex.open(tmp_path)

    after = before.updated(order, fresh)

    assert len(after) == len(order)
    assert (after._index.nlist, after._index.nprobe) == (before._index.nlist, before._index.nprobe)
    np.testing.assert_allclose(after.vectors(), expected, atol=1e-3)
    assert recall(after, expected) > 0.95
    assert after.nearest(fresh[1], 1).tolist() == [1401]
    assert after.moments(QUERY) == pytest.approx(DenseIndex.build(expected).moments(QUERY), abs=1e-4)


@pytest.mark.parametrize("kept", [400, 1999])
def test_an_update_makes_what_suits_the_number_of_passages(clustered: Vectors, kept: int) -> None:
    after = DenseIndex.build(clustered[:450]).updated(np.arange(kept), clustered[450:])

    np.testing.assert_allclose(after.vectors(), clustered[:kept], atol=1e-3)
    assert recall(after, clustered[:kept]) > 0.95
