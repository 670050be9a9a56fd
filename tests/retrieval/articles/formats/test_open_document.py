"""OpenDocument texts: what is quoted of them, and which are refused."""

from __future__ import annotations

from datetime import date

import pytest

from retrieval.articles.parsing import parse
from tests.retrieval.articles.made_files import LETTER, SPACES, odt, zipped
from tests.retrieval.articles.samples import paragraphs, refusal


def test_what_the_document_shows_is_read_and_what_it_hides_is_not() -> None:
    [letter] = parse("letter.odt", LETTER).articles

    assert paragraphs(letter) == [
        "# A letter",
        "## The crane",
        "The crane costs 61 million crowns.\nIt is red.",
        "Of last year.",
        "- Bolts",
        "- Long ones",
        "Item | Price",
        "Bolt | 2 crowns",
        "In a box.",
        "It turns by 90 degrees.",
    ]


def test_title_author_and_day_come_from_its_properties() -> None:
    [letter] = parse("letter.odt", LETTER).articles

    assert (letter.title, letter.source, letter.published) == ("The crane of Orvik", "Marta Lund", date(2024, 3, 4))


def test_powers_are_written_as_such() -> None:
    powers = '10<text:span text:style-name="T2">-6</text:span> of H<text:span text:style-name="T3">2</text:span>O'

    assert parse("a.odt", odt(f"<text:p>It holds {powers}.</text:p>")).articles[0].text == "It holds 10⁻⁶ of H2O."


def a_list(*items: str, said: str = "text:style-name='L1'") -> str:
    return f"<text:list {said}>{''.join(f'<text:list-item>{item}</text:list-item>' for item in items)}</text:list>"


def a_level(number: int, said: str) -> str:
    return f"<text:list-level-style-number text:level='{number}' {said}/>"


def test_items_of_a_list_have_the_numbers_that_are_shown() -> None:
    levels = a_level(1, "style:num-format='1' style:num-suffix='.'") + a_level(
        2, "style:num-format='1' style:num-suffix=')' text:display-levels='2'"
    )
    styles = f"<office:document-styles{SPACES}><text:list-style style:name='L1'>{levels}</text:list-style>"
    deeper = a_list("<text:p>With care.</text:p>", "<text:p>Twice.</text:p><text:p>Or thrice.</text:p>", said="")
    goes_on = "text:style-name='L1' text:continue-numbering='true'"
    text = (
        a_list("<text:p>Oil it.</text:p>" + deeper, "<text:p>Lower it.</text:p>")
        + "<text:p>Wait.</text:p>"
        + a_list("<text:p>Go.</text:p>" + deeper, "<text:p/>", said=goes_on)
        + a_list("<text:p>Anew.</text:p>")
    )
    [article] = parse("a.odt", odt(text, also={"styles.xml": f"{styles}</office:document-styles>"})).articles

    assert paragraphs(article) == [
        *("1. Oil it.", "1.1) With care.", "1.2) Twice.", "Or thrice.", "2. Lower it.", "Wait."),
        *("3. Go.", "3.1) With care.", "3.2) Twice.", "Or thrice.", "1. Anew."),
    ]


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("style:num-format='a' style:num-prefix='(' style:num-suffix=')'", "(c) Oil it."),
        ("style:num-format='I' style:num-suffix='.'", "III. Oil it."),
        ("style:num-format=''", "- Oil it."),
    ],
)
def test_an_item_may_begin_at_another_number_in_letters_or_roman_numerals(said: str, read: str) -> None:
    styles = f"<text:list-style style:name='L1'>{a_level(1, said)}</text:list-style>"
    part = f"<office:document-styles{SPACES}>{styles}</office:document-styles>"
    items = a_list("<text:p>Oil it.</text:p>").replace("<text:list-item>", "<text:list-item text:start-value='3'>")

    assert parse("a.odt", odt(items, also={"styles.xml": part})).articles[0].text == read


def test_a_line_of_code_is_no_heading() -> None:
    assert parse("a.odt", odt("<text:p>Type:</text:p><text:p># oil it</text:p>")).articles[0].text == (
        "Type:\n\n # oil it"
    )


def test_a_table_of_one_column_places_paragraphs() -> None:
    cell = "<table:table-cell><text:p>One.</text:p><text:p>Two.</text:p></table:table-cell>"
    [article] = parse("a.odt", odt(f"<table:table><table:table-row>{cell}</table:table-row></table:table>")).articles

    assert paragraphs(article) == ["One.", "Two."]


def test_an_object_that_is_no_formula_or_is_not_there_leaves_nothing() -> None:
    frames = "".join(f"<draw:object xlink:href='./{name}'/>" for name in ("Chart", "Nothing"))
    parts = {"Chart/content.xml": "<chart>12</chart>"}

    assert parse("a.odt", odt(f"<text:p>A chart:{frames}</text:p>", also=parts)).articles[0].text == "A chart:"


def test_a_document_with_a_password_and_one_of_another_kind_are_named_so() -> None:
    locked = {"META-INF/manifest.xml": "<manifest><manifest:encryption-data/></manifest>"}
    sheet = '<office:body xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"><office:spreadsheet/>'

    assert refusal("a.odt", odt("", also=locked)) == "it is encrypted; save a copy without the password"
    assert refusal("a.odt", zipped({"content.xml": f"<a>{sheet}</office:body></a>"})) == (
        "it is no text but an OpenDocument file of another kind"
    )
    assert refusal("a.odt", zipped({"mimetype": ""})) == "it is damaged or no ODT file"
