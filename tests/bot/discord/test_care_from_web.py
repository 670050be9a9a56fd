"""Caretakers who have the bot fetch pages as articles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.discord import cards
from tests.bot.discord.caring import audited, said
from tests.bot.discord.reading import text
from tests.retrieval.articles.web import Page, Web, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simcord import Env
    from simcord.actors import MemberActor
    from simcord.builders import ChannelHandle

    from tests.bot.discord.conftest import Made


@pytest.fixture
def web(simcord_env: Env) -> Iterator[Web]:
    simcord_env.settle_timeout = 120.0  # seconds: what reads a page is started for it, and a busy machine is no failure
    with serving() as served:
        yield served


MOON = Page(b"<html><title>The moon</title><body><p>The moon landing happened in July 1969.</p></body></html>")


async def test_a_page_is_fetched_only_where_that_is_switched_on(
    keeper: MemberActor, made: Made, channel: ChannelHandle
) -> None:
    refused = await keeper.slash(channel, "articles add", address="https://example.org/moon")
    typed = await keeper.slash(channel, "articles add", address="https://example.org/moon", title="The moon")

    assert said(refused).startswith("I fetch no pages, as QUOTH_DISCORD_FETCH is off: give me a file, or a title")
    assert typed.modal is not None
    assert not (made.state / "audit.jsonl").exists()


@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.parametrize("chosen", [{"discord_fetch": True}])
async def test_a_page_is_fetched_answers_and_is_written_down(
    keeper: MemberActor, alice: MemberActor, made: Made, channel: ChannelHandle, web: Web
) -> None:
    address = web.at("/moon", MOON)

    refused = await alice.slash(channel, "articles add", address=address)
    result = await keeper.slash(channel, "articles add", address=address, source="Daily", date="1969-07-21")
    answer = await keeper.slash(channel, "ask", question="when was the moon landing?")

    assert said(refused) == cards.CARE_REFUSED
    assert said(result) == "127\\.0.0.1-moon.html is added."
    article = made.library.articles["127.0.0.1-moon.html"]
    assert (article.title, article.source, str(article.published)) == ("The moon", "Daily", "1969-07-21")
    assert article.url == address
    assert answer.response is not None
    assert "1969" in text(answer.response)
    assert audited(made) == [("keeper", "add", address, "done")]


@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.parametrize("chosen", [{"discord_fetch": True}])
@pytest.mark.parametrize(
    ("page", "complaint"),
    [
        (Page(status=404), "There is nothing that I could fetch at "),
        (Page(status=503), "cannot be fetched now: please try again later."),
        (Page(status=302, headers={"Location": "http://10.0.0.1/secret"}), ": add the page as a file."),
        (Page(b"MZ", "application/x-msdownload"), "is no article that I can read: add it as a file of another kind."),
        (Page(b"<html></html>"), "is no article that I can read: add it as a file of another kind."),
    ],
)
async def test_why_a_page_does_not_come_is_told_and_nothing_is_left_of_it(
    keeper: MemberActor, made: Made, channel: ChannelHandle, web: Web, page: Page, complaint: str
) -> None:
    before = sorted(made.articles.iterdir())

    result = await keeper.slash(channel, "articles add", address=web.at("/", page))

    assert complaint in said(result)
    assert sorted(made.articles.iterdir()) == before
    assert audited(made)[0][3] == "failed"
