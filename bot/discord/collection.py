"""Collections: a server, or a category or channel of it, has articles of its own, in a folder with an index of its own.

Nothing here knows Discord: places are numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.discord.background import Watch, WatchThread
from bot.discord.following import FeedThread, Follow
from bot.discord.library import Library, Opened
from bot.discord.memory import Forgotten, Memory
from bot.discord.responder import Responder
from bot.discord.service import AnswerService, Cooldown
from bot.pool import Pool
from bot.question_log import QuestionLog
from bot.settings import Settings
from bot.talks import Talks
from bot.tally import Tally
from retrieval.errors import StorageFailed
from retrieval.index.address import Where

if TYPE_CHECKING:
    from retrieval.index.changes import Progress

Build = Callable[[Path, Where, "Progress"], Opened]
"""Opens an engine over a folder of articles and the folder of its index, which it brings up to date."""

COMMON = "common"
"""What a member calls the articles that are not one server's."""
NAME = re.compile(r"[^\W_][\w-]{0,31}")
"""What a collection may be called: it is the name of a folder."""
MOST = 25
"""Collections that a server may have: as many as Discord offers to choose from."""
_NOTE = "collection of "


@dataclass(frozen=True, slots=True, eq=False)
class Collection:
    """Articles that are asked by themselves, and all that nobody who asks others is to see anything of."""

    name: str
    """The server's id and the name that it has there; empty for the common one."""
    responder: Responder
    talks: Talks
    changes: Pool
    """The one thread that changes it."""
    watching: WatchThread
    following: FeedThread

    def stop(self) -> None:
        """Tell what runs beside it to end."""
        self.watching.stop()
        self.following.stop()

    @property
    def at_work(self) -> bool:
        """Whether it is being changed, by a member, the watch or a feed, though it was told to stop."""
        return self.changes.working or not self.watching.ended() or not self.following.ended()

    @property
    def service(self) -> AnswerService:
        """What answers from it."""
        return self.responder.service

    @property
    def library(self) -> Library:
        """Its articles."""
        return self.service.library


class Collections:
    """The common collection and those of servers, and which of them is asked where.

    Args:
        settings: where the collections are.
        build: opens an engine; all share its models.
        memory: remembers answers, and whose place has which collection.
        answers: the threads that answer, for all of them.
        watch: keeps an index true to its folder; None for no watch.
        follow: keeps a folder true to its feeds; None for none.
    """

    def __init__(
        self,
        settings: Settings,
        build: Build,
        memory: Memory,
        answers: Pool,
        watch: Watch | None = None,
        follow: Follow | None = None,
    ) -> None:
        self._settings = settings
        self._build = build
        self._watch = watch
        self._follow = follow
        self._cooldown = Cooldown(settings.discord_cooldown)
        self._own: dict[str, Collection] = {}
        self.memory = memory
        self.questions = QuestionLog(settings.state, days=settings.questions_days)
        self.tally = Tally(self.questions)
        self.answers = answers
        self.common = self._made("", settings.articles, settings.index)
        self.begun: Callable[[Collection], None] = lambda _: None
        """Hears of each collection of a server when it is used for the first time, to open it."""
        self._places = {int(note.removeprefix(_NOTE)): name for note, name in memory.notes(_NOTE).items()}

    def all(self) -> list[Collection]:
        """The common collection, and those in use."""
        return [self.common, *self._own.values()]

    def at(self, server: int | None, channel: Any) -> Collection:
        """The collection of a channel or, where it has none, of its category or else its server; else the common one.

        Without a server, in direct messages, it is the common one.
        """
        if server is None or self._settings.collections is None:
            return self.common
        given = (name for place in surroundings(server, channel) if (name := self._places.get(place)))
        name = next(given, COMMON)
        # A server reaches nothing but what lies in its own folder.
        return self._named(name) if name.startswith(f"{server}/") else self.common

    def names(self, server: int) -> list[str]:
        """What the collections of a server are called."""
        folder = self._folder(server)
        found = folder.iterdir() if folder and folder.is_dir() else ()
        return sorted(each.name for each in found if NAME.fullmatch(each.name) and each.is_dir())

    def give(self, server: int, place: int, name: str | None) -> None:
        """Have the collection of this name, which is made if there is none, asked in a place of a server.

        Without a name the place has what its surroundings have.

        Raises:
            StorageFailed: it cannot be made, or written down.
        """
        folder = self._folder(server)
        if name and name != COMMON and folder:
            try:
                (folder / name / "articles").mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise StorageFailed(folder, error.strerror or str(error)) from error
            name = f"{server}/{name}"
        self.memory.write_note(f"{_NOTE}{place}", name or "")
        self._places[place] = name or ""

    def open_all(self) -> None:
        """Begin with all that any place has."""
        if self._settings.collections is not None:
            for name in {name for name in self._places.values() if "/" in name}:
                self._named(name)

    def close(self) -> None:
        """Take no more work, and stop watching."""
        self.answers.close()
        for each in self.all():
            each.changes.close()
        self.memory.close()
        self.questions.close()

    def forget(self, member: int) -> Forgotten:
        """Delete what is kept of a member's questions, and their votes.

        Raises:
            StorageFailed: it could not be deleted.
        """
        # First in the log: what leads to a member's questions there is in the memory.
        self.questions.forget(self.memory.keys_of(member))
        forgotten = self.memory.forget(member)
        for key in forgotten.voted:
            self.questions.voted(key, self.memory.votes(key))
        for each in self.all():
            each.talks.forget(member)
        return forgotten

    @property
    def at_work(self) -> bool:
        """Whether any is being changed, by a member or by the watch, though the watch was told to stop."""
        return any(each.at_work for each in self.all())

    def _folder(self, server: int) -> Path | None:
        return self._settings.collections and self._settings.collections / str(server)

    def _named(self, name: str) -> Collection:
        if name not in self._own and self._settings.collections:
            folder = self._settings.collections / name
            made = self._own[name] = self._made(name, folder / "articles", folder / "index")
            made.library.reading = "reading", 0, 0
            self.begun(made)
        return self._own[name]

    def _made(self, name: str, articles: Path, index: Where) -> Collection:
        kept_elsewhere = self._settings.index_only and not name
        library = Library(
            articles, index, partial(self._build, articles, index), name=name, kept_elsewhere=kept_elsewhere
        )
        service = AnswerService(library, self.memory, self.answers, top=self._settings.top, tally=self.tally)
        # The server shows the articles that all have, and those of nobody else.
        responder = Responder(service, self._cooldown, server="" if name else self._settings.address)
        changes = Pool("change", workers=1, waiting=0)
        watching, watched = WatchThread(library, self._watch), self._watch is not None
        following = FeedThread(library, self._follow, watched=watched)
        return Collection(name, responder, Talks(), changes, watching, following)


def surroundings(server: int, channel: Any) -> Iterator[int]:
    """A channel and what it is in, the narrowest first: a thread or post, its channel, its category, the server."""
    yield channel.id
    if parent_id := getattr(channel, "parent_id", None):
        yield parent_id
        channel = channel.parent
    if category := getattr(channel, "category_id", None):
        yield category
    yield server
