"""Canonical order without holding a table: which row goes where, and reading rows in that order."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

Indices = npt.NDArray[np.int64]


class Sequence:
    """The exhibit number of each row, in the order in which rows come; kept as runs, since most repeat."""

    def __init__(self) -> None:
        self._numbers: list[int] = []
        self._lengths: list[int] = []
        self._count = 0
        self.in_order = True

    def __len__(self) -> int:
        return self._count

    def extend(self, numbers: list[int]) -> None:
        """Take the exhibit numbers of the next rows."""
        self._count += len(numbers)
        for number in numbers:
            if self._numbers and self._numbers[-1] == number:
                self._lengths[-1] += 1
                continue
            self.in_order = self.in_order and not (self._numbers and number < self._numbers[-1])
            self._numbers.append(number)
            self._lengths.append(1)

    def canonical(self) -> Indices:
        """Give the index of the row that comes first, second, …: by exhibit number, then as they came."""
        numbers = np.repeat(np.asarray(self._numbers, np.int64), np.asarray(self._lengths, np.int64))
        return np.argsort(numbers, kind="stable").astype(np.int64)


def groups(given: pq.ParquetFile, wanted: Indices, size: int) -> Iterator[pa.Table]:
    """Read the rows of a Parquet file in another order, ``size`` at a time.

    Few row groups are held at once; rows that come mostly in order read each of them once.
    """
    sizes = [given.metadata.row_group(index).num_rows for index in range(given.num_row_groups)]
    starts = np.concatenate([[0], np.cumsum(sizes)])
    read = lru_cache(maxsize=2)(given.read_row_group)
    for begin in range(0, len(wanted), size):
        rows = wanted[begin : begin + size]
        homes = np.searchsorted(starts, rows, side="right") - 1
        pieces = [read(int(home)).take(rows[homes == home] - starts[home]) for home in np.unique(homes)]
        placed = np.argsort(np.concatenate([np.flatnonzero(homes == home) for home in np.unique(homes)]))
        yield pa.concat_tables(pieces).take(placed)
