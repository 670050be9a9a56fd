"""The connection: faults of it, commands made known, every way of asking."""

from __future__ import annotations

import asyncio
import threading
from types import SimpleNamespace

import discord
import pytest

from bot.discord import cards
from bot.discord.addressed import names
from bot.discord.heard import question_in
from bot.error_wording import in_words
from bot.settings import DiscordRefused
from tests.bot.discord.conftest import Made
from tests.bot.discord.objects import CHANNEL, DIRECT, POST, ROLE, THREAD, USER, message_object
from tests.bot.discord.server import TOKEN, FakeDiscord, Reply, dropped, failing, limited, reply
from tests.bot.discord.wired import connected

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


async def test_discord_is_waited_for_however_it_is_away_at_first(server: FakeDiscord, made: Made) -> None:
    server.faulty["GET", "/users/@me"] = [failing(503), limited(via=False)]
    server.refuse_connections = 2

    async with connected(made.make(), server):
        asked = await server.ask("what do blue whales eat?")
        assert "krill" in str(await server.answer(asked))


@pytest.mark.parametrize(
    ("code", "lacking"), [(4004, "valid token"), (4014, "intents"), (4013, "intents"), (4011, "servers")]
)
async def test_what_trying_again_cannot_help_ends_in_a_sentence(
    server: FakeDiscord, made: Made, code: int, lacking: str
) -> None:
    server.refuse_close = code
    client = made.make()

    with pytest.raises(DiscordRefused) as caught:
        await client.start(TOKEN)

    assert caught.value.lacking == lacking
    assert "Discord" in in_words(caught.value)
    await client.close()


async def test_a_close_that_nobody_knows_is_no_refusal(server: FakeDiscord, made: Made) -> None:
    server.refuse_close = 4012
    client = made.make()

    with pytest.raises(discord.ConnectionClosed):
        await client.start(TOKEN)
    await client.close()


async def test_an_invalid_session_begins_a_new_one(
    server: FakeDiscord, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    sleep = asyncio.sleep
    monkeypatch.setattr("discord.gateway.asyncio.sleep", lambda _: sleep(0))
    async with connected(made.make(), server):
        await server.say({"op": 9, "d": False})
        await server.until(lambda: len(server.identified) == 2)
        asked = await server.ask("what do blue whales eat?")
        assert "krill" in str(await server.answer(asked))


async def test_the_commands_are_sent_again_only_when_they_changed(server: FakeDiscord, made: Made) -> None:
    def syncs() -> int:
        return sum(call.method == "PUT" for call in server.calls)

    async with connected(made.make(), server):
        assert syncs() == 1
    async with connected(made.make(), server):
        assert syncs() == 1
    made.memory.write_note("commands of 900", "others")
    async with connected(made.make(), server):
        assert syncs() == 2


async def test_commands_that_discord_did_not_take_are_sent_again(server: FakeDiscord, made: Made) -> None:
    server.faulty["PUT", "/commands"] = [limited(via=False, after=0.01)] * 4
    async with connected(made.make(), server):
        await server.until(lambda: [call for call in server.calls if call.method == "PUT"])


async def test_at_the_login_discord_is_waited_for_as_long_as_it_asks(
    server: FakeDiscord, made: Made, caplog: pytest.LogCaptureFixture
) -> None:
    server.faulty["GET", "/users/@me"] = [limited(via=False, after=0.25)]
    with caplog.at_level("WARNING"):
        async with connected(made.make(), server):
            pass

    assert [record.args[1] for record in caplog.records if "cannot be reached" in record.msg] == [0.25]  # type: ignore[index]


@pytest.mark.parametrize("chosen", [{"discord_test_guild": 100}])
async def test_a_test_server_gets_them_each_time(server: FakeDiscord, made: Made) -> None:
    for _ in range(2):
        async with connected(made.make(), server):
            pass

    assert [call.path for call in server.calls if call.method == "PUT"] == ["/applications/900/guilds/100/commands"] * 2


async def test_every_way_of_asking_is_answered(server: FakeDiscord, made: Made) -> None:
    question = "what do blue whales eat?"
    async with connected(made.make(), server):
        first = await server.mention(question)
        await server.answer(first)
        asked = {
            "reply": await server.answer_back(question, message_object("77", "> Salt", USER)),
            "thread": await server.mention(question, channel=THREAD),
            "forum post": await server.mention(question, channel=POST),
            "direct message": await server.write_directly(question),
            "menu of a message": await server.choose_from_menu("Find in articles", question),
        }
        answers = {way: str(await server.answer(to)) for way, to in asked.items()}
        places = [call.path for call in server.calls if call.method == "POST" and call.path.endswith("/messages")]

    assert [way for way, answer in answers.items() if "krill" not in answer] == []
    assert sorted(places) == sorted(f"/channels/{place}/messages" for place in (CHANNEL, CHANNEL, THREAD, POST, DIRECT))


async def test_who_mentions_the_role_of_the_bot_is_told_how_to_ask_or_answered(server: FakeDiscord, made: Made) -> None:
    question = "what do blue whales eat?"
    async with connected(made.make(), server):
        await server.answer(await server.mention(question))
        hidden = await server.answer(await server.mention_role("", ROLE))
        shown = await server.answer(await server.mention_role(f"<@&{ROLE}> {question}", ROLE))
        other = await server.mention_role("", 999)
        await server.answer(await server.mention(question))

    assert hidden["content"] == cards.ROLE_MENTIONED
    assert "krill" in str(shown)
    assert server.answers(other) == []


def test_the_role_of_the_bot_is_no_word_of_a_question() -> None:
    own = SimpleNamespace(id=ROLE, name="Quoth")
    guild = SimpleNamespace(self_role=own, get_role={ROLE: own, 4: SimpleNamespace(name="Editors")}.get)

    named = names(guild, {})  # type: ignore[arg-type]

    assert question_in(f"so <@&{ROLE}> what did <@&4> say?", named) == "so what did Editors say?"


@pytest.mark.parametrize("fault", [limited(via=False, after=0.05), dropped])
async def test_a_deferral_that_fails_once_is_tried_again(server: FakeDiscord, made: Made, fault: Reply) -> None:
    async with connected(made.make(), server):
        server.faulty["POST", "/callback"] = [fault]
        asked = await server.ask("what do blue whales eat?")

        assert "krill" in str(await server.answer(asked))


async def test_a_deferral_whose_receipt_was_lost_is_no_reason_to_stay_silent(server: FakeDiscord, made: Made) -> None:
    async with connected(made.make(), server):
        server.faulty["POST", "/callback"] = [
            dropped,
            lambda _: reply({"message": "Interaction has already been acknowledged.", "code": 40060}, 400),
        ]
        asked = await server.ask("what do blue whales eat?")

        assert "krill" in str(await server.answer(asked))


ASK = {"name": "ask", "options": [{"name": "question", "type": 3, "value": "what do blue whales eat?"}]}
REINDEX = {"name": "articles", "options": [{"name": "reindex", "type": 1}]}


@pytest.mark.parametrize("chosen", [{"discord_user_install": True, "discord_guilds": {100}}])
async def test_who_installed_the_bot_for_themselves_asks_anywhere_in_private(server: FakeDiscord, made: Made) -> None:
    async with connected(made.make(), server):
        [commands] = [call.body for call in server.calls if call.method == "PUT"]
        asked = await server.use_as_own(ASK)
        answer = await server.answer(asked)
        [deferral] = [call.body for call in server.calls if call.path.endswith(f"/{asked}/callback")]
        refused = await server.answer(await server.use_as_own(REINDEX))

    assert {tuple(command["integration_types"]) for command in commands} == {(0, 1)}
    assert "krill" in str(answer)
    assert deferral == {"type": 5, "data": {"flags": 64}}
    assert refused["content"] == cards.NOT_HERE


async def test_without_leave_nobody_has_the_bot_for_themselves(server: FakeDiscord, made: Made) -> None:
    async with connected(made.make(), server):
        [commands] = [call.body for call in server.calls if call.method == "PUT"]

    assert {tuple(command["integration_types"]) for command in commands} == {(0,)}


@pytest.mark.parametrize("chosen", [{"discord_guilds": {100}}])
async def test_a_server_that_is_not_named_gets_nothing_by_that_way(server: FakeDiscord, made: Made) -> None:
    async with connected(made.make(), server):
        assert (await server.answer(await server.use_as_own(ASK)))["content"] == cards.NOT_HERE


async def test_told_to_stop_whoever_still_waits_is_told_to_ask_again(
    server: FakeDiscord, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, going = made.make(), threading.Event()
    engine = made.library.engine
    assert engine is not None
    monkeypatch.setattr(engine, "ask", lambda *_, **__: going.wait())
    async with connected(client, server):
        asked = [await server.ask(f"what do {number} blue whales eat?") for number in range(5)]
        asked.append(await server.mention("what do blue whales eat?"))
        while len(made.answers._jobs) < len(asked):  # noqa: ASYNC110 - the server hears nothing of it
            await asyncio.sleep(0.01)

        await client.finish(0.5)

        assert [answer["content"] for token in asked for answer in server.answers(token)] == [cards.CLOSING] * 6
        going.set()
