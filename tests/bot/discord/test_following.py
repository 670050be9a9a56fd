"""A bot that follows feeds: it answers from a new entry within its interval, and nothing ends that silently."""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.discord import app, background, retrying
from bot.discord.following import FeedThread
from retrieval.articles.feed_schedule import keep_up
from retrieval.articles.feeds import Wanted, follow
from retrieval.articles.fetching import Fetcher, FetchLimits
from retrieval.errors import StorageFailed
from retrieval.index import watching
from retrieval.index.address import Where
from tests.bot.conftest import Quoth
from tests.bot.discord.conftest import Made
from tests.bot.discord.server import TOKEN
from tests.bot.discord.test_app import chosen_for, stop_when_logged
from tests.bot.discord.wired import Elsewhere
from tests.fakes import FakeEncoder
from tests.retrieval.articles.web import HERE, Page, Web, serving

pytestmark = [pytest.mark.allow_hosts(["127.0.0.1"]), pytest.mark.usefixtures("unhurried")]

FETCHER = Fetcher(HERE, FetchLimits(pause=0))


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as served:
        yield served


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is looked at every few seconds is looked at all the time."""
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    monkeypatch.setattr(background, "LOOK", 0.01)
    monkeypatch.setattr(watching, "_SETTLED_S", 0.01)


def feed(*texts: str) -> Page:
    items = "".join(
        f"<item><guid>tag:{text}</guid><title>News</title><description>{text}</description></item>" for text in texts
    )
    content = f"<rss version='2.0'><channel><title>Herald</title>{items}</channel></rss>"
    return Page(content.encode(), "application/rss+xml")


MILL, MOON = "The Golden mill burned down in 1911.", "The moon landing happened in July 1969."


def watch(articles: Path, index: Where, told: Any, stop: threading.Event) -> None:
    watching.watch(articles, index, FakeEncoder(), told, stop)


def feeds(articles: Path, told: Any, stop: threading.Event) -> None:
    keep_up(articles, FETCHER, 3_600.0, told, stop)


@pytest.mark.parametrize("watched", [True, False], ids=["with the watch", "without it"])
@pytest.mark.usefixtures("hasty")
def test_it_answers_from_a_new_entry_within_the_feed_s_interval(
    elsewhere: Elsewhere, made: Made, web: Web, monkeypatch: pytest.MonkeyPatch, watched: bool
) -> None:
    server, loop = elsewhere
    follow(made.articles, web.at("/feed", feed(MILL)), FETCHER, Wanted(interval_s=0.05))
    said: list[str] = []
    came = threading.Event()
    words = "There is a newer index" if watched else "From the feed"

    def seen(record: logging.LogRecord) -> bool:
        if record.msg.startswith(words):
            came.set()
        return True

    async def ask() -> None:
        await server.until(lambda: server.identified)
        said.append(str(await server.answer(await server.mention("when was the moon landing?"))))
        came.clear()
        web.at("/feed", feed(MOON, MILL))
        await asyncio.to_thread(came.wait)
        said.append(str(await server.answer(await server.mention("when was the moon landing?"))))
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(logging.getLogger("quoth.discord"), "filters", [seen])
    done = asyncio.run_coroutine_threadsafe(ask(), loop)

    assert app.run(chosen_for(made, discord_cooldown=0), made.build_in, watch if watched else None, follow=feeds) == 0
    done.result()
    assert "1969" not in said[0]
    assert "1969" in said[1]
    assert "Herald" in said[1]


@pytest.mark.usefixtures("hasty")
def test_what_keeps_a_feed_from_coming_is_logged_and_the_bot_goes_on(
    elsewhere: Elsewhere, made: Made, web: Web, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(retrying, "pauses", lambda: itertools.repeat(0.0))
    follow(made.articles, web.at("/feed", feed(MILL)), FETCHER, Wanted(interval_s=0.01))
    web.at("/feed", Page(status=500))
    begun: list[object] = []

    def feeds_with_faults(articles: Path, told: Any, stop: threading.Event) -> None:
        begun.append(told)
        if len(begun) == 1:
            raise ValueError("surprise")  # a fault of ours
        told(StorageFailed(articles, "full"))
        feeds(articles, told, stop)

    stop_when_logged(monkeypatch, "From the feed")

    assert app.run(chosen_for(made), made.build_in, follow=feeds_with_faults) == 0
    told = capsys.readouterr().err
    assert "The feeds cannot be followed: trying again" in told
    assert 'raise ValueError("surprise")' in told
    assert "The feeds could not be followed: " in told
    assert f"From the feed {web.at('/feed')}: The server of {web.at('/feed')} has a fault (status 500)" in told
    assert "feeds" not in {thread.name for thread in threading.enumerate()}


def test_a_thread_that_waits_for_a_server_is_known_to_be_at_work(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "PARTING", 0.0)
    going = threading.Event()
    made.make()

    def wait(*_: object) -> None:
        going.wait()

    thread = FeedThread(made.library, wait, watched=True)
    thread.start()
    thread.stop()

    assert not thread.ended()
    going.set()
    thread._thread.join()
    assert thread.ended()


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("switched_on", [True, False])
def test_the_command_line_follows_feeds_where_that_is_switched_on(
    elsewhere: Elsewhere,
    made: Made,
    web: Web,
    monkeypatch: pytest.MonkeyPatch,
    quoth: Quoth,
    switched_on: bool,
) -> None:
    follow(made.articles, web.at("/feed", feed(MILL)), FETCHER, Wanted(interval_s=0.01))
    web.at("/feed", Page(status=500))
    monkeypatch.setenv("QUOTH_DISCORD_FEEDS", str(switched_on))
    monkeypatch.setenv("QUOTH_FETCH_HOSTS", "127.0.0.1")
    stop_when_logged(monkeypatch, "From the feed" if switched_on else "Serving")

    ran = quoth("discord", "--articles", str(made.articles), "--index", str(made.index))

    assert ran.status == 0
    assert ("has a fault (status 500)" in ran.err) is switched_on
    assert len(web.asked) == (2 if switched_on else 1)
