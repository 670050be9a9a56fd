"""EPUB books: what is quoted of them, and which are refused."""

from __future__ import annotations

from datetime import date

from retrieval.articles.formats.progress import listening
from retrieval.articles.formats.registry import extract_articles
from retrieval.articles.parsing import parse
from tests.retrieval.articles.made_files import BOOK, CONTAINER, epub, zipped
from tests.retrieval.articles.samples import paragraphs, refusal

FEE = {"a.xhtml": "<p>The fee is nine crowns.</p>"}


def test_a_book_is_read_chapter_by_chapter_with_its_notes_and_without_its_table_of_contents() -> None:
    [book] = parse("mill.epub", BOOK).articles

    assert paragraphs(book) == [
        "# The mill",
        "The mill stood still for a year.",
        "In spring it turned again.",
        "So the miller says.",
        "## The fee",
        "The fee is nine crowns.",
        "- Flour",
    ]


def test_title_authors_day_and_address_come_from_its_description() -> None:
    [book] = parse("mill.epub", BOOK).articles

    assert (book.title, book.source) == ("The mill at Orvik", "Marta Lund, Ole Brandt")
    assert (book.published, book.url) == (date(2019, 6, 1), "https://press.example/mill")


def test_without_an_author_the_publisher_is_the_source_and_a_year_alone_is_no_day() -> None:
    known = "<dc:publisher>Linwick Press</dc:publisher><dc:date>2019</dc:date><dc:identifier>urn:isbn:1</dc:identifier>"
    parsed = parse("a.epub", epub(FEE, known=known))

    assert (parsed.articles[0].source, parsed.articles[0].published, parsed.note) == ("Linwick Press", None, None)


def test_all_of_a_chapter_is_read_whatever_part_of_it_calls_itself_an_article() -> None:
    [book] = parse("a.epub", epub({"a.xhtml": "<p>Before it.</p><article><p>In it.</p></article>"})).articles

    assert paragraphs(book) == ["Before it.", "In it."]


def test_the_numbers_of_printed_pages_are_left_out() -> None:
    mark = '<span xmlns:epub="http://www.idpf.org/2007/ops" epub:type="pagebreak">5</span>'
    [book] = parse("a.epub", epub({"a.xhtml": f"<p>The fee is {mark}nine crowns.</p>"})).articles

    assert book.text == "The fee is nine crowns."


def test_a_missing_chapter_is_named_and_the_others_are_read() -> None:
    package = epub(FEE)
    lacking = package.replace(b"OPS/a.xhtml", b"OPS/b.xhtml")
    parsed = parse("a.epub", epub({**FEE, "%20": ""}).replace(b"OPS/ ", b"OPS/_"))

    assert refusal("a.epub", lacking) == "it holds no text"
    assert parsed.note
    assert parsed.note.reason == "1 of its chapters are missing"


def lock(place: str) -> dict[str, str]:
    locked = f'<e:EncryptedData xmlns:e="e"><e:CipherReference URI="{place}"/></e:EncryptedData>'
    return {"META-INF/encryption.xml": locked}


def test_a_book_with_locked_chapters_is_named_so_and_one_with_locked_fonts_is_read() -> None:
    reason = "it is encrypted, as shops do it; only programs of the shop can read it"

    assert refusal("a.epub", epub(FEE, also=lock("OPS/a.xhtml"))) == reason
    assert parse("a.epub", epub(FEE, also=lock("OPS/serif.otf"))).articles[0].text == "The fee is nine crowns."


def test_what_is_no_book_is_refused() -> None:
    assert refusal("a.epub", zipped({"mimetype": "x"})) == "it is damaged or no EPUB file"
    assert refusal("a.epub", zipped({"META-INF/container.xml": CONTAINER})) == "it is damaged or no EPUB file"
    assert refusal("a.epub", b"PK") == "it is damaged or no EPUB file"


def test_of_a_book_of_many_chapters_it_is_told_how_far_the_reading_is() -> None:
    told: list[tuple[int, int]] = []

    with listening(lambda done, total: told.append((done, total))):
        extract_articles("a.epub", epub({f"c{number}.xhtml": "<p>Words.</p>" for number in range(40)}))

    assert told == [(16, 40), (32, 40)]
