"""Hits to the words that answer: the ``Reader`` protocol, a trained reader, and one that needs no model."""

from __future__ import annotations

import json
import math
import re
import threading
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from retrieval.encoder import uncollected
from retrieval.errors import ReaderUnavailable
from retrieval.lexical import coverage, located_terms
from retrieval.passages import Passage, Sentence, Span, sentences
from retrieval.search import Hit
from retrieval.span_model import SpanModel

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHIPPED = Path(__file__).resolve().parents[1] / "data" / "reader"
"""Where the trained reader's weights, card and calibration are."""

CALIBRATION_FILE = "calibration.json"

_TOGETHER = re.compile(
    r"(who (?:all )?(?:met|meets?|talked|spoke|negotiated|married|fought|debated|argued|cooperated|collaborated))"
    r"(?: (?:each other|one another))?\b"
    r"(?= (?:in|at|on|during|after|before|for|about|over|near|last|this|there|here)\b|\W*$)",
    re.IGNORECASE,
)
"""What two do together, asked without naming either: "who met in Sochi?", but not "who met Putin?"."""

_ALIKE = 1 / 3
"""What part of the best span's margin makes another name in its sentence an answer too."""


_POINTS_BACK = re.compile(
    r"\W*(?:(?:and|but|however|then|later|also|thus|therefore|instead|still|yet|so)\b\W*)?"
    r"(?:he|she|it|they|his|her|its|their|this|that|these|those|such|both)\b",
    re.IGNORECASE,
)
"""How a sentence begins that goes on from the one before."""

_ANTECEDENTS = 2


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and what was found for it."""

    question: str
    hits: Sequence[Hit]
    """Best first."""
    weights: Mapping[str, float]
    """What each of the question's terms is worth, as ``LexicalIndex.weights`` has it; none where it is not to count
    which of them a sentence shares."""


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


@dataclass(frozen=True, slots=True)
class Calibration:
    """Logistic regression from the evidence for an answer to the probability that it answers."""

    intercept: float
    weights: Mapping[str, float]
    """By the name of the evidence; see ``answering.Engine``. What is not named does not count."""

    @classmethod
    def load(cls, path: Path) -> Calibration:
        """Read what ``python -m training.calibrate`` wrote; raises ``ReaderUnavailable``."""
        try:
            fitted = json.loads(path.read_text("utf-8"))
            return cls(float(fitted["intercept"]), {name: float(value) for name, value in fitted["weights"].items()})
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ReaderUnavailable(str(path), f"{path.name} is missing or not what calibration writes") from error

    def probability(self, evidence: Mapping[str, float]) -> float:
        """Between 0 and 1."""
        logit = self.intercept + sum(weight * evidence.get(name, 0.0) for name, weight in self.weights.items())
        return 1 / (1 + math.exp(-max(-60.0, min(60.0, logit))))


class Reader(Protocol):
    """Finds what answers in the best passages."""

    @property
    def calibration(self) -> Calibration:
        """How sure an answer found by this reader is."""

    @property
    def compares(self) -> bool:
        """Whether it can tell which of two forms of a question a passage answers: by their readings' scores."""

    def load(self) -> object:
        """Have in memory what reading takes, as the first use does; any thread may see to that ahead of time."""

    def read(self, asked: Sequence[Asked]) -> list[list[Reading]]:
        """For each question everything in its hits that may answer it, in any order."""


class OverlapReader:
    """Takes a sentence for the better answer, the more of the question's rare words it shares.

    It highlights the shared words. Choosing one sentence from the five best passages this way finds one that holds
    the answer for three questions of four (SQuAD 1.1 dev).
    """

    _WEIGHT = 6.0
    """A sentence with all of the question's words against one with none, in units of the fused score. Anything from
    4 to 8 does as well (tuned on every fifth question of SQuAD 1.1 dev)."""

    _READ = 5
    """Passages. No other number was tried."""

    compares = False
    """The fewer words a form has, the more of them a sentence shares."""

    calibration = Calibration(-10.2, {"cosine": 13.0, "coverage": 8.5})
    """Fitted on half of every fifth question of SQuAD 1.1 dev, with every other article indexed, to tell questions
    about these from questions about the rest. Nothing goes into it that depends on the rest of the corpus."""

    def load(self) -> None:
        """There is nothing to load."""

    def read(self, asked: Sequence[Asked]) -> list[list[Reading]]:
        """One reading a sentence."""
        return [
            [
                self._reading(hit, sentence, each.weights)
                for hit in each.hits[: self._READ]
                for sentence in sentences_of(hit.passage)
            ]
            for each in asked
        ]

    def _reading(self, hit: Hit, sentence: Sentence, weights: Mapping[str, float]) -> Reading:
        words = located_terms(hit.passage.article.text, sentence.start, sentence.end)
        shared = [(term, Span(start, end)) for term, start, end in words if term in weights]
        covered = sum(weights[term] for term in {term for term, _ in shared})
        return Reading(
            hit=hit,
            span=Span(sentence.start, sentence.end),
            highlights=tuple(span for _, span in shared),
            score=self._WEIGHT * covered,
        )


class SpanReader:
    """Reads passages with a network trained to mark the words that answer.

    A reading's score is its span's margin over "no answer here" and what part of the question's rare words its
    sentence has, weighted so that they add to the fused score. The first few passages are read first; the rest only
    when these leave doubt. Cheap to make: the network is loaded at the first use, once.

    Raises (on use):
        ReaderUnavailable, WeightsMismatch, EncoderUnavailable: the network cannot be loaded.
    """

    compares = True

    _WEIGHT, _SHARED = 0.25, 1.0
    _FIRST, _BATCH = 3, 14
    _BEYOND_DOUBT = 2.5
    """Score of the very first passage's best sentence from which on the rest is not read. All of these were chosen on
    1,000 questions about SQuAD 1.1 dev: weights from .2 to .3 do about as well, and with this score seven passages are
    read of fourteen."""
    _USUAL = 0.7
    """What part of a question's words an answering sentence shares, more or less, where they do not count."""
    _LEAST = -12.0
    """What a margin counts at least: surer than this that there is no answer, the network has a passage stand behind
    all that the search thinks little of. CAsT's questions as rewritten (``benchmarks.talking``) have hit@3 .789 with it
    and .775 without; in their talk nothing changes."""
    _LONGEST = 30
    """Tokens of a span."""

    def __init__(self, name: str | Path = SHIPPED) -> None:
        """``name`` is a folder with trained weights, as a path, or any other model's, as a string."""
        self._name = name
        self._lock = threading.Lock()
        self._model: SpanModel | None = None
        own = Path(name) / CALIBRATION_FILE
        self.calibration = Calibration.load(own if own.is_file() else SHIPPED / CALIBRATION_FILE)

    def load(self) -> SpanModel:
        """The network, loaded at the first call."""
        with self._lock:
            if self._model is None:
                name = self._name
                with uncollected():
                    self._model = SpanModel.trained(name) if isinstance(name, Path) else SpanModel.named(name)
            return self._model

    def read(self, asked: Sequence[Asked]) -> list[list[Reading]]:
        """One reading for every sentence that one of the best spans lies in."""
        found = self._read([replace(each, hits=each.hits[: self._FIRST]) for each in asked])
        doubtful = [number for number, each in enumerate(asked) if not self._settled(each, found[number])]
        rest = self._read([replace(asked[number], hits=asked[number].hits[self._FIRST :]) for number in doubtful])
        for number, more in zip(doubtful, rest, strict=True):
            found[number] += more
        return [self._completed(each, readings) for each, readings in zip(asked, found, strict=True)]

    def _settled(self, asked: Asked, readings: Sequence[Reading]) -> bool:
        """Whether the first hit answers beyond doubt."""
        best = max(readings, key=worth, default=None)
        return best is not None and best.hit is asked.hits[0] and best.score >= self._BEYOND_DOUBT

    def _completed(self, asked: Asked, readings: list[Reading]) -> list[Reading]:
        if readings and (together := _TOGETHER.match(asked.question)):
            best = max(readings, key=worth)
            readings[readings.index(best)] = self._with_the_other(together, best, asked.weights)
        return readings

    def _with_the_other(self, together: re.Match[str], best: Reading, weights: Mapping[str, float]) -> Reading:
        """The reading with the other name in its sentence, where two did something together.

        Asked "who met in Sochi?", the network, trained to mark one answer, is content with one; asked "who met with
        Putin in Sochi?", it gives the other.
        """
        text = best.hit.passage.article.text
        name = text[best.span.start : best.span.end]
        question = f"{together[1]} with {name}{together.string[together.end() :]}"
        sentence = whole_sentences(text, best.span)
        margin = best.score - self._for_shared(weights, text[sentence.start : sentence.end])
        others = [
            span
            for reading in self._read([Asked(question, [best.hit], {})])[0]
            if reading.score - self._for_shared({}, "") >= margin / 2
            for span in reading.highlights
            if sentence.start <= span.start < sentence.end
            and _kind(text[span.start : span.end]) == _kind(name) == "name"
            and not any(_adjoin(text, span, known) for known in best.highlights)
        ]
        return replace(best, highlights=(*best.highlights, *others))

    def _read(self, asked: Sequence[Asked]) -> list[list[Reading]]:
        """Read all hits of all questions, those of like length in one pass."""
        found: list[list[Reading]] = [[] for _ in asked]
        pairs = [(number, hit) for number, each in enumerate(asked) for hit in each.hits]
        pairs.sort(key=lambda pair: len(asked[pair[0]].question) + len(pair[1].passage.text))
        for start in range(0, len(pairs), self._BATCH):
            together = pairs[start : start + self._BATCH]
            model = self.load()
            inputs = model.inputs(
                [(asked[number].question, hit.passage.article.title, hit.passage.text) for number, hit in together]
            )
            starts, ends = model.scores(inputs)
            for row, (number, hit) in enumerate(together):
                tokens = np.flatnonzero(inputs.allowed[row])
                margins = _margins(starts[row], ends[row], tokens, self._LONGEST)
                places = inputs.offsets[row, tokens] + hit.passage.start
                found[number].extend(self._readings(hit, places, margins, asked[number].weights))
        return found

    def _readings(
        self, hit: Hit, places: NDArray[np.int64], margins: NDArray[np.float32], weights: Mapping[str, float]
    ) -> Iterator[Reading]:
        """One reading for each sentence of the hit, made of the best spans that lie in it."""
        text = hit.passage.article.text
        for sentence in sentences_of(hit.passage):
            inside = np.flatnonzero((places[:, 0] < sentence.end) & (places[:, 1] > sentence.start))
            found = [
                (Span(int(places[inside[first], 0]), int(places[inside[last], 1])), margin)
                for first, last, margin in _apart(margins[np.ix_(inside, inside)])
            ]
            if found:
                spans = tuple(_answering(found, text))
                shared = self._for_shared(weights, text[sentence.start : sentence.end])
                yield Reading(hit, spans[0], spans, self._WEIGHT * max(found[0][1], self._LEAST) + shared)

    def _for_shared(self, weights: Mapping[str, float], sentence: str) -> float:
        """What the question's words in a sentence add to its score."""
        return self._SHARED * (coverage(weights, sentence) if weights else self._USUAL)


def worth(reading: Reading) -> float:
    """What readings are compared by."""
    return reading.hit.score + reading.score


def reader_named(name: str) -> Reader | None:
    """The reader that a setting names: ``trained`` for the one that ships, ``none`` for none, else a model.

    A model is a folder that ``python -m training`` wrote, any other model's folder, or a name on the hub.

    Raises:
        ReaderUnavailable: the calibration that goes with it cannot be read.
    """
    if name == "none":
        return None
    if name == "trained":
        return SpanReader()
    folder = Path(name)
    ours = folder.is_dir() and not (folder / "config.json").exists()
    return SpanReader(folder if ours else name)


def _margins(
    starts: NDArray[np.float32], ends: NDArray[np.float32], tokens: NDArray[np.int64], longest: int
) -> NDArray[np.float32]:
    """Score over "no answer" of the span from each token to each, shape (tokens, tokens); -inf where it is none."""
    length = np.arange(len(tokens))[None, :] - np.arange(len(tokens))[:, None]
    margins = starts[tokens][:, None] + ends[tokens][None, :] - (starts[0] + ends[0])
    return np.where((length >= 0) & (length < longest), margins, np.float32(-np.inf))


def _apart(margins: NDArray[np.float32]) -> Iterator[tuple[int, int, float]]:
    """First token, last token and margin of the best span, then of those apart from it that beat "no answer" too."""
    left, least = margins.copy(), -np.inf
    while left.size:
        first, last = divmod(int(left.argmax()), len(left))
        margin = float(left[first, last])
        if margin <= least:
            return
        yield first, last, margin
        left[: last + 1, first:] = -np.inf  # every span that overlaps this one
        least = 0.0


def _answering(found: Sequence[tuple[Span, float]], text: str) -> Iterator[Span]:
    """The best of the spans found in a sentence, and those that answer beside it.

    "Who met?" has two answers in one sentence. The network, trained to mark one, gives the other far less; so what
    reaches ``_ALIKE`` of the best margin is one where both are names, and else half of it. A date is no answer beside
    a place, nor is what belongs to it: "Russian" before "President Vladimir Putin".
    """
    chosen: list[Span] = []
    best, most = found[0]
    for span, margin in found:
        one, other = (_kind(text[each.start : each.end]) for each in (best, span))
        enough = most * (_ALIKE if one == other == "name" else 0.5)
        alike = one == other or "figure" not in (one, other)
        if span is best or (margin >= enough and alike and not any(_adjoin(text, span, each) for each in chosen)):
            chosen.append(span)
    yield from chosen


def _kind(text: str) -> str:
    """``figure`` for what has a digit, ``name`` for what is capitalised throughout, else ``words``."""
    if any(character.isdigit() for character in text):
        return "figure"
    return "name" if all(word[0].isupper() for word in re.findall(r"\w{4,}|\w+$", text)) else "words"


def _adjoin(text: str, one: Span, other: Span) -> bool:
    """Whether two spans are parts of one name: only capitalised words lie between them, if anything."""
    between = text[min(one.end, other.end) : max(one.start, other.start)]
    return not re.search(r"[^\w\s]", between) and all(word[0].isupper() for word in between.split())


def sentences_of(passage: Passage) -> Iterator[Sentence]:
    """The whole sentences that a passage touches; headings only when it has nothing else."""
    found = _overlapping(passage.article.text, Span(passage.start, passage.end))
    bodies = [sentence for sentence in found if not sentence.heading]
    yield from bodies or found


def whole_sentences(text: str, span: Span) -> Span:
    """The smallest run of whole sentences that holds ``span``."""
    found = _overlapping(text, span)
    return Span(found[0].start, found[-1].end) if found else span


def with_antecedents(text: str, span: Span) -> Span:
    """Whole sentences with those before them that their first word stands for: "He resigned in May" says little alone.

    At most ``_ANTECEDENTS`` of them, and none of another paragraph.
    """
    every = sentences(text)
    first = bisect_right(every, span.start, key=lambda sentence: sentence.start) - 1
    for _ in range(_ANTECEDENTS):
        if every[first].opens or not _POINTS_BACK.match(text, every[first].start):
            break
        first -= 1
    return Span(every[first].start, span.end)


def _overlapping(text: str, span: Span) -> Sequence[Sentence]:
    every = sentences(text)
    first = max(0, bisect_right(every, span.start, key=lambda sentence: sentence.start) - 1)
    last = bisect_right(every, span.end - 1, key=lambda sentence: sentence.start)
    return [sentence for sentence in every[first:last] if sentence.end > span.start]
