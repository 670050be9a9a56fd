"""An article as a member types it: its title, source, date, address and text, and the form that asks for them."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import discord
import yaml

from bot.discord.addressed import named_in, words
from bot.discord.heard import as_shown
from bot.discord.messages import Interaction
from bot.languages import say, speak

_TEXT, _TITLE, _SOURCE, _ADDRESS = 4000, 300, 120, 500
"""Discord's limit for what is typed into a form, and Quoth's for what is known of an article."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a member has given of an article so far; all of it may be empty."""

    title: str = ""
    source: str = ""
    date: str = ""
    """As in 2016-11-28."""
    address: str = ""
    text: str = ""

    @classmethod
    def of(cls, message: discord.Message) -> Draft:
        """A message as an article: its first line as title, and where and when it was written."""
        text = as_shown(words(message), named_in(message))
        first = text.partition("\n")[0].strip("#* ")
        place = getattr(message.channel, "name", "")
        source = f"{message.author.display_name}, #{place}" if place else message.author.display_name
        day = message.created_at.date().isoformat()
        return cls(_cut(first, _TITLE), _cut(source, _SOURCE), day, message.jump_url, _cut(text, _TEXT))

    @property
    def valid_date(self) -> bool:
        """Whether the date is one, or none."""
        try:
            return not self.date or bool(date.fromisoformat(self.date.strip()))
        except ValueError:
            return False

    @property
    def file_name(self) -> str:
        """The name of the file that the article is kept in."""
        return ("-".join(re.findall(r"\w+", self.title.lower()))[:60].strip("-_") or "article") + ".md"

    def said(self) -> dict[str, str]:
        """What is known of it beside its address, under the names of metadata files."""
        known = {"title": self.title, "source": self.source, "published": self.date}
        return {name: value.strip() for name, value in known.items() if value.strip()}

    def metadata(self) -> bytes:
        """What is known of it, as a metadata file; nothing where nothing is."""
        given = {**self.said(), **({"url": self.address.strip()} if self.address.strip() else {})}
        return yaml.safe_dump(given, allow_unicode=True).encode() if given else b""

    def file(self) -> bytes:
        """The article as a file: what is known of it, and its text."""
        return b"---\n" + self.metadata() + b"---\n\n" + self.text.encode() + b"\n"


def _cut(text: str, limit: int) -> str:
    """The beginning of a text, in UTF-16 units: Discord does not say what it counts."""
    return text.encode("utf-16-le", "replace")[: 2 * limit].decode("utf-16-le", "ignore")


Written = Callable[[Interaction, Draft], Awaitable[None]]
"""What becomes of a form that was sent."""


class ArticleForm(discord.ui.Modal):
    """The form, with what a draft has of it filled in."""

    def __init__(self, draft: Draft, written: Written) -> None:
        super().__init__(title=say("An article"))
        self._written = written
        self._fields: dict[str, discord.ui.TextInput[Any]] = {}
        self._ask("title", say("Title"), draft.title, _TITLE)
        self._ask("source", say("Source: who published it"), draft.source, _SOURCE, required=False)
        self._ask("date", say("Date, as in 2016-11-28"), draft.date, 10, required=False)
        self._ask("address", say("Address on the web"), draft.address, _ADDRESS, required=False)
        self._ask("text", say("Text"), draft.text, _TEXT)

    def _ask(self, name: str, label: str, value: str, limit: int, *, required: bool = True) -> None:
        style = discord.TextStyle.long if name == "text" else discord.TextStyle.short
        field: discord.ui.TextInput[Any] = discord.ui.TextInput(
            custom_id=name, style=style, default=value or None, required=required, max_length=limit
        )
        self._fields[name] = field
        self.add_item(discord.ui.Label(text=label, component=field))

    async def on_submit(self, interaction: discord.Interaction[Any]) -> None:
        """Hand over what was typed; discord.py calls this."""
        speak(interaction.locale.value)
        await self._written(interaction, Draft(**{name: field.value for name, field in self._fields.items()}))
