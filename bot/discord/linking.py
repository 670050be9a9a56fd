"""A card with a button that leads to its quote on the server, for as long as there are links. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot import links
from bot.discord.cards import Button, Card
from bot.discord.markup import address
from bot.languages import say
from retrieval.text.quote_link import QuoteLink

if TYPE_CHECKING:
    from bot.discord.memory import Place
    from retrieval.articles.article import Article


def linked(card: Card, article: Article, place: Place, server: str) -> Card:
    """The card of a quote with a button more; as it was where it shows no quote, or the address is too long."""
    if not server or not card.small:
        return card
    link = QuoteLink.to(article, place.start, min(place.end, len(article.text)))
    url = address(links.address_of(link, server))
    if url is None:
        return card
    shown = Button(say("Link"), "", url=url)
    # Behind the other buttons of the first row, which has room for it.
    first = [each for each in card.buttons if each.row == 0]
    return replace(card, buttons=(*first, shown, *(each for each in card.buttons if each.row)))
