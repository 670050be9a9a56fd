"""``quoth articles``: list, show, add and remove."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from retrieval.index import updating
from retrieval.index.updating import Report
from tests.bot.conftest import Quoth
from tests.retrieval.articles.web import Page, Web, serving

pytestmark = pytest.mark.usefixtures("library")


def test_the_articles_are_listed(quoth: Quoth, library: Path) -> None:
    (library / "blank.txt").write_bytes(b"")

    said = quoth("articles")

    assert said.status == 0
    lines = [" ".join(line.split()) for line in said.out.splitlines()]
    assert lines[0] == "id title source published"
    assert "sochi.md Abe and Putin meet TASS 6 May 2016" in lines
    assert "bread.txt On bread" in lines
    assert lines[-1] == "Skipped blank.txt: it holds no text."
    assert quoth("articles", "--json").objects[-1] == {"path": "blank.txt", "error": "it holds no text"}
    assert quoth("articles", "--json").objects[1]["published"] == "2016-05-06"


def test_an_empty_folder_is_an_error(quoth: Quoth, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    assert quoth("articles", "--articles", str(tmp_path / "empty")).status == 2
    assert "holds no article" in quoth("ask", "who?", "--articles", str(tmp_path / "empty")).err


def test_added_articles_are_indexed_at_once(quoth: Quoth, tmp_path: Path) -> None:
    news = tmp_path / "news.txt"
    news.write_text("The Golden bridge opens on Monday.", encoding="utf-8")
    quoth("index")

    said = quoth("articles", "add", str(news), str(news))

    assert said.status == 0
    assert said.out.startswith("news.txt is there already.\nAdded news.txt.\n")
    assert "│ The Golden bridge opens on Monday." in quoth("ask", "when opens the Golden bridge?").out


def test_whoever_changes_the_articles_waits_for_another_that_writes_the_index(
    quoth: Quoth, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    update = updating.update

    def watched(*given: Any, wait_s: float = 0.0, **how: Any) -> Report:
        waits.append(wait_s)
        return update(*given, wait_s=wait_s, **how)

    monkeypatch.setattr(updating, "update", watched)
    news = tmp_path / "news.txt"
    news.write_text("The Golden bridge opens on Monday.", encoding="utf-8")

    assert quoth("articles", "add", str(news)).status == 0
    assert quoth("articles", "remove", "news.txt").status == 0
    assert quoth("index").status == 0
    assert waits == [600.0, 600.0, 0.0]


def test_a_file_of_another_kind_is_refused_with_what_can_be_done(quoth: Quoth, tmp_path: Path) -> None:
    (tmp_path / "LICENSE").write_text("All rights reserved.", encoding="utf-8")

    said = quoth("articles", "add", str(tmp_path / "LICENSE"))

    assert said.status == 2
    assert said.err.endswith(": if it is text, give it a name that ends in .txt or .md.\n")


def test_a_colliding_name_is_refused_with_the_remedy(quoth: Quoth, tmp_path: Path) -> None:
    twin = tmp_path / "bread.txt"
    twin.write_text("Other bread.", encoding="utf-8")

    said = quoth("articles", "add", str(twin))

    assert said.status == 2
    assert "first run quoth articles remove bread.txt" in said.err


def test_an_article_is_shown_as_it_is_quoted(quoth: Quoth) -> None:
    said = quoth("articles", "show", "sochi.md")
    [shown] = quoth("articles", "show", "sochi.md", "--json").objects

    assert said.status == 0
    assert said.out.startswith("sochi.md\nAbe and Putin meet · TASS · 6 May 2016")
    assert "0 to " in said.out
    assert shown["id"] == "sochi.md"
    start, end = shown["passages"][0]
    assert shown["text"][start:end].startswith("Shinzo Abe met Vladimir Putin")


def test_showing_no_article_says_so(quoth: Quoth) -> None:
    said = quoth("articles", "show", "sotchi.md")

    assert said.status == 2
    assert "did you mean sochi.md?" in said.err


def test_standard_input_is_added_under_its_title_or_a_given_name(quoth: Quoth, library: Path) -> None:
    text = b"# The old mill\n\nThe mill burned down in 1911.\n"

    said = quoth("articles", "add", "-", stdin=text)
    assert said.status == 0
    assert "the-old-mill.md" in said.out

    assert "Added mill.txt." in quoth("articles", "add", "-", "--name", "mill.txt", stdin=text + b"It was old.").out
    assert quoth("articles", "add", "-", stdin=text).out.startswith("the-old-mill.md is there already.\n")
    assert (library / "the-old-mill.md").read_bytes() == text


@pytest.mark.parametrize("arguments", [("-", "a.txt"), ("a.txt", "--name", "b.txt")])
def test_standard_input_and_files_are_not_added_at_once(arguments: tuple[str, ...], quoth: Quoth) -> None:
    said = quoth("articles", "add", *arguments)

    assert said.status == 2
    assert "Give either files, or - for standard input" in said.err


def test_removed_articles_are_quoted_no_more(quoth: Quoth) -> None:
    quoth("index")

    said = quoth("articles", "remove", "whales.txt", "--json")

    assert said.objects[0]["removed"] == ["whales.txt"]
    assert quoth("ask", "what do blue whales eat?").status == 1


def test_the_last_article_may_be_removed(quoth: Quoth) -> None:
    said = quoth("articles", "remove", "whales.txt", "bread.txt", "sochi.md")

    assert said.status == 0
    assert "holds no article" in said.err


def test_folders_may_be_named_before_or_after_the_subcommand(quoth: Quoth, tmp_path: Path) -> None:
    news = tmp_path / "news.txt"
    news.write_text("The bridge opens on Monday.", encoding="utf-8")

    quoth("articles", "--articles", "one", "add", str(news), "--index", "one-index")
    quoth("articles", "--articles", "one", "--index", "two-index", "add", str(news), "--articles", "two")

    assert (tmp_path / "one" / "news.txt").exists()
    assert (tmp_path / "one-index").exists()
    assert (tmp_path / "two" / "news.txt").exists()
    assert (tmp_path / "two-index").exists()


# --- pages from the web --------------------------------------------------------------------------------------


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as served:
        yield served


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_page_on_the_web_is_fetched_and_answered_from(
    quoth: Quoth, library: Path, tmp_path: Path, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUOTH_FETCH_HOSTS", "127.0.0.1, wiki.example.org")
    news = tmp_path / "news.txt"
    news.write_text("It snowed all day.", encoding="utf-8")
    address = web.at("/mill", Page(b"# The mill\n\nThe Golden mill burned down in 1911.\n", "text/markdown"))

    quoth("index")
    said = quoth("articles", "add", address, str(news))

    assert said.status == 0
    assert said.out.startswith("Added 127.0.0.1-mill.md, news.txt.")
    [answer] = quoth("ask", "when burned the Golden mill down?", "--json").objects
    assert answer["quotes"][0]["article"]["url"] == address

    web.at("/mill", Page(b"# The mill\n\nThe Golden mill burned down in 1912.\n", "text/markdown"))
    assert quoth("articles", "add", address).out.startswith("Changed 127.0.0.1-mill.md.")
    assert "1912" in (library / "127.0.0.1-mill.md").read_text("utf-8")


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_page_inside_of_a_network_is_refused_with_the_setting_that_allows_it(
    quoth: Quoth, library: Path, web: Web
) -> None:
    before = sorted(library.iterdir())

    said = quoth("articles", "add", web.at("/", Page(b"Secret.", "text/plain")))

    assert said.status == 2
    assert "QUOTH_FETCH_HOSTS" in said.err
    assert web.asked == []
    assert sorted(library.iterdir()) == before


def test_an_address_that_is_not_on_the_web_is_no_file_either(quoth: Quoth) -> None:
    said = quoth("articles", "add", "ftp://example.org/a.txt")

    assert said.status == 2
    assert said.err.startswith("quoth: ftp://example.org/a.txt is not on the web")
