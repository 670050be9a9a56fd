"""The bot in other languages: commands as Discord takes them, and answers in the language of whoever reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
import regex

from bot.discord.client import QuothClient
from bot.discord.translating import Translator
from bot.languages import TRANSLATED
from retrieval.articles.formats.registry import USUAL
from tests.bot.discord.conftest import Made
from tests.bot.discord.objects import USER, message_object
from tests.bot.discord.reading import last, mention, text
from tests.bot.discord.rules import walk
from tests.bot.discord.server import FakeDiscord
from tests.bot.discord.wired import connected

if TYPE_CHECKING:
    from simcord import Env

LOCALES = {"de", "es-419", "es-ES", "fr", "ja", "pt-BR", "ru"}
NAME = regex.compile(r"[-_'\p{L}\p{N}]{1,32}")
"""Discord's rule for the names of commands and options, which have to be in lower case too."""
UNKNOWN = "what is the capital of France?"


@pytest.fixture
def more() -> dict[str, Any]:
    """Further settings."""
    return {}


@pytest.fixture
def chosen(tmp_path: Any, more: dict[str, Any]) -> dict[str, Any]:
    return {"collections": tmp_path / "collections"} | more


def parts(command: Any) -> Iterator[Any]:
    """A command, and its commands and options."""
    yield command
    for inner in command.get("options") or []:
        yield from parts(inner)


async def test_every_command_and_option_is_named_in_every_language(simcord_bot: QuothClient) -> None:
    tree = simcord_bot.tree
    commands = [await each.get_translated_payload(tree, Translator()) for each in tree.get_commands()]
    formats = " ".join(USUAL).replace(".", "")

    assert {locale.partition("-")[0] for locale in LOCALES} == set(TRANSLATED)
    for command in commands:
        for part in parts(command):
            assert set(part["name_localizations"]) == LOCALES, part["name"]
            for name in part["name_localizations"].values():
                assert 1 <= len(name) <= 32
                assert command["type"] != 1 or (NAME.fullmatch(name) and name == name.lower())
            if "description" in part and not part["description"].startswith(formats):
                assert set(part["description_localizations"]) == LOCALES, part["name"]
                assert all(1 <= len(words) <= 100 for words in part["description_localizations"].values())
            for locale in LOCALES:  # what stands beside each other has names of its own
                names = [inner["name_localizations"][locale] for inner in part.get("options") or []]
                assert len(names) == len(set(names))


async def test_a_mention_is_answered_in_the_language_of_its_server(simcord_env: Env) -> None:
    guild = simcord_env.create_guild("Insel", preferred_locale="de")
    channel = guild.create_text_channel("allgemein")
    member = guild.add_member(simcord_env.create_user("frieda"))
    await member.send(channel, mention(simcord_env, UNKNOWN))
    declined = text(last(channel))
    await member.send(channel, mention(simcord_env, "when did Abe meet Putin in Sochi?"))

    assert declined == "Das steht nicht in den Artikeln."
    assert text(last(channel)).endswith("TASS · 6. Mai 2016")
    await member.send_dm(UNKNOWN)
    assert text(last(member.user.dm_channel)) == "The articles do not say."


@pytest.mark.allow_hosts(["127.0.0.1"])
async def test_a_command_and_a_button_are_answered_in_the_language_of_who_uses_them(
    server: FakeDiscord, made: Made
) -> None:
    async with connected(made.make(), server):
        both = await server.ask(UNKNOWN, locale="fr"), await server.ask(UNKNOWN, locale="ru")
        french, russian = [await server.answer(each) for each in both]
        [button, *_] = [each["custom_id"] for each in walk(french["components"]) if each.get("custom_id")]
        message = message_object("5", "", USER) | {name: french[name] for name in ("components", "flags")}
        pressed = await server.answer(await server.press(button, message, locale="ja", member=9))
        nothing = await server.answer(await server.ask(UNKNOWN, locale="pt-BR", source="Nobody"))

    assert "Les articles ne le disent pas." in str(french)
    assert "В статьях этого нет." in str(russian)
    assert "**答えではなく**、最も近いものです:" in str(pressed)
    assert re.search("Não sobra nenhum artigo(.*): você pediu só de Nobody", str(nothing))


@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.parametrize("more", [{"confidence": 0.0}])
async def test_an_answer_that_all_see_stays_in_its_language_whoever_presses_its_buttons(
    server: FakeDiscord, made: Made
) -> None:
    async with connected(made.make(), server):
        answer = await server.answer(await server.ask("what of Sochi and thirty projects or elephants?"))
        message = message_object("5", "", USER) | {name: answer[name] for name in ("components", "flags")}
        alone = message | {"flags": message["flags"] | 64}

        async def pressed(verb: str, on: Any, member: int) -> str:
            [id] = [
                each["custom_id"] for each in walk(answer["components"]) if f":{verb}:" in each.get("custom_id", "")
            ][:1]
            return str(await server.answer(await server.press(id, on, locale="de", member=member)))

        voted = await pressed("up", message, 9)
        turned = [await pressed("page:1", message, member) for member in (7, 9)]
        copied = await pressed("page:1", alone, 9)

    assert "6 May 2016" in str(answer)
    assert ["Artikel" in each for each in (voted, *turned, copied)] == [False, False, True, True]
