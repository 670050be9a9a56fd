"""The order of passages that lie in several segments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_RUNS = 1000
"""So many slices are copied one by one at most."""


@dataclass(frozen=True, slots=True)
class Order:
    """Which passages of segments there are, in what order; the segments' rows are counted one behind the other."""

    rows: NDArray[np.int64]
    """Each passage's row, of shape (passages,)."""
    numbers: NDArray[np.int32]
    """Each row's passage, of shape (rows,); -1 for one that is no longer there."""

    runs: Sequence[slice] | None
    """The rows as a few slices, which are copied quicker; None where they would be many."""

    @classmethod
    def of(cls, rows: NDArray[np.int64], total: int) -> Order:
        """The order in which passages have these of ``total`` rows."""
        numbers = np.full(total, -1, dtype=np.int32)
        numbers[rows] = np.arange(len(rows), dtype=np.int32)
        breaks = np.flatnonzero(np.diff(rows) != 1) + 1
        if not len(rows) or len(breaks) >= _RUNS:
            return cls(rows, numbers, None)
        firsts, lasts = rows[np.append(0, breaks)].tolist(), rows[np.append(breaks - 1, len(rows) - 1)].tolist()
        return cls(rows, numbers, [slice(first, last + 1) for first, last in zip(firsts, lasts, strict=True)])

    def taken(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Of a value for each row those of the passages, in their order."""
        return values[self.rows] if self.runs is None else np.concatenate([values[run] for run in self.runs])
