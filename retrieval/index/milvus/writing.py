"""Writing an index to a store: the next version beside the one that is served, and then one row that switches to it.

A version's passages and texts are written in batches, each text after its passages; then the records of files, and the
head. What a run that was killed has written is not seen by anybody, and is taken up by the next.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import chain

from retrieval.articles.article import content_hash
from retrieval.index.changes import Progress
from retrieval.index.encoded import BLOCK
from retrieval.index.milvus.claims import Claim
from retrieval.index.milvus.cleaning import clean, clear_unpublished, outdated, record_key, remove_texts
from retrieval.index.milvus.connection import Connection
from retrieval.index.milvus.plan import HASH, Plan, Stored, hash_of, planned
from retrieval.index.milvus.reading import StoreIndex
from retrieval.index.milvus.records import (
    RECORDS,
    TEXTS,
    Head,
    Text,
    by_keys,
    every,
    keys,
    pack,
    quoted,
    read_head,
    rows,
    write_head,
)
from retrieval.index.milvus.state import FILE, MOMENTS, REFUSED, USAGE, State, load
from retrieval.index.milvus.statistics import Statistics, weighed
from retrieval.index.milvus.texts import Texts, Written, passages_of, take_up, write_texts
from retrieval.index.sources import RULES
from retrieval.index.writing import Edition
from retrieval.text.terms import terms

_PENDING = "pending"

_SAMPLE = 5_000
"""Passages whose terms are counted, for the usual length of one."""

_WHOLE_AFTER = 20
"""Versions that write down what they change in the statistics; then one writes all of them."""

_TELLING = 0.01
"""Part of all vectors that new ones have to be for their mean and covariance to be written anew."""


@dataclass(frozen=True, slots=True)
class _Begun:
    """What a run has begun to write; it is written down first, so that the next run can take it up."""

    generation: int
    fingerprint: str
    rules: Mapping[str, str]
    dimension: int
    length: float
    last_text: int
    """The highest number of a text before."""


@dataclass(frozen=True, slots=True)
class _Next:
    """The version that is to be written."""

    version: int
    edition: Edition
    base: State | None
    """The version before, where its passages stay."""
    begun: _Begun
    taken: Mapping[int, Text]
    """Texts that a run which was killed has written."""
    plan: Plan


class StoreWriter:
    """The only one that writes to a store.

    Args:
        connection: to the store.
        texts: of the store.
        claim: to be the only one.
        known: an earlier version, if it is known.
    """

    def __init__(self, connection: Connection, texts: Texts, claim: Claim, known: State | None) -> None:
        self._connection = connection
        self._texts = texts
        self._claim = claim
        self._head: Head | None = None
        self._anew = False
        self.state = known
        """The newest version that is known."""

    def previous(self, *, anew: bool, whole: bool) -> tuple[StoreIndex | None, str | None]:  # noqa: ARG002
        """The newest version, and what is wrong with it where it cannot be opened."""
        self._anew = anew
        self._head = read_head(self._connection)
        if self._head is None:
            return None, None
        if not self._head.readable:
            return None, "another version of Quoth wrote the index"
        self.state = load(self._connection, self._head, self.state)
        return StoreIndex(self._connection, self._texts, self.state), None

    def check(self) -> None:
        """Do nothing: what a store holds it checks itself."""

    def tidy(self, *, waited_for: bool) -> None:
        """Do nothing: a store merges its segments itself."""

    def publish(self, edition: Edition, progress: Progress | None) -> tuple[int, int]:
        """Write the next version and make it the newest: how many passages it has, and how many were encoded."""
        version = (self._head.version if self._head else 0) + 1
        clear_unpublished(self._connection, version - 1)
        base = self.state if edition.reusable else None
        if base:
            clean(self._connection, base)
        begun, taken = self._begin(edition, base)
        last = max([begun.last_text, *taken])
        plan = planned(edition.survey, base.files if base else {}, _stored(base, taken), version, last)
        begun = self._note(begun, plan)
        coming = _Next(version, edition, base, begun, taken, plan)
        self._drop_unwanted(coming)
        written = write_texts(self._connection, begun.generation, begun.length, edition.encoder, plan.texts, progress)
        wanted = {number: text for number, text in taken.items() if number in plan.live}
        take_up(self._connection, begun.generation, begun.length, wanted, written)
        if written.encoded >= BLOCK or self._connection.address.folder:  # servers limit how often
            self._connection.settle(passages_of(begun.generation))
        self._write_records(coming, written)
        self.state = self._switch(coming)
        return self.state.statistics.passages, written.encoded

    # --- what a run before has left ------------------------------------------------------------------------------

    def _begin(self, edition: Edition, base: State | None) -> tuple[_Begun, dict[int, Text]]:
        """What is to be written, and the texts that a run which was killed has written of it already."""
        found = next(by_keys(self._connection, RECORDS, keys(_PENDING, 1)), None)
        left = _Begun(**found.value) if found else None
        published = self._head.generation if self._head else 0
        fingerprint = edition.encoder.fingerprint
        if base:
            head = base.head
            begun = _Begun(head.generation, fingerprint, RULES, head.dimension, head.length, head.last_text)
        elif left and left.generation > published and not self._anew and _alike(left, edition):
            begun = left
        else:
            newest = max(published, left.generation if left else 0)
            begun = _Begun(newest + 1, fingerprint, RULES, edition.encoder.dimension, 0.0, 0)
        if left is None or left.generation != begun.generation:
            return begun, {}
        found_texts = every(self._connection, TEXTS, f"version == {begun.generation}")
        texts = {int(each.key.rpartition("/")[2]): Text.unpacked(each.value) for each in found_texts}
        return begun, {number: text for number, text in texts.items() if number > begun.last_text}

    def _note(self, begun: _Begun, plan: Plan) -> _Begun:
        """Write down what is begun, after its collection was made; the usual length is known from now on."""
        if not begun.length:
            passages = [passage for each in plan.texts for passage in each.text.encoded()]
            sample = passages[:: max(1, len(passages) // _SAMPLE)]
            begun = replace(begun, length=sum(len(terms(each)) for each in sample) / max(len(sample), 1))
        self._connection.make_passages(passages_of(begun.generation), begun.dimension)
        self._connection.put(RECORDS, rows(_PENDING, _PENDING, 0, asdict(begun)))
        return begun

    def _drop_unwanted(self, coming: _Next) -> None:
        """Remove what a killed run has written and this one does not want, passages without their text among it."""
        generation, last = coming.begun.generation, coming.begun.last_text
        wanted = [number for number in coming.taken if number in coming.plan.live]
        which = f"text > {last}" + (f" and text not in {wanted}" if wanted else "")
        self._connection.delete(passages_of(generation), which)
        rest = {n: len(pack(text.value)) for n, text in coming.taken.items() if n not in coming.plan.live}
        remove_texts(self._connection, generation, rest)

    # --- the next version ----------------------------------------------------------------------------------------

    def _write_records(self, coming: _Next, written: Written) -> None:
        """Write the records of files, and what is known of terms and vectors."""
        version, base = coming.version, coming.base
        files = (rows(record_key(each.path, version), FILE, version, each.value) for each in coming.plan.records)
        self._connection.put(RECORDS, list(chain.from_iterable(files)))
        removed = self._removed(coming)
        before = base.statistics if base else Statistics()
        whole = base is None or base.changes >= _WHOLE_AFTER
        if whole:
            usage = {"added": before.plus(written.statistics).plus(removed, -1).value, "removed": Statistics().value}
        else:
            usage = {"added": written.statistics.value, "removed": removed.value}
        self._connection.put(RECORDS, rows(f"{USAGE}/{version}", USAGE, version, usage | {"whole": whole}))
        spread = base.spread if base else None
        if written.spread and (spread is None or written.spread.vectors >= _TELLING * spread.vectors):
            joined = spread.joined(written.spread) if spread else written.spread
            self._connection.put(RECORDS, rows(f"{MOMENTS}/{version}", MOMENTS, version, joined.value))
        refused = [asdict(skipped) for skipped in coming.edition.survey.refused]
        self._connection.put(RECORDS, rows(f"{REFUSED}/{version}", REFUSED, version, refused))

    def _removed(self, coming: _Next) -> Statistics:
        """The statistics of the texts that the next version has no more."""
        if coming.base is None:
            return Statistics()
        gone = {each.text: each.parts for each in coming.base.articles if each.text not in coming.plan.live}
        texts = self._texts.get(coming.begun.generation, gone)
        return Statistics.of(
            weighed(passage, coming.begun.length) for text in texts.values() for passage in text.encoded()
        )

    def _switch(self, coming: _Next) -> State:
        """Make the version the newest and return it, unless somebody else may have begun to write."""
        edition, begun, before = coming.edition, coming.begun, coming.base and coming.base.head
        until = outdated(before) if before else 0
        recent = [each for each in before.published if each[0] >= until] if before else []
        head = Head(
            version=coming.version,
            generation=begun.generation,
            built_at=edition.built_at.isoformat(),
            encoder=edition.encoder.name,
            fingerprint=edition.encoder.fingerprint,
            rules=RULES,
            dimension=begun.dimension,
            length=begun.length,
            last_text=max([begun.last_text, *coming.taken, *(each.number for each in coming.plan.texts)]),
            published=[*recent, (coming.version, time.time())],
            began=before.began if before else coming.version,
            cleaned=max(before.cleaned, until) if before else 0,
        )
        self._claim.check()
        write_head(self._connection, head)
        remove_pending(self._connection)
        return load(self._connection, head, coming.base)


def remove_pending(connection: Connection) -> None:
    """Note that nothing is begun."""
    connection.delete(RECORDS, f"key in {quoted(keys(_PENDING, 1))}")


def _alike(left: _Begun, edition: Edition) -> bool:
    """Whether a run that was killed had the encoder and the rules of this one."""
    return (left.fingerprint, dict(left.rules)) == (edition.encoder.fingerprint, RULES)


def _stored(base: State | None, taken: Mapping[int, Text]) -> Mapping[str, Sequence[Stored]]:
    """The texts that are in the store, by the text's hash."""
    found: dict[str, dict[int, Stored]] = defaultdict(dict)
    for each in base.articles if base else ():
        found[each.hash][each.text] = Stored(each.text, each.parts, each.encoded)
    for number, text in taken.items():
        encoded = content_hash(text.title, text.text)[:HASH]
        found[hash_of(text.text)][number] = Stored(number, len(pack(text.value)), encoded)
    return {name: list(several.values()) for name, several in found.items()}
