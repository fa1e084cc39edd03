"""Evidence bytes: a file and all its slices hashed in one reading (clauses 1.4, 5.3, 6.2)."""

from __future__ import annotations

import hashlib
import os
from array import array
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from workbench.custody.verify import disk
from workbench.custody.verify.records import Pair
from workbench.custody.verify.report import Defect

_MOST: Final = 2_000


class FileJob(msgspec.Struct, kw_only=True):
    """A file to hash. ``sha256`` and ``length`` are what the log says of the whole, if it does.

    The slices are packed arrays as in ``chain.Slices``, in the log's order; in a ``warc`` they must
    touch, in an ``import`` they must not overlap, ``plain`` files have none. ``begin`` is the slice of
    ``capture.begin`` (length, hash).
    """

    file: str
    kind: Literal["warc", "import", "plain"]
    clause: str
    size: int
    sha256: str = ""
    length: int = -1
    begin: tuple[int, str] | None = None
    exhibits: bytes = b""
    offsets: bytes = b""
    lengths: bytes = b""
    digests: bytes = b""


class FileDone(msgspec.Struct, kw_only=True):
    """What the file holds: its hash, defects of bytes (step 6) and of records (step 7), uncovered bytes."""

    file: str
    sha256: str = ""
    defects: list[Defect] = []
    records: int = 0
    tail: int = 0


def check(folder: Path, job: FileJob, *, records: bool) -> FileDone:
    """Hash a file and its slices, each byte read once; with ``records``, read the WARC records too."""
    reading = _Reading(job, records=records)
    try:
        with disk.opened(folder, job.file) as fd:
            reading.size = os.fstat(fd).st_size
            for block in disk.blocks(fd):
                reading.feed(block)
            reading.finish()
            reading.again(fd)
    except OSError as error:
        reading.defect(job.clause, "a file cannot be read", 0, 0, found=str(error))
    return reading.done


class _Reading:
    """The state of one reading: the whole file's hash and that of the slice under way."""

    def __init__(self, job: FileJob, *, records: bool) -> None:
        self.job = job
        self.size = job.size
        self.done = FileDone(file=job.file)
        self._whole = hashlib.sha256()
        self._place = 0
        self._records = records and job.kind == "warc"
        self._late = array("q")
        self._exhibits = array("q", job.exhibits)
        self._offsets = array("q", job.offsets)
        self._lengths = array("q", job.lengths)
        self._order = self._queue()
        self._next = 0
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

    def _queue(self) -> array[int]:
        """Put the slices that can be hashed in one pass in order; others are read again (``again``)."""
        if self.job.begin is not None:
            self._exhibits.insert(0, 0)
            self._offsets.insert(0, 0)
            self._lengths.insert(0, self.job.begin[0])
        order: Sequence[int] = range(len(self._offsets))
        if self.job.kind == "warc":
            self._touching()
        elif any(before > after for before, after in pairwise(self._offsets)):
            order = sorted(order, key=self._offsets.__getitem__)
        queue, end = array("q"), 0
        for index in order:
            offset, length = self._offsets[index], self._lengths[index]
            if self._is_whole(index) or offset < end:
                self._late.append(index)
            else:
                queue.append(index)
                end = offset + length
        return queue

    def _is_whole(self, index: int) -> bool:
        whole = self._offsets[index] == 0 and self._lengths[index] == self.size
        return whole and self.job.kind == "import"

    def _touching(self) -> None:
        """5.3: each slice begins where the one before it ended."""
        end = 0
        for index, (offset, length) in enumerate(zip(self._offsets, self._lengths, strict=True)):
            if offset != end:
                what = f"the slice of {self._name(index)} does not begin where the one before it ended"
                self.defect("5.3", what, offset, length, expected=str(end), found=str(offset))
            end = offset + length

    def _name(self, index: int) -> str:
        number = self._exhibits[index]
        return f"exhibit {number}" if number else "capture.begin"

    def _expected(self, index: int) -> str:
        if self.job.begin is None:
            return self.job.digests[32 * index : 32 * index + 32].hex()
        if index == 0:
            return self.job.begin[1]
        return self.job.digests[32 * index - 32 : 32 * index].hex()

    def feed(self, block: memoryview) -> None:
        """Take the next bytes of the file."""
        self._whole.update(block)
        begin, end = self._place, self._place + len(block)
        while self._next < len(self._order):
            index = self._order[self._next]
            offset, length = self._offsets[index], self._lengths[index]
            if offset >= end:
                break
            part = block[max(0, offset - begin) : min(len(block), offset + length - begin)]
            self._part(index, part)
            if offset + length > end:
                break
            self._finish_slice(index)
        self._place = end

    def _part(self, index: int, part: memoryview) -> None:
        if self._slice is None:
            self._slice = hashlib.sha256(part)
            if self._records:
                self._pair = Pair(first=self._exhibits[index] == 0)
        else:
            self._slice.update(part)
        if self._pair is not None:
            self._pair.feed(part)

    def _finish_slice(self, index: int) -> None:
        found = self._slice.hexdigest() if self._slice is not None else hashlib.sha256().hexdigest()
        self._judge(index, found)
        if self._pair is not None:
            self._pair.finish()
            self._take_records(index, self._pair)
        self._slice = self._pair = None
        self._next += 1

    def _take_records(self, index: int, pair: Pair) -> None:
        self.done.records += pair.count
        offset, length = self._offsets[index], self._lengths[index]
        for clause, problem, expected, found in pair.problems:
            what = f"{self._name(index)}: {problem}"
            self.defect(clause, what, offset, length, expected=expected, found=found, step=7)

    def _judge(self, index: int, found: str) -> None:
        expected = self._expected(index)
        if found != expected:
            offset, length = self._offsets[index], self._lengths[index]
            what = f"the bytes of {self._name(index)} are not those that the log names"
            clause = "5.3" if self.job.kind == "warc" else "6.3"
            self.defect(clause, what, offset, length, expected=expected, found=found)

    def finish(self) -> None:
        """Compare the whole; name slices that the file is too short for."""
        self.done.sha256 = self._whole.hexdigest()
        for index in self._order[self._next :]:
            self._too_short(index)
        job = self.job
        if job.length >= 0 and self._place != job.length:
            what = "the file's length is not the one that the log names"
            self.defect(job.clause, what, 0, self._place, expected=str(job.length), found=str(self._place))
        if job.sha256 and self.done.sha256 != job.sha256:
            what = f"the file's bytes are not those that {'its seal' if job.clause == '10.2' else 'the log'} names"
            self.defect(job.clause, what, 0, self._place, expected=job.sha256, found=self.done.sha256)
        ends = [self._offsets[index] + self._lengths[index] for index in self._order]
        self.done.tail = max(0, self._place - max(ends, default=0))

    def _too_short(self, index: int) -> None:
        offset, length = self._offsets[index], self._lengths[index]
        clause = "5.3" if self.job.kind == "warc" else "6.3"
        what = f"the file ends before the slice of {self._name(index)} does"
        self.defect(clause, what, offset, length, expected=f"{offset + length} bytes", found=str(self._place))

    def again(self, fd: int) -> None:
        """Hash what overlaps by itself, at most as many bytes again as the file has."""
        budget = self.size
        for index in self._late:
            offset, length = self._offsets[index], self._lengths[index]
            if self._is_whole(index):
                self._judge(index, self.done.sha256)
                continue
            if self.job.kind == "import":
                what = f"the slice of {self._name(index)} overlaps another"
                self.defect("6.3", what, offset, length)
            if offset + length > self._place:
                self._too_short(index)
            elif length > budget:
                self.defect("5.3", f"{self._name(index)} overlaps and was not hashed", offset, length)
            else:
                budget -= length
                digest = hashlib.sha256()
                for block in disk.blocks(fd, offset, offset + length):
                    digest.update(block)
                self._judge(index, digest.hexdigest())
