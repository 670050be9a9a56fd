"""``quoth verify``: what became of published quotes, by exit status, as text and as JSON."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bot.conftest import Quoth

WHALES = "Blue whales eat krill. A blue whale weighs as much as thirty elephants."
QUESTIONS = ("who met Vladimir Putin in Sochi?", "what do blue whales eat?", "why does bread rise?")


@pytest.fixture
def published(quoth: Quoth, library: Path) -> list[str]:
    """The links to the first quotes of three answers."""
    assert library.exists()
    return [quoth("ask", "--json", question).objects[0]["quotes"][0]["link"] for question in QUESTIONS]


def edit(library: Path, name: str, old: str, new: str) -> None:
    text = (library / name).read_text(encoding="utf-8")
    assert old in text
    (library / name).write_text(text.replace(old, new), encoding="utf-8")


def test_quotes_that_stand_are_told_by_status_0(quoth: Quoth, published: list[str]) -> None:
    outcome = quoth("verify", *published)

    assert outcome.status == 0
    assert outcome.out.splitlines() == [
        "stands     Abe and Putin meet · TASS · 6 May 2016 · https://example.org/sochi",
        "stands     Whales of the north · Nature Weekly · 1 February 2020",
        "stands     On bread",
        "3 links: 3 stand.",
    ]


def test_a_quote_that_moved_within_its_article_still_stands(quoth: Quoth, library: Path, published: list[str]) -> None:
    edit(library, "sochi.md", "Shinzo Abe met", "It had rained for days.\n\nShinzo Abe met")
    (library / "whales.txt").rename(library / "blue.txt")

    outcome = quoth("verify", *published)

    assert outcome.status == 0
    assert outcome.out.startswith("moved      Abe and Putin meet")
    assert "\n  now in   blue.txt\n" in outcome.out


def test_what_was_quoted_and_what_stands_there_now_is_told_by_status_1(
    quoth: Quoth, library: Path, published: list[str]
) -> None:
    edit(library, "whales.txt", "eat krill", "eat plankton")
    (library / "bread.txt").unlink()

    outcome = quoth("verify", "-", stdin="\n\n".join(published).encode())

    assert outcome.status == 1
    assert outcome.out.splitlines()[1:] == [
        "changed    Whales of the north · Nature Weekly · 1 February 2020",
        "           The article does not have these words. It has changed since, or never had them.",
        f"  quoted   {WHALES}",
        f"  now      {WHALES.replace('krill', 'plankton')}",
        "gone       On bread (bread.txt)",
        "           No article here has these words. The one that was quoted is no longer here, or never was.",
        "  quoted   Bread rises because yeast makes gas.",
        "3 links: 1 stands, 1 changed, 1 gone.",
    ]


def test_nothing_like_the_quote_and_the_same_words_elsewhere_are_told(
    quoth: Quoth, library: Path, published: list[str]
) -> None:
    edit(library, "bread.txt", "Bread rises because yeast makes gas.", "Ovens were lit at four in the morning.")
    (library / "copy.txt").write_text("Quoted\n\nBread rises because yeast makes gas.\n", encoding="utf-8")
    (library / "sochi.md").unlink()
    (library / "other.txt").write_text(
        "Reprint\n\nShinzo Abe met Vladimir Putin in Sochi on May 6.\n", encoding="utf-8"
    )

    outcome = quoth("verify", published[0], published[2])

    assert outcome.status == 1
    assert outcome.out.startswith("elsewhere  Reprint\n           The article that was quoted is no longer here.")
    assert "or never had them. Another has them: Quoted." in outcome.out.replace("\n           ", " ")
    assert "  now      It says nothing like it now." in outcome.out


def test_json_tells_the_same_a_line_for_each(quoth: Quoth, library: Path, published: list[str]) -> None:
    edit(library, "whales.txt", "eat krill", "eat plankton")

    outcome = quoth("verify", "--json", *published, "nonsense")
    stands, changed, _, wrong = outcome.objects

    assert outcome.status == 2
    assert (stands["state"], stands["stands"], stands["link"]) == ("stands", True, published[0])
    assert stands["quote"]["text"] == stands["quoted"]["text"]
    assert stands["quote"]["article"]["id"] == stands["quoted"]["article"]["id"] == "sochi.md"
    assert (changed["state"], changed["stands"], changed["quote"]) == ("changed", False, None)
    assert changed["quoted"]["text"] == WHALES
    assert changed["now"]["text"] == WHALES.replace("krill", "plankton")
    assert wrong["link"] == "nonsense"
    assert "no link to a quote" in wrong["error"]


def test_what_is_no_link_is_named_and_the_others_are_told(quoth: Quoth, published: list[str]) -> None:
    outcome = quoth("verify", published[0][:-5], published[1])

    assert outcome.status == 2
    assert "Link 1: " in outcome.err
    assert "copy it whole" in outcome.err
    assert outcome.out.splitlines()[-1] == "2 links: 1 no link, 1 stands."


def test_without_a_link_there_is_nothing_to_verify(quoth: Quoth, published: list[str]) -> None:
    assert published
    assert "No link came on standard input" in quoth("verify", stdin=b"\n").err
    assert "Give a link, or pipe in one a line" in quoth("verify", terminal=True).err


def test_links_lead_to_the_server_that_is_named(quoth: Quoth, library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert library.exists()
    assert "/quotes/" not in quoth("ask", QUESTIONS[1]).out
    monkeypatch.setenv("QUOTH_ADDRESS", "https://quotes.example.org/news/")
    monkeypatch.setenv("COLUMNS", "40")

    shown = quoth("ask", "--top", "1", QUESTIONS[1]).out.splitlines()[-1].strip()
    said = quoth("ask", "--json", QUESTIONS[1]).objects[0]["quotes"][0]["link"]

    assert shown == said
    assert shown.startswith("https://quotes.example.org/news/quotes/A")
    assert quoth("verify", shown).status == 0


@pytest.mark.parametrize(
    "address", ["quotes.example.org", "ftp://e.org", "https://a:b@e.org", "https://e.org/#x", "https://e org"]
)
def test_an_address_that_is_none_is_refused(
    quoth: Quoth, library: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert library.exists()
    monkeypatch.setenv("QUOTH_ADDRESS", address)

    outcome = quoth("ask", QUESTIONS[1])

    assert outcome.status == 2
    assert "QUOTH_ADDRESS" in outcome.err
    assert "such as https://quotes.example.org" in outcome.err
