"""Word files: what is quoted of them."""

from __future__ import annotations

import io
import re
import zipfile

import docx
import pytest

from retrieval.articles.parsing import parse
from tests.retrieval.articles.samples import SAMPLES, paragraphs, sample

MET = "The board met on 14 January in the old customs house."


def test_of_a_word_file_headings_lists_and_tables_are_told_apart() -> None:
    article = sample("minutes.docx")

    assert article.title == "Minutes of the harbour board"
    assert paragraphs(article) == [
        "# Minutes of the harbour board",
        f"{MET} Present were Ingrid Solberg, Olav Brekke and Sami Haddad.",
        "## Berths",
        "The board rents out twelve berths to visiting yachts from May. The fee rises to two hundred kroner a night.",
        "- Berths one to four keep their electricity meters.",
        "- Berth nine stays closed until the ladder is mended.",
        "## Accounts",
        "Item | Kroner",
        "Fees | 310,000",
        "Repairs | 122,500",
        "The auditor approved the accounts without remarks. The next meeting is on 11 February.",
    ]


@pytest.mark.parametrize(
    ("name", "title"), [("bread.docx", "Recipe for rye bread"), ("aegina.docx", "Ο φάρος της Αίγινας")]
)
def test_a_word_file_takes_its_title_from_its_properties_or_its_first_line(name: str, title: str) -> None:
    assert sample(name).title == title


def test_a_word_file_without_styles_is_read() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(SAMPLES / "minutes.docx") as old, zipfile.ZipFile(out, "w") as new:
        for item in old.namelist():
            if not item.endswith("styles.xml"):
                new.writestr(item, re.sub(rb'<Relationship [^>]*relationships/styles"[^>]*>', b"", old.read(item)))

    assert "## Berths" in paragraphs(parse("a.docx", out.getvalue()).articles[0])


def test_styles_of_word_itself_and_cells_across_columns_are_understood() -> None:
    document = docx.Document()
    document.add_paragraph("The summit", style="Title")
    document.add_paragraph("Trade", style="List Bullet")
    document.add_paragraph("First line\nsecond line")
    document.add_paragraph("")
    table = document.add_table(1, 3)
    table.cell(0, 0).merge(table.cell(0, 1)).text = "Both"
    table.cell(0, 2).text = "Last"
    out = io.BytesIO()
    document.save(out)

    text = parse("a.docx", out.getvalue()).articles[0].text

    assert text == "# The summit\n\n- Trade\n\nFirst line\nsecond line\n\nBoth | Last"
