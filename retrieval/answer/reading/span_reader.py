"""A reader with a trained network that marks the words that answer."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from retrieval.answer.asking.question import kind_of
from retrieval.answer.confidence import CALIBRATION_FILE, Calibration
from retrieval.answer.reading.antecedents import with_antecedents
from retrieval.answer.reading.listed import is_item, words_of_item
from retrieval.answer.reading.offices import Office
from retrieval.answer.reading.reader import (
    Reader,
    Reading,
    ReadingTask,
    Signals,
    sentences_of,
    total_score,
    whole_sentences,
)
from retrieval.answer.reading.sentence_form import defines, gives_reason, of_another_row, only_repeats, reverses
from retrieval.answer.reading.spans import SpanWeights, adjoin, answering, kind_of_words, spans_apart
from retrieval.answer.reading.told_times import of_another_day, time_lacking
from retrieval.answer.reading.turns import said_by_another
from retrieval.answer.reading.whole_lists import is_list, words_of_list
from retrieval.answer.search import Hit
from retrieval.errors import ReaderUnavailable
from retrieval.models.runtimes import span_model_named, trained_span_model
from retrieval.models.tensors import TensorFile
from retrieval.models.token_scores import WEIGHTS_FILE, Pair, SpanScorer, TokenScores
from retrieval.text.list_items import after_marker
from retrieval.text.passages import Passage
from retrieval.text.sentences import Span, after_dateline
from retrieval.text.terms import coverage

_PACKAGE = Path(__file__).resolve().parents[2]
_PLACES = (_PACKAGE / "models" / "reader", _PACKAGE.parent / "data" / "reader")
"""Where the trained reader lies: within the package once it is installed, in ``data`` in a clone (pyproject.toml)."""

SHIPPED = next(filter(Path.is_dir, _PLACES), _PLACES[-1])
"""The folder of the trained reader's weights, card and calibration."""

JUDGE_FILE = "judge.safetensors"
"""The weights of a second network, trained to tell whether a passage answers at all."""

_TOGETHER = re.compile(
    r"(who (?:all )?(?:met|meets?|talked|spoke|negotiated|married|fought|debated|argued|cooperated|collaborated))"
    r"(?: (?:each other|one another))?\b"
    r"(?= (?:in|at|on|during|after|before|for|about|over|near|last|this|there|here)\b|\W*$)",
    re.IGNORECASE,
)
"""What two do together, asked without naming either: "who met in Sochi?", but not "who met Putin?"."""


_UNENDED = re.compile(r"(?<=[\w)\]%°€$\"'”’»])(?<![.!?…].)\n\n")
"""The end of a paragraph without a mark, as rows of tables, items of lists and headings end."""
_UNENDED_LINE = re.compile(r"(?<=\w)\n(?=[^\W\d_a-z][^:\n.!?]{0,40}: )")
"""The end of a line without a mark before one with a label: "Chair: Ann Lee", "Treasurer: Bo Ek"."""


@dataclass(frozen=True, slots=True)
class ReadingWeights:
    """How the network's margins become scores, and how much is read.

    Chosen on 1,000 questions about SQuAD 1.1 dev unless a field says otherwise.
    """

    margin: float = 0.25
    """What a unit of a span's margin over "no answer" counts; from .2 to .3 do about as well."""
    shared_terms: float = 1.0
    """What it counts that a sentence has all of the question's terms."""
    usual_share: float = 0.7
    """What part of a question's terms an answering sentence shares, more or less, where they do not count."""
    reversed_roles: float = 2.0
    """What it costs that a sentence has the question's words the other way round: "what did Ann ask Ben?", "Ben asked
    Ann". Of 470 questions (SQuAD 1.1 dev, news) it changes the first sentence of three, one from wrong to right. It is
    also what it costs to tell of another's office, to be another's row of a table or another's turn to speak."""
    other_time: float = 2.0
    """What it costs that the article has no word of the year or day that the question names, and is of another time. Or
    that a sentence has another day, and one beside it has that day: in SQuAD 1.1 hardly one that answers does."""
    repeated: float = 2.0
    """What it costs that the words that answer "when" are only the question's, as a clause."""
    reason: float = 0.75
    """What it adds that a sentence gives a reason, where the question asks why or how. Up to 1.5 the first sentence of
    none of 106 such questions of SQuAD 1.1 dev changes; it is for those that score about alike."""
    defined: float = 0.75
    """What it adds that a sentence begins with what a thing is, where the question asks just that."""
    least_margin: float = -12.0
    """What a margin counts at least: surer than this that there is no answer, the network has a passage stand behind
    all that the search thinks little of. CAsT's questions as rewritten (``benchmarks.talking``) have hit@3 .789 with it
    and .775 without; in context nothing changes."""
    first: int = 2
    """Passages that are read first; the rest only when these leave doubt. With the one that the second network reads
    these are as many as the three of before there was one."""
    beyond_doubt: float = 2.5
    """Score of the very first passage's best reading from which on the rest is not read: seven passages are read of
    fourteen."""
    listed: float = 8.0
    """The margin, and the log odds of an answer, of a list that a question names, or of an item by its number."""
    longest: int = 30
    """Tokens of a span."""
    spans: SpanWeights = field(default_factory=SpanWeights)
    """Which spans of a sentence answer."""


class SpanReader:
    """Reads passages with a network trained to mark the words that answer.

    A reading's score is its span's margin over "no answer here" and what part of the question's rare words its
    sentence has, weighted so that they add to the fused score. The first few passages are read first; the rest only
    when these leave doubt. Where its folder holds a second network, trained on near misses, that one reads the passage
    of the best reading once more, and its sentences alone, and says whether they answer at all; it has no say in what
    is quoted. Cheap to make: networks are loaded at the first use, once.

    Args:
        name: a folder with trained weights, as a path, or any other model's, as a string.
        device: where the network runs, as PyTorch names it; by default on the processor, by ONNX Runtime.
        weights: how margins become scores, and how much is read.

    Raises (on use):
        ReaderUnavailable, WeightsMismatch, EncoderUnavailable, DeviceUnavailable: the network cannot be loaded.
    """

    compares_variants = True

    def __init__(
        self, name: str | Path = SHIPPED, *, device: str | None = None, weights: ReadingWeights | None = None
    ) -> None:
        self._name = name
        self._device = device
        self._weights = weights or ReadingWeights()
        self._lock = threading.Lock()
        self._model: SpanScorer | None = None
        self._judge: SpanScorer | None = None
        own = Path(name) / CALIBRATION_FILE
        self.calibration = Calibration.load(own if own.is_file() else SHIPPED / CALIBRATION_FILE)

    def load(self) -> SpanScorer:
        """The network, loaded at the first call."""
        with self._lock:
            if self._model is None:
                name, device = self._name, self._device
                if isinstance(name, Path):
                    if (name / JUDGE_FILE).is_file():
                        self._judge = trained_span_model(name / JUDGE_FILE, device, alone=True)
                    self._model = trained_span_model(name / WEIGHTS_FILE, device)
                else:
                    self._model = span_model_named(name, device)
            return self._model

    def read(self, tasks: Sequence[ReadingTask]) -> list[list[Reading]]:
        """One reading for every sentence that one of the best spans lies in."""
        first = self._weights.first
        found = self._read([replace(task, hits=task.hits[:first]) for task in tasks])
        doubtful = [number for number, task in enumerate(tasks) if not self._settled(task, found[number])]
        rest = self._read([replace(tasks[number], hits=tasks[number].hits[first:]) for number in doubtful])
        for number, more in zip(doubtful, rest, strict=True):
            found[number] += more
        return self._judged(tasks, [self._completed(*each) for each in zip(tasks, found, strict=True)])

    def _judged(self, tasks: Sequence[ReadingTask], found: list[list[Reading]]) -> list[list[Reading]]:
        """The readings, the best of each task with the second network's word on whether its words answer.

        That network reads the passage and, by themselves, the sentences to be quoted: the mean of what it says of both
        tells near misses better than either does.
        """
        best = [(number, max(readings, key=total_score)) for number, readings in enumerate(found) if readings]
        best = [each for each in best if not _is_listed(tasks[each[0]].question, each[1])]
        if self._judge is None or not best:
            return found
        texts = [
            (number, reading, text)
            for number, reading in best
            for text in (reading.hit.passage, _to_be_quoted(reading))
        ]
        scored = self._judge.score([_pair(tasks[number], text) for number, _, text in texts])
        margins = [
            self._margin_of(reading.span, text, scores)
            for (_, reading, text), scores in zip(texts, scored, strict=True)
        ]
        for at, (number, reading) in enumerate(best):
            signals = replace(reading.signals, answerable=(margins[2 * at] + margins[2 * at + 1]) / 2)
            found[number][found[number].index(reading)] = replace(reading, signals=signals)
        return found

    def _margin_of(self, span: Span, text: Passage, scores: TokenScores) -> float:
        """The margin of the best of all spans that overlap these words; of the whole text it tells a little less."""
        places = scores.offsets + text.start
        first, last = places[:, 0] < span.end, places[:, 1] > span.start
        margins = scores.margins(self._weights.longest)[np.ix_(first, last)]
        return float(margins.max(initial=self._weights.least_margin))

    def _settled(self, task: ReadingTask, readings: Sequence[Reading]) -> bool:
        """Whether the first hit answers beyond doubt."""
        best = max(readings, key=total_score, default=None)
        return best is not None and best.hit is task.hits[0] and best.score >= self._weights.beyond_doubt

    def _completed(self, task: ReadingTask, readings: list[Reading]) -> list[Reading]:
        """The readings, the best of them with the second name where the question asks for two."""
        if readings and (together := _TOGETHER.match(task.question)):
            best = max(readings, key=total_score)
            readings[readings.index(best)] = self._with_second_name(together, best, task.weights)
        return readings

    def _with_second_name(self, together: re.Match[str], best: Reading, terms: Mapping[str, float]) -> Reading:
        """The reading with the other name in its sentence, where two did something together.

        Asked "who met in Sochi?", the network, trained to mark one answer, is content with one; asked "who met with
        Putin in Sochi?", it gives the other.
        """
        text = best.hit.passage.article.text
        name = text[best.span.start : best.span.end]
        question = f"{together[1]} with {name}{together.string[together.end() :]}"
        sentence = whole_sentences(text, best.span)
        margin = best.score - self._for_shared(terms, text[sentence.start : sentence.end])
        others = [
            span
            for reading in self._read([ReadingTask(question, [best.hit], {})])[0]
            if reading.score - self._for_shared({}, "") >= margin / 2
            for span in reading.highlights
            if sentence.start <= span.start < sentence.end
            and kind_of_words(text[span.start : span.end]) == kind_of_words(name) == "name"
            and not any(adjoin(text, span, known) for known in best.highlights)
        ]
        return replace(best, highlights=(*best.highlights, *others))

    def _read(self, tasks: Sequence[ReadingTask]) -> list[list[Reading]]:
        """Read all hits of all tasks together."""
        found: list[list[Reading]] = [[] for _ in tasks]
        pairs = [(number, hit) for number, task in enumerate(tasks) for hit in task.hits]
        if not pairs:
            return found
        scored = self.load().score([_pair(tasks[number], hit.passage) for number, hit in pairs])
        for (number, hit), scores in zip(pairs, scored, strict=True):
            task = tasks[number]
            found[number].extend(list(self._listed(task, hit)) or self._readings(task, hit, scores))
        return found

    def _listed(self, task: ReadingTask, hit: Hit) -> Iterator[Reading]:
        """A reading of each list, or item of one, of the hit that a question names: of such no network has learnt."""
        weights, text, passage = self._weights, hit.passage.article.text, hit.passage
        for sentence in sentences_of(passage):
            item, whole = (words_of(task.question, passage, sentence) for words_of in (words_of_item, words_of_list))
            if words := item or whole:
                score = weights.margin * weights.listed + self._for_shared(task.weights, text[slice(*words)])
                bold = (Span(after_marker(text, item.start), item.end),) if item else ()
                yield Reading(hit, words, bold, score, Signals(weights.listed, weights.listed))

    def _readings(self, task: ReadingTask, hit: Hit, scores: TokenScores) -> Iterator[Reading]:
        """One reading for each sentence of the hit, made of the best spans that lie in it.

        A dateline answers only when and where, and so does the number of a list's item, which may be a day.
        """
        weights, text, places = self._weights, hit.passage.article.text, scores.offsets + hit.passage.start
        margins = scores.margins(weights.longest)
        dated = kind_of(task.question) in ("when", "where")
        for sentence in sentences_of(hit.passage):
            start = sentence.start if dated else after_dateline(text, after_marker(text, sentence.start))
            begin, end = np.searchsorted(places[:, 1], start, "right"), np.searchsorted(places[:, 0], sentence.end)
            found = list(spans_apart(margins[begin:end, begin:end], places[begin:end], weights.spans))
            if found:
                spans = answering(found, text, weights.spans)
                margin = max(found[0].margin, weights.least_margin)
                score = (
                    weights.margin * margin
                    + self._for_shared(task.weights, text[sentence.start : sentence.end])
                    + self._for_form(task, hit, Span(sentence.start, sentence.end))
                    - weights.repeated * only_repeats(task.question, text[spans[0].start : spans[0].end])
                )
                yield Reading(hit, spans[0], spans, score, Signals(margin, scores.answerable))

    def _for_form(self, task: ReadingTask, hit: Hit, sentence: Span) -> float:
        """What it adds that a sentence gives reasons where the question asks for them.

        Less for reversed roles, for another's office, row of a table or turn to speak, and an article of another time.
        """
        if not task.weights:
            return 0.0
        weights, office = self._weights, Office.asked_for(task.question)
        words = hit.passage.article.text[sentence.start : sentence.end]
        others = (
            reverses(task.question, words)
            or (office is not None and office.holder_of_another(words) is not None)
            or of_another_row(task.question, hit.passage, sentence)
            or said_by_another(task.question, hit.passage.article.text, sentence)
        )
        other_time = time_lacking(task.question, hit.passage) or of_another_day(task.question, hit.passage, words)
        fits = weights.reason * gives_reason(task.question, words) + weights.defined * defines(task.question, words)
        return fits - weights.reversed_roles * others - weights.other_time * bool(other_time)

    def _for_shared(self, terms: Mapping[str, float], sentence: str) -> float:
        """What the question's terms in a sentence add to its score."""
        return self._weights.shared_terms * (coverage(terms, sentence) if terms else self._weights.usual_share)


def _is_listed(question: str, reading: Reading) -> bool:
    """Whether a reading is of a list, or an item of one, that the question names."""
    passage, span = reading.hit.passage, reading.span
    return is_item(question, passage, span) or is_list(question, passage, span)


def reader_named(name: str, device: str | None = None) -> Reader | None:
    """The reader that a setting names: ``trained`` for the one that ships, ``none`` for none, else a model.

    A model is a folder that ``python -m training`` wrote, any other model's folder, or a name on the hub. It runs on
    ``device``, as torch names it; by default on a GPU if there is one, as the encoder does.

    Raises:
        ReaderUnavailable: the calibration that goes with it cannot be read.
    """
    if name == "none":
        return None
    if name == "trained":
        return SpanReader(device=device)
    folder = Path(name)
    ours = folder.is_dir() and not (folder / "config.json").exists()
    return SpanReader(folder if ours else name, device=device)


def check_shipped() -> None:
    """See that the reader that ships has its files, of which no network is loaded; raises ``ReaderUnavailable``."""
    Calibration.load(SHIPPED / CALIBRATION_FILE)
    for name in (WEIGHTS_FILE, JUDGE_FILE):
        try:
            TensorFile(SHIPPED / name)
        except (OSError, ValueError) as error:
            raise ReaderUnavailable(str(SHIPPED), f"{name} is missing or damaged") from error


def _pair(task: ReadingTask, text: Passage) -> Pair:
    """What a network reads: each row, item and heading ends with a stop there, since it sees no line breaks.

    A stop in the place of a line break moves no offset. With none, one row of a table runs into the next.
    """
    above = text.above_for(task.question)
    return Pair(task.question, above, _UNENDED_LINE.sub(".", _UNENDED.sub(".\n", text.text)))


def _to_be_quoted(reading: Reading) -> Passage:
    """The sentences around a reading's words, with those that they refer back to."""
    article = reading.hit.passage.article
    quoted = with_antecedents(article.text, whole_sentences(article.text, reading.span))
    return Passage(article, quoted.start, quoted.end)
