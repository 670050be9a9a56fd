"""Metadata, titles, formats and identity: what a file's articles are."""

from __future__ import annotations

import codecs
import json
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from retrieval.articles.article import Article, Skipped
from retrieval.articles.parsing import MAX_FIELD_LENGTH, parse
from retrieval.errors import ArticleUnreadable


def parsed(text: str, name: str = "note.txt") -> Article:
    [article] = parse(name, text.encode()).articles
    return article


def left_out(text: str, name: str = "note.txt") -> str:
    """What is said to be left out of the article."""
    note = parse(name, text.encode()).note
    assert note is not None
    assert (note.path, note.in_part) == (name, True)
    return note.reason


def refusal(name: str, content: bytes) -> str:
    with pytest.raises(ArticleUnreadable) as caught:
        parse(name, content)
    assert caught.value.path == name
    return caught.value.reason


# --- metadata ------------------------------------------------------------------------------------------------


def test_front_matter_gives_the_metadata_and_leaves_the_text() -> None:
    article = parsed(
        "---\ntitle: The  plan\nsource: TASS\npublished: 2016-11-28\nurl: https://example.org/1\n---\n\nThey met.\n",
        "news/plan.md",
    )

    assert article == Article(
        id="news/plan.md",
        title="The plan",
        source="TASS",
        published=date(2016, 11, 28),
        url="https://example.org/1",
        path="news/plan.md",
        text="They met.",
    )


@pytest.mark.parametrize("line", ["publisher: Kyodo", "site: Kyodo", "Source: Kyodo"])
def test_metadata_go_by_their_usual_other_names(line: str) -> None:
    assert parsed(f"---\n{line}\nlink: https://example.org\n---\nText").source == "Kyodo"


def test_an_empty_field_is_as_good_as_none() -> None:
    article = parsed("---\ntitle:\nsource: ''\npublished:\n---\nSome text.")

    assert (article.title, article.source, article.published) == ("note", None, None)


@pytest.mark.parametrize(
    "written",
    [
        *("2016-11-28", "'2016-11-28'", "28 November 2016", "Monday, Nov 28, 2016", "2016-11-28T23:00:00+09:00"),
        *("20161128", "2016-11-28 11:30 PM EST", "1480291200", "1480345200000", "1480345200.5"),
        *("28 novembre 2016", "Montag, 28. November 2016, 10:15 Uhr", "28 ноября 2016", "2016年11月28日"),
    ],
)
def test_a_date_may_be_written_in_any_usual_way(written: str) -> None:
    assert parsed(f"---\npublished: {written}\n---\nText").published == date(2016, 11, 28)


@pytest.mark.parametrize(
    "written",
    [
        "yesterday",
        "2016",
        "May 2016",
        "'28'",
        "Monday",
        "99999999999999999999",
        "2016-13-45",
        "31.2.2016",
        "2016-W48",
        "novembre 2016",
        "28 novembre",
        "5–8 mai 2016",
        "5-8 May 2016",
        "May 5-8, 2016",
    ],
)
def test_a_date_that_does_not_name_one_day_is_left_out_and_never_filled_in(written: str) -> None:
    assert left_out(f"---\npublished: {written}\ntitle: T\n---\nText") == (
        f"its date {written.strip(chr(39))!r} is not one and was left out; write it as 2016-11-28"
    )


@pytest.mark.parametrize("written", ["5.3.2024", "05.03.2024", "5. 3. 2024"])
def test_between_full_stops_the_day_goes_before_the_month(written: str) -> None:
    assert parsed(f"---\npublished: {written}\n---\nText").published == date(2024, 3, 5)


@pytest.mark.parametrize(
    "yaml",
    ["a: [", "a: !!bool maybe", "a: !!int ''", "a: !!timestamp soon", "? {a: b}\n: c", "tags:\n- ann\t\t\n- b: c: d"],
)
def test_front_matter_that_is_no_yaml_is_read_line_by_line(yaml: str) -> None:
    text = f"---\ntitle: The mill: it turns again\n{yaml}\ndate: '2024-03-05'\n---\nText"

    article = parsed(text, "a.md")

    assert (article.title, article.published, article.text) == (
        "The mill: it turns again",
        date(2024, 3, 5),
        "Text",
    )
    assert left_out(text).startswith("its front matter is not valid YAML")


def test_front_matter_that_is_indented_by_tabs_is_yaml() -> None:
    text = '---\ntitle: A mill\nmenu:\n\tdocs:\n\t\tweight: 50\naliases: [\n\t"/mill",\n]\ndate: 2024-03-05\n---\nText'

    article = parsed(text, "a.md")

    assert (article.title, article.published, article.text) == ("A mill", date(2024, 3, 5), "Text")
    assert parse("a.md", text.encode()).note is None


def test_a_title_that_begins_with_a_sign_of_yaml_is_a_title() -> None:
    assert parsed("---\ntitle: @gullholm speaks\n---\nText").title == "@gullholm speaks"


def test_a_list_where_one_value_belongs_is_left_out_unless_it_holds_one() -> None:
    assert left_out("---\ntitle: [one, two]\n---\nText") == "its title is not a single value and was left out"
    assert parsed("---\nsource:\n  - Herald\n---\nText").source == "Herald"
    assert parsed('{"text": "Text", "source": {"name": "Herald", "id": 3}}', "a.json").source == "Herald"


def test_whether_something_is_published_is_not_when() -> None:
    assert parsed("---\npublished: true\ndate: 2024-03-05\n---\nText").published == date(2024, 3, 5)
    assert parsed("---\npublished: true\n---\nText").published is None


@pytest.mark.parametrize("written", ["3.10", "NO", "10:04", "007", "1_000", "On"])
def test_a_title_that_means_something_else_to_yaml_stays_as_it_is_written(written: str) -> None:
    assert parsed(f"---\ntitle: {written}\nsource: {written}\n---\nText").title == written


def test_front_matter_without_end_is_text_and_without_measure_is_read_line_by_line() -> None:
    assert parsed("---\ntitle: T\n").text == "---\ntitle: T"
    long = "---\ntitle: T\nx: " + "y" * 70_000 + "\n---\nText"
    assert (parsed(long).title, parsed(long).text) == ("T", "Text")
    assert left_out(long) == "its front matter is too long and was read line by line"


def test_a_fault_in_the_front_matter_is_named_with_its_line_in_the_file() -> None:
    assert "(line 3)" in left_out("---\ntitle: Fine\nsource: a: b\n---\nText")


@pytest.mark.parametrize(
    "head",
    [
        '+++\ntitle = "The mill"\ndate = 2024-03-05\n[taxonomies]\ntags = ["a"]\n+++\n',
        '+++\ntitle = "The mill"\ndate = 2024-03-05T10:00:00Z\n+++',
        '{\n  "title": "The mill",\n  "date": "2024-03-05"\n}\n',
    ],
)
def test_front_matter_may_be_toml_or_json(head: str) -> None:
    article = parsed(f"{head}\n\nIt turns again.", "a.md")

    assert (article.title, article.published, article.text) == ("The mill", date(2024, 3, 5), "It turns again.")


def test_front_matter_that_is_no_toml_is_read_line_by_line() -> None:
    text = "+++\ntitle = 'The mill'\nx = = 3\n+++\nText"

    assert (parsed(text).title, parsed(text).text) == ("The mill", "Text")
    assert left_out(text) == "its front matter is not valid TOML and was read line by line"


def test_the_day_before_a_name_is_the_date_unless_there_is_another() -> None:
    named = parsed("It turns again.", "news/2024-03-05-the-mill.md")

    assert (named.title, named.published) == ("the mill", date(2024, 3, 5))
    assert parsed("---\ndate: 2023-01-02\n---\nText", "2024-03-05-mill.md").published == date(2023, 1, 2)
    assert parsed("Text", "2024-13-45-mill.md").published is None


@pytest.mark.parametrize(
    "text",
    ["{\n  a\n}\nfollows", '{"a": 1}\nfollows', "one\n---\ntwo\n---\nthree", "---\nA paragraph.\n---\nmore"],
)
def test_only_names_and_values_at_the_top_are_front_matter(text: str) -> None:
    assert parsed(text).text == text


@pytest.mark.parametrize("field", ["title", "source", "date", "url"])
def test_a_value_beyond_measure_is_cut_and_that_is_said(field: str) -> None:
    long = "12" * 500_000
    found = parse("a.json", json.dumps({"text": "Some words.", field: long}).encode())
    [article] = found.articles

    assert all(len(value or "") <= MAX_FIELD_LENGTH for value in (article.title, article.source, article.url))
    assert article.published is None
    assert found.note is not None
    assert found.note.path == "a.json"
    assert found.note.in_part
    assert "longer than 500 characters" in found.note.reason


def test_a_first_heading_beyond_measure_is_no_longer_a_title_than_any_other() -> None:
    found = parse("a.txt", b"# " + b"word " * 10_000 + b"\n\nSome text.")

    assert len(found.articles[0].title) <= MAX_FIELD_LENGTH
    assert found.note == Skipped("a.txt", "its title is longer than 500 characters and was cut", in_part=True)


def test_of_many_values_beyond_measure_in_one_file_the_first_is_named() -> None:
    line = json.dumps({"text": "Some words.", "title": "T" * 501}) + "\n"

    assert parse("a.jsonl", (line * 3).encode()).note == Skipped(
        "a.jsonl#1", "its title is longer than 500 characters and was cut (as with 2 more of that file)", in_part=True
    )


# --- titles --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("# The summit\n\nThey met.", "The summit"),
        ("The summit\n\nThey met.", "The summit"),
        ("The summit\n \t\nThey met.", "The summit"),
        ("They met.\n\nThen they left.", "a long day"),
        ("The summit\nwas short.", "a long day"),
        ("x" * 151 + "\n\nThey met.", "a long day"),
        ("One line alone", "One line alone"),
        ("“We will never sell.”\n\nSo they said.", "a long day"),
        ("この橋は古い。\n\n長い。", "a long day"),
        ("متى؟\n\nغدا.", "a long day"),
        ("It turned and turned…\n\nThen it stopped.", "a long day"),
        ("By Ingrid Solberg\n\nThe bridge opened.", "a long day"),
        ("12\n\nThe bridge opened.", "a long day"),
        ("Item | Price\n\nFlour | 9 crowns", "a long day"),
        ("https://herald.example/bridge\n\nThe bridge opened.", "a long day"),
        ("- One\n- Two\n\nThe bridge opened.", "a long day"),
        ("- One\n\n- Two", "a long day"),
        ("Bylaws of 1902\n\nThey met.", "Bylaws of 1902"),
        ("港の歴史\n\n長い。", "港の歴史"),
        ("„Der Kran ist rot.“\n\nHier.", "a long day"),
        ("Von Anna Ried\n\nDer Kran ist rot.", "a long day"),
        ("Von Kiel nach Linwick\n\nEs ist weit.", "Von Kiel nach Linwick"),
        ("March 5, 2024\n\nIt is red.", "a long day"),
        ("Published on 5 March 2024\n\nIt is red.", "a long day"),
        ("ann@post.example\n\nIt is red.", "a long day"),
        ("Page 1 of 3\n\nIt is red.", "a long day"),
        ("5 min read\n\nIt is red.", "a long day"),
        ("The red crane\n=============\n\nIt is red.", "The red crane"),
        ("THE RED CRANE\nBy Ann Reed\n\nIt is red.", "THE RED CRANE"),
        ("Home | About\n\n# The crane\n\nIt is red.", "The crane"),
        ("It is red, they say.\n\n# References\n\nText.", "a long day"),
        ("It is red\nand old.\n\n# One\n\nText.", "a long day"),
        ("It is red, they say.\n\n# One\n\nText.\n\n# Two\n\nText.", "a long day"),
    ],
)
def test_without_a_title_the_first_line_or_the_file_name_is_one(text: str, title: str) -> None:
    assert parsed(text, "2016/a_long-day.txt").title == title


# --- formats -------------------------------------------------------------------------------------------------


def test_markdown_is_read_as_the_words_a_reader_sees() -> None:
    article = parsed(
        "# A *big* day\n\nThey **met** in [Sochi](https://example.org)\non May 6.<br>\n\n"
        "- one `item`\n- two\n\n<div>shown</div>\n\n<!-- hidden -->\n\n![a picture](x.png)\n\n```\ncode = 1\n```\n\n"
        "> Quoted \\* here\n\n| a | b |\n|---|---|\n| c | d |\n",
        "a.md",
    )

    assert article.text == (
        "# A big day\n\nThey met in Sochi\non May 6.\n\n- one item\n\n- two\n\nshown\n\ncode = 1\n\n"
        "Quoted * here\n\na | b\n\nc | d"
    )


def test_plain_text_is_kept_as_it_is_but_for_its_line_ends() -> None:
    assert parsed("\n\n  A *b* _c_.\r\n\r\nD\rE\n").text == "A *b* _c_.\n\nD\nE"


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", codecs.BOM_UTF8),
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
        ("utf-16-le", b""),
        ("utf-16-be", b""),
        ("utf-32-le", b""),
        ("cp1251", b""),
    ],
)
def test_the_encoding_is_recognised(encoding: str, mark: bytes) -> None:
    text = "Президент России и премьер-министр Японии провели переговоры в Сочи, сообщили в пятницу агентства."

    assert parse("a.txt", mark + text.encode(encoding)).articles[0].text == text


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it holds no text"),
        (b" \n\t\n", "it holds no text"),
        (b"---\ntitle: Only this\n---\n", "it holds no text"),
        (b"%PDF-1.4\n%x\n1 0 obj", "it is a PDF file; let its name end in .pdf"),
        (b"\xef\xbb\xbf <!DOCTYPE html>\n<p>Words.", "it is a web page; let its name end in .html"),
        (b"-- * --", "it holds no text"),
        (b"\x7fELF\x02\0\0\0text", "it is not a text file"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0\x81", "it is not a text file"),
    ],
)
def test_a_file_without_readable_text_is_refused(content: bytes, reason: str) -> None:
    assert refusal("a.txt", content) == reason


_HEADS = st.sampled_from([b"", b"---\n", b"---\npublished: ", b"---\ntitle: ", b"# ", codecs.BOM_UTF16_LE, b"\xef\xbb"])
_TAILS = st.sampled_from([b"", b"\n---\n", b"\n---\nSome text.", b"\n\nSome text."])


@given(
    _HEADS,
    st.one_of(st.binary(max_size=200), st.text(max_size=80).map(str.encode)),
    _TAILS,
    st.sampled_from([".txt", ".text", ".md", ".markdown"]),
)
@example(b"---\n", b'title: "\\ud800"', b"\n---\nSome text.", ".txt")
@example(b"---\n", b"[" * 1_500, b"\n---\nSome text.", ".md")
@example(b"", b">" * 3000, b"\n\nSome text.", ".md")
def test_any_bytes_are_an_article_or_refused(head: bytes, middle: bytes, tail: bytes, suffix: str) -> None:
    try:
        [article] = parse("any" + suffix, head + middle + tail).articles
    except ArticleUnreadable:
        return
    assert article.text == article.text.strip() != ""
    assert article.title
    assert len(article.content_hash) == 64
    f"{article}".encode()


# --- identity ------------------------------------------------------------------------------------------------


def test_the_content_hash_follows_title_and_text_alone() -> None:
    plain = parsed("---\ntitle: T\n---\nText", "a.txt")
    dated = parsed("---\ntitle: T\ndate: 2020-01-01\n---\nText", "b.md")
    retitled = parsed("---\ntitle: U\n---\nText", "a.txt")

    assert plain.content_hash == dated.content_hash != retitled.content_hash


def test_the_info_is_the_article_without_its_text() -> None:
    article = parsed("---\ntitle: T\nsource: S\n---\nText")

    assert (article.info.id, article.info.title, article.info.source) == ("note.txt", "T", "S")
    assert not hasattr(article.info, "text")
