"""The nearest vectors of several segments."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from retrieval.index.dense import DenseIndex
from retrieval.index.dense_segments import DenseSegments
from retrieval.index.order import Order
from retrieval.models.encoder import Vectors


def unit(vectors: NDArray[np.floating]) -> Vectors:
    scaled: Vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return scaled


@pytest.fixture
def parted() -> tuple[DenseSegments, Vectors]:
    """Vectors in two segments, of which every second one is there, in another order."""
    drawn = unit(np.random.default_rng(5).normal(0.2, 1.0, (300, 16)))
    rows = np.random.default_rng(6).permutation(300)[:150]
    parts = [DenseIndex.build(drawn[:200]), DenseIndex.build(drawn[200:])]
    return DenseSegments(parts, Order.of(rows, 300)), drawn[rows]


QUERY = unit(np.random.default_rng(7).normal(0.2, 1.0, (1, 16)))[0]


def test_the_nearest_of_all_segments_are_found(parted: tuple[DenseSegments, Vectors]) -> None:
    index, vectors = parted

    assert (len(index), index.dimension) == vectors.shape
    assert index.nearest(QUERY, 20).tolist() == np.argsort(-(vectors @ QUERY))[:20].tolist()
    assert sorted(index.nearest(QUERY, 1000).tolist()) == list(range(150))
    allowed = np.arange(0, 150, 7)
    nearest = allowed[np.argsort(-(vectors[allowed] @ QUERY))]
    assert index.nearest(QUERY, 5, allowed).tolist() == nearest[:5].tolist()
    np.testing.assert_allclose(index.cosines(QUERY, allowed), vectors[allowed] @ QUERY, atol=1e-3)


def test_moments_are_those_of_what_is_there(parted: tuple[DenseSegments, Vectors]) -> None:
    index, vectors = parted
    every = vectors.astype(np.float64) @ QUERY.astype(np.float64)

    assert index.moments(QUERY) == pytest.approx((every.mean(), every.std()), abs=1e-5)


def test_the_nearest_are_found_behind_many_that_are_gone(parted: tuple[DenseSegments, Vectors]) -> None:
    drawn = unit(np.random.default_rng(5).normal(0.2, 1.0, (300, 16)))
    by_nearness = np.argsort(-(drawn @ QUERY))
    left = np.sort(by_nearness[100:])

    index = DenseSegments([DenseIndex.build(drawn)], Order.of(left, 300))

    assert left[index.nearest(QUERY, 3)].tolist() == by_nearness[100:103].tolist()
