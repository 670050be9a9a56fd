"""Text files in every usual encoding."""

from __future__ import annotations

import pytest

from tests.retrieval.articles.samples import sample


@pytest.mark.parametrize("name", ["utf-8.txt", "utf-8-bom.txt", "utf-16.txt", "windows-1251.txt", "shift-jis.txt"])
def test_text_files_of_every_usual_encoding_are_read(name: str) -> None:
    text = sample(name).text

    assert text.startswith("港町の新しい図書館が" if name == "shift-jis.txt" else "Президент России и премьер-министр")
