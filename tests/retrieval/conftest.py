"""Fixtures over the small newsroom of ``examples``."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.index.snapshot import Snapshot, open_latest
from retrieval.index.updating import update
from tests.fakes import FakeEncoder
from tests.retrieval.examples import CountingEncoder, newsroom


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    """A folder of articles of the test's own."""
    return newsroom(tmp_path / "articles")


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """Where that folder's index goes; nothing is there yet."""
    return tmp_path / "index"


@pytest.fixture
def encoder() -> CountingEncoder:
    return CountingEncoder()


@pytest.fixture(scope="session")
def news(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """A snapshot of the newsroom for tests that only read it."""
    root = tmp_path_factory.mktemp("news")
    update(newsroom(root / "articles"), root / "index", FakeEncoder())
    return open_latest(root / "index")
