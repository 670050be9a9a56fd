"""Any exception as one sentence for a person at a terminal; faults of Quoth itself leave a traceback in a file."""

from __future__ import annotations

import functools
import tempfile
import traceback
from pathlib import Path

import typer

from bot.terminal.console import closed_stream
from retrieval.errors import QuothError

_CLOSED = {
    "stdout": "Standard output is closed: leave it open, or send it to a file or to /dev/null.",
    "stdin": "Standard input is closed: leave it open, or give the question or the files by name.",
}


def sentence(error: Exception) -> str:
    """An exception as one sentence with its cause and remedy."""
    match error:
        case QuothError():
            from bot.error_wording import in_words

            return in_words(error)
        case typer.TyperException():
            context = getattr(error, "ctx", None)
            path = context.command_path if context else "quoth"
            message = error.format_message().rstrip(".")
            if message.startswith("Got unexpected extra argument"):
                message += _instead(context)
            elif path == "quoth" and message.startswith("No such command") and "Did you mean" not in message:
                message += '; a question is asked by quoth ask "…"'
            return f"{message}: see {path} --help."
        case OSError():
            if closed := closed_stream(error):
                return _CLOSED[closed]
            return f"The system refused ({error.strerror or error}): make room, or give yourself the right to it."
        case MemoryError():
            return "There is not enough memory: close other programs, or ask over fewer articles."
    return _fault(error)


def interrupted(error: BaseException | None) -> bool:
    """Whether an error comes from Ctrl-C: a library that it cuts short while it loads says that it is broken."""
    while error and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None


def _instead(context: typer.Context | None) -> str:
    """What to do with words that a command takes no argument for."""
    if context is None:
        return ""
    if context.command.name == "ask":
        return "; put the question into quotation marks"
    takes = {parameter.name: parameter.param_type_name for parameter in context.command.params}
    folder_alone = "articles" in takes and "argument" not in takes.values()
    return "; name the folder of articles with --articles" if folder_alone else ""


def _fault(error: Exception) -> str:
    """Keep the traceback of a fault of ours for whoever mends it; returns the sentence for whoever met it."""
    report = _report()
    with report.open("a", encoding="utf-8") as file:
        file.write("".join(traceback.format_exception(error)))
    kind = type(error).__name__
    return f"Quoth has a fault ({kind}): please report it with the details that are in {report}."


@functools.cache
def _report() -> Path:
    """The file for tracebacks, one a process."""
    with tempfile.NamedTemporaryFile(prefix="quoth-", suffix=".txt", delete=False) as file:
        return Path(file.name)
