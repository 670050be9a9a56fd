"""Stores that tests of the index write."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from retrieval.index.address import StoreAddress
from tests.retrieval.places import Server, let_go, place_in, running


@pytest.fixture
def store(tmp_path: Path) -> Iterator[StoreAddress]:
    """A store in a folder."""
    place = place_in(tmp_path, "store")
    assert isinstance(place, StoreAddress)
    yield place
    let_go(place)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with running(tmp_path / "server") as started:
        yield started
