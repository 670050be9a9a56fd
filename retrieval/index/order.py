"""The order of passages that lie in several segments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Order:
    """Which passages of segments there are, in what order; the segments' rows are counted one behind the other."""

    rows: NDArray[np.int64]
    """Each passage's row, of shape (passages,)."""
    numbers: NDArray[np.int32]
    """Each row's passage, of shape (rows,); -1 for one that is no longer there."""

    @classmethod
    def of(cls, rows: NDArray[np.int64], total: int) -> Order:
        """The order in which passages have these of ``total`` rows."""
        numbers = np.full(total, -1, dtype=np.int32)
        numbers[rows] = np.arange(len(rows), dtype=np.int32)
        return cls(rows, numbers)
