"""The pages, as whoever reads them without a script sees them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from html import unescape
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from bot.web import pages, rendering
from retrieval.engine import Engine
from tests.bot.examples import a_quote, an_article

if TYPE_CHECKING:
    from starlette.testclient import TestClient

ODD = "odd/100 % #1?.txt"
HTML = {"Accept": "text/html,application/xhtml+xml"}
ASKED = "/?q=who+met+Vladimir+Putin+in+Sochi%3F"
UNKNOWN = "/?q=quantum+chromodynamics+lagrangian%3F"
VOID = {"meta", "link", "input", "br", "hr"}


class Page(HTMLParser):
    """A page taken apart: each element with its attributes and text; it has to be well formed."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[dict[str, Any]] = []
        self.elements: list[dict[str, Any]] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = {"tag": tag, "text": "", "within": [each["tag"] for each in self.open], **dict(attrs)}
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()["tag"] == tag

    def handle_data(self, data: str) -> None:
        for each in self.open:
            each["text"] += data

    def all(self, tag: str, **wanted: str) -> list[dict[str, Any]]:
        return [
            each
            for each in self.elements
            if each["tag"] == tag and all(each.get(name) == value for name, value in wanted.items())
        ]

    def text(self, tag: str, **wanted: str) -> str:
        (found,) = self.all(tag, **wanted)
        return " ".join(found["text"].split())


def get(client: TestClient, path: str, status: int = 200) -> Page:
    response = client.get(path, headers=HTML)
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    return Page(response.text)


def fields(page: Page) -> dict[str, str]:
    """The form as a browser would send it, but for the question."""
    return {each["name"]: each.get("value") or "" for each in page.all("input") if each.get("type") == "hidden"}


# --- asking --------------------------------------------------------------------------------------------------


def test_a_question_is_answered_by_a_quote_with_its_words_marked_and_its_source(
    client: TestClient, engine: Engine
) -> None:
    page = get(client, ASKED)

    (quote, *_) = engine.ask("who met Vladimir Putin in Sochi?")
    marked = [quote.article.text[start:end] for start, end in sorted(quote.highlights)]
    assert page.all("blockquote")[0]["text"] == quote.text
    assert [each["text"] for each in page.all("mark") if "blockquote" in each["within"]][: len(marked)] == marked
    whence = page.all("figcaption")[0]["text"]
    assert re.sub(r"\s+", " ", whence).strip() == "Abe and Putin meet · TASS · 6 May 2016 · example.org"
    assert page.all("time")[0]["datetime"] == "2016-05-06"
    assert page.all(
        "a", href="https://example.org/sochi#:~:text=Shinzo%20Abe%20met%20Vladimir%20Putin%20in%20Sochi%20on%20May%206."
    )
    assert page.text("h1") == "who met Vladimir Putin in Sochi?"


def test_what_the_articles_do_not_say_is_said_first_and_the_nearest_is_behind_a_fold(client: TestClient) -> None:
    page = get(client, UNKNOWN)

    assert page.text("p", **{"class": "declined"}) == "The articles do not say."
    assert [each["text"] for each in page.all("summary")][1:2] == ["Nearest, though not an answer"]
    assert all("details" in each["within"] for each in page.all("blockquote"))
    assert page.all("mark") == [] or all("paragraph" in str(each) for each in page.all("mark"))
    assert [each for each in page.all("details") if "open" in each] == []


def test_a_talk_goes_on_and_going_back_is_going_back(client: TestClient) -> None:
    first = get(client, ASKED)
    talk = fields(first)["talk"]

    follow_up = f"/?q=when+was+that%3F&talk={talk}"
    pages = [get(client, follow_up), get(client, follow_up)]  # as a browser does that goes back and on

    for page in pages:
        assert "about:" in page.text("p", **{"class": "understood"})
        assert fields(page)["talk"] != talk
    assert get(client, "/?q=when+was+that%3F").all("p", **{"class": "understood"}) == []


def test_further_quotes_follow_until_there_are_none(client: TestClient) -> None:
    page = get(client, "/?q=how+many+barrels+of+tar+did+ships+carry+to+Vexley%3F")
    seen = [each["text"] for each in page.all("blockquote")]
    for _ in range(20):
        (onward,) = [each["href"] for each in page.all("a") if each["text"] == "Further quotes"] or [""]
        if not onward:
            break
        page = get(client, onward)
        seen += [each["text"] for each in page.all("blockquote")]

    assert "There is nothing more." in page.text("main")
    assert len(seen) == len(set(seen)) > 3


def test_more_can_be_said_in_words(client: TestClient) -> None:
    talk = fields(get(client, ASKED))["talk"]

    response = client.get(f"/?q=more+please&talk={talk}&source=TASS", follow_redirects=False)

    assert (response.status_code, response.headers["location"]) == (303, f"/more?talk={talk}&source=TASS")


def test_a_talk_that_is_over_says_so(client: TestClient) -> None:
    assert "Ask your question again." in get(client, "/more?talk=forgotten", 404).text("main")


def test_small_talk_gets_a_reply(client: TestClient) -> None:
    assert "Hello. Ask me about" in get(client, "/?q=hello").text("main")


@pytest.mark.parametrize(("said", "goes_on"), [("new+topic", False), ("thanks", True)])
def test_a_new_subject_in_words_ends_the_talk_and_thanks_do_not(client: TestClient, said: str, goes_on: bool) -> None:
    talk = fields(get(client, ASKED))["talk"]

    page = get(client, f"/?q={said}&talk={talk}&source=TASS")

    assert fields(page).get("talk", "") == (talk if goes_on else "")
    assert "only from TASS" in page.text("main")


def test_filters_limit_the_answer_and_stay(client: TestClient) -> None:
    page = get(client, f"{ASKED}&source=Nature+Weekly&after=2019-01-01&before=")

    assert {each["text"] for each in page.all("a") if "figcaption" in each["within"]} == {"Whales of the north"}
    assert "only from Nature Weekly, of 1 January 2019 or later" in page.text("main")
    assert [each["text"] for each in page.all("option") if "selected" in each] == ["Nature Weekly"]
    assert page.all("input", name="after")[0]["value"] == "2019-01-01"


def test_a_filter_that_leaves_nothing_is_told(client: TestClient) -> None:
    page = get(client, f"{ASKED}&after=2050-01-01")

    assert "No article is left by the filter" in page.text("main")


@pytest.mark.parametrize(
    ("path", "words"),
    [("/?q=%21%3F", "The question is empty"), (f"/?q={'a' * 2_001}", "in at most 2,000")],
    ids=["empty", "long"],
)
def test_what_is_no_question_keeps_its_words_and_says_why(client: TestClient, path: str, words: str) -> None:
    page = get(client, path, 422)

    assert words in page.text("p", role="alert")
    assert page.all("input", id="q")[0]["value"]
    assert page.all("input", id="q")[0]["aria-describedby"] == "problem"


@pytest.mark.parametrize("path", ["/?q=who%3F&after=yesterday", "/nowhere", "/read/nothing.md", "/library?page=0"])
def test_a_problem_is_a_page_for_people(client: TestClient, path: str) -> None:
    page = Page(client.get(path, headers=HTML).text)

    assert page.text("h1") in {"A field is wrong", "There is nothing at this address", "There is no such article"}
    assert page.all("a", href="/")


# --- reading -------------------------------------------------------------------------------------------------


def test_a_quote_leads_to_the_article_with_its_words_marked_in_place(client: TestClient) -> None:
    answered = get(client, ASKED)
    words = answered.all("blockquote")[0]["text"]
    (link, *_) = [each["href"] for each in answered.all("a") if "figcaption" in each["within"]]

    page = get(client, link)

    assert link.endswith("#quote")
    assert "".join(each["text"] for each in page.all("mark")) == words
    assert next(each.get("id") for each in page.all("mark")) == "quote"
    assert page.text("h1") == "Abe and Putin meet"
    assert len(page.all("p")) > 2


def test_in_an_article_that_changed_no_other_words_are_marked(client: TestClient) -> None:
    page = get(client, "/read/sochi.md?start=0&end=10&of=somethingelse")

    assert page.all("mark") == []
    assert "has changed since it was quoted" in page.text("main")


@pytest.mark.parametrize("place", ["", "?start=5&end=5", "?start=5&end=1", "?start=0&end=99999999"])
def test_a_place_that_is_none_marks_nothing(client: TestClient, place: str) -> None:
    assert get(client, f"/read/sochi.md{place}").all("mark") == []


def test_an_article_can_be_asked_by_itself(client: TestClient) -> None:
    form = fields(get(client, f"/read/{quote(ODD)}"))

    page = get(client, f"/?q=what+did+the+mayor+of+Vexley+say%3F&article={quote(form['article'], safe='')}")

    assert form["article"] == ODD
    assert {each["href"].partition("?")[0] for each in page.all("a") if "figcaption" in each["within"]} == {
        f"/read/{quote(ODD)}"
    }


def test_the_list_of_articles_leads_to_each_and_finds_some(client: TestClient, engine: Engine) -> None:
    page = get(client, "/library")
    listed = [each["href"] for each in page.all("a") if each["href"].startswith("/read/")]

    assert len(listed) == len(engine.index.articles)
    for each in listed:
        get(client, each)
    found = get(client, "/library?find=whales")
    assert "1 article with these words" in found.text("main")
    assert [each["text"] for each in found.all("a") if each["href"].startswith("/read/")] == ["Whales of the north"]


def test_a_long_list_has_pages(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.web.pages._LISTED", 2)

    page = get(client, "/library?find=e&page=2")

    assert {each.get("rel") for each in page.all("a")} >= {"prev", "next"}
    assert page.all("a", href="/library?find=e&page=1")
    assert "Page 3 of 3" in get(client, "/library?page=99").text("nav", **{"class": "onward"})


def test_the_interface_is_explained_and_problems_lead_there(client: TestClient) -> None:
    page = get(client, "/docs")

    assert {"POST /ask", "GET /articles", "GET /articles/{id}"} <= {each["text"] for each in page.all("code")}
    assert {"busy", "question", "token"} <= {each.get("id") for each in page.all("dt")}


def test_a_newer_article_about_the_same_is_told_and_leads_there() -> None:
    newer = replace(an_article("They met again."), id="later.md", title="They <met> again", published=date(2017, 1, 2))
    quote = replace(a_quote(an_article("They met."), 0, 9), older=True, newer=newer.info)

    view = rendering.quote_view(quote, answered=True)
    template = pages._templates().from_string('{% from "quotes.html" import quotes %}{{ quotes(several, true) }}')
    page = Page(template.render(several=[view]))

    assert view.notes == []
    assert "A newer article is about the same: They <met> again, 2 January 2017" in page.text("figcaption")
    assert page.all("a", href="/read/later.md")


# --- hostile articles, and everybody's eyes and hands --------------------------------------------------------

EVERY = [
    "/", ASKED, UNKNOWN, "/library", "/docs", f"/read/{quote(ODD)}", "/nowhere", "/?q=hello",
    "/?q=what+did+the+mayor+of+Vexley+say%3F",
]  # fmt: skip


@pytest.mark.parametrize("path", [*EVERY, "/?q=%3Cscript%3Ealert(1)%3C/script%3E", "/library?find=%22%3E%3Cscript%3E"])
def test_nothing_of_an_article_or_a_question_becomes_markup(client: TestClient, path: str) -> None:
    response = client.get(path, headers=HTML)

    page = Page(response.text)
    assert [each["src"] for each in page.all("script")] == ["/static/page.js"]
    assert page.all("img") + page.all("style") == []
    assert [name for each in page.elements for name in each if name.startswith("on") or name == "style"] == []
    for each in page.elements:
        address = each.get("href") or each.get("src") or each.get("action") or ""
        assert re.match(r"https?://|/(?!/)|#|$", address), address
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]", response.text)


def test_a_hostile_article_is_shown_as_it_is_written(client: TestClient) -> None:
    page = get(client, f"/read/{quote(ODD)}")

    assert "said <script>alert('text')</script> on the bridge" in page.text("article")
    assert page.text("h1") == """<script>alert('title')</script> & "quoted\""""
    assert "javascript:" not in page.text("article")


@pytest.mark.parametrize(
    ("url", "followed"),
    [
        ("https://example.org/a?b=1&c=2#d", True),
        ("HTTP://example.org", True),
        ("javascript:alert(1)", False),
        (" java\nscript:alert(1)", False),
        ("data:text/html,<script>", False),
        ("//example.org", False),
        ("https://example.org/\"onclick='x'", False),
        ("https://a b", False),
        (None, False),
    ],
)
def test_only_addresses_of_the_web_can_be_followed(url: str | None, followed: bool) -> None:
    assert bool(rendering.web_address(url)) is followed


@pytest.mark.parametrize("path", EVERY)
def test_every_page_has_landmarks_one_heading_at_the_top_and_a_name_for_each_field(
    client: TestClient, path: str
) -> None:
    response = client.get(path, headers=HTML)

    page = Page(response.text)
    labelled = {each["for"] for each in page.all("label") if "for" in each}
    assert page.all("html", lang="en")
    assert [len(page.all(tag)) for tag in ("main", "header", "h1", "title")] == [1, 1, 1, 1]
    assert page.text("title")
    for each in page.all("input") + page.all("select"):
        assert each.get("type") == "hidden" or each.get("id") in labelled or "label" in each["within"]
    ids = [each["id"] for each in page.elements if "id" in each]
    assert len(ids) == len(set(ids))
    assert page.all("a", **{"class": "skip", "href": "#main"})
    assert unescape(response.text)


def test_marks_that_overlap_or_reach_out_cut_no_letter() -> None:
    article = an_article("abcdefghij")

    pieces = list(rendering.pieces(article.text, 2, 8, [(6, 99), (0, 3), (2, 4)]))

    assert "".join(each.text for each in pieces) == "cdefgh"
    assert [(each.text, each.marked, each.first) for each in pieces] == [
        ("c", True, True), ("d", True, False), ("ef", False, False), ("gh", True, False),
    ]  # fmt: skip


def test_a_quote_out_of_a_paragraph_shows_the_paragraph_with_itself_marked() -> None:
    article = an_article("They spoke. Shinzo Abe met him. It rained.\n\nThey left.")

    view = rendering.quote_view(a_quote(article, 12, 31, (12, 22)), answered=True)

    assert [(each.text, each.marked) for each in view.paragraph] == [
        ("They spoke. ", False), ("Shinzo Abe met him.", True), (" It rained.", False),
    ]  # fmt: skip
