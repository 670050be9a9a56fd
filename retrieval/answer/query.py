"""What the engine is asked: a question with filters, a number of quotes and, in a conversation, its context."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from retrieval.errors import QuestionEmpty, QuestionTooLong

MAX_QUESTION = 2_000
"""Code points. The encoder reads about half of that; nobody types more."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which articles may answer; the defaults let all."""

    articles: frozenset[str] = frozenset()
    """Ids; empty for any."""
    source: str | None = None
    """The source's name, whatever its letter case."""
    after: date | None = None
    """Published on this day or later. Articles without a date pass no filter on dates."""
    before: date | None = None
    """Published on this day or earlier."""


@dataclass(frozen=True, slots=True)
class Context:
    """What was said before a question that may be a follow-up."""

    first: str
    """The latest question that stood on its own: with it the subject began."""
    previous: str
    """The question before this one; may be the first."""
    quoted: str
    """The passage that was quoted to answer it."""
    names: tuple[str, ...] = ()
    """Whom and what pronouns may stand for, best first."""
    pair: tuple[str, str] | None = None
    """Two that were named together, for which "they" may stand."""

    @property
    def questions(self) -> str:
        """The questions, each once."""
        return " ".join(dict.fromkeys((self.first, self.previous)))

    @property
    def said(self) -> str:
        """All of it: the questions and the passage."""
        return f"{self.questions} {self.quoted}"


@dataclass(frozen=True, slots=True)
class Query:
    """One question to the engine, with all that its answer depends on besides the articles."""

    text: str
    """The question as typed."""
    filters: Filters = Filters()
    top: int = 3
    """Quotes at most."""
    context: Context | None = None
    """What was said before, if anything; whether the question goes on from it, the engine tells."""
    weak: bool = False
    """Whether quotes that score far below the first are wanted too."""


def checked(question: str) -> str:
    """The question on one line.

    Raises:
        QuestionEmpty: it has neither a letter nor a digit.
        QuestionTooLong: it has more than ``MAX_QUESTION`` code points.
    """
    if len(question) > MAX_QUESTION:
        raise QuestionTooLong(len(question), MAX_QUESTION)
    if not re.search(r"\w", question):
        raise QuestionEmpty
    # Bytes that are no text reach a command line as lone surrogates, which no tokenizer takes.
    return " ".join(question.encode(errors="replace").decode().split())
