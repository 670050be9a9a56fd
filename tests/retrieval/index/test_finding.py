"""Articles are listed, and found by texts and contents, whatever their hashes are and whoever wrote their segment."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from retrieval.index import finding, planning, segment
from retrieval.index.arrays import map_arrays, write_arrays
from retrieval.index.entries import ENTRIES_FILE
from retrieval.index.finding import Contents, SameTexts
from retrieval.index.segment import Segment, write_articles
from retrieval.index.snapshot import open_latest
from retrieval.index.updating import update
from retrieval.text.passages import cut
from tests.retrieval.examples import CountingEncoder, article_of

TEXTS = ("The mill burned down.", "Snow fell all day here", "A ferry sank at noon.", "The mill burned down.")


@pytest.fixture(params=["with digests", "of a former version", "with digests that are all the same"])
def segments(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Segment]:
    """Two segments, one of which may have no digests of its texts."""
    if request.param == "with digests that are all the same":
        monkeypatch.setattr(segment, "digest_of", lambda _: 7)
        monkeypatch.setattr(finding, "digest_of", lambda _: 7)
    for name, texts in (("one", TEXTS[:2]), ("two", TEXTS[2:])):
        folder = tmp_path / name
        folder.mkdir()
        articles = [article_of(text, f"{text} {name}.txt", title=name) for text in texts]
        write_articles(folder, articles, [cut(text) for text in texts])
        if request.param == "of a former version" and name == "one":
            columns = {key: array.copy() for key, array in map_arrays(folder / ENTRIES_FILE).items()}
            del columns["digests"]
            write_arrays(folder / ENTRIES_FILE, columns)
    return [Segment(tmp_path / name) for name in ("one", "two")]


PLACES = np.array([[1, 0], [0, 1], [0, 0], [1, 1]], dtype=np.int32)


def test_a_text_is_found_among_the_articles_that_are_compared(segments: list[Segment]) -> None:
    same = SameTexts(segments, PLACES, np.array([True, True, False, True]))

    found = [same.find(text.encode()) for text in (TEXTS[0], TEXTS[1], TEXTS[2], "Snow fell all day there", "")]

    assert found == [3, 1, 0, None, None]


def test_contents_are_found_by_their_hash(segments: list[Segment]) -> None:
    contents = Contents(segments, PLACES)

    for number, entries in enumerate(each.entries for each in segments):
        for place, entry in enumerate(entries):
            assert contents.find(entry.content_hash) == (number, place)
    assert contents.find("0" * 64) is None


def test_days_of_publication_are_read_off_what_is_known(tmp_path: Path) -> None:
    odd = ('"published": "1900-01-01"', 'published": null', "published", '\\"published": null')
    published = (date(1911, 5, 6), None, date(2024, 2, 29), None)
    articles = [
        article_of(f"Text {number}.", f"{number}.txt", title=title, published=day)
        for number, (title, day) in enumerate(zip(odd, published, strict=True))
    ]
    write_articles(tmp_path, articles, [cut(each.text) for each in articles])

    days = Segment(tmp_path).entries.days()

    assert days.tolist() == [day.toordinal() if day else 0 for day in published]


def test_ids_outside_of_ascii_are_read_as_they_were_written(tmp_path: Path) -> None:
    ids = ["a.txt", "Ærø/ö.txt", "b.txt"]
    write_articles(tmp_path, [article_of(id, id) for id in ids], [cut(id) for id in ids])
    assert Segment(tmp_path).entries.ids() == ids


def test_wanted_articles_are_to_be_read_or_those_there_were() -> None:
    assert planning.Wanted.the_same(3).numbers.tolist() == [0, 1, 2]
    assert planning.Wanted.to_read([lambda: article_of("x")]).numbers.tolist() == [-1]


def test_articles_are_listed_one_by_one_and_together(articles: Path, index: Path, encoder: CountingEncoder) -> None:
    update(articles, index, encoder)
    one_by_one = open_latest(index).articles

    singly = [one_by_one[number] for number in range(len(one_by_one))]

    together = open_latest(index).articles
    assert singly == list(together) == list(reversed([*reversed(together)]))
    assert together[0] == singly[0]
    assert together[1:3] == singly[1:3]
    assert together == one_by_one
    assert together != singly[:-1]
