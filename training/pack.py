"""Training data as it is stored: passages, and questions with where they are answered and where they are not.

A pack is a folder of two files of JSON lines, so that whoever trains needs neither the data sets nor the search.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

PASSAGES, QUESTIONS = "passages.jsonl.gz", "questions.jsonl.gz"


@dataclass(frozen=True, slots=True)
class TrainingPassage:
    """A passage as the product would cut it, with its title; a text of its own, since articles are not kept."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about a passage. Others are meant by their number in the pack."""

    source: str
    """The data set, or how another question was turned into this one."""
    question: str
    passage: int
    """The one that it is about."""
    place: tuple[int, int] | None
    """The answer's range of code points in that passage; None where it has no answer."""
    rivals: tuple[int, ...] = ()
    """Passages that do not answer, the likest first."""
    twin: int | None = None
    """The answerable question that this unanswerable one was made from."""
    answers: tuple[str, ...] = ()
    """All that answers it; what holds one of them is no wrong passage."""


@dataclass(frozen=True, slots=True)
class Pack:
    """All that is trained on."""

    passages: Sequence[TrainingPassage]
    questions: Sequence[Asked]

    def save(self, folder: Path) -> None:
        """Write both files."""
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / PASSAGES, (asdict(each) for each in self.passages))
        _write(folder / QUESTIONS, (asdict(each) for each in self.questions))

    @classmethod
    def load(cls, folder: Path) -> Pack:
        """Read what ``save`` wrote."""
        passages = [TrainingPassage(**row) for row in _read(folder / PASSAGES)]
        return cls(passages, [_asked(row) for row in _read(folder / QUESTIONS)])


def _asked(row: dict[str, Any]) -> Asked:
    lists = ("place", "rivals", "answers")
    return Asked(**row | {name: tuple(row[name]) for name in lists if row[name] is not None})


def holds_any(lowered: str, answers: Sequence[str]) -> bool:
    """Whether a text in small letters has one of the answers in it, in whatever letters."""
    return any(answer.lower() in lowered for answer in answers)


def _write(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    # Without the time of writing, so that equal packs are equal files.
    with path.open("wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", filename="", mtime=0) as file:
        for row in rows:
            file.write((json.dumps(row, ensure_ascii=False) + "\n").encode())


def _read(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
