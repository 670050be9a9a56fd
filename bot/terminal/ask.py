"""``quoth ask``: the answers to one question, or to one a line from standard input, printed as text or as JSON.

The command line imports this at its start, so that what is heavy is imported inside.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from bot.terminal.failures import sentence
from retrieval.errors import DeviceUnavailable, EncoderUnavailable, QuothError, ReaderUnavailable, WeightsMismatch

if TYPE_CHECKING:
    from rich.console import Console

    from bot.talks import Talks
    from retrieval.answer.answer import Answer
    from retrieval.answer.query import Context, Filters
    from retrieval.engine import Engine

ANSWERED, NOT_SAID, FAILED = 0, 1, 2
"""Exit statuses, as grep has them."""


@dataclass(frozen=True, slots=True)
class AnswerPrinter:
    """Answers questions and prints the answers; without ``out``, as JSON."""

    engine: Engine
    filters: Filters
    top: int
    threshold: float | None
    """The confidence asked for, when answers are to be explained with it; None for no explanations."""
    out: Console | None
    errors: Console
    talks: Talks
    server: str = ""
    """The address that links to the quotes lead to."""

    def answer(self, question: str) -> int:
        """Answer one question; returns the exit status. Raises as ``Engine.ask``."""
        from bot.terminal.progress import waiting

        with waiting(self.errors, "Reading"):
            answer = self.engine.ask(question, self.filters, self.top)
        return self._print(answer)

    def answer_all(self, batches: Iterable[Sequence[bytes]]) -> int:
        """Answer a question a line; a bad line is named and the rest answered. Returns the worst exit status."""
        statuses: list[int] = []
        for lines in batches:
            statuses.extend(self._answer_batch(len(statuses) + 1, lines))
        if not statuses:
            raise typer.TyperException("No question came on standard input: give one a line")
        return max(statuses)

    def _answer_batch(self, first: int, lines: Sequence[bytes]) -> Iterator[int]:
        """Answer lines that came together, the ``first`` and those behind it; yields an exit status for each."""
        from bot import wording

        read = [_line(line, objects=self.out is None) for line in lines]
        alone = [line.question for line in read if line.conversation is None and line.wrong is None]
        answers = iter(self._ask_all(alone))
        for number, line in enumerate(read, first):
            if self.out is not None:
                self.out.print(*([""] if number > 1 else []), wording.line(line.question), style="bold", sep="\n")
            if line.wrong is not None:
                outcome: Answer | str = line.wrong
            else:
                outcome = next(answers) if line.conversation is None else self._go_on(line.question, line.conversation)
            yield (self._refuse(number, line, outcome) if isinstance(outcome, str) else self._print(outcome, line))

    def _ask_all(self, questions: Sequence[str]) -> Sequence[Answer | str]:
        """For each question its answer, or what is wrong with it in a sentence."""
        from bot.terminal.progress import waiting

        with waiting(self.errors, "Reading"):
            try:
                return self.engine.ask_all(questions, self.filters, self.top)
            except (DeviceUnavailable, EncoderUnavailable, ReaderUnavailable, WeightsMismatch) as error:
                return [sentence(error)] * len(questions)  # nothing will answer any of them
            except (OSError, MemoryError):
                raise
            except Exception:  # noqa: BLE001 - told with the question that it comes from
                return [self._ask(question) for question in questions]

    def _go_on(self, question: str, conversation: str) -> Answer | str:
        """A conversation's next answer, or what is wrong with its question in a sentence."""
        from bot.terminal.progress import waiting

        talk = self.talks.of(conversation)
        with waiting(self.errors, "Reading"):
            outcome = self._ask(question, talk.context)
        if not isinstance(outcome, str):
            self.talks.keep(conversation, talk.answered(outcome))
        return outcome

    def _ask(self, question: str, context: Context | None = None) -> Answer | str:
        try:
            return self.engine.ask(question, self.filters, self.top, context=context)
        except (OSError, MemoryError):
            raise
        except Exception as error:  # noqa: BLE001 - one bad line does not end the run
            return sentence(error)

    def _print(self, answer: Answer, line: _Line | None = None) -> int:
        """Print an answer, with the conversation that its line belongs to; returns its exit status."""
        from bot import contract, wording
        from bot.terminal import json_output, rendering

        if not answer.hits:
            self.errors.print(wording.excluded(self.filters, self.engine.index.articles))
        if self.out is None:
            said = contract.answer_json(answer, explain=self.threshold is not None, server=self.server)
            json_output.put(said | _conversation(line))
        else:
            self.out.print(rendering.answer(answer, self.server), crop=False)  # a link may be wider
            if self.threshold is not None:
                self.out.print(rendering.explanation(answer, self.threshold))
        return ANSWERED if answer.answered else NOT_SAID

    def _refuse(self, number: int, line: _Line, why: str) -> int:
        """Print what is wrong with a line; returns its exit status."""
        from bot.terminal import json_output

        if self.out is None:
            json_output.put({"question": line.question, "error": why} | _conversation(line))
        else:
            self.errors.print(f"Line {number}: {why}")
        return FAILED


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of standard input: its question, the conversation that it belongs to, and what is wrong with it."""

    question: str
    conversation: str | None = None
    wrong: str | None = None


def _conversation(line: _Line | None) -> dict[str, str]:
    """The name of a line's conversation as a field of JSON, if it has one."""
    return {"conversation": line.conversation} if line and line.conversation is not None else {}


def _line(line: bytes, *, objects: bool) -> _Line:
    """Read a line; where ``objects`` are taken, one may be JSON's."""
    from bot.error_wording import in_words
    from retrieval.answer.query import checked

    text = line.decode("utf-8-sig", "replace").rstrip("\r\n")
    read = _Line(text)
    try:
        line.decode("utf-8")
        if objects:
            read = _parsed(text)
        checked(read.question)
    except UnicodeDecodeError:
        return _Line(text, wrong="The line is not UTF-8: save the questions as UTF-8.")
    except ValueError:
        wrong = 'The line is no such object: write {"question": "...", "conversation": "..."}, both strings.'
        return _Line(text, wrong=wrong)
    except QuothError as error:
        return _Line(read.question, read.conversation, in_words(error))
    return read


def _parsed(text: str) -> _Line:
    """A line's question and conversation; a line that is no JSON object is a question by itself.

    Raises:
        ValueError: it is an object, but not one that asks something.
    """
    if not text.lstrip().startswith("{"):
        return _Line(text)
    try:
        asked = json.loads(text)
    except RecursionError as error:
        raise ValueError(text) from error
    question, conversation = asked.get("question"), asked.get("conversation")
    if not isinstance(question, str) or not isinstance(conversation, str | None):
        raise ValueError(text)  # noqa: TRY004 - the line's value, not its type
    return _Line(question, conversation)
