"""PDF files: what is quoted of them."""

from __future__ import annotations

import io

import pypdf
import pytest

from retrieval.articles.parsing import parse
from tests.retrieval.articles.samples import SAMPLES, paragraphs, refusal, sample


def test_of_a_printed_web_page_lines_are_joined_to_paragraphs_under_their_headings() -> None:
    article = sample("water-report.pdf")

    assert article.title == "Report on the Gullholm water supply"
    assert [block for block in paragraphs(article) if block.startswith("#")] == [
        "# Report on the Gullholm water supply",
        "## Quality of the water",
        "## Recommendation",
    ]
    assert len(paragraphs(article)) == 8
    assert "recovered within a week of the first rainfall." in article.text  # with fi as two letters


def test_of_a_pdf_from_a_word_processor_items_of_a_list_stay_apart() -> None:
    article = sample("minutes.pdf")

    assert article.title == "Minutes of the harbour board"
    assert "- Berth nine stays closed until the ladder is mended." in paragraphs(article)


def test_words_and_paragraphs_broken_by_line_and_page_are_whole_again_without_header_and_page_number() -> None:
    article = sample("yearbook.pdf")

    assert article.title == "Yearbook of the island"  # not yearbook-final.docx, which the file calls itself
    for words in ("uncommonly heavy rainfall", "forty-one inhabitants. Schoolchildren counted", "only seventeen days"):
        assert words in article.text
    assert "Gullholm Yearbook 2021" not in article.text
    assert not any(block.isdigit() for block in paragraphs(article))


def encrypted(password: str, algorithm: str) -> bytes:
    writer = pypdf.PdfWriter(clone_from=SAMPLES / "minutes.pdf")
    writer.encrypt(password, "owner", algorithm=algorithm)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-128", "AES-256"])
def test_a_pdf_that_is_only_protected_is_read_and_a_locked_one_is_refused(algorithm: str) -> None:
    assert "Berth nine stays closed" in parse("a.pdf", encrypted("", algorithm)).articles[0].text
    assert refusal("a.pdf", encrypted("secret", algorithm)) == "it is encrypted; save a copy without the password"


HELVETICA = b"""%PDF-1.4
1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj
2 0 obj <</Type /Pages /Kids [3 0 R] /Count 1>> endobj
3 0 obj <</Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources <</Font <</F1 5 0 R>>>>>> endobj
4 0 obj <</Length 66>> stream
BT /F1 12 Tf 72 700 Td (The mill burned down in May of 1911.) Tj ET
endstream endobj
5 0 obj <</Type /Font /Subtype /Type1 /BaseFont /Helvetica>> endobj
trailer <</Root 1 0 R>>
startxref
0
%%EOF
"""


def test_a_pdf_in_a_font_that_it_does_not_carry_is_read() -> None:
    assert parse("mill.pdf", HELVETICA).articles[0].text == "The mill burned down in May of 1911."


def test_a_pdf_of_pictures_says_that_it_holds_no_text() -> None:
    out = io.BytesIO()
    writer = pypdf.PdfWriter()
    writer.add_blank_page(100, 100)
    writer.write(out)

    assert refusal("scan.pdf", out.getvalue()) == "it holds no text, perhaps only pictures of pages"
