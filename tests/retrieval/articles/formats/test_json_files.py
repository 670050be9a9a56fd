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


@pytest.mark.parametrize(
    "written",
    [
        {
            "headline": "Bridge opens",
            "articleBody": "It opened.",
            "datePublished": "2019-06-01",
            "publisher": {"name": "Herald"},
        },
        {"title": "Bridge opens", "maintext": "It opened.", "date_publish": "2019-06-01 08:00", "newspaper": "Herald"},
        {"Title": "Bridge opens", "Full Text": "It opened.", "Publication Date": "1 June 2019", "Site Name": "Herald"},
        {
            "title": "Bridge opens",
            "content": "It opened.",
            "publishedAt": "2019-06-01T08:00Z",
            "source": {"id": None, "name": "Herald"},
        },
        {
            "title": {"rendered": "Bridge opens"},
            "content": {"rendered": "<p>It <b>opened</b>.</p>\n"},
            "date": "2019-06-01",
            "site": "Herald",
        },
        {"name": "Bridge opens", "content_html": "It opened.", "date_published": "2019-06-01", "source": "Herald"},
        {"title": "Bridge opens", "body": "<div><p>It opened.</p></div>", "pubDate": "2019-06-01", "source": "Herald"},
    ],
)
def test_the_names_that_other_programs_give_are_known(written: dict[str, object]) -> None:
    [article] = parse("a.json", json.dumps(written | {"permalink": "https://herald.example/bridge"}).encode()).articles

    assert (article.title, article.text, article.source) == ("Bridge opens", "It opened.", "Herald")
    assert (article.published, article.url) == (date(2019, 6, 1), "https://herald.example/bridge")


def test_a_list_inside_of_an_object_is_a_list_of_articles() -> None:
    answer = {
        "status": "ok",
        "authors": [{"name": "Ann"}],
        "articles": [BRIDGE, {"question": "Why &amp; how?", "answer": "So."}],
    }

    found = parse("news.json", json.dumps(answer).encode()).articles

    assert [(article.id, article.title) for article in found] == [
        ("news.json#1", "Bridge opens"),
        ("news.json#2", "Why & how?"),
    ]
    assert found[1].text == "So."


def test_a_summary_is_an_articles_text_only_in_a_list() -> None:
    summed = {"title": "Snow", "summary": "It snowed.", "url": "https://example.org/snow"}

    assert parse("a.json", json.dumps([summed]).encode()).articles[0].text == "It snowed."
    assert refusal("package.json", json.dumps(summed).encode()) == 'it has no "text" that is a string'


def test_paragraphs_may_be_a_list_and_a_source_may_not() -> None:
    parsed = parse("a.json", json.dumps({"text": ["One.", "Two."], "source": ["Herald", "Times"]}).encode())

    assert (parsed.articles[0].text, parsed.articles[0].source) == ("One.\n\nTwo.", None)
    assert parse("a.json", b'{"text": ["One."]}').articles[0].text == "One."


def test_whether_an_article_is_published_is_no_date() -> None:
    written = {"text": "It opened.", "published": True, "date": "2019-06-01", "headline": "Bridge opens", "title": None}

    [article] = parse("a.json", json.dumps(written).encode()).articles

    assert (article.title, article.published) == ("Bridge opens", date(2019, 6, 1))


def test_text_that_speaks_of_html_stays_as_it_is() -> None:
    text = "Write <p> and </p> around it."

    assert parse("a.json", json.dumps({"text": text}).encode()).articles[0].text == text


def test_half_a_surrogate_pair_in_json_becomes_a_character_that_files_take() -> None:
    [article] = parse("a.json", rb'{"text": "Half \ud800 a pair", "title": "\udc00 x"}').articles

    f"{article}".encode()
