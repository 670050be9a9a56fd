"""Cards that list the articles and let them be read: all of them, in pages that fit."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.discord import article_cards, cards, markup
from bot.languages import TRANSLATED, speaking
from tests.bot.discord.markdown import read
from tests.bot.discord.test_cards import assert_within_limits, long_texts, texts
from tests.bot.examples import ARTICLE, an_article


def test_the_list_of_articles_has_pages_that_fit() -> None:
    several = [an_article("x", title="*" * 500, id=f"{number}{'_' * 200}.md") for number in range(25)]

    first, last = article_cards.listing(several, 0), article_cards.listing(several, 99)

    assert_within_limits(article_cards.listing(several, 0, "*\n"))
    assert_within_limits(first)
    assert_within_limits(last)
    assert first.plain.startswith("25 articles:\n1\\. **\\*")
    assert [button.id for button in last.buttons][-2:] == ["quoth:list:1:", "quoth:list:2:"]
    assert [button.label for button in last.buttons][:-2] == ["21", "22", "23", "24", "25"]
    assert article_cards.listing([], 0).plain == cards.NO_ARTICLES


def test_the_list_can_be_searched() -> None:
    several = [an_article("x", title=title, id=f"{title}.md") for title in ("On bread", "On whales")]

    assert article_cards.listing(several, 0, "WHALES").plain.startswith(
        "1 article with “WHALES” in title or source:\n1\\. **On whales**"
    )
    assert article_cards.listing(several, 0, "*krill*").plain == "No article has “\\*krill\\*” in its title or source."


@given(long_texts | texts, st.integers(0, 60))
def test_the_pages_of_an_article_are_all_of_it_and_fit(text: str, number: int) -> None:
    article = replace(ARTICLE, text=text)
    total = markup.pages(text)
    spans = [markup.page(text, each) for each in range(total)]

    assert "".join(text[start:end] for start, end in spans) == text
    assert all(start <= end <= start + 2 * markup.PAGE for start, end in spans)
    if text:
        place = (number * 37) % len(text)
        start, end = spans[markup.page_of(text, place)]
        assert start <= place < end
    card = article_cards.reading(article, number)
    assert_within_limits(card)
    assert not read(re.sub(r"(?m)^> ?", "", card.body)).active


def test_progress_and_outcome_are_a_line() -> None:
    assert article_cards.progress("encoding", 1200, 3400) == "Encoding passages: 1,200 of 3,400…"
    assert article_cards.progress("unheard of", 0, 0) == "Working…"
    assert article_cards.refreshed(None, 1) == "Nothing has changed: 1 article."


@pytest.mark.parametrize("language", ["en", *TRANSLATED])
def test_articles_with_long_titles_and_addresses_are_named_as_far_as_they_fit(language: str) -> None:
    article = replace(ARTICLE.info, title="The harbour " * 40, source="Herald " * 60)
    several = [replace(article, url=f"https://e.org/{number}{'a' * 450}") for number in range(9)]
    with speaking(language):
        shown = cards.sources(several), cards.welcome(several, ["Who met?"])

    for card in shown:
        assert_within_limits(card)
        assert "https://e.org/0a" in card.plain
        assert "https://e.org/8a" not in card.plain
