"""Pages that are pictures, read by OCR. The tesseract here is a few lines that say what they are told to."""

from __future__ import annotations

import io
import json
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pypdf
import pytest

from retrieval.articles import confined, tesseract
from retrieval.articles.article import Article
from retrieval.articles.formats.progress import listening
from retrieval.articles.formats.scans import PictureUnread, Printed, Scans
from retrieval.articles.parsing import Parsed, parse
from retrieval.articles.tesseract import Tesseract
from retrieval.index.snapshot import open_latest
from retrieval.index.updating import update
from tests.retrieval.articles.formats.test_pdf import column, pdf_of
from tests.retrieval.articles.samples import refusal
from tests.retrieval.examples import CountingEncoder

HEAD = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext"

# What is printed on a page, by its width in dots: words with block, paragraph, line, top, height and how sure.
PAGES = {
    850: [
        *[(1, 1, 1, 100, 60, 96, word) for word in ["The", "harbour"]],
        *[(2, 1, 1, 250, 30, 95, word) for word in ["The", "crane", "was", "bought", "in", "the", "year"]],
        *[(2, 1, 2, 290, 28, 95, word) for word in ["of", "the", "flood", "for", "nine", "crowns,", "so"]],
        *[(2, 1, 3, 330, 30, 95, word) for word in ["they", "say", "in", "the", "old", "customs", "house."]],
        *[(3, 1, 1, 500, 30, 95, word) for word in ["It", "is", "|"]],
        *[(3, 1, 2, 540, 30, 95, word) for word in ["red."]],
        (4, 1, 1, 900, 31, 12, "~;i"),
    ],
    425: [],
    1275: [(1, 1, 1, 100, 30, 90, "Blue.")],
}

PROGRAM = """\
#!{python} -SE
import json, os, sys, time
from pathlib import Path
here = Path(__file__).parent
with (here / "calls").open("a") as calls:
    print(*sys.argv[1:], sorted(os.environ), file=calls)
{change}
width = int(sys.stdin.buffer.readline().split()[1])
pages = json.loads((here / "pages").read_text())
page = pages[min(pages, key=lambda known: abs(int(known) - width))]
print({head!r})
print("1\\t1\\t0\\t0\\t0\\t0\\t0\\t0\\t850\\t1100\\t-1\\t")
for number, (*place, top, height, sure, word) in enumerate(page):
    print(5, 1, *place, number, 10, top, 50, height, sure, word, sep="\\t")
"""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tesseract that knows what is printed on the pages of these tests."""
    path = tmp_path / "bin" / "tesseract"
    path.parent.mkdir()
    (path.parent / "pages").write_text(json.dumps(PAGES))
    changed(path)
    monkeypatch.setenv("PATH", str(path.parent))
    monkeypatch.setenv("QUOTH_DISCORD_TOKEN", "the-very-token")
    return path


def changed(program: Path, change: str = "") -> None:
    """Have the program do something else."""
    program.write_text(PROGRAM.format(python=sys.executable, change=change, head=HEAD))
    program.chmod(0o755)


def calls(program: Path) -> list[str]:
    return (program.parent / "calls").read_text().splitlines() if (program.parent / "calls").exists() else []


@pytest.fixture(scope="module")
def readers() -> Iterator[list[Tesseract]]:
    """Whoever is last in the list reads pages that are pictures: one process draws them for all of these tests."""
    known: list[Tesseract] = []

    def newest(picture: bytes) -> list[Printed]:
        return known[-1](picture)

    confined.read_pictures_by(newest)
    yield known
    confined.read_pictures_by(None)


@pytest.fixture
def reader(readers: list[Tesseract], tmp_path: Path) -> Tesseract:
    """The program set up to read pages that are pictures."""
    readers.append(Tesseract("eng+deu", tmp_path / "kept"))
    return readers[-1]


def scan(*widths: int, among: bytes | None = None) -> bytes:
    """A PDF of pages without words, of so many points, behind the pages of another one."""
    writer = pypdf.PdfWriter()
    if among:
        writer.append(io.BytesIO(among))
    for width in widths:
        writer.add_blank_page(width, 264)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


WIDE, EMPTY, LAST = 204, 102, 306
"""Points, of pages that are 850, 425 and 1275 dots wide."""

ACCOUNT = "The crane was bought in the year of the flood for nine crowns, so they say in the old customs house."


def read(content: bytes) -> Article:
    [article] = parse("scan.pdf", content).articles
    return article


def test_paragraphs_and_headings_of_scanned_pages_are_read_and_known_as_such(program: Path, reader: Tesseract) -> None:
    article = read(scan(WIDE, EMPTY, LAST))

    assert article.text.split("\n\n") == ["# The harbour", ACCOUNT, "It is red.", "Blue."]
    assert article.scanned == (1, 3)
    assert [article.page_at(article.text.index(word)) for word in ("crane", "Blue")] == [1, 3]


def test_only_pages_without_words_are_read_so(program: Path, reader: Tesseract) -> None:
    article = read(scan(WIDE, among=pdf_of(column("The mill is shut today."))))
    mill, crane = article.text.index("The mill"), article.text.index("nine")

    assert (article.is_scanned(mill, mill + 9), article.is_scanned(crane, crane + 4)) == (False, True)
    assert len(calls(program)) == 1


def test_a_page_whose_font_tells_no_letters_is_read_so_too(program: Path, reader: Tesseract) -> None:
    garbled = pdf_of(column(*["\x01\x02\x03\x04\x05" * 9] * 5))
    (program.parent / "pages").write_text(json.dumps({"2550": [(1, 1, 1, 9, 30, 90, "Words.")]}))

    assert read(garbled).text == "Words."


def test_the_program_gets_its_languages_and_no_secret(program: Path, reader: Tesseract) -> None:
    read(scan(WIDE))

    assert calls(program)[0].startswith("stdin stdout -l eng+deu --dpi 300 tsv")
    assert "QUOTH" not in calls(program)[0]


def test_what_was_read_is_kept_so_that_a_page_is_read_once(program: Path, reader: Tesseract) -> None:
    first = read(scan(WIDE))

    assert read(scan(WIDE)) == first
    assert len(calls(program)) == 1


def test_where_nothing_can_be_kept_it_is_read_again(program: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    reader = Tesseract("eng", tmp_path / "file" / "kept")

    assert reader(b"P5 425 1 255\n") == reader(b"P5 425 1 255\n") == []


def test_it_is_told_how_far_the_reading_is_page_by_page(program: Path, reader: Tesseract) -> None:
    told: list[tuple[int, int]] = []

    with listening(lambda done, total: told.append((done, total))):
        read(scan(WIDE, EMPTY, LAST))

    assert told == [(0, 3), (1, 3), (2, 3)]


def test_the_time_of_the_program_is_not_that_of_the_file(
    program: Path, reader: Tesseract, monkeypatch: pytest.MonkeyPatch
) -> None:
    recognise, ticking = confined._shared.recogniser, []
    assert recognise

    def watched(picture: bytes) -> Sequence[Printed]:
        timers = [each for each in threading.enumerate() if isinstance(each, threading.Timer)]
        timers = [each for each in timers if each.function != confined._web.close]  # which reads feeds
        ticking.append([each for each in timers if not each.finished.is_set()])
        return recognise(picture)

    monkeypatch.setattr(confined._shared, "recogniser", watched)

    assert read(scan(WIDE)).scanned == (1,)
    assert ticking == [[]]  # nothing would kill the process that waits for the program


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("time.sleep(60)", "it took more than 0.5 seconds"),
        (
            "sys.exit('Error opening data file /x/tessdata/deu.traineddata')",
            "tesseract has no data of the language 'deu'",
        ),
        ("sys.exit('Out of paper')", "tesseract refused it: Out of paper"),
        ("sys.exit(3)", "tesseract refused it: status 3"),
        ("os.remove(__file__)", None),
    ],
)
def test_a_page_that_the_program_cannot_read_is_named_with_the_reason(
    change: str, reason: str | None, program: Path, reader: Tesseract, monkeypatch: pytest.MonkeyPatch
) -> None:
    if reason is None:
        program.unlink()
        reason = "tesseract is not installed"
    else:
        changed(program, change)
    monkeypatch.setattr(tesseract, "MAX_PAGE_S", 0.5 if "sleep" in change else 60)

    assert refusal("scan.pdf", scan(WIDE)) == f"its page 1 is left out, unread by OCR: {reason}"
    assert noted(parse("a.pdf", scan(WIDE, among=pdf_of(column("The mill is shut today."))))) == (
        f"its page 2 is left out, unread by OCR: {reason}"
    )


def noted(parsed: Parsed) -> str:
    assert parsed.note
    return parsed.note.reason


def test_a_program_that_is_none_is_named_so(program: Path, reader: Tesseract) -> None:
    program.write_text("no program")

    assert "tesseract cannot be run: Exec format error" in refusal("scan.pdf", scan(WIDE))


def test_without_the_setting_nothing_is_run_and_the_remedy_is_named(
    program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confined._shared, "recogniser", None)

    assert "the settings can have tesseract read these" in refusal("scan.pdf", scan(WIDE))
    assert calls(program) == []


def test_a_picture_of_a_poster_is_no_larger_than_one_of_a_page() -> None:
    picture, points = Scans(scan(14_400))._draw(1)

    assert len(picture) < 21_000_000
    assert points > 0.1


def test_what_cannot_be_drawn_and_what_nobody_reads_is_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PictureUnread, match="nothing reads pictures"):
        Scans(scan(WIDE)).lines(1)
    with pytest.raises(PictureUnread, match="it cannot be drawn"):
        Scans(b"%PDF-1.4")._draw(1)
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    with pytest.raises(PictureUnread, match="pypdfium2 is not installed"):
        Scans(scan(WIDE))._draw(1)


def test_a_line_says_where_it_stands() -> None:
    table = f"{HEAD}\n5\t1\t1\t1\t1\t1\t10\t100\t50\t30\t90\tBread\n5\t1\t1\t1\t1\t2\t70\t90\t50\t30\t90\tis"

    assert list(tesseract._lines(table)) == [Printed("Bread is", 0, 90, 40)]
    assert list(tesseract._lines("")) == []


def test_the_index_keeps_which_pages_were_read_so(
    program: Path, reader: Tesseract, tmp_path: Path, encoder: CountingEncoder
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "scan.pdf").write_bytes(scan(WIDE, LAST))
    update(tmp_path / "folder", tmp_path / "index", encoder)

    kept = open_latest(tmp_path / "index").article("scan.pdf")

    assert (kept.scanned, kept.pages) == ((1, 2), read(scan(WIDE, LAST)).pages)
