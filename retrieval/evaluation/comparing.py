"""What became of each question of an evaluation, kept in a file, and which fare better or worse the next time."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from retrieval.errors import FileFailed, ResultsInvalid
from retrieval.evaluation.metrics import Outcome


@dataclass(frozen=True, slots=True)
class Result:
    """A question, and whether it was dealt with rightly."""

    question: str
    article: str
    """Id of the article that it was asked about, or nothing."""
    right: bool
    """Whether the first quote was given and holds an answer or, where nothing answers, the question was declined."""
    answered: bool
    confidence: float
    quote: str
    """What was quoted first, or came nearest."""

    @classmethod
    def of(cls, outcome: Outcome) -> Result:
        """What an outcome comes to."""
        marks, quotes = outcome.marks, outcome.answer.quotes
        right = marks.answered and marks.first_quote if marks.answerable else not marks.answered
        return cls(
            outcome.question.text,
            outcome.question.article or "",
            right,
            marks.answered,
            round(marks.confidence, 4),
            quotes[0].text if quotes else "",
        )


@dataclass(frozen=True, slots=True)
class Comparison:
    """Questions of two evaluations, by what changed; each as it was, and as it is."""

    better: Sequence[tuple[Result, Result]]
    worse: Sequence[tuple[Result, Result]]
    same: int
    only_before: int
    only_now: int


def save(path: Path, results: Sequence[Result]) -> None:
    """Write results as JSON lines.

    Raises:
        FileFailed: the file cannot be written.
    """
    lines = "".join(json.dumps(asdict(result), ensure_ascii=False) + "\n" for result in results)
    try:
        path.write_text(lines, encoding="utf-8")
    except OSError as error:
        raise FileFailed(path, error.strerror or str(error)) from error


def load(path: Path) -> list[Result]:
    """Read what ``save`` wrote.

    Raises:
        ResultsInvalid: the file is not there, or has something else in it.
    """
    try:
        return [Result(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
    except OSError as error:
        raise ResultsInvalid(path, error.strerror or str(error)) from error
    except (ValueError, TypeError) as error:
        raise ResultsInvalid(path, "it was not written by quoth eval --save") from error


def compare(before: Sequence[Result], now: Sequence[Result]) -> Comparison:
    """Which questions fare better and worse now; a question that stands there twice is two."""
    old, new = _by_question(before), _by_question(now)
    both = [(old[key], new[key]) for key in new if key in old]
    return Comparison(
        better=[pair for pair in both if pair[1].right > pair[0].right],
        worse=[pair for pair in both if pair[1].right < pair[0].right],
        same=sum(was.right == is_now.right for was, is_now in both),
        only_before=len(old.keys() - new.keys()),
        only_now=len(new.keys() - old.keys()),
    )


def _by_question(results: Sequence[Result]) -> dict[tuple[str, str, int], Result]:
    """Results by question, article, and how often both stood there before."""
    seen: Counter[tuple[str, str]] = Counter()
    found = {}
    for result in results:
        asked = (result.question, result.article)
        found[(*asked, seen[asked])] = result
        seen[asked] += 1
    return found
