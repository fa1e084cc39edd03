"""Where each exhibit stands in the log and what it is of, looked up by its number (docs/casefile-format.md, 8.2)."""

from __future__ import annotations

from array import array
from bisect import bisect_left

from workbench.custody.verify.log import Log


class Exhibits:
    """The exhibits by number; made when the first is asked for, 12 bytes for each."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._keys = list(log.slices)
        self._places = array("q")
        self._groups = array("i")

    def _make(self) -> None:
        self._places = array("q", [-1]) * (self._log.exhibits + 1)
        self._groups = array("i", [0]) * (self._log.exhibits + 1)
        for group, slices in enumerate(self._log.slices.values()):
            numbers, ordinals = array("q", bytes(slices.exhibits)), array("q", bytes(slices.ordinals))
            for number, ordinal in zip(numbers, ordinals, strict=True):
                if 0 < number < len(self._places):
                    self._places[number] = ordinal
                    self._groups[number] = group

    def find(self, number: int) -> tuple[int, str, int] | None:
        """Give the place of an exhibit's line, ``c`` or ``i`` for capture or import, and that one's number."""
        if not self._places:
            self._make()
        if not 0 < number < len(self._places) or self._places[number] < 0:
            return None
        kind = self._keys[self._groups[number]].split(" ", 1)[0]
        return self._places[number], kind[0], int(kind[1:])

    def upto(self, lines: int) -> int:
        """Count the exhibits that the first ``lines`` lines name: their numbers rise with the lines (1.5)."""
        if not self._places:
            self._make()
        return bisect_left(self._places, lines, lo=1) - 1

    def stands(self, number: object, before: int) -> bool:
        """Say whether a value is the number of an exhibit whose line stands before that place."""
        found = self.find(number) if type(number) is int else None
        return found is not None and found[0] < before
