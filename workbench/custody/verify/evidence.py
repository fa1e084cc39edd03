"""Evidence bytes: a file and all its slices hashed in one reading (clauses 1.4, 5.3, 6.2)."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from operator import add
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import msgspec

from workbench.custody.verify import disk
from workbench.custody.verify.aside import Aside
from workbench.custody.verify.records import Pair
from workbench.custody.verify.report import Defect
from workbench.custody.verify.slices import DIGEST, EXHIBIT, LENGTH, OFFSET, Block, Group, Rows, Slices

_MOST: Final = 2_000


class FileJob(msgspec.Struct, kw_only=True):
    """A file to hash. ``sha256`` and ``length`` are what the log says of the whole, if it does.

    ``slices`` says where its slices were set aside, in the log's order; in a ``warc`` they must touch, in an
    ``import`` they must not overlap, ``plain`` files have none. ``begin`` is the slice of ``capture.begin``
    (length, hash).
    """

    file: str
    kind: Literal["warc", "import", "plain"]
    clause: str
    size: int
    sha256: str = ""
    length: int = -1
    begin: tuple[int, str] | None = None
    slices: Group | None = None


class FileDone(msgspec.Struct, kw_only=True):
    """What the file holds: its hash, defects of bytes (step 6) and of records (step 7), uncovered bytes."""

    file: str
    sha256: str = ""
    defects: list[Defect] = []
    records: int = 0
    tail: int = 0


class Row(NamedTuple):
    """A slice: its exhibit (0 for ``capture.begin``), where it lies and its hash; ``late`` where it is read again."""

    exhibit: int
    offset: int
    length: int
    digest: bytes
    late: bool


def check(folder: Path, job: FileJob, asides: Sequence[Aside], *, records: bool) -> FileDone:
    """Hash a file and its slices, each byte read once; with ``records``, read the WARC records too."""
    reading = _Reading(job, Slices(job.slices or Group(), asides), records=records)
    try:
        with disk.opened(folder, job.file) as fd:
            reading.begin(os.fstat(fd).st_size)
            for block in disk.blocks(fd):
                reading.feed(block)
            reading.finish()
            reading.again(fd)
    except OSError as error:
        reading.defect(job.clause, "a file cannot be read", 0, 0, found=str(error))
    return reading.done


class _Reading:
    """The state of one reading: the whole file's hash and that of the slice under way."""

    def __init__(self, job: FileJob, slices: Slices, *, records: bool) -> None:
        self.job = job
        self.size = job.size
        self.done = FileDone(file=job.file)
        self._whole = hashlib.sha256()
        self._place = 0
        self._records = records and job.kind == "warc"
        self._slices: Rows = slices
        if job.kind == "warc":
            self._touching(slices)
        self._queue: Iterator[Row] = iter(())
        self._row: Row | None = None
        self._any_late = False
        self._ends = 0
        self._slice: Any = None
        self._pair: Pair | None = None

    def defect(
        self,
        clause: str,
        what: str,
        offset: int,
        length: int,
        *,
        expected: str = "",
        found: str = "",
        step: int = 6,
    ) -> None:
        if len(self.done.defects) > _MOST:
            return
        if len(self.done.defects) == _MOST:
            what, length = "more defects in this file from here on", self.size - offset
        self.done.defects.append(
            Defect(
                clause=clause,
                file=self.job.file,
                what=what,
                offset=offset,
                length=length,
                expected=expected,
                found=found,
                step=step,
            )
        )

    def begin(self, size: int) -> None:
        """Take the file's size, and the slices in the order of their places."""
        self.size = size
        if self.job.kind == "import":
            self._slices = self._slices.by(OFFSET)
        self._queue = (row for row in self._rows() if not row.late)
        self._step()

    def _rows(self, whole: bytes = b"") -> Iterator[Row]:
        """Give the slices; late are those that cannot be hashed in one pass (``again``).

        Left out are whole files, many at a time, where they are not looked at: at first, or with the right hash.
        """
        end = 0
        if self.job.begin is not None:
            end = self.job.begin[0]
            yield Row(0, 0, end, bytes.fromhex(self.job.begin[1]), late=False)
        for block in self._slices.blocks():
            if self.job.kind == "import" and block.only(OFFSET, 0) and block.only(LENGTH, self.size):
                self._any_late = True
                if whole * block.count in (b"", block.digests()):
                    continue
            for exhibit, offset, length, digest in block.rows(EXHIBIT, OFFSET, LENGTH, DIGEST):
                late = offset < end or self._is_whole(offset, length)
                self._any_late |= late
                end = end if late else offset + length
                yield Row(exhibit, offset, length, digest, late)

    def _step(self) -> None:
        """Go on to the next slice."""
        self._row = next(self._queue, None)
        if self._row is not None:
            self._ends = max(self._ends, self._row.offset + self._row.length)

    def _is_whole(self, offset: int, length: int) -> bool:
        return offset == 0 and length == self.size and self.job.kind == "import"

    def _touching(self, slices: Slices) -> None:
        """5.3: each slice begins where the one before it ended."""
        end = self.job.begin[0] if self.job.begin is not None else 0
        for block in slices.blocks():
            offsets = block.numbers(OFFSET).tolist()
            ends = list(map(add, offsets, block.numbers(LENGTH)))
            if offsets[0] != end or offsets[1:] != ends[:-1]:
                self._apart(block, end)
            end = ends[-1]

    def _apart(self, block: Block, end: int) -> None:
        for exhibit, offset, length in block.rows(EXHIBIT, OFFSET, LENGTH):
            if offset != end:
                what = f"the slice of exhibit {exhibit} does not begin where the one before it ended"
                self.defect("5.3", what, offset, length, expected=str(end), found=str(offset))
            end = offset + length

    def feed(self, block: memoryview) -> None:
        """Take the next bytes of the file."""
        self._whole.update(block)
        begin, end = self._place, self._place + len(block)
        while (row := self._row) is not None and row.offset < end:
            part = block[max(0, row.offset - begin) : min(len(block), row.offset + row.length - begin)]
            self._part(row, part)
            if row.offset + row.length > end:
                break
            self._finish_slice(row)
        self._place = end

    def _part(self, row: Row, part: memoryview) -> None:
        if self._slice is None:
            self._slice = hashlib.sha256(part)
            if self._records:
                self._pair = Pair(first=row.exhibit == 0)
        else:
            self._slice.update(part)
        if self._pair is not None:
            self._pair.feed(part)

    def _finish_slice(self, row: Row) -> None:
        self._judge(row, self._slice.digest() if self._slice is not None else hashlib.sha256().digest())
        if self._pair is not None:
            self._pair.finish()
            self._take_records(row, self._pair)
        self._slice = self._pair = None
        self._step()

    def _take_records(self, row: Row, pair: Pair) -> None:
        self.done.records += pair.count
        for clause, problem, expected, found in pair.problems:
            what = f"{_name(row)}: {problem}"
            self.defect(clause, what, row.offset, row.length, expected=expected, found=found, step=7)

    def _judge(self, row: Row, found: bytes) -> None:
        if found != row.digest:
            what = f"the bytes of {_name(row)} are not those that the log names"
            clause = "5.3" if self.job.kind == "warc" else "6.3"
            self.defect(clause, what, row.offset, row.length, expected=row.digest.hex(), found=found.hex())

    def finish(self) -> None:
        """Compare the whole; name slices that the file is too short for."""
        self.done.sha256 = self._whole.hexdigest()
        while self._row is not None:
            self._too_short(self._row)
            self._step()
        job = self.job
        if job.length >= 0 and self._place != job.length:
            what = "the file's length is not the one that the log names"
            self.defect(job.clause, what, 0, self._place, expected=str(job.length), found=str(self._place))
        if job.sha256 and self.done.sha256 != job.sha256:
            what = f"the file's bytes are not those that {'its seal' if job.clause == '10.2' else 'the log'} names"
            self.defect(job.clause, what, 0, self._place, expected=job.sha256, found=self.done.sha256)
        self.done.tail = max(0, self._place - self._ends)

    def _too_short(self, row: Row) -> None:
        clause = "5.3" if self.job.kind == "warc" else "6.3"
        what, ended = f"the file ends before the slice of {_name(row)} does", row.offset + row.length
        self.defect(clause, what, row.offset, row.length, expected=f"{ended} bytes", found=str(self._place))

    def again(self, fd: int) -> None:
        """Hash what overlaps by itself, at most as many bytes again as the file has."""
        if not self._any_late:
            return
        budget, whole = self.size, self._whole.digest()
        for row in self._rows(whole):
            if not row.late:
                continue
            if self._is_whole(row.offset, row.length):
                self._judge(row, whole)
                continue
            if self.job.kind == "import":
                what = f"the slice of {_name(row)} overlaps another"
                self.defect("6.3", what, row.offset, row.length)
            if row.offset + row.length > self._place:
                self._too_short(row)
            elif row.length > budget:
                self.defect("5.3", f"{_name(row)} overlaps and was not hashed", row.offset, row.length)
            else:
                budget -= row.length
                digest = hashlib.sha256()
                for block in disk.blocks(fd, row.offset, row.offset + row.length):
                    digest.update(block)
                self._judge(row, digest.digest())


def _name(row: Row) -> str:
    return f"exhibit {row.exhibit}" if row.exhibit else "capture.begin"
