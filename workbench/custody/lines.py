"""Finding lines of a long log without reading it: bisecting over the bytes of its segments.

Line numbers rise by one and exhibit numbers rise with them (docs/casefile-format.md, 2.3 and 1.5), so either leads
to a line in some thirty small reads. In a log where they do not rise a line may be missed, never mistaken: what
is found says itself which it is, and a proof that it stands where it says fails otherwise.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, islice
from pathlib import Path

from workbench.custody import log
from workbench.errors import IntegrityError
from workbench.records import Record

_STEP = 8_192
_SEQ = re.compile(rb',"seq":([0-9]{1,18})[,}]')
_EXHIBIT = re.compile(rb'\{"action":"exhibit",[^\n]*?,"exhibit":([0-9]{1,18}),')


class Line(Record, frozen=True, kw_only=True):
    """A line of the log: its number, its raw bytes with the LF, and where it begins in the whole log."""

    seq: int
    raw: bytes
    start: int


class Lines:
    """The segments of a case's log as one run of bytes, as long as they are now. Holds no file open."""

    def __init__(self, folder: Path) -> None:
        self._paths = log.segments(folder)
        self._starts = [0, *accumulate(path.stat().st_size for path in self._paths)]

    def exhibit(self, number: int) -> Line | None:
        """Find the line that names an exhibit; None where the log has none such."""
        return self._found(_EXHIBIT, number)

    def numbered(self, seq: int) -> Line | None:
        """Find a line by its number; None where the log has none such."""
        return self._found(_SEQ, seq)

    def last_exhibit(self, seq: int) -> int:
        """Give the number of the last exhibit that the lines up to ``seq`` name; 0 for none."""
        end = self.numbered(seq + 1)
        stop = end.start if end else self._starts[-1]
        reach = log.LINE_BYTES
        while True:
            place = max(0, stop - reach)
            found = [int(match[1]) for match in _EXHIBIT.finditer(self._read(place, stop - place))]
            if found or place == 0:
                return found[-1] if found else 0
            reach *= 4

    def stream(self, seq: int, count: int) -> Iterator[bytes]:
        """Read ``count`` raw lines from number ``seq`` on; fewer where the log ends. Memory: one line."""
        first = self.numbered(seq)
        if first is None:
            return iter(())
        return islice(self._lines(first.start), count)

    def _lines(self, start: int) -> Iterator[bytes]:
        index = bisect_right(self._starts, start, hi=len(self._paths)) - 1
        for number, path in enumerate(self._paths[index:], index):
            with path.open("rb") as file:
                file.seek(max(0, start - self._starts[number]))
                yield from file

    def _found(self, pattern: re.Pattern[bytes], wanted: int) -> Line | None:
        """Bisect for the line whose number is the one wanted.

        ``low`` is always the beginning of a line; no line with a smaller number begins at or after ``high``.
        """
        low, high = 0, self._starts[-1]
        while low < high:
            middle = (low + high) // 2
            found = self._first(pattern, middle, high)
            if found is None or found[0] >= wanted:
                high = middle
            else:
                low = found[1] + len(found[2])
        found = self._first(pattern, low, self._starts[-1])
        if found is None or found[0] != wanted:
            return None
        return Line(seq=_seq(found[2]), raw=found[2], start=found[1])

    def _first(self, pattern: re.Pattern[bytes], at: int, end: int) -> tuple[int, int, bytes] | None:
        """Give number, beginning and bytes of the first line that fits and begins from ``at`` on, before ``end``."""
        for start, raw in self._whole(at, end):
            if match := pattern.search(raw):
                return int(match[1]), start, raw
        return None

    def _whole(self, at: int, end: int) -> Iterator[tuple[int, bytes]]:
        """Read the whole lines that begin at ``at`` or later and before ``end``, with where they begin."""
        # One byte earlier, so that a line that begins at ``at`` itself is seen to begin there.
        place = max(0, at - 1)
        data = b""
        skipping = at > 0
        while place < end:
            read = self._read(place + len(data), _STEP)
            data += read
            *lines, rest = data.split(b"\n")
            for line in lines:
                if place >= end:
                    return
                if not skipping:
                    yield place, line + b"\n"
                skipping = False
                place += len(line) + 1
            if not read:
                return  # what follows the last LF is a torn line (2.9)
            data = rest

    def _read(self, place: int, count: int) -> bytes:
        """Read so many bytes, across segments; fewer at the end."""
        parts: list[bytes] = []
        index = bisect_right(self._starts, place, hi=len(self._paths)) - 1
        for number, path in enumerate(self._paths[index:], index):
            with path.open("rb", buffering=0) as file:
                file.seek(max(0, place - self._starts[number]))
                part = file.read(count)
            parts.append(part)
            count -= len(part)
            if count <= 0:
                break
        return b"".join(parts)


def _seq(raw: bytes) -> int:
    match = _SEQ.search(raw)
    return int(match[1]) if match else 0


def exhibit_lines(folder: Path, numbers: Sequence[int]) -> list[Line]:
    """Find the lines of exhibits, in the order asked for; raise IntegrityError for one that is not to be found."""
    lines = Lines(folder)
    found = [lines.exhibit(number) for number in numbers]
    for number, line in zip(numbers, found, strict=True):
        if line is None:
            raise IntegrityError(
                "the custody log names no such exhibit",
                where=f"exhibit {number}",
                todo="see the table 'exhibits'; where it is listed there, run 'workbench verify'",
            )
    return [line for line in found if line is not None]
