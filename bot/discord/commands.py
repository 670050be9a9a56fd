"""The bot's commands: asking with options, finding a message's words, and caring for the articles."""

from __future__ import annotations

import asyncio
import logging
import tempfile
import time
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

import discord
from discord import app_commands
from discord.app_commands import Choice

from bot.discord import cards as shown
from bot.discord.cards import Card
from bot.discord.client import Interaction, QuothClient
from bot.discord.service import Asking, Busy, Pool, short_id
from retrieval.answer.query import MAX_QUESTION, Filters
from retrieval.articles.article import ArticleInfo
from retrieval.articles.formats.registry import FORMATS
from retrieval.errors import ArticleUnreadable, QuothError
from retrieval.index.updating import Report

_log = logging.getLogger("quoth.discord")

MAX_ATTACHMENT = 8 * 2**20
"""Bytes of an article added from Discord: larger ones are books, and belong into the folder by hand."""

_CHOICES = 25
"""Discord offers no more at a time."""
_BETWEEN_EDITS = 2.0
"""Seconds: Discord takes five edits in five seconds."""
_EDITABLE = 14 * 60
"""Seconds for which a command's message can be edited, less one minute."""


def install(client: QuothClient, changes: Pool) -> None:
    """Give the bot its commands; what changes the articles runs in the pool ``changes``."""
    _install_asking(client)
    _Care(client, changes).install()


# --- asking --------------------------------------------------------------------------------------------------


def _install_asking(client: QuothClient) -> None:
    tree = client.tree

    @tree.command(name="ask", description="Ask the articles: the answer is what they say, word for word")
    @app_commands.describe(
        question="What you want to know",
        article="Quote only this article",
        source="Quote only this source",
        after="Quote only what was published on this day or later, as in 2016-11-28",
        before="Quote only what was published on this day or earlier, as in 2016-11-28",
        private="Show the answer to you alone",
    )
    async def ask(
        interaction: Interaction,
        question: app_commands.Range[str, 1, MAX_QUESTION],
        article: str | None = None,
        source: str | None = None,
        after: str | None = None,
        before: str | None = None,
        private: bool = False,  # noqa: FBT001, FBT002 - Discord names it
    ) -> None:
        try:
            articles = frozenset({client.desk.library.resolve(article)} if article else ())
            filters = Filters(articles, source, _day(after), _day(before))
        except ValueError as error:
            await client.tell(interaction, f"{shown.escaped(str(error), 100)} is not a day: write it as 2016-11-28.")
        except QuothError as error:
            await client.tell(interaction, client.failure(error))
        else:
            await client.respond(interaction, Asking(question, filters), private=private)

    @ask.autocomplete("article")
    async def articles(_: Interaction, typed: str) -> list[Choice[str]]:
        return _titles(client.desk.library.articles.values(), typed)

    @ask.autocomplete("source")
    async def sources(_: Interaction, typed: str) -> list[Choice[str]]:
        known = sorted({article.source for article in client.desk.library.articles.values() if article.source})
        return [Choice(name=name, value=name) for name in known if _fits(typed, name) and len(name) <= shown.CHOICE][
            :_CHOICES
        ]

    @tree.context_menu(name="Find in articles")
    async def find(interaction: Interaction, message: discord.Message) -> None:
        words = message.content.strip()[:MAX_QUESTION]
        if words:
            # Nobody asked to have another's words looked up in public.
            await client.respond(interaction, Asking(words), private=True)
        else:
            await client.tell(interaction, shown.NO_TEXT)


def _day(text: str | None) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(text) from None


def _fits(typed: str, name: str) -> bool:
    return typed.strip().casefold() in name.casefold()


def _titles(articles: Iterable[ArticleInfo], typed: str) -> list[Choice[str]]:
    """The articles whose title has in it what was typed, those that begin with it first."""
    start = typed.strip().casefold()
    fitting = [article for article in articles if _fits(typed, article.title)]
    fitting.sort(key=lambda article: not article.title.casefold().startswith(start))
    return [
        Choice(name=shown.plain(article.title, shown.CHOICE) or short_id(article.id), value=short_id(article.id))
        for article in fitting[:_CHOICES]
    ]


# --- caring for the articles ---------------------------------------------------------------------------------


class _Progress:
    """The last that a change told of itself, from its thread."""

    def __init__(self) -> None:
        self.text = shown.progress("reading", 0, 0)

    def __call__(self, stage: str, done: int, total: int) -> None:
        self.text = shown.progress(stage, done, total)


class _Care:
    """``/articles`` and its buttons, for members who may manage the server."""

    def __init__(self, client: QuothClient, changes: Pool) -> None:
        self._client = client
        self._changes = changes

    def install(self) -> None:
        """Put the commands into the client's tree, and its buttons among the client's."""
        group = app_commands.Group(
            name="articles",
            description="Care for the articles",
            guild_only=True,
            default_permissions=discord.Permissions(manage_guild=True),
        )
        self._install_commands(group)
        self._client.tree.add_command(group)
        self._client.handlers |= {"list": self._turn, "remove": self._removed, "keep": self._kept}

    def _install_commands(self, group: app_commands.Group) -> None:
        @group.command(name="list", description="The articles there are")
        async def list_articles(interaction: Interaction) -> None:
            await self._show(interaction, lambda: shown.listing(self._articles(), 0))

        @group.command(name="add", description="Add an article, or a new one under a new name")
        @app_commands.describe(file=shown.plain(f"One of {', '.join(FORMATS)}", shown.CHOICE))
        async def add(interaction: Interaction, file: discord.Attachment) -> None:
            if await self._admitted(interaction):
                await self._add(interaction, file)

        @group.command(name="remove", description="Remove an article, after asking you again")
        @app_commands.describe(article="Its title")
        async def remove(interaction: Interaction, article: str) -> None:
            await self._show(interaction, lambda: self._removal(article))

        @remove.autocomplete("article")
        async def titles(_: Interaction, typed: str) -> list[Choice[str]]:
            return _titles(self._articles(), typed)

        @group.command(name="reindex", description="Bring the index up to date with the folder of articles")
        async def reindex(interaction: Interaction) -> None:
            if await self._admitted(interaction) and await self._client.deferred(interaction, private=True):
                await self._change(interaction, "reindex", "", self._client.desk.library.refresh)

    def _articles(self) -> list[ArticleInfo]:
        return list(self._client.desk.library.articles.values())

    async def _admitted(self, interaction: Interaction) -> bool:
        """Whether the member may do this; tells them if not. Discord's own settings are not relied on."""
        if refusal := self._refusal(interaction):
            await self._client.tell(interaction, refusal)
        return refusal is None

    def _refusal(self, interaction: Interaction) -> str | None:
        settings, member = self._client.settings, interaction.user
        if not (isinstance(member, discord.Member) and self._client.admits(interaction.guild_id, interaction.channel)):
            return shown.NOT_HERE
        if not interaction.permissions.manage_guild:
            return shown.CARE_REFUSED
        if settings.discord_caretakers and not settings.discord_caretakers & {role.id for role in member.roles}:
            return shown.CARE_REFUSED
        # Anybody may invite a public bot into a server of their own, where they may manage everything.
        if not settings.discord_guilds and len(self._client.guilds) > 1:
            return shown.CARE_ELSEWHERE
        return None

    async def _show(self, interaction: Interaction, card: Callable[[], Card], *, instead: bool = False) -> None:
        if await self._admitted(interaction):
            try:
                await self._client.show(interaction, card(), instead=instead)
            except QuothError as error:
                await self._client.tell(interaction, self._client.failure(error))

    def _removal(self, name: str) -> Card:
        library = self._client.desk.library
        id = library.resolve(name)
        return shown.removal(library.articles[id], short_id(id))

    async def _turn(self, interaction: Interaction, page: int, _: str) -> None:
        await self._show(interaction, lambda: shown.listing(self._articles(), page), instead=True)

    async def _kept(self, interaction: Interaction, _: int, __: str) -> None:
        await self._client.show(interaction, shown.notice("Nothing was removed."), instead=True)

    async def _removed(self, interaction: Interaction, _: int, key: str) -> None:
        if not await self._admitted(interaction):
            return
        library = self._client.desk.library
        id = library.resolve(key)
        await self._client.show(interaction, shown.notice("Removing…"), instead=True)
        await self._change(interaction, "remove", id, lambda progress: library.remove(id, progress))

    async def _add(self, interaction: Interaction, file: discord.Attachment) -> None:
        # Discord's word for the size; and a name is only ever a name, whatever it looks like.
        name = Path(file.filename.replace("\\", "/")).name
        if file.size > MAX_ATTACHMENT:
            error = ArticleUnreadable(name, f"it is larger than {MAX_ATTACHMENT // 2**20} MiB")
            return await self._client.tell(interaction, shown.failure(error))
        if not await self._client.deferred(interaction, private=True):
            return None
        content = await self._client.delivered(file.read)
        if content is None:
            error = ArticleUnreadable(name, "Discord did not hand it over")
            await self._client.finish_with(interaction, shown.notice(shown.failure(error)))
            return None

        def add(progress: _Progress) -> bool:
            with tempfile.TemporaryDirectory(prefix="quoth-") as folder:
                path = Path(folder, name)
                path.write_bytes(content)
                return self._client.desk.library.add(path, progress)

        return await self._change(interaction, "add", name, add)

    async def _change(
        self, interaction: Interaction, action: str, article: str, work: Callable[[_Progress], Report | bool | None]
    ) -> None:
        """Do something to the articles, tell how it goes in the message, and write down who did it."""
        async with self._client.occupied():
            progress = _Progress()
            teller = asyncio.create_task(self._tell_progress(interaction, progress))
            try:
                done = await self._changes.run(lambda: work(progress))
                outcome, said = "done", self._done(action, article, done)
            except Busy:
                outcome, said = "refused", shown.CARE_BUSY
            except Exception as error:  # noqa: BLE001 - the member is told, and the bot goes on
                outcome, said = "failed", self._client.failure(error)
            finally:
                teller.cancel()
                await asyncio.gather(teller, return_exceptions=True)  # no progress after the outcome
            await self._audit(interaction, action, article, outcome)
            await self._client.finish_with(interaction, shown.notice(said))

    def _done(self, action: str, article: str, done: object) -> str:
        total = len(self._client.desk.library.articles)
        if isinstance(done, Report) or action == "reindex":
            return shown.refreshed(done if isinstance(done, Report) else None, total)
        name = shown.escaped(article, 300)
        if action == "add":
            return f"{name} is added." if done else f"{name} is there already."
        return f"{name} is removed."

    async def _tell_progress(self, interaction: Interaction, progress: _Progress) -> None:
        told = ""
        until = time.monotonic() + _EDITABLE
        while time.monotonic() < until:
            await asyncio.sleep(_BETWEEN_EDITS)
            if progress.text != told:
                told = progress.text
                await self._client.finish_with(interaction, shown.notice(told))

    async def _audit(self, interaction: Interaction, action: str, article: str, outcome: str) -> None:
        facts = {
            "member": interaction.user.id,
            "name": str(interaction.user),
            "server": interaction.guild_id,
            "action": action,
            "article": article,
            "outcome": outcome,
        }
        try:
            await asyncio.to_thread(lambda: self._client.desk.memory.audit(**facts))
        except QuothError as error:
            self._client.failure(error)
