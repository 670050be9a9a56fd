"""Hard places in many kinds of text: where a reader sees a sentence end, and where not."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.text.sentences import sentences

CASES = Path(__file__).with_name("sentences.txt").read_text("utf-8").splitlines()
"""A text a line; ``|`` stands where a sentence ends before a space, ``||`` where one ends without."""


@pytest.mark.parametrize("case", CASES)
def test_sentences_end_where_a_reader_sees_them_end(case: str) -> None:
    text = case.replace("||", "").replace("|", " ")

    assert [text[each.start : each.end] for each in sentences(text)] == case.replace("||", "|").split("|")


@pytest.mark.parametrize(
    "text",
    [
        "See https://e.org/a?The=1 for the list of all the ships.",
        "Write to him@orvik.The mill or the harbour answers it.",
        "The tide there (as told by Lund et al.) Vance never saw.",
    ],
)
def test_what_only_looks_like_an_end_is_none(text: str) -> None:
    assert len(sentences(text)) == 1
