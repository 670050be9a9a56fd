"""The pages in a real browser, with scripts and without; skipped where ``quoth[browser]`` or Chromium lacks."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import pytest

from bot.pool import Pool
from bot.web import serving
from bot.web.access import Access
from bot.web.app import create_app
from bot.web.service import Opening, Service
from retrieval.engine import Engine
from retrieval.text.quote_link import QuoteLink
from tests.bot.conftest import ARTICLES
from tests.bot.web.conftest import engine_over

playwright = pytest.importorskip("playwright.sync_api", reason="no browser is driven without quoth[browser]")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here: apt-get install chromium"),
    pytest.mark.allow_hosts(["127.0.0.1"]),
]
WIDTHS = {360: 740, 1400: 900}
on_screens = pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1400, "dark")])
UNKNOWN = "quantum chromodynamics lagrangian?"
KNOWN = "who met Vladimir Putin in Sochi?"
SOCHI = "Shinzo Abe met Vladimir Putin in Sochi on May 6."
WHALES = "Blue whales eat krill."
BREAD = "Bread rises because yeast makes gas."
ODD = quote("odd/100 % #1?.txt")


@contextmanager
def served(engine: Engine) -> Iterator[str]:
    """A server on a port of this machine, while it runs."""
    pool = Pool("browser")
    app = create_app(Service(Opening(engine), pool, top=3), Access())
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = serving.Server(serving.config(app), hears_signals=False)
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()
    pool.close()


@pytest.fixture(scope="module")
def address(engine: Engine) -> Iterator[str]:
    with served(engine) as address:
        yield address


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """A server, and addresses of quotes by what became of them: their articles were edited since."""
    folder = tmp_path_factory.mktemp("followed") / "articles"
    folder.mkdir()
    for name, text in ARTICLES.items():
        (folder / name).write_text(text, encoding="utf-8")
    before = engine_over(folder, folder.with_name("index")).index
    links = {}
    for state, id, words in (
        ("moved", "sochi.md", SOCHI),
        ("changed", "whales.txt", WHALES),
        ("gone", "bread.txt", BREAD),
    ):
        article = before.article(id)
        start = article.text.index(words)
        links[state] = f"/quotes/{QuoteLink.to(article, start, start + len(words)).token}"
    for name, old, new in (("sochi.md", SOCHI, f"It rained.\n\n{SOCHI}"), ("whales.txt", "krill", "plankton")):
        (folder / name).write_text(ARTICLES[name].replace(old, new), encoding="utf-8")
    (folder / "bread.txt").unlink()
    with served(engine_over(folder, folder.with_name("index"))) as address:
        yield address, links


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class Seen:
    """A page of a browser, with the addresses that it asked for and what it complained of."""

    def __init__(self, chromium: Any, address: str, **how: Any) -> None:
        self.context = chromium.new_context(base_url=address, **how)
        self.page = self.context.new_page()
        self.page.set_default_timeout(60_000)
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("dialog", lambda dialog: self.complaints.append(dialog.message))

    def ask(self, question: str) -> None:
        """Type a question and press Enter, as one does who has no mouse."""
        self.page.focus("#q")
        self.page.keyboard.type(question)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")


@on_screens
def test_one_asks_goes_on_reads_and_is_declined_without_scripts(
    chromium: Any, address: str, width: int, scheme: str
) -> None:
    size = {"width": width, "height": WIDTHS[width]}
    seen = Seen(chromium, address, viewport=size, color_scheme=scheme, java_script_enabled=False)
    page = seen.page
    page.goto("/")

    seen.ask(KNOWN)
    assert page.locator("blockquote").first.is_visible()
    assert page.locator("blockquote mark").count() > 0
    seen.ask("when was that?")
    assert "about:" in page.locator(".understood").inner_text()
    words = page.locator("blockquote").first.inner_text()
    with page.expect_navigation():
        page.locator("figcaption a").first.click()
    mark = page.locator("#quote")
    assert mark.inner_text() in words
    box = mark.bounding_box()
    assert 0 <= box["y"] < WIDTHS[width]
    page.goto("/")
    seen.ask(UNKNOWN)
    assert page.get_by_text("The articles do not say.").is_visible()
    nearest = page.locator("section blockquote")
    assert [each.is_visible() for each in nearest.all()] == [False] * nearest.count()

    assert seen.complaints == []
    assert {each.split("/")[2] for each in seen.asked} == {address.removeprefix("http://")}
    seen.context.close()


@on_screens
def test_a_link_is_followed_after_its_article_changed(
    chromium: Any, followed: tuple[str, dict[str, str]], width: int, scheme: str
) -> None:
    address, links = followed
    size = {"width": width, "height": WIDTHS[width]}
    seen = Seen(chromium, address, viewport=size, color_scheme=scheme, java_script_enabled=False)
    page = seen.page

    page.goto(links["moved"])
    assert page.locator("blockquote").inner_text() == SOCHI
    with page.expect_navigation():
        page.locator("figcaption a").first.click()
    assert page.locator("#quote").inner_text() == SOCHI
    assert 0 <= page.locator("#quote").bounding_box()["y"] < WIDTHS[width]
    page.goto(links["changed"])
    assert page.get_by_role("status").inner_text().startswith("The article does not have these words.")
    assert page.locator("blockquote").all_inner_texts() == [WHALES, WHALES.replace("krill", "plankton")]
    assert page.locator("blockquote mark").all_inner_texts() == ["krill.", "plankton."]
    assert page.locator("blockquote").first.bounding_box()["y"] < WIDTHS[width]
    page.goto(links["gone"])
    assert page.get_by_role("status").inner_text().startswith("No article here has these words.")
    assert page.locator("blockquote").inner_text() == BREAD

    assert seen.complaints == []
    assert {each.split("/")[2] for each in seen.asked} == {address.removeprefix("http://")}
    seen.context.close()


def test_a_quote_is_copied_with_where_it_stands(chromium: Any, address: str) -> None:
    seen = Seen(chromium, address, permissions=["clipboard-read", "clipboard-write"])
    page = seen.page
    page.goto("/")
    seen.ask(KNOWN)

    page.get_by_role("button", name="Copy the quote").first.click()
    page.get_by_role("button", name="Copied").wait_for()

    words, whence, link = page.evaluate("navigator.clipboard.readText()").split("\n")
    assert words == f"“{page.locator('blockquote').first.inner_text()}”"
    assert whence.startswith("Abe and Putin meet · TASS · 6 May 2016")
    page.goto(link)
    assert page.locator("blockquote").inner_text() == words[1:-1]
    assert seen.complaints == []
    seen.context.close()


def test_who_waits_for_an_answer_is_told_and_asks_once(chromium: Any, address: str) -> None:
    seen = Seen(chromium, address)
    page = seen.page
    page.goto("/")
    # What the form would send goes nowhere, so that the page stays as it waits.
    count = "addEventListener('submit', event => { sent += !event.defaultPrevented; event.preventDefault() })"
    page.evaluate(f"globalThis.sent = 0; {count}")

    page.fill("#q", KNOWN)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Reading…").wait_for()
    page.keyboard.press("Enter")

    assert page.evaluate("sent") == 1
    seen.context.close()


def test_nothing_of_a_hostile_article_runs_or_loads(chromium: Any, address: str) -> None:
    seen = Seen(chromium, address)
    for path in (f"/read/{ODD}", "/library", "/?q=what+did+the+mayor+of+Vexley+say%3F", "/?q=%3Cscript%3Ealert(1)"):
        seen.page.goto(path, wait_until="load")

    assert seen.complaints == []
    assert {each.split("/")[2] for each in seen.asked} == {address.removeprefix("http://")}
    seen.context.close()


@on_screens
def test_axe_finds_nothing_and_no_page_is_wider_than_the_screen(
    chromium: Any, address: str, followed: tuple[str, dict[str, str]], width: int, scheme: str
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe comes with quoth[browser]").Axe()
    size = {"width": width, "height": WIDTHS[width]}
    # Axe is a script, which the server's policy would not let run.
    seen = Seen(chromium, address, viewport=size, color_scheme=scheme, bypass_csp=True)
    found = []
    asked = [f"/?q={quote(KNOWN)}&source=TASS", f"/?q={quote(UNKNOWN)}", "/?q=%21"]
    quoted = [f"{followed[0]}{link}" for link in followed[1].values()]
    for path in ("/", *asked, "/library", "/docs", f"/read/{ODD}", "/nowhere", *quoted):
        seen.page.goto(path)
        seen.page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
        result = axe.run(seen.page).response
        assert result["passes"]
        found += [(path, each["id"]) for each in result["violations"]]
        if seen.page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            found.append((path, "wider than the screen"))

    assert found == []
    seen.context.close()
