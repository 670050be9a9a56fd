"""PowerPoint files: what is quoted of them, and on which slide it stands."""

from __future__ import annotations

import io
import re
import zipfile

import pptx
import pytest
from lxml.etree import SubElement
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE

from retrieval.articles.parsing import parse
from tests.retrieval.articles.made_files import SLIDES, zipped
from tests.retrieval.articles.samples import paragraphs, refusal

A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"


def test_titles_lists_tables_groups_and_notes_are_read_and_hidden_slides_are_not() -> None:
    [deck] = parse("crane.pptx", SLIDES).articles

    assert paragraphs(deck) == [
        "# The new crane",
        "It costs 61 million crowns.",
        "It is\nred.",
        "Mention the colour.",
        "Item | Price",
        "Bolt | 2 crowns",
        "The arm turns by 90 degrees.",
    ]


def test_a_title_that_the_program_made_up_is_none_and_the_author_is_the_source() -> None:
    [deck] = parse("crane.pptx", SLIDES).articles

    assert (deck.title, deck.source) == ("The new crane", "Marta Lund")


def test_a_place_in_the_text_is_on_the_slide_that_shows_it() -> None:
    [deck] = parse("crane.pptx", SLIDES).articles

    assert [deck.page_at(deck.text.index(words)) for words in ("61 million", "Mention", "Bolt", "90 degrees")] == [
        *(1, 1),
        *(4, 4),
    ]


def test_an_empty_last_slide_begins_at_the_end() -> None:
    deck = pptx.Presentation()
    deck.slides.add_slide(deck.slide_layouts[5]).shapes.title.text = "Words"
    deck.slides.add_slide(deck.slide_layouts[6])
    out = io.BytesIO()
    deck.save(out)

    assert parse("a.pptx", out.getvalue()).articles[0].pages == (0, 7)


def with_part(name: str, content: str, replace: tuple[str, str]) -> bytes:
    """The slides with one more part, and a change in the first slide's relations."""
    with zipfile.ZipFile(io.BytesIO(SLIDES)) as old:
        parts = {item: old.read(item) for item in old.namelist()}
    links = "ppt/slides/_rels/slide1.xml.rels"
    parts[links] = re.sub(replace[0].encode(), replace[1].encode(), parts[links])
    return zipped({**parts, name: content})


def test_powers_are_written_as_such_and_soft_hyphens_are_taken_out() -> None:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    paragraph = slide.shapes.title.text_frame.paragraphs[0]
    paragraph.add_run().text = "Ninety in\xadspectors, 10"
    power = paragraph.add_run()
    power.text = "6"
    power.font._element.set("baseline", "30000")
    deck.slides.add_slide(deck.slide_layouts[5]).shapes.title.text = "More"
    out = io.BytesIO()
    deck.save(out)
    [article] = parse("a.pptx", out.getvalue()).articles

    assert article.text == "# Ninety inspectors, 10⁶\n\n# More"
    assert article.page_at(article.text.index("# More")) == 2


def test_words_of_a_drawing_made_of_a_list_are_read() -> None:
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/diagramData"
    link = f'<Relationship Id="rId99" Type="{kind}" Target="../diagrams/data1.xml"/></Relationships>'
    drawn = (
        '<d:dataModel xmlns:d="d" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><d:t><a:p><a:r>'
        "<a:t>Plan, then build.</a:t></a:r></a:p></d:t></d:dataModel>"
    )
    [deck] = parse("a.pptx", with_part("ppt/diagrams/data1.xml", drawn, ("</Relationships>", link))).articles

    assert "Plan, then build." in paragraphs(deck)


def test_a_chart_is_read_as_a_table() -> None:
    data = CategoryChartData()
    data.categories = ["Spring", "Autumn"]
    data.add_series("Rye", (9, 4.5))
    data.add_series("Wheat", (3, None))
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    chart = slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, 0, 0, 99, 99, data).chart
    chart.has_title = True
    chart.chart_title.text_frame.text = "Sacks of flour"
    out = io.BytesIO()
    deck.save(out)

    [article] = parse("a.pptx", out.getvalue()).articles

    assert paragraphs(article) == ["Sacks of flour", "Rye | Wheat", "Spring | 9 | 3", "Autumn | 4.5"]


def test_old_and_locked_files_are_named_so() -> None:
    old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)

    assert refusal("a.pptx", old) == "it is an old PowerPoint file (.ppt); save it as .pptx"
    assert refusal("a.pptx", old + "EncryptedPackage".encode("utf-16-le")) == (
        "it is encrypted; save a copy without the password"
    )
    assert refusal("a.pptx", zipped({"_rels/.rels": "http://purl.oclc.org/ooxml/"})) == (
        "it is saved as Strict Open XML; save it as a PowerPoint file (.pptx)"
    )


@pytest.mark.parametrize(
    ("looks", "read"),
    [
        ("arabicPeriod", ["1. Oil.", "2. Paint.", "Wait.", "1. Go."]),
        ("alphaLcParenBoth", ["(a) Oil.", "(b) Paint.", "Wait.", "(a) Go."]),
        ("romanUcParenR", ["I) Oil.", "II) Paint.", "Wait.", "I) Go."]),
        ("arabicPlain", ["1 Oil.", "2 Paint.", "Wait.", "1 Go."]),
    ],
)
def test_items_of_a_numbered_list_have_the_numbers_that_are_shown(looks: str, read: list[str]) -> None:
    deck = pptx.Presentation()
    frame = deck.slides.add_slide(deck.slide_layouts[1]).placeholders[1].text_frame
    frame.text = "Oil.\nPaint.\nWait.\nGo."
    for place in (0, 1, 3):
        properties = frame.paragraphs[place]._p.get_or_add_pPr()
        SubElement(properties, f"{A}buAutoNum").set("type", looks)
    out = io.BytesIO()
    deck.save(out)

    assert paragraphs(parse("a.pptx", out.getvalue()).articles[0]) == read


def test_a_list_within_a_list_counts_for_itself_and_a_list_may_begin_at_another_number() -> None:
    deck = pptx.Presentation()
    frame = deck.slides.add_slide(deck.slide_layouts[1]).placeholders[1].text_frame
    frame.text = "Oil.\nWith care.\nTwice.\nPaint.\nIn May."
    for paragraph, level in zip(frame.paragraphs, (0, 1, 1, 0, 1), strict=True):
        paragraph.level = level
        number = SubElement(paragraph._p.get_or_add_pPr(), f"{A}buAutoNum")
        number.set("type", "alphaUcPeriod" if level else "arabicPeriod")
        if not level:
            number.set("startAt", "4")
    out = io.BytesIO()
    deck.save(out)

    assert paragraphs(parse("a.pptx", out.getvalue()).articles[0]) == [
        *("4. Oil.", "A. With care.", "B. Twice.", "5. Paint.", "A. In May.")
    ]
