"""What the engine is asked: a question with filters, a number of quotes and, in a conversation, its context."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from retrieval.errors import QuestionEmpty, QuestionTooLong

MAX_QUESTION = 2_000
"""Code points. The encoder reads about half of that; nobody types more."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which articles may answer; the defaults let all.

    Raises:
        TypeError: one of them is of another kind, such as a day as a string.
    """

    articles: Collection[str] = frozenset()
    """Ids, or a single one as a string; empty for any. Kept as a ``frozenset``."""
    source: str | None = None
    """The source's name, whatever its letter case."""
    after: date | None = None
    """Published on this day or later. Articles without a date pass no filter on dates."""
    before: date | None = None
    """Published on this day or earlier."""

    def __post_init__(self) -> None:
        """Take what Python lets a script give: a single id, a list of them, a moment for its day."""
        ids = frozenset([self.articles] if isinstance(self.articles, str) else self.articles)
        if not all(isinstance(id, str) for id in ids):
            raise TypeError(f"articles are ids, not {self.articles!r}")
        object.__setattr__(self, "articles", ids)
        if not isinstance(self.source, str | None):
            raise TypeError(f"source is the name of one source, not {self.source!r}")
        for name in ("after", "before"):
            object.__setattr__(self, name, _day(name, getattr(self, name)))


def _day(name: str, given: object) -> date | None:
    """The day that a filter names."""
    if not isinstance(given, date | None):
        raise TypeError(f"{name} is a day, such as date(2026, 1, 31), not {given!r}")
    return given.date() if isinstance(given, datetime) else given


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

    def __post_init__(self) -> None:
        """Refuse what can only be a slip in a script."""
        if not isinstance(self.filters, Filters):
            raise TypeError(f"filters are Filters(…), not {self.filters!r}")
        top: object = self.top
        if not isinstance(top, int) or top < 0:
            raise ValueError(f"top is the most quotes, a whole number from 0, not {top!r}")


def as_probability(name: str, value: float) -> float:
    """The value of an argument, which has to be a probability; raises ``ValueError`` where it is none."""
    given: object = value
    if isinstance(given, str) or not 0 <= value <= 1:
        raise ValueError(f"{name} is a probability, 0 to 1, not {value!r}")
    return value


def checked(question: str) -> str:
    """The question on one line.

    Raises:
        QuestionEmpty: it has neither a letter nor a digit.
        QuestionTooLong: it has more than ``MAX_QUESTION`` code points.
        TypeError: it is no string.
    """
    if not isinstance(question, str):
        raise TypeError(f"a question is a string, not {question!r}")
    if len(question) > MAX_QUESTION:
        raise QuestionTooLong(len(question), MAX_QUESTION)
    if not re.search(r"\w", question):
        raise QuestionEmpty
    # Bytes that are no text reach a command line as lone surrogates, which no tokenizer takes.
    return " ".join(question.encode(errors="replace").decode().split())
