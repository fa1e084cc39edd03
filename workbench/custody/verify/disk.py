"""Reading without harm: regular files only, no link followed, no wait, in bounded blocks."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

BLOCK: Final = 1 << 20


_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


def _within(place: int, part: str, flags: int) -> int:
    """Open what lies in a folder that is open, and close that one, whatever comes of it."""
    try:
        if part in ("", ".", ".."):
            message = "a name that leads out of the case"
            raise OSError(message)
        return os.open(part, flags | os.O_NOFOLLOW, dir_fd=place)
    finally:
        os.close(place)


@contextmanager
def opened(folder: Path, name: str) -> Iterator[int]:
    """Open a regular file of the case for reading; raise OSError for anything else.

    No link is followed below ``folder``, neither the file's own nor one in the place of a folder above it.
    """
    *above, last = name.split("/")
    place = os.open(folder, _FOLDER)
    for part in above:
        place = _within(place, part, _FOLDER)
    # O_NONBLOCK: opening a FIFO that took a file's place must not wait for a writer.
    fd = _within(place, last, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            message = "not a regular file"
            raise OSError(message)
        yield fd
    finally:
        os.close(fd)


def blocks(fd: int, start: int = 0, end: int | None = None) -> Iterator[memoryview]:
    """Give the bytes from start to end in blocks; each block is valid until the next is asked for."""
    buffer = bytearray(BLOCK)
    view = memoryview(buffer)
    place = start
    while end is None or place < end:
        room = BLOCK if end is None else min(BLOCK, end - place)
        got = os.preadv(fd, [view[:room]], place)
        if not got:
            return
        yield view[:got]
        place += got


def small(folder: Path, name: str, limit: int) -> bytes:
    """Read a whole file of at most ``limit`` bytes; raise OSError when it is larger."""
    with opened(folder, name) as fd:
        if os.fstat(fd).st_size > limit:
            message = f"larger than {limit} bytes, which this checker does not read"
            raise OSError(message)
        return b"".join(map(bytes, blocks(fd, 0, limit)))
