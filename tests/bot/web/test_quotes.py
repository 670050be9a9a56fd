"""A quote by its link: the page and the JSON of what became of it, and links that lead nowhere."""

from __future__ import annotations

import asyncio
import re
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bot.pool import Busy
from bot.web import shapes
from bot.web.service import Opening, Service
from retrieval.engine import Engine
from retrieval.text.quote_link import QuoteLink
from tests.bot.conftest import ARTICLES
from tests.bot.web.conftest import engine_over
from tests.bot.web.test_api import has_shape, problem
from tests.bot.web.test_pages import ASKED, Page, get

if TYPE_CHECKING:
    from starlette.testclient import TestClient

WORDS = "Shinzo Abe met Vladimir Putin in Sochi on May 6."
CHANGED = "Shinzo Abe met Dmitry Medvedev in Sochi on May 6."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Articles that a test may change."""
    folder = tmp_path / "articles"
    folder.mkdir()
    for name, text in ARTICLES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def link_to(engine: Engine, words: str = WORDS, id: str = "sochi.md") -> QuoteLink:
    article = engine.index.article(id)
    start = article.text.index(words)
    return QuoteLink.to(article, start, start + len(words))


def after(source: Opening, folder: Path, **files: str | None) -> Engine:
    """Serve the articles after files of them were changed, or, with None, removed."""
    for name, text in files.items():
        path = folder / name.replace("_", ".")
        path.unlink() if text is None else path.write_text(text, encoding="utf-8")
    source.engine = engine_over(folder, folder.with_name("index"))
    return source.engine


def said(client: TestClient, link: QuoteLink) -> dict[str, Any]:
    """The JSON of a quote, which has the shape that is promised."""
    found: dict[str, Any] = client.get(f"/quotes/{link.token}").json()
    shapes.LinkedQuote.model_validate(found)
    assert set(found) == set(shapes.LinkedQuote.model_fields)
    for words in (found["quote"], found["now"]):
        assert words is None or has_shape(words, shapes.LinkedWords)
    return found


def test_a_quote_of_an_answer_leads_to_itself(client: TestClient) -> None:
    answered = get(client, ASKED)
    (link, *_) = [each["href"] for each in answered.all("a") if each["text"] == "Link to this quote"]

    page = get(client, link)

    assert page.all("blockquote")[0]["text"] == answered.all("blockquote")[0]["text"]
    assert page.text("p", role="status") == "These words stand where they were quoted."
    assert page.text("h1") == "A quote from “Abe and Putin meet”"
    (read, *_) = [each["href"] for each in page.all("a") if "figcaption" in each["within"]]
    assert "".join(each["text"] for each in get(client, read).all("mark")) == page.all("blockquote")[0]["text"]
    assert {each["href"] for each in page.all("a") if each["text"] == "Link to this quote"} == {link}


def test_a_program_gets_json(client: TestClient, engine: Engine) -> None:
    link = link_to(engine)
    found = said(client, link)

    assert (found["state"], found["stands"], found["link"]) == ("stands", True, f"/quotes/{link.token}")
    assert found["quote"]["text"] == found["quoted"]["text"] == WORDS
    assert found["quote"]["article"]["published"] == "2016-05-06"
    assert client.get(f"/quotes/{link.token}").headers["vary"] == "Accept"


def test_links_name_the_server_where_its_address_is_known(client: TestClient, service: Service) -> None:
    service.address = "https://quotes.example.org"

    answered = client.post("/ask", json={"question": "who met Vladimir Putin in Sochi?"}).json()

    address = answered["quotes"][0]["link"]
    assert address.startswith("https://quotes.example.org/quotes/")
    assert client.get(address.removeprefix(service.address)).json()["link"] == address


def test_words_that_moved_are_shown_where_they_are(client: TestClient, source: Opening, folder: Path) -> None:
    link = link_to(after(source, folder))
    after(source, folder, sochi_md=ARTICLES["sochi.md"].replace(WORDS, f"It rained.\n\n{WORDS}"))

    found, page = said(client, link), get(client, f"/quotes/{link.token}")

    assert (found["state"], found["quote"]["text"], found["quote"]["start"]) == ("moved", WORDS, link.start + 12)
    assert page.all("blockquote")[0]["text"] == WORDS
    assert "at another place" in page.text("p", role="status")


def test_of_an_article_that_changed_both_versions_are_shown_with_what_differs(
    client: TestClient, source: Opening, folder: Path
) -> None:
    link = link_to(after(source, folder))
    after(source, folder, sochi_md=ARTICLES["sochi.md"].replace(WORDS, CHANGED))

    found, page = said(client, link), get(client, f"/quotes/{link.token}")

    assert (found["state"], found["stands"], found["quote"], found["now"]["text"]) == ("changed", False, None, CHANGED)
    assert [each["text"] for each in page.all("blockquote")] == [WORDS, CHANGED]
    marks = [each["text"] for each in page.all("mark") if "blockquote" in each["within"]]
    assert marks == ["Vladimir Putin", "Dmitry Medvedev"]
    assert [each["text"] for each in page.all("h2")] == ["What was quoted, as the link has it", "What it says now"]


def test_an_article_that_went_or_is_another_is_told(client: TestClient, source: Opening, folder: Path) -> None:
    link = link_to(after(source, folder))
    after(source, folder, sochi_md="---\ntitle: Abe and Putin meet\n---\nNothing is known of it.\n")

    page = get(client, f"/quotes/{link.token}")
    assert "It says nothing like it now." in page.text("main")
    after(source, folder, other_txt=f"Reprint\n\n{WORDS}\n")
    assert "Another has them: Reprint" in get(client, f"/quotes/{link.token}").text("p", role="status")
    assert said(client, link)["also_in"] == "other.txt"
    after(source, folder, sochi_md=None)
    assert (said(client, link)["state"], said(client, link)["quote"]["article"]["id"]) == ("elsewhere", "other.txt")
    after(source, folder, other_txt=None)
    page = get(client, f"/quotes/{link.token}")
    assert "No article here has these words" in page.text("p", role="status")
    assert [each["text"] for each in page.all("blockquote")] == [WORDS]
    assert (said(client, link)["quote"], said(client, link)["now"]) == (None, None)


def test_a_file_that_changed_since_it_was_indexed_is_told(client: TestClient, source: Opening, folder: Path) -> None:
    link = link_to(after(source, folder))
    (folder / "sochi.md").unlink()

    assert said(client, link)["stale"] == "removed"
    assert "was removed after it was indexed" in get(client, f"/quotes/{link.token}").text("figcaption")


def test_a_newer_article_about_the_same_is_named(client: TestClient, source: Opening, folder: Path) -> None:
    words = "The ferry Nordlys ran aground off Skarvik with captain Jonas Ekeland aboard."
    later = "The ferry Nordlys off Skarvik was towed away, said captain Jonas Ekeland."
    for name, day, text in (("a.md", "2022-01-10", words), ("b.md", "2022-01-14", later)):
        (folder / name).write_text(f"---\ntitle: About {name}\npublished: {day}\n---\n{text}\n", encoding="utf-8")
    link = link_to(after(source, folder), words, "a.md")

    page = get(client, f"/quotes/{link.token}")

    assert said(client, link)["newer"]["id"] == "b.md"
    assert "A newer article is about the same: About b.md, 14 January 2022" in page.text("figcaption")
    assert said(client, link_to(source.engine, later, "b.md"))["newer"] is None  # type: ignore[arg-type]


async def test_links_wait_for_their_turn_as_questions_do(service: Service, engine: Engine) -> None:
    going = threading.Event()
    waiting = [asyncio.ensure_future(service.pool.run(going.wait)) for _ in range(2)]
    await asyncio.sleep(0)

    with pytest.raises(Busy):
        await service.trace(link_to(engine))

    going.set()
    await asyncio.gather(*waiting)
    assert (await service.trace(link_to(engine))).state == "stands"


# --- hostile links -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["A", "é", "%00", "x" * 9_000, "..%2f..%2fetc%2fpasswd", "sochi.md", "AQAAAAAAAAAAAAAA", "%ff"],
)
def test_what_is_no_link_is_refused_with_the_remedy(client: TestClient, path: str) -> None:
    response = client.get(f"/quotes/{path}")

    if response.status_code != 404:  # a stroke makes it another address
        assert problem(response)["type"] == "/docs#link"
        assert "copy it whole" in problem(response)["detail"]
    page = Page(client.get(f"/quotes/{path}", headers={"Accept": "text/html"}).text)
    assert page.text("h1") in {"This is no link to a quote", "There is nothing at this address"}


@pytest.mark.parametrize(
    "id",
    ["../secret.txt", "/etc/passwd", "..%2fsecret.txt", "a/../../secret.txt", "\0", "\udcff", "../articles/sochi.md"],
)
def test_no_link_leads_out_of_the_articles(client: TestClient, source: Opening, folder: Path, id: str) -> None:
    (folder.parent / "secret.txt").write_text("A secret\n\nThe password is swordfish tonight.\n", encoding="utf-8")
    engine = after(source, folder)
    there = replace(link_to(engine), article=id)
    words = "The password is swordfish tonight."
    secret = QuoteLink.to(replace(engine.index.article("sochi.md"), text=words, id=id), 0, len(words))

    assert said(client, secret)["state"] == "gone"
    assert (said(client, there)["state"], said(client, there)["quote"]["article"]["id"]) == ("renamed", "sochi.md")
    assert client.get(f"/quotes/{secret.token}").status_code == 200


def test_no_link_leads_to_the_articles_of_another_collection(
    client: TestClient, source: Opening, folder: Path, tmp_path: Path
) -> None:
    other = tmp_path / "collections" / "guild" / "articles"
    other.mkdir(parents=True)
    (other / "sochi.md").write_text("Theirs alone\n\nThe password is swordfish tonight.\n", encoding="utf-8")
    link = link_to(engine_over(other, other.with_name("index")), "The password is swordfish tonight.")
    after(source, folder)

    found = said(client, link)

    assert (found["state"], found["quote"], found["now"]) == ("changed", None, None)


def test_the_words_of_a_link_are_text_and_nothing_else(client: TestClient, engine: Engine) -> None:
    words = "<script>alert(1)</script><img src=x onerror=alert(1)> \u202eneila"
    article = replace(engine.index.article("sochi.md"), text=words, title="<b>", id="javascript:alert(1)")
    link = QuoteLink.to(article, 0, len(words))

    response = client.get(f"/quotes/{link.token}", headers={"Accept": "text/html"})

    page = Page(response.text)
    assert [each["src"] for each in page.all("script")] == ["/static/page.js"]
    assert page.all("img") + page.all("b") == []
    assert "<script>alert(1)</script>" in page.text("blockquote")
    assert not re.search("[\u202a-\u202e]", response.text)
    assert not [each["href"] for each in page.all("a") if "javascript" in each["href"]]
