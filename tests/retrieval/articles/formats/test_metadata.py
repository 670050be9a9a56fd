"""Metadata in a file of their own beside an article."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from retrieval.articles.article import Skipped
from retrieval.articles.files import scan
from retrieval.articles.formats.metadata import read_sidecar, withdrawn_sidecar
from retrieval.articles.parsing import parse
from tests.retrieval.articles.samples import SAMPLES
from tests.retrieval.examples import write


def test_metadata_beside_a_file_win_over_those_in_it() -> None:
    sidecar = b"title: The real title\npublisher: Coast Radio\ndate: 2020-02-03\n"
    [page] = parse("a.html", (SAMPLES / "lighthouse.html").read_bytes(), sidecar).articles
    [note] = parse("a.md", b"---\ntitle: Inside\nurl: https://a.example\n---\nText", sidecar).articles

    assert (page.title, page.source, page.published) == ("The real title", "Coast Radio", date(2020, 2, 3))
    assert page.url == "https://herald.example/2021/lighthouse"
    assert (note.title, note.url) == ("The real title", "https://a.example")


@pytest.mark.parametrize(
    ("sidecar", "reason"),
    [
        (b"- one\n- two", "its metadata file does not hold names and values and was left out"),
        (b"title: [", "its metadata file is not valid YAML (line 1) and was read line by line"),
        (b"x: " + b"y" * 20_000, "its metadata file is too long and was left out"),
        (b"date: soon", "its date 'soon' is not one and was left out; write it as 2016-11-28"),
    ],
)
def test_metadata_that_make_no_sense_are_named_and_the_article_stays(sidecar: bytes, reason: str) -> None:
    found = parse("a.txt", b"Text", sidecar)

    assert [article.text for article in found.articles] == ["Text"]
    assert found.note == Skipped("a.txt", reason, in_part=True)


def test_an_address_given_as_the_source_is_the_link() -> None:
    clipped = b'---\ntitle: "The quay"\nsource: "https://herald.example/quay"\nauthor:\n  - "[[Ann Lee]]"\n---\nText'
    [alone] = parse("a.md", clipped).articles
    [beside] = parse("a.md", clipped.replace(b"author:", b"site: Herald\nauthor:")).articles
    [linked] = parse("a.md", clipped.replace(b"author:", b"url: https://a.example\nauthor:")).articles

    assert (alone.source, alone.url) == (None, "https://herald.example/quay")
    assert (beside.source, beside.url) == ("Herald", "https://herald.example/quay")
    assert (linked.source, linked.url) == ("https://herald.example/quay", "https://a.example")


def test_of_several_days_the_one_it_was_made_is_taken() -> None:
    [post] = parse("a.md", b"---\ndate:\n  created: 2023-11-30\n  updated: 2024-01-02\n---\nText").articles

    assert post.published == date(2023, 11, 30)


@pytest.mark.parametrize(
    "head",
    [
        "Title: The mill: again\nDate: 2024-03-05 10:20\nCategory: News\nTags: a,\n    b\nSlug: mill\n",
        "date: 2024-03-05\ntitle: The mill: again\nauthor:\n",
        "<!--\n.. title: The mill: again\n.. slug: mill\n.. date: 2024-03-05 10:20:00 UTC\n.. tags:\n-->\n",
    ],
)
def test_names_and_values_at_the_head_need_no_dashes_around_them(head: str) -> None:
    [post] = parse("a.md", f"{head}\nIt turns.".encode()).articles

    assert (post.title, post.published, post.text) == ("The mill: again", date(2024, 3, 5), "It turns.")


@pytest.mark.parametrize(
    "text", ["Title: a word for a book.\n\nIt turns.", "Date: one\nIt turns.", "Ann: Hello.\nBo: Hi."]
)
def test_a_line_with_a_colon_is_no_metadata(text: str) -> None:
    assert parse("a.md", text.encode()).articles[0].text == text


def test_an_empty_metadata_file_changes_nothing() -> None:
    assert parse("a.txt", b"Text", b"") == parse("a.txt", b"Text")


def test_a_metadata_file_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "secret.yaml", "title: Secret")
    write(tmp_path / "articles", "a.txt", "Text")
    write(tmp_path / "articles", "b.txt", "Text")
    (tmp_path / "articles" / "a.txt.meta.yaml").symlink_to(tmp_path / "secret.yaml")
    os.mkfifo(tmp_path / "articles" / "b.txt.meta.yaml")

    found, skipped = scan(tmp_path / "articles")

    assert found == []
    assert [(file.path, file.reason) for file in skipped] == [
        (name, "its metadata file is no regular file inside the articles folder") for name in ("a.txt", "b.txt")
    ]


@pytest.mark.parametrize(
    ("name", "head", "title"),
    [
        ("a.md", "---\n\ttitle: The quay\n\tdate: 2024-03-05\n---\n", "The quay"),
        ("a.md", "---\ntitle: The quay\ndate: 2024-03-05\n...\n", "The quay"),
        ("2024-03-05.md", "", "2024 03 05"),
        ("2024_03_05-the-quay.md", "", "the quay"),
    ],
)
def test_a_day_and_a_title_are_found_in_whatever_way_they_are_written(name: str, head: str, title: str) -> None:
    [article] = parse(name, f"{head}It was built by forty men.".encode()).articles

    assert (article.title, article.published) == (title, date(2024, 3, 5))
    assert article.text == "It was built by forty men."


RUSSIAN = "<html><body><p>Встреча прошла в Сочи, сообщает агентство.</p></body></html>"


def read_as_served(content: bytes, content_type: str, name: str = "a.html") -> str:
    [article] = parse(name, content, f"content_type: {content_type}\n".encode()).articles
    return article.text


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (RUSSIAN.encode("koi8-r"), "text/html; charset=KOI8-R"),
        (RUSSIAN.replace("<body>", '<meta charset="utf-8">').encode("cp1251"), "text/html; charset='windows-1251'"),
        (RUSSIAN.encode(), "text/html; charset=iso-8859-1"),  # all pages of that server are said to be so
        (RUSSIAN.encode("utf-8-sig"), "text/html; charset=koi8-r"),
        (RUSSIAN.encode("utf-16"), "text/html; charset=utf-8"),
        (RUSSIAN.encode(), "text/html; charset=punycode"),
        (RUSSIAN.encode(), "text/html; charset=hex"),
        (RUSSIAN.encode(), "text/html; charset=no-such"),
    ],
)
def test_the_encoding_that_a_server_named_holds_where_a_page_is_not_plainly_in_another(
    content: bytes, content_type: str
) -> None:
    assert read_as_served(content, content_type) == "Встреча прошла в Сочи, сообщает агентство."


def test_the_encoding_that_a_server_named_holds_for_plain_text_too() -> None:
    assert (
        read_as_served("Über die Mühle.".encode("latin-1"), "text/plain; charset=latin1", "a.txt") == "Über die Mühle."
    )
    assert read_as_served("Über".encode("latin-1") * 2, "text/plain; charset=punycode", "a.txt")


def test_a_withdrawn_article_says_so_in_its_source_and_keeps_what_a_person_wrote() -> None:
    day = date(2020, 2, 3)

    marked = withdrawn_sidecar(b"source: Herald\nnote: mine\n", day)

    assert read_sidecar("a.txt", marked).values == {"source": "Herald (withdrawn 2020-02-03)"}
    assert b"note: mine" in marked
    assert b"withdrawn: '2020-02-03'" in marked
    assert read_sidecar("a.txt", withdrawn_sidecar(b"", day)).values == {"source": "(withdrawn 2020-02-03)"}
    for broken in (b"[", b"\xff\xfe\0", b"just words", b"a: b\n" * 5_000):
        assert withdrawn_sidecar(broken, day) == broken
