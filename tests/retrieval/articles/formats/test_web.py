"""Web pages: what is quoted of them."""

from __future__ import annotations

import re
from datetime import date

import pytest

from retrieval.articles.parsing import parse
from retrieval.text.sentences import headings_above
from tests.retrieval.articles.pages import QUAY, TEXT, page, short_page
from tests.retrieval.articles.samples import paragraphs, sample


def test_of_a_web_page_the_article_is_quoted_and_no_menu() -> None:
    article = sample("lighthouse.html")

    assert (article.title, article.source, article.published, article.url) == (
        "Lighthouse at Skarvness gets its keeper back",
        "Northern Herald",
        date(2021, 10, 4),
        "https://herald.example/2021/lighthouse",
    )
    assert paragraphs(article)[0] == "# Lighthouse at Skarvness gets its keeper back"
    assert "## A light of 1868" in paragraphs(article)
    assert "“You hear the sea in the stairs before you see it,” Eide said." in paragraphs(article)
    assert "- She reports the weather to the harbour twice a day." in paragraphs(article)
    assert not any(word in article.text for word in ("Front page", "Ferry fares", "Privacy", "tracker"))


@pytest.mark.parametrize(
    ("name", "title", "source", "sentence"),
    [
        ("embankment.windows-1251.htm", "В Сочи открыли новую набережную", "Вестник побережья", "посадили четыреста"),
        ("library.shift-jis.html", "港町に新しい図書館が開館", "港新聞", "窓から海が見える読書室がある。"),
    ],
)
def test_a_web_page_is_read_in_the_encoding_that_it_names(name: str, title: str, source: str, sentence: str) -> None:
    article = sample(name)

    assert (article.title, article.source) == (title, source)
    assert sentence in article.text


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_goes_before_the_encoding_that_a_page_names(encoding: str) -> None:
    page = '<html><head><meta charset="windows-1251"></head><body><p>Добрый день, Сочи!</p></body></html>'

    assert parse("a.html", page.encode(encoding)).articles[0].text == "Добрый день, Сочи!"


def test_an_encoding_that_no_one_knows_is_told_from_the_text() -> None:
    page = '<html><head><meta charset="klingon"></head><body><p>Добрый день, Сочи!</p></body></html>'

    assert parse("a.html", page.encode()).articles[0].text == "Добрый день, Сочи!"


def test_rows_lines_and_nested_lists_of_a_page_stay_apart() -> None:
    page = (
        "<html><body><article><p>Roses are red,<br>violets are blue.</p>"
        "<ul><li>Trees<ul><li>Oak</li><li>Birch</li></ul></li><li>Ferns</li></ul>"
        "<table><tr><td>Fees</td><td>310</td></tr><tr><td>Rent</td><td>25</td></tr></table></article></body></html>"
    )
    text = parse("a.xhtml", page.encode()).articles[0].text

    assert "Roses are red,\nviolets are blue." in text
    assert "- Oak\n\n- Birch" in text
    assert "Fees | 310\n\nRent | 25" in text


def test_a_day_in_the_text_is_not_taken_for_the_day_of_publication() -> None:
    page = "<html><body><article><p>The bridge was opened on 1 June 2019, and it rained.</p></article></body></html>"

    assert parse("a.html", page.encode()).articles[0].published is None


def test_cells_hold_their_paragraphs_lines_and_items_apart() -> None:
    article = page(
        f"<article><h1>The harbour</h1>{TEXT}<table><tr><th>Ship</th><th>Stops</th></tr>"
        "<tr><td><p>Auk</p><p>of 1911</p></td><td><div><ul><li>Mill</li><li>Church</li></ul></div></td></tr>"
        "<tr><td>Tern<br>of 1920</td><td>Quay<script>x()</script></td></tr></table></article>"
    )

    assert paragraphs(article)[-3:] == ["Ship | Stops", "Auk of 1911 | Mill Church", "Tern of 1920 | Quay"]


def test_a_table_that_only_places_parts_of_the_page_is_no_table() -> None:
    article = page(
        '<table><tr><td><a href="/">Home</a><p><a href="/b">Back issues</a></p></td>'
        f"<td><h1>The harbour</h1>{TEXT}</td></tr></table>"
    )

    assert paragraphs(article)[-2:] == re.findall("<p>(.*?)</p>", TEXT)
    assert "|" not in article.text


@pytest.mark.parametrize(
    "formula",
    [
        '<math alttext="E = mc^2"><mi>E</mi></math>',
        (
            '<span style="display: none"><math><mi>E</mi><annotation encoding="application/x-tex">E = mc^2</annotation>'
            "</math></span>"
        ),
    ],
)
def test_a_formula_in_a_sentence_is_not_lost(formula: str) -> None:
    assert "The law E = mc^2 holds here" in page(f"<article>{TEXT}<p>The law {formula} holds here.</p></article>").text


def test_a_heading_in_the_head_of_a_table_leaves_its_rows_whole() -> None:
    rows = "<tr><td><span>125 g</span></td><td><span>Flour</span></td></tr><tr><td>2</td><td>Eggs</td></tr>"
    table = f"<table><thead><tr><th colspan='2'><h3>For the dough</h3></th></tr></thead><tbody>{rows}</tbody></table>"

    assert paragraphs(page(f"<article><h1>A cake</h1>{TEXT}{table}{TEXT}</article>"))[3:6] == [
        "For the dough",
        "125 g | Flour",
        "2 | Eggs",
    ]


def test_icons_that_a_font_draws_are_left_out() -> None:
    article = page(f"<article><h1>\ue004 A cake</h1><p><i>&#xf123;</i> It takes \uf017 30 minutes.</p>{TEXT}</article>")

    assert paragraphs(article)[:2] == ["# A cake", "It takes 30 minutes."]


def test_a_short_page_has_the_paragraphs_that_are_seen() -> None:
    article = short_page(
        f"{QUAY}<ul><li>Nine berths</li><li>One<br>crane</li></ul><figure><figcaption>In 1871.</figcaption></figure>"
        "<table><tr><td>Fee</td><td>9</td></tr></table><p hidden>No.</p><p style='display: none'>No.</p>"
        "<nav><p>Menu</p></nav><noscript>No.</noscript><footer>No.</footer>"
    )

    assert paragraphs(article) == [
        "# The quay",
        "The quay of Gullholm was built by forty men.",
        "They were paid in salted fish.",
        "- Nine berths",
        "- One crane",
        "In 1871.",
        "Fee | 9",
    ]


def test_names_with_short_values_are_rows() -> None:
    names = "<dl><dt>Length</dt><dd>300 m</dd><dt>Built</dt><dd>1871</dd></dl>"

    assert paragraphs(short_page(QUAY * 4 + names))[-2:] == ["Length | 300 m", "Built | 1871"]


def test_powers_stay_powers_and_the_numbers_of_notes_go() -> None:
    text = short_page(
        QUAY * 4
        + "<p>The hall<sup>1</sup> has 300 m<sup>2</sup> for 10<sup>3</sup> men.<sup>2</sup> Old.<sup>[3]</sup></p>"
    ).text

    assert text.endswith("The hall has 300 m² for 10³ men. Old.[3]")


def test_spaces_without_width_inside_of_words_go() -> None:
    text = short_page(QUAY * 4 + "<p>The em&#8203;bank\u200bment of wa\u2060ter, ส\u200bวย.</p>").text

    assert text.endswith("The embankment of water, ส\u200bวย.")


def test_a_notice_of_a_change_with_parts_of_its_own_breaks_nothing() -> None:
    notice = "<div><p>Last updated <span class='modified'>on <time>5 May 2020</time></span></p></div>"

    assert "built by forty men" in short_page(QUAY * 4 + notice).text


LONG = (
    "The mill at Orvik turned again in spring, when the water had come down from the hills and the sails were mended."
)


def blocks_of(body: str) -> list[str]:
    return blocks_of_page(f"<html><head><title>The mill</title></head><body>{body}</body></html>")


def blocks_of_page(page: str) -> list[str]:
    return paragraphs(parse("a.html", page.encode()).articles[0])


def test_a_paragraph_that_stands_twice_is_read_twice() -> None:
    body = f"<article><h1>The mill</h1>{f'<p>{LONG}</p>' * 2}<p>It was {LONG.lower()}</p>{f'<p>{LONG}</p>'}</article>"

    assert blocks_of(body).count(LONG) == 3
    assert blocks_of(f"<article>{f'<p>{LONG}</p>' * 4}</article>") == [LONG] * 4
    assert "\N{WORD JOINER}" not in "".join(blocks_of(body))


def test_an_article_in_several_containers_alike_is_read_whole() -> None:
    said = [f"{LONG} Part {number}." for number in range(12)]
    chunks = "".join(
        f"<div class='grid'><div class='article-body'><p>{one}</p><p>{two}</p></div><div class='ad'>Buy!</div></div>"
        for one, two in zip(said[::2], said[1::2], strict=True)
    )

    assert blocks_of(f"<article><div class='chunks'>{chunks}</div></article>") == said


def test_what_the_page_hides_is_left_out_unless_it_is_most_of_it() -> None:
    for style in ("display: none", "visibility:hidden", "color: red; display:none !important;"):
        body = f"<article><p>{LONG}</p><p>{LONG} Twice.</p><p style='{style}'>{LONG} Not seen.</p></article>"
        assert blocks_of(body) == [LONG, f"{LONG} Twice."]

    assert LONG in blocks_of(f"<div style='visibility:hidden'><p>{LONG}</p><p>{LONG} Twice.</p></div><p>Loading</p>")


def test_a_table_with_a_row_of_heads_is_one_however_long_its_cells_are() -> None:
    rows = "".join(
        f"<tr><td>Film {number}</td><td>19{number}</td><td><p>{LONG}</p></td></tr>" for number in range(60, 66)
    )
    heads = "<tr><th>Film</th><th>Year</th><th>What happens</th></tr>"
    body = f"<p>{LONG} {LONG}</p><table>{heads}{rows}</table><p>{LONG} Twice.</p>"

    assert f"Film 62 | 1962 | {LONG}" in blocks_of(body)


def test_words_in_elements_of_the_page_s_own_are_read() -> None:
    letters = "<math><mi>x</mi><mo>=</mo><mn>9</mn></math>"
    formula = f"<mjx-container><mjx-assistive-mml>{letters}</mjx-assistive-mml></mjx-container>"

    assert f"{LONG} When x=9 holds, it stops." in blocks_of(
        f"<article><p>{LONG} When {formula} holds, it stops.</p><news-text><p>{LONG} Twice.</p></news-text></article>"
    )


def test_a_page_of_one_word_is_read() -> None:
    assert blocks_of("Closed") == ["Closed"]


@pytest.mark.parametrize(
    ("markup", "seen"),
    [
        ("<p>Give <code>--force</code> to <code>mill index</code> first.</p>", "Give --force to mill index first."),
        ("<p>He calls it <q>the mill</q> and laughs.</p>", "He calls it “the mill” and laughs."),
        ("<p>It turned at <time datetime='2020-01-01'>New Year</time> again.</p>", "It turned at New Year again."),
        ("<ul><li>Run <code>make</code> first.</li></ul>", "- Run make first."),
        ("<h2>The <code>mill</code> command</h2><p>It turns.</p>", "## The mill command"),
        ("<pre><code>mill index</code></pre>", "mill index"),
    ],
)
def test_code_speech_or_a_day_inside_of_a_sentence_does_not_cut_it(markup: str, seen: str) -> None:
    assert seen in blocks_of(f"<article><p>{LONG}</p>{markup}<p>{LONG} Twice.</p></article>")
    assert seen in blocks_of(markup)


def test_the_day_of_a_page_is_no_paragraph_of_it() -> None:
    day = "<p><time datetime='2020-01-01'>New Year</time></p>"

    said = [f"{LONG} Part {number}." for number in range(9)]

    assert blocks_of(f"<article>{day}<p>{'</p><p>'.join(said)}</p></article>") == said


@pytest.mark.parametrize("before", ["", "<!-- saved from a place whose address is longer than fifty characters -->"])
def test_a_page_of_a_single_block_is_read(before: str) -> None:
    assert blocks_of_page(f"{before}<div dir='ltr'>It turns on Monday.</div>") == ["It turns on Monday."]
    assert blocks_of_page(f"{before}<html><body><p>It turns on Monday.</p></body></html>") == ["It turns on Monday."]
    assert blocks_of_page("It turns on Monday.") == ["It turns on Monday."]


@pytest.mark.parametrize(
    "markup",
    [
        "<pre>Roses are red,\nviolets are blue.   </pre>",
        "<pre><code>\n<b>Roses</b> are red,\n<!-- and --><i>violets</i> are blue.\n</code></pre>",
        "<pre><span>Roses are red,</span>\n\n<span>violets are blue.</span></pre>",
    ],
)
def test_lines_of_preformatted_text_stay_lines(markup: str) -> None:
    lines = "Roses are red,\nviolets are blue."
    around = "<p>The mill on the river was built in 1871, and turned for a hundred years before it burned down.</p>" * 3

    assert blocks_of(markup) == [lines]
    assert lines in blocks_of(f"<article>{around}{markup}{around}</article>")


@pytest.mark.parametrize(
    "sign",
    [
        '<a class="headerlink" href="#fees" title="Permalink">¶</a>',
        '<a href="#fees">#</a>',
        '<a class="hash-link" href="/a#fees" aria-label="Direct link">\u200b</a>',
        '<span class="mw-editsection"><span>[</span><a href="/edit">edit</a><span>]</span></span>',
    ],
)
def test_the_sign_behind_a_heading_that_leads_to_itself_is_left_out(sign: str) -> None:
    article = page(
        f"<article><h1>The fees{sign}</h1>{TEXT}<h2>{sign} Tolls{sign}</h2>{TEXT}</article>", "<title>The fees</title>"
    )

    assert article.title == "The fees"
    assert re.findall("^#.*", article.text, re.MULTILINE) == ["# The fees", "## Tolls"]


@pytest.mark.parametrize(
    "code",
    [
        "# oil it\ndef turn(x):\n    if x:\n        return 1",
        "# oil it\ndef turn(x):\n\tif x:\n\t\treturn 1",
        "<span># oil it</span>\n<b>def</b> turn(x):<br>    if x:\n<span> </span><i>       <u>return</u>   1</i>",
    ],
)
def test_code_keeps_its_indentation_and_a_comment_in_it_is_no_heading(code: str) -> None:
    around = "<p>The mill on the river was built in 1871, and turned for a hundred years before it burned down.</p>" * 3
    seen = "# oil it\ndef turn(x):\n    if x:\n        return 1"

    assert blocks_of(f"<pre><code>{code}</code></pre>") == [seen]
    [article] = parse("a.html", f"<article>{around}<pre>{code}</pre>{around}</article>".encode()).articles
    assert f" {seen}\n\n" in article.text
    assert headings_above(article.text, len(article.text)) == []
