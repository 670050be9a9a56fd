"""Files are read in this process, where the lines that read them are counted."""

from __future__ import annotations

import pytest

from retrieval.articles import parsing
from retrieval.articles.formats.registry import extract_articles


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do without the confined process; that it finds the same is tested in ``test_hostile.py``."""
    monkeypatch.setattr(parsing, "extract_confined", extract_articles)
