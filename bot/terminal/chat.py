"""The chat on a terminal or a pipe, and what both it and the commands show while a person waits."""

from __future__ import annotations

import difflib
import json
import shutil
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from rich import progress as bars
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from bot import wording as rendering
from bot.talks import Remark, Talks, remark
from retrieval.answer.conversation import Talk, Turn
from retrieval.errors import QuothError

if TYPE_CHECKING:
    from prompt_toolkit.history import History
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

    from retrieval.answer.answer import Answer
    from retrieval.answer.query import Context, Filters
    from retrieval.answer.reader import Reader
    from retrieval.engine import Engine
    from retrieval.models.encoder import Encoder

PROMPT = "> "
_UNLIMITED = 1_000_000
_BLOCK = 2**16
_TOGETHER = 64
"""Questions answered at once: more are hardly faster, and the first answer should not be long in coming."""
_STAGES = {
    "waiting": "Waiting for another program to write the index",
    "reading": "Reading articles",
    "encoding": "Encoding passages",
    "asking": "Asking questions",
}


def console(*, stderr: bool = False) -> Console:
    """A console on standard output or error; a pipe gets no line breaks within a paragraph, unless it sets COLUMNS."""
    file = sys.stderr if stderr else sys.stdout
    width = None if file.isatty() else shutil.get_terminal_size((_UNLIMITED, 24)).columns
    return Console(stderr=stderr, width=width, markup=False, highlight=False, emoji=False)


def put(*objects: dict[str, Any]) -> None:
    """Print objects as JSON, one a line, at once."""
    unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    for each in objects:
        sys.stdout.write(json.dumps(each, ensure_ascii=not unicode) + "\n")
    sys.stdout.flush()


@contextmanager
def progress(shown: Console) -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar on a terminal while an index is built; gives the function to tell of stage, done and total."""
    columns = (
        bars.BarColumn(bar_width=None),
        bars.MofNCompleteColumn(),
        _Speed(),
        bars.TimeRemainingColumn(compact=True),
    )
    text = bars.TextColumn("{task.description}", markup=False)
    shows = bars.Progress(bars.SpinnerColumn(), text, *columns, console=shown, transient=True)
    shows.disable = not shown.is_terminal
    stages: dict[str, bars.TaskID] = {}

    def told(stage: str, done: int, total: int) -> None:
        if stage not in stages:
            # One bar: a stage is over when the next begins.
            for past in stages.values():
                shows.update(past, visible=False)
            stages[stage] = shows.add_task(_STAGES.get(stage, stage), total=total or None)
        shows.update(stages[stage], completed=done)

    with shows:
        yield told


class _Speed(bars.ProgressColumn):
    """Passages, files or questions a second."""

    def render(self, task: bars.Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.1f}/s" if speed else "", "progress.data.speed")


def waiting(shown: Console, text: str) -> AbstractContextManager[object]:
    """A spinner on a terminal while something takes seconds; nothing on a pipe."""
    return shown.status(Text(text, "dim"), spinner_style="dim") if shown.is_terminal else nullcontext()


def warm_up(engine: Engine) -> threading.Thread:
    """Load the engine's models on a thread while a person types.

    An interrupt then ends the waiting, not the import of torch, which does not survive being cut short.
    """

    def load() -> None:
        # The first question meets what fails here again, and says so; whoever leaves at once gets no threads any more.
        with suppress(QuothError, RuntimeError):
            engine.ask("Who?")

    thread = threading.Thread(target=load, name="warm-up")
    thread.start()
    return thread


def load_behind(*models: Encoder | Reader | None) -> threading.Thread:
    """Load models on a thread, while whoever calls goes on with what needs none."""

    def load() -> None:
        with suppress(QuothError):  # the first use meets it again, and says so
            for model in models:
                if model is not None:
                    model.load()

    thread = threading.Thread(target=load, name="loading")
    thread.start()
    return thread


# --- where the lines come from -------------------------------------------------------------------------------


def typed(history: Path, errors: Console) -> Iterator[str]:
    """Lines as a person types them, with editing, history and completion, until Ctrl-D, or Ctrl-C on an empty line."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import WordCompleter
    from prompt_toolkit.shortcuts import CompleteStyle

    session: PromptSession[str] = PromptSession(
        history=_history(history, errors),
        completer=WordCompleter(list(COMMANDS), meta_dict=COMMANDS, sentence=True),
        complete_style=CompleteStyle.READLINE_LIKE,
        complete_while_typing=False,
        enable_history_search=True,
        key_bindings=_keys(),
    )
    while True:
        try:
            yield session.prompt(PROMPT)
        except (EOFError, KeyboardInterrupt):
            return


def piped(stdin: Iterable[bytes]) -> Iterator[str]:
    """Lines as another program writes them; what is not UTF-8 is read as far as it can be."""
    for text in stdin:
        yield text.decode("utf-8", "replace")


def together(stdin: BinaryIO) -> Iterator[Sequence[bytes]]:
    """The lines that another program writes: those that are there already in one batch, never waiting for more."""
    rest = b""
    while block := stdin.read1(_BLOCK):  # type: ignore[attr-defined]
        *lines, rest = (rest + block).split(b"\n")
        for start in range(0, len(lines), _TOGETHER):
            yield lines[start : start + _TOGETHER]
    if rest:
        yield [rest]


def _history(path: Path, errors: Console) -> History:
    """The history in the file ``path``, or one that ends with the chat where that cannot be written."""
    from prompt_toolkit.history import FileHistory, InMemoryHistory

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # What a person asks is nobody else's business.
        path.touch(mode=0o600)
        path.open("ab").close()
    except OSError as error:
        errors.print(f"This chat will not be remembered: {rendering.line(error)}.", style="dim")
        return InMemoryHistory()
    return FileHistory(path)


def _keys() -> KeyBindings:
    from prompt_toolkit.key_binding import KeyBindings

    keys = KeyBindings()

    @keys.add("c-c")
    def clear_or_leave(event: KeyPressEvent) -> None:
        if event.current_buffer.text:
            event.current_buffer.reset()
        else:
            event.app.exit(exception=KeyboardInterrupt)

    return keys


# --- the chat ------------------------------------------------------------------------------------------------

COMMANDS = {
    "/more": "more quotes for the last question",
    "/context": "the paragraph around a quote: /context, or /context 2",
    "/sources": "the articles quoted, and their files",
    "/new": "change the subject: the next question goes on from nothing",
    "/help": "this list",
    "/quit": "leave, as Ctrl-D does",
}
_MEANS: dict[Remark, str] = {"more": "/more", "context": "/context", "sources": "/sources", "new": "/new"}
_LEAVE = {"/quit", "/exit", "quit", "exit"}


class Chat:
    """A conversation: lines in, quotes out.

    Args:
        engine: what answers.
        filters: which articles it may quote.
        top: how many quotes an answer and each ``/more`` has at most.
        threshold: the confidence asked for, when answers are to be explained with it; None for no explanations.
        out: where answers go.
        errors: where everything else goes.
        loading: the thread that loads the model, when one does.
    """

    def __init__(
        self,
        engine: Engine,
        filters: Filters,
        *,
        top: int,
        threshold: float | None,
        out: Console,
        errors: Console,
        loading: threading.Thread | None = None,
    ) -> None:
        self.engine = engine
        """May be replaced while the talk goes on: the next question gets the new one."""
        self._filters = filters
        self._top = top
        self._threshold = threshold
        self._out = out
        self._errors = errors
        self._loading = loading
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
            if said.casefold() in _LEAVE:
                return
            if not said:
                continue
            try:
                self._respond(said)
            except QuothError as error:
                self._errors.print(rendering.error(error), style="yellow")
            except KeyboardInterrupt:
                self._errors.print("Abandoned.", style="dim")
            self._out.print()

    @property
    def _conversation(self) -> Talk:
        return self._talks.of(None)

    @_conversation.setter
    def _conversation(self, talk: Talk) -> None:
        self._talks.keep(None, talk)

    def _respond(self, said: str) -> None:
        kind = None if said.startswith("/") else remark(said)
        command = _MEANS.get(kind, said) if kind else said
        if command.startswith("/"):
            self._out.print(self._command(*command.partition(" ")[::2]))
            return
        if kind:
            self._out.print(Text(rendering.small_talk(kind, self.engine.snapshot.articles)))
            return
        talk = self._conversation
        answer = self._ask(said, self._top, talk.context)
        self._conversation = talk.answered(answer)
        if not answer.hits:
            self._errors.print(rendering.excluded(self._filters, self.engine.snapshot.articles), style="dim")
        self._out.print(rendering.answer(answer))
        if self._threshold is not None:
            self._out.print()
            self._out.print(rendering.explanation(answer, self._threshold))

    def _ask(self, question: str, top: int, context: Context | None, *, weak: bool = False) -> Answer:
        if self._loading and self._loading.is_alive():
            with waiting(self._errors, "Loading the model"):
                self._loading.join()
        return self.engine.ask(question, self._filters, top=top, weak=weak, context=context)

    def _command(self, name: str, argument: str) -> RenderableType:
        if name == "/help":
            return _help()
        if name == "/new":
            self._conversation = Talk()
            return Text("A new subject, then.")
        if name not in self._commands:
            return Text(_unknown(name))
        if (turn := self._conversation.last) is None:
            return Text("Ask a question first.")
        return self._commands[name](turn, argument)

    def _more(self, turn: Turn, _: str) -> RenderableType:
        fuller = self._ask(turn.answer.question, len(turn.shown) + self._top, turn.before, weak=True)
        fresh = turn.unseen(fuller)[: self._top]
        if not fresh:
            return Text("There is nothing more.")
        self._conversation = self._conversation.shown(fresh)
        return rendering.quotes(fresh, answered=turn.answer.answered, first=len(turn.shown) + 1)

    def _context(self, turn: Turn, argument: str) -> RenderableType:
        if not turn.shown:
            return Text("No quote was shown.")
        place = argument or "1"
        if not (place.isdecimal() and 1 <= int(place) <= len(turn.shown)):
            return Text(f"Say which quote: /context 1 to /context {len(turn.shown)}.")
        return rendering.context(turn.shown[int(place) - 1])


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, COMMANDS, n=1, cutoff=0.0)[0]
    return f"There is no {rendering.line(name)}. Did you mean {near}? /help lists the commands."


def _help() -> RenderableType:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    for name, use in COMMANDS.items():
        table.add_row(Text(name), Text(use))
    table.add_row("", "Anything else is a question.")
    return table
