"""Files of every format in a folder: what is indexed, noticed and told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from retrieval.articles.article import Skipped
from retrieval.articles.files import load, scan
from retrieval.index import changes
from retrieval.index.changes import compare
from retrieval.index.snapshot import open_latest
from retrieval.index.updating import update
from tests.retrieval.articles.samples import whole_files
from tests.retrieval.examples import CountingEncoder, write


def test_a_folder_tree_of_every_format_is_read(tmp_path: Path) -> None:
    for name, content in whole_files().items():
        write(tmp_path, f"in/here/{name}", content)
    write(tmp_path, "in/here/minutes.pdf.meta.yaml", "source: The board")

    found, skipped = scan(tmp_path)
    articles = [article for file in found for article in load(tmp_path, file).articles]

    assert skipped == []
    assert len(articles) == len(whole_files()) + 2  # two files hold two
    assert {article.path: article.source for article in articles}["in/here/minutes.pdf"] == "The board"


def test_an_index_among_the_articles_is_none_of_them(articles: Path, encoder: CountingEncoder) -> None:
    for index in (articles / "data" / "index", articles):
        update(articles, index, encoder)
        write(articles, "more.txt", f"Snow fell before {index.name} was made.")

        report = update(articles, index, encoder)

        assert {*report.added, *report.changed} == {"more.txt"}
        assert report.skipped == ()


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
    monkeypatch.setattr(changes, "parse", lambda *_: pytest.fail("it was read again"))

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


def test_metadata_that_stop_making_sense_leave_the_article_and_are_named(
    articles: Path, index: Path, encoder: CountingEncoder
) -> None:
    update(articles, index, encoder)
    write(articles, "sports/final.txt.meta.yaml", "- nonsense")

    report = update(articles, index, encoder)

    assert report.removed == ()
    assert [(entry.path, entry.in_part) for entry in report.skipped] == [("sports/final.txt", True)]


def test_what_was_left_out_of_an_article_is_reported_and_the_article_is_there(
    articles: Path, index: Path, encoder: CountingEncoder
) -> None:
    write(articles, "long.json", json.dumps({"text": "The mill burned down.", "title": "T" * 2**20}))
    note = Skipped("long.json", "its title is longer than 500 characters and was cut", in_part=True)

    first = update(articles, index, encoder)
    second = update(articles, index, encoder)

    assert "long.json" in first.added
    assert (first.skipped, second.skipped, second.built) == ((note,), (note,), False)
    assert max(map(len, encoder.taken())) < 2000
    assert not compare(articles, open_latest(index), encoder)
