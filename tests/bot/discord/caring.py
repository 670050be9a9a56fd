"""What a caretaker's command said, and what was written down of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.bot.discord.reading import text

if TYPE_CHECKING:
    from tests.bot.discord.conftest import Made


def said(result: Any) -> str:
    assert result.response is not None
    return text(result.response)


def audited(made: Made) -> list[tuple[str, str, str, str]]:
    lines = (made.state / "audit.jsonl").read_text("utf-8").splitlines()
    return [(e["name"], e["action"], e["article"], e["outcome"]) for e in map(json.loads, lines)]


def filled_in(result: Any) -> dict[str, str]:
    """What stands in the fields of a form as it opens."""
    return {item["component"]["custom_id"]: item["component"].get("value") or "" for item in result.modal["components"]}
