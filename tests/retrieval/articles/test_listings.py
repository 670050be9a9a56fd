"""Reading what lists articles: every kind of feed and sitemap, and all that is wrong with those that people make."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from retrieval.articles import confined, web_tasks
from retrieval.articles.listings import Entry, Listing, listing_of, read_listing
from retrieval.errors import ArticleUnreadable

BASE = "https://example.org/news/feed"


def listing(content: str | bytes, kind: str = "", base: str = BASE) -> Listing:
    return read_listing(content.encode() if isinstance(content, str) else content, kind, base)


def rss(*items: str, head: str = "") -> str:
    return f"<?xml version='1.0'?><rss version='2.0'><channel>{head}{''.join(items)}</channel></rss>"


def only(content: str | bytes, kind: str = "") -> Entry:
    [entry] = listing(content, kind).entries
    return entry


def day(entry: Entry) -> str | None:
    return None if entry.published_s is None else datetime.fromtimestamp(entry.published_s, UTC).isoformat()


# --- RSS and Atom --------------------------------------------------------------------------------------------


def test_entries_without_an_id_a_date_or_a_proper_address_are_read() -> None:
    item = (
        "<item><title>A &amp;amp; B</title><link>{}</link><description>Words.</description><pubDate>{}</pubDate></item>"
    )
    odd = [("javascript:alert(1)", "soon"), ("http://[", "Mon, 99 Nov 2016"), ("", "Fri, 01 Jan 99999 10:00:00 GMT")]

    found = listing(rss(*(item.format(*each) for each in odd)))

    assert (found.kind, found.title) == ("feed", "")
    assert {(entry.title, entry.published_s, entry.address) for entry in found.entries} == {("A & B", None, "")}


def test_entries_without_ids_are_known_by_their_addresses_or_else_by_what_they_say() -> None:
    items = ["<link>https://e.org/1</link><title>A</title>", "<title>B</title>", "<title>C</title>", "<title>B</title>"]

    found = [entry.id for entry in listing(rss(*(f"<item>{item}</item>" for item in items))).entries]

    assert found[0] == "https://e.org/1"
    assert len(found) == len(set(found)) == 3


def test_an_entry_without_a_title_is_called_by_its_first_words() -> None:
    text = "<p>The mill burned.</p><p>" + "Nobody knows why it did so that night. " * 4 + "</p>"

    assert only(rss(f"<item><description><![CDATA[{text}]]></description></item>")).title == (
        "The mill burned. Nobody knows why it did so that night. Nobody knows why it did …"
    )


@pytest.mark.parametrize("hidden", ["<script>let x</script>", "<STYLE>p {}</STYLE >", "<script>let x"])
def test_scripts_are_no_words_of_an_entry(hidden: str) -> None:
    text = f"<p>The mill burned.</p>{hidden}"

    assert only(rss(f"<item><description><![CDATA[{text}]]></description></item>")).title == "The mill burned."


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("<![CDATA[The <b>Golden</b> mill &amp; bridge]]>", "The Golden mill & bridge"),
        ("AT&amp;amp;T &amp;lt; 5", "AT&T < 5"),
        ("<![CDATA[<a href='x' onclick=\"y\">Mill</a><script>]]>", "Mill"),
        ("  two\n lines ", "two lines"),
    ],
)
def test_html_in_a_title_is_left_out(title: str, said: str) -> None:
    assert only(rss(f"<item><title>{title}</title></item>")).title == said


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Mon, 28 Nov 2016 10:00:00 +0200", "2016-11-28T08:00:00+00:00"),
        ("28 Nov 2016 10:00 EST", "2016-11-28T15:00:00+00:00"),
        ("2016-11-28T10:00:00Z", "2016-11-28T10:00:00+00:00"),
        ("2016-11-28", "2016-11-28T00:00:00+00:00"),
        ("11/28/2016", None),
        ("Mon, 28 Nov 16 10:00:00 GMT", "2016-11-28T10:00:00+00:00"),
        ("yesterday", None),
        ("", None),
        ("0000-00-00T00:00:00Z", None),
        ("0001-01-01T00:00:00Z", None),
        ("Sun, 20 Jul 1969 20:17:40 GMT", "1969-07-20T20:17:40+00:00"),
    ],
)
def test_dates_of_all_sorts(written: str, meant: str | None) -> None:
    assert day(only(rss(f"<item><title>A</title><pubDate>{written}</pubDate></item>"))) == meant


def test_relative_addresses_are_those_of_the_feed_or_of_what_it_names_as_base() -> None:
    plain = rss("<item><link>/mill</link></item>")
    based = (
        "<feed xmlns='http://www.w3.org/2005/Atom' xml:base='https://other.example/a/'>"
        "<entry><title>A</title><link href='../mill'/></entry></feed>"
    )

    assert only(plain).address == "https://example.org/mill"
    assert only(based).address == "https://other.example/mill"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"<?xml version='1.0' encoding='koi8-r'?>{}", "application/rss+xml"),
        (b"<?xml version='1.0' encoding='utf-8'?>{}", "application/rss+xml; charset=koi8-r"),
        (b"<?xml version='1.0'?>{}", "application/rss+xml; charset=koi8-r"),
    ],
    ids=["named inside", "named by the server, against what is inside", "named by the server alone"],
)
def test_the_encoding_is_what_the_server_or_the_feed_says(content: bytes, kind: str) -> None:
    body = rss("<item><title>Привет</title></item>").partition("?>")[2].encode("koi8-r")

    assert only(content.replace(b"{}", body), kind).title == "Привет"


def test_an_encoding_that_is_not_the_one_that_is_named_spoils_no_more_than_its_letters() -> None:
    content = b"<?xml version='1.0' encoding='utf-8'?>" + rss("<item><title>Caf\xe9</title></item>").partition("?>")[
        2
    ].encode("latin-1")

    assert only(content).title.startswith("Caf")


def test_how_often_a_feed_changes_is_what_it_says() -> None:
    sy = "<sy:{0} xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'>{1}</sy:{0}>"
    daily = sy.format("updatePeriod", "daily") + sy.format("updateFrequency", "4")

    assert listing(rss(head="<ttl>90</ttl>")).every_s == 90 * 60
    assert listing(rss(head=daily)).every_s == 6 * 3_600
    assert listing(rss(head="<ttl>often</ttl>")).every_s is None
    assert listing(rss(head="<ttl>-1</ttl>")).every_s is None


def test_a_feed_that_is_no_proper_xml_is_read_as_far_as_it_goes() -> None:
    found = listing(
        "<rss version='2.0'><channel><title>A & B</title><item><title>C</title></item><item><title>D &nbsp; E</title>"
    )

    assert (found.kind, found.title) == ("feed", "A & B")
    assert [entry.title for entry in found.entries] == ["C", "D E"]


@pytest.mark.parametrize("half", ["&#xD83D;", "&#xdfff;", "&#55296;", "&#57343;", "&#056000;"])
def test_half_a_character_spoils_itself_alone(half: str) -> None:
    assert only(rss(f"<item><title>A{half}B &#57344;</title></item>")).title == "A\ufffdB \ue000"


def test_an_entity_that_swells_is_not_unfolded() -> None:
    names = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "ha"}">' for n in range(12))

    found = listing(f"<!DOCTYPE rss [{names}]><rss version='2.0'><channel><title>&e11;</title></channel></rss>")

    assert len(found.title) < 10_000


# --- JSON Feed -----------------------------------------------------------------------------------------------


def json_feed(*items: Any, **more: Any) -> str:
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "Herald", "items": items, **more})


def test_a_json_feed_is_read_with_all_that_it_says() -> None:
    found = listing(
        json_feed(
            {
                "id": 7,
                "url": "/mill",
                "title": "The mill",
                "content_html": "<p>It burned.</p>",
                "date_published": "2016-11-28T10:00:00+02:00",
                "authors": [{"name": "Ann"}, {"url": "x"}, {"name": "Bob"}],
            },
            {"id": "8", "external_url": "https://other.example/", "content_text": "One.\n\nTwo < 3.", "author": {}},
        )
    )

    first, second = found.entries
    assert (found.kind, found.title) == ("feed", "Herald")
    assert (first.id, first.title, first.author, first.address) == (
        "7",
        "The mill",
        "Ann, Bob",
        "https://example.org/mill",
    )
    assert day(first) == "2016-11-28T08:00:00+00:00"
    assert "<p>It burned.</p>" in first.page
    assert "<p>One.</p><p>Two &lt; 3.</p>" in second.page
    assert second.address == "https://other.example/"


@pytest.mark.parametrize(
    "content",
    [
        json_feed({"id": "1", "title": "A"}, "no object", 3, None),
        "\ufeff" + json_feed({"id": ["1"], "title": {"x": 1}, "authors": "Ann", "date_published": 5}),
        json.dumps({"version": "https://jsonfeed.org/version/1", "items": None}),
    ],
)
def test_a_json_feed_with_odd_values_is_read(content: str) -> None:
    assert listing(content).kind == "feed"


@pytest.mark.parametrize("content", ["{", '{"a": 1}', '{"version": 3}', "[]", '{"items": "' + "x" * 100])
def test_other_json_is_no_feed(content: str) -> None:
    assert listing(content).kind == "none"


@pytest.mark.parametrize(
    "written", ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "20160-11-28", 5]
)
def test_one_entry_with_a_time_that_is_none_costs_no_more_than_its_date(written: object) -> None:
    feed = json_feed({"id": "1", "date_published": written}, {"id": "2", "date_published": "2016-11-28T10:00:00Z"})
    told = {"content_type": "", "address": BASE}

    found = listing_of(confined.read_from_web("listing", told, feed.encode()))

    assert [day(entry) for entry in found.entries] == [None, "2016-11-28T10:00:00+00:00"]


# --- sitemaps ------------------------------------------------------------------------------------------------

SITEMAP = """<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"
  xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
<url><loc> https://www.example.org/old </loc><lastmod>2016-01-02</lastmod></url>
<url><loc>https://example.org/new</loc><lastmod>2020-01-02T10:00:00+00:00</lastmod>
<image:image><image:loc>https://example.org/a.png</image:loc><image:title>A picture</image:title></image:image>
<n:news><n:publication_date>2020-01-01</n:publication_date><n:title>The mill</n:title></n:news></url>
<url><loc>https://elsewhere.example/</loc></url><url><loc>javascript:x</loc></url><url/></urlset>"""


@pytest.mark.parametrize("content", [SITEMAP.encode(), gzip.compress(SITEMAP.encode()), SITEMAP[:-20].encode()])
def test_a_sitemap_lists_the_pages_of_its_own_host_the_newest_first(content: bytes) -> None:
    found = listing(content)

    assert (found.kind, found.title) == ("sitemap", "example.org")
    assert [entry.address for entry in found.entries] == ["https://example.org/new", "https://www.example.org/old"]
    assert (found.entries[0].title, day(found.entries[0])) == ("The mill", "2020-01-01T00:00:00+00:00")
    assert (found.entries[1].title, day(found.entries[1])) == ("", None)


def test_a_list_of_sitemaps_names_them_the_newest_first() -> None:
    parts = [("a.xml", ""), ("b.xml.gz", "<lastmod>2020-01-01</lastmod>"), ("c.xml", "<lastmod>2021-01-01</lastmod>")]
    inside = "".join(f"<sitemap><loc>https://example.org/{name}</loc>{mod}</sitemap>" for name, mod in parts)

    found = listing(f"<sitemapindex>{inside}</sitemapindex>")

    assert found.kind == "sitemaps"
    assert [link.rpartition("/")[2] for link in found.links] == ["c.xml", "b.xml.gz", "a.xml"]


def test_a_sitemap_that_was_packed_in_parts_is_read_whole() -> None:
    content = b"<urlset><url><loc>https://example.org/a</loc></url><url><loc>https://example.org/b</loc></url></urlset>"

    found = listing(gzip.compress(content[:60]) + gzip.compress(content[60:]))

    assert [entry.address for entry in found.entries] == ["https://example.org/a", "https://example.org/b"]


def test_a_sitemap_that_swells_is_not_unpacked() -> None:
    with pytest.raises(ArticleUnreadable, match="larger than 32 MiB"):
        listing(gzip.compress(bytes(2**26), 1))
    with pytest.raises(ArticleUnreadable, match="damaged"):
        listing(b"\x1f\x8bno gzip")


# --- pages ---------------------------------------------------------------------------------------------------


def test_a_page_names_its_feeds() -> None:
    page = """<html><head><base href="/blog/"><link rel="stylesheet alternate" type="text/css" href="x.css">
    <link rel="Alternate" type="application/rss+xml; charset=utf-8" href="feed"><link rel=alternate href="/fr">
    <link rel="alternate" type="application/feed+json" href="https://e.org/feed.json">
    <link rel="alternate" type="application/atom+xml" href="ftp://e.org/"></head><body>Words.</body></html>"""

    found = listing(page, "text/html")

    assert found.kind == "page"
    assert found.links == ("https://example.org/blog/feed", "https://e.org/feed.json")


@pytest.mark.parametrize("content", ["<html><p>A page.</p></html>", "", "  ", "words", "\0\0\0", "<", "<!-- x"])
def test_what_lists_nothing_is_told_apart(content: str) -> None:
    assert listing(content).kind == "none"


# --- the confined process ------------------------------------------------------------------------------------


def test_the_confined_process_reads_what_this_one_does_and_opens_nothing_for_it() -> None:
    kinds = [rss("<item><title>A & <b>B</title></item>"), json_feed({"id": "1"}), SITEMAP, "<html><p>None.</html>"]
    kinds += ["<link rel=alternate type=application/atom+xml href=/feed>", "<rss version='2.0'><channel><title>A & B"]
    given = {"content_type": "", "address": BASE}

    for content in kinds:
        there = confined.read_from_web("listing", given, content.encode())
        here = web_tasks.TASKS["listing"](given, content.encode())
        assert json.dumps(there) == json.dumps(here)


def test_what_breaks_the_reading_is_a_fault_of_the_feed() -> None:
    deep = b'{"version": "https://jsonfeed.org/version/1", "items": ' + b"[" * 200_000

    with pytest.raises(ArticleUnreadable, match="nested or packed beyond reason"):
        confined.read_from_web("listing", {"content_type": "", "address": BASE}, deep)


# --- robots --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "allowed"),
    [
        ("User-agent: *\nDisallow: /private", False),
        ("User-agent: *\nDisallow: /\nAllow: /private/mill", True),
        ("User-agent: quoth\nDisallow:\n\nUser-agent: *\nDisallow: /", True),
        ("User-agent: other\nDisallow: /", True),
        ("User-agent: *\nDisallow: /*.html$", False),
        ("\ufeffUser-agent: Quoth\nDisallow: /", False),
        ("nonsense \x00 \x01", True),
    ],
)
def test_rules_for_robots_are_read_as_they_are_meant(rules: str, allowed: bool) -> None:
    given = {"agent": "Quoth", "address": "https://example.org/private/mill.html"}

    assert web_tasks.TASKS["robots"](given, rules.encode())["allowed"] is allowed
