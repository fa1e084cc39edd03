"""The process that decodes: reads jobs on standard input, writes answers on standard output, until the end of input.

Started as ``python -P -m workbench.media.child`` with next to no environment. A message is four bytes of length
(big-endian) and msgpack; the first says that the child is ready, and has no length. Before the first job it gives
up what decoding does not need: address space beyond ``Limits.memory`` (where the system knows such a limit),
processor time without end, core dumps, and writing files of any size.
"""

from __future__ import annotations

import contextlib
import io
import os
import resource
import sys
from pathlib import Path
from typing import BinaryIO

import msgspec

from workbench.media import facts, films, kinds, pictures
from workbench.media.facts import LIMITS, Answer, Gathered, Job, Limits


def answer(job: Job, limits: Limits = LIMITS) -> Answer:
    """Do one job; nothing that a decoder raises gets out."""
    found = Gathered(limits)
    done = found.attempt("file", job.media_type, lambda: _done(job, limits), None)
    return done if done is not None else Answer(look=found.look())


def _done(job: Job, limits: Limits) -> Answer:
    with _content(job) as file:
        if job.edge:
            return Answer(picture=_thumbnail(job, file, limits))
        if job.media_type in kinds.PICTURES:
            return Answer(look=pictures.look(file, job.media_type, limits).look())
        length = job.length if job.path else len(job.data)
        return Answer(look=films.look(file, length, job.media_type, limits).look())


def _thumbnail(job: Job, file: BinaryIO, limits: Limits) -> bytes:
    write = pictures.blurred if job.blurred else pictures.small
    if job.media_type in kinds.PICTURES:
        return pictures.thumbnail(file, job.media_type, job.edge, limits, write)
    return films.thumbnail(file, job.media_type, job.edge, job.at, write)


def _content(job: Job) -> BinaryIO:
    if not job.path:
        return io.BytesIO(job.data)
    file = Path(job.path).open("rb")  # noqa: SIM115 - the caller closes it
    if job.offset == 0 and job.length == os.fstat(file.fileno()).st_size:
        return file
    return io.BufferedReader(_Part(file, job.offset, job.length))


class _Part(io.RawIOBase):
    """A stretch of a file, as a file of its own."""

    def __init__(self, file: BinaryIO, offset: int, length: int) -> None:
        super().__init__()
        self._file, self._offset, self._length, self._at = file, offset, length, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._length}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override] # typeshed asks for any buffer
        view = memoryview(buffer).cast("B")
        self._file.seek(self._offset + self._at)
        data = self._file.read(max(0, min(len(view), self._length - self._at)))
        view[: len(data)] = data
        self._at += len(data)
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()


def confine(limits: Limits = LIMITS) -> None:
    """Give up memory, core dumps and writing; a system without such a limit goes without it."""
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_CPU, limits.processor_seconds)
    _limit(resource.RLIMIT_AS, _address_space() + limits.memory)


def _limit(what: int, most: int) -> None:
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(what, (most, most))


def _address_space() -> int:
    """Give the bytes of address space in use; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    """Serve jobs until standard input ends."""
    import imagehash  # noqa: F401, PLC0415 - what most files need, loaded before memory is limited

    out = os.fdopen(os.dup(1), "wb")
    # Libraries in C may print: not among the answers.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    confine()
    out.write(facts.READY)
    out.flush()
    jobs = msgspec.msgpack.Decoder(Job)
    while len(head := sys.stdin.buffer.read(4)) == 4:
        data = facts.encode(answer(jobs.decode(sys.stdin.buffer.read(int.from_bytes(head, "big")))))
        out.write(len(data).to_bytes(4, "big") + data)
        out.flush()


if __name__ == "__main__":
    main()
