"""Texts and passages in a store: reading the texts, and writing both in batches."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np

from retrieval.errors import IndexUnreachable
from retrieval.index.changes import Progress
from retrieval.index.encoded import BLOCK
from retrieval.index.milvus.connection import Connection
from retrieval.index.milvus.plan import NewText
from retrieval.index.milvus.records import TEXTS, Text, by_keys, keys, rows
from retrieval.index.milvus.state import Spread
from retrieval.index.milvus.statistics import Statistics, weighed, words_of
from retrieval.index.moments import VectorMoments
from retrieval.models.encoder import Encoder, Vectors

IN_A_TEXT = 2**20
"""Passages of a text at most: a passage's number is its text's times this, and its place among the text's."""

_TEXTS_KEPT = 256
"""Texts that stay in memory."""


class Texts:
    """The texts of a store, those that were read last kept in memory; any number of threads may ask."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._kept: OrderedDict[str, Text] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, generation: int, wanted: Mapping[int, int]) -> dict[int, Text]:
        """Texts by number, given how many rows each takes.

        Raises:
            IndexUnreachable: the store does not answer, or has them no more.
        """
        named = {text: text_key(generation, text) for text in wanted}
        with self._lock:
            for key in named.values():
                if key in self._kept:
                    self._kept.move_to_end(key)
            found = {key: self._kept[key] for key in named.values() if key in self._kept}
        lacking = list(chain.from_iterable(keys(key, wanted[text]) for text, key in named.items() if key not in found))
        for each in by_keys(self._connection, TEXTS, lacking) if lacking else ():
            found[each.key] = Text.unpacked(each.value)
        with self._lock:
            self._kept.update(found)
            while len(self._kept) > _TEXTS_KEPT:
                self._kept.popitem(last=False)
        if len(found) < len(named):
            raise IndexUnreachable(str(self._connection.address), "it has moved on to a much newer version")
        return {text: found[key] for text, key in named.items()}


def text_key(generation: int, text: int) -> str:
    """The key of a text's rows."""
    return f"{generation}/{text}"


def passages_of(generation: int) -> str:
    """The collection of a generation's passages."""
    return f"passages_{generation}"


@dataclass(slots=True)
class Written:
    """What was written of the texts of a version."""

    statistics: Statistics = field(default_factory=Statistics)
    spread: Spread | None = None
    encoded: int = 0

    def add(self, weights: Sequence[Mapping[str, float]], vectors: Vectors) -> None:
        """Count passages in, given what their terms count, and their vectors."""
        self.statistics = self.statistics.plus(Statistics.of(weights))
        if len(vectors):
            spread = Spread(len(vectors), VectorMoments.of(vectors))
            self.spread = self.spread.joined(spread) if self.spread else spread


def write_texts(
    connection: Connection,
    generation: int,
    length: float,
    encoder: Encoder,
    texts: Sequence[NewText],
    progress: Progress | None,
) -> Written:
    """Encode texts and write them in batches, each text after its passages.

    Args:
        connection: to the store.
        generation: whose collection of passages it is.
        length: the usual number of terms of a passage.
        encoder: encodes the passages.
        texts: what to write.
        progress: is told how many passages are encoded.
    """
    written, total = Written(), sum(len(each.text.spans) for each in texts)
    for batch in _batches(texts):
        passages = [passage for each in batch for passage in each.text.encoded()]
        vectors = encoder.encode_document(passages, _counted(progress, written.encoded, total))
        weights = [weighed(passage, length) for passage in passages]
        numbers = [(each.number, place) for each in batch for place in range(len(each.text.spans))]
        found = [
            {"id": text * IN_A_TEXT + place, "text": text, "dense": vector, "words": words_of(weight)}
            for (text, place), vector, weight in zip(numbers, vectors, weights, strict=True)
        ]
        connection.put(passages_of(generation), found)
        kept = (rows(text_key(generation, each.number), "text", generation, each.text.value) for each in batch)
        connection.put(TEXTS, list(chain.from_iterable(kept)))
        written.add(weights, vectors)
        written.encoded += len(passages)
    return written


def _counted(progress: Progress | None, before: int, total: int) -> Callable[[int], None] | None:
    """What tells of a batch's progress as of one of the whole."""
    if progress is None:
        return None
    progress("encoding", before, total)
    return lambda done: progress("encoding", before + done, total)


def take_up(
    connection: Connection, generation: int, length: float, texts: Mapping[int, Text], written: Written
) -> None:
    """Count texts in that another run has written."""
    for text, found in texts.items():
        ids = [text * IN_A_TEXT + place for place in range(len(found.spans))]
        vectors = [row["dense"] for row in connection.get(passages_of(generation), ids, ["id", "dense"])]
        written.add([weighed(each, length) for each in found.encoded()], np.array(vectors, dtype=np.float32))


def _batches(texts: Sequence[NewText]) -> Iterator[list[NewText]]:
    """Texts in batches of about ``BLOCK`` passages."""
    batch: list[NewText] = []
    passages = 0
    for each in texts:
        batch.append(each)
        passages += len(each.text.spans)
        if passages >= BLOCK:
            yield batch
            batch, passages = [], 0
    if batch:
        yield batch
