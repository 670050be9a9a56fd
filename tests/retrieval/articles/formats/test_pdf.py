"""PDF files: what is quoted of them."""

from __future__ import annotations

import io
from typing import Any

import pypdf
import pytest

from retrieval.articles.article import Skipped
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

    assert refusal("scan.pdf", out.getvalue()) == (
        "it holds no text, perhaps only pictures of pages; the settings can have tesseract read these"
    )


# --- pages of our own ----------------------------------------------------------------------------------------

LEADING = 14.0


def pdf_of(*pages: list[tuple[float, float, float, str]], title: str = "") -> bytes:
    """A PDF file in Helvetica with these pages, each of lines at a place (x, y), in a size."""
    objects = [b"<</Type /Catalog /Pages 2 0 R>>", b"", b"<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>"]
    kids = []
    for lines in pages:
        shown = "\n".join(f"BT /F1 {size} Tf {x} {y} Td ({text}) Tj ET" for x, y, size, text in lines)
        objects.append(b"<</Length %d>> stream\n%b\nendstream" % (len(shown), shown.encode("latin-1")))
        kids.append(len(objects) + 1)
        objects.append(
            b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R /Resources <</Font <</F1 3 0 R>>>>>>"
            % len(objects)
        )
    objects[1] = b"<</Type /Pages /Kids [%b] /Count %d>>" % (b" ".join(b"%d 0 R" % kid for kid in kids), len(kids))
    objects.append(f"<</Title ({title})>>".encode())
    body = b"".join(b"%d 0 obj %b endobj\n" % (number, item) for number, item in enumerate(objects, 1))
    return b"%PDF-1.4\n" + body + b"trailer <</Root 1 0 R /Info %d 0 R>>\nstartxref\n0\n%%%%EOF\n" % len(objects)


def column(*texts: str, top: float = 700, x: float = 72, leading: float = LEADING, size: float = 11) -> Any:
    return [(x, top - number * leading, size, text) for number, text in enumerate(texts)]


def read_pdf(content: bytes) -> str:
    [article] = parse("a.pdf", content).articles
    return article.text


MINE = "The mine of Gullholm was dug by forty men from the mainland who lived"


def test_running_heads_go_though_they_change_from_page_to_page() -> None:
    pages = []
    for number in range(1, 9):
        head = "A SHORT HISTORY OF GULLHOLM" if number % 2 else f"Chapter {1 + number // 5}. The mine"
        lines = (
            f"The {'ABCDEFGH'[number - 1]} mine of Gullholm was dug by forty men from the mainland who",
            f"lived in tents on {'abcdefgh'[number - 1]} beach for two summers and were paid in fish, of which",
        )
        pages.append([(72, 750, 9, head), *column(*lines), (300, 40, 9, f"{number}")])

    text = read_pdf(pdf_of(*pages))

    assert "HISTORY" not in text
    assert "Chapter" not in text
    assert text.startswith("The A mine of Gullholm was dug")
    assert text.count("mine of Gullholm") == 8


def test_words_broken_at_the_end_of_a_line_are_whole_and_hyphens_of_words_stay() -> None:
    text = read_pdf(
        pdf_of(
            column(
                "The board has little ex-",
                "perience with COVID-",
                "19, a Franco-",
                "German firm, the price of 12-",
                "15 crowns, the ex-minister, and another ex-",
                "minister with two- ",
                "and three-storeyed houses in the twenty-",
                "first street.",
            )
        )
    )

    assert text == (
        "The board has little experience with COVID-19, a Franco-German firm, the price of 12-15 crowns, the "
        "ex-minister, and another ex-minister with two- and three-storeyed houses in the twenty-first street."
    )


def test_double_spaced_lines_are_one_paragraph_beside_lines_that_are_set_closer() -> None:
    wide = [MINE] * 6 + ["in tents and were paid in salted fish."]
    close = column(*[MINE] * 3, "in houses.", top=700 - 7 * 28 - 20, size=11)

    first, *_ = read_pdf(pdf_of([*column(*wide, leading=28), *close])).split("\n\n")

    assert first.endswith("lived in tents and were paid in salted fish.")


def test_a_quotation_inside_of_a_double_spaced_sentence_stands_behind_its_paragraph() -> None:
    wide, close = [MINE] * 3, ["The captain wrote that it smelled of", "herring, and that he would leave", "in May."]
    lines = [
        *column(*wide, leading=28),
        *column(*close, top=700 - 3 * 28, leading=14),
        *column("in tents and were paid in salted", "fish. They left.", top=700 - 3 * 28 - 3 * 14, leading=28),
    ]

    assert read_pdf(pdf_of(lines)).split("\n\n") == [
        " ".join([*wide, "in tents and were paid in salted fish. They left."]),
        " ".join(close),
    ]


def test_a_quotation_between_double_spaced_sentences_stays_where_it_is() -> None:
    wide, close = (
        [MINE] * 2 + [f"{MINE}."],
        ["The captain wrote that it smelled of", "herring, and that he would leave."],
    )
    lines = [*column(*wide, leading=28), *column(*close, close[0], top=700 - 3 * 28, leading=14)]

    assert read_pdf(pdf_of(lines)).split("\n\n")[0] == " ".join(wide)


def test_of_a_file_with_a_damaged_page_the_others_are_read_and_it_is_named() -> None:
    whole = pdf_of(column("The first page is whole."), column("Second."), column("The third page is whole."))
    found = parse("a.pdf", whole.replace(b"(Second.) Tj", b"(Second. /Tj"))

    assert [article.text for article in found.articles] == ["The first page is whole.\n\nThe third page is whole."]
    assert found.note == Skipped("a.pdf", "its page 2 is damaged and left out", in_part=True)


def test_letters_that_cannot_be_told_are_not_indexed_and_their_page_is_named() -> None:
    unreadable = column("/g3/g17/g4/g11 /g5/g9/g22/g7 /g3/g17/g4/g11", "/g3/g17/g4/g11 /g5/g9/g22/g7")
    found = parse("a.pdf", pdf_of(column("The first page is whole."), unreadable))

    assert [article.text for article in found.articles] == ["The first page is whole."]
    assert found.note == Skipped(
        "a.pdf", "its page 2 is left out, set in a font that does not tell its letters", in_part=True
    )
    assert "font that does not tell" in refusal("a.pdf", pdf_of(unreadable))


def test_the_ligatures_of_tex_are_letters() -> None:
    text = read_pdf(pdf_of(column("E\\016cient \\014elds of \\015our su\\013er.")))

    assert text == "Efficient fields of flour suffer."


def test_lines_of_a_table_of_contents_stand_alone_without_their_dots() -> None:
    text = read_pdf(pdf_of(column("Foreword" + " ." * 30 + " 3", "The cipher" + "." * 40 + "12")))

    assert text == "Foreword … 3\n\nThe cipher … 12"


@pytest.mark.parametrize(
    "title", ["PowerPoint Presentation", "Document1", "Microsoft Word - a", "plan.docx", "Slide 1"]
)
def test_a_title_that_a_program_made_up_is_none(title: str) -> None:
    [article] = parse("harbour.pdf", pdf_of(column("It opens in May."), title=title)).articles

    assert article.title == "harbour"


def test_columns_that_are_drawn_line_by_line_across_the_page_are_read_one_after_the_other() -> None:
    left = (
        "Fees. The fee for a berth is",
        "nine crowns a night in the",
        "summer, and four crowns in",
        "winter, when the",
        "pier is mostly empty.",
    )
    right = (
        "Cranes. The crane lifts up",
        "to sixty tons, but not when",
        "the wind from the north is",
        "stronger than",
    )
    lines = [(72.0, 740.0, 16.0, "Rules of the harbour")]
    for number, text in enumerate(left):
        lines.append((60.0, 700 - 13.0 * number, 10.0, text))
        lines += [(330.0, 700 - 13.0 * number, 10.0, right[number])] if number < len(right) else []

    assert read_pdf(pdf_of(lines)) == (
        "# Rules of the harbour\n\n"
        "Fees. The fee for a berth is nine crowns a night in the summer, and four crowns in winter, when the pier "
        "is mostly empty.\n\nCranes. The crane lifts up to sixty tons, but not when the wind from the north is "
        "stronger than"
    )


def test_rows_of_a_table_are_read_across() -> None:
    rows = [("Berth", "Fee"), ("One", "9 crowns"), ("Two", "8 crowns"), ("Three", "7 crowns"), ("Four", "6 crowns")]
    lines = [
        (x, 700 - 13.0 * n, 10.0, text)
        for n, row in enumerate(rows)
        for x, text in zip((60.0, 330.0), row, strict=True)
    ]

    assert "Three 7 crowns" in read_pdf(pdf_of(lines))


def test_a_book_without_paragraphs_is_read_within_the_time_for_its_size() -> None:
    lines = [f"the {number}th of the boats that were seen from the pier in that year, then" for number in range(50)]

    text = read_pdf(pdf_of(*[column(*lines, top=760)] * 100))

    assert text.count("the 7th of the boats") == 100


def test_every_word_is_on_the_page_that_it_was_printed_on() -> None:
    first = column("The quay of Gullholm was built by forty men from the main-")
    third = column("land, who lived in tents.", *MINES)
    content = pdf_of(first, [], third, column("\\267 Tar was boiled on the fourth page.", size=11), [])
    [article] = parse("a.pdf", content).articles

    assert "from the mainland, who lived" in article.text
    words = ("quay", "mainland", "lived in tents", "Mine 3", "boiled")
    assert [article.page_at(article.text.index(each)) for each in words] == [1, 1, 3, 3, 4]
    assert [article.text[at : at + 5] for at in article.pages] == ["The q", "land,", "land,", "- Tar", ""]


MINES = [f"Mine {number} was closed in the winter." for number in range(1, 4)]


def test_text_without_pages_has_no_page() -> None:
    [article] = parse("a.txt", b"The quay was built by forty men.").articles

    assert article.page_at(4) is None


def test_running_heads_go_though_they_are_drawn_last() -> None:
    pages = []
    for number in range(1, 7):
        head = f"{number} | Gullholm Yearbook" if number % 2 else f"Gullholm Yearbook | {number}"
        lines = [f"{'ABCDEFGH'[number]} quay of Gullholm was dug by forty men from the mainland who lived", *[MINE] * 6]
        pages.append([*column(*lines), (72, 760, 9, head), (290, 30, 9, f"Page {number} of 6")])

    text = read_pdf(pdf_of(*pages))

    assert "Yearbook" not in text
    assert " of 6" not in text


def test_footnotes_do_not_stand_inside_of_a_sentence_that_goes_on_over_the_page() -> None:
    first = [*column(MINE, MINE), (72, 90, 8, "1 The letters burned in 1902."), (72, 80, 8, "2 So did the map.")]
    text = read_pdf(pdf_of(first, column("in tents, and were paid in fish.", "Nobody knows why."), column("The end.")))

    assert "who lived in tents, and were paid in fish." in text
    assert text.index("paid in fish") < text.index("1 The letters burned in 1902.") < text.index("The end.")


def test_words_that_have_a_hyphen_wherever_they_are_broken_keep_it() -> None:
    lines = (
        "A re-",
        "elected board, by e-",
        "mail, in a 10-",
        "year plan that is long-",
        "term and un-",
        "known to all.",
    )

    assert read_pdf(pdf_of(column(*lines))) == (
        "A re-elected board, by e-mail, in a 10-year plan that is long-term and unknown to all."
    )


def test_numbered_headings_and_items_stand_alone() -> None:
    lines = ("1. Fees", "A berth costs nine crowns a night in summer.", "2. Cranes", "2.1 The crane lifts sixty tons.")

    assert read_pdf(pdf_of(column(*lines))).split("\n\n") == list(lines)
