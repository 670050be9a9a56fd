"""``quoth chat``: a conversation in which lines that begin with a slash are commands, and the rest are questions."""

from __future__ import annotations

import difflib
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from bot import wording
from bot.error_wording import in_words
from bot.small_talk import Remark, remark
from bot.talks import Talks
from bot.terminal import rendering
from bot.terminal.progress import waiting
from retrieval.answer.conversation import Talk, Turn
from retrieval.errors import QuothError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from retrieval.answer.query import Filters
    from retrieval.engine import Engine

COMMANDS = {
    "/more": "more quotes for the last question",
    "/context": "the paragraph around a quote: /context, or /context 2",
    "/sources": "the articles quoted, and their files",
    "/new": "change the subject: the next question goes on from nothing",
    "/help": "this list",
    "/quit": "leave, as Ctrl-D does",
}
_COMMAND_OF: dict[Remark, str] = {"more": "/more", "context": "/context", "sources": "/sources", "new": "/new"}
"""What is said in words, as the command that it stands for."""
_LEAVE = {"quit", "exit"}
_LEAVING_COMMANDS = {"/quit", "/exit"}


class Chat:
    """A conversation on a terminal or a pipe: lines in, quotes out.

    Args:
        engine: what answers.
        filters: which articles it may quote.
        top: how many quotes an answer and each ``/more`` has at most.
        threshold: the confidence asked for, when answers are to be explained with it; None for no explanations.
        out: where answers go.
        errors: where everything else goes.
        loading: the thread that loads the model, when one does.
        server: the address that links to the quotes lead to; without it none are shown.
    """

    def __init__(  # noqa: PLR0913 - each is one thing that a chat needs
        self,
        engine: Engine,
        filters: Filters,
        *,
        top: int,
        threshold: float | None,
        out: Console,
        errors: Console,
        loading: threading.Thread | None = None,
        server: str = "",
    ) -> None:
        self.engine = engine
        """May be replaced while the talk goes on: the next question gets the new one."""
        self._filters = filters
        self._top = top
        self._threshold = threshold
        self._out = out
        self._errors = errors
        self._loading = loading
        self._server = server
        self._talks = Talks()
        self._commands: dict[str, Callable[[Turn, str], RenderableType]] = {
            "/more": self._more,
            "/context": self._context,
            "/sources": lambda turn, _: rendering.sources(turn.shown),
        }

    def run(self, lines: Iterable[str]) -> None:
        """Answer line after line until one says to leave or there are no more."""
        for text in lines:
            said = " ".join(text.split())
            if said.casefold() in _LEAVE or said.partition(" ")[0].casefold() in _LEAVING_COMMANDS:
                return
            if not said:
                continue
            try:
                self._respond(said)
            except QuothError as error:
                self._errors.print(in_words(error), style="yellow")
            except KeyboardInterrupt:
                self._errors.print("Abandoned.", style="dim")
            self._out.print()

    @property
    def _talk(self) -> Talk:
        return self._talks.of(None)

    @_talk.setter
    def _talk(self, talk: Talk) -> None:
        self._talks.keep(None, talk)

    def _respond(self, said: str) -> None:
        """Print the reply to a line: a command's, one to small talk, or an answer."""
        kind = None if said.startswith("/") else remark(said)
        command = _COMMAND_OF.get(kind, said) if kind else said
        if command.startswith("/"):
            name, _, argument = command.partition(" ")
            self._out.print(self._command(name.casefold(), argument), crop=False)
        elif kind:
            self._out.print(Text(wording.small_talk(kind, self.engine.index.articles)))
        else:
            self._answer(said)

    def _answer(self, question: str) -> None:
        talk = self._talk
        self._wait_for_model()
        answer = self.engine.ask(question, self._filters, self._top, context=talk.context)
        self._talk = talk.answered(answer)
        if not answer.hits:
            self._errors.print(wording.excluded(self._filters, self.engine.index.articles), style="dim")
        self._out.print(rendering.answer(answer, self._server), crop=False)
        if self._threshold is not None:
            self._out.print()
            self._out.print(rendering.explanation(answer, self._threshold))

    def _wait_for_model(self) -> None:
        if self._loading and self._loading.is_alive():
            with waiting(self._errors, "Loading the model"):
                self._loading.join()

    def _command(self, name: str, argument: str) -> RenderableType:
        if name == "/help":
            return _help()
        if name == "/new":
            self._talk = Talk()
            return Text(wording.NEW_SUBJECT)
        if name not in self._commands:
            return Text(_unknown(name))
        if (turn := self._talk.last) is None:
            return Text(wording.ASK_FIRST)
        return self._commands[name](turn, argument)

    def _more(self, turn: Turn, _: str) -> RenderableType:
        quotes = self.engine.more(turn, self._filters, self._top)
        if not quotes:
            return Text(wording.NOTHING_MORE)
        self._talk = self._talk.shown(quotes)
        first = len(turn.shown) + 1
        return rendering.quotes(quotes, answered=turn.answer.answered, first=first, server=self._server)

    def _context(self, turn: Turn, argument: str) -> RenderableType:
        if not turn.shown:
            return Text("No quote was shown.")
        place = argument or str(self._talk.viewed + 1)
        if not (place.isdecimal() and 1 <= int(place) <= len(turn.shown)):
            last = f" to /context {len(turn.shown)}" if len(turn.shown) > 1 else ""
            return Text(f"Say which quote: /context 1{last}.")
        return rendering.context(turn.shown[int(place) - 1], self._server)


def _unknown(name: str) -> str:
    near = "".join(f" Did you mean {each}?" for each in difflib.get_close_matches(name, COMMANDS, n=1, cutoff=0.55))
    return f"There is no {wording.line(name)}.{near} /help lists the commands."


def _help() -> RenderableType:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    for name, use in COMMANDS.items():
        table.add_row(Text(name), Text(use))
    table.add_row("", "Anything else is a question.")
    return table
