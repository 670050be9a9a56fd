"""Word files: what is quoted of them."""

from __future__ import annotations

import io
import re
import zipfile

import docx
import pytest
from docx.oxml import parse_xml

from retrieval.articles.formats.registry import extract_articles
from retrieval.articles.formats.values import ExtractedArticle
from retrieval.articles.parsing import parse
from tests.retrieval.articles.samples import SAMPLES, paragraphs, refusal, sample

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


# --- what Word shows, and what it hides ----------------------------------------------------------------------

SPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
)


def word_text(body: str) -> str:
    """The text of a Word file with this body, in which ``{...}`` stands for a run of words."""
    runs = re.sub(r"\{(.*?)\}", r'<w:r><w:t xml:space="preserve">\1</w:t></w:r>', body)
    out = io.BytesIO()
    with zipfile.ZipFile(SAMPLES / "bread.docx") as old, zipfile.ZipFile(out, "w") as new:
        for item in old.namelist():
            document = f"<w:document {SPACES}><w:body>{runs}</w:body></w:document>"
            new.writestr(item, document if item == "word/document.xml" else old.read(item))
    return parse("a.docx", out.getvalue()).articles[0].text


def formula(name: str, properties: str = "", **parts: str) -> str:
    """A formula whose parts are letters or, where they begin with an angle bracket, formulas."""
    inside = (
        f"<m:{part}>{said if said.startswith('<') else f'<m:r><m:t>{said}</m:t></m:r>'}</m:{part}>"
        for part, said in parts.items()
    )
    return f"<m:{name}>{properties}{''.join(inside)}</m:{name}>"


FORMULAS = [
    (formula("f", num="9", den="2"), "9/2"),
    (formula("f", num="a+b", den=formula("sSup", e="c", sup="2")), "(a+b)/(c^2)"),
    (formula("rad", e="2"), "√(2)"),
    (formula("sSubSup", e="x", sub="1", sup="n-1"), "x_1^(n-1)"),
    (formula("d", e="n-1"), "(n-1)"),
    (formula("d", '<m:dPr><m:begChr m:val="["/><m:endChr m:val=""/></m:dPr>', e="n-1"), "[n-1"),
    (formula("nary", '<m:naryPr><m:chr m:val="∑"/></m:naryPr>', sub="n=1", sup="∞", e="n"), "∑_(n=1)^∞ n"),
    (formula("nary", e="dx"), "∫dx"),
    (formula("func", fName="cos", e="x"), "cos x"),
    (formula("func", fName="cos", e=formula("d", e="x")), "cos(x)"),
]
"""Formulas, and how people type them."""


@pytest.mark.parametrize(
    ("inside", "seen"),
    [
        ('<w:ins w:id="1">{nine}</w:ins><w:del w:id="2"><w:r><w:delText>six</w:delText></w:r></w:del>', "nine"),
        ("<w:moveTo>{nine}</w:moveTo><w:moveFrom>{six}</w:moveFrom>", "nine"),
        ("<w:sdt><w:sdtPr/><w:sdtContent>{nine}</w:sdtContent></w:sdt>", "nine"),
        ('<w:fldSimple w:instr=" DOCPROPERTY Price ">{nine}</w:fldSimple>', "nine"),
        ("<w:r><w:instrText>SEQ Figure</w:instrText></w:r>{nine}", "nine"),
        ('<w:smartTag w:element="Number">{nine}</w:smartTag>', "nine"),
        ("<w:hyperlink>{nine}</w:hyperlink>", "nine"),
        ("<m:oMath><m:r><m:t>9</m:t></m:r></m:oMath>", "9"),
        *((f"<m:oMath>{formula}</m:oMath>", seen) for formula, seen in FORMULAS),
        ("{nine}<w:r><w:noBreakHyphen/></w:r>{tenths}", "nine-tenths"),
        ("{nine\xadty}", "ninety"),
        ('{10}<w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:t>-6</w:t></w:r>', "10⁻⁶"),
        ('{CO}<w:r><w:rPr><w:vertAlign w:val="subscript"/></w:rPr><w:t>2</w:t></w:r>', "CO2"),
        ("{nine}<w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r>", "nine"),
        ('{nine}<w:r><w:rPr><w:vanish w:val="false"/></w:rPr><w:t> shown</w:t></w:r>', "nine shown"),
    ],
)
def test_a_paragraph_reads_as_word_shows_it(inside: str, seen: str) -> None:
    assert word_text(f"<w:p>{{It cost }}{inside}{{ crowns.}}</w:p>") == f"It cost {seen} crowns."


def test_a_line_of_code_is_no_heading() -> None:
    assert word_text("<w:p>{Type:}</w:p><w:p>{# oil it}</w:p>") == "Type:\n\n # oil it"


@pytest.mark.parametrize(
    "body",
    [
        "<w:sdt><w:sdtContent><w:p>{The crane is red.}</w:p></w:sdtContent></w:sdt>",
        "<w:customXml><w:p>{The crane is red.}</w:p></w:customXml>",
        (
            "<w:p><w:r><mc:AlternateContent><mc:Choice><w:drawing/></mc:Choice><mc:Fallback><w:pict><w:txbxContent><w:p>"
            "{The crane is red.}</w:p></w:txbxContent></w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>"
        ),
        (
            "<w:p><w:r><mc:AlternateContent><mc:Choice><w:txbxContent><w:p>{The crane is red.}</w:p></w:txbxContent>"
            "</mc:Choice><mc:Fallback><w:txbxContent><w:p>{The crane is red.}</w:p></w:txbxContent></mc:Fallback>"
            "</mc:AlternateContent></w:r></w:p>"
        ),
        "<w:tbl><w:tr><w:tc><w:p>{The crane is red.}</w:p></w:tc></w:tr></w:tbl>",
    ],
)
def test_whatever_a_paragraph_lies_in_it_is_read_once(body: str) -> None:
    assert word_text(f"<w:p>{{They met.}}</w:p>{body}") == "They met.\n\nThe crane is red."


def row(*cells: str) -> str:
    return f"<w:tr>{''.join(f'<w:tc>{cell}</w:tc>' for cell in cells)}</w:tr>"


def test_cells_hold_tables_and_cells_from_above() -> None:
    inner = f"<w:tbl>{row('<w:p>{Price}</w:p>', '<w:p>{nine}</w:p>')}</w:tbl><w:p/>"
    start, merged = ('<w:tcPr><w:vMerge w:val="restart"/></w:tcPr>', "<w:tcPr><w:vMerge/></w:tcPr>")
    table = (
        row("<w:p>{Crane}</w:p>", inner)
        + row("<w:p>{Auk}</w:p>", f"{start}<w:p>{{old}}</w:p>")
        + row("<w:p>{Tern}</w:p>", f"{merged}<w:p/>")
        + row("<w:p>{a}</w:p>", "<w:p>{b}</w:p>", f"{merged}<w:p>{{c}}</w:p>")
    )

    assert word_text(f"<w:tbl>{table}</w:tbl>") == "Crane | Price | nine\n\nAuk | old\n\nTern | old\n\na | b | c"


# --- numbers of lists and headings ---------------------------------------------------------------------------

LEVELS = (
    ("decimal", "%1.", 1),
    ("decimal", "%1.%2", 1),
    ("lowerLetter", "%3)", 1),
    ("upperRoman", "§ %4", 4),
    ("bullet", "\uf0b7", 1),
    ("none", "", 1),
    ("upperLetter", "%7 %9", 27),
    ("lowerRoman", "(%8)", 1),
    ("decimalZero", "%9", 1),
)


def numbered(*marks: str, styled: str = "") -> list[str]:
    """The paragraphs of a file that are in the list and level of each mark ("1:0"), or have a style and none."""
    levels = "".join(
        f'<w:lvl w:ilvl="{level}"><w:start w:val="{start}"/><w:numFmt w:val="{kind}"/>'
        f'<w:lvlText w:val="{text}"/></w:lvl>'
        for level, (kind, text, start) in enumerate(LEVELS)
    )
    again = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="7"/></w:lvlOverride>'
    lists = "".join(
        f'<w:num w:numId="{number}"><w:abstractNumId w:val="5"/>{again * (number == 2)}</w:num>' for number in (1, 2, 3)
    )
    numbering = (
        f'<w:numbering {SPACES}><w:abstractNum w:abstractNumId="5">{levels}</w:abstractNum>{lists}</w:numbering>'
    )
    document = docx.Document()
    for mark in marks:
        paragraph = document.add_paragraph("It is so." if mark else "", style=None if ":" in mark else mark or None)
        if ":" in mark:
            list_id, level = mark.split(":")
            properties = f'<w:numPr {SPACES}><w:ilvl w:val="{level}"/><w:numId w:val="{list_id}"/></w:numPr>'
            paragraph._p.get_or_add_pPr().append(parse_xml(properties))
    if styled:
        place = f'<w:numPr {SPACES}><w:ilvl w:val="1"/><w:numId w:val="1"/></w:numPr>'
        document.styles[styled].element.get_or_add_pPr().append(parse_xml(place))
    out = io.BytesIO()
    document.save(out)
    packed = io.BytesIO()
    with zipfile.ZipFile(out) as old, zipfile.ZipFile(packed, "w") as new:
        for item in old.namelist():
            new.writestr(item, numbering if item == "word/numbering.xml" else old.read(item))
    return parse("a.docx", packed.getvalue()).articles[0].text.split("\n\n")


@pytest.mark.parametrize(
    ("marks", "seen"),
    [
        (["1:0", "1:0", "1:1", "1:1", "1:0", "1:1"], ["1.", "2.", "2.1", "2.2", "3.", "3.1"]),
        (["1:0", "3:0", "2:0", "2:0"], ["1.", "2.", "7.", "8."]),
        (["1:2", "1:2", "1:3", "1:3"], ["a)", "b)", "§ IV", "§ V"]),
        (["1:4", "1:5", "1:6", "1:7", "1:8"], ["-", "", "AA 01", "(i)", "01"]),
        (["0:0", "9:0"], ["", "-"]),
    ],
)
def test_paragraphs_of_lists_have_the_numbers_that_word_counts(marks: list[str], seen: list[str]) -> None:
    assert numbered(*marks) == [f"{mark} It is so.".strip() for mark in seen]


def test_the_lists_of_word_s_own_styles_are_counted() -> None:
    document = docx.Document()
    for style in ("List Bullet", "List Number", "List Number", "List Continue"):
        document.add_paragraph("It is so.", style=style)
    out = io.BytesIO()
    document.save(out)

    assert paragraphs(parse("a.docx", out.getvalue()).articles[0]) == [
        *("- It is so.", "1. It is so.", "2. It is so.", "- It is so.")
    ]


def test_headings_have_the_numbers_of_their_style() -> None:
    assert numbered("1:0", "Heading 2", "Heading 2", styled="Heading 2") == [
        "1. It is so.",
        "## 1.1 It is so.",
        "## 1.2 It is so.",
    ]


# --- files that are to be saved in another way ---------------------------------------------------------------


def test_a_word_file_that_is_locked_old_or_strict_is_named_as_that() -> None:
    old = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as strict:
        space = "http://purl.oclc.org/ooxml/officeDocument/relationships/officeDocument"
        strict.writestr("_rels/.rels", f'<Relationships><Relationship Type="{space}"/></Relationships>')

    assert refusal("a.docx", old + "EncryptedPackage".encode("utf-16-le")) == (
        "it is encrypted; save a copy without the password"
    )
    assert refusal("a.docx", old) == "it is an old Word file (.doc); save it as .docx"
    assert refusal("a.docx", out.getvalue()) == ("it is saved as Strict Open XML; save it as a Word document (.docx)")


def test_a_file_in_strict_open_xml_is_read_and_named_as_that() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(SAMPLES / "bread.docx") as usual, zipfile.ZipFile(out, "w") as strict:
        for item in usual.namelist():
            renamed = re.sub(
                rb"http://schemas\.openxmlformats\.org/(wordprocessingml|officeDocument|drawingml)/2006/",
                rb"http://purl.oclc.org/ooxml/\1/",
                usual.read(item),
            )
            strict.writestr(item, renamed if item.endswith((".xml", ".rels")) else usual.read(item))

    [read] = extract_articles("a.docx", out.getvalue())
    [expected] = extract_articles("a.docx", (SAMPLES / "bread.docx").read_bytes())

    assert isinstance(read, ExtractedArticle)
    assert isinstance(expected, ExtractedArticle)
    assert read.text == expected.text
    assert [note.split(";")[0] for note in read.notes] == ["it is saved as Strict Open XML"]
