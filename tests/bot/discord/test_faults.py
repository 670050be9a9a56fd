"""Faults that nobody foresaw: whoever used a command or pressed a button is told, and the log has what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.discord import cards
from bot.discord.responder import Responder
from retrieval.errors import StorageFailed
from tests.bot.discord.reading import ASKED, last, mention, text

if TYPE_CHECKING:
    from simcord import Env
    from simcord.actors import MemberActor
    from simcord.builders import ChannelHandle

    from tests.bot.discord.conftest import Made


@pytest.mark.parametrize("chosen", [{"discord_posts": True}])
async def test_a_command_that_cannot_write_down_what_it_is_told_says_so(
    simcord_env: Env, made: Made, keeper: MemberActor, channel: ChannelHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StorageFailed(made.state, "disk full")

    monkeypatch.setattr(made.memory, "write_note", fail)
    result = await keeper.slash(channel, "articles posts", channel=channel, on=True)

    assert result.ephemeral
    assert text(result.response) == cards.BROKEN
    assert len(simcord_env.errors) == 1


@pytest.mark.parametrize("deferred", [False, True])
async def test_a_fault_in_a_command_is_told_and_written_to_the_log(
    simcord_env: Env,
    made: Made,
    alice: MemberActor,
    channel: ChannelHandle,
    deferred: bool,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    broken = made.collections.common.responder
    monkeypatch.setattr(broken, "answer" if deferred else "refusal", lambda *_, **__: 1 / 0)
    result = await alice.slash(channel, "ask", question=ASKED)

    assert text(result.response) == cards.BROKEN
    assert "ZeroDivisionError" in caplog.text
    assert len(simcord_env.errors) == 1


async def test_a_fault_behind_a_button_is_told_and_written_to_the_log(
    simcord_env: Env,
    alice: MemberActor,
    channel: ChannelHandle,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await alice.send(channel, mention(simcord_env, ASKED))
    before = text(last(channel))
    monkeypatch.setattr(Responder, "card", lambda *_: 1 / 0)
    pressed = await alice.click(last(channel), label="Paragraph")

    assert pressed.ephemeral
    assert text(pressed.response) == cards.BROKEN
    assert "ZeroDivisionError" in caplog.text
    assert text(last(channel)) == before


async def test_an_answer_is_given_though_what_is_kept_of_answers_cannot_be_read(
    simcord_env: Env, made: Made, alice: MemberActor, channel: ChannelHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StorageFailed(made.state, "database disk image is malformed")

    for reading in ("keep", "find", "votes"):
        monkeypatch.setattr(made.memory, reading, fail)
    await alice.send(channel, mention(simcord_env, ASKED))

    assert "Sochi" in text(last(channel))
