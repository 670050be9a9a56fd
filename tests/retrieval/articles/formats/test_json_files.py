"""JSON files and JSON lines: one article or many."""

from __future__ import annotations

import json
from datetime import date

import pytest

from retrieval.articles.article import Article
from retrieval.articles.parsing import parse
from tests.retrieval.articles.samples import BRIDGE, refusal


def test_a_json_object_is_an_article() -> None:
    [article] = parse("bridge.json", json.dumps(BRIDGE).encode()).articles

    assert article == Article(
        id="bridge.json",
        title="Bridge opens",
        source="Herald",
        published=date(2019, 6, 1),
        url="https://herald.example/bridge",
        path="bridge.json",
        text="The bridge opened on Monday.\nIt rained.",
    )


def test_articles_of_one_file_are_named_after_their_places() -> None:
    listed = parse("news.json", json.dumps([BRIDGE, {"text": "Whales sing. They do."}]).encode()).articles
    lines = parse("old/news.jsonl", f"\n{json.dumps(BRIDGE)}\n\n{json.dumps(BRIDGE)}\n".encode()).articles

    assert [(article.id, article.title) for article in listed] == [
        ("news.json#1", "Bridge opens"),
        ("news.json#2", "news 2"),
    ]
    assert [(article.id, article.path) for article in lines] == [
        ("old/news.jsonl#2", "old/news.jsonl"),
        ("old/news.jsonl#4", "old/news.jsonl"),
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "it is not valid JSON"),
        ("[" * 100_000, "it is nested too deeply"),
        ("3", "it is not a JSON object"),
        ('{"title": "T"}', 'it has no "text" that is a string'),
        ('{"text": 3}', 'it has no "text" that is a string'),
        ('{"text": " - "}', "it holds no text"),
    ],
)
def test_a_bad_line_is_named_and_the_others_are_read(line: str, reason: str) -> None:
    parsed = parse("news.jsonl", f"{line}\n{json.dumps(BRIDGE)}\n{line}\n".encode())

    assert [article.id for article in parsed.articles] == ["news.jsonl#2"]
    assert parsed.skipped is not None
    assert (parsed.skipped.path, parsed.skipped.reason) == (
        "news.jsonl#1",
        f"{reason} (as with 1 more of that file)",
    )
    assert refusal("news.jsonl", line.encode()) == f"it holds no article; number 1: {reason}"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"[]", "it holds no article"),
        (b"{", "it is not valid JSON"),
        (b'"text"', "it is not a JSON object"),
        (b"[" * 100_000, "it is nested too deeply"),
        (b"1" * 5000, "it is not valid JSON"),
    ],
)
def test_json_without_an_article_is_refused(content: bytes, reason: str) -> None:
    assert refusal("a.json", content) == reason


def test_half_a_surrogate_pair_in_json_becomes_a_character_that_files_take() -> None:
    [article] = parse("a.json", rb'{"text": "Half \ud800 a pair", "title": "\udc00 x"}').articles

    f"{article}".encode()
