"""``quoth feeds``: the feeds that are followed, and what came of asking for them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from typing import Any

from bot import wording
from bot.languages import count
from bot.settings import Settings
from bot.terminal import indexing, json_output
from bot.terminal.console import console
from retrieval.articles.feed_list import Feed
from retrieval.articles.feeds import FeedUpdate
from retrieval.models.encoder import Encoder

_NONE = "No feed is followed: add one with quoth feeds add ADDRESS."


def print_list(feeds: Sequence[Feed], *, as_json: bool) -> None:
    """Print each feed with its state."""
    if as_json:
        json_output.put(*map(asdict, feeds))
        return
    if not feeds:
        console().print(_NONE, markup=False)
    for feed in feeds:
        name = wording.line(f"{feed.address} ({feed.title})" if feed.title else feed.address)
        console().print(f"{name}: {_state(feed)}.", markup=False, highlight=False, soft_wrap=True)


def _state(feed: Feed) -> str:
    if feed.gone:
        return "its server says that it is gone for good, and it is asked for no longer"
    came = f"came last at {feed.came.replace('+00:00', ' UTC').replace('T', ' ')}" if feed.came else "has not come yet"
    if feed.not_before > time.time():
        return f"{came}; its server asks to be left alone"
    return f"{came}; the last time it failed ({feed.failed})" if feed.failed else came


def print_updates(
    updates: Iterable[FeedUpdate], settings: Settings, build_encoder: Callable[[Settings], Encoder], *, as_json: bool
) -> bool:
    """Print each update as it comes, index what it brought, and say whether all feeds came."""
    whole, brought, followed = True, False, False
    for update in updates:
        followed = True
        whole = whole and update.failure is None
        brought = brought or bool(update.added or update.changed)
        if as_json:
            json_output.put(_json(update))
        elif update.failure:
            console(stderr=True).print(wording.error(update.failure), style="yellow", markup=False, soft_wrap=True)
        else:
            said = wording.line(f"{update.feed.title or update.feed.address}: {_outcome(update)}.")
            console().print(said, markup=False, highlight=False, soft_wrap=True)
    if not followed and not as_json:
        console().print(_NONE, markup=False)
    if brought:
        indexing.update(settings.articles, settings.index, build_encoder(settings), as_json=as_json)
    return whole


def _outcome(update: FeedUpdate) -> str:
    if update.feed.gone or update.feed.not_before > time.time():
        return _state(update.feed)
    said = f"{count(update.added, 'new article')}, {update.changed:,} changed"
    return said + (f", {update.without_text:,} without text" if update.without_text else "")


def _json(update: FeedUpdate) -> dict[str, Any]:
    failure = update.failure
    told = {"feed": update.feed.address, "title": update.feed.title, "added": update.added, "changed": update.changed}
    told |= {"without_text": update.without_text, "gone": update.feed.gone}
    return {**told, **({"error": wording.error(failure)} if failure else {})}
