"""Questions to answers: choosing quotes, saying how sure it is, and declining when the articles do not say."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import chain
from pathlib import Path

from retrieval.articles import Article, ArticleInfo
from retrieval.encoder import Encoder
from retrieval.errors import QuestionEmpty, QuestionTooLong
from retrieval.follow_up import OWED, Context, dependent, named, placed
from retrieval.indexing import Freshness, Stale
from retrieval.lexical import coverage, telling
from retrieval.passages import Span, paragraph_around
from retrieval.reader import Asked, OverlapReader, Reader, Reading, whole_sentences, with_antecedents, worth
from retrieval.search import Filters, Hit, Searcher
from retrieval.snapshot import Snapshot
from retrieval.spelling import Mended, Slip, Speller

MAX_QUESTION = 2_000
"""Code points. The encoder reads about half of that; nobody types more."""

THRESHOLD = 0.21
"""Confidence from which an answer is given: about what calibration proposes (``data/reader/calibration.json``)."""

_HITS = 14
"""Passages found, and in a talk up to as many more. Reading more than ten of them finds the words for one question in
two hundred more."""

_SURELY = 0.9
"""Part of a passage's likelihood that makes it surely owed to the talk, or to the question as typed. Reading only the
rest for both saves a third of the readings, and ranks CAsT's turns as well."""

_BEHIND = 4.0
"""How far a further quote's score may lie below the first's. On 1,000 questions of SQuAD 1.1 dev this leaves 1.9 quotes
an answer instead of 3, and one of them holds the answer for .956 of them instead of .959."""

_VYING = 2.0
"""How near to the better one's score a neighbouring sentence's comes when they are quoted as one. On the same questions
first quotes hold the answer for .889 instead of .886 with 1.5, and are 3 % longer."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A verbatim slice of an article: whole sentences that answer, or come nearest to it."""

    article: Article
    start: int
    end: int
    highlights: tuple[Span, ...]
    """The words that answer, in the article's text: inside the quote, disjoint, best first."""
    score: float
    """The fused score of the passage plus what the reader gave; only comparable within one answer."""
    hit: Hit
    """The passage that the quote was found in."""
    also_in: tuple[ArticleInfo, ...] = ()
    """Other articles that say the same."""
    stale: Stale | None = None
    """What became of the article's file since it was indexed, if anything."""

    @property
    def text(self) -> str:
        """The quote, word for word."""
        return self.article.text[self.start : self.end]

    def overlaps(self, other: Quote) -> bool:
        """Whether the two share words of one article."""
        return self.article.id == other.article.id and self.start < other.end and other.start < self.end

    @property
    def context(self) -> Span:
        """The paragraph around the quote, in the article's text."""
        return paragraph_around(self.article.text, Span(self.start, self.end))


@dataclass(frozen=True, slots=True)
class Answer:
    """What the articles say to a question, or that they do not say."""

    question: str
    answered: bool
    confidence: float
    """Probability that the first quote answers: 0 to 1."""
    quotes: tuple[Quote, ...]
    """Best first. When not answered these are the nearest passages' sentences, and no answer."""
    hits: tuple[Hit, ...]
    """The passages found, best first: those that were read by what the reader found in them, then the rest. In a talk
    the search has more of a say (``placed``)."""
    evidence: Mapping[str, float] = field(default_factory=dict)
    """What the confidence was made of."""
    elapsed_ms: float = 0.0
    """Of questions answered together, each has its share of what they took together."""
    context: Context | None = None
    """The talk before the question, when the question goes on from it."""
    read_as: str = ""
    """The question as the reader got it."""
    slips: tuple[Slip, ...] = ()
    """Words that were read as others, which the articles have."""


class Engine:
    """Answers questions from one snapshot of the articles.

    Any number of threads may ask at once.

    Args:
        snapshot: the articles as they were indexed.
        encoder: the one that they were indexed with.
        articles: their folder, for telling of quotes from files that have changed since; None for not telling.
        reader: what finds the words that answer.
        threshold: the confidence from which an answer is given.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        encoder: Encoder,
        *,
        articles: Path | None = None,
        reader: Reader | None = None,
        threshold: float = THRESHOLD,
    ) -> None:
        self.snapshot = snapshot
        self._searcher = Searcher(snapshot, encoder)
        self._freshness = Freshness(articles, snapshot) if articles else None
        self._speller = Speller(snapshot)
        self._reader = reader or OverlapReader()
        self._threshold = threshold

    def ask(
        self,
        question: str,
        filters: Filters | None = None,
        top: int = 3,
        *,
        weak: bool = False,
        context: Context | None = None,
    ) -> Answer:
        """Answer ``question`` with at most ``top`` quotes from the articles that ``filters`` let through.

        Quotes that fall far behind the first are left out unless ``weak`` asks for them too. The question may go on
        from a ``context``; whether it does is for ``Searcher.search`` to tell, and for the reader.

        Raises:
            QuestionEmpty, QuestionTooLong: it is no question.
            ArticleUnknown: a filter names an article that is not there.
        """
        return self.ask_all([question], filters, top, weak=weak, contexts=[context])[0]

    def ask_all(
        self,
        questions: Sequence[str],
        filters: Filters | None = None,
        top: int = 3,
        *,
        weak: bool = False,
        contexts: Sequence[Context | None] | None = None,
    ) -> list[Answer]:
        """Answer each of ``questions`` as ``ask`` does. They are encoded and read together, which takes less time.

        Raises:
            QuestionEmpty, QuestionTooLong, ArticleUnknown: as ``ask`` does; then none is answered.
        """
        if not questions:
            return []
        started = time.perf_counter()
        contexts = contexts or [None] * len(questions)
        mended = [self._speller.mended(checked(question)) for question in questions]
        found = self._searcher.search_all([each.text for each in mended], _HITS, filters, contexts, ample=True)
        forms = [
            self._forms(each.text, hits, context) for each, hits, context in zip(mended, found, contexts, strict=True)
        ]
        readings = iter(self._reader.read([asked for several in forms for asked in several]))
        answers = [
            self._answer(each, hits, context, [(asked, next(readings)) for asked in several], top, weak=weak)
            for each, hits, context, several in zip(mended, found, contexts, forms, strict=True)
        ]
        elapsed_ms = (time.perf_counter() - started) * 1e3 / len(questions)
        return [
            replace(answer, question=question, elapsed_ms=elapsed_ms)
            for question, answer in zip(questions, answers, strict=True)
        ]

    def _forms(self, question: str, hits: Sequence[Hit], context: Context | None) -> list[Asked]:
        """The question as typed, or with what it goes on from; both where a reader is to tell which is meant.

        What is surely owed to one of them is read for that one only. To such a reader it does not count which words a
        sentence shares: the talk's are all around it.
        """
        weights = self.snapshot.lexical.weights
        if context is None or not hits:
            return [Asked(question, hits, weights(question))]
        form = named(question, context) if dependent(question) else question
        if not self._reader.compares:
            form = form if hits[0].owed >= OWED else question
            return [Asked(form, hits, weights(form))]
        if form == question or not telling(question):
            return [Asked(form, hits, {})]
        alone = [hit for hit in hits if hit.owed < _SURELY]
        within = [hit for hit in hits if hit.owed > 1 - _SURELY]
        return [Asked(each, some, {}) for each, some in ((question, alone), (form, within)) if some]

    def _answer(
        self,
        mended: Mended,
        hits: Sequence[Hit],
        context: Context | None,
        read: Sequence[tuple[Asked, Sequence[Reading]]],
        top: int,
        *,
        weak: bool,
    ) -> Answer:
        """Choose what to quote of what was read."""
        readings = _better([found for _, found in read])
        best = max(readings, key=worth, default=None)
        asked = next((asked for asked, found in read if any(each is best for each in found)), read[0][0])
        goes_on = dependent(mended.text) and (
            asked.question != mended.text or (best is not None and best.hit.owed >= OWED)
        )
        every = choose(readings, max(top, 2))
        shown = every[:top] if weak else worthwhile(every[:top])
        quotes = tuple(replace(quote, stale=self.stale(quote.article)) for quote in shown)
        evidence = self._evidence((mended.text, asked.question), every)
        confidence = self._reader.calibration.probability(evidence) if evidence else 0.0
        return Answer(
            question=mended.text,
            answered=bool(quotes) and confidence >= self._threshold,
            confidence=confidence,
            quotes=quotes,
            hits=tuple(_reranked(hits, [found for _, found in read], compares=self._reader.compares)[:_HITS]),
            evidence=evidence,
            context=context if goes_on else None,
            read_as=asked.question,
            slips=mended.slips,
        )

    def stale(self, article: ArticleInfo) -> Stale | None:
        """What became of the file of one of the snapshot's articles since it was indexed, if anything."""
        return self._freshness.stale(article.path) if self._freshness else None

    def _evidence(self, forms: Sequence[str], quotes: Sequence[Quote]) -> dict[str, float]:
        """What speaks for the first quote.

        ``reading`` is what the reader gave it, ``cosine`` how near its passage is, ``coverage`` what part of the
        question's rare words are there, the mean over its ``forms``, for the words that a talk lends it are there
        anyway; and ``gap`` how far ahead it is of the next quote.
        """
        if not quotes:
            return {}
        best, *others = quotes
        passage = best.hit.passage
        text = f"{passage.article.title} {passage.text}"
        covered = sum(coverage(self.snapshot.lexical.weights(form), text) for form in forms) / len(forms)
        return {
            "reading": best.score - best.hit.score,
            "cosine": best.hit.dense,
            "coverage": covered,
            "gap": best.score - others[0].score if others else 0.0,
        }


def worthwhile(quotes: tuple[Quote, ...]) -> tuple[Quote, ...]:
    """The quotes that do not fall far behind the first."""
    return tuple(quote for quote in quotes if quote.score >= quotes[0].score - _BEHIND)


def _better(found: Sequence[Sequence[Reading]]) -> list[Reading]:
    """What was read in several forms of a question: of each sentence the better reading."""
    if len(found) == 1:
        return list(found[0])
    best: dict[tuple[int, Span], Reading] = {}
    for reading in chain.from_iterable(found):
        sentence = id(reading.hit), whole_sentences(reading.hit.passage.article.text, reading.span)
        best[sentence] = max(best.get(sentence, reading), reading, key=worth)
    return list(best.values())


def _reranked(hits: Sequence[Hit], found: Sequence[Sequence[Reading]], *, compares: bool) -> list[Hit]:
    """Hits by the best that was read in them, and behind them those that were not read.

    Of a question that may go on from a talk ``found`` has what was read for each of its forms, as typed first. A reader
    whose scores tell which form a passage answers has a say in each form's order; see ``placed``.
    """
    forms = [_best_in(hits, readings) for readings in found]
    talks = [hit.talk for hit in hits if hit.talk]
    if talks and compares:
        # What was not read is taken for no better than the worst that was.
        least = [min((score for score in scores if score > -math.inf), default=0.0) for scores in forms]
        alone, within = ([max(score, least[form]) for score in forms[form]] for form in (0, -1))
        return [hits[number] for number in placed(talks, alone, within)]
    best = [hit.score + max(scores) for hit, *scores in zip(hits, *forms, strict=True)]
    return [hits[number] for number in sorted(range(len(hits)), key=lambda number: -best[number])]


def _best_in(hits: Sequence[Hit], readings: Iterable[Reading]) -> list[float]:
    """Of each hit the best score of what was read in it; -inf for none."""
    best = dict.fromkeys(map(id, hits), -math.inf)
    for reading in readings:
        best[id(reading.hit)] = max(best[id(reading.hit)], reading.score)
    return [best[id(hit)] for hit in hits]


def checked(question: str) -> str:
    """The question on one line, if it is one; raises ``QuestionEmpty`` or ``QuestionTooLong``."""
    if len(question) > MAX_QUESTION:
        raise QuestionTooLong(len(question), MAX_QUESTION)
    if not re.search(r"\w", question):
        raise QuestionEmpty
    # Bytes that are no text reach a command line as lone surrogates, which no tokenizer takes.
    return " ".join(question.encode(errors="replace").decode().split())


def choose(readings: Iterable[Reading], top: int) -> tuple[Quote, ...]:
    """The ``top`` best quotes that say different things, best first.

    Readings whose sentences overlap become one quote, with the words that either highlights; so do neighbouring
    sentences that score about alike. The same sentence told again is no further quote: another article that has it is
    named with the first. After the first quote, one without a word to highlight adds nothing. At last each gets the
    sentences that its pronouns need.
    """
    chosen: list[Quote] = []
    for reading in sorted(readings, key=worth, reverse=True):
        quote = _quote(reading)
        adds = not chosen or quote.highlights
        if not _absorbed(quote, chosen) and adds and len(chosen) < 2 * top:
            chosen.append(quote)
    return tuple(_with_antecedents(chosen))[:top]


def _with_antecedents(quotes: Iterable[Quote]) -> list[Quote]:
    """The quotes with what their pronouns stand for, unless a better one has said that; without those told so."""
    told: list[Quote] = []
    for quote in quotes:
        longer = replace(quote, start=with_antecedents(quote.article.text, Span(quote.start, quote.end)).start)
        if not any(quote.overlaps(other) for other in told):
            told.append(quote if any(longer.overlaps(other) for other in told) else longer)
    return told


def _absorbed(quote: Quote, chosen: list[Quote]) -> bool:
    """Merge ``quote`` into the one of ``chosen`` that it is one with, if there is such a one."""
    for number, other in enumerate(chosen):
        if merged := _merged(other, quote):
            for later in chosen[number + 1 :]:
                if bridged := _merged(merged, later):  # the new quote spans the gap between two
                    merged = bridged
                    chosen.remove(later)
            chosen[number] = merged
            return True
    return False


def _quote(reading: Reading) -> Quote:
    article = reading.hit.passage.article
    return Quote(
        article,
        *whole_sentences(article.text, reading.span),
        highlights=reading.highlights,
        score=worth(reading),
        hit=reading.hit,
        also_in=article.copies,
    )


def _merged(quote: Quote, other: Quote) -> Quote | None:
    """``quote`` with what ``other`` adds to it, when the two are one; else None."""
    if quote.overlaps(other) or _vie(quote, other):
        return replace(
            quote,
            start=min(quote.start, other.start),
            end=max(quote.end, other.end),
            highlights=_united(quote.highlights, other.highlights),
        )
    if _bare(quote.text) != _bare(other.text):
        return None
    known = {quote.article.id, *(article.id for article in quote.also_in)}
    return quote if other.article.id in known else replace(quote, also_in=(*quote.also_in, other.article.info))


def _vie(quote: Quote, other: Quote) -> bool:
    """Whether two are neighbours in one passage, and it is in doubt which of them answers."""
    if quote.hit is not other.hit or other.score < quote.score - _VYING or not other.highlights:
        return False
    gap = quote.article.text[min(quote.end, other.end) : max(quote.start, other.start)]
    return not gap.strip() and "\n\n" not in gap


def _united(some: Sequence[Span], more: Sequence[Span]) -> tuple[Span, ...]:
    """``some``, and those of ``more`` that overlap none of them."""
    return (*some, *(new for new in more if all(new.end <= old.start or old.end <= new.start for old in some)))


@lru_cache(maxsize=1024)
def _bare(text: str) -> str:
    """A sentence without what may differ between two prints of it: letter case, punctuation, spacing."""
    return re.sub(r"[\W_]+", " ", text).strip().casefold()
