"""Putting articles into the folder and taking them out."""

from __future__ import annotations

import unicodedata
from datetime import date
from pathlib import Path

import pytest

from retrieval.articles import care as folder
from retrieval.articles.received import Fetched
from retrieval.errors import (
    ArticleExists,
    ArticleOneOfMany,
    ArticleUnknown,
    ArticleUnreadable,
    FetchFailed,
    FileMissing,
    FolderMissing,
    StorageFailed,
)
from retrieval.index.snapshot import open_latest
from retrieval.index.updating import update
from tests.fakes import FakeEncoder
from tests.retrieval.examples import write


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A folder with three articles."""
    articles = {
        "sochi.md": "---\ntitle: Abe and Putin meet\n---\nThey met in Sochi on May 6.\n",
        "whales.txt": "Whales of the north\n\nBlue whales eat krill.\n",
        "bread.txt": "On bread\n\nBread rises because yeast makes gas.\n",
    }
    for name, text in articles.items():
        write(tmp_path / "articles", name, text)
    return tmp_path / "articles"


@pytest.fixture
def news(tmp_path: Path) -> Path:
    path = tmp_path / "inbox" / "news.txt"
    path.parent.mkdir()
    path.write_text("The bridge opens on Monday.", encoding="utf-8")
    return path


def names(library: Path) -> list[str]:
    return sorted(path.name for path in library.iterdir())


def test_a_file_is_copied_into_the_folder(library: Path, news: Path) -> None:
    before = names(library)

    assert folder.add(library, [news]) == (["news.txt"], [])
    assert names(library) == sorted([*before, "news.txt"])
    assert (library / "news.txt").read_bytes() == news.read_bytes()


def test_the_folder_is_made_for_the_first_article(tmp_path: Path, news: Path) -> None:
    folder.add(tmp_path / "new" / "articles", [news])

    assert (tmp_path / "new" / "articles" / "news.txt").exists()


def test_a_file_that_is_there_already_is_left_alone(library: Path, news: Path) -> None:
    folder.add(library, [news])

    assert folder.add(library, [news]) == ([], ["news.txt"])
    assert folder.add(library, [library / "bread.txt"]) == ([], ["bread.txt"])


def test_another_article_of_that_name_is_never_overwritten(library: Path, news: Path) -> None:
    twin = news.with_name("bread.txt")
    twin.write_text("Something else about bread.", encoding="utf-8")
    before = (library / "bread.txt").read_bytes()

    with pytest.raises(ArticleExists):
        folder.add(library, [news, twin])

    assert (library / "bread.txt").read_bytes() == before
    assert "news.txt" not in names(library)


def test_two_new_files_of_one_name_are_not_mixed_up(library: Path, news: Path, tmp_path: Path) -> None:
    other = tmp_path / "news.txt"
    other.write_text("The bridge opens on Tuesday.", encoding="utf-8")

    with pytest.raises(ArticleExists):
        folder.add(library, [news, other])

    assert folder.add(library, [news, news]) == (["news.txt"], ["news.txt"])


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.png", b"PNG", "ends in none of"),
        (".hidden.txt", b"Words.", "dot"),
        ("blank.txt", b"  \n", "no text"),
        ("zeros.txt", b"\0\0\0", "not a text file"),
    ],
)
def test_what_is_no_article_does_not_land(
    name: str, content: bytes, reason: str, library: Path, news: Path, tmp_path: Path
) -> None:
    before = names(library)
    (tmp_path / name).write_bytes(content)

    with pytest.raises(ArticleUnreadable, match=reason):
        folder.add(library, [news, tmp_path / name])

    assert names(library) == before


@pytest.mark.parametrize("name", ["letters", "letters.md"])
def test_a_folder_is_named_as_one(name: str, library: Path, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()

    with pytest.raises(ArticleUnreadable, match="it is a folder"):
        folder.add(library, [tmp_path / name])


def test_a_missing_file_is_named(library: Path) -> None:
    with pytest.raises(FileMissing) as caught:
        folder.add(library, [Path("nowhere.txt")])

    assert caught.value.path == Path("nowhere.txt")


def test_what_is_not_there_is_missing_whatever_its_name(library: Path) -> None:
    with pytest.raises(FileMissing):
        folder.add(library, [Path("www.example.org")])


def test_a_failed_write_leaves_nothing_behind(library: Path, news: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = names(library)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device", str(library / ".adding-1"))

    monkeypatch.setattr(Path, "replace", fail)

    with pytest.raises(StorageFailed, match="No space left") as caught:
        folder.add(library, [news])
    assert caught.value.path == library
    assert names(library) == before


def test_articles_are_removed_by_id(library: Path) -> None:
    (library / "old").mkdir()
    (library / "old" / "note.txt").write_text("A note.", encoding="utf-8")

    folder.remove(library, ["old/note.txt", "bread.txt", "bread.txt"])

    assert names(library) == ["old", "sochi.md", "whales.txt"]
    assert not list((library / "old").iterdir())


def test_an_unknown_id_removes_nothing_and_names_those_alike(library: Path) -> None:
    before = names(library)

    with pytest.raises(ArticleUnknown) as caught:
        folder.remove(library, ["whales.txt", "bred.txt"])

    assert caught.value.near == ("bread.txt",)
    assert names(library) == before


@pytest.mark.parametrize("id", ["../secret.txt", "sub/../../secret.txt", "{tmp}/secret.txt", "link.txt", ""])
def test_no_id_leads_out_of_the_folder(id: str, library: Path, tmp_path: Path) -> None:
    secret = library.parent / "secret.txt"
    secret.write_text("Keep me.", encoding="utf-8")
    (tmp_path / "secret.txt").write_text("Keep me.", encoding="utf-8")
    (library / "link.txt").symlink_to(secret)

    with pytest.raises(ArticleUnknown):
        folder.remove(library, [id.format(tmp=tmp_path)])

    assert secret.exists()
    assert (tmp_path / "secret.txt").exists()


def test_removing_from_a_missing_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(FolderMissing):
        folder.remove(tmp_path / "nowhere", ["a.txt"])


def test_a_survey_tells_articles_from_other_files(library: Path) -> None:
    (library / "blank.txt").write_bytes(b"")

    found, skipped = folder.survey(library)

    assert [article.id for article in found] == ["bread.txt", "sochi.md", "whales.txt"]
    assert [file.path for file in skipped] == ["blank.txt"]


# --- formats, and metadata beside a file ---------------------------------------------------------------------

SIDECAR = "news.txt.meta.yaml"


def test_metadata_beside_a_file_come_and_go_with_it(library: Path, news: Path) -> None:
    news.with_name(SIDECAR).write_text("source: Herald", encoding="utf-8")

    assert folder.add(library, [news]) == (["news.txt"], [])
    assert folder.find(library, "news.txt").source == "Herald"
    assert folder.add(library, [news]) == ([], ["news.txt"])

    folder.remove(library, ["news.txt"])
    assert not [name for name in names(library) if name.startswith("news")]


def test_other_metadata_for_a_file_that_is_there_are_not_overwritten(library: Path, news: Path) -> None:
    folder.add(library, [news])
    (library / SIDECAR).write_text("source: Herald", encoding="utf-8")
    news.with_name(SIDECAR).write_text("source: Radio", encoding="utf-8")

    with pytest.raises(ArticleExists):
        folder.add(library, [news])
    assert folder.find(library, "news.txt").source == "Herald"


def test_text_is_named_after_its_title_or_as_told(library: Path) -> None:
    assert folder.add_text(library, b"# A big *day*!\n\nThey met.", None) == (["a-big-day.md"], [])
    assert folder.add_text(library, b"# A big *day*!\n\nThey met.", None) == ([], ["a-big-day.md"])
    assert folder.add_text(library, b'{"text": "They met."}', "day.json") == (["day.json"], [])
    assert folder.find(library, "day.json").text == "They met."


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../out.md", "without a folder"),
        ("in/there.md", "without a folder"),
        ("c:\\there.md", "without a folder"),
        (".hidden.md", "dot"),
        ("picture.png", "ends in none of"),
    ],
)
def test_no_name_for_text_leads_out_of_the_folder(name: str, reason: str, library: Path) -> None:
    before = names(library)

    with pytest.raises(ArticleUnreadable, match=reason):
        folder.add_text(library, b"Words.", name)
    assert names(library) == before


def test_one_of_several_articles_in_a_file_cannot_be_removed_by_itself(library: Path) -> None:
    (library / "news.jsonl").write_text('{"text": "One."}\n{"text": "Two."}\n3', encoding="utf-8")

    assert folder.find(library, "news.jsonl#2").text == "Two."
    with pytest.raises(ArticleOneOfMany) as caught:
        folder.remove(library, ["news.jsonl#2"])
    assert (caught.value.id, caught.value.path) == ("news.jsonl#2", "news.jsonl")
    found, skipped = folder.survey(library)
    assert [article.id for article in found if article.path == "news.jsonl"] == ["news.jsonl#1", "news.jsonl#2"]
    assert [(file.path, file.reason) for file in skipped] == [("news.jsonl#3", "it is not a JSON object")]

    folder.remove(library, ["news.jsonl"])
    assert "news.jsonl" not in names(library)


@pytest.mark.parametrize("id", ["bred.txt", "../secret.txt", "bread.txt.bak", ""])
def test_what_is_no_article_is_not_found(id: str, library: Path) -> None:
    (library.parent / "secret.txt").write_text("Keep me.", encoding="utf-8")

    with pytest.raises(ArticleUnknown):
        folder.find(library, id)


def test_an_article_that_its_file_does_not_hold_is_not_found(library: Path) -> None:
    with pytest.raises(ArticleUnknown) as caught:
        folder.find(library, "bread.txt#1")
    assert caught.value.near == ("bread.txt",)


def test_whoever_names_a_file_of_several_articles_is_told_their_names(library: Path) -> None:
    (library / "news.jsonl").write_text("".join(f'{{"text": "Text {n}."}}\n' for n in range(5)), "utf-8")

    with pytest.raises(ArticleUnknown) as caught:
        folder.find(library, "news.jsonl")

    assert caught.value.near == ("news.jsonl#1", "news.jsonl#2", "news.jsonl#3")


@pytest.mark.parametrize(("on_disk", "typed"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_a_name_in_unicodes_other_form_is_found(on_disk: str, typed: str, tmp_path: Path) -> None:
    name = "cafés/Ærø über.json"
    written, said = (unicodedata.normalize(form, name) for form in (on_disk, typed))  # type: ignore[arg-type]
    write(tmp_path, written, b'[{"text": "The quay."}, {"text": "The ferry."}]')
    update(tmp_path, tmp_path / "index", FakeEncoder())

    assert folder.find(tmp_path, f"{said}#2").text == "The ferry."
    assert open_latest(tmp_path / "index").article(f"{said}#2").text == "The ferry."
    with pytest.raises(ArticleOneOfMany):
        folder.remove(tmp_path, [f"{said}#2"])
    folder.remove(tmp_path, [said])
    assert not (tmp_path / written).exists()


# --- pages from the web --------------------------------------------------------------------------------------


def page(text: str, address: str = "https://example.org/mill", day: date = date(2016, 11, 28)) -> Fetched:
    return Fetched(
        address, ".txt", text.encode(), day, "text/plain", "Sun, 27 Nov 2016 09:00:00 GMT", "example.org-mill"
    )


def test_a_fetched_page_lands_with_its_address_and_no_date_of_publication(library: Path) -> None:
    assert folder.add_fetched(library, [page("The mill burned down in 1911.")]) == ["example.org-mill.txt"]

    article = folder.find(library, "example.org-mill.txt")
    assert (article.url, article.published) == ("https://example.org/mill", None)
    assert (library / "example.org-mill.txt.meta.yaml").read_text("utf-8").splitlines() == [
        "url: https://example.org/mill",
        "fetched: '2016-11-28'",
        "content_type: text/plain",
        "last_modified: Sun, 27 Nov 2016 09:00:00 GMT",
    ]


def test_a_page_that_is_fetched_again_takes_its_place_and_keeps_what_a_person_wrote(library: Path) -> None:
    folder.add_fetched(library, [page("The mill burns.")])
    sidecar = library / "example.org-mill.txt.meta.yaml"
    sidecar.write_text("title: The mill\npublished: 1911-05-06\n" + sidecar.read_text("utf-8"), encoding="utf-8")

    folder.add_fetched(library, [page("The mill burned down.", day=date(2016, 11, 29))])

    article = folder.find(library, "example.org-mill.txt")
    assert (article.text, article.title, article.published) == (
        "The mill burned down.",
        "The mill",
        date(1911, 5, 6),
    )
    assert sidecar.read_text("utf-8").count("fetched: '2016-11-29'") == 1


@pytest.mark.parametrize(
    "spoilt", ["title: [\nurl: https://example.org/mill\n", f"url: https://example.org/mill\n# {'long ' * 4_000}"]
)
def test_a_metadata_file_that_cannot_be_read_whole_stays_as_it_is(library: Path, spoilt: str) -> None:
    folder.add_fetched(library, [page("The mill burns.")])
    sidecar = library / "example.org-mill.txt.meta.yaml"
    sidecar.write_text(spoilt, encoding="utf-8")

    folder.add_fetched(library, [page("The mill burned down.")])

    assert sidecar.read_text("utf-8") == spoilt


def test_addresses_that_would_have_one_name_get_two(library: Path) -> None:
    addresses = [f"https://example.org/mill?page={number}" for number in (1, 2, 3)]
    pages = [page(f"Page {address}.", address) for address in addresses]

    together = folder.add_fetched(library, pages[:2])
    later = folder.add_fetched(library, [pages[2], pages[0]])

    assert len({*together, *later}) == 3
    assert later[1] == together[0] == "example.org-mill.txt"


def test_a_page_never_takes_the_place_of_other_files(library: Path) -> None:
    for name in page("").names:
        write(library, name, "Something else.")

    with pytest.raises(ArticleExists):
        folder.add_fetched(library, [page("The mill burns.")])


def test_no_page_lands_where_one_is_no_article(library: Path) -> None:
    before = names(library)

    with pytest.raises(FetchFailed) as caught:
        folder.add_fetched(library, [page("The mill burns."), page("", "https://example.org/empty")])

    assert (caught.value.problem, caught.value.address) == ("unreadable", "https://example.org/empty")
    assert names(library) == before
