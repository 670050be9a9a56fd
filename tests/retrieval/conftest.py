"""Fixtures over the small newsroom of ``examples``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from retrieval.index.address import Where
from retrieval.index.protocol import Index
from retrieval.index.snapshot import Snapshot, open_latest
from retrieval.index.updating import open_up_to_date, update
from tests.fakes import FakeEncoder
from tests.retrieval.examples import CountingEncoder, newsroom
from tests.retrieval.places import PLACES, let_go, place_in


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    """A folder of articles of the test's own."""
    return newsroom(tmp_path / "articles")


@pytest.fixture
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Where]:
    """Where that folder's index goes, a folder or what ``both`` says; nothing is there yet."""
    place = place_in(tmp_path, getattr(request, "param", "folder"))
    yield place
    let_go(place)


@pytest.fixture
def encoder() -> CountingEncoder:
    return CountingEncoder()


@pytest.fixture(scope="session")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """A snapshot of the newsroom for tests that only read it."""
    root = tmp_path_factory.mktemp("news")
    update(newsroom(root / "articles"), root / "index", FakeEncoder())
    return open_latest(root / "index")


@pytest.fixture(scope="session", params=PLACES)
def news(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """An index of the newsroom, in a folder and in a store, for tests that only read it."""
    root = tmp_path_factory.mktemp("news")
    place = place_in(root, request.param)
    yield open_up_to_date(newsroom(root / "articles"), place, FakeEncoder())[0]
    let_go(place)
