"""Files that are no articles, in the folder that is indexed: named, and the rest indexed."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.articles import files as articles_module
from retrieval.articles.formats.registry import FORMATS
from retrieval.errors import (
    ArticleUnreadable,
    FolderMissing,
    NoArticles,
)
from retrieval.index import changes as changes_module
from retrieval.index.address import Where
from retrieval.index.places import place_of
from retrieval.index.updating import open_up_to_date, update
from tests.fakes import FakeEncoder
from tests.retrieval.examples import CountingEncoder, write
from tests.retrieval.index.comparing import IDS, KEEPER
from tests.retrieval.places import both, open_at
from tests.volume import few


@both
def test_an_unreadable_file_is_named_and_the_rest_indexed(
    articles: Path, index: Where, encoder: CountingEncoder
) -> None:
    write(articles, "broken.txt", b"\0\1\2")
    write(articles, "empty.md", "")
    (articles / "gone.txt").symlink_to(articles / "nowhere")

    opened, report = open_up_to_date(articles, index, encoder)

    assert report is not None
    assert report.added == IDS
    assert [(skipped.path, skipped.reason) for skipped in report.skipped] == [
        ("broken.txt", "it is not a text file"),
        ("empty.md", "it holds no text"),
        ("gone.txt", "it is a link that leads nowhere"),
    ]
    assert opened.skipped == report.skipped
    assert open_up_to_date(articles, index, encoder)[1] is None


@both
def test_a_file_that_becomes_unreadable_answers_no_more(articles: Path, index: Where, encoder: CountingEncoder) -> None:
    update(articles, index, encoder)
    write(articles, "sports/final.txt", b"\0", age_s=1800)

    opened, report = open_up_to_date(articles, index, encoder)

    assert report is not None
    assert report.removed == ("sports/final.txt",)
    assert [skipped.path for skipped in report.skipped] == ["sports/final.txt"]
    assert "sports/final.txt" not in [article.id for article in opened.articles]


@both
def test_a_file_that_becomes_readable_is_indexed(articles: Path, index: Where, encoder: CountingEncoder) -> None:
    write(articles, "keeper.txt", b"\0")
    update(articles, index, encoder)
    write(articles, "keeper.txt", KEEPER, age_s=1800)

    report = update(articles, index, encoder)

    assert (report.added, report.skipped) == (("keeper.txt",), ())


@both
def test_a_file_that_only_lacked_permission_is_indexed_once_it_has_it(
    articles: Path, index: Where, encoder: CountingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Permission changes no time stamp. Whoever runs this as root may read everything, hence the double.
    real = articles_module.read_bytes

    def refuse(folder: Path, name: str) -> bytes:
        if name == "sports/final.txt":
            raise ArticleUnreadable(name, "Permission denied")
        return real(folder, name)

    with monkeypatch.context() as patch:
        patch.setattr(changes_module, "read_bytes", refuse)
        _, refused = open_up_to_date(articles, index, encoder)
        assert refused is not None
        assert [(s.path, s.reason) for s in refused.skipped] == [("sports/final.txt", "Permission denied")]
        assert open_up_to_date(articles, index, encoder)[1] is None

    _, report = open_up_to_date(articles, index, encoder)

    assert report is not None
    assert (report.added, report.skipped) == (("sports/final.txt",), ())


@both
def test_no_articles_say_how_many_files_were_skipped(tmp_path: Path, index: Where, encoder: CountingEncoder) -> None:
    write(tmp_path / "articles", "a.txt", b"\0")
    write(tmp_path / "articles", "b.txt", b"")
    write(tmp_path / "articles", "picture.png", b"png")

    with pytest.raises(NoArticles) as caught:
        open_up_to_date(tmp_path / "articles", index, encoder)

    assert (caught.value.path, caught.value.skipped) == (tmp_path / "articles", 2)
    assert place_of(index).newest() is None


@both
def test_a_missing_folder_leaves_the_index_alone(articles: Path, index: Where, encoder: CountingEncoder) -> None:
    update(articles, index, encoder)
    missing = articles / "nowhere"

    with pytest.raises(FolderMissing) as caught:
        open_up_to_date(missing, index, encoder)

    assert caught.value.path == missing
    assert open_at(index).passages == 5


@given(st.sampled_from(sorted(FORMATS)), st.binary(max_size=400))
@few(10)
def test_any_bytes_as_a_file_are_indexed_or_named(suffix: str, content: bytes) -> None:
    with TemporaryDirectory() as name:
        articles = Path(name, "articles")
        write(articles, "good.txt", KEEPER)
        write(articles, f"odd{suffix}", content)

        opened, report = open_up_to_date(articles, Path(name, "index"), FakeEncoder())

        assert report is not None
        assert {*report.added, *(skipped.path for skipped in report.skipped)} == {"good.txt", f"odd{suffix}"}
        assert "good.txt" in report.added
        assert all(passage.text.strip() for passage in opened.passages_at(range(opened.passages)))
