"""Where ``quoth ask`` gives its answers out: one question, or one a line from standard input, as text or as JSON.

The command line imports this at its start, so that what is heavy is imported inside.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import typer

from retrieval.errors import QuothError

if TYPE_CHECKING:
    from rich.console import Console

    from bot.talks import Talks
    from retrieval.answer.answer import Answer
    from retrieval.answer.query import Filters
    from retrieval.engine import Engine

ANSWERED, NOT_SAID, FAILED = 0, 1, 2
"""Exit statuses, as grep has them."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where ``quoth ask`` gives its answers out; without ``out``, as JSON."""

    engine: Engine
    filters: Filters
    top: int
    threshold: float | None
    out: Console | None
    errors: Console
    talks: Talks

    def answer(self, question: str, conversation: str | None = None) -> int:
        """Answer one question, of a conversation if it has a name; returns the exit status. Raises as the engine."""
        from bot.terminal import chat as terminal
        from retrieval.answer.conversation import Talk

        talk = Talk() if conversation is None else self.talks.of(conversation)
        with terminal.waiting(self.errors, "Reading"):
            answer = self.engine.ask(question, self.filters, top=self.top, context=talk.context)
        if conversation is not None:
            self.talks.keep(conversation, talk.answered(answer))
        return self._give(answer, conversation)

    def answer_all(self, batches: Iterable[Sequence[bytes]]) -> int:
        """Answer a question a line; a bad line is named and the rest answered. Returns the worst exit status."""
        statuses: list[int] = []
        for lines in batches:
            statuses.extend(self._answer_together(len(statuses) + 1, lines))
        if not statuses:
            raise typer.TyperException("No question came on standard input: give one a line")
        return max(statuses)

    def _answer_together(self, first: int, lines: Sequence[bytes]) -> Iterator[int]:
        """Answer lines that came together, the ``first`` and those behind it; yields an exit status for each."""
        from bot import wording as rendering
        from bot.terminal import chat as terminal

        read = [_line(line, objects=self.out is None) for line in lines]
        refused, answers = None, []
        try:
            with terminal.waiting(self.errors, "Reading"):
                alone = [line.question for line in read if line.conversation is None and line.wrong is None]
                answers = self.engine.ask_all(alone, self.filters, top=self.top)
        except QuothError as error:
            refused = rendering.error(error)
        given = iter(answers)
        for number, line in enumerate(read, first):
            if self.out is not None:
                self.out.print(*([""] if number > 1 else []), rendering.line(line.question), style="bold", sep="\n")
            if sentence := line.wrong or refused:
                yield self._refuse(number, line.question, sentence)
            elif line.conversation is None:
                yield self._give(next(given))
            else:
                yield self.answer(line.question, line.conversation)

    def _give(self, answer: Answer, conversation: str | None = None) -> int:
        """Put an answer out; returns its exit status."""
        from bot import wording as rendering
        from bot.terminal import chat as terminal

        if not answer.hits:
            self.errors.print(rendering.excluded(self.filters, self.engine.snapshot.articles))
        if self.out is None:
            named = {} if conversation is None else {"conversation": conversation}
            terminal.put(rendering.answer_json(answer, explain=self.threshold is not None) | named)
        else:
            self.out.print(rendering.answer(answer))
            if self.threshold is not None:
                self.out.print(rendering.explanation(answer, self.threshold))
        return ANSWERED if answer.answered else NOT_SAID

    def _refuse(self, number: int, question: str, sentence: str) -> int:
        from bot.terminal import chat as terminal

        if self.out is None:
            terminal.put({"question": question, "error": sentence})
        else:
            self.errors.print(f"Line {number}: {sentence}")
        return FAILED


class _Line(NamedTuple):
    """A line of standard input: its question, the conversation that it belongs to, and what is wrong with it."""

    question: str
    conversation: str | None = None
    wrong: str | None = None


def _line(line: bytes, *, objects: bool) -> _Line:
    """Read a line; where ``objects`` are taken, one may be JSON's."""
    from bot import wording as rendering
    from retrieval.answer.query import checked

    text = line.decode("utf-8-sig", "replace").rstrip("\r\n")
    question, conversation = text, None
    try:
        line.decode("utf-8")
        if objects:
            question, conversation = _of_conversation(text)
        checked(question)
    except UnicodeDecodeError:
        return _Line(text, wrong="The line is not UTF-8: save the questions as UTF-8.")
    except ValueError:
        sentence = 'The line is no such object: write {"question": "...", "conversation": "..."}, both strings.'
        return _Line(text, wrong=sentence)
    except QuothError as error:
        return _Line(question, wrong=rendering.error(error))
    return _Line(question, conversation)


def _of_conversation(text: str) -> tuple[str, str | None]:
    """A line's question and conversation; a line that is no JSON object is a question by itself.

    Raises:
        ValueError: it is an object, but not one that asks something.
    """
    if not text.lstrip().startswith("{"):
        return text, None
    try:
        asked = json.loads(text)
    except RecursionError as error:
        raise ValueError(text) from error
    question, conversation = asked.get("question"), asked.get("conversation")
    if not isinstance(question, str) or not isinstance(conversation, str | None):
        raise ValueError(text)  # noqa: TRY004 - the line's value, not its type
    return question, conversation
