"""The engine: a question in, an answer of verbatim quotes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from retrieval.answer.answer import Answer
from retrieval.answer.asking.spelling import Speller
from retrieval.answer.conversation import Conversation, Turn
from retrieval.answer.newer import NewerArticles
from retrieval.answer.pipeline import Pipeline, StageWeights
from retrieval.answer.query import Context, Filters, Query, as_probability
from retrieval.answer.quoting.quotes import Quote
from retrieval.answer.reading.overlap_reader import OverlapReader
from retrieval.answer.reading.reader import Reader
from retrieval.answer.search import Searcher
from retrieval.answer.tracing import Trace, trace
from retrieval.articles.article import ArticleInfo
from retrieval.index.address import where
from retrieval.index.changes import Freshness, Progress, Stale
from retrieval.index.protocol import Index
from retrieval.models.encoder import Encoder
from retrieval.text.quote_link import QuoteLink

if TYPE_CHECKING:
    from retrieval.answer.grouping import Remembering

THRESHOLD = 0.27
"""Confidence from which an answer is given. Of near misses about articles that nothing was fitted on it declines .52,
and .10 of what these articles answer; of questions about other articles .99, and .12 of their own (docs/measuring.md).
It is the least that declines four of five near misses about news (tests/answers)."""


class Engine:
    """Answers questions from an index of the articles. ``Engine.open`` makes one of a folder of articles.

    Any number of threads may ask at once.

    Args:
        index: the articles as they were indexed.
        encoder: the one that they were indexed with.
        articles: their folder, for telling of quotes from files that have changed since; None for not telling.
        reader: what finds the words that answer; None for one that needs no model.
        threshold: the confidence from which an answer is given.
        weights: the stages' tuned weights.
    """

    def __init__(
        self,
        index: Index,
        encoder: Encoder,
        *,
        articles: Path | None = None,
        reader: Reader | None = None,
        threshold: float = THRESHOLD,
        weights: StageWeights | None = None,
    ) -> None:
        chosen = weights or StageWeights()
        self.index = index
        self._encoder = encoder
        self._remembering: Remembering | None = None
        self._newer = NewerArticles(index, chosen.newer)
        self._freshness = Freshness(articles, index) if articles else None
        self._pipeline = Pipeline(
            index,
            Speller(index),
            Searcher(index, encoder, weights=chosen.search, follow_up=chosen.follow_up),
            reader or OverlapReader(),
            self._newer,
            self._freshness,
            as_probability("threshold", threshold),
            chosen,
        )

    @classmethod
    def open(
        cls,
        articles: str | Path,
        *,
        index: str | Path | None = None,
        encoder: str | Encoder = "bundled",
        reader: str | Reader = "trained",
        device: str | None = None,
        confidence: float = THRESHOLD,
        progress: Progress | None = None,
    ) -> Engine:
        """The engine over a folder of articles, whose index is brought up to date first.

        Args:
            articles: the folder.
            index: where its index is kept, a folder or ``milvus://host:19530/name``; without it, a folder ``index``
                beside the articles.
            encoder: ``bundled``, a sentence-transformers model's folder or name, or an ``Encoder``.
            reader: ``trained`` for the one that ships, ``none`` for one that needs no model, a model's folder or name,
                or a ``Reader``.
            device: where models run, as PyTorch names it; by default on the processor, by ONNX Runtime.
            confidence: the confidence, 0 to 1, from which an answer is given.
            progress: told how far indexing is.

        Raises:
            FolderMissing, NoArticles, StorageFailed, IndexLocked: see ``index.updating.update``.
            EncoderUnavailable, WeightsMismatch, DeviceUnavailable, ReaderUnavailable: a model cannot be loaded.
        """
        from retrieval.answer.reading.span_reader import reader_named
        from retrieval.index.updating import open_up_to_date
        from retrieval.models.runtimes import encoder_named

        folder, threshold = _folder(articles), as_probability("confidence", confidence)
        encoder = encoder_named(encoder, device) if isinstance(encoder, str) else encoder
        chosen = reader_named(reader, device) if isinstance(reader, str) else reader
        place = folder.absolute().parent / "index" if index is None else where(str(index))
        opened, _ = open_up_to_date(folder, place, encoder, progress=progress)
        return cls(opened, encoder, articles=folder, reader=chosen, threshold=threshold)

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
        from a ``context``; whether it does, and why, is in the answer's ``interpretation``.

        Raises:
            QuestionEmpty, QuestionTooLong: it is no question.
            ArticleUnknown: a filter names an article that is not there.
            ReaderUnavailable, EncoderUnavailable, WeightsMismatch, DeviceUnavailable: a model cannot be loaded, which
                the first question sees to.
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
        asked = [questions] if isinstance(questions, str) else list(questions)
        queries = [
            Query(question, filters or Filters(), top, context, weak)
            for question, context in zip(asked, contexts or [None] * len(asked), strict=True)
        ]
        return self._pipeline.answers(queries)

    def more(self, turn: Turn, filters: Filters | None = None, top: int = 3) -> tuple[Quote, ...]:
        """At most ``top`` further quotes for a turn's question, best first, that do not overlap any shown yet.

        When the question was declined they are the next nearest passages' sentences, and no answer. Raises as ``ask``.
        """
        fuller = self.ask(turn.answer.question, filters, len(turn.shown) + top, weak=True, context=turn.before)
        return turn.unseen(fuller)[:top]

    def conversation(self, filters: Filters | None = None, top: int = 3) -> Conversation:
        """A conversation, whose questions may each go on from those before it."""
        return Conversation(self, filters, top)

    def trace(self, link: QuoteLink) -> Trace:
        """What became of the quote that a link leads to: where its words stand, or what stands there instead."""
        if not isinstance(link, QuoteLink):
            raise TypeError(f"a link is a QuoteLink, as QuoteLink.read gives it, not {link!r}")
        found = trace(self.index, link)
        if found.article is None:
            return found
        stands = found.span if found.state != "changed" else None
        newer = self._newer.beside(found.article, stands) if stands else None
        return replace(found, stale=self.stale(found.article), newer=newer)

    def stale(self, article: ArticleInfo) -> Stale | None:
        """What became of the file of one of the articles since it was indexed, if anything."""
        return self._freshness.stale(article.path) if self._freshness else None

    def grouped(self, questions: Sequence[str], around: Sequence[str] = ()) -> list[tuple[int, ...]]:
        """Groups of questions that mean the same; see ``answer.grouping.grouped``."""
        from retrieval.answer.grouping import Remembering, grouped

        if self._remembering is None:
            self._remembering = Remembering(self._encoder)
        return grouped(questions, self._remembering, around=around)


def _folder(named: str | Path) -> Path:
    """The folder of articles; an empty name, as of a variable that is not set, is not the folder one is in."""
    if not str(named).strip():
        raise ValueError("articles is the path of a folder, and empty")
    return Path(named)
