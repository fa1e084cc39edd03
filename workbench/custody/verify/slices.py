"""Where the exhibits' bytes lie, file by file, set aside and read back block by block.

A row is an exhibit: five integers of 64 bits and a digest of 32 bytes. A piece is some rows of one file, column by
column; for each of them a few numbers stay in memory.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from array import array
from collections.abc import Iterable, Iterator, Sequence
from heapq import merge
from itertools import islice
from operator import itemgetter, le
from struct import iter_unpack
from typing import Any, Final

import msgspec

from workbench.custody.verify.aside import Aside

ORDINAL, EXHIBIT, OFFSET, LENGTH, MEMBER, DIGEST = range(6)
"""The columns; ``ORDINAL`` is the place of the exhibit's line in the log, ``MEMBER`` -1 where it names none."""
_ALL: Final = (ORDINAL, EXHIBIT, OFFSET, LENGTH, MEMBER, DIGEST)
_NUMBERS: Final = _ALL[:5]
_ROW: Final = 72
_PIECE: Final = 8_192
"""Rows of a piece, so far as one file's exhibits follow each other."""
_OPEN: Final = 4 * _PIECE
"""Rows of all files that wait for their piece to be full."""
_RUN: Final = 1 << 12
"""Rows that are sorted in memory."""
_AT_ONCE: Final = 32
"""Runs that are merged at a time."""
_SHORT: Final = 128
"""Rows of each run that are in memory while it is merged."""


class Piece(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Rows set aside: ``shift`` is to be added to their ordinals, ``aside`` says in which of several."""

    place: int
    count: int
    shift: int = 0
    aside: int = 0


class Group(msgspec.Struct, array_like=True):
    """The exhibits of one file: how many, places of the first and last line, where the last slice ends."""

    count: int = 0
    first: int = 0
    last: int = 0
    ended: int = 0
    pieces: list[Piece] = []

    def join(self, more: Group, shift: int = 0, aside: int = 0) -> None:
        """Take what follows, from a stretch that ``shift`` lines stand before."""
        if not self.count:
            self.first = more.first + shift
        self.count += more.count
        self.last, self.ended = more.last + shift, more.ended
        self.pieces += [Piece(each.place, each.count, each.shift + shift, aside) for each in more.pieces]


class Filing:
    """Takes rows of any files, in the log's order, and sets them aside by file."""

    def __init__(self, aside: Aside) -> None:
        self._aside = aside
        self.groups: dict[str, Group] = {}
        self._open: dict[str, list[Any]] = {}
        self._held = 0

    def add(self, key: str, numbers: Sequence[Sequence[int]], digests: bytes) -> None:
        """Take rows of one file: a sequence for each column of integers, and their digests."""
        columns = self._open.get(key)
        if columns is None:
            columns = self._open[key] = [*(array("q") for _ in _NUMBERS), bytearray()]
            self.groups.setdefault(key, Group())  # the files in the order in which the log comes to them
        for column, values in zip(columns, numbers, strict=False):
            column.extend(array("q", values))
        columns[DIGEST] += digests
        self._held += len(numbers[0])
        if len(columns[ORDINAL]) >= _PIECE:
            self._close(key)
        elif self._held >= _OPEN:
            self.finish()

    def _close(self, key: str) -> None:
        columns = self._open.pop(key)
        ordinals, count = columns[ORDINAL], len(columns[ORDINAL])
        self._held -= count
        ended = columns[OFFSET][-1] + columns[LENGTH][-1]
        piece = Piece(self._aside.add(*columns), count)
        self.groups[key].join(Group(count, ordinals[0], ordinals[-1], ended, [piece]))

    def finish(self) -> dict[str, Group]:
        """Set aside what waits; give what there is of each file."""
        for key in list(self._open):
            self._close(key)
        return self.groups


class Block:
    """The rows of one piece, read."""

    def __init__(self, piece: Piece, data: bytes) -> None:
        self.count = piece.count
        self._shift = piece.shift
        self._data = data

    def numbers(self, column: int) -> array[int]:
        """Give a column of integers."""
        size = 8 * self.count
        found = array("q", self._data[column * size : (column + 1) * size])
        return array("q", map(self._shift.__add__, found)) if column == ORDINAL and self._shift else found

    def only(self, column: int, value: int) -> bool:
        """Say whether a column holds nothing but that."""
        return self.numbers(column) == array("q", [value]) * self.count

    def digests(self) -> bytes:
        """Give the digests, 32 bytes each."""
        return self._data[DIGEST * 8 * self.count :]

    def rows(self, *columns: int) -> Iterator[tuple[Any, ...]]:
        """Give the rows, of each these columns."""
        return zip(*map(self._values, columns), strict=True)

    def _values(self, column: int) -> Iterable[Any]:
        if column != DIGEST:
            return self.numbers(column)
        return map(itemgetter(0), iter_unpack("32s", self.digests()))


class Rows(ABC):
    """Rows in some order, read as often as one likes."""

    @abstractmethod
    def blocks(self) -> Iterator[Block]:
        """Give the rows block by block."""

    def rows(self, *columns: int) -> Iterator[tuple[Any, ...]]:
        """Give the rows one by one, of each these columns."""
        for block in self.blocks():
            yield from block.rows(*columns)

    def by(self, column: int) -> Rows:
        """Give the rows in the order of a column, those with the same value as they stand now."""
        return self if self._rising(column) else _sorted(self.rows(*_ALL), column)

    def _rising(self, column: int) -> bool:
        last = None
        for block in self.blocks():
            found = block.numbers(column)
            if (last is not None and found[0] < last) or not all(map(le, found, found[1:])):
                return False
            last = found[-1]
        return True


class Slices(Rows):
    """The exhibits of one file, in the log's order."""

    def __init__(self, group: Group, asides: Sequence[Aside]) -> None:
        self._pieces = group.pieces
        self._asides = asides

    def blocks(self) -> Iterator[Block]:
        """Give the rows block by block."""
        for piece in self._pieces:
            yield Block(piece, self._asides[piece.aside].read(piece.place, _ROW * piece.count))


class Sorted(Rows):
    """Rows that were sorted, one short piece after another."""

    def __init__(self, aside: Aside, rows: Iterator[tuple[Any, ...]]) -> None:
        self._aside = aside
        self._place, self._count = aside.add(), 0
        while some := list(islice(rows, _SHORT)):
            *numbers, digests = zip(*some, strict=True)
            aside.add(*(array("q", each) for each in numbers), b"".join(digests))
            self._count += len(some)

    def blocks(self) -> Iterator[Block]:
        """Give the rows block by block."""
        for start in range(0, self._count, _SHORT):
            piece = Piece(self._place + _ROW * start, min(_SHORT, self._count - start))
            yield Block(piece, self._aside.read(piece.place, _ROW * piece.count))


def _sorted(rows: Iterator[tuple[Any, ...]], column: int) -> Rows:
    """Sort as many rows at a time as memory is meant for, then merge some of these runs until there is one."""
    key, aside, runs = itemgetter(column), Aside(), []
    while some := list(islice(rows, _RUN)):
        runs.append(Sorted(aside, iter(sorted(some, key=key))))
    while len(runs) > 1:
        aside = Aside()
        groups = [runs[start : start + _AT_ONCE] for start in range(0, len(runs), _AT_ONCE)]
        runs = [Sorted(aside, merge(*(run.rows(*_ALL) for run in group), key=key)) for group in groups]
    return runs[0]
