"""Reading files as articles: formats, encodings, metadata, and what is refused."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from retrieval.articles.article import Skipped
from retrieval.articles.files import load, other_kinds, read, scan, stamp
from retrieval.articles.formats.registry import FORMATS, Format
from retrieval.errors import ArticleUnreadable, FolderMissing, StorageFailed

# --- the folder ----------------------------------------------------------------------------------------------


def test_scanning_lists_readable_files_in_the_order_of_their_paths(tmp_path: Path) -> None:
    for name in ("b.txt", "a/z.MD", "a/.hidden.txt", ".git/x.txt", "picture.png", "c.markdown"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("Text")

    found, skipped = scan(tmp_path)

    assert [file.path for file in found] == ["a/z.MD", "b.txt", "c.markdown"]
    assert [file.size for file in found] == [4, 4, 4]
    assert skipped == []


def test_an_index_among_the_articles_is_no_article(tmp_path: Path) -> None:
    for name in (
        "a.txt",
        "data/b.txt",
        "data/index/lock",
        "data/index/snapshot-00000001-b578f3ed1f0f36f2/manifest.json",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text("{}")

    found, skipped = scan(tmp_path)

    assert ([file.path for file in found], skipped) == (["a.txt", "data/b.txt"], [])
    assert other_kinds(tmp_path) == {}


def test_files_of_other_kinds_are_counted_but_for_hidden_ones_and_metadata(tmp_path: Path) -> None:
    for name in ("b.txt", "b.txt.meta.yaml", "plan.DOC", "plan2.doc", ".notes.doc", "Makefile"):
        (tmp_path / name).write_text("Text")

    assert other_kinds(tmp_path) == {".doc": 2, "": 1}


def test_a_link_out_of_the_folder_is_refused_and_one_inside_is_followed(tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    (tmp_path / "secret.txt").write_text("Secret")
    (folder / "real.txt").write_text("Text")
    (folder / "inside.txt").symlink_to(folder / "real.txt")
    (folder / "outside.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "away").symlink_to(tmp_path, target_is_directory=True)

    found, skipped = scan(folder)

    assert [file.path for file in found] == ["inside.txt", "real.txt"]
    assert [(entry.path, entry.reason) for entry in skipped] == [
        ("away", "it is a link to a folder, and those are not entered"),
        ("outside.txt", "it is a link to a place outside the articles folder"),
    ]


def test_what_is_no_readable_file_is_skipped_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "dangling.txt").symlink_to(tmp_path / "nowhere.txt")
    (tmp_path / "loop.txt").symlink_to(tmp_path / "loop.txt")
    os.mkfifo(tmp_path / "pipe.txt")
    Path(os.fsdecode(bytes(tmp_path) + b"/caf\xe9.txt")).write_text("Text")

    found, skipped = scan(tmp_path)

    assert found == []
    assert {entry.path: entry.reason for entry in skipped} == {
        "caf\N{REPLACEMENT CHARACTER}.txt": "its name is not valid UTF-8",
        "dangling.txt": "it is a link that leads nowhere",
        "loop.txt": "Too many levels of symbolic links",
        "pipe.txt": "it is not a regular file",
    }


def test_scanning_no_folder_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    for path in (tmp_path / "missing", tmp_path / "file"):
        with pytest.raises(FolderMissing) as caught:
            scan(path)
        assert caught.value.path == path


def test_reading_takes_the_name_below_the_folder_as_the_id(tmp_path: Path) -> None:
    (tmp_path / "news").mkdir()
    (tmp_path / "news" / "a.txt").write_text("They met.")

    article = read(tmp_path, "news/a.txt")

    assert (article.id, article.path, article.text) == ("news/a.txt", "news/a.txt", "They met.")


def test_looking_through_a_folder_loads_nothing_that_reads_files(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    code = (
        "import sys; from pathlib import Path; from retrieval.articles.files import scan\n"
        "scan(Path(sys.argv[1])); print(*sys.modules)"
    )

    loaded = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, check=True, text=True).stdout

    readers = {f"retrieval.articles.formats.{each.read.split('.')[0]}" for each in FORMATS.values()}
    assert "retrieval.articles.formats.registry" in loaded.split()
    assert not readers & set(loaded.split())


def test_reading_refuses_a_file_that_vanished_or_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FORMATS, ".txt", Format(FORMATS[".txt"].read, max_mib=1))
    (tmp_path / "large.txt").write_bytes(b"x" * (2**20 + 1))

    with pytest.raises(ArticleUnreadable, match="larger than 1 MiB"):
        read(tmp_path, "large.txt")
    with pytest.raises(ArticleUnreadable, match="No such file"):
        read(tmp_path, "gone.txt")


def test_a_folder_that_may_not_be_listed_is_an_error_not_an_empty_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: object) -> object:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", refuse)

    with pytest.raises(StorageFailed) as caught:
        scan(tmp_path)
    assert caught.value.reason == "Permission denied"


def test_a_folder_inside_that_may_not_be_listed_is_named_and_the_rest_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lost+found").mkdir()
    (tmp_path / "a.txt").write_text("Text")
    listing = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("lost+found"):
            raise PermissionError(13, "Permission denied", str(path))
        return listing(path)

    monkeypatch.setattr(os, "scandir", refuse)

    found, skipped = scan(tmp_path)

    assert [file.path for file in found] == ["a.txt"]
    assert skipped == [Skipped("lost+found", "the folder cannot be listed: Permission denied")]


def test_the_temporary_folder_on_macos_is_a_link_and_still_inside() -> None:
    with TemporaryDirectory() as name:
        real, link = Path(name) / "real", Path(name) / "link"
        real.mkdir()
        link.symlink_to(real)
        (real / "a.txt").write_text("Text")

        assert [file.path for file in scan(link)[0]] == ["a.txt"]


def test_a_file_whose_name_leaves_no_room_for_metadata_is_read(tmp_path: Path) -> None:
    name = "a" * 249 + ".md"
    (tmp_path / name).write_text("The quay is red.")

    [file], skipped = scan(tmp_path)

    assert not skipped
    assert load(tmp_path, file).articles[0].text == "The quay is red."
    assert stamp(tmp_path, name) == file.stamp
