"""Where lines come from: a person's keyboard, with editing and history, or another program's pipe."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from bot import wording

if TYPE_CHECKING:
    from prompt_toolkit.history import History
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
    from rich.console import Console

PROMPT = "> "
_BLOCK = 2**16
_TOGETHER = 64
"""Questions answered at once: more are hardly faster, and the first answer should not be long in coming."""


def typed(history: Path, commands: Mapping[str, str], errors: Console) -> Iterator[str]:
    """Lines as a person types them, with editing, history and completion, until Ctrl-D, or Ctrl-C on an empty line.

    Args:
        history: the file that lines are remembered in.
        commands: what the tabulator completes, each with what it does.
        errors: where it is said that the history cannot be kept.
    """
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import WordCompleter
    from prompt_toolkit.shortcuts import CompleteStyle

    session: PromptSession[str] = PromptSession(
        history=_history(history, errors),
        completer=WordCompleter(list(commands), meta_dict=commands, sentence=True),
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


def batches(stdin: BinaryIO) -> Iterator[Sequence[bytes]]:
    """Lines that another program writes, in batches: those that are there already, never waiting for more."""
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
        errors.print(f"This chat will not be remembered: {wording.line(error)}.", style="dim")
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
