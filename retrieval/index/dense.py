"""Vectors to neighbours, by inner product of unit vectors (cosine). The only module that imports faiss."""

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
from retrieval.models.encoder import Vectors

VECTORS_FILE = "vectors.faiss"
MOMENTS_FILE = "moments.safetensors"

EXACT = 100_000
"""Passages up to which every vector is compared: about 4 ms of one core."""

RECALL = 0.985
"""Of the ten nearest, what an approximate index is to find; measured while it is built."""

_SAMPLE, _LIKENESS = 200, 0.65
"""Probes that this is measured with, and their cosine to a passage: a question's to the one that answers it."""

_POINTS = 48
"""Vectors that each cell is trained on."""

_CHUNK = 65_536

_CELLS = b"Iw"
"""How faiss begins the file of an index with cells; it maps these in another way than flat ones."""

Ids = NDArray[np.int64]
Scores = NDArray[np.float32]


class DenseIndex:
    """Passages' vectors with the mean and covariance that put a cosine in proportion.

    They are kept in float16, which is half as large as float32, twice as fast to search, and finds the same. Up to
    ``EXACT`` passages all are compared (``SQfp16``). More are shared out over cells around centroids (Sivic and
    Zisserman 2003; ``IVF,SQfp16``), of which the nearest are searched: as many as it takes to reach ``RECALL``.

    ``mean`` (dimension,) and ``covariance`` (dimension, dimension) are of the corpus's vectors. With them the mean
    and deviation of a query's cosines over the whole corpus are two small products, q.m and sqrt(q.C.q), and need
    no score to be computed.
    """

    def __init__(self, index: Any, mean: Scores, covariance: Scores) -> None:
        self._index = index
        self._mean = mean
        self._covariance = covariance
        self._cells = isinstance(index, faiss.IndexIVF)
        if self._cells:
            index.make_direct_map()

    @classmethod
    def build(cls, vectors: Vectors) -> DenseIndex:
        """Index ``vectors`` of shape (passages, dimension); a passage's id is its row."""
        if len(vectors) <= EXACT:
            flat: Any = faiss.index_factory(vectors.shape[1], "SQfp16", faiss.METRIC_INNER_PRODUCT)
            flat.add(np.ascontiguousarray(vectors))
            return cls(flat, *_moments(vectors))
        cells = int(len(vectors) ** 0.5)
        index: Any = faiss.index_factory(vectors.shape[1], f"IVF{cells},SQfp16", faiss.METRIC_INNER_PRODUCT)
        index.by_residual = False
        drawn = np.random.default_rng(0).choice(len(vectors), min(len(vectors), _POINTS * cells), replace=False)
        index.train(vectors[np.sort(drawn)])
        for start in range(0, len(vectors), _CHUNK):
            index.add(vectors[start : start + _CHUNK])
        index.nprobe = _cells_needed(index, vectors)
        return cls(index, *_moments(vectors[:: _stride(len(vectors))]))

    def updated(self, order: Ids, fresh: Vectors) -> DenseIndex:
        """An index of the passages that ``order`` names: rows of this one and, counted on, of ``fresh``.

        Cells are kept while the number of passages is about what they were made for.
        """
        made_for = self._index.nlist**2 if self._cells else 0
        if len(order) <= EXACT or not made_for / 4 < len(order) < made_for * 4:
            return self.build(self._gathered(order, fresh))
        quantizer = faiss.clone_index(self._index.quantizer)
        index: Any = faiss.IndexIVFScalarQuantizer(
            quantizer, self._index.d, self._index.nlist, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
        )
        index.by_residual = False
        index.is_trained = True
        index.nprobe = self._index.nprobe
        places = np.full(len(self) + len(fresh), -1, dtype=np.int64)
        places[order] = np.arange(len(order))
        self._move(places[: len(self)], index)
        used = places[len(self) :] >= 0
        if used.any():
            index.add_with_ids(fresh[used], places[len(self) :][used])
        index.make_direct_map()
        return DenseIndex(index, *_moments(index.reconstruct_batch(np.arange(0, len(order), _stride(len(order))))))

    def _gathered(self, order: Ids, fresh: Vectors) -> Vectors:
        """The vectors that ``order`` names, shape (passages, dimension)."""
        vectors = np.empty((len(order), self._index.d), dtype=np.float32)
        old = order < len(self)
        for part in _chunks(np.flatnonzero(old)):
            vectors[part] = self._index.reconstruct_batch(order[part])
        vectors[~old] = fresh[order[~old] - len(self)]
        return vectors

    def _move(self, places: Ids, index: Any) -> None:
        """Put every passage whose place in the new ``index`` is not negative into the cell there that it has here.

        Vectors are copied as they are stored: unpacking a million to pack them again takes gigabytes and seconds.
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
        half = self._covariance[np.triu_indices(len(self._mean))].astype(np.float16)  # the other is the same
        write_arrays(folder / MOMENTS_FILE, {"mean": self._mean, "covariance": half})

    @classmethod
    def open(cls, folder: Path) -> DenseIndex:
        """Open what ``save`` wrote; the vectors are mapped into memory, not read.

        Raises:
            ValueError, RuntimeError, OSError, KeyError, TypeError: the files are not such an index.
        """
        path = folder / VECTORS_FILE
        with path.open("rb") as file:
            cells = file.read(2) == _CELLS
        index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP if cells else faiss.IO_FLAG_MMAP_IFC)
        moments = map_arrays(folder / MOMENTS_FILE)
        mean, half = moments["mean"].copy(), moments["covariance"]
        covariance = np.empty((len(mean), len(mean)), dtype=np.float32)
        upper = np.triu_indices(len(mean))
        covariance[upper] = covariance.T[upper] = half
        return cls(index, mean, covariance)

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
            # In the cells that are searched there might be none of so few.
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

    def cosines(self, query: Scores, ids: Ids) -> Scores:
        """Cosine of ``query`` with each of the passages ``ids``."""
        cosines: Scores = self._index.reconstruct_batch(ids) @ query
        return cosines

    def moments(self, query: Scores) -> tuple[float, float]:
        """Mean and standard deviation of the query's cosines over the whole corpus."""
        variance = float(query @ self._covariance @ query)
        return float(query @ self._mean), max(variance, 0.0) ** 0.5


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let faiss keep to this thread.

    It shares out questions, not passages: where there is one question the other threads have nothing to do, and
    waiting for them took 12 ms instead of 0.2 while another program kept a core busy.
    """
    usual = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(usual)


def _moments(vectors: Vectors) -> tuple[Scores, Scores]:
    """Mean and covariance of the rows, without a second copy of them all."""
    mean = vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
    products = np.zeros((vectors.shape[1], vectors.shape[1]), dtype=np.float64)
    for part in _chunks(np.arange(len(vectors))):
        centred = vectors[part] - mean
        products += centred.T @ centred
    return mean, (products / len(vectors)).astype(np.float32)


def _stride(passages: int) -> int:
    """How far apart the passages are whose moments stand for all: a hundred thousand at most."""
    return ceil(passages / EXACT)


def _cells_needed(index: Any, vectors: Vectors) -> int:
    """How many cells to search for ``RECALL`` on probes near some vectors: a quarter more until it is reached."""
    chance = np.random.default_rng(1)
    noise = chance.standard_normal((_SAMPLE, vectors.shape[1])).astype(np.float32)
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    drawn = vectors[np.sort(chance.choice(len(vectors), _SAMPLE, replace=False))]
    probes = _LIKENESS * drawn + (1 - _LIKENESS**2) ** 0.5 * noise
    exact = faiss.knn(probes, vectors, 10, metric=faiss.METRIC_INNER_PRODUCT)[1]
    cells = 8
    while cells < index.nlist:
        index.nprobe = cells
        found = index.search(probes, 10)[1]
        if sum(len(np.intersect1d(*pair)) for pair in zip(exact, found, strict=True)) >= RECALL * exact.size:
            return cells
        cells += cells // 4
    return int(index.nlist)


def _chunks(rows: Ids) -> Iterator[Ids]:
    for start in range(0, len(rows), _CHUNK):
        yield rows[start : start + _CHUNK]
