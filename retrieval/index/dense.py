"""Dense index: nearest passages by the cosine of their vectors. The only module that imports faiss."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from retrieval.index.arrays import map_arrays, write_arrays
from retrieval.index.moments import CHUNK, Moments, VectorMoments, chunks
from retrieval.models.encoder import Vectors

VECTORS_FILE = "vectors.faiss"
MOMENTS_FILE = "moments.safetensors"

EXACT = 100_000
"""Up to so many passages every vector is compared: about 4 ms of one core."""

RECALL = 0.985
"""Part of the ten nearest that an approximate index has to find; as many cells are searched as that takes."""

_PROBES, _PROBE_COSINE = 200, 0.65
"""How many made-up questions recall is measured with, and the cosine of each to a passage: about what a real question's
is to the passage that answers it."""

_TRAINING_VECTORS = 48
"""Vectors a cell that its centroid is trained on; faiss warns below 39."""

_IVF_MAGIC = b"Iw"
"""First bytes of faiss's file of an index with cells, which it maps with another flag than a flat one."""

Ids = NDArray[np.int64]
Scores = NDArray[np.float32]


class DenseIndex:
    """Passages' vectors, searched by cosine.

    Vectors are stored in float16: half as large as float32, twice as fast to search, and the same are found. Up to
    ``EXACT`` passages all are compared (faiss's ``SQfp16``). More are divided into cells around centroids (Sivic and
    Zisserman 2003; ``IVF,SQfp16``), of which the nearest are searched: as many as it takes to reach ``RECALL``.

    """

    def __init__(self, index: Any, moments: VectorMoments) -> None:
        self._index = index
        self._moments = moments
        self._cells = isinstance(index, faiss.IndexIVF)
        if self._cells:
            index.make_direct_map()

    @classmethod
    def build(cls, vectors: Vectors) -> DenseIndex:
        """Index ``vectors`` of shape (passages, dimension); a passage's id is its row."""
        if len(vectors) <= EXACT:
            flat: Any = faiss.index_factory(vectors.shape[1], "SQfp16", faiss.METRIC_INNER_PRODUCT)
            flat.add(np.ascontiguousarray(vectors))
            return cls(flat, VectorMoments.of(vectors))
        cells = int(len(vectors) ** 0.5)
        index: Any = faiss.index_factory(vectors.shape[1], f"IVF{cells},SQfp16", faiss.METRIC_INNER_PRODUCT)
        index.by_residual = False
        sample = min(len(vectors), _TRAINING_VECTORS * cells)
        drawn = np.random.default_rng(0).choice(len(vectors), sample, replace=False)
        index.train(vectors[np.sort(drawn)])
        for start in range(0, len(vectors), CHUNK):
            index.add(vectors[start : start + CHUNK])
        index.nprobe = _cells_needed(index, vectors)
        return cls(index, VectorMoments.of(vectors[:: _stride(len(vectors))]))

    def updated(self, order: Ids, fresh: Vectors) -> DenseIndex:
        """A new index of the passages in ``order``: numbers of rows here and, counted on from these, in ``fresh``.

        The cells stay while the number of passages is between a quarter and four times what they were made for.
        """
        made_for = self._index.nlist**2 if self._cells else 0
        if len(order) <= EXACT or not made_for / 4 < len(order) < made_for * 4:
            return self.build(self._unpacked(order, fresh))
        quantizer = faiss.clone_index(self._index.quantizer)
        index: Any = faiss.IndexIVFScalarQuantizer(
            quantizer, self._index.d, self._index.nlist, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
        )
        index.by_residual = False
        index.is_trained = True
        index.nprobe = self._index.nprobe
        places = np.full(len(self) + len(fresh), -1, dtype=np.int64)
        places[order] = np.arange(len(order))
        self._copy_into(places[: len(self)], index)
        used = places[len(self) :] >= 0
        if used.any():
            index.add_with_ids(fresh[used], places[len(self) :][used])
        index.make_direct_map()
        sample = np.arange(0, len(order), _stride(len(order)))
        return DenseIndex(index, VectorMoments.of(index.reconstruct_batch(sample)))

    def _unpacked(self, order: Ids, fresh: Vectors) -> Vectors:
        """The vectors of the passages in ``order``, float32 of shape (passages, dimension)."""
        vectors = np.empty((len(order), self._index.d), dtype=np.float32)
        old = order < len(self)
        for part in chunks(np.flatnonzero(old)):
            vectors[part] = self._index.reconstruct_batch(order[part])
        vectors[~old] = fresh[order[~old] - len(self)]
        return vectors

    def _copy_into(self, places: Ids, index: Any) -> None:
        """Copy passages into the same cells of a new ``index``, each under its number in ``places`` unless negative.

        Vectors are copied as they are stored: to unpack a million and pack them again takes gigabytes and seconds.
        """
        lists, size = self._index.invlists, self._index.code_size
        for cell in range(self._index.nlist):
            if count := lists.list_size(cell):
                ids = places[faiss.rev_swig_ptr(lists.get_ids(cell), count)]
                codes = faiss.rev_swig_ptr(lists.get_codes(cell), count * size).reshape(count, size)
                kept = ids >= 0
                ids, codes = ids[kept], codes[kept]
                index.invlists.add_entries(cell, len(ids), faiss.swig_ptr(ids), faiss.swig_ptr(codes))
                index.ntotal += len(ids)

    def save(self, folder: Path) -> None:
        """Write the index into ``folder``."""
        faiss.write_index(self._index, str(folder / VECTORS_FILE))
        write_arrays(folder / MOMENTS_FILE, {"mean": self._moments.mean, "covariance": self._moments.half})

    @classmethod
    def open(cls, folder: Path) -> DenseIndex:
        """Open what ``save`` wrote; the vectors are mapped into memory, not read.

        Raises:
            ValueError, RuntimeError, OSError, KeyError, TypeError: the files are not such an index.
        """
        path = folder / VECTORS_FILE
        with path.open("rb") as file:
            cells = file.read(2) == _IVF_MAGIC
        index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP if cells else faiss.IO_FLAG_MMAP_IFC)
        moments = map_arrays(folder / MOMENTS_FILE)
        return cls(index, VectorMoments.unpacked(moments["mean"].copy(), moments["covariance"]))

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._index.d)

    def vectors(self) -> Vectors:
        """Every vector, shape (passages, dimension)."""
        vectors: Vectors = self._index.reconstruct_n(0, len(self))
        return vectors

    def nearest(self, query: Scores, k: int, allowed: Ids | None = None) -> Ids:
        """Ids of the ``k`` passages nearest to ``query`` (dimension,), best first, among ``allowed`` ids if given."""
        if self._cells and allowed is not None and len(allowed) <= EXACT:
            # The cells that are searched might hold none of so few.
            return allowed[np.argsort(-self.cosines(query, allowed), kind="stable")[:k]]
        parameters: Any = None
        if allowed is not None:
            parameters = faiss.SearchParametersIVF() if self._cells else faiss.SearchParameters()
            parameters.sel = faiss.IDSelectorBatch(allowed)
            if self._cells:
                parameters.nprobe = self._index.nprobe
        with _one_thread():
            _, ids = self._index.search(query[None, :], min(k, len(self)), params=parameters)
        found: Ids = ids[0][ids[0] >= 0]
        return found

    def vector(self, row: int) -> Scores:
        """The vector of a passage, shape (dimension,)."""
        vector: Scores = self._index.reconstruct(row)
        return vector

    def cosines(self, query: Scores, ids: Ids) -> Scores:
        """Cosine of ``query`` with each of the passages ``ids``."""
        cosines: Scores = self.at(ids) @ query
        return cosines

    def moments_of(self, there: NDArray[np.bool_]) -> VectorMoments:
        """Mean and covariance of the passages for which a mask is true, of as many as theirs are made of."""
        sample = np.arange(0, len(self), _stride(len(self)))
        gone = sample[~there[sample]]
        if not len(gone):
            return self._moments
        return self._moments.without(len(sample), VectorMoments.of(self.at(gone)), len(gone))

    def at(self, ids: Ids) -> Vectors:
        """The vectors of the passages ``ids``, shape (ids, dimension)."""
        vectors: Vectors = self._index.reconstruct_batch(ids)
        return vectors

    def moments(self, query: Scores) -> Moments:
        """Mean and standard deviation of the query's cosines over the whole corpus."""
        return self._moments.of_query(query)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let faiss use one thread.

    Its threads share questions, not passages: for one question the others have nothing to do, and waiting for them
    took 12 ms instead of 0.2 while another program kept a core busy.
    """
    usual = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(usual)


def _stride(passages: int) -> int:
    """The step between passages whose vectors give mean and covariance, so that these are ``EXACT`` at most."""
    return ceil(passages / EXACT)


def _cells_needed(index: Any, vectors: Vectors) -> int:
    """How many cells to search for ``RECALL``, found by searching a quarter more until it is reached."""
    chance = np.random.default_rng(1)
    noise = chance.standard_normal((_PROBES, vectors.shape[1])).astype(np.float32)
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    drawn = vectors[np.sort(chance.choice(len(vectors), _PROBES, replace=False))]
    probes = _PROBE_COSINE * drawn + (1 - _PROBE_COSINE**2) ** 0.5 * noise
    exact = faiss.knn(probes, vectors, 10, metric=faiss.METRIC_INNER_PRODUCT)[1]
    cells = 8
    while cells < index.nlist:
        index.nprobe = cells
        found = index.search(probes, 10)[1]
        if sum(len(np.intersect1d(*pair)) for pair in zip(exact, found, strict=True)) >= RECALL * exact.size:
            return cells
        cells += cells // 4
    return int(index.nlist)
