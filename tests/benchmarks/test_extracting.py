"""The benchmark of extraction: what it compares, on collections of a few words."""

from __future__ import annotations

import gzip
import json
import sys
from collections import Counter
from pathlib import Path

import docx
import pytest

from benchmarks import extracting
from benchmarks.extracting import KINDS, Measured, Score

SAID = "The mill stood still for a year, and in spring it turned again."


def run(kind: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["benchmarks.extracting", kind, str(folder)])
    extracting.main()


def test_pages_of_readability_are_measured_and_the_worst_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, right in {
        "good": f"<p>{SAID}</p><p>Twice<br>over.</p>",
        "bad": "<p>Something quite different.</p>",
    }.items():
        (tmp_path / name).mkdir()
        page = f"<html><head><title>The mill</title></head><body><p>{SAID}</p><p>Twice over.</p></body></html>"
        (tmp_path / name / "source.html").write_text(page)
        (tmp_path / name / "expected.html").write_text(right)

    run("readability", tmp_path, monkeypatch)

    said = capsys.readouterr().out
    assert "2 files, 0 refused" in said
    assert "| words | 0.500 | 0.500 | 0.500 | 0.500 |" in said
    assert "| runs of 4 words | 0.500 | 0.500 | 0.500 | 0.500 |" in said
    worst, best = said.splitlines()[-2:]
    assert worst.startswith("  0.000 (precision 0.000, recall 0.000) bad")
    assert best.startswith("  1.000 (precision 1.000, recall 1.000) good")


def test_packed_pages_of_scrapinghub_are_compared_with_their_texts(tmp_path: Path) -> None:
    (tmp_path / "html").mkdir()
    (tmp_path / "html" / "abc.html.gz").write_bytes(gzip.compress(f"<html><body><p>{SAID}</p></body></html>".encode()))
    (tmp_path / "ground-truth.json").write_text(json.dumps({"abc": {"articleBody": SAID, "url": "https://e.org"}}))

    [measured] = map(extracting.measure, KINDS["scrapinghub"](tmp_path))

    assert (measured.label, measured.words, measured.untitled) == ("abc https://e.org", Score(1, 1), True)


def test_files_of_docling_are_compared_with_their_markdown(tmp_path: Path) -> None:
    for folder in ("sources", "groundtruth"):
        (tmp_path / folder).mkdir()
    document = docx.Document()
    document.add_paragraph("The price_list & the fee.")
    document.save(str(tmp_path / "sources" / "a.docx"))
    (tmp_path / "sources" / "b.pdf").write_bytes(b"no PDF")
    (tmp_path / "groundtruth" / "a.docx.md").write_text("The [price\\_list](x.html) &amp; the fee.\n\n<!-- image -->\n")
    (tmp_path / "groundtruth" / "b.md").write_text("Words.")
    (tmp_path / "groundtruth" / "c.md").write_text("Without a file.")

    good, bad = map(extracting.measure, KINDS["docling"](tmp_path))

    assert (good.label, good.words, good.runs) == ("a.docx", Score(1, 1), Score(1, 1))
    assert bad == Measured("b.pdf", Score(0, 0), Score(0, 0), "it is damaged or no PDF file")


def test_something_counts_as_often_as_it_occurs_and_order_counts_in_runs() -> None:
    one, two = extracting.words("a b c d d"), extracting.words("d c, B. a")

    assert Score.of(Counter(one), Counter(two)) == Score(4 / 5, 1)
    assert Score.of(extracting.runs(one), extracting.runs(two)) == Score(0, 0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_folder_without_such_a_collection_is_named(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SystemExit, match=f"holds no {kind} collection"):
        run(kind, tmp_path, monkeypatch)
