"""The nearest pairs of many, kept in bounded memory while the others are only counted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]
Pairs = tuple[Places, Places, Places]


def none() -> Pairs:
    """Give no pairs at all."""
    nothing = np.zeros(0, dtype=np.int64)
    return nothing, nothing, nothing


class Nearest:
    """At most ``most`` pairs: those that differ least, then those of the first places.

    Pairs may come in any order, each once. Those that cannot be among the nearest are let go as soon as
    ``most`` are held, so that no more than a few times ``most`` are ever in memory.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._parts: list[Pairs] = []
        self._held = 0
        self._last: tuple[int, int, int] | None = None

    def reach(self, low: int, within: int) -> int:
        """Give the most bits in which a pair from this lower place on may still differ, to be kept."""
        if self._last is None:
            return within
        differ, last, _ = self._last
        return min(within, differ if low <= last else differ - 1)

    def add(self, low: Places, high: Places, differ: Places) -> None:
        """Take pairs in, those that may be among the nearest."""
        if self._last is not None:
            bits, one, other = self._last
            level = (differ == bits) & ((low < one) | ((low == one) & (high < other)))
            nearer = (differ < bits) | level
            low, high, differ = low[nearer], high[nearer], differ[nearer]
        if len(low):
            self._parts.append((low, high, differ))
            self._held += len(low)
        if self._held > 2 * self._most:
            self._cut()

    def pairs(self) -> Pairs:
        """Give the nearest pairs: lower places, higher places, differences, in that order of nearness."""
        self._cut()
        return self._parts[0]

    def _cut(self) -> None:
        low, high, differ = (np.concatenate(each) for each in zip(none(), *self._parts, strict=True))
        order = np.lexsort((high, low, differ))[: self._most]
        low, high, differ = low[order], high[order], differ[order]
        self._parts, self._held = [(low, high, differ)], len(order)
        if len(order) == self._most:
            self._last = int(differ[-1]), int(low[-1]), int(high[-1])
