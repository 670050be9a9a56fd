"""Errors in words for a channel: without a path of the machine, or a remedy that takes its keyboard."""

from __future__ import annotations

import logging

from bot.discord import article_cards, cards
from bot.discord.library import StillReading
from bot.discord.markup import escaped
from bot.error_wording import in_words
from bot.languages import say
from bot.pool import Busy, Closing
from retrieval.errors import (
    ArticleExists,
    ArticleOneOfMany,
    ArticleUnknown,
    ArticleUnreadable,
    FetchFailed,
    IndexReadOnly,
    IndexUnreachable,
    NoArticles,
    QuestionEmpty,
    QuestionTooLong,
    QuothError,
)

_log = logging.getLogger("quoth.discord")


def failure(error: Exception) -> str:
    """An error in words for a channel; what a person can do nothing about goes to the log with all it has."""
    match error:
        case Busy():
            return cards.BUSY
        case Closing():
            return cards.CLOSING
        case StillReading(progress=progress):
            return article_cards.still_reading(*progress)
        case FetchFailed():
            said = article_cards.not_fetched(error)
        case QuothError():
            said = sentence_for(error)
        case _:
            said = cards.BROKEN
    if said == cards.BROKEN:
        _log.error("A request failed", exc_info=error)
    return said


def sentence_for(error: QuothError) -> str:
    """What may be said of an error to a channel; of most that is no more than that something is wrong."""
    said = cards.BROKEN
    match error:
        case QuestionEmpty() | QuestionTooLong():
            said = in_words(error)
        case NoArticles():
            said = cards.NO_ARTICLES
        case ArticleUnknown(name):
            said = say(
                "There is no article {name}: choose one of those offered while you type.", name=escaped(name, 200)
            )
        case ArticleOneOfMany(_, path):
            said = say(
                "That is one of the articles in {name}, which goes as a whole: whoever runs me can take it out.",
                name=escaped(path.rpartition("/")[2], 200),
            )
        case ArticleUnreadable(path, reason):
            name = escaped(path.rpartition("/")[2], 200)
            said = say("{name} cannot be read as an article, {reason}.", name=name, reason=escaped(reason, 200))
        case IndexUnreachable():
            said = say("The index cannot be reached just now: ask again in a minute.")
        case IndexReadOnly():
            said = say("The articles I quote are kept elsewhere, and can be changed only there.")
        case ArticleExists(path):
            said = say(
                "There is another article {name}: rename the file, or remove that article first.",
                name=escaped(path.name, 200),
            )
    return said
