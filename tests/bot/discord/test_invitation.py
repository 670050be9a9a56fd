"""``quoth discord --invite``: the link by which a server's caretaker invites the bot."""

from __future__ import annotations

from functools import partial

import discord
import pytest
import yarl

from bot import settings
from bot.discord import app
from bot.settings import DiscordRefused
from tests.bot.conftest import Quoth
from tests.bot.discord.conftest import Made
from tests.bot.discord.server import TOKEN
from tests.bot.discord.wired import Elsewhere, redirect

pytestmark = [pytest.mark.allow_hosts(["127.0.0.1"]), pytest.mark.usefixtures("unhurried")]


def test_the_invitation_is_all_that_is_printed(
    elsewhere: Elsewhere, made: Made, monkeypatch: pytest.MonkeyPatch, quoth: Quoth
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    monkeypatch.setenv("QUOTH_LOG_LEVEL", "warning")
    monkeypatch.setattr(discord.VoiceClient, "warn_nacl", True)
    monkeypatch.setattr(discord.VoiceClient, "warn_dave", True)

    said = quoth("discord", "--invite")

    assert (said.status, said.err) == (0, "")
    assert said.out == (
        "https://discord.com/oauth2/authorize?client_id=900&scope=bot+applications.commands&permissions=274877991936\n"
    )


def test_the_invitation(
    elsewhere: Elsewhere, made: Made, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = partial(settings.load, articles=made.articles, index=made.index, state=made.state)
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    app.run(chosen(discord_threads=True), made.build_in, invite=True)
    link = yarl.URL(capsys.readouterr().out.strip())
    monkeypatch.setenv("DISCORD_TOKEN", "wrong")
    with pytest.raises(DiscordRefused, match="valid token"):
        app.run(chosen(), made.build_in, invite=True)
    redirect(monkeypatch, "http://127.0.0.1:9")
    with pytest.raises(DiscordRefused, match="connection"):
        app.run(chosen(), made.build_in, invite=True)

    needed = {name for name, granted in discord.Permissions(int(link.query["permissions"])) if granted}
    assert needed == {
        *("view_channel", "read_messages", "send_messages", "send_messages_in_threads"),
        *("embed_links", "read_message_history", "create_public_threads"),
    } - {"view_channel"}
