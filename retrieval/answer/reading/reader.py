"""The reader's interface: a question and passages in, readings (the words that may answer) out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from retrieval.answer.confidence import Calibration
from retrieval.answer.search import Hit
from retrieval.text.passages import Passage
from retrieval.text.sentences import Sentence, Span, sentences_in


@dataclass(frozen=True, slots=True)
class ReadingTask:
    """A question to a reader, and the passages that it is to be read in."""

    question: str
    hits: Sequence[Hit]
    """Best first."""
    weights: Mapping[str, float]
    """What each of the question's terms counts, as ``LexicalIndex.weights`` has it; none where it is not to count which
    of them a sentence shares."""


@dataclass(frozen=True, slots=True)
class Signals:
    """What a network says of a span beside its place; zeros where there is no network."""

    margin: float = 0.0
    """The span's score over "no answer here", in logits."""
    answerable: float = 0.0
    """Log odds that the passage answers, of the head or the second network that is trained to say so."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A place in a hit that may answer the question."""

    hit: Hit
    span: Span
    """What answers, in the article's text; the quote will be the sentences around it."""
    highlights: tuple[Span, ...]
    """The words to set in bold, inside those sentences; best first, disjoint."""
    score: float
    """Comparable between the readings of one question, and in the unit of a hit's fused score."""
    signals: Signals = Signals()


class Reader(Protocol):
    """Finds what answers in the best passages."""

    @property
    def calibration(self) -> Calibration:
        """How sure an answer found by this reader is."""

    @property
    def compares_variants(self) -> bool:
        """Whether its scores tell which variant of a question a passage answers, so that it is asked both."""

    def load(self) -> object:
        """Have in memory what reading takes, as the first use does; any thread may see to that ahead of time."""

    def read(self, tasks: Sequence[ReadingTask]) -> list[list[Reading]]:
        """For each task everything in its hits that may answer its question, in any order."""


def total_score(reading: Reading) -> float:
    """The fused score of the passage plus the reader's: what readings are compared by."""
    return reading.hit.score + reading.score


def sentences_of(passage: Passage) -> Iterator[Sentence]:
    """The whole sentences that a passage touches; headings only when it has nothing else."""
    found = sentences_in(passage.article.text, Span(passage.start, passage.end))
    bodies = [sentence for sentence in found if not sentence.heading]
    yield from bodies or found


def whole_sentences(text: str, span: Span) -> Span:
    """The smallest run of whole sentences that holds ``span``."""
    found = sentences_in(text, span)
    return Span(found[0].start, found[-1].end) if found else span
