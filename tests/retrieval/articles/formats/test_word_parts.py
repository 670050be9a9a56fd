"""Word files: headings of any style, notes, signs, and what Word itself puts in."""

from __future__ import annotations

import io
import zipfile

import docx
import pytest
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import parse_xml

from retrieval.articles.parsing import parse

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def run(words: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{words}</w:t></w:r>'


def read(*blocks: str, notes: str = "") -> list[str]:
    """What is read of a file with these elements of Word's in it, and these footnotes."""
    document = docx.Document()
    for block in blocks:
        document.element.body[-1].addprevious(parse_xml(block.replace(">", f" {W}>", 1)))
    style = document.styles.add_style("House style", WD_STYLE_TYPE.PARAGRAPH)
    style.base_style = document.styles["Heading 2"]
    author = document.styles.add_style("Author", WD_STYLE_TYPE.PARAGRAPH)
    author.base_style = document.styles["Title"]
    out = io.BytesIO()
    document.save(out)
    content = with_notes(out, notes) if notes else out.getvalue()
    return parse("a.docx", content).articles[0].text.split("\n\n")


def with_notes(made: io.BytesIO, notes: str) -> bytes:
    link = (
        '<Relationship Id="rId99" Target="footnotes.xml" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"/></Relationships>'
    )
    kind = (
        '<Override PartName="/word/footnotes.xml" ContentType="application/vnd.openxmlformats-officedocument.'
        'wordprocessingml.footnotes+xml"/></Types>'
    )
    out = io.BytesIO()
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(out, "w") as new:
        for item in old.namelist():
            content = old.read(item)
            if item == "word/_rels/document.xml.rels":
                content = content.replace(b"</Relationships>", link.encode())
            if item == "[Content_Types].xml":
                content = content.replace(b"</Types>", kind.encode())
            new.writestr(item, content)
        new.writestr("word/footnotes.xml", f"<w:footnotes {W}>{notes}</w:footnotes>")
    return out.getvalue()


@pytest.mark.parametrize("properties", ['<w:pStyle w:val="Housestyle"/>', '<w:outlineLvl w:val="1"/>'])
def test_a_heading_is_one_by_what_its_style_is_based_on_and_by_its_level(properties: str) -> None:
    assert read(f"<w:p><w:pPr>{properties}</w:pPr>{run('The fee')}</w:p>", f"<w:p>{run('Nine.')}</w:p>") == [
        "## The fee",
        "Nine.",
    ]


def test_a_footnote_is_read_behind_the_paragraph_that_it_is_on() -> None:
    mark = '<w:r><w:footnoteReference w:id="2"/></w:r>'
    line = '<w:footnote w:type="separator" w:id="0"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>'
    note = f'<w:footnote w:id="2"><w:p><w:r><w:footnoteRef/></w:r>{run("By the ledger of 1920.")}</w:p></w:footnote>'

    assert read(f"<w:p>{run('It cost nine crowns.')}{mark}</w:p>", f"<w:p>{run('More.')}</w:p>", notes=line + note) == [
        "It cost nine crowns.",
        "By the ledger of 1920.",
        "More.",
    ]


def test_signs_of_the_symbol_font_and_stops_at_the_margin_are_read() -> None:
    sign = '<w:r><w:sym w:font="Symbol" w:char="F0B0"/></w:r>'
    stop = '<w:r><w:ptab w:relativeTo="margin" w:alignment="right" w:leader="none"/></w:r>'

    assert read(f"<w:p>{run('At 90')}{sign}{run('C it')}{stop}{run('turns.')}</w:p>") == ["At 90°C it turns."]


def test_what_word_asks_for_and_its_table_of_contents_are_not_read() -> None:
    asked = f"<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{run('Click here.')}</w:sdtContent></w:sdt>"
    contents = (
        '<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj></w:sdtPr>'
        f"<w:sdtContent><w:p>{run('The fee 3')}</w:p></w:sdtContent></w:sdt>"
    )

    assert read(contents, f"<w:p>{run('Owner: Ann')}{asked}</w:p>") == ["Owner: Ann"]


def test_a_style_that_names_a_level_and_no_list_is_in_none() -> None:
    assert read(f'<w:p><w:pPr><w:pStyle w:val="Subtitle"/></w:pPr>{run("A history")}</w:p>') == ["A history"]
    assert read(f'<w:p><w:pPr><w:pStyle w:val="Author"/></w:pPr>{run("Ann Reed")}</w:p>') == ["Ann Reed"]
