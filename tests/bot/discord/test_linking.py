"""Links to quotes in Discord: a button, where the server's address is known and shows the articles."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bot import links
from bot.discord import cards
from bot.discord.linking import linked
from bot.discord.messages import new_message
from tests.bot.discord.conftest import Made
from tests.bot.discord.reading import ASKED, last, mention, text
from tests.bot.discord.test_cards import RECORD, assert_within_limits
from tests.bot.discord.test_collection import ASKED as LIGHTHOUSE
from tests.bot.discord.test_collection import write
from tests.bot.examples import ARTICLE, QUOTE

if TYPE_CHECKING:
    import discord
    from simcord import Env
    from simcord.actors import MemberActor
    from simcord.builders import ChannelHandle, GuildHandle

SERVER = "https://quotes.example.org"
PLACE = RECORD.places[0]


@pytest.fixture
def chosen(tmp_path: Any) -> dict[str, Any]:
    return {"address": SERVER, "collections": tmp_path / "collections"}


def addresses(message: discord.Message) -> list[str]:
    """What the buttons of a message open."""
    found = [getattr(each, "url", None) for row in message.components for each in walked(row)]
    return [each for each in found if each]


def walked(component: Any) -> list[Any]:
    """A component and all within it."""
    inner = [*getattr(component, "children", []), *filter(None, [getattr(component, "accessory", None)])]
    return [component, *(each for one in inner for each in walked(one))]


async def test_an_answer_has_a_button_to_its_quote(
    simcord_env: Env, channel: ChannelHandle, alice: MemberActor, made: Made
) -> None:
    await alice.send(channel, mention(simcord_env, ASKED))

    (link,) = [each for each in addresses(last(channel)) if each.startswith(SERVER)]
    assert made.library.engine is not None
    found = made.library.engine.trace(links.read(link))
    assert found.state == "stands"
    assert "Sochi" in found.link.words


async def test_an_answer_from_a_collection_of_a_server_has_no_link(
    simcord_env: Env, guild: GuildHandle, channel: ChannelHandle, alice: MemberActor, made: Made
) -> None:
    write(made.chosen["collections"] / str(guild.id) / "north" / "articles", "Alaric")
    made.collections.give(guild.id, guild.id, "north")

    await alice.send(channel, mention(simcord_env, LIGHTHOUSE))

    assert "Alaric" in text(last(channel))
    assert addresses(last(channel)) == []


@pytest.mark.parametrize("total", [1, 3])
@pytest.mark.parametrize("show", [cards.answer, cards.nearest, cards.paragraph])
def test_there_is_room_for_the_button_on_every_card(show: Any, total: int) -> None:
    record = replace(RECORD, places=RECORD.places * total)

    card = linked(show(record, ARTICLE, 0), ARTICLE, PLACE, SERVER)
    offered = cards.offered(card, record)

    for each in (card, offered):
        (link,) = [button for button in each.buttons if button.url]
        assert (link.label, links.read(link.url)) == ("Link", QUOTE.link)
        assert_within_limits(replace(each, buttons=tuple(b for b in each.buttons if not b.url)))
        assert all(sum(button.row == row for button in each.buttons) <= 5 for row in range(5))
        for look in ("components", "embeds", "plain"):
            assert new_message(each, look)["view"]


def test_a_card_without_a_quote_has_no_link() -> None:
    declined = cards.answer(replace(RECORD, answered=False), ARTICLE)

    assert linked(declined, ARTICLE, PLACE, SERVER) == declined
    shown = cards.answer(RECORD, ARTICLE)
    assert linked(shown, ARTICLE, PLACE, "") == shown
    assert linked(shown, replace(ARTICLE, id="long/" * 200), PLACE, f"{SERVER}/{'x' * 500}") == shown


def test_an_article_s_own_address_opens_at_the_words_unless_that_is_too_long() -> None:
    card = cards.answer(RECORD, ARTICLE)
    long = replace(ARTICLE, url="https://example.org/" + "a" * 470)

    assert card.link == "https://example.org/sochi#:~:text=Shinzo%20Abe%20met%20Vladimir%20Putin%20in%20Sochi."
    assert cards.answer(RECORD, long).link == long.url
    assert cards.answer(RECORD, replace(ARTICLE, url=None)).link == ""
