"""Neighbours by cosine, checked against plain numpy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from retrieval.dense import VECTORS_FILE, DenseIndex
from retrieval.encoder import Vectors


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

    np.testing.assert_allclose(index.cosines(QUERY, ids), vectors[ids] @ QUERY, atol=1e-6)


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
    np.testing.assert_array_equal(opened.vectors(), vectors)
    assert opened.nearest(QUERY, 5).tolist() == index.nearest(QUERY, 5).tolist()
    assert opened.moments(QUERY) == index.moments(QUERY)


def test_a_file_that_is_no_index_is_refused(index: DenseIndex, tmp_path: Path) -> None:
    index.save(tmp_path)
    (tmp_path / VECTORS_FILE).write_bytes(b"no index")

    with pytest.raises(RuntimeError):
        DenseIndex.open(tmp_path)
