"""Caring for the articles from Discord: who may, what it does, and that it is written down."""

from __future__ import annotations

import itertools
import threading
from typing import TYPE_CHECKING, Any, cast

import discord
import pytest

from bot.discord import cards, care, retrying
from retrieval.errors import StorageFailed
from tests.bot.discord.caring import audited, said
from tests.bot.discord.reading import text

if TYPE_CHECKING:
    from simcord import Env
    from simcord.actors import MemberActor
    from simcord.builders import ChannelHandle, GuildHandle

    from bot.discord.cards import Card
    from bot.discord.client import QuothClient
    from bot.discord.messages import Interaction
    from tests.bot.discord.conftest import Made


async def test_an_article_is_added_and_answers(
    keeper: MemberActor, made: Made, channel: ChannelHandle, simcord_env: Env
) -> None:
    result = await keeper.slash(
        channel, "articles add", file=("moon_1.txt", b"The moon landing happened in July 1969.")
    )
    again = await keeper.slash(channel, "articles add", file=("moon_1.txt", b"The moon landing happened in July 1969."))
    copy = await keeper.slash(channel, "articles add", file=("moon_2.txt", b"The moon landing happened in July 1969."))
    answer = await keeper.slash(channel, "ask", question="when was the moon landing?")

    assert said(result) == "moon\\_1.txt is added."
    assert said(again) == "moon\\_1.txt is there already."
    assert said(copy) == "moon\\_2.txt is added, though moon\\_1.txt has the same text."
    assert answer.response is not None
    assert "1969" in text(answer.response)
    assert audited(made)[:2] == [("keeper", "add", "moon_1.txt", "done")] * 2


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("moon.exe", b"MZ", "moon.exe cannot be read as an article"),
        ("sochi.md", b"Another text.", "There is another article sochi.md"),
        ("empty.txt", b"", "empty.txt cannot be read as an article"),
        ("..\\..\\x.txt", b"\0\0\0", "x.txt cannot be read as an article"),
        ("a" * 246 + ".txt", b"Text.", "aaaaaaaa"),
        ("a" * 296 + ".txt", b"Text.", "aaaaaaaa"),
    ],
)
async def test_what_is_no_article_is_refused_by_name(
    keeper: MemberActor, made: Made, channel: ChannelHandle, name: str, content: bytes, complaint: str
) -> None:
    before = sorted(made.articles.iterdir())

    result = await keeper.slash(channel, "articles add", file=(name, content))

    assert said(result).startswith(complaint)
    assert str(made.articles) not in said(result)
    assert sorted(made.articles.iterdir()) == before
    assert audited(made)[0][3] == "failed"


async def test_a_large_attachment_is_not_even_fetched(
    keeper: MemberActor, made: Made, channel: ChannelHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(care, "MAX_ATTACHMENT", 2**20)

    result = await keeper.slash(channel, "articles add", file=("big.txt", b"a" * (2**20 + 1)))

    assert said(result) == "big.txt cannot be read as an article, it is larger than 1 MiB."


async def test_an_attachment_that_is_gone_is_told(
    keeper: MemberActor, channel: ChannelHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def read(_: object) -> bytes:
        raise ConnectionError

    monkeypatch.setattr(discord.Attachment, "read", read)
    monkeypatch.setattr(retrying, "pauses", lambda: itertools.repeat(0.0))

    result = await keeper.slash(channel, "articles add", file=("a.txt", b"text"))

    assert said(result) == "a.txt cannot be read as an article, Discord did not hand it over."


async def test_an_article_is_removed_only_after_asking_again(
    keeper: MemberActor, made: Made, channel: ChannelHandle
) -> None:
    offered = await keeper.autocomplete(channel, "articles remove", "article", "bread")
    question = await keeper.slash(channel, "articles remove", article=offered[0]["value"])
    assert said(question) == "Remove **On bread** (bread.txt) for good?"
    kept = await keeper.click(question.response, label="Keep")  # type: ignore[arg-type]
    assert (made.articles / "bread.txt").exists()
    assert kept.acknowledged

    question = await keeper.slash(channel, "articles remove", article="On bread")
    await keeper.click(question.response, label="Remove")  # type: ignore[arg-type]

    assert not (made.articles / "bread.txt").exists()
    assert "bread.txt" not in made.library.articles
    assert said(question) == "bread.txt is removed."
    assert audited(made) == [("keeper", "remove", "bread.txt", "done")]


async def test_an_article_is_added_with_what_is_known_of_it(
    keeper: MemberActor, made: Made, channel: ChannelHandle
) -> None:
    file = ("moon.txt", b"The moon landing happened in July 1969.")
    given = {"title": "The moon", "source": "Daily", "date": "1969-07-21", "address": "https://e.org/moon"}
    wrong = await keeper.slash(channel, "articles add", file=file, date="yesterday")
    result = await keeper.slash(channel, "articles add", file=file, **given)

    assert said(wrong) == "yesterday is not a day: write it as 2016-11-28."
    assert said(result) == "moon.txt is added."
    article = made.library.articles["moon.txt"]
    assert (article.title, article.source, str(article.published)) == ("The moon", "Daily", "1969-07-21")
    assert article.url == "https://e.org/moon"


async def test_an_article_is_replaced_only_where_that_is_asked_for(
    keeper: MemberActor, made: Made, channel: ChannelHandle
) -> None:
    file = ("bread.txt", b"Bread falls.")
    refused = await keeper.slash(channel, "articles add", file=file)
    unreadable = await keeper.slash(channel, "articles add", file=("bread.txt", b"\0\0"), replace=True)
    before = (made.articles / "bread.txt").read_bytes()
    replaced = await keeper.slash(channel, "articles add", file=file, replace=True)

    assert said(refused).startswith("There is another article bread.txt")
    assert said(unreadable).startswith("bread.txt cannot be read as an article")
    assert before.startswith(b"On bread")
    assert said(replaced) == "bread.txt is replaced."
    assert (made.articles / "bread.txt").read_bytes() == b"Bread falls."


async def test_a_change_can_be_called_off_and_leaves_all_as_it_was(
    keeper: MemberActor, made: Made, channel: ChannelHandle, simcord_env: Env, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = cast("QuothClient", simcord_env.bot)
    before, really = sorted(made.articles.iterdir()), made.build
    caring = bot.buttons.handlers["cancel"].__self__  # type: ignore[attr-defined]

    def build(progress: Any) -> Any:
        progress("encoding", 1, 2)
        caring._under_way[""].cancelled = True
        progress("encoding", 2, 2)
        return really(progress)

    monkeypatch.setattr(made.library, "_build", build)
    result = await keeper.slash(channel, "articles add", file=("moon.txt", b"The moon."))

    assert said(result) == "It was called off: nothing has changed."
    assert sorted(made.articles.iterdir()) == before
    assert audited(made) == [("keeper", "add", "moon.txt", "cancelled")]
    assert caring._under_way == {}


async def test_changes_are_told_in_a_channel_that_a_setting_names(
    keeper: MemberActor, guild: GuildHandle, channel: ChannelHandle, simcord_env: Env
) -> None:
    log = guild.create_text_channel("log")
    bot = cast("QuothClient", simcord_env.bot)
    bot.settings = bot.settings.model_copy(update={"discord_audit_channel": log.id})
    await keeper.slash(channel, "articles add", file=("moon_1.txt", b"The moon."))

    assert [message.content for message in log.history()] == ["keeper: add **moon\\_1.txt** (done)"]


async def test_an_article_that_is_not_there_cannot_be_removed(keeper: MemberActor, channel: ChannelHandle) -> None:
    assert said(await keeper.slash(channel, "articles remove", article="../x")).startswith("There is no article ../x")


async def test_the_last_article_can_go_and_the_first_come(
    keeper: MemberActor, made: Made, channel: ChannelHandle
) -> None:
    for name in ("bread.txt", "sochi.md", "whales.txt"):
        question = await keeper.slash(channel, "articles remove", article=name)
        await keeper.click(question.response, label="Remove")  # type: ignore[arg-type]
    nothing = await keeper.slash(channel, "ask", question="who met in Sochi?")
    await keeper.slash(channel, "articles add", file=("moon.txt", b"The moon landing happened in July 1969."))

    assert said(nothing) == cards.NO_ARTICLES
    assert list(made.library.articles) == ["moon.txt"]


async def test_the_index_is_brought_up_to_date(keeper: MemberActor, made: Made, channel: ChannelHandle) -> None:
    (made.articles / "moon.txt").write_text("The moon landing happened in July 1969.", encoding="utf-8")
    (made.articles / "empty.txt").touch()
    (made.articles / "bread.txt").unlink()

    changed = await keeper.slash(channel, "articles reindex")
    unchanged = await keeper.slash(channel, "articles reindex")

    assert said(changed) == "1 added, 1 removed, 1 skipped: 3 articles.\n- empty.txt: it holds no text"
    assert said(unchanged) == "Nothing has changed: 3 articles."


async def test_progress_is_told_in_the_message(
    keeper: MemberActor, made: Made, channel: ChannelHandle, simcord_env: Env, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, delivery = threading.Event(), cast("QuothClient", simcord_env.bot).delivery
    really, finish = made.build, delivery.finish

    async def finish_and_tell(interaction: Interaction, card: Card) -> Any:
        sent = await finish(interaction, card)
        if card.plain == "Encoding passages: 1 of 2…":
            told.set()
        return sent

    def build(progress: Any) -> Any:
        progress("encoding", 1, 2)
        told.wait()  # the change goes on once the member has read how far it is
        return really(progress)

    monkeypatch.setattr(care, "_BETWEEN_EDITS", 0)
    monkeypatch.setattr(delivery, "finish", finish_and_tell)
    monkeypatch.setattr(made.library, "_build", build)
    result = await keeper.slash(channel, "articles reindex")
    await simcord_env.settle()

    assert told.is_set()
    assert said(result) == "Nothing has changed: 3 articles."


async def test_while_the_articles_change_a_second_change_is_refused(
    keeper: MemberActor, made: Made, channel: ChannelHandle
) -> None:
    made.changes._room = 0

    assert said(await keeper.slash(channel, "articles reindex")) == cards.CARE_BUSY


async def test_progress_that_cannot_be_told_is_logged_and_the_change_is_made(
    keeper: MemberActor,
    made: Made,
    channel: ChannelHandle,
    simcord_env: Env,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    failed, delivery = threading.Event(), cast("QuothClient", simcord_env.bot).delivery
    really, finish = made.build, delivery.finish

    async def finish_or_fail(interaction: Interaction, card: Card) -> Any:
        if card.plain.startswith("Encoding"):
            failed.set()
            raise ValueError("surprise")
        return await finish(interaction, card)

    def build(progress: Any) -> Any:
        progress("encoding", 1, 2)
        failed.wait()
        return really(progress)

    monkeypatch.setattr(care, "_BETWEEN_EDITS", 0)
    monkeypatch.setattr(delivery, "finish", finish_or_fail)
    monkeypatch.setattr(made.library, "_build", build)

    assert said(await keeper.slash(channel, "articles reindex")) == "Nothing has changed: 3 articles."
    assert "surprise" in caplog.text


async def test_a_change_that_fails_is_told_and_written_down(
    keeper: MemberActor, made: Made, channel: ChannelHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: object) -> None:
        raise StorageFailed(made.state, "disk full")

    monkeypatch.setattr(made.library, "_build", lambda _: 1 / 0)
    failed = await keeper.slash(channel, "articles reindex")
    monkeypatch.setattr(made.memory, "audit", fail)
    unwritten = await keeper.slash(channel, "articles reindex")

    assert said(failed) == said(unwritten) == cards.BROKEN
    assert audited(made) == [("keeper", "reindex", "", "failed")]


# --- who may -------------------------------------------------------------------------------------------------


async def test_others_are_refused_politely_even_if_discord_lets_them(
    simcord_env: Env, guild: GuildHandle, channel: ChannelHandle, keeper: MemberActor, made: Made
) -> None:
    role = guild.create_role("Guests")
    guest = guild.add_member(simcord_env.create_user("guest"), roles=[role])
    command = simcord_env.bot.tree.get_command("articles")  # type: ignore[attr-defined]
    command.default_permissions = None
    await simcord_env.bot.tree.sync()  # type: ignore[attr-defined]

    for name, options in (
        ("reindex", {}),
        ("add", {"file": ("a.txt", b"a")}),
        ("remove", {"article": "x"}),
    ):
        result = await guest.slash(channel, f"articles {name}", **options)
        assert result.ephemeral
        assert said(result) == cards.CARE_REFUSED
    assert len(list(made.articles.iterdir())) == 3


@pytest.mark.parametrize("chosen", [{"discord_caretakers": {1}}])
async def test_who_may_not_remove_an_article_is_offered_none(keeper: MemberActor, channel: ChannelHandle) -> None:
    assert await keeper.autocomplete(channel, "articles remove", "article", "bread") == []


@pytest.mark.parametrize("chosen", [{"discord_caretakers": {1}}])
async def test_a_list_of_roles_narrows_it_further(keeper: MemberActor, channel: ChannelHandle) -> None:
    assert said(await keeper.slash(channel, "articles reindex")) == cards.CARE_REFUSED


async def test_a_confirmation_counts_only_while_the_member_may(
    keeper: MemberActor, made: Made, channel: ChannelHandle, simcord_env: Env
) -> None:
    question = await keeper.slash(channel, "articles remove", article="On bread")
    bot = cast("QuothClient", simcord_env.bot)
    bot.settings = bot.settings.model_copy(update={"discord_caretakers": {1}})

    result = await keeper.click(question.response, label="Remove")  # type: ignore[arg-type]

    assert said(result) == cards.CARE_REFUSED
    assert (made.articles / "bread.txt").exists()


async def test_in_several_servers_those_that_may_change_the_articles_have_to_be_named(
    keeper: MemberActor, channel: ChannelHandle, simcord_env: Env
) -> None:
    simcord_env.create_guild("Elsewhere")

    assert said(await keeper.slash(channel, "articles reindex")) == cards.CARE_ELSEWHERE


@pytest.mark.parametrize("chosen", [{"discord_guilds": {1}}])
async def test_a_server_that_is_not_named_changes_nothing(keeper: MemberActor, channel: ChannelHandle) -> None:
    result = await keeper.slash(channel, "articles reindex")

    assert said(result) == cards.NOT_HERE
