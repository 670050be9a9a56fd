"""What becomes of each question, counted in one place, whichever face it came by."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, TypeVar

from bot import gaps
from bot.gaps import Gaps, Group
from bot.pool import Busy, Closing
from bot.question_log import Asked, Face, QuestionLog
from retrieval.errors import ArticleUnknown, NoArticles, QuestionEmpty, QuestionTooLong

if TYPE_CHECKING:
    from retrieval.answer.answer import Answer

_T = TypeVar("_T")

Outcome = Literal["answered", "declined", "refused", "busy", "left", "failed"]
Stage = Literal["waiting", "answering", "searching", "reading", "deciding"]
"""``answering`` is all that follows the waiting; the three after it are its parts."""


class Figures(Protocol):
    """Counts for a monitor."""

    def asked(self, face: Face, outcome: Outcome) -> None:
        """Count a question."""

    def took(self, stage: Stage, seconds: float) -> None:
        """Note how long a stage of a question took."""


class Tally:
    """Tells the log of questions, and the figures where there are any, what becomes of each question.

    Args:
        questions: the log; None for none.
    """

    def __init__(self, questions: QuestionLog | None = None) -> None:
        self.questions = questions
        self.figures: Figures | None = None

    @contextmanager
    def counted(self, face: Face) -> Iterator[None]:
        """Count a question that is not answered, by why."""
        try:
            yield
        except (Busy, Closing):
            self._asked(face, "busy")
            raise
        except (ArticleUnknown, NoArticles, QuestionEmpty, QuestionTooLong):
            self._asked(face, "refused")
            raise
        except Exception:
            self._asked(face, "failed")
            raise
        except BaseException:  # whoever asked has gone
            self._asked(face, "left")
            raise

    def timed(self, work: Callable[[], _T]) -> Callable[[], _T]:
        """The same work, of which the time until it begins, and that which it takes, are noted."""
        asked = time.perf_counter()

        def run() -> _T:
            began = time.perf_counter()
            self._took("waiting", began - asked)
            done = work()
            self._took("answering", time.perf_counter() - began)
            return done

        return run

    def answered(
        self, answer: Answer, articles: Path, face: Face, *, server: str = "", key: str = "", kept: bool = True
    ) -> None:
        """Count an answer and, where that may be ``kept``, write its question down; the rest is as ``Asked`` has it."""
        self._asked(face, "answered" if answer.answered else "declined")
        for stage, seconds in answer.seconds.items():
            self._took(stage, seconds)
        if self.questions and kept:
            self.questions.note(Asked.of(answer, articles, face, server=server, key=key))

    def gaps(self, articles: Path, group: Group, server: int | None = None) -> Gaps | None:
        """What was asked in vain of a folder of articles, or in one server alone; None where questions are not kept.

        Raises:
            StorageFailed: the log cannot be read.
        """
        if self.questions is None or not self.questions.on:
            return None
        return gaps.find(self.questions.read(articles, server=None if server is None else str(server)), group)

    def voted(self, key: str, votes: Mapping[str, int]) -> None:
        """Write down the votes on an answer."""
        if self.questions:
            self.questions.voted(key, votes)

    def _asked(self, face: Face, outcome: Outcome) -> None:
        if self.figures:
            self.figures.asked(face, outcome)

    def _took(self, stage: Stage, seconds: float) -> None:
        if self.figures:
            self.figures.took(stage, seconds)
