"""From settings to an engine: the composition root, where encoder, reader, index and engine are put together.

Everything heavy is imported inside, so that ``quoth --help`` is instant.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from retrieval.errors import IndexForeign, QuothError, StorageFailed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bot.settings import Settings
    from retrieval.answer.reading.reader import Reader
    from retrieval.engine import Engine
    from retrieval.index.address import Where
    from retrieval.index.carrying import CarryingEncoder
    from retrieval.index.changes import Progress
    from retrieval.index.protocol import Index
    from retrieval.index.updating import Report
    from retrieval.models.encoder import Encoder


def build_encoder(settings: Settings) -> Encoder:
    """The encoder that the settings name. Cheap: its model is loaded at the first use."""
    from retrieval.models.runtimes import encoder_named

    return encoder_named(settings.encoder, settings.device)


def carrying(encoder: Encoder, folder: Path) -> CarryingEncoder:
    """An encoder that takes the vectors of passages from the index in a folder, where that has them.

    Raises:
        IndexMissing, IndexCorrupt, StorageFailed: there is no index in the folder that can be opened.
    """
    from retrieval.index.carrying import CarryingEncoder
    from retrieval.index.snapshot import open_latest

    return CarryingEncoder(encoder, open_latest(folder))


def build_reader(settings: Settings) -> Reader | None:
    """The reader that the settings name, or None. Cheap: its model is loaded at the first use."""
    from retrieval.answer.reading.span_reader import reader_named

    return reader_named(settings.reader, device=settings.device)


@dataclass(frozen=True, slots=True)
class Opened:
    """An engine, and what opening its index took."""

    engine: Engine
    report: Report | None = None
    """What the update did; None when none was needed."""
    refused: StorageFailed | None = None
    """Why the index could not be brought up to date, so that the engine answers from it as it was."""


@dataclass(frozen=True, slots=True)
class Assembly:
    """Settings, encoder and reader, of which an engine is made each time that the index changes."""

    settings: Settings
    encoder: Encoder
    reader: Reader | None

    @classmethod
    def of(cls, settings: Settings, made: Callable[[Encoder | Reader], object] = lambda _: None) -> Assembly:
        """The encoder and reader that the settings name. Cheap: models are loaded at the first use.

        ``made`` is called with each as soon as it is there, to load its model while the next is imported.
        """
        from retrieval.models.threads import reuse_memory

        reuse_memory()
        encoder = build_encoder(settings)
        made(encoder)
        reader = build_reader(settings)
        if reader is not None:
            made(reader)
        return cls(settings, encoder, reader)

    def over(self, articles: Path, index: Where) -> Assembly:
        """The same models and settings, with other articles, whose index is not left alone."""
        only = self.settings.index_only and index == self.settings.index
        update = {"articles": articles, "index": index, "index_only": only}
        return replace(self, settings=self.settings.model_copy(update=update))

    def engine(self, index: Index) -> Engine:
        """An engine that answers from an index."""
        from retrieval.engine import Engine

        chosen = self.settings
        folder = None if chosen.index_only else chosen.articles
        return Engine(index, self.encoder, articles=folder, reader=self.reader, threshold=chosen.confidence)

    def open_up_to_date(self, progress: Progress) -> Opened:
        """An engine over an index that has been brought up to date first, unless it is to be left alone.

        Raises:
            QuothError: see ``retrieval.index.updating.open_up_to_date``.
        """
        from retrieval.index.places import place_of
        from retrieval.index.updating import open_up_to_date

        chosen = self.settings
        if chosen.index_only:
            index = place_of(chosen.index).open()
            if index.fingerprint != self.encoder.fingerprint:
                raise IndexForeign(str(chosen.index), f"the model {index.encoder} made it, which is not the one in use")
            return Opened(self.engine(index))
        index, report = open_up_to_date(chosen.articles, chosen.index, self.encoder, progress=progress)
        return Opened(self.engine(index), report)

    def open(self, progress: Progress) -> Opened:
        """As ``open_up_to_date`` or, on a disk that takes no newer index, over the one in place.

        Raises:
            QuothError: there is no index that can answer, and none can be made.
        """
        try:
            return self.open_up_to_date(progress)
        except StorageFailed as error:
            return Opened(self.engine(self._as_it_was(error)), refused=error)

    def _as_it_was(self, error: StorageFailed) -> Index:
        """The index in place; raises ``error`` where it can answer nothing."""
        from retrieval.index.changes import compare
        from retrieval.index.places import place_of

        with suppress(QuothError):
            index = place_of(self.settings.index).open()
            if not compare(self.settings.articles, index, self.encoder).rebuild_reason:
                return index
        raise error
