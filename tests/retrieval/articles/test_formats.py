"""Files that people have: what is quoted of each kind, and that no file harms whoever reads it.

The samples were made by Chromium (``--dump-dom``, ``--print-to-pdf``), LibreOffice Writer and python-docx.
"""

from __future__ import annotations

import io
import json
import os
import random
import re
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import docx
import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.answer.query import Filters
from retrieval.articles import confined as isolation
from retrieval.articles.article import Article
from retrieval.articles.files import load, scan
from retrieval.articles.formats import registry as formats
from retrieval.articles.formats.registry import FORMATS
from retrieval.articles.parsing import Parsed, parse
from retrieval.engine import Engine
from retrieval.errors import ArticleUnreadable
from retrieval.index import updating as indexing
from retrieval.index.changes import compare
from retrieval.index.snapshot import Snapshot, open_latest
from retrieval.index.updating import update
from tests.retrieval.examples import CountingEncoder, write

SAMPLES = Path(__file__).parents[2] / "samples"

FUZZED_FILES = int(os.environ.get("FUZZED_FILES", "120"))
"""How many mutated files are read; 10,000 take some minutes."""


def sample(name: str) -> Article:
    [article] = parse(name, (SAMPLES / name).read_bytes()).articles
    return article


def paragraphs(article: Article) -> list[str]:
    return article.text.split("\n\n")


def attempted(name: str, content: bytes) -> Parsed | str:
    """What was read, or why nothing was."""
    try:
        return parse(name, content)
    except ArticleUnreadable as error:
        return error.reason


def refusal(name: str, content: bytes) -> str:
    with pytest.raises(ArticleUnreadable) as caught:
        parse(name, content)
    assert caught.value.path == name
    return caught.value.reason


# --- web pages -----------------------------------------------------------------------------------------------


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


# --- PDF -----------------------------------------------------------------------------------------------------


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


# --- Word ----------------------------------------------------------------------------------------------------


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


# --- JSON ----------------------------------------------------------------------------------------------------

BRIDGE = {
    "title": "Bridge opens",
    "text": "The bridge opened on Monday.\r\nIt rained.",
    "source": "Herald",
    "published": "2019-06-01",
    "url": "https://herald.example/bridge",
}


def test_a_json_object_is_an_article() -> None:
    [article] = parse("bridge.json", json.dumps(BRIDGE).encode()).articles

    assert article == Article(
        id="bridge.json",
        title="Bridge opens",
        source="Herald",
        published=date(2019, 6, 1),
        url="https://herald.example/bridge",
        path="bridge.json",
        text="The bridge opened on Monday.\nIt rained.",
    )


def test_articles_of_one_file_are_named_after_their_places() -> None:
    listed = parse("news.json", json.dumps([BRIDGE, {"text": "Whales sing. They do."}]).encode()).articles
    lines = parse("old/news.jsonl", f"\n{json.dumps(BRIDGE)}\n\n{json.dumps(BRIDGE)}\n".encode()).articles

    assert [(article.id, article.title) for article in listed] == [
        ("news.json#1", "Bridge opens"),
        ("news.json#2", "news 2"),
    ]
    assert [(article.id, article.path) for article in lines] == [
        ("old/news.jsonl#2", "old/news.jsonl"),
        ("old/news.jsonl#4", "old/news.jsonl"),
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "it is not valid JSON"),
        ("[" * 100_000, "it is nested too deeply"),
        ("3", "it is not a JSON object"),
        ('{"title": "T"}', 'it has no "text" that is a string'),
        ('{"text": 3}', 'it has no "text" that is a string'),
        ('{"text": " - "}', "it holds no text"),
        ('{"text": "Words.", "published": "soon"}', "its date 'soon' is not one; write it as 2016-11-28"),
        ('{"text": "Words.", "title": ["T"]}', "its title is not a single value"),
    ],
)
def test_a_bad_line_is_named_and_the_others_are_read(line: str, reason: str) -> None:
    parsed = parse("news.jsonl", f"{line}\n{json.dumps(BRIDGE)}\n{line}\n".encode())

    assert [article.id for article in parsed.articles] == ["news.jsonl#2"]
    assert parsed.skipped is not None
    assert (parsed.skipped.path, parsed.skipped.reason) == (
        "news.jsonl#1",
        f"{reason} (as with 1 more of that file)",
    )
    assert refusal("news.jsonl", line.encode()) == f"it holds no article; number 1: {reason}"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"[]", "it holds no article"),
        (b"{", "it is not valid JSON"),
        (b'"text"', "it is not a JSON object"),
        (b"[" * 100_000, "it is nested too deeply"),
        (b"1" * 5000, "it is not valid JSON"),
    ],
)
def test_json_without_an_article_is_refused(content: bytes, reason: str) -> None:
    assert refusal("a.json", content) == reason


def test_half_a_surrogate_pair_in_json_becomes_a_character_that_files_take() -> None:
    [article] = parse("a.json", rb'{"text": "Half \ud800 a pair", "title": "\udc00 x"}').articles

    f"{article}".encode()


# --- metadata beside a file ----------------------------------------------------------------------------------


def test_metadata_beside_a_file_win_over_those_in_it() -> None:
    sidecar = b"title: The real title\npublisher: Coast Radio\ndate: 2020-02-03\n"
    [page] = parse("a.html", (SAMPLES / "lighthouse.html").read_bytes(), sidecar).articles
    [note] = parse("a.md", b"---\ntitle: Inside\nurl: https://a.example\n---\nText", sidecar).articles

    assert (page.title, page.source, page.published) == ("The real title", "Coast Radio", date(2020, 2, 3))
    assert page.url == "https://herald.example/2021/lighthouse"
    assert (note.title, note.url) == ("The real title", "https://a.example")


@pytest.mark.parametrize(
    ("sidecar", "reason"),
    [
        (b"- one\n- two", "its metadata file does not hold names and values"),
        (b"title: [", "its metadata file is not valid YAML (line 1)"),
        (b"x: " + b"y" * 20_000, "its metadata file is too long"),
        (b"date: soon", "its date 'soon' is not one; write it as 2016-11-28"),
    ],
)
def test_metadata_that_make_no_sense_are_named(sidecar: bytes, reason: str) -> None:
    with pytest.raises(ArticleUnreadable) as caught:
        parse("a.txt", b"Text", sidecar)
    assert caught.value.reason == reason


def test_an_empty_metadata_file_changes_nothing() -> None:
    assert parse("a.txt", b"Text", b"") == parse("a.txt", b"Text")


def test_a_metadata_file_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "secret.yaml", "title: Secret")
    write(tmp_path / "articles", "a.txt", "Text")
    write(tmp_path / "articles", "b.txt", "Text")
    (tmp_path / "articles" / "a.txt.meta.yaml").symlink_to(tmp_path / "secret.yaml")
    os.mkfifo(tmp_path / "articles" / "b.txt.meta.yaml")

    found, skipped = scan(tmp_path / "articles")

    assert found == []
    assert [(file.path, file.reason) for file in skipped] == [
        (name, "its metadata file is no regular file inside the articles folder") for name in ("a.txt", "b.txt")
    ]


# --- encodings -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["utf-8.txt", "utf-8-bom.txt", "utf-16.txt", "windows-1251.txt", "shift-jis.txt"])
def test_text_files_of_every_usual_encoding_are_read(name: str) -> None:
    text = sample(name).text

    assert text.startswith("港町の新しい図書館が" if name == "shift-jis.txt" else "Президент России и премьер-министр")


# --- hostile files -------------------------------------------------------------------------------------------

DOCUMENT = "word/document.xml"


def word_file(xml: str, *, also: int = 0) -> bytes:
    """A Word file with this as its main part, and a part of so many bytes beside it."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(SAMPLES / "bread.docx") as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new,
    ):
        for item in old.namelist():
            new.writestr(item, xml if item == DOCUMENT else old.read(item))
        if also:
            with new.open("word/padding.xml", "w") as part:
                for _ in range(also // 2**20):
                    part.write(bytes(2**20))
    return out.getvalue()


def word_text(entities: str, text: str) -> str:
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    return (
        f'<?xml version="1.0"?><!DOCTYPE d [{entities}]><w:document xmlns:w="{space}"><w:body><w:p><w:r>'
        f"<w:t>Words {text}</w:t></w:r></w:p></w:body></w:document>"
    )


BOMB = '<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))


def test_a_zip_bomb_is_refused_unopened() -> None:
    assert refusal("a.docx", word_file("<x/>", also=200 * 2**20)) == "it unpacks to more than 128 MiB or too many parts"


def test_an_entity_bomb_does_not_go_off() -> None:
    page = f'<?xml version="1.0"?><!DOCTYPE html [{BOMB}]><html><body><p>Words &a9; here.</p></body></html>'

    for name, content in {"a.docx": word_file(word_text(BOMB, "&a9;")), "a.xhtml": page.encode()}.items():
        assert len(str(attempted(name, content))) < 1000


def test_no_document_makes_its_reader_look_at_another_file(tmp_path: Path) -> None:
    secret = write(tmp_path, "secret.txt", "the treasure lies under the oak")
    entity = f'<!ENTITY e SYSTEM "{secret.as_uri()}">'
    page = (
        f'<?xml version="1.0"?><!DOCTYPE html [{entity}]><html><head><base href="{secret.as_uri()}"/>'
        f'<link rel="import" href="{secret.as_uri()}"/></head><body><p>Some words &e; here.</p>'
        f'<iframe src="{secret.as_uri()}"></iframe><object data="{secret.as_uri()}"/></body></html>'
    )
    include = f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{secret.as_uri()}" parse="text"/>'
    files = {
        "a.docx": word_file(word_text(entity, "&e;")),
        "b.docx": word_file(word_text("", include)),
        "a.xhtml": page.encode(),
        "a.html": page.encode(),
    }

    for name, content in files.items():
        assert "treasure" not in str(attempted(name, content))


@pytest.mark.parametrize("attempt", ["open('pyproject.toml')", "socket.socket()", "os.pipe()", "bytearray(2**32)"])
def test_the_reading_process_can_open_nothing_and_takes_no_more_than_its_memory(attempt: str) -> None:
    program = (
        f"import os, socket\nfrom retrieval import isolation\nisolation._confine()\n"
        f"try: {attempt}\nexcept (OSError, MemoryError): os._exit(7)"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 7


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("deep.html", b"<html><body>" + b"<div>" * 300_000 + b"Words."),
        ("deep.docx", word_file("<a>" * 100_000)),
        ("deep.md", b"> " * 40_000 + b"Words."),
        ("deep.pdf", b"%PDF-1.4\n1 0 obj\n" + b"[" * 200_000 + b"\nendobj\ntrailer<</Root 1 0 R>>\n%%EOF"),
    ],
)
def test_deep_nesting_is_read_or_refused_in_time(name: str, content: bytes) -> None:
    began = time.monotonic()

    assert attempted(name, content)
    assert time.monotonic() - began < isolation.TIME_LIMIT_S + 5


def test_a_pdf_whose_pages_lead_in_a_circle_ends() -> None:
    content = (SAMPLES / "minutes.pdf").read_bytes()

    assert refusal("a.pdf", content.replace(b"/Kids[", b"/Kids[5 0 R 5 0 R ")[:20_000])


def test_what_hangs_is_stopped_and_the_next_file_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    sample("minutes.pdf")
    monkeypatch.setattr(isolation, "TIME_LIMIT_S", 0.3)

    assert refusal("slow.md", b"![" * 2**20) == "reading it took longer than 0.3 seconds"

    monkeypatch.undo()
    assert sample("minutes.pdf").title == "Minutes of the harbour board"


def test_what_breaks_its_reader_is_named_and_the_next_file_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def fragile() -> subprocess.Popen[bytes]:
        program = [sys.executable, "-c", "input(); raise SystemExit(139)"]
        return subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    worker = isolation.Worker()
    monkeypatch.setattr(isolation, "_start", fragile)
    with pytest.raises(ArticleUnreadable, match="its contents broke the program that reads such files"):
        worker.extract("a.pdf", bytes(2**20))
    monkeypatch.undo()

    assert worker.extract("a.html", (SAMPLES / "lighthouse.html").read_bytes())
    worker.close()


def test_one_process_serves_many_files_and_is_let_go_when_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[int] = []
    start = isolation._start

    def note() -> subprocess.Popen[bytes]:
        process = start()
        started.append(process.pid)
        return process

    monkeypatch.setattr(isolation, "_start", note)
    monkeypatch.setattr(isolation, "_IDLE_S", 0.2)
    worker = isolation.Worker()
    for name in ("minutes.pdf", "minutes.docx", "lighthouse.html"):
        assert worker.extract(name, (SAMPLES / name).read_bytes())
    assert len(started) == 1

    for _ in range(100):
        if worker._process is None:
            break
        time.sleep(0.1)
    assert worker._process is None


def test_the_reading_process_answers_what_the_readers_find() -> None:
    requests, answers = io.BytesIO(), io.BytesIO()
    for name, content in {"a.txt": b"Text", "b.json": b"[]", "c.json": b"{", "d.jsonl": b"3"}.items():
        requests.write(json.dumps({"name": name, "size": len(content)}).encode() + b"\n" + content)
    requests.seek(0)

    isolation.answer_all(requests, answers)

    assert [json.loads(line) for line in answers.getvalue().splitlines()] == [
        {"found": [{"text": "Text", "metadata": {}, "number": None}]},
        {"found": []},
        {"reason": "it is not valid JSON"},
        {"found": [{"number": 1, "reason": "it is not a JSON object"}]},
    ]


def test_small_simple_files_start_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> subprocess.Popen[bytes]:
        raise AssertionError

    isolation._shared.close()
    monkeypatch.setattr(isolation, "_start", refuse)

    for name, content in {"a.txt": b"Text", "a.md": b"Text", "a.json": b'{"text": "Text"}'}.items():
        assert parse(name, content).articles[0].text == "Text"


# --- files that nobody meant ---------------------------------------------------------------------------------


def whole_files() -> dict[str, bytes]:
    files = {path.name: path.read_bytes() for path in sorted(SAMPLES.iterdir())}
    lines = json.dumps(BRIDGE).encode()
    return {
        **files,
        "a.json": b"[" + lines + b"]",
        "a.jsonl": lines + b"\n" + lines,
        "a.md": b"---\ntitle: T\n---\n# A\n*b*",
    }


def repacked(content: bytes, chance: random.Random) -> bytes:
    """A Word file that is a whole zip file with one part mutated."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        chosen = chance.choice(old.namelist())
        for item in old.namelist():
            new.writestr(item, mutated(old.read(item), chance) if item == chosen else old.read(item))
    return out.getvalue()


def mutated(content: bytes, chance: random.Random) -> bytes:
    """The content with a few of its bytes changed, cut out, said again or said by somebody else."""
    spoilt = bytearray(content)
    for _ in range(chance.choice((1, 2, 8, 32))):
        start = chance.randrange(len(spoilt) + 1)
        end = min(len(spoilt), start + chance.choice((1, 1, 4, 64, 1024)))
        change: Callable[[], bytes] = chance.choice(
            (
                lambda start=start, end=end: chance.randbytes(end - start),
                lambda: b"",
                lambda start=start, end=end: bytes(spoilt[start:end]) * chance.choice((2, 50)),
                lambda: chance.choice((b"0", b"-1", b"99999999999", b"<<", b"]", b"<div>" * 99, b"\xff\xfe", b"&a;")),
            )
        )
        spoilt[start:end] = change()
    return bytes(spoilt[: chance.choice((len(spoilt), len(spoilt), len(spoilt) // 2))])


def mutants(number: int) -> Iterator[tuple[str, bytes]]:
    wholes = list(whole_files().items())
    for seed in range(number):
        chance = random.Random(seed)  # noqa: S311 - a mutation is no secret
        name, content = wholes[seed % len(wholes)]
        match chance.randrange(10):
            case 0:
                yield name, chance.randbytes(chance.randrange(4096))
            case 1:
                yield f"other{chance.choice(list(FORMATS))}", content
            case 2 | 3 | 4 if name.endswith(".docx"):
                yield name, repacked(content, chance)
            case _:
                yield name, mutated(content, chance)


def is_sound(parsed: Parsed) -> bool:
    """Whether every article can be shown, stored and quoted."""
    texts = [article.text for article in parsed.articles]
    f"{parsed}".encode()
    return bool(texts) and all(text == text.strip() != "" for text in texts) and all(a.title for a in parsed.articles)


def test_mutated_files_are_articles_or_refused_in_time() -> None:
    slowest = 0.0
    for name, content in mutants(FUZZED_FILES):
        began = time.monotonic()
        found = attempted(name, content)
        slowest = max(slowest, time.monotonic() - began)
        assert "broke" not in found if isinstance(found, str) else is_sound(found), name
    assert slowest < isolation.TIME_LIMIT_S + 5


@given(st.sampled_from(list(FORMATS)), st.one_of(st.binary(max_size=300), st.text(max_size=99).map(str.encode)))
@settings(max_examples=60)
def test_any_bytes_in_any_format_are_articles_or_refused(suffix: str, content: bytes) -> None:
    found = attempted(f"any{suffix}", content)
    assert found if isinstance(found, str) else is_sound(found)
    try:
        here = formats.extract(f"any{suffix}", content)
    except ArticleUnreadable:
        return
    assert list(here) == list(isolation._shared.extract(f"any{suffix}", content))


def test_in_the_other_process_the_readers_find_what_they_find_in_this_one() -> None:
    wholes = whole_files()

    assert {name: list(isolation._shared.extract(name, content)) for name, content in wholes.items()} == {
        name: list(formats.extract(name, content)) for name, content in wholes.items()
    }


# --- in a folder ---------------------------------------------------------------------------------------------


def test_a_folder_tree_of_every_format_is_read(tmp_path: Path) -> None:
    for name, content in whole_files().items():
        write(tmp_path, f"in/here/{name}", content)
    write(tmp_path, "in/here/minutes.pdf.meta.yaml", "source: The board")

    found, skipped = scan(tmp_path)
    articles = [article for file in found for article in load(tmp_path, file).articles]

    assert skipped == []
    assert len(articles) == len(whole_files()) + 1
    assert {article.path: article.source for article in articles}["in/here/minutes.pdf"] == "The board"


def lines(*texts: str) -> str:
    return "\n".join(json.dumps({"text": text}) for text in texts)


def test_a_line_more_is_an_article_more_and_nothing_else_is_encoded(
    articles: Path, index: Path, encoder: CountingEncoder
) -> None:
    write(articles, "wire.jsonl", lines("The mill burned down.", "The mayor resigned."))
    first = update(articles, index, encoder)
    encoder.taken()
    write(articles, "wire.jsonl", lines("The mill burned down.", "The mayor stayed.", "Snow fell on Elvestad."))

    report = update(articles, index, encoder)

    assert {"wire.jsonl#1", "wire.jsonl#2"} < set(first.added)
    assert (report.added, report.changed, report.removed) == (("wire.jsonl#3",), ("wire.jsonl#2",), ())
    assert encoder.taken() == ["wire 2. The mayor stayed.", "wire 3. Snow fell on Elvestad."]
    assert open_latest(index).article("wire.jsonl#3").path == "wire.jsonl"


def test_a_bad_line_is_reported_while_the_rest_is_indexed(
    articles: Path, index: Path, encoder: CountingEncoder
) -> None:
    write(articles, "wire.jsonl", lines("The mill burned down.") + "\n{")

    report = update(articles, index, encoder)

    assert "wire.jsonl#1" in report.added
    assert [(entry.path, entry.reason) for entry in report.skipped] == [("wire.jsonl#2", "it is not valid JSON")]
    assert not compare(articles, open_latest(index), encoder)


def test_the_same_articles_in_other_bytes_are_noted_and_not_read_again(
    articles: Path, index: Path, encoder: CountingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(articles, "wire.json", '[{"text": "The mill burned down."}]')
    update(articles, index, encoder)
    encoder.taken()
    write(articles, "wire.json", '[ {"text": "The mill burned down."} ]')

    report = update(articles, index, encoder)
    monkeypatch.setattr(indexing, "parse", lambda *_: pytest.fail("it was read again"))

    assert (report.built, report.added, report.changed, encoder.taken()) == (True, (), (), [])
    assert not compare(articles, open_latest(index), encoder)


def test_metadata_beside_a_file_are_noticed_when_they_come_change_and_go(
    articles: Path, index: Path, encoder: CountingEncoder
) -> None:
    update(articles, index, encoder)
    sources = []
    for sidecar in ("source: Fjord Post", "source: Gulf Post", None):
        path = articles / "sports" / "final.txt.meta.yaml"
        if sidecar is None:
            path.unlink()
        else:
            write(articles, "sports/final.txt.meta.yaml", sidecar)
        assert update(articles, index, encoder).changed == ("sports/final.txt",)
        assert not compare(articles, open_latest(index), encoder)
        sources.append(open_latest(index).article("sports/final.txt").source)

    assert sources == ["Fjord Post", "Gulf Post", None]


def test_metadata_that_stop_making_sense_take_the_article_out(
    articles: Path, index: Path, encoder: CountingEncoder
) -> None:
    update(articles, index, encoder)
    write(articles, "sports/final.txt.meta.yaml", "- nonsense")

    report = update(articles, index, encoder)

    assert report.removed == ("sports/final.txt",)
    assert [entry.path for entry in report.skipped] == ["sports/final.txt"]


# --- the same text in two places -----------------------------------------------------------------------------

MILL = "The mill burned down in 1911. Nobody was hurt."


@pytest.fixture
def doubled(tmp_path: Path, index: Path, encoder: CountingEncoder) -> Snapshot:
    """An index of two articles with one text, and of a third."""
    folder = tmp_path / "doubled"
    write(folder, "a/mill.txt", f"---\ntitle: The mill\nsource: Herald\npublished: 1911-05-06\n---\n{MILL}")
    write(folder, "b/copy.md", f"---\ntitle: A fire\nsource: Radio\npublished: 1911-05-07\n---\n{MILL}\n")
    write(folder, "c/snow.txt", "Snow fell on Elvestad all day.")
    update(folder, index, encoder)
    return open_latest(index)


def test_the_same_text_is_encoded_and_indexed_once(doubled: Snapshot, encoder: CountingEncoder) -> None:
    assert [info.id for info in doubled.articles] == ["a/mill.txt", "b/copy.md", "c/snow.txt"]
    assert doubled.passages == 2
    assert [text for text in encoder.taken() if "mill burned" in text] == [f"The mill. {MILL}"]
    assert doubled.article("b/copy.md").text == MILL
    assert doubled.article("b/copy.md").title == "A fire"


def test_a_quote_names_every_place_of_its_text(doubled: Snapshot, encoder: CountingEncoder) -> None:
    first = Engine(doubled, encoder).ask("When did the mill burn down?").quotes[0]

    assert first.article.id == "a/mill.txt"
    assert [info.id for info in first.also_in] == ["b/copy.md"]


@pytest.mark.parametrize(
    "filters", [Filters(source="radio"), Filters(articles=frozenset({"b/copy.md"})), Filters(after=date(1911, 5, 7))]
)
def test_a_filter_that_only_the_second_place_passes_finds_the_text_there(
    filters: Filters, doubled: Snapshot, encoder: CountingEncoder
) -> None:
    first = Engine(doubled, encoder).ask("When did the mill burn down?", filters).quotes[0]

    assert first.article.id == "b/copy.md"


def test_when_the_first_place_goes_the_second_has_the_text_under_its_own_title(
    doubled: Snapshot, tmp_path: Path, index: Path, encoder: CountingEncoder
) -> None:
    assert doubled.passages == 2
    encoder.taken()
    (tmp_path / "doubled" / "a" / "mill.txt").unlink()

    report = update(tmp_path / "doubled", index, encoder)

    assert report.removed == ("a/mill.txt",)
    assert encoder.taken() == [f"A fire. {MILL}"]
    assert open_latest(index).article("b/copy.md").copies == ()


def test_a_second_place_costs_no_encoding(
    doubled: Snapshot, tmp_path: Path, index: Path, encoder: CountingEncoder
) -> None:
    encoder.taken()
    write(tmp_path / "doubled", "z.txt", MILL)

    assert update(tmp_path / "doubled", index, encoder).added == ("z.txt",)
    assert encoder.taken() == []
    assert open_latest(index).passages == doubled.passages
