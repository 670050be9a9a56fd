"""The commands in the languages that there are catalogues for, and answers in the language of whoever uses one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from bot.discord.failures import failure
from bot.languages import catalogue, language_of, speak

if TYPE_CHECKING:
    from bot.discord.client import QuothClient  # noqa: F401 - named below


class CommandTree(app_commands.CommandTree["QuothClient"]):
    """Runs each command in the language of whoever uses it."""

    async def interaction_check(self, interaction: discord.Interaction[Any], /) -> bool:
        """Speak the member's language; discord.py calls this before a command, or what is offered while one types."""
        speak(interaction.locale.value)
        return True

    async def on_error(self, interaction: discord.Interaction[Any], error: app_commands.AppCommandError, /) -> None:
        """Tell whoever used a command that it came to nothing; discord.py calls this."""
        await interaction.client.delivery.tell(interaction, failure(getattr(error, "original", error)))


class Translator(app_commands.Translator):
    """Names and descriptions of commands, out of the catalogues."""

    async def translate(
        self, string: app_commands.locale_str, locale: discord.Locale, _: app_commands.TranslationContextTypes
    ) -> str | None:
        """A name or description in a locale, or None where it stays English; discord.py calls this."""
        return catalogue(language_of(locale.value)).commands.get(string.message)
