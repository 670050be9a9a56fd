"""``/articles add``, ``remove`` and ``reindex``: members who may manage the server change the articles."""

from __future__ import annotations

import asyncio
import dataclasses
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import discord
from discord import app_commands

from bot.discord import article_cards, cards
from bot.discord.cards import Button, Card
from bot.discord.client import QuothClient
from bot.discord.collection import Collection
from bot.discord.completion import titles_like
from bot.discord.drafts import Draft
from bot.discord.failures import failure, sentence_for
from bot.discord.forms import Forms
from bot.discord.library import Fetch, Library, StillReading, short_id
from bot.discord.markup import escaped, plain
from bot.discord.messages import Interaction
from bot.languages import say
from bot.pool import Busy
from retrieval.articles.article import ArticleInfo
from retrieval.articles.formats.metadata import SIDECAR
from retrieval.articles.formats.registry import USUAL
from retrieval.errors import ArticleUnknown, ArticleUnreadable, QuothError
from retrieval.index.updating import Report

MAX_ATTACHMENT = 8 * 2**20
"""Bytes of an article added from Discord: larger ones are books, and belong into the folder by hand."""

_BETWEEN_EDITS = 2.0
"""Seconds: Discord takes five edits in five seconds."""
_EDITABLE = 14 * 60
"""Seconds for which a command's message can be edited, less one minute."""


class _CancelledError(Exception):
    """A member has called a change off."""


class _Progress:
    """The last that a change told of itself, from its thread; called off, it ends the change by raising."""

    def __init__(self) -> None:
        self.text = article_cards.progress("reading", 0, 0)
        self.cancelled = False

    def __call__(self, stage: str, done: int, total: int) -> None:
        if self.cancelled:
            raise _CancelledError
        self.text = article_cards.progress(stage, done, total)


_Work = Callable[[Library, _Progress], Report | bool | str | None]
"""A change of a collection's articles; gives the id of an article that did not have one before."""


class ArticleCommands:
    """``/articles add``, ``remove`` and ``reindex``, and their buttons.

    Args:
        client: the bot that gets them.
        fetch: fetches a page from the web; None where that is not switched on.
    """

    def __init__(self, client: QuothClient, fetch: Fetch | None = None) -> None:
        self._client = client
        self._fetch = fetch
        self._forms = Forms(client, self)
        self._under_way: dict[str, _Progress] = {}
        """By the name of the collection that changes."""

    def install(self, group: app_commands.Group) -> None:
        """Put the commands into their group, and the buttons among the client's."""
        self._install_adding(group)
        self._forms.install()
        self._install_commands(group)
        self._client.buttons.handlers |= {"remove": self._removed, "keep": self._kept, "cancel": self._cancel}

    def _install_adding(self, group: app_commands.Group) -> None:
        @group.command(name="add", description="Add an article: a file or, without one, a text that you type")
        @app_commands.describe(
            file=plain(" ".join(USUAL).replace(".", ""), cards.CHOICE),
            title="Its title, where it is not in the file",
            source="Who published it",
            date="The day on which it was published, as in 2016-11-28",
            address="Where it stands on the web; without a file, the page to fetch",
            replace="Whether it takes the place of the article of the same file name",
        )
        async def add(
            interaction: Interaction,
            file: discord.Attachment | None = None,
            title: app_commands.Range[str, 1, 300] | None = None,
            source: app_commands.Range[str, 1, 120] | None = None,
            date: app_commands.Range[str, 1, 10] | None = None,
            address: app_commands.Range[str, 1, 500] | None = None,
            replace: bool = False,  # noqa: FBT001, FBT002
        ) -> None:
            draft = Draft(title or "", source or "", date or "", address or "")
            if not await self.admitted(interaction) or not await self._dated(interaction, draft):
                return
            if file is None and draft.address and (self._fetch or not draft.title):
                await self._add_page(interaction, draft)
            elif file is None:
                await self._forms.show(interaction, draft, replace=replace)
            else:
                await self._add(interaction, file, draft, replace=replace)

    def _install_commands(self, group: app_commands.Group) -> None:
        @group.command(name="remove", description="Remove an article, after asking you again")
        @app_commands.describe(article="Its title")
        async def remove(interaction: Interaction, article: str) -> None:
            await self._show(interaction, lambda: self._removal(interaction, article))

        @remove.autocomplete("article")
        async def titles(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
            return [] if self.refusal(interaction) else titles_like(self._client.known_to(interaction), typed)

        @group.command(name="reindex", description="Bring the index up to date with the folder of articles")
        async def reindex(interaction: Interaction) -> None:
            if await self.admitted(interaction) and await self._client.delivery.defer(interaction, private=True):
                await self._change(interaction, "reindex", "", Library.refresh)

    async def admitted(self, interaction: Interaction) -> bool:
        """Whether the member may do this; tells them if not. Discord's own settings are not relied on."""
        if refusal := self.refusal(interaction):
            await self._client.delivery.tell(interaction, refusal)
        return refusal is None

    def refusal(self, interaction: Interaction) -> str | None:
        """Why a member may not change the articles, if so."""
        settings, member = self._client.settings, interaction.user
        if not (isinstance(member, discord.Member) and self._client.admits(interaction.guild_id, interaction.channel)):
            return cards.NOT_HERE
        # Whoever installed the bot for themselves may manage whatever server they use it in.
        if self._client.get_guild(interaction.guild_id or 0) is None:
            return cards.NOT_HERE
        if not interaction.permissions.manage_guild:
            return cards.CARE_REFUSED
        if settings.discord_caretakers and not settings.discord_caretakers & {role.id for role in member.roles}:
            return cards.CARE_REFUSED
        # Anybody may invite a public bot into a server of their own, where they may manage everything.
        if not settings.discord_guilds and len(self._client.guilds) > 1:
            return cards.CARE_ELSEWHERE
        return None

    async def _show(self, interaction: Interaction, card: Callable[[], Card], *, instead: bool = False) -> None:
        if await self.admitted(interaction):
            try:
                await self._client.delivery.show(interaction, card(), instead=instead)
            except (QuothError, StillReading) as error:
                await self._client.delivery.tell(interaction, failure(error))

    def _removal(self, interaction: Interaction, name: str) -> Card:
        collection = self._client.at(interaction)
        collection.service.check_open()
        article = collection.library.articles[collection.library.resolve(name)]
        return article_cards.removal(article, short_id(article.id), _sign(collection, article))

    async def _kept(self, interaction: Interaction, _: int, __: str) -> None:
        await self._client.delivery.show(interaction, cards.notice(cards.NOT_REMOVED), instead=True)

    async def _removed(self, interaction: Interaction, sign: int, key: str) -> None:
        if not await self.admitted(interaction):
            return
        collection = self._client.at(interaction)
        id = collection.library.resolve(key)
        if _sign(collection, collection.library.articles[id]) != sign:
            raise ArticleUnknown(key)
        await self._client.delivery.show(interaction, cards.notice(cards.REMOVING), instead=True)
        await self._change(interaction, "remove", id, lambda library, progress: library.remove(id, progress))

    async def _cancel(self, interaction: Interaction, _: int, __: str) -> None:
        """Call off the change under way, at its next step."""
        if await self.admitted(interaction):
            progress = self._under_way.get(self._client.at(interaction).name)
            if progress:
                progress.cancelled = True
            await self._client.delivery.tell(interaction, cards.STOPPING if progress else cards.OVER)

    async def _dated(self, interaction: Interaction, draft: Draft) -> bool:
        """Whether a draft's date is none or one; tells the member if not."""
        if draft.valid_date:
            return True
        await self._client.delivery.tell(interaction, cards.not_a_day(draft.date))
        return False

    async def _add(self, interaction: Interaction, file: discord.Attachment, draft: Draft, *, replace: bool) -> None:
        # Discord's word for the size; and a name is only ever a name, whatever it looks like.
        name = Path(file.filename.replace("\\", "/")).name
        if file.size > MAX_ATTACHMENT:
            error = ArticleUnreadable(name, say("it is larger than {n} MiB", n=MAX_ATTACHMENT // 2**20))
            return await self._client.delivery.tell(interaction, sentence_for(error))
        if not await self._client.delivery.defer(interaction, private=True):
            return None
        content = await self._client.delivery.deliver(file.read)
        if content is None:
            error = ArticleUnreadable(name, say("Discord did not hand it over"))
            await self._client.delivery.finish(interaction, cards.notice(sentence_for(error)))
            return None
        return await self.put(interaction, name, content, draft.metadata(), replace=replace)

    async def _add_page(self, interaction: Interaction, draft: Draft) -> None:
        """Fetch the page at a draft's address, with what else the draft says of it."""
        fetch = self._fetch
        if fetch is None:
            return await self._client.delivery.tell(interaction, article_cards.NO_FETCHING)
        if not await self._client.delivery.defer(interaction, private=True):
            return None

        def add(library: Library, progress: _Progress) -> str:
            page = fetch(draft.address, progress)
            return library.add_fetched(dataclasses.replace(page, said=draft.said()), progress)

        return await self._change(interaction, "add", draft.address, add)

    async def put(
        self,
        interaction: Interaction,
        name: str,
        content: bytes,
        metadata: bytes,
        *,
        replace: bool,
        back: Button | None = None,
    ) -> None:
        """Put a file and, if there is any, its metadata into the folder; a way ``back`` is shown if that fails."""
        if not interaction.response.is_done() and not await self._client.delivery.defer(interaction, private=True):
            return

        def add(library: Library, progress: _Progress) -> bool:
            with tempfile.TemporaryDirectory(prefix="quoth-") as folder:
                path = Path(folder, name)
                try:
                    path.write_bytes(content)
                    if metadata:
                        path.with_name(name + SIDECAR).write_bytes(metadata)
                except OSError as error:  # a name that no file can have
                    raise ArticleUnreadable(name, error.strerror or say("its name is none")) from error
                return library.add(path, progress, replace=replace)

        await self._change(interaction, "replace" if replace else "add", name, add, back)

    async def _change(
        self, interaction: Interaction, action: str, article: str, work: _Work, back: Button | None = None
    ) -> None:
        """Do something to the articles, tell how it goes in the message, and write down who did it."""
        async with self._client.occupied():
            collection, progress = self._client.at(interaction), _Progress()
            first = self._under_way.setdefault(collection.name, progress) is progress
            teller = asyncio.create_task(self._tell_progress(interaction, progress))
            try:
                done = await collection.changes.run(lambda: work(collection.library, progress))
                outcome, said = "done", _done(collection.library, action, article, done)
            except Busy:
                outcome, said = "refused", cards.CARE_BUSY
            except _CancelledError:
                outcome, said = "cancelled", say("It was called off: nothing has changed.")
            except Exception as error:  # noqa: BLE001 - the member is told, and the bot goes on
                outcome, said = "failed", failure(error)
            finally:
                if first:
                    del self._under_way[collection.name]
                teller.cancel()
                [failing] = await asyncio.gather(teller, return_exceptions=True)  # no progress after the outcome
                if isinstance(failing, Exception):
                    failure(failing)
            await self._audit(interaction, collection.name, action, article, outcome)
            ways = [back] if back and outcome != "done" else []
            await self._client.delivery.finish(interaction, cards.notice(said, *ways))

    async def _tell_progress(self, interaction: Interaction, progress: _Progress) -> None:
        told = ""
        until = time.monotonic() + _EDITABLE
        while time.monotonic() < until:
            await asyncio.sleep(_BETWEEN_EDITS)
            if progress.text != told:
                told = progress.text
                cancel = cards.button("cancel", 0, "", say("Cancel"))
                await self._client.delivery.finish(interaction, cards.notice(told, cancel))

    async def _audit(self, interaction: Interaction, collection: str, *what: str) -> None:
        action, article, outcome = what
        facts = {
            "member": interaction.user.id,
            "name": str(interaction.user),
            "server": interaction.guild_id,
            "collection": collection,
            "action": action,
            "article": article,
            "outcome": outcome,
        }
        try:
            await asyncio.to_thread(lambda: self._client.memory.audit(**facts))
        except QuothError as error:
            failure(error)
        channel = self._client.get_channel(self._client.settings.discord_audit_channel or 0)
        # What a server has for itself is not told in another.
        if isinstance(channel, discord.TextChannel) and (not collection or channel.guild.id == interaction.guild_id):
            line = article_cards.audited(str(interaction.user), *what)
            await self._client.delivery.post(channel, cards.notice(line))


def _sign(collection: Collection, article: ArticleInfo) -> int:
    """A number that hardly any other article has.

    After the question whether to remove one, the channel may get another collection, and the file another text.
    """
    return zlib.crc32(repr((collection.name, article.id, article.title, article.published)).encode()) % 100_000


def _done(library: Library, action: str, article: str, done: object) -> str:
    """What became of a change, in words."""
    total = len(library.articles)
    if isinstance(done, Report) or action == "reindex":
        return article_cards.refreshed(done if isinstance(done, Report) else None, total)
    article = done if isinstance(done, str) else article
    name = escaped(article, 300)
    if action != "remove" and not done:
        return say("{name} is there already.", name=name)
    if action == "replace":
        return say("{name} is replaced.", name=name)
    if action == "add":
        same = library.same_as(article)
        if same:
            return say("{name} is added, though {other} has the same text.", name=name, other=escaped(same, 300))
        return say("{name} is added.", name=name)
    return say("{name} is removed.", name=name)
