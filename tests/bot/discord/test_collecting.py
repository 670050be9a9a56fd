"""Choosing collections by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.bot.discord.reading import text

if TYPE_CHECKING:
    from pathlib import Path

    from simcord.actors import MemberActor
    from simcord.builders import ChannelHandle, GuildHandle


@pytest.fixture
def chosen(tmp_path: Path) -> dict[str, Any]:
    return {"collections": tmp_path / "collections"}


@pytest.mark.parametrize("typed", ["NordWind", "nordwind"])
async def test_a_folder_that_was_made_by_hand_is_found_whatever_its_letter_case(
    guild: GuildHandle, channel: ChannelHandle, keeper: MemberActor, chosen: dict[str, Any], typed: str
) -> None:
    folder = chosen["collections"] / str(guild.id)
    (folder / "NordWind" / "articles").mkdir(parents=True)
    (folder / "NordWind" / "articles" / "moon.txt").write_text("The moon landing happened in July 1969.")

    offered = await keeper.autocomplete(channel, "articles collection", "name", "nord")
    told = await keeper.slash(channel, "articles collection", name=typed)
    listed = await keeper.slash(channel, "articles list")

    assert [each["value"] for each in offered] == ["NordWind"]
    assert "**NordWind**" in text(told.response)
    assert "moon" in text(listed.response)
    assert [each.name for each in folder.iterdir()] == ["NordWind"]
